//! What holds as long as nobody says otherwise.
use crate::all::{Facts, Intent, Outcome, decide};
use ligature_domain::{
    AccountId, Policy, Refusal,
    account_rules::change::{AccountChange, Change},
    attempt::TTL,
    linking::facts::AccountState,
    policy::{Document, PRESETS, SoleProvider, preset},
};

const A: AccountId = AccountId([1; 16]);

fn policy(name: &str, narrower: &str) -> Policy {
    Policy::merge(1, &[&preset(name).unwrap(), &Document::parse(narrower).unwrap()])
}

fn changes(policy: &Policy, what: AccountChange) -> Outcome {
    decide(
        &Facts::local(
            Intent::Change(Change {
                account: A,
                state: AccountState::Active,
                what,
                reauthenticated: true,
            }),
            None,
        ),
        policy,
    )
    .outcome
}

/// Shows NE-16: a provider of which nothing but its connection is known is one to which the whole policy applies, in every
/// preset; each word about it takes something away.
#[test]
fn ne_16_a_provider_that_says_nothing_has_everything_that_the_policy_has() {
    for name in PRESETS {
        let alone = Policy::merge(1, &[&preset(name).unwrap()]);
        assert_eq!(policy(name, "{}"), alone, "{name}");
        // The one preset whose name says otherwise.
        let open = name != "login_only";
        assert!(alone.permits.linkable() && alone.permits.sign_in, "{name}");
        assert_eq!((alone.permits.create, alone.permits.link_on_login), (open, open), "{name}");
        let narrower = policy(name, r#"{"permits":{"create":false,"as_source":false}}"#);
        assert!(
            !narrower.permits.create && !narrower.permits.linkable(),
            "{name}: the good way to say it"
        );
    }
}

/// Shows GO-54: who may manage their account may do so until it is switched off, one waiting provider is gone to at once,
/// and a waiting sign-in lives for 3,600,000 milliseconds.
#[test]
fn go_54_managing_ones_account_is_on_until_somebody_switches_it_off() {
    for what in [
        AccountChange::Password { first: false },
        AccountChange::Email { taken: false },
        AccountChange::RemovePhone,
        AccountChange::RemoveEmail { last: false },
    ] {
        assert_eq!(changes(&policy("goss", "{}"), what), Outcome::Change, "{what:?}");
        let off = changes(&policy("goss", r#"{"permits":{"account_management":false}}"#), what);
        assert_eq!(off, Outcome::Refuse { refusal: Refusal::ManagementOff }, "{what:?}");
    }
    assert_eq!(policy("goss", "{}").choices.sole_provider, SoleProvider::Redirect);
    assert_eq!(TTL / 1000, 3_600_000);
}

/// Shows UD-09, PH-04: of several addresses each may go but the last proved one, whoever asks and in whatever order.
#[test]
fn ud_09_the_last_proved_address_stays_and_every_other_may_go() {
    for name in PRESETS {
        assert_eq!(
            changes(&policy(name, "{}"), AccountChange::RemoveEmail { last: false }),
            Outcome::Change,
            "{name}"
        );
        assert_eq!(
            changes(&policy(name, "{}"), AccountChange::RemoveEmail { last: true }),
            Outcome::Refuse { refusal: Refusal::LastAddress },
            "{name}"
        );
    }
}
