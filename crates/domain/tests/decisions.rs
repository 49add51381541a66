//! The decision as tables and properties: what opens an account, and what never does.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests may panic")]

use ligature_domain::{
    AccountId, Outcome, Policy, Proof, ProviderId, Refusal, Trust, decide,
    decide::Decision,
    facts::{AccountState, Act, AddTo, Candidate, Facts, Intent, Known, ProviderFacts, Remove},
    policy::{Document, Offer, preset},
};
use proptest::prelude::*;

const A: AccountId = AccountId([1; 16]);
const B: AccountId = AccountId([2; 16]);

fn policy(name: &str, more: &[&str]) -> Policy {
    let documents: Vec<Document> = std::iter::once(preset(name).unwrap()).chain(more.iter().map(|m| Document::parse(m).unwrap())).collect();
    Policy::merge(1, &documents.iter().collect::<Vec<_>>())
}

/// The preset with fields of the instance's own document changed.
fn instance(name: &str, change: impl Fn(&mut Document)) -> Policy {
    let mut document = preset(name).unwrap();
    change(&mut document);
    Policy::merge(1, &[&document])
}

fn candidate(account: AccountId) -> Candidate {
    Candidate { account, rule: "email".into(), state: AccountState::Active, owner: true, verified: true, administrator: false, methods: 1, target_methods: 1, of_this_provider: 0, barred: false }
}

fn facts(trust: Option<Trust>, candidates: Vec<Candidate>, act: Act) -> Facts {
    Facts { intent: Intent::SignIn, provider: Some(ProviderFacts { id: ProviderId([7; 16]), enabled: true }), trust, known: None, candidates, act }
}

