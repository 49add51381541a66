//! The decision as tables and properties: what opens an account, and what never does.

use crate::all::{Confirm, Decided, Facts, Intent, Merge, Outcome, UpdateEmail, decide};
use ligature_domain::{
    AccountId, Policy, Proof, ProviderId, Refusal, Trust,
    account_rules::{
        administer::{AdminAction, AdministerAccount},
        change::{AccountChange, Change},
        merge::MergeBy,
        reauthenticate::{AvailableMethods, ReauthMethod},
        remove::Remove,
        undo::{Undo, UndoBy, UndoStep},
    },
    attempt::{AttemptProgress, State},
    linking,
    linking::{
        EmailStep,
        facts::{
            AccountState, AddTo, Agreed, By, Candidate, CompletedRequirements, EmailFacts, Known,
            Local, ProviderFacts, RuleFacts, RuleState, UserAction,
        },
        fits,
    },
    policy::{
        Agreement, CodeRecipient, Disclosure, Document, EmailChange, Field, Merge as MergePolicy,
        NoMatch, Offer, ProfileAttribute, ProofMethod, UnverifiedTarget, preset,
    },
    trust::LinkRequirement,
};
use proptest::prelude::*;

const A: AccountId = AccountId([1; 16]);
const B: AccountId = AccountId([2; 16]);

fn policy(name: &str, more: &[&str]) -> Policy {
    let documents: Vec<Document> = std::iter::once(preset(name).unwrap())
        .chain(more.iter().map(|m| Document::parse(m).unwrap()))
        .collect();
    Policy::merge(1, &documents.iter().collect::<Vec<_>>())
}

/// The preset with fields of the instance's own document changed.
fn instance(name: &str, change: impl Fn(&mut Document)) -> Policy {
    let mut document = preset(name).unwrap();
    change(&mut document);
    Policy::merge(1, &[&document])
}

fn candidate(account: AccountId) -> Candidate {
    Candidate {
        account,
        rule: "email".into(),
        state: AccountState::Active,
        owner: true,
        verified: true,
        administrator: false,
        methods: 1,
        target_methods: 1,
        of_this_provider: 0,
        barred: false,
        released: false,
        same_email: false,
        foreign_domain: false,
        mailbox: true,
        second_factor: false,
        contested: false,
    }
}

fn looked() -> Vec<RuleFacts> {
    ["email", "username", "phone", "attributes"]
        .map(|rule| RuleFacts { rule: rule.into(), state: RuleState::Looked, values: Vec::new() })
        .to_vec()
}

fn looked_at_by(p: &Policy) -> Vec<RuleFacts> {
    p.choices
        .rules
        .iter()
        .filter(|r| !r.entered_by_user)
        .map(|r| RuleFacts { rule: r.id.clone(), state: RuleState::Looked, values: Vec::new() })
        .collect()
}

fn facts(trust: Option<Trust>, candidates: Vec<Candidate>, act: UserAction) -> Facts {
    Facts {
        intent: Intent::SignIn,
        provider: Some(ProviderFacts {
            id: ProviderId([7; 16]),
            enabled: true,
            filter: Some(true),
            second_factor: false,
        }),
        trust,
        known: None,
        rules: if trust.is_some() { looked() } else { Vec::new() },
        candidates,
        pending: None,
        email: None,
        act,
        local: Local::Password,
        given: CompletedRequirements::default(),
        proof_gone: false,
        contested: false,
    }
}

fn offers(d: &Decided) -> Vec<Offer> {
    match &d.outcome {
        Outcome::Choose(choice) => choice.offers.clone(),
        other => panic!("{other:?}"),
    }
}

