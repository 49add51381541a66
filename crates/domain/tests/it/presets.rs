//! Each preset walks its system's documented journeys, step by step; rows that need the unsafe permit have a twin
//! without it that meets a code.

use crate::all::{Facts, Intent, Outcome, decide};
use ligature_domain::{
    AccountId, Policy, Proof, ProviderId, Refusal, Trust,
    attempt::{AttemptProgress, State},
    linking,
    linking::{
        EmailStep,
        facts::{
            AccountState, AddTo, By, Candidate, CompletedRequirements, EmailFacts, Known, Local,
            ProviderFacts, RuleFacts, RuleState, UserAction,
        },
    },
    policy::{Disclosure, Document, Offer, preset},
};

const A: AccountId = AccountId([1; 16]);
const B: AccountId = AccountId([2; 16]);

/// A preset, with the unsafe permit or without, and more scopes below it.
fn policy(name: &str, permit: bool, narrower: &[&str]) -> Policy {
    let mut first = preset(name).unwrap();
    first.permits.accept_unproven_links = Some(permit);
    let more: Vec<Document> = narrower.iter().map(|m| Document::parse(m).unwrap()).collect();
    let all: Vec<&Document> = std::iter::once(&first).chain(&more).collect();
    Policy::merge(7, &all)
}