fn offers(d: &Decision) -> Vec<Offer> {
    match &d.outcome {
        Outcome::Choose(choice) => choice.offers.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn go_16_truth_table_of_the_flags_on_both_sides() {
    use Offer::{AddToExisting, CreateNew, UseExisting};
    for from in [true, false] {
        for to_on_account in [true, false] {
            let p = policy("goss", &[&format!(r#"{{"permits":{{"as_source":{from}}}}}"#)]);
            let c = Candidate { target_methods: u32::from(to_on_account), ..candidate(A) };
            let d = decide(&facts(Some(Trust::ClaimedVerified), vec![c], Act::Arrived), &p);
            let expected = if from && to_on_account { vec![UseExisting, AddToExisting, CreateNew] } else { vec![UseExisting, CreateNew] };
            assert_eq!(offers(&d), expected, "from {from}, to {to_on_account}");
        }
    }
}

/// Shows GO-36, GO-38.
#[test]
fn go_36_go_38_the_pair_that_is_asked_for_depends_on_the_permit() {
    let none = |permit: bool| {
        instance("goss", |d| {
            d.permits.accept_unproven_links = Some(permit);
            for rule in d.choices.rules.iter_mut().flatten() {
                rule.accept.push(ligature_domain::trust::Pair { trust: Trust::Asserted, proof: Proof::None });
            }
        })
    };
    let f = facts(Some(Trust::ClaimedVerified), vec![candidate(A)], Act::AddTo(Some(A)));
    assert!(matches!(decide(&f, &none(true)).outcome, Outcome::Link { account: A, .. }));
    assert_eq!(decide(&f, &none(false)).outcome, Outcome::Challenge { target: Some(A) });
}

#[test]
fn i11_silent_linking_needs_the_mailboxes_owner_and_an_owned_address() {
    let p = policy("recommended", &[]);
    for trust in [Trust::Asserted, Trust::ClaimedVerified, Trust::Authoritative, Trust::ProvenHere] {
        for owner in [true, false] {
            let d = decide(&facts(Some(trust), vec![Candidate { owner, ..candidate(A) }], Act::Arrived), &p);
            assert_eq!(matches!(d.outcome, Outcome::Link { .. }), trust >= Trust::Authoritative && owner, "{trust:?} {owner}");
        }
    }
}

#[test]
fn i3_two_accounts_are_never_chosen_between_silently() {
    let p = policy("recommended", &[]);
    let d = decide(&facts(Some(Trust::Authoritative), vec![candidate(A), candidate(B)], Act::Arrived), &p);
    assert!(matches!(d.outcome, Outcome::Choose(_)));
    let add = decide(&facts(Some(Trust::Asserted), vec![candidate(A), candidate(B)], Act::AddTo(None)), &p);
    assert_eq!(add.outcome, Outcome::Challenge { target: None }, "a decoy");
}

#[test]
fn i12_administrators_and_ne_05_unverified_or_inactive_accounts_are_never_found() {
    let p = policy("goss", &[]);
    let hidden = [
        Candidate { administrator: true, ..candidate(A) },
        Candidate { verified: false, ..candidate(A) },
        Candidate { state: AccountState::Pending, ..candidate(A) },
        Candidate { state: AccountState::Disabled, ..candidate(A) },
    ];
    for c in hidden {
        assert_eq!(decide(&facts(Some(Trust::ClaimedVerified), vec![c.clone()], Act::Arrived), &p).outcome, Outcome::Create, "{c:?}");
    }
}

#[test]
fn lk_21_an_asserted_address_meets_the_same_page_whoever_it_belongs_to() {
    for name in ["recommended", "goss"] {
        let p = policy(name, &[]);
        let with = decide(&facts(Some(Trust::Asserted), vec![candidate(A)], Act::Arrived), &p).outcome;
        let without = decide(&facts(Some(Trust::Asserted), vec![], Act::Arrived), &p).outcome;
        assert_eq!(with, without, "{name}");
    }
}

#[test]
fn au_06_login_only_refuses_even_a_match_and_lets_the_known_in() {
    let p = policy("goss", &[r#"{"permits":{"create":false,"link_on_login":false},"choices":{"login_only":true}}"#]);
    assert_eq!(decide(&facts(Some(Trust::Authoritative), vec![candidate(A)], Act::Arrived), &p).outcome, Outcome::Refuse { refusal: Refusal::LoginOnly });
    let known = Facts { known: Some(Known { account: A, state: AccountState::Active, link: None }), ..facts(None, vec![], Act::Arrived) };
    assert_eq!(decide(&known, &p).outcome, Outcome::SignIn { account: A });
}

#[test]
fn i1_a_known_identity_opens_no_account_that_is_not_active() {
    for (state, refusal) in [(AccountState::Pending, Refusal::AccountPending), (AccountState::Disabled, Refusal::AccountDisabled), (AccountState::Closing, Refusal::AccountClosing)] {
        let f = Facts { known: Some(Known { account: A, state, link: None }), ..facts(None, vec![], Act::Arrived) };
        assert_eq!(decide(&f, &policy("goss", &[])).outcome, Outcome::Refuse { refusal });
    }
}

#[test]
fn i7_the_last_usable_method_stays() {
    let remove = |usable_left| Facts { intent: Intent::Remove(Remove { account: A, usable_left }), ..facts(None, vec![], Act::Arrived) };
    assert_eq!(decide(&remove(0), &policy("goss", &[])).outcome, Outcome::Refuse { refusal: Refusal::LastMethod });
    assert!(matches!(decide(&remove(1), &policy("goss", &[])).outcome, Outcome::Remove { notify: false }));
    assert!(matches!(decide(&remove(1), &policy("recommended", &[])).outcome, Outcome::Remove { notify: true }));
}

#[test]
fn lk_18_a_link_only_provider_never_signs_in() {
    let p = policy("goss", &[r#"{"permits":{"sign_in":false}}"#]);
    for known in [None, Some(Known { account: A, state: AccountState::Active, link: None })] {
        assert_eq!(decide(&Facts { known, ..facts(None, vec![], Act::Arrived) }, &p).outcome, Outcome::Refuse { refusal: Refusal::LinkOnly });
    }
}

fn trusts() -> impl Strategy<Value = Option<Trust>> {
    prop_oneof![Just(None), Just(Some(Trust::Asserted)), Just(Some(Trust::ClaimedVerified)), Just(Some(Trust::Authoritative)), Just(Some(Trust::ProvenHere))]
}

fn proofs() -> impl Strategy<Value = Proof> {
    prop_oneof![Just(Proof::None), Just(Proof::Mailbox), Just(Proof::Credential), Just(Proof::CredentialMfa)]
}

fn states() -> impl Strategy<Value = AccountState> {
    prop_oneof![Just(AccountState::Pending), Just(AccountState::Active), Just(AccountState::Disabled), Just(AccountState::Closing)]
}

fn accounts() -> impl Strategy<Value = AccountId> {
    prop_oneof![Just(A), Just(B)]
}

fn candidates() -> impl Strategy<Value = Vec<Candidate>> {
    let flags = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    let one = (accounts(), prop_oneof![Just("email"), Just("entered"), Just("nothing")], states(), flags, 0_u32..3, 0_u32..3, 0_u32..7).prop_map(
        |(account, rule, state, (owner, verified, administrator, barred), methods, target_methods, of_this_provider)| Candidate {
            account,
            rule: rule.into(),
            state,
            owner,
            verified,
            administrator,
            methods,
            target_methods,
            of_this_provider,
            barred,
        },
    );
    prop::collection::vec(one, 0..4)
}

fn any_facts() -> impl Strategy<Value = Facts> {
    let add = (accounts(), states(), 0_u32..3, 0_u32..3, 0_u32..3)
        .prop_map(|(account, state, methods, target_methods, of_this_provider)| Intent::Add(AddTo { account, state, methods, target_methods, of_this_provider }));
    let remove = (accounts(), 0_u32..3).prop_map(|(account, usable_left)| Intent::Remove(Remove { account, usable_left }));
    let intent = prop_oneof![3 => Just(Intent::SignIn), 1 => add, 1 => remove];
    let act = prop_oneof![
        Just(Act::Arrived),
        Just(Act::UseExisting),
        Just(Act::EnterAccount),
        Just(Act::CreateNew),
        Just(Act::AddTo(None)),
        accounts().prop_map(|a| Act::AddTo(Some(a))),
        (accounts(), proofs()).prop_map(|(a, p)| Act::Proved(a, p))
    ];
    let known = prop_oneof![2 => Just(None), 1 => (accounts(), states()).prop_map(|(account, state)| Some(Known { account, state, link: None }))];
    (intent, any::<bool>(), trusts(), known, candidates(), act).prop_map(|(intent, enabled, trust, known, candidates, act)| Facts {
        intent,
        provider: Some(ProviderFacts { id: ProviderId([7; 16]), enabled }),
        trust,
        known,
        candidates,
        act,
    })
}

fn any_policy(permit: bool) -> impl Strategy<Value = Policy> {
    let permits = prop::collection::vec(any::<bool>(), 8);
    let offer_all = r#""offers":["use_existing","add_to_existing","enter_account","create_new"]"#;
    (prop_oneof![Just("recommended"), Just("goss")], permits, prop_oneof![Just("create"), Just("offer"), Just("refuse")], prop_oneof![Just("after_proof"), Just("masked"), Just("open")], any::<bool>()).prop_map(move |(name, p, none, disclosure, none_pair)| {
        let text = format!(
            r#"{{"permits":{{"link_on_login":{},"link_in_account":{},"account_management":{},"unlink":{},"create":{},"choose_new":{},"as_source":{}}},"choices":{{"login_only":{},"none":"{none}","disclosure":"{disclosure}",{offer_all}}}}}"#,
            p[0], p[1], p[2], p[3], p[4] || !p[0], p[5], p[6], !p[0] && !p[4]
        );
        instance(name, |d| {
            let more = Document::parse(&text).unwrap();
            d.permits = more.permits;
            d.permits.accept_unproven_links = Some(permit);
            d.choices.none = more.choices.none;
            d.choices.disclosure = more.choices.disclosure;
            d.choices.offers = more.choices.offers;
            d.pinned.clear();
            if none_pair {
                for rule in d.choices.rules.iter_mut().flatten() {
                    rule.accept.push(ligature_domain::trust::Pair { trust: Trust::Asserted, proof: Proof::None });
                }
            }
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    /// Without the permit, no word of a provider below `authoritative` opens an account that exists.
    #[test]
    fn i11_no_unproven_word_opens_an_existing_account(f in any_facts(), p in any_policy(false)) {
        if let Outcome::Link { account, basis, .. } = decide(&f, &p).outcome {
            let own_session = matches!(f.intent, Intent::Add(add) if add.account == account);
            let proved = matches!(f.act, Act::Proved(target, proof) if target == account && proof >= Proof::Mailbox);
            let owned = f.candidates.iter().any(|c| c.account == account && c.owner && c.verified);
            let authoritative = f.trust >= Some(Trust::Authoritative) && owned;
            prop_assert!(own_session || proved || authoritative, "{basis:?}");
            prop_assert!(f.known.is_none(), "an identity that has an account is never linked again");
        }
    }

    /// Whatever the settings: gates hold, states hold, administrators are not found, the last method stays.
    #[test]
    fn no_setting_switches_an_invariant_off(f in any_facts(), p in any_policy(true)) {
        let d = decide(&f, &p);
        prop_assert!(!d.reasons.is_empty());
        match d.outcome {
            Outcome::SignIn { account } => {
                let own = Some(Known { account, state: AccountState::Active, link: None });
                prop_assert!(f.provider.unwrap().enabled && f.known == own);
            }
            Outcome::Link { account, .. } => {
                prop_assert!(f.provider.unwrap().enabled);
                if f.intent == Intent::SignIn {
                    let c: Vec<_> = f.candidates.iter().filter(|c| c.account == account && c.state == AccountState::Active && !c.barred).collect();
                    prop_assert!(!c.is_empty());
                    prop_assert!(c.iter().any(|c| !c.administrator || c.rule == "entered" && matches!(f.act, Act::Proved(_, proof) if proof >= Proof::Credential)));
                }
            }
            Outcome::Create => prop_assert!(f.known.is_none() && p.permits.create && f.provider.unwrap().enabled),
            Outcome::Remove { .. } => prop_assert!(matches!(f.intent, Intent::Remove(r) if r.usable_left > 0)),
            Outcome::Choose(choice) => prop_assert!(!choice.offers.is_empty() && (choice.shown.is_empty() || f.trust >= Some(Trust::ClaimedVerified))),
            Outcome::AlreadyLinked | Outcome::Challenge { .. } | Outcome::Bind { .. } | Outcome::Abandon | Outcome::Refuse { .. } => {}
        }
    }
}