/// From and To of the provider that comes, To of what the account has: at sign-in, at the commit, in My Account, for what a
/// merge moves, and for an unfinished sign-up.
/// Shows GO-16, GO-25, GO-26, ZI-15, MG-01.
#[test]
fn go_16_go_25_go_26_truth_table_of_the_flags_on_both_sides_on_every_path() {
    use Offer::{AddToExisting, CreateNew, UseExisting};
    for bits in 0_u32..8 {
        let (from, to, own_to) = (bits & 1 != 0, bits & 2 != 0, bits & 4 != 0);
        let place = format!("from {from}, to {to}, the account's to {own_to}");
        let p =
            policy("goss", &[&format!(r#"{{"permits":{{"as_source":{from},"as_target":{to}}}}}"#)]);
        let may = from && to && own_to;
        let refused = Outcome::Refuse { refusal: Refusal::NotAllowed };
        let c = Candidate { target_methods: u32::from(own_to), ..candidate(A) };
        let run = |act| decide(&facts(Some(Trust::ClaimedVerified), vec![c.clone()], act), &p);
        let expected = if may {
            vec![UseExisting, AddToExisting, CreateNew]
        } else {
            vec![UseExisting, CreateNew]
        };
        assert_eq!(offers(&run(UserAction::Initial)), expected, "{place}");
        assert_eq!(run(UserAction::UseExisting).outcome, Outcome::Abandon, "{place}");
        assert_eq!(run(UserAction::CreateNew).outcome, Outcome::Create, "{place}");
        assert_eq!(
            run(UserAction::AddTo(Some(A))).outcome,
            if may {
                Outcome::Challenge { target: Some(A), by: By::Rule }
            } else {
                refused.clone()
            },
            "{place}"
        );
        let proved = run(UserAction::Proved(A, Proof::Mailbox, By::Rule)).outcome;
        assert!(
            if may {
                matches!(proved, Outcome::Link { account: A, .. })
            } else {
                proved == refused
            },
            "{place}: {proved:?}"
        );
        // My Account, and each identity that a merge moves, under its own provider's policy.
        let add = AddTo {
            account: A,
            state: AccountState::Active,
            methods: 1,
            target_methods: u32::from(own_to),
            of_this_provider: 0,
            same_email: false,
            foreign_domain: false,
            reauthenticated: true,
        };
        let added = decide(
            &Facts { intent: Intent::Add(add), ..facts(None, vec![], UserAction::Initial) },
            &p,
        )
        .outcome;
        assert!(
            if may { matches!(added, Outcome::Link { account: A, .. }) } else { added == refused },
            "{place}: {added:?}"
        );
        assert_eq!(fits(add, &p), if may { Ok(()) } else { Err(Refusal::NotAllowed) }, "{place}");
        // What My Account shows can be removed where the account may be linked to; a passkey in any case.
        let removes = |passkey| {
            let remove = Remove {
                account: A,
                methods: 2,
                target_methods: 1 + u32::from(own_to),
                passkey,
                usable_left: 1,
                reauthenticated: true,
            };
            decide(&Facts::local(Intent::Remove(remove), None), &p).outcome
        };
        assert_eq!(
            removes(false),
            if own_to {
                Outcome::Remove { notify: false }
            } else {
                Outcome::Refuse { refusal: Refusal::ManagementOff }
            },
            "{place}"
        );
        assert_eq!(removes(true), Outcome::Remove { notify: false }, "{place}");
        // An unfinished sign-up is an account too.
        let nevis = policy(
            "nevis",
            &[&format!(r#"{{"permits":{{"as_source":{from},"as_target":{to}}}}}"#)],
        );
        let f = |act| Facts { pending: Some(B), ..facts(Some(Trust::ProvenHere), vec![], act) };
        let (arrived, finished) = (
            decide(&f(UserAction::Initial), &nevis).outcome,
            decide(&f(UserAction::Finished), &nevis).outcome,
        );
        assert_eq!(
            arrived == Outcome::FinishSignup { account: B },
            from && to,
            "{place}: {arrived:?}"
        );
        assert_eq!(
            finished == Outcome::Reclaim { account: B },
            from && to,
            "{place}: {finished:?}"
        );
    }
}

/// What an account must have for it, `all` or `any`, holds for the incoming provider's two flags alike.
/// Shows GO-27.
#[test]
fn go_27_all_of_an_accounts_methods_must_allow_it_or_any_as_the_policy_says() {
    for (requires, mixed) in [("all", false), ("any", true)] {
        let p = policy("goss", &[&format!(r#"{{"choices":{{"target_requires":"{requires}"}}}}"#)]);
        for (target_methods, may) in [(2, true), (1, mixed), (0, false)] {
            let c = Candidate { methods: 2, target_methods, ..candidate(A) };
            let chooser =
                decide(&facts(Some(Trust::ClaimedVerified), vec![c], UserAction::Initial), &p);
            assert_eq!(
                offers(&chooser).contains(&Offer::AddToExisting),
                may,
                "{requires} {target_methods}"
            );
            let remove = Remove {
                account: A,
                methods: 2,
                target_methods,
                passkey: false,
                usable_left: 1,
                reauthenticated: true,
            };
            let removed = decide(&Facts::local(Intent::Remove(remove), None), &p).outcome;
            assert_eq!(
                removed == Outcome::Remove { notify: false },
                may,
                "{requires} {target_methods}"
            );
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
                rule.accept.push(LinkRequirement { trust: Trust::Asserted, proof: Proof::None });
            }
        })
    };
    let f = facts(Some(Trust::ClaimedVerified), vec![candidate(A)], UserAction::AddTo(Some(A)));
    assert!(matches!(decide(&f, &none(true)).outcome, Outcome::Link { account: A, .. }));
    assert_eq!(
        decide(&f, &none(false)).outcome,
        Outcome::Challenge { target: Some(A), by: By::Rule }
    );
}

#[test]
fn i11_silent_linking_needs_the_mailboxes_owner_and_an_owned_address() {
    let p = policy("recommended", &[]);
    for trust in [Trust::Asserted, Trust::ClaimedVerified, Trust::Authoritative, Trust::ProvenHere]
    {
        for owner in [true, false] {
            let d = decide(
                &facts(Some(trust), vec![Candidate { owner, ..candidate(A) }], UserAction::Initial),
                &p,
            );
            assert_eq!(
                matches!(d.outcome, Outcome::Link { .. }),
                trust >= Trust::Authoritative && owner,
                "{trust:?} {owner}"
            );
        }
    }
}

#[test]
fn i3_two_accounts_are_never_chosen_between_silently() {
    let p = policy("recommended", &[]);
    let d = decide(
        &facts(Some(Trust::Authoritative), vec![candidate(A), candidate(B)], UserAction::Initial),
        &p,
    );
    assert!(matches!(d.outcome, Outcome::Choose(_)));
    let add = decide(
        &facts(Some(Trust::Asserted), vec![candidate(A), candidate(B)], UserAction::AddTo(None)),
        &p,
    );
    assert_eq!(add.outcome, Outcome::Confirm, "the mailbox first, names after that");
    let proven = decide(
        &facts(
            Some(Trust::ProvenHere),
            vec![candidate(A), Candidate { owner: false, ..candidate(B) }],
            UserAction::Initial,
        ),
        &p,
    );
    let Outcome::Choose(choice) = proven.outcome else { panic!("{:?}", proven.outcome) };
    assert_eq!(choice.shown.iter().map(|s| s.account).collect::<Vec<_>>(), [A, B]);
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
        assert_eq!(
            decide(&facts(Some(Trust::ClaimedVerified), vec![c.clone()], UserAction::Initial), &p)
                .outcome,
            Outcome::Create,
            "{c:?}"
        );
    }
}

#[test]
fn lk_21_an_asserted_address_meets_the_same_page_whoever_it_belongs_to() {
    for name in ["recommended", "goss"] {
        let p = policy(name, &[]);
        let with =
            decide(&facts(Some(Trust::Asserted), vec![candidate(A)], UserAction::Initial), &p)
                .outcome;
        let without =
            decide(&facts(Some(Trust::Asserted), vec![], UserAction::Initial), &p).outcome;
        assert_eq!(with, without, "{name}");
    }
}

#[test]
fn au_06_login_only_refuses_even_a_match_and_lets_the_known_in() {
    let p = policy(
        "goss",
        &[r#"{"permits":{"create":false,"link_on_login":false},"choices":{"login_only":true}}"#],
    );
    assert_eq!(
        decide(&facts(Some(Trust::Authoritative), vec![candidate(A)], UserAction::Initial), &p)
            .outcome,
        Outcome::Refuse { refusal: Refusal::LoginOnly }
    );
    let known = Facts {
        known: Some(Known {
            account: A,
            state: AccountState::Active,
            link: None,
            second_factor: false,
        }),
        ..facts(None, vec![], UserAction::Initial)
    };
    assert_eq!(
        decide(&known, &p).outcome,
        Outcome::SignIn { account: A, email: EmailStep::Nothing }
    );
}

#[test]
fn i1_a_known_identity_opens_no_account_that_is_not_active() {
    for (state, refusal) in [
        (AccountState::Pending, Refusal::AccountPending),
        (AccountState::Disabled, Refusal::AccountDisabled),
        (AccountState::Merged, Refusal::AccountDisabled),
    ] {
        let f = Facts {
            known: Some(Known { account: A, state, link: None, second_factor: false }),
            ..facts(None, vec![], UserAction::Initial)
        };
        assert_eq!(decide(&f, &policy("goss", &[])).outcome, Outcome::Refuse { refusal });
    }
    let f = Facts {
        known: Some(Known {
            account: A,
            state: AccountState::Closing,
            link: None,
            second_factor: false,
        }),
        ..facts(None, vec![], UserAction::Initial)
    };
    assert_eq!(decide(&f, &policy("goss", &[])).outcome, Outcome::Restore { account: A });
}

/// Shows LK-15: the target's second factor before the link, whatever the provider says of itself (I5).
#[test]
fn lk_15_i5_a_link_waits_for_the_targets_second_factor_and_a_provider_speaks_for_its_own_sign_ins_only()
 {
    let p = policy("recommended", &[]);
    let own = || Candidate { second_factor: true, ..candidate(A) };
    for proof in [Proof::Mailbox, Proof::Credential] {
        for spoken in [false, true] {
            for factor in [None, Some(A), Some(B)] {
                let mut f = facts(
                    Some(Trust::Asserted),
                    vec![own()],
                    UserAction::Proved(A, proof, By::Rule),
                );
                f.provider = f.provider.map(|p| ProviderFacts { second_factor: spoken, ..p });
                f.given.factor = factor;
                let outcome = decide(&f, &p).outcome;
                if factor == Some(A) {
                    assert!(matches!(outcome, Outcome::Link { account: A, .. }), "{outcome:?}");
                } else {
                    assert_eq!(
                        outcome,
                        Outcome::SecondFactor { account: A },
                        "{proof:?} {spoken} {factor:?}"
                    );
                }
                // A sign-in by the link that is there: here the mapped word counts.
                let known = Known {
                    account: A,
                    state: AccountState::Active,
                    link: None,
                    second_factor: true,
                };
                let outcome =
                    decide(&Facts { known: Some(known), candidates: Vec::new(), ..f }, &p).outcome;
                assert_eq!(
                    matches!(outcome, Outcome::SignIn { .. }),
                    spoken || factor == Some(A),
                    "{outcome:?}"
                );
            }
        }
    }
    // Also where nothing at all is asked for otherwise.
    let silent = facts(Some(Trust::Authoritative), vec![own()], UserAction::Initial);
    assert_eq!(decide(&silent, &p).outcome, Outcome::SecondFactor { account: A });
    // With the factor a credential is worth both: a rule that wants both is content.
    let both = instance("recommended", |d| {
        d.choices.rules.iter_mut().flatten().for_each(|r| {
            r.accept = vec![LinkRequirement { trust: Trust::Asserted, proof: Proof::CredentialMfa }]
        })
    });
    let with = |second_factor, factor| {
        let mut f = facts(
            Some(Trust::Asserted),
            vec![Candidate { second_factor, ..candidate(A) }],
            UserAction::Proved(A, Proof::Credential, By::Rule),
        );
        f.given.factor = factor;
        decide(&f, &both).outcome
    };
    assert_eq!(with(true, None), Outcome::SecondFactor { account: A });
    assert!(
        matches!(with(true, Some(A)), Outcome::Link { basis, .. } if basis.proof == Proof::CredentialMfa)
    );
    assert_eq!(with(false, None), Outcome::Refuse { refusal: Refusal::PolicyChanged });
}

/// Shows MG-01.
#[test]
fn a_merge_needs_the_policys_word_two_accounts_no_roles_and_no_less_protection() {
    let allowed = instance("recommended", |d| d.choices.merge = Some(MergePolicy::BothProofs));
    let base = Merge {
        account: A,
        state: AccountState::Active,
        by: MergeBy::BothProofs,
        reauthenticated: true,
        misfit: None,
        administrator: false,
        second_factor: false,
    };
    let other = |account, second_factor| {
        Some(Known { account, state: AccountState::Active, link: None, second_factor })
    };
    let run = |p: &Policy, m: Merge, known, factor| {
        decide(
            &Facts {
                given: CompletedRequirements { factor, ..CompletedRequirements::default() },
                ..Facts::local(Intent::Merge(m), known)
            },
            p,
        )
        .outcome
    };
    let refused = |m: Merge, known| run(&allowed, m, known, None);
    let why = |refusal| Outcome::Refuse { refusal };
    assert_eq!(refused(base, other(B, false)), Outcome::Merge);
    assert_eq!(refused(base, other(A, false)), why(Refusal::SameAccount));
    assert_eq!(refused(base, None), why(Refusal::SameAccount));
    assert_eq!(
        refused(Merge { administrator: true, ..base }, other(B, false)),
        why(Refusal::MergeOff)
    );
    assert_eq!(
        refused(Merge { reauthenticated: false, ..base }, other(B, false)),
        why(Refusal::NotRecent)
    );
    for misfit in [Refusal::NotAllowed, Refusal::Isolated, Refusal::TooMany, Refusal::SameEmail] {
        assert_eq!(
            refused(Merge { misfit: Some(misfit), ..base }, other(B, false)),
            why(misfit),
            "MG-01"
        );
    }
    assert_eq!(
        refused(Merge { state: AccountState::Closing, ..base }, other(B, false)),
        why(Refusal::AccountClosing)
    );
    assert_eq!(
        refused(
            base,
            Some(Known {
                account: B,
                state: AccountState::Disabled,
                link: None,
                second_factor: false
            })
        ),
        why(Refusal::AccountDisabled)
    );
    assert_eq!(refused(base, other(B, true)), why(Refusal::MergeFactor));
    let strong = Merge { second_factor: true, ..base };
    assert_eq!(refused(strong, other(B, true)), Outcome::SecondFactor { account: B });
    assert_eq!(
        run(&allowed, strong, other(B, true), Some(A)),
        Outcome::SecondFactor { account: B },
        "one's own factor is not the other's"
    );
    assert_eq!(run(&allowed, strong, other(B, true), Some(B)), Outcome::Merge);
    assert_eq!(
        refused(Merge { by: MergeBy::Admin, ..base }, other(B, false)),
        why(Refusal::MergeOff)
    );
    let by_admin = instance("recommended", |d| d.choices.merge = Some(MergePolicy::Admin));
    assert_eq!(run(&by_admin, base, other(B, false), None), why(Refusal::MergeOff));
    assert_eq!(
        run(&by_admin, Merge { by: MergeBy::Admin, ..base }, other(B, false), None),
        Outcome::Merge
    );
}

#[test]
fn an_administrator_switches_others_off_and_on_and_nobody_shuts_themselves_out() {
    let run = |state, act, own| {
        decide(
            &Facts::local(
                Intent::AdministerAccount(AdministerAccount {
                    account: A,
                    state,
                    act,
                    own,
                    administrator: false,
                    by_owner: true,
                }),
                None,
            ),
            &instance("recommended", |_| {}),
        )
        .outcome
    };
    let refused = |refusal| Outcome::Refuse { refusal };
    for act in [
        AdminAction::Disable,
        AdminAction::Enable,
        AdminAction::RemoveSecondFactor,
        AdminAction::KeepEmail,
        AdminAction::GiveRole,
        AdminAction::TakeRole,
    ] {
        for state in [
            AccountState::Pending,
            AccountState::Active,
            AccountState::Disabled,
            AccountState::Closing,
            AccountState::Merged,
        ] {
            assert_eq!(run(state, act, true), refused(Refusal::NotAllowed));
            let fits = match act {
                AdminAction::Disable => state == AccountState::Active,
                AdminAction::Enable => state == AccountState::Disabled,
                AdminAction::RemoveSecondFactor | AdminAction::KeepEmail => {
                    [AccountState::Active, AccountState::Disabled, AccountState::Closing]
                        .contains(&state)
                }
                AdminAction::GiveRole => state == AccountState::Active,
                // Whoever has none loses none.
                AdminAction::TakeRole => false,
            };
            assert_eq!(
                run(state, act, false),
                if fits { Outcome::Change } else { refused(Refusal::PolicyChanged) },
                "{act:?} {state:?}"
            );
        }
    }
}

#[test]
fn ad_05_whoever_has_a_role_is_left_to_owners_and_only_owners_do_more_than_switch() {
    let run = |act, administrator, by_owner| {
        let facts = Facts::local(
            Intent::AdministerAccount(AdministerAccount {
                account: A,
                state: AccountState::Active,
                act,
                own: false,
                administrator,
                by_owner,
            }),
            None,
        );
        decide(&facts, &instance("recommended", |_| {})).outcome == Outcome::Change
    };
    assert!(run(AdminAction::Disable, false, false), "support switches people off");
    for act in [
        AdminAction::Disable,
        AdminAction::RemoveSecondFactor,
        AdminAction::KeepEmail,
        AdminAction::GiveRole,
        AdminAction::TakeRole,
    ] {
        assert!(!run(act, true, false), "{act:?}: an account with a role, not by an owner");
        assert!(run(act, true, true), "{act:?}: by an owner");
    }
    for act in [AdminAction::RemoveSecondFactor, AdminAction::KeepEmail, AdminAction::GiveRole] {
        assert!(!run(act, false, false), "{act:?}: not by support");
    }
}

/// Shows MA-09, MA-10: weak means count where there is nothing better.
#[test]
fn ma_09_a_session_is_confirmed_by_the_strongest_means_that_the_account_has() {
    let known =
        Some(Known { account: A, state: AccountState::Active, link: None, second_factor: false });
    let run = |p: &Policy, by, fresh, available| {
        decide(
            &Facts::local(Intent::Confirm(Confirm { account: A, by, fresh, available }), known),
            p,
        )
        .outcome
    };
    let (with_code, without) = (
        instance("recommended", |_| {}),
        instance("recommended", |d| d.choices.bind_methods = Some(vec![ProofMethod::Password])),
    );
    let nothing = AvailableMethods::default();
    for available in [
        AvailableMethods { password: true, ..nothing },
        AvailableMethods { passkey: true, ..nothing },
        AvailableMethods { reports_auth_time: true, ..nothing },
        AvailableMethods { mailbox: true, ..nothing },
    ] {
        assert_eq!(
            run(&with_code, ReauthMethod::Identity { reports_auth_time: false }, true, available),
            Outcome::Refuse { refusal: Refusal::NotFresh },
            "{available:?}"
        );
    }
    assert_eq!(
        run(&with_code, ReauthMethod::Identity { reports_auth_time: false }, false, nothing),
        Outcome::Confirmed
    );
    assert_eq!(
        run(&with_code, ReauthMethod::Identity { reports_auth_time: true }, false, nothing),
        Outcome::Refuse { refusal: Refusal::NotFresh }
    );
    assert_eq!(
        run(
            &with_code,
            ReauthMethod::Mailbox,
            true,
            AvailableMethods { password: true, ..nothing }
        ),
        Outcome::Confirmed
    );
    assert_eq!(
        run(&without, ReauthMethod::Mailbox, true, AvailableMethods { password: true, ..nothing }),
        Outcome::Refuse { refusal: Refusal::NotAllowed }
    );
    assert_eq!(
        run(&without, ReauthMethod::Mailbox, true, nothing),
        Outcome::Confirmed,
        "rather than no way"
    );
    assert_eq!(run(&with_code, ReauthMethod::Password, true, nothing), Outcome::Confirmed);
    // A phone is worth what a mailbox is, each by its own method.
    let with_phone =
        instance("recommended", |d| d.choices.bind_methods = Some(vec![ProofMethod::PhoneCode]));
    for better in [
        AvailableMethods { password: true, ..nothing },
        AvailableMethods { passkey: true, ..nothing },
    ] {
        assert_eq!(run(&with_phone, ReauthMethod::Phone, true, better), Outcome::Confirmed);
        assert_eq!(
            run(&with_phone, ReauthMethod::Mailbox, true, better),
            Outcome::Refuse { refusal: Refusal::NotAllowed }
        );
        assert_eq!(
            run(&with_code, ReauthMethod::Phone, true, better),
            Outcome::Refuse { refusal: Refusal::NotAllowed }
        );
    }
    assert_eq!(
        run(&without, ReauthMethod::Phone, true, nothing),
        Outcome::Confirmed,
        "rather than no way"
    );
    assert_eq!(
        run(&with_phone, ReauthMethod::Phone, false, nothing),
        Outcome::Refuse { refusal: Refusal::NotFresh }
    );
    // A passkey counts where passkeys sign in.
    let passkeys = instance("recommended", |d| d.permits.passkey_sign_in = Some(true));
    let by_passkey = Facts {
        local: Local::Passkey,
        ..Facts::local(
            Intent::Confirm(Confirm {
                account: A,
                by: ReauthMethod::Passkey,
                fresh: true,
                available: nothing,
            }),
            known,
        )
    };
    assert_eq!(decide(&by_passkey, &passkeys).outcome, Outcome::Confirmed);
    assert_eq!(
        decide(&by_passkey, &with_code).outcome,
        Outcome::Refuse { refusal: Refusal::PasskeyOff }
    );
}

#[test]
fn every_local_way_in_has_its_own_permit() {
    let known =
        Some(Known { account: A, state: AccountState::Active, link: None, second_factor: false });
    for (local, name, refusal) in [
        (Local::Password, "password_sign_in", Refusal::PasswordOff),
        (Local::EmailCode, "email_code_sign_in", Refusal::CodeOff),
        (Local::PhoneCode, "phone_code_sign_in", Refusal::CodeOff),
        (Local::Passkey, "passkey_sign_in", Refusal::PasskeyOff),
    ] {
        for own in [false, true] {
            for others in [false, true] {
                let all = [
                    "password_sign_in",
                    "email_code_sign_in",
                    "phone_code_sign_in",
                    "passkey_sign_in",
                ]
                .map(|n| format!("\"{n}\":{}", if n == name { own } else { others }));
                let p = Policy::merge(
                    1,
                    &[&Document::parse(&format!("{{\"permits\":{{{}}}}}", all.join(","))).unwrap()],
                );
                let outcome =
                    decide(&Facts { local, ..Facts::local(Intent::SignIn, known) }, &p).outcome;
                let expected = if own {
                    Outcome::SignIn { account: A, email: EmailStep::Nothing }
                } else {
                    Outcome::Refuse { refusal }
                };
                assert_eq!(outcome, expected, "{name} {own} {others}");
            }
        }
    }
}

#[test]
fn i7_the_last_usable_method_stays() {
    let remove = |usable_left| Facts {
        intent: Intent::Remove(Remove {
            account: A,
            methods: 1,
            target_methods: 1,
            passkey: false,
            usable_left,
            reauthenticated: true,
        }),
        ..facts(None, vec![], UserAction::Initial)
    };
    assert_eq!(
        decide(&remove(0), &policy("goss", &[])).outcome,
        Outcome::Refuse { refusal: Refusal::LastMethod }
    );
    assert!(matches!(
        decide(&remove(1), &policy("goss", &[])).outcome,
        Outcome::Remove { notify: false }
    ));
    assert!(matches!(
        decide(&remove(1), &policy("recommended", &[])).outcome,
        Outcome::Remove { notify: true }
    ));
}

#[test]
fn lk_18_a_link_only_provider_never_signs_in() {
    let p = policy("goss", &[r#"{"permits":{"sign_in":false}}"#]);
    for known in [
        None,
        Some(Known { account: A, state: AccountState::Active, link: None, second_factor: false }),
    ] {
        assert_eq!(
            decide(&Facts { known, ..facts(None, vec![], UserAction::Initial) }, &p).outcome,
            Outcome::Refuse { refusal: Refusal::LinkOnly }
        );
    }
}

/// Shows GO-48, MA-15.
#[test]
fn ma_15_an_address_is_taken_only_behind_our_code_from_nobody_and_where_the_policy_asks() {
    let with = |p: &Policy, trust, taken, state| {
        decide(
            &Facts {
                trust,
                ..Facts::local(Intent::UpdateEmail(UpdateEmail { account: A, state, taken }), None)
            },
            p,
        )
        .outcome
    };
    let p = policy("goss", &[]);
    assert_eq!(
        with(&p, Some(Trust::ProvenHere), false, AccountState::Active),
        Outcome::UpdateEmail
    );
    assert_eq!(
        with(&p, Some(Trust::ProvenHere), true, AccountState::Active),
        Outcome::Refuse { refusal: Refusal::EmailTaken }
    );
    assert_eq!(
        with(&p, Some(Trust::Authoritative), false, AccountState::Active),
        Outcome::Refuse { refusal: Refusal::PolicyChanged }
    );
    assert_eq!(
        with(&p, Some(Trust::ProvenHere), false, AccountState::Disabled),
        Outcome::Refuse { refusal: Refusal::AccountDisabled }
    );
    assert_eq!(
        with(&policy("nevis", &[]), Some(Trust::ProvenHere), false, AccountState::Active),
        Outcome::Refuse { refusal: Refusal::PolicyChanged }
    );
}

/// Whatever is shown and whoever vouches: only our own code gives an unfinished sign-up away.
#[test]
fn i6_an_unfinished_sign_up_is_taken_over_only_behind_our_own_code() {
    for name in ligature_domain::policy::PRESETS {
        for target in [UnverifiedTarget::FinishSignup, UnverifiedTarget::Reclaim] {
            for disclosure in
                [Disclosure::Silent, Disclosure::AfterProof, Disclosure::Masked, Disclosure::Open]
            {
                let p = instance(name, |d| {
                    d.choices.unverified_target = Some(target);
                    d.choices.disclosure = Some(disclosure);
                });
                for trust in [Trust::Asserted, Trust::ClaimedVerified, Trust::Authoritative] {
                    for act in [UserAction::Initial, UserAction::AddTo(None), UserAction::Finished]
                    {
                        let f = Facts { pending: Some(B), ..facts(Some(trust), vec![], act) };
                        let outcome = decide(&f, &p).outcome;
                        assert!(
                            !matches!(
                                outcome,
                                Outcome::FinishSignup { .. } | Outcome::Reclaim { .. }
                            ),
                            "{name} {disclosure:?} {trust:?} {act:?}: {outcome:?}"
                        );
                    }
                }
            }
        }
    }
}

fn trusts() -> impl Strategy<Value = Option<Trust>> {
    prop_oneof![
        Just(None),
        Just(Some(Trust::Asserted)),
        Just(Some(Trust::ClaimedVerified)),
        Just(Some(Trust::Authoritative)),
        Just(Some(Trust::ProvenHere))
    ]
}

fn proofs() -> impl Strategy<Value = Proof> {
    prop_oneof![
        Just(Proof::None),
        Just(Proof::Mailbox),
        Just(Proof::Credential),
        Just(Proof::CredentialMfa)
    ]
}

fn states() -> impl Strategy<Value = AccountState> {
    prop_oneof![
        Just(AccountState::Pending),
        Just(AccountState::Active),
        Just(AccountState::Disabled),
        Just(AccountState::Closing)
    ]
}

fn accounts() -> impl Strategy<Value = AccountId> {
    prop_oneof![Just(A), Just(B)]
}

fn candidates() -> impl Strategy<Value = Vec<Candidate>> {
    let flags = any::<[bool; 6]>();
    let one = (
        accounts(),
        prop_oneof![4 => Just("email"), 2 => Just("entered"), 1 => Just("username"), 1 => Just("phone"), 1 => Just("attributes"), 1 => Just("nothing")],
        states(),
        flags,
        0_u32..3,
        0_u32..3,
        0_u32..7,
    )
        .prop_map(|(account, rule, state, [owner, verified, administrator, barred, mailbox, contested], methods, target_methods, of_this_provider)| Candidate {
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
            released: false,
            same_email: of_this_provider == 2,
            foreign_domain: methods == 2 && target_methods == 0,
            mailbox,
            second_factor: account == B,
            contested,
        });
    prop::collection::vec(one, 0..4)
}

fn any_facts() -> impl Strategy<Value = Facts> {
    let add = (accounts(), states(), 0_u32..3, 0_u32..3, 0_u32..3, any::<bool>()).prop_map(
        |(account, state, methods, target_methods, of_this_provider, reauthenticated)| {
            Intent::Add(AddTo {
                account,
                state,
                methods,
                target_methods,
                of_this_provider,
                same_email: false,
                foreign_domain: false,
                reauthenticated,
            })
        },
    );
    let remove = (accounts(), 0_u32..3, 0_u32..3, 0_u32..3, any::<bool>(), any::<bool>()).prop_map(
        |(account, methods, target_methods, usable_left, passkey, reauthenticated)| {
            Intent::Remove(Remove {
                account,
                methods,
                target_methods,
                passkey,
                usable_left,
                reauthenticated,
            })
        },
    );
    let what = prop_oneof![
        any::<bool>().prop_map(|first| AccountChange::Password { first }),
        any::<bool>().prop_map(|taken| AccountChange::Email { taken }),
        any::<bool>().prop_map(|taken| AccountChange::ProvenEmail { taken }),
        any::<bool>().prop_map(|adds| AccountChange::SecondFactor { adds }),
        Just(AccountChange::Passkey),
        proptest::option::of(accounts()).prop_map(|held_by| AccountChange::Phone { held_by }),
        Just(AccountChange::RemovePhone),
        any::<bool>().prop_map(|by_credential| AccountChange::KeepEmail { by_credential }),
        any::<bool>().prop_map(|last| AccountChange::RemoveEmail { last }),
        Just(AccountChange::Export),
        any::<bool>().prop_map(|last_owner| AccountChange::Delete { last_owner }),
    ];
    let change = (accounts(), states(), what, any::<bool>()).prop_map(
        |(account, state, what, reauthenticated)| {
            Intent::Change(Change { account, state, what, reauthenticated })
        },
    );
    let step = prop_oneof![Just(UndoStep::Suspend), Just(UndoStep::Finish), Just(UndoStep::Keep)];
    let by = prop_oneof![
        Just(UndoBy::Nothing),
        Just(UndoBy::Link),
        Just(UndoBy::Credential),
        Just(UndoBy::Waited)
    ];
    let undo = (accounts(), states(), step, by, 0_u32..2).prop_map(
        |(account, state, step, by, ways_left)| {
            Intent::Undo(Undo { account, state, step, by, ways_left })
        },
    );
    let means = prop_oneof![
        Just(ReauthMethod::Password),
        Just(ReauthMethod::Passkey),
        Just(ReauthMethod::Mailbox),
        Just(ReauthMethod::Phone),
        any::<bool>().prop_map(|reports_auth_time| ReauthMethod::Identity { reports_auth_time })
    ];
    let available = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>()).prop_map(
        |(password, passkey, reports_auth_time, mailbox)| AvailableMethods {
            password,
            passkey,
            reports_auth_time,
            mailbox,
        },
    );
    let confirm = (accounts(), means, any::<bool>(), available).prop_map(
        |(account, by, fresh, available)| {
            Intent::Confirm(Confirm { account, by, fresh, available })
        },
    );
    let update = (accounts(), states(), any::<bool>()).prop_map(|(account, state, taken)| {
        Intent::UpdateEmail(UpdateEmail { account, state, taken })
    });
    let merge = (accounts(), states(), any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>())
        .prop_map(|(account, state, both, reauthenticated, fits, administrator)| {
            let by = if both { MergeBy::BothProofs } else { MergeBy::Admin };
            Intent::Merge(Merge {
                account,
                state,
                by,
                reauthenticated,
                misfit: (!fits).then_some(Refusal::NotAllowed),
                administrator,
                second_factor: account == B,
            })
        });
    let governing = prop_oneof![
        Just(AdminAction::Disable),
        Just(AdminAction::Enable),
        Just(AdminAction::RemoveSecondFactor),
        Just(AdminAction::KeepEmail),
        Just(AdminAction::GiveRole),
        Just(AdminAction::TakeRole)
    ];
    let govern = (accounts(), states(), governing, any::<[bool; 3]>()).prop_map(
        |(account, state, act, [own, administrator, by_owner])| {
            Intent::AdministerAccount(AdministerAccount {
                account,
                state,
                act,
                own,
                administrator,
                by_owner,
            })
        },
    );
    let intent = prop_oneof![1 => govern, 1 => merge, 6 => Just(Intent::SignIn), 2 => add, 1 => remove, 1 => update, 1 => change, 1 => confirm, 1 => undo, 1 => Just(Intent::SignUp)];
    let act = prop_oneof![
        6 => Just(UserAction::Initial),
        1 => Just(UserAction::UseExisting),
        1 => Just(UserAction::EnterAccount),
        1 => Just(UserAction::CreateNew),
        1 => Just(UserAction::AddTo(None)),
        1 => accounts().prop_map(|a| UserAction::AddTo(Some(a))),
        1 => prop_oneof![Just(None), accounts().prop_map(Some)].prop_map(UserAction::Named),
        1 => prop_oneof![Just(None), accounts().prop_map(Some)].prop_map(UserAction::NamedByPhone),
        1 => Just(UserAction::Finished),
        1 => (accounts(), proofs(), prop_oneof![Just(By::Rule), Just(By::Name)]).prop_map(|(a, p, by)| UserAction::Proved(a, p, by))
    ];
    let rule = |name: &'static str| {
        prop_oneof![4 => Just(RuleState::Looked), 1 => Just(RuleState::Skipped), 1 => Just(RuleState::Empty), 1 => Just(RuleState::Failed)].prop_map(move |state| RuleFacts {
            rule: name.into(),
            state,
            values: Vec::new(),
        })
    };
    let rules = (rule("email"), rule("username"), rule("phone"), rule("attributes"))
        .prop_map(|(a, b, c, d)| vec![a, b, c, d]);
    let pending = prop_oneof![2 => Just(None), 1 => accounts().prop_map(Some)];
    let email = prop_oneof![2 => Just(None), 1 => (any::<bool>(), any::<bool>()).prop_map(|(taken, ignored)| Some(EmailFacts { taken, ignored }))];
    let known = prop_oneof![2 => Just(None), 1 => (accounts(), states()).prop_map(|(account, state)| Some(Known { account, state, link: None, second_factor: account == B }))];
    let given = (
        prop_oneof![3 => Just(None), 1 => accounts().prop_map(Some)],
        prop_oneof![1 => Just(None), 1 => accounts().prop_map(Some)],
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(|(factor, by, agreed, field, answered)| CompletedRequirements {
            factor,
            agreed: agreed
                .then(|| Agreed { account: by, what: "terms@2".into() })
                .into_iter()
                .collect(),
            fields: field.then_some(ProfileAttribute::GivenName).into_iter().collect(),
            answered,
            restores: by,
        });
    let filter = prop_oneof![6 => Just(Some(true)), 1 => Just(Some(false)), 1 => Just(None)];
    let provider =
        (any::<bool>(), filter, any::<bool>()).prop_map(|(enabled, filter, second_factor)| {
            ProviderFacts { id: ProviderId([7; 16]), enabled, filter, second_factor }
        });
    (
        intent,
        provider,
        trusts(),
        known,
        candidates(),
        act,
        (rules, pending, email, given, any::<[bool; 2]>()),
    )
        .prop_map(
            |(
                intent,
                provider,
                trust,
                known,
                candidates,
                act,
                (rules, pending, email, given, [proof_gone, contested]),
            )| Facts {
                intent,
                provider: Some(provider),
                trust,
                known,
                rules,
                candidates,
                pending,
                email,
                act,
                local: Local::EmailCode,
                given,
                proof_gone,
                contested,
            },
        )
}

/// Every preset with its permits, choices and pairs shuffled; what no console lets through is left out.
fn any_policy(permit: bool) -> impl Strategy<Value = Policy> {
    let name = prop::sample::select(ligature_domain::policy::PRESETS.to_vec());
    let permits = prop::collection::vec(any::<bool>(), 9);
    let none = prop::sample::select(vec![NoMatch::Create, NoMatch::Offer, NoMatch::Refuse]);
    let disclosure = prop::sample::select(vec![
        Disclosure::Silent,
        Disclosure::AfterProof,
        Disclosure::Masked,
        Disclosure::Open,
    ]);
    let unverified = prop::sample::select(vec![
        UnverifiedTarget::FinishSignup,
        UnverifiedTarget::Reclaim,
        UnverifiedTarget::Ignore,
        UnverifiedTarget::Refuse,
    ]);
    let email =
        prop::sample::select(vec![EmailChange::Ask, EmailChange::Overwrite, EmailChange::Keep]);
    (
        name,
        permits,
        none,
        disclosure,
        unverified,
        email,
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(
            move |(name, p, none, disclosure, unverified, email, none_pair, all_offers, claim)| {
                instance(name, |d| {
                    d.permits.link_on_login = Some(p[0]);
                    d.permits.link_in_account = Some(p[1]);
                    d.permits.account_management = Some(p[2]);
                    d.permits.unlink = Some(p[3]);
                    d.permits.create = Some(p[4] || !p[0]);
                    d.permits.choose_new = Some(p[5]);
                    d.permits.as_source = Some(p[6]);
                    d.permits.sign_in = Some(p[7]);
                    d.permits.as_target = Some(p[8]);
                    d.permits.accept_unproven_links = Some(permit);
                    d.choices.none = Some(none);
                    d.choices.disclosure = Some(disclosure);
                    d.choices.unverified_target = Some(unverified);
                    d.choices.email_change = Some(email);
                    d.choices.merge = Some(if all_offers {
                        ligature_domain::policy::Merge::Admin
                    } else {
                        ligature_domain::policy::Merge::BothProofs
                    });
                    if all_offers == claim {
                        d.choices.agreements = Some(vec![Agreement {
                            id: "terms".into(),
                            version: "2".into(),
                            title: "Terms".into(),
                            url: "/terms".into(),
                        }]);
                        d.choices.registration = Some(vec![Field {
                            field: ProfileAttribute::GivenName,
                            required: true,
                        }]);
                    }
                    if claim {
                        d.choices.code_to = Some(CodeRecipient::Claim);
                    }
                    if all_offers {
                        d.choices.offers = Some(vec![
                            Offer::UseExisting,
                            Offer::AddToExisting,
                            Offer::EnterAccount,
                            Offer::CreateNew,
                        ]);
                    }
                    if none_pair {
                        for rule in d.choices.rules.iter_mut().flatten() {
                            rule.accept.push(LinkRequirement {
                                trust: Trust::Asserted,
                                proof: Proof::None,
                            });
                        }
                    }
                })
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    /// Without the permit, no word of a provider below `authoritative` opens an account that exists.
    #[test]
    fn i11_no_unproven_word_opens_an_existing_account(f in any_facts(), p in any_policy(false)) {
        if let Outcome::Link { account, basis, .. } = decide(&f, &p).outcome {
            let own_session = matches!(f.intent, Intent::Add(add) if add.account == account);
            let proved = matches!(f.act, UserAction::Proved(target, proof, _) if target == account && proof >= Proof::Mailbox);
            let owned = f.candidates.iter().any(|c| c.account == account && c.owner && c.verified);
            let authoritative = f.trust >= Some(Trust::Authoritative) && owned;
            prop_assert!(own_session || proved || authoritative, "{basis:?}");
            prop_assert!(f.known.is_none(), "an identity that has an account is never linked again");
        }
    }

    /// I13: a mailbox that is contested proves nothing for its account on any path, whatever the settings: what opens or
    /// links the account is a credential of it.
    #[test]
    fn i13_a_contested_mailbox_proves_nothing_on_any_path(f in any_facts(), p in any_policy(true), local in prop_oneof![Just(Local::EmailCode), Just(Local::Reset)]) {
        if let (Outcome::Link { account, .. }, Intent::SignIn) = (decide(&f, &p).outcome, f.intent) {
            let all = f.candidates.iter().filter(|c| c.account == account).all(|c| c.contested);
            prop_assert!(!all || matches!(f.act, UserAction::Proved(target, proof, _) if target == account && proof >= Proof::Credential));
        }
        // The account's own mailbox: signing in, a new password, confirming a session.
        let own = Facts { provider: None, contested: true, local, ..f.clone() };
        let opens = matches!(decide(&own, &p).outcome, Outcome::SignIn { .. } | Outcome::SecondFactor { .. } | Outcome::Details { .. } | Outcome::Restore { .. });
        prop_assert!(!opens || f.intent != Intent::SignIn);
        if let Intent::Confirm(confirm) = f.intent {
            let by_mailbox = Facts { intent: Intent::Confirm(Confirm { by: ReauthMethod::Mailbox, ..confirm }), contested: true, ..f };
            let confirms = matches!(decide(&by_mailbox, &p).outcome, Outcome::Confirmed | Outcome::SecondFactor { .. });
            prop_assert!(!confirms);
        }
    }

    /// I4: what a proof proved is asked again when it is to count.
    #[test]
    fn i4_a_proof_that_is_gone_opens_links_and_merges_nothing(f in any_facts(), p in any_policy(true)) {
        let gone = Facts { proof_gone: true, ..f.clone() };
        let outcome = decide(&gone, &p).outcome;
        let local = decide(&Facts { provider: None, ..gone }, &p).outcome;
        let opens = matches!(local, Outcome::SignIn { .. } | Outcome::Confirmed) || outcome == Outcome::Confirmed;
        let merges = outcome == Outcome::Merge && matches!(f.intent, Intent::Merge(m) if m.by == MergeBy::BothProofs);
        let links = matches!((f.act, f.intent, &outcome), (UserAction::Proved(..), Intent::SignIn, Outcome::Link { .. }));
        prop_assert!(!opens && !merges && !links, "{outcome:?} {local:?}");
    }

    /// Whatever the settings: gates hold, states hold, administrators are not found, the last method stays.
    #[test]
    fn no_setting_switches_an_invariant_off(f in any_facts(), p in any_policy(true)) {
        let d = decide(&f, &p);
        prop_assert!(ligature_domain::decision::OUTCOMES.contains(&d.name), "{}", d.name);
        prop_assert!(!d.reasons.is_empty());
        // I5: an account's second factor is shown before anything opens or is linked at sign-in; only a provider's own
        // sign-in may say in a mapped word that it asked (LK-15). AU-15: agreements hold on every way in.
        let opened = match (&d.outcome, f.intent) {
            (Outcome::SignIn { account, .. }, _) => Some((*account, f.provider.unwrap().second_factor)),
            (Outcome::Link { account, .. }, Intent::SignIn) => Some((*account, false)),
            (Outcome::Confirmed, _) => f.known.map(|k| (k.account, f.provider.unwrap().second_factor)),
            _ => None,
        };
        if let Some((account, spoken)) = opened {
            prop_assert!(account != B || spoken || f.given.factor == Some(B));
            let agreed = f.given.agreed.iter().any(|a| a.account.is_none() || a.account == Some(account));
            prop_assert!(p.choices.agreements.is_empty() || agreed || d.outcome == Outcome::Confirmed);
        }
        if matches!(d.outcome, Outcome::Create | Outcome::Reclaim { .. }) {
            let by = if let Outcome::Reclaim { account } = d.outcome { Some(account) } else { None };
            prop_assert!(p.choices.agreements.is_empty() || f.given.agreed.iter().any(|a| a.account.is_none() || a.account == by));
            prop_assert!(p.choices.registration.is_empty() || f.given.fields.contains(&ProfileAttribute::GivenName));
        }
        match d.outcome {
            Outcome::SignIn { account, email } => {
                // I9: nobody's address is taken.
                prop_assert!(email != EmailStep::Overwrite || f.email.is_some_and(|e| !e.taken) && f.trust >= Some(Trust::ClaimedVerified));
                let restored = f.given.restores == Some(account) && f.known.is_some_and(|k| k.state == AccountState::Closing);
                let state = if restored { AccountState::Closing } else { AccountState::Active };
                let own = Some(Known { account, state, link: None, second_factor: account == B });
                prop_assert!(f.provider.unwrap().enabled && f.known == own);
            }
            Outcome::Link { account, .. } => {
                prop_assert!(f.provider.unwrap().enabled && p.permits.as_source && p.permits.as_target);
                if let Intent::Add(add) = f.intent {
                    prop_assert!(add.reauthenticated);
                }
                if f.intent == Intent::SignIn {
                    let c: Vec<_> = f.candidates.iter().filter(|c| c.account == account && c.state == AccountState::Active && !c.barred).collect();
                    prop_assert!(!c.is_empty());
                    prop_assert!(c.iter().any(|c| !c.administrator || c.rule == "entered" && matches!(f.act, UserAction::Proved(_, proof, _) if proof >= Proof::Credential)));
                }
            }
            Outcome::Create => prop_assert!((f.known.is_none() || f.intent == Intent::SignUp) && p.permits.create && f.provider.unwrap().enabled),
            Outcome::Remove { .. } => prop_assert!(matches!(f.intent, Intent::Remove(r) if r.usable_left > 0 && r.reauthenticated && (r.passkey || p.choices.target_requires.met(r.methods, r.target_methods)))),
            // A number moves only to whoever just proved it, and away from somebody else.
            Outcome::TakePhone { from } => {
                let takes = AccountChange::Phone { held_by: Some(from) };
                prop_assert!(matches!(f.intent, Intent::Change(c) if c.reauthenticated && c.what == takes && from != c.account));
            }
            Outcome::Change => {
                let never = [AccountChange::Email { taken: true }, AccountChange::ProvenEmail { taken: true }, AccountChange::RemoveEmail { last: true }, AccountChange::Delete { last_owner: true }, AccountChange::KeepEmail { by_credential: false }];
                let ok = match f.intent {
                    Intent::Change(c) => (c.reauthenticated || matches!(c.what, AccountChange::ProvenEmail { .. })) && c.state == AccountState::Active && !never.contains(&c.what),
                    Intent::AdministerAccount(g) => {
                        let own_kind = g.by_owner || (!g.administrator && matches!(g.act, AdminAction::Disable | AdminAction::Enable));
                        !g.own && own_kind && ![AccountState::Pending, AccountState::Merged].contains(&g.state)
                    }
                    _ => false,
                };
                prop_assert!(ok);
            }
            Outcome::Undo => {
                let Intent::Undo(u) = f.intent else { return Err(TestCaseError::fail("an undo")) };
                prop_assert!([AccountState::Active, AccountState::Closing].contains(&u.state));
                // I15: a mailbox alone takes nothing for good, and a session alone not even for a while.
                prop_assert_eq!(u.by == UndoBy::Link, u.step == UndoStep::Suspend);
                prop_assert!(u.by != UndoBy::Nothing && (u.by != UndoBy::Waited || u.step == UndoStep::Finish));
                prop_assert!(u.ways_left > 0 || u.step != UndoStep::Finish);
            }
            // MA-10: by a method of this very account, and freshly.
            Outcome::Confirmed => {
                let Intent::Confirm(c) = f.intent else { return Err(TestCaseError::fail("a confirmation")) };
                let nothing_better = c.by == (ReauthMethod::Identity { reports_auth_time: false }) && c.available == AvailableMethods::default();
                prop_assert!((c.fresh || nothing_better) && f.known.is_some_and(|k| k.account == c.account && k.state == AccountState::Active));
            }
            Outcome::Choose(choice) => prop_assert!(!choice.offers.is_empty() && (choice.shown.is_empty() || f.trust >= Some(Trust::ClaimedVerified) || p.permits.accept_unproven_links)),
            // I6: an unfinished sign-up is taken over only by who proved its address here.
            Outcome::FinishSignup { account } | Outcome::Reclaim { account } => prop_assert!(f.pending == Some(account) && f.trust == Some(Trust::ProvenHere) && f.known.is_none() && p.permits.linkable()),
            Outcome::Confirm => prop_assert!(f.trust.is_some() && f.trust != Some(Trust::ProvenHere)),
            Outcome::Challenge { target: Some(target), .. } => prop_assert!(f.candidates.iter().any(|c| c.account == target && c.state == AccountState::Active && !c.administrator && !c.barred)),
            Outcome::Merge => {
                let (Intent::Merge(m), Some(other)) = (f.intent, f.known) else { return Err(TestCaseError::fail("a merge of two")) };
                prop_assert!(m.reauthenticated && !m.administrator && m.misfit.is_none() && m.account != other.account);
                prop_assert!(m.state == AccountState::Active && other.state == AccountState::Active);
                prop_assert!(other.account != B, "A has no second factor, B does");
                prop_assert_eq!(p.choices.merge, if m.by == MergeBy::Admin { ligature_domain::policy::Merge::Admin } else { ligature_domain::policy::Merge::BothProofs });
            }
            // GD-05: only who may come in is asked, and the account stays only by their word.
            Outcome::Restore { account } => prop_assert!(f.known.is_some_and(|k| k.account == account && k.state == AccountState::Closing) && f.given.restores != Some(account)),
            Outcome::SecondFactor { account } => prop_assert!(account == B && f.given.factor != Some(B)),
            Outcome::Details { agreements, fields } => prop_assert!(!agreements.is_empty() || !fields.is_empty()),
            Outcome::UpdateEmail => prop_assert!(matches!(f.intent, Intent::UpdateEmail(u) if !u.taken) && f.trust == Some(Trust::ProvenHere)),
            Outcome::AlreadyLinked | Outcome::Challenge { target: None, .. } | Outcome::Bind { .. } | Outcome::Abandon | Outcome::Refuse { .. } => {}
        }
    }

    /// LK-21, PH-07, NE-12: what an asserted address shows depends on policy and claim only, whatever the settings,
    /// as long as the permit is off and nobody has proved anything.
    #[test]
    fn an_asserted_address_shows_the_same_whoever_has_it(p in any_policy(false), c in candidates(), pending in any::<bool>()) {
        // That choice lets strangers see it, and the linter says so.
        let pending = pending && p.choices.unverified_target != UnverifiedTarget::Refuse;
        let found: Vec<Candidate> = c.into_iter().filter(|c| c.rule != "entered").collect();
        let with = Facts { pending: pending.then_some(B), ..facts(Some(Trust::Asserted), found, UserAction::Initial) };
        let without = facts(Some(Trust::Asserted), Vec::new(), UserAction::Initial);
        prop_assert_eq!(decide(&with, &p).outcome, decide(&without, &p).outcome);
        // The next page is a code page for everybody too.
        let (a, b) = (Facts { act: UserAction::AddTo(None), ..with }, Facts { act: UserAction::AddTo(None), ..without });
        let page = |f: &Facts| State::enter(&ligature_domain::decide(&f.linking(linking::facts::Intent::SignIn), &p).outcome, None, f.act, false, AttemptProgress::default()).map(|s| s.page());
        prop_assert_eq!(page(&a), page(&b));
    }

    /// Under `nevis` all that the unproved word of a provider leads to is the code to the claimed address: no form takes an
    /// account's password, code or name, whatever is posted, and nothing is shown, chosen or linked.
    /// Shows NE-15.
    #[test]
    fn ne_15_the_one_code_is_all_that_a_stranger_can_try(f in any_facts(), verified in any::<bool>()) {
        let p = policy("nevis", &[]);
        let provider = ProviderFacts { id: ProviderId([7; 16]), enabled: true, filter: Some(true), second_factor: false };
        let trust = Some(if verified { Trust::ClaimedVerified } else { Trust::Asserted });
        let f = Facts { intent: Intent::SignIn, known: None, provider: Some(provider), trust, ..f };
        let looked = f.rules.iter().any(|r| r.rule == "email" && r.state == RuleState::Looked);
        match decide(&f, &p).outcome {
            Outcome::Confirm | Outcome::Refuse { .. } => {}
            // Without a usable address there is nobody whose account it could be.
            Outcome::Create => prop_assert!(f.act == UserAction::Initial && !looked),
            // Pages that nothing is right on.
            Outcome::Challenge { target: None, .. } | Outcome::Bind { target: None } => prop_assert!(f.act == UserAction::AddTo(None) && !looked),
            other => prop_assert!(false, "{other:?}"),
        }
        // The good way: the code typed, and the account is the mailbox owner's.
        let proven = Facts { act: UserAction::Initial, rules: looked_at_by(&p), candidates: vec![candidate(A)], pending: None, trust: Some(Trust::ProvenHere), given: CompletedRequirements::default(), ..f };
        let linked = matches!(decide(&proven, &p).outcome, Outcome::Link { account: A, .. });
        prop_assert!(linked);
    }

    /// No preset weakens an invariant: with its own settings, and the permit off, nothing below `authoritative` opens
    /// an account without a proof.
    #[test]
    fn presets_never_weaken_an_invariant(name in prop::sample::select(ligature_domain::policy::PRESETS.to_vec()), f in any_facts()) {
        let p = policy(name, &[]);
        prop_assert!(!p.permits.accept_unproven_links);
        if let Outcome::Link { account, .. } = decide(&f, &p).outcome {
            let own_session = matches!(f.intent, Intent::Add(add) if add.account == account);
            let proved = matches!(f.act, UserAction::Proved(target, proof, _) if target == account && proof >= Proof::Mailbox);
            prop_assert!(own_session || proved || f.trust >= Some(Trust::Authoritative));
        }
    }
}

/// I4, each path with its good way: the same facts open, confirm, merge and link as long as the proof is still there.
#[test]
fn i4_on_each_path_a_proof_counts_only_as_long_as_what_it_proved_is_there() {
    let p = instance("goss", |d| d.choices.merge = Some(MergePolicy::BothProofs));
    let own = |account| {
        Some(Known { account, state: AccountState::Active, link: None, second_factor: false })
    };
    let signs_in = Facts::local(Intent::SignIn, own(A));
    let confirms = Facts::local(
        Intent::Confirm(Confirm {
            account: A,
            by: ReauthMethod::Password,
            fresh: true,
            available: AvailableMethods::default(),
        }),
        own(A),
    );
    let merge = Merge {
        account: A,
        state: AccountState::Active,
        by: MergeBy::BothProofs,
        reauthenticated: true,
        misfit: None,
        administrator: false,
        second_factor: false,
    };
    let merges = Facts::local(Intent::Merge(merge), own(B));
    let links = |proof| {
        facts(
            Some(Trust::ClaimedVerified),
            vec![candidate(A)],
            UserAction::Proved(A, proof, By::Rule),
        )
    };
    for (path, f, opens) in [
        ("sign-in", signs_in, "sign_in"),
        ("confirming", confirms, "confirmed"),
        ("merging", merges, "merge"),
        ("linking by the mailbox", links(Proof::Mailbox), "link"),
        ("linking by a credential", links(Proof::Credential), "link"),
    ] {
        assert_eq!(decide(&f, &p).name, opens, "{path}");
        assert_eq!(
            decide(&Facts { proof_gone: true, ..f }, &p).outcome,
            Outcome::Refuse { refusal: Refusal::PolicyChanged },
            "{path}"
        );
    }
}

/// Shows CN-03: a code makes an address the account's own, and takes nobody else's.
#[test]
fn cn_03_a_code_makes_only_a_free_address_the_accounts_own() {
    let proves = |state, taken| {
        let change = Change {
            account: A,
            state,
            what: AccountChange::ProvenEmail { taken },
            reauthenticated: false,
        };
        decide(&Facts::local(Intent::Change(change), None), &policy("recommended", &[])).outcome
    };
    assert_eq!(proves(AccountState::Active, false), Outcome::Change);
    assert_eq!(
        proves(AccountState::Active, true),
        Outcome::Refuse { refusal: Refusal::EmailTaken }
    );
    assert!(matches!(proves(AccountState::Disabled, false), Outcome::Refuse { .. }));
}