fn candidate(rule: &str, account: AccountId) -> Candidate {
    Candidate {
        account,
        rule: rule.into(),
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

/// Somebody whom no account knows, whose address the provider states with this trust.
fn arrival(p: &Policy, trust: Trust, candidates: Vec<Candidate>) -> Facts {
    let rules = p
        .choices
        .rules
        .iter()
        .filter(|r| !r.entered_by_user)
        .map(|r| RuleFacts { rule: r.id.clone(), state: RuleState::Looked, values: Vec::new() })
        .collect();
    Facts {
        intent: Intent::SignIn,
        provider: Some(ProviderFacts {
            id: ProviderId([7; 16]),
            enabled: true,
            filter: Some(true),
            second_factor: false,
        }),
        trust: Some(trust),
        known: None,
        rules,
        candidates,
        pending: None,
        email: None,
        act: UserAction::Initial,
        local: Local::Password,
        given: CompletedRequirements::default(),
        proof_gone: false,
        contested: false,
    }
}

fn run(p: &Policy, f: &Facts) -> Outcome {
    decide(f, p).outcome
}

fn acts(p: &Policy, f: &Facts, act: UserAction) -> Outcome {
    run(p, &Facts { act, ..f.clone() })
}

fn offers(outcome: &Outcome) -> Vec<Offer> {
    match outcome {
        Outcome::Choose(choice) => choice.offers.clone(),
        other => panic!("no chooser: {other:?}"),
    }
}

fn shown(outcome: &Outcome) -> Vec<AccountId> {
    match outcome {
        Outcome::Choose(choice) => choice.shown.iter().map(|s| s.account).collect(),
        other => panic!("no chooser: {other:?}"),
    }
}

fn links(outcome: &Outcome, to: AccountId) -> bool {
    matches!(outcome, Outcome::Link { account, .. } if *account == to)
}

fn refused(outcome: &Outcome) -> Option<Refusal> {
    if let Outcome::Refuse { refusal } = outcome { Some(*refusal) } else { None }
}

fn known(account: AccountId) -> Option<Known> {
    Some(Known { account, state: AccountState::Active, link: None, second_factor: false })
}

/// Its first numbered example: the provider is not linked, the address matches, all three options, each to its end.
/// Shows GO-12, GO-13, GO-15, GO-18, GO-19, GO-20, GO-23.
#[test]
fn goss_first_example_three_options_each_to_its_end() {
    use Offer::{AddToExisting, CreateNew, UseExisting};
    let p = policy("goss", false, &[]);
    let f = arrival(&p, Trust::ClaimedVerified, vec![candidate("email", A)]);
    let chooser = run(&p, &f);
    assert_eq!(offers(&chooser), [UseExisting, AddToExisting, CreateNew]);
    assert!(
        matches!(&chooser, Outcome::Choose(c) if c.disclosure == Disclosure::Open),
        "names the account and its providers"
    );
    assert_eq!(acts(&p, &f, UserAction::UseExisting), Outcome::Abandon);
    assert_eq!(
        acts(&p, &f, UserAction::AddTo(Some(A))),
        Outcome::Challenge { target: Some(A), by: By::Rule }
    );
    let linked = acts(&p, &f, UserAction::Proved(A, Proof::Mailbox, By::Rule));
    assert!(links(&linked, A) && matches!(linked, Outcome::Link { notify: false, .. }));
    assert_eq!(acts(&p, &f, UserAction::CreateNew), Outcome::Create);
    // Afterwards either identity is known, and nobody is asked again.
    assert_eq!(
        run(&p, &Facts { known: known(A), ..f }),
        Outcome::SignIn { account: A, email: EmailStep::Nothing }
    );
}

/// Its second example: two accounts have the address; both are shown, each for itself.
/// Shows GO-17, LK-05.
#[test]
fn goss_second_example_go_17_several_accounts_are_all_shown() {
    let p = policy("goss", false, &[]);
    let second = Candidate { owner: false, target_methods: 0, ..candidate("email", B) };
    let f = arrival(&p, Trust::ClaimedVerified, vec![candidate("email", A), second]);
    assert_eq!(shown(&run(&p, &f)), [A, B]);
    assert_eq!(
        refused(&acts(&p, &f, UserAction::AddTo(Some(B)))),
        Some(Refusal::NotAllowed),
        "one of them may not be linked to"
    );
    assert_eq!(
        acts(&p, &f, UserAction::AddTo(Some(A))),
        Outcome::Challenge { target: Some(A), by: By::Rule }
    );
}

/// Its third example: nobody has the address, and an account is made; afterwards the two never become one.
/// Shows GO-21, GO-22.
#[test]
fn goss_third_example_go_21_go_22_separate_accounts_stay_separate_until_a_provider_is_released() {
    let p = policy("goss", false, &[]);
    assert_eq!(run(&p, &arrival(&p, Trust::ClaimedVerified, vec![])), Outcome::Create);
    assert_eq!(p.choices.merge, ligature_domain::policy::Merge::Never);
    // The identity belongs to B: from A's account it cannot be added, and at sign-in it opens B.
    let add = Intent::Add(AddTo {
        account: A,
        state: AccountState::Active,
        methods: 1,
        target_methods: 1,
        of_this_provider: 0,
        same_email: false,
        foreign_domain: false,
        reauthenticated: true,
    });
    let f = Facts { intent: add, known: known(B), ..arrival(&p, Trust::ClaimedVerified, vec![]) };
    assert_eq!(refused(&run(&p, &f)), Some(Refusal::AlreadyInUse));
    // Released by B it is unknown again: the process starts anew, and it may go to A.
    let again = arrival(&p, Trust::ClaimedVerified, vec![candidate("email", A)]);
    assert!(matches!(run(&p, &again), Outcome::Choose(_)));
    assert!(links(&run(&p, &Facts { known: None, ..f }), A));
}

/// Shows GO-08, GO-09, GO-27, GO-31, GO-42.
#[test]
fn goss_flags_isolation_and_second_identities_of_one_provider() {
    let p = policy("goss", false, &[]);
    let eligible = |c: Candidate, p: &Policy| matches!(run(p, &arrival(p, Trust::ClaimedVerified, vec![c])), Outcome::Choose(c) if c.offers.contains(&Offer::AddToExisting));
    assert!(eligible(candidate("email", A), &p));
    assert!(
        !eligible(Candidate { methods: 2, ..candidate("email", A) }, &p),
        "GO-27: one of its providers does not allow linking"
    );
    assert!(
        !eligible(Candidate { foreign_domain: true, ..candidate("email", A) }, &p),
        "GO-08: groups are mirrored there"
    );
    assert!(
        !eligible(Candidate { same_email: true, of_this_provider: 1, ..candidate("email", A) }, &p),
        "GO-31: the same address"
    );
    assert!(
        eligible(Candidate { of_this_provider: 1, ..candidate("email", A) }, &p),
        "GO-31: another address"
    );
    let mirroring = policy("goss", false, &[r#"{"choices":{"mirror_groups":true}}"#]);
    assert_ne!(
        p.isolation("basic"),
        mirroring.isolation("ldap"),
        "GO-09: its twin without mirroring is of the common domain"
    );
    assert_eq!(p.isolation("basic"), p.isolation("meridian"));
    assert_ne!(
        mirroring.isolation("ldap"),
        mirroring.isolation("adfs"),
        "GO-08: mirroring ones share no account with each other either"
    );
    assert!(p.choices.sync.on_login.is_empty(), "GO-42");
}

/// Shows GO-33, GO-35, GO-38, GO-39.
#[test]
fn goss_mail_modes_are_pairs_and_mails_and_unproven_ones_have_a_twin_with_a_code() {
    let unproven = r#"{"choices":{"rules":[{"id":"email","account":"email","accept":[{"trust":"asserted","proof":"none"},{"trust":"asserted","proof":"mailbox"}],"one":"offer"}]}}"#;
    for (permit, expected) in [(true, true), (false, false)] {
        let p = policy("goss", permit, &[unproven]);
        let f = arrival(&p, Trust::ClaimedVerified, vec![candidate("email", A)]);
        let outcome = acts(&p, &f, UserAction::AddTo(Some(A)));
        assert_eq!(links(&outcome, A), expected, "{outcome:?}");
        assert_eq!(outcome == Outcome::Challenge { target: Some(A), by: By::Rule }, !expected);
    }
    assert!(
        !policy("goss", false, &[]).notifies(ligature_domain::policy::MailEvent::AccountLink),
        "GO-35: none in account management"
    );
    assert_eq!(
        policy("goss", false, &[r#"{"choices":{"mail":{"login_link":"notify","account_link":"notify","unlink":"notify"}}}"#]).choices.mail.login_link,
        ligature_domain::policy::Notify::None,
        "GO-33: set once"
    );
}

/// Shows GO-47, GO-48, GO-49, GO-50, ID-05, MA-15.
#[test]
fn goss_go_47_another_address_at_the_provider_is_a_question_and_never_takes_somebodys() {
    let p = policy("goss", false, &[]);
    let step = |p: &Policy, trust, email| match run(
        p,
        &Facts {
            known: known(A),
            email: Some(email),
            ..arrival(p, trust, vec![candidate("email", B)])
        },
    ) {
        Outcome::SignIn { account: A, email } => email,
        other => panic!("{other:?}"),
    };
    let differs = EmailFacts { taken: false, ignored: false };
    assert_eq!(step(&p, Trust::ClaimedVerified, differs), EmailStep::Ask);
    assert_eq!(
        step(&p, Trust::Asserted, differs),
        EmailStep::Nothing,
        "only an address that the provider verified"
    );
    assert_eq!(
        step(&p, Trust::ClaimedVerified, EmailFacts { ignored: true, ..differs }),
        EmailStep::Nothing,
        "GO-49"
    );
    let z = policy("zitadel", false, &[]);
    assert_eq!(step(&z, Trust::ClaimedVerified, differs), EmailStep::Overwrite);
    assert_eq!(
        step(&z, Trust::ClaimedVerified, EmailFacts { taken: true, ..differs }),
        EmailStep::Nothing,
        "ID-05"
    );
    assert_eq!(
        step(&policy("nevis", false, &[]), Trust::ClaimedVerified, differs),
        EmailStep::Nothing
    );
}

/// Shows AU-05, AU-08, AU-17.
#[test]
fn authing_field_match_links_at_once_under_the_permit_and_its_twin_meets_a_code() {
    let p = policy("authing_field", true, &[]);
    for trust in [Trust::Asserted, Trust::ClaimedVerified] {
        assert!(links(&run(&p, &arrival(&p, trust, vec![candidate("email", A)])), A), "AU-08");
        assert_eq!(run(&p, &arrival(&p, trust, vec![])), Outcome::Create, "no match");
    }
    assert!(
        links(&run(&p, &arrival(&p, Trust::Asserted, vec![candidate("phone", A)])), A),
        "by phone number"
    );
    assert_eq!(
        refused(&run(
            &p,
            &arrival(&p, Trust::Asserted, vec![candidate("phone", A), candidate("email", B)])
        )),
        Some(Refusal::Several),
        "I3"
    );
    // AU-17: the application closes registration.
    let closed = policy("authing_field", true, &[r#"{"permits":{"create":false}}"#]);
    assert_eq!(
        refused(&run(&closed, &arrival(&closed, Trust::Asserted, vec![]))),
        Some(Refusal::CreationClosed)
    );
    // The twin: a code before anything is told, to the claimed address or to the account's.
    let twin = policy("authing_field", false, &[]);
    assert_eq!(
        run(&twin, &arrival(&twin, Trust::Asserted, vec![candidate("email", A)])),
        Outcome::Confirm
    );
    assert_eq!(
        run(&twin, &arrival(&twin, Trust::Asserted, vec![])),
        Outcome::Confirm,
        "whoever it is"
    );
    assert!(links(&run(&twin, &arrival(&twin, Trust::ProvenHere, vec![candidate("email", A)])), A));
    assert_eq!(run(&twin, &arrival(&twin, Trust::ProvenHere, vec![])), Outcome::Create);
    assert_eq!(
        run(&twin, &arrival(&twin, Trust::ClaimedVerified, vec![candidate("phone", A)])),
        Outcome::Challenge { target: Some(A), by: By::Rule }
    );
}

/// Shows AU-10, AU-13, AU-19, and of AU-18 every method but a user name with a password.
#[test]
fn authing_ask_binding_asks_and_binds_only_by_the_methods_that_are_on() {
    let p = policy("authing_ask", false, &[]);
    let f = arrival(&p, Trust::Asserted, vec![]);
    assert_eq!(offers(&run(&p, &f)), [Offer::CreateNew, Offer::EnterAccount]);
    assert_eq!(
        offers(&run(&p, &Facts { trust: None, rules: vec![], ..f.clone() })),
        [Offer::CreateNew, Offer::EnterAccount],
        "AU-03: no address needed"
    );
    assert_eq!(acts(&p, &f, UserAction::EnterAccount), Outcome::Bind { target: None });
    let named = Facts { candidates: vec![candidate("entered", A)], ..f.clone() };
    assert!(links(&acts(&p, &named, UserAction::Proved(A, Proof::Credential, By::Name)), A));
    assert_eq!(
        acts(&p, &named, UserAction::Named(Some(A))),
        Outcome::Challenge { target: Some(A), by: By::Name }
    );
    assert_eq!(
        acts(&p, &f, UserAction::Named(None)),
        Outcome::Challenge { target: None, by: By::Name },
        "a decoy"
    );
    let no_code = policy("authing_ask", false, &[r#"{"choices":{"bind_methods":["password"]}}"#]);
    assert_eq!(
        refused(&acts(&no_code, &named, UserAction::Named(Some(A)))),
        Some(Refusal::NotAllowed)
    );
    assert_eq!(
        acts(&p, &named, UserAction::NamedByPhone(Some(A))),
        Outcome::Challenge { target: Some(A), by: By::Name }
    );
    let by_mail = policy("authing_ask", false, &[r#"{"choices":{"bind_methods":["email_code"]}}"#]);
    assert_eq!(
        refused(&acts(&by_mail, &named, UserAction::NamedByPhone(Some(A)))),
        Some(Refusal::NotAllowed),
        "each code by its own method"
    );
    let full = Facts {
        candidates: vec![Candidate { of_this_provider: 1, ..candidate("entered", A) }],
        ..f
    };
    assert_eq!(
        refused(&acts(&p, &full, UserAction::Proved(A, Proof::Credential, By::Name))),
        Some(Refusal::TooMany),
        "AU-19"
    );
}

/// Shows AU-06.
#[test]
fn login_only_lets_in_who_is_linked_and_nobody_else() {
    let p = policy("login_only", false, &[]);
    assert_eq!(
        refused(&run(&p, &arrival(&p, Trust::Authoritative, vec![candidate("email", A)]))),
        Some(Refusal::LoginOnly)
    );
    assert!(matches!(
        run(&p, &Facts { known: known(A), ..arrival(&p, Trust::Asserted, vec![]) }),
        Outcome::SignIn { .. }
    ));
}

/// Shows ZI-09, ZI-15.
#[test]
fn zitadel_prompts_by_address_or_user_name_and_the_template_flag_stops_it() {
    let p = policy("zitadel", true, &[]);
    for rule in ["email", "username"] {
        let f = arrival(&p, Trust::ClaimedVerified, vec![candidate(rule, A)]);
        let chooser = run(&p, &f);
        assert_eq!(offers(&chooser), [Offer::AddToExisting, Offer::CreateNew], "ZI-14 {rule}");
        assert_eq!(shown(&chooser), [A]);
        assert!(
            links(&acts(&p, &f, UserAction::AddTo(Some(A))), A),
            "a click, under the permit: {rule}"
        );
        let twin = policy("zitadel", false, &[]);
        assert_eq!(
            acts(&twin, &f, UserAction::AddTo(Some(A))),
            Outcome::Challenge { target: Some(A), by: By::Rule },
            "without it a code: {rule}"
        );
    }
    let several = arrival(
        &p,
        Trust::ClaimedVerified,
        vec![candidate("email", A), Candidate { owner: false, ..candidate("email", B) }],
    );
    assert_eq!(shown(&run(&p, &several)), [A, B], "never the first row");
    // ZI-15, ZI-09: off on one provider, or in one organisation, on every path.
    let off = policy("zitadel", true, &[r#"{"permits":{"as_source":false}}"#]);
    let f = arrival(&off, Trust::ClaimedVerified, vec![candidate("email", A)]);
    assert_eq!(offers(&run(&off, &f)), [Offer::CreateNew]);
    assert!(refused(&acts(&off, &f, UserAction::AddTo(Some(A)))).is_some());
    assert!(refused(&acts(&off, &f, UserAction::Proved(A, Proof::Mailbox, By::Rule))).is_some());
    let organisation = policy("zitadel", true, &[r#"{"permits":{"link_on_login":false}}"#]);
    assert!(
        refused(&acts(&organisation, &f, UserAction::Proved(A, Proof::Mailbox, By::Rule)))
            .is_some()
    );
}

/// Shows ID-13.
#[test]
fn id_13_a_user_name_is_worth_an_assertion_and_shows_nothing_by_itself() {
    let p = policy("zitadel", false, &[]);
    let by_name = arrival(&p, Trust::Asserted, vec![candidate("username", A)]);
    assert_eq!(run(&p, &by_name), run(&p, &arrival(&p, Trust::Asserted, vec![])), "as PH-07");
    assert_eq!(
        acts(&p, &by_name, UserAction::AddTo(None)),
        Outcome::Challenge { target: Some(A), by: By::Rule }
    );
    assert_eq!(
        acts(&p, &arrival(&p, Trust::Asserted, vec![]), UserAction::AddTo(None)),
        Outcome::Challenge { target: None, by: By::Rule }
    );
    let recommended = policy("recommended", false, &[]);
    assert!(
        recommended.choices.rules.iter().all(|r| r.all.iter().all(|m| m.account.name() == "email")),
        "off by default"
    );
    // A floor on trust is not met by a name, however well the provider knows the address.
    let strict = policy("zitadel", false, &[r#"{"floors":{"trust":"claimed_verified"}}"#]);
    let named = arrival(&strict, Trust::Authoritative, vec![candidate("username", A)]);
    assert_eq!(
        refused(&acts(&strict, &named, UserAction::Proved(A, Proof::Mailbox, By::Rule))),
        Some(Refusal::PolicyChanged)
    );
    // The provider's word about an address says nothing about the name.
    let owner_says = arrival(&p, Trust::Authoritative, vec![candidate("username", A)]);
    assert!(!links(&acts(&p, &owner_says, UserAction::AddTo(Some(A))), A));
}

/// Shows NE-02, NE-05, NE-08, NE-12, NE-17.
#[test]
fn nevis_links_by_itself_where_the_mailbox_is_proved_and_asks_for_one_code_otherwise() {
    let p = policy("nevis", false, &[]);
    let owner = vec![candidate("email", A)];
    assert!(
        links(&run(&p, &arrival(&p, Trust::Authoritative, owner.clone())), A),
        "NE-08: zero extra pages"
    );
    for trust in [Trust::Asserted, Trust::ClaimedVerified] {
        assert_eq!(run(&p, &arrival(&p, trust, owner.clone())), Outcome::Confirm, "NE-17");
        assert_eq!(
            run(&p, &arrival(&p, trust, vec![])),
            Outcome::Confirm,
            "NE-12: the same for nobody"
        );
    }
    assert!(links(&run(&p, &arrival(&p, Trust::ProvenHere, owner)), A));
    assert_eq!(run(&p, &arrival(&p, Trust::ProvenHere, vec![])), Outcome::Create);
    let unverified = vec![Candidate { verified: false, owner: false, ..candidate("email", A) }];
    assert_eq!(run(&p, &arrival(&p, Trust::ProvenHere, unverified)), Outcome::Create, "NE-05");
    assert!(p.choices.rules.iter().all(|r| r.on_claimed_address()), "NE-02");
    assert_eq!(p.choices.sync.on_login, [], "NE-18");
}

/// Shows NE-07, PH-01.
#[test]
fn nevis_ne_07_an_unfinished_sign_up_is_finished_first_and_only_behind_the_code() {
    let p = policy("nevis", false, &[]);
    let with = |trust| Facts { pending: Some(B), ..arrival(&p, trust, vec![]) };
    assert_eq!(run(&p, &with(Trust::ClaimedVerified)), Outcome::Confirm);
    let finish = run(&p, &with(Trust::ProvenHere));
    assert_eq!(finish, Outcome::FinishSignup { account: B });
    assert_eq!(
        State::enter(
            &ligature_domain::decide(
                &with(Trust::ProvenHere).linking(linking::facts::Intent::SignIn),
                &p
            )
            .outcome,
            None,
            UserAction::Initial,
            true,
            AttemptProgress::default()
        )
        .unwrap()
        .page(),
        "finish"
    );
    assert_eq!(
        acts(&p, &with(Trust::ProvenHere), UserAction::Finished),
        Outcome::Reclaim { account: B }
    );
    assert_eq!(
        refused(&acts(&p, &with(Trust::ClaimedVerified), UserAction::Finished)),
        Some(Refusal::PolicyChanged),
        "not without the code"
    );
}

/// Shows PH-01, PH-11.
#[test]
fn recommended_ph_01_reclaims_an_unfinished_sign_up_and_ph_11_waiting_for_it_is_a_choice_with_a_warning()
 {
    let p = policy("recommended", false, &[]);
    let f = Facts { pending: Some(B), ..arrival(&p, Trust::ClaimedVerified, vec![]) };
    let chooser = run(&p, &f);
    assert_eq!(
        chooser,
        run(&p, &Facts { pending: None, ..f.clone() }),
        "the chooser tells nothing of it"
    );
    assert_eq!(acts(&p, &f, UserAction::AddTo(None)), Outcome::Confirm);
    assert_eq!(
        run(&p, &Facts { trust: Some(Trust::ProvenHere), ..f.clone() }),
        Outcome::Reclaim { account: B }
    );
    assert_eq!(acts(&p, &f, UserAction::CreateNew), Outcome::Create, "PH-11: nobody is locked out");
    let waits = policy("recommended", false, &[r#"{"choices":{"unverified_target":"refuse"}}"#]);
    assert_eq!(refused(&run(&waits, &f)), Some(Refusal::UnfinishedSignUp));
    assert!(
        ligature_domain::policy::lint(&waits)
            .iter()
            .any(|d| d.name == ligature_domain::policy::DangerName::LockOut)
    );
}

/// Every combination of its two exits, with the permit and without.
/// Shows GV-01, GV-03, GV-04, GV-10, GV-11, GV-14, LK-06.
#[test]
fn gravitee_every_combination_of_the_two_exits() {
    for exit_if_none in [true, false] {
        for exit_if_several in [true, false] {
            let many = if exit_if_several { "refuse" } else { "choose" };
            let none = if exit_if_none { "refuse" } else { "create" };
            let step = format!(
                r#"{{"choices":{{"none":"{none}","rules":[{{"id":"attributes","description":"Same person","account":"email","accept":[{{"trust":"asserted","proof":"none"}},{{"trust":"asserted","proof":"mailbox"}}],"one":"link","many":"{many}"}}]}}}}"#
            );
            for permit in [true, false] {
                let p = policy("gravitee", permit, &[&step]);
                let trust = if permit { Trust::Asserted } else { Trust::ProvenHere };
                if !permit {
                    for c in [vec![], vec![candidate("attributes", A)]] {
                        assert_eq!(
                            run(&p, &arrival(&p, Trust::Asserted, c)),
                            Outcome::Confirm,
                            "the twin meets a code first"
                        );
                    }
                }
                let nobody = run(&p, &arrival(&p, trust, vec![]));
                assert_eq!(refused(&nobody), exit_if_none.then_some(Refusal::NoAccount), "GV-10");
                assert_eq!(nobody == Outcome::Create, !exit_if_none);
                assert!(
                    links(&run(&p, &arrival(&p, trust, vec![candidate("attributes", A)])), A),
                    "GV-03, GV-04"
                );
                let two = vec![
                    candidate("attributes", A),
                    Candidate { owner: false, ..candidate("attributes", B) },
                ];
                let several = run(&p, &arrival(&p, trust, two));
                if exit_if_several {
                    assert_eq!(refused(&several), Some(Refusal::Several), "GV-11");
                } else {
                    assert_eq!(
                        shown(&several),
                        [A, B],
                        "GV-14: the person says which, nobody is treated as somebody else"
                    );
                }
            }
        }
    }
    // GV-01: without a step each identity is its own person.
    let none = policy("gravitee", false, &[r#"{"permits":{"link_on_login":false}}"#]);
    assert_eq!(
        run(&none, &arrival(&none, Trust::Asserted, vec![candidate("attributes", A)])),
        Outcome::Create
    );
}

/// Shows GV-09, GV-21.
#[test]
fn gravitee_gv_09_gv_21_steps_have_a_description_a_condition_and_an_order() {
    let steps = r#"{"choices":{"rules":[
        {"id":"staff","description":"Staff by number","when":"claims.kind == 'staff'","all":[{"account":"email"},{"account":"attr.staff","equals":"claims.no"}],"accept":[{"trust":"asserted","proof":"none"}],"one":"link"},
        {"id":"mail","description":"Everybody else by address","account":"email","accept":[{"trust":"asserted","proof":"none"}],"one":"link"}]}}"#;
    let p = policy("gravitee", true, &[steps]);
    assert_eq!(
        p.choices.rules.iter().map(|r| r.description.as_str()).collect::<Vec<_>>(),
        ["Staff by number", "Everybody else by address"]
    );
    let f = arrival(&p, Trust::Asserted, vec![candidate("staff", A), candidate("mail", A)]);
    assert!(
        matches!(run(&p, &f), Outcome::Link { basis, .. } if basis.rule == "staff"),
        "the first in order"
    );
    let mut skipped = f.clone();
    skipped.rules[0].state = RuleState::Skipped;
    assert!(matches!(run(&p, &skipped), Outcome::Link { basis, .. } if basis.rule == "mail"));
    let mut failed = f;
    failed.rules[0].state = RuleState::Failed;
    assert_eq!(
        refused(&run(&p, &failed)),
        Some(Refusal::ExpressionFailed),
        "nobody is let in on a guess"
    );
}

/// The flags that a decision reads, From and To of the provider that comes and To of the account's, by association and
/// login-only. From of the account's own provider is read nowhere; over HTTP the table has all four.
/// Shows LK-02, GO-10, GO-16.
#[test]
fn lk_02_the_table_of_flags_association_and_login_only() {
    use Offer::{AddToExisting, CreateNew, UseExisting};
    for bits in 0_u32..32 {
        let flag = |n: u32| bits & (1 << n) != 0;
        let (from, to, own_to, association, login_only) =
            (flag(0), flag(1), flag(2), flag(3), flag(4));
        let mut narrow = format!(
            r#"{{"permits":{{"as_source":{from},"as_target":{to}{}}},"choices":{{"login_only":{login_only}}}}}"#,
            if association { "" } else { r#","link_on_login":false"# }
        );
        if login_only {
            narrow = format!(
                r#"{{"permits":{{"as_source":{from},"as_target":{to},"create":false,"link_on_login":false}},"choices":{{"login_only":true}}}}"#
            );
        }
        let p = policy("goss", false, &[&narrow]);
        let c = Candidate { target_methods: u32::from(own_to), ..candidate("email", A) };
        let outcome = run(&p, &arrival(&p, Trust::ClaimedVerified, vec![c]));
        let place = format!(
            "from {from} to {to} own to {own_to} association {association} login-only {login_only}"
        );
        if login_only {
            assert_eq!(refused(&outcome), Some(Refusal::LoginOnly), "{place}");
        } else if !association {
            assert_eq!(outcome, Outcome::Create, "{place}");
        } else if from && to && own_to {
            assert_eq!(offers(&outcome), [UseExisting, AddToExisting, CreateNew], "{place}");
        } else {
            assert_eq!(offers(&outcome), [UseExisting, CreateNew], "{place}");
        }
    }
}

/// Shows LK-20: what was right when the code was mailed is not when it is typed.
#[test]
fn lk_20_a_proof_is_worth_nothing_after_the_policy_the_provider_or_the_account_changed() {
    let p = policy("recommended", false, &[]);
    let f = Facts {
        act: UserAction::Proved(A, Proof::Mailbox, By::Rule),
        ..arrival(&p, Trust::Asserted, vec![candidate("email", A)])
    };
    assert!(links(&run(&p, &f), A));
    let refuses = |p: &Policy, f: &Facts| refused(&run(p, f)).is_some();
    assert!(refuses(
        &policy("recommended", false, &[r#"{"permits":{"link_on_login":false}}"#]),
        &f
    ));
    assert!(refuses(&policy("recommended", false, &[r#"{"permits":{"as_source":false}}"#]), &f));
    assert!(refuses(&policy("recommended", false, &[r#"{"floors":{"proof":"credential"}}"#]), &f));
    assert!(refuses(&policy("authing_ask", false, &[]), &f), "the rule is gone");
    assert!(refuses(
        &p,
        &Facts {
            provider: Some(ProviderFacts {
                id: ProviderId([7; 16]),
                enabled: false,
                filter: Some(true),
                second_factor: false
            }),
            ..f.clone()
        }
    ));
    for state in [AccountState::Disabled, AccountState::Closing, AccountState::Pending] {
        assert!(
            refuses(
                &p,
                &Facts {
                    candidates: vec![Candidate { state, ..candidate("email", A) }],
                    ..f.clone()
                }
            ),
            "{state:?}"
        );
    }
    assert!(
        refuses(&p, &Facts { candidates: vec![candidate("email", B)], ..f.clone() }),
        "another account has the address now"
    );
    assert!(
        refuses(&p, &Facts { act: UserAction::Proved(A, Proof::Mailbox, By::Name), ..f }),
        "a code for a found account does not count for a named one"
    );
}

/// Shows GO-22 for the same account: released, it comes back with a proof and never by itself.
#[test]
fn a_released_identity_needs_a_proof_before_the_same_account_has_it_again() {
    let p = policy("recommended", false, &[]);
    let f = arrival(
        &p,
        Trust::Authoritative,
        vec![Candidate { released: true, ..candidate("email", A) }],
    );
    assert!(!links(&run(&p, &f), A));
    assert!(links(&acts(&p, &f, UserAction::Proved(A, Proof::Mailbox, By::Rule)), A));
    // A code from the account's own mailbox is such a proof, asked by name or not (NE-19); a mailbox that is not its own,
    // or in doubt, is none.
    let nevis = policy("nevis", false, &[]);
    let proven = |change: Candidate| arrival(&nevis, Trust::ProvenHere, vec![change]);
    let own = Candidate { released: true, ..candidate("email", A) };
    assert!(links(&run(&nevis, &proven(own.clone())), A));
    for not in [
        Candidate { owner: false, ..own.clone() },
        Candidate { verified: false, ..own.clone() },
        Candidate { contested: true, ..own.clone() },
        Candidate { barred: true, ..own.clone() },
    ] {
        assert!(!links(&run(&nevis, &proven(not.clone())), A), "{not:?}");
    }
    assert!(!links(&run(&nevis, &arrival(&nevis, Trust::Authoritative, vec![own])), A));
    let barred = arrival(
        &p,
        Trust::Authoritative,
        vec![Candidate { barred: true, ..candidate("email", A) }],
    );
    assert_eq!(
        refused(&acts(&p, &barred, UserAction::Proved(A, Proof::Mailbox, By::Rule))),
        Some(Refusal::Barred)
    );
}

/// Shows ID-18. The same arrival and the same code, with the mailbox in doubt: nothing is silent, and only a credential counts.
#[test]
fn i13_id_18_a_contested_mailbox_neither_links_silently_nor_by_its_code() {
    let p = policy("recommended", false, &[]);
    let at = |contested| {
        arrival(
            &p,
            Trust::Authoritative,
            vec![Candidate { contested, mailbox: !contested, ..candidate("email", A) }],
        )
    };
    assert!(links(&run(&p, &at(false)), A), "silently, where the provider owns the domain");
    assert!(!links(&run(&p, &at(true)), A));
    assert!(links(&acts(&p, &at(false), UserAction::Proved(A, Proof::Mailbox, By::Rule)), A));
    assert_eq!(
        refused(&acts(&p, &at(true), UserAction::Proved(A, Proof::Mailbox, By::Rule))),
        Some(Refusal::MailboxContested)
    );
    assert!(links(&acts(&p, &at(true), UserAction::Proved(A, Proof::Credential, By::Rule)), A));
}

/// Shows ID-02: an address that a provider calls verified leads to the account and opens it for nobody.
#[test]
fn id_02_a_verified_address_locates_and_binds_nothing_by_itself() {
    for name in ["recommended", "nevis", "zitadel"] {
        let p = policy(name, false, &[]);
        let f = arrival(&p, Trust::ClaimedVerified, vec![candidate("email", A)]);
        assert!(!links(&run(&p, &f), A), "{name}");
    }
    let p = policy("recommended", false, &[]);
    let f = arrival(&p, Trust::ClaimedVerified, vec![candidate("email", A)]);
    assert!(
        links(&acts(&p, &f, UserAction::Proved(A, Proof::Mailbox, By::Rule)), A),
        "with a proof"
    );
}

/// Shows LK-18.
#[test]
fn the_claim_filter_stands_before_everything() {
    let p = policy("recommended", false, &[]);
    for (filter, refusal) in [(Some(false), Refusal::Filtered), (None, Refusal::ExpressionFailed)] {
        let f = Facts {
            provider: Some(ProviderFacts {
                id: ProviderId([7; 16]),
                enabled: true,
                filter,
                second_factor: false,
            }),
            known: known(A),
            ..arrival(&p, Trust::Authoritative, vec![])
        };
        assert_eq!(refused(&run(&p, &f)), Some(refusal));
    }
}

/// What the console says of a preset is what the preset does, and it says all that is known.
#[test]
fn every_deviation_of_a_preset_is_listed_and_true() {
    use ligature_domain::policy::{
        DangerName, EmailChange, MailEvent, PasswordAdd, deviations, lint,
    };
    let all = [
        ("recommended", vec![]),
        ("goss", vec!["proved-target", "mail", "asserted-chooser", "changed-address"]),
        ("nevis", vec!["finish-behind-code", "sign-up-at-once", "password-by-reset"]),
        ("zitadel", vec!["unproven", "several", "no-prefill", "template-flags", "user-name"]),
        ("gravitee", vec!["unproven", "several", "steps"]),
        ("authing_field", vec!["unproven", "proved-target", "user-name"]),
        ("authing_ask", vec!["phone", "user-name"]),
        ("login_only", vec![]),
    ];
    assert_eq!(all.each_ref().map(|(name, _)| *name), ligature_domain::policy::PRESETS);
    for (name, listed) in all {
        assert_eq!(deviations(name), listed, "{name}");
        let p = policy(name, false, &[]);
        let with = |change: &str| policy(name, false, &[change]);
        let trusted = |c: Vec<Candidate>| run(&p, &arrival(&p, Trust::ClaimedVerified, c));
        let first = p.choices.rules.first().map(|r| r.id.clone()).unwrap_or_default();
        for one in listed {
            match one {
                "proved-target" => {
                    let nobody = run(
                        &p,
                        &arrival(
                            &p,
                            Trust::ProvenHere,
                            vec![Candidate {
                                verified: false,
                                owner: false,
                                ..candidate(&first, A)
                            }],
                        ),
                    );
                    assert_eq!(nobody, Outcome::Create, "{name}");
                }
                "mail" => {
                    assert!(
                        !p.notifies(MailEvent::AccountLink)
                            && lint(&p).iter().any(|d| d.name == DangerName::NoMail)
                    );
                }
                "asserted-chooser" => {
                    assert_eq!(shown(&trusted(vec![candidate(&first, A)])), [A]);
                    let asserted = |c| run(&p, &arrival(&p, Trust::Asserted, c));
                    assert!(
                        shown(&asserted(vec![candidate(&first, A)])).is_empty()
                            && asserted(vec![candidate(&first, A)]) == asserted(vec![])
                    );
                }
                "changed-address" => {
                    assert_eq!(p.choices.email_change, EmailChange::Ask);
                    let step = |trust| {
                        run(
                            &p,
                            &Facts {
                                known: known(A),
                                email: Some(EmailFacts { taken: false, ignored: false }),
                                ..arrival(&p, trust, vec![])
                            },
                        )
                    };
                    assert_eq!(
                        step(Trust::Asserted),
                        Outcome::SignIn { account: A, email: EmailStep::Nothing }
                    );
                    assert_eq!(
                        step(Trust::ClaimedVerified),
                        Outcome::SignIn { account: A, email: EmailStep::Ask }
                    );
                }
                "finish-behind-code" => {
                    let waits =
                        |trust| run(&p, &Facts { pending: Some(B), ..arrival(&p, trust, vec![]) });
                    assert_eq!(
                        (waits(Trust::ClaimedVerified), waits(Trust::ProvenHere)),
                        (Outcome::Confirm, Outcome::FinishSignup { account: B })
                    );
                }
                // The form is the same in every policy.
                "sign-up-at-once" => assert!(p.permits.create && p.permits.password_sign_in),
                "password-by-reset" => assert_eq!(p.choices.password_add, PasswordAdd::ByReset),
                "unproven" => {
                    assert!(
                        p.choices
                            .rules
                            .iter()
                            .any(|r| r.accept.iter().any(|pair| pair.proof == Proof::None))
                    );
                    let permit = policy(name, true, &[]);
                    let found = |p: &Policy| {
                        acts(
                            p,
                            &arrival(p, Trust::ClaimedVerified, vec![candidate(&first, A)]),
                            UserAction::AddTo(Some(A)),
                        )
                    };
                    assert!(
                        !links(&found(&p), A)
                            && (links(&found(&permit), A)
                                || links(
                                    &run(
                                        &permit,
                                        &arrival(
                                            &permit,
                                            Trust::ClaimedVerified,
                                            vec![candidate(&first, A)]
                                        )
                                    ),
                                    A
                                )),
                        "{name}"
                    );
                }
                "several" => {
                    let two = run(
                        &p,
                        &arrival(
                            &p,
                            Trust::ProvenHere,
                            vec![
                                candidate(&first, A),
                                Candidate { owner: false, ..candidate(&first, B) },
                            ],
                        ),
                    );
                    assert!(
                        matches!(&two, Outcome::Choose(c) if c.shown.len() == 2)
                            || refused(&two) == Some(Refusal::Several),
                        "{name}: {two:?}"
                    );
                }
                "steps" => {
                    let nearer = with(
                        r#"{"choices":{"rules":[{"id":"mine","account":"email","accept":[{"trust":"asserted","proof":"mailbox"}],"one":"link"}]}}"#,
                    );
                    assert_eq!(
                        nearer.choices.rules.iter().map(|r| r.id.as_str()).collect::<Vec<_>>(),
                        ["mine"]
                    );
                }
                "no-prefill" => {
                    assert!(p.choices.registration.is_empty());
                    assert_eq!(
                        acts(
                            &p,
                            &arrival(&p, Trust::ClaimedVerified, vec![candidate(&first, A)]),
                            UserAction::CreateNew
                        ),
                        Outcome::Create
                    );
                }
                "template-flags" => {
                    for flag in ["automatic_creation", "automatic_update"] {
                        assert!(
                            Document::parse(&format!(r#"{{"permits":{{"{flag}":true}}}}"#))
                                .is_err()
                        );
                    }
                }
                "user-name" => {
                    let asked =
                        Document::parse(r#"{"choices":{"registration":[{"field":"username"}]}}"#);
                    assert_eq!(asked.unwrap_err().path, "choices.registration[0].field");
                    assert!(ligature_domain::contact::Contact::parse("vera").is_err());
                }
                // Where no sender of texts is set up; the page leaves it out otherwise.
                "phone" => assert!(
                    p.choices
                        .bind_methods
                        .contains(&ligature_domain::policy::ProofMethod::PhoneCode)
                ),
                other => panic!("nothing shows {other}"),
            }
        }
    }
}

/// Shows GO-53, GO-24: what a provider may do that nothing was said about, and what the local password may.
#[test]
fn go_53_both_flags_are_on_until_said_otherwise_and_the_local_password_only_takes() {
    for p in [
        Policy::merge(1, &[]),
        policy("goss", false, &[]),
        policy("goss", false, &[r#"{"choices":{"verified_counts":true}}"#]),
    ] {
        assert!(p.permits.as_source && p.permits.as_target && p.permits.account_management);
    }
    let p = policy("goss", false, &[]);
    assert!(
        matches!(run(&p, &arrival(&p, Trust::ClaimedVerified, vec![candidate("email", A)])), Outcome::Choose(c) if c.offers.contains(&Offer::AddToExisting)),
        "a password takes"
    );
    // It never gives: an account that has none cannot have one added.
    let first = |p: &Policy| {
        let change = ligature_domain::account_rules::change::Change {
            account: A,
            state: AccountState::Active,
            what: ligature_domain::account_rules::change::AccountChange::Password { first: true },
            reauthenticated: true,
        };
        run(p, &Facts::local(Intent::Change(change), None))
    };
    assert_eq!(refused(&first(&p)), Some(Refusal::PasswordByReset));
    assert_eq!(
        p.choices.password_add,
        ligature_domain::policy::PasswordAdd::Never,
        "nor by a reset"
    );
    assert_eq!(
        first(&policy("goss", false, &[r#"{"choices":{"password_add":"in_account"}}"#])),
        Outcome::Change,
        "the good way"
    );
    // Where groups are mirrored neither direction is open to the others.
    let directory = policy("goss", false, &[r#"{"choices":{"mirror_groups":true}}"#]);
    assert_ne!(directory.isolation("directory"), p.isolation("meridian"));
    let foreign = Candidate { foreign_domain: true, ..candidate("email", A) };
    for p in [&p, &directory] {
        assert_eq!(
            refused(&acts(
                p,
                &arrival(p, Trust::ClaimedVerified, vec![foreign.clone()]),
                UserAction::AddTo(Some(A))
            )),
            Some(Refusal::Isolated)
        );
    }
}
