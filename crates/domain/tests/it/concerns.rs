//! Which accounts an attempt concerns, in every role: whatever ends an account's attempts ends these.
use ligature_domain::{
    AccountId,
    attempt::{AttemptProgress, Awaited, CodePurpose, Concern, Role, State, Then, Wants},
    linking::facts::{By, UserAction},
};

const A: AccountId = AccountId([1; 16]);
const B: AccountId = AccountId([2; 16]);
const C: AccountId = AccountId([3; 16]);

fn roles(state: &State) -> Vec<(AccountId, Role)> {
    state.concerns().into_iter().map(|c| (c.account, c.role)).collect()
}

fn waiting(then: Then, wants: Wants, progress: AttemptProgress) -> State {
    State::Completing { then: Box::new(then), wants, progress }
}

/// Shows MG-02: the preview, and each page that stands before it, concern both accounts.
#[test]
fn mg_02_a_merge_concerns_both_accounts_also_while_a_second_factor_is_awaited() {
    let progress =
        AttemptProgress { factor: Some((C, "totp".into())), ..AttemptProgress::default() };
    assert_eq!(
        roles(&State::Merging { account: A, other: B, progress: AttemptProgress::default() }),
        [(A, Role::Session), (B, Role::Merged)]
    );
    assert_eq!(
        roles(&State::Merging { account: A, other: B, progress: progress.clone() }),
        [(A, Role::Session), (B, Role::Merged), (C, Role::Target)]
    );
    let merge = Then::Merge { account: A, other: B };
    let factor =
        waiting(merge.clone(), Wants::SecondFactor { account: B }, AttemptProgress::default());
    assert_eq!(
        roles(&factor),
        [(A, Role::Session), (B, Role::Target), (B, Role::Merged)],
        "each says so by itself"
    );
    // What is wanted names nobody: the merge does.
    let details = waiting(
        merge,
        Wants::Details { agreements: vec!["terms".into()], fields: Vec::new() },
        progress,
    );
    assert_eq!(roles(&details), [(A, Role::Session), (B, Role::Merged), (C, Role::Target)]);
    assert_eq!(roles(&State::Done), []);
}

/// Shows MG-02 for everything else that waits for a second factor or a word: whose it is, and who would be opened.
#[test]
fn mg_02_what_waits_to_be_completed_concerns_whom_it_would_open_and_whose_answer_it_wants() {
    let none = Wants::Details { agreements: Vec::new(), fields: Vec::new() };
    let login = |act| Then::Login { act, proven: false, choice: None };
    let cases = [
        (Then::SignIn { account: A, method: "password".into() }, vec![(A, Role::Target)]),
        (Then::SignUp { account: A }, vec![(A, Role::Target)]),
        (
            Then::Confirm { account: A, method: "password".into(), link: None, provider: None },
            vec![(A, Role::Session)],
        ),
        (
            login(UserAction::Proved(A, ligature_domain::Proof::Mailbox, By::Rule)),
            vec![(A, Role::Target)],
        ),
        (login(UserAction::AddTo(Some(A))), vec![(A, Role::Target)]),
        (login(UserAction::CreateNew), vec![]),
    ];
    for (then, expected) in cases {
        assert_eq!(
            roles(&waiting(then.clone(), none.clone(), AttemptProgress::default())),
            expected,
            "{then:?}"
        );
        for wants in [Wants::SecondFactor { account: B }, Wants::Restore { account: B }] {
            let both: Vec<_> = expected.iter().copied().chain([(B, Role::Target)]).collect();
            assert_eq!(
                roles(&waiting(then.clone(), wants.clone(), AttemptProgress::default())),
                both,
                "{then:?} {wants:?}"
            );
        }
        let restores = AttemptProgress { restores: Some(C), ..AttemptProgress::default() };
        assert!(
            roles(&waiting(then.clone(), none.clone(), restores)).contains(&(C, Role::Target)),
            "{then:?}"
        );
    }
}

/// Shows LK-23: whoever gives an address up ends what a code to it would do, so it is kept beside the account.
#[test]
fn lk_23_a_page_that_awaits_a_code_says_to_which_address_of_the_account_it_went() {
    let at =
        |account, role, address: &str| Concern { account, role, address: Some(address.into()) };
    let proving = |address: Option<String>| State::Proving {
        choice: None,
        target: Some(A),
        by: By::Rule,
        address,
        proven: false,
    };
    assert_eq!(proving(Some("v@ex.test".into())).concerns(), [at(A, Role::Target, "v@ex.test")]);
    for (purpose, role) in [
        (CodePurpose::Reset, Role::Target),
        (CodePurpose::SignIn, Role::Target),
        (CodePurpose::Confirm, Role::Session),
        (CodePurpose::NewEmail, Role::Session),
    ] {
        let awaited = |account| {
            State::AwaitingCode(Awaited { purpose, account, contact: " V@EX.test ".into() })
        };
        assert_eq!(
            awaited(Some(A)).concerns(),
            [at(A, role, "v@ex.test")],
            "{purpose:?}: in the spelling that is compared"
        );
        assert_eq!(awaited(None).concerns(), [], "{purpose:?}: nobody's");
    }
}
