//! A sign-in in between: the session's person is asked once more before something that matters (MA-09).
use serde::Serialize;

use crate::{
    AccountId, Policy, Refusal,
    account_rules::{still_proved, usable},
    decision::{Named, Ruling},
    linking::{
        Gates,
        facts::{Known, Local, ProviderFacts},
    },
    policy::ProofMethod,
};

/// A sign-in in between, for a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Reauthenticate {
    pub account: AccountId,
    pub by: ReauthMethod,
    /// The person was really asked: a credential typed here, or a provider's `auth_time` after the start.
    pub fresh: bool,
    /// What else the account could confirm by; weak means count only where there is nothing better.
    pub available: AvailableMethods,
    /// The account that the credential opened; `None`: an identity that nobody has.
    pub known: Option<Known>,
    /// The provider that speaks, or `None` for the local methods.
    pub provider: Option<ProviderFacts>,
    /// The account whose second factor was shown for this.
    pub factor_shown: Option<AccountId>,
    /// What showed the account to be the person's is no longer the account's (I4).
    pub proof_gone: bool,
    /// It is done by a mailbox that proves nothing for the account (I13).
    pub contested: bool,
}

/// By what a session is confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReauthMethod {
    Password,
    /// A passkey of the account.
    Passkey,
    /// A code from the account's own mailbox.
    Mailbox,
    /// A code from the account's own phone.
    Phone,
    /// A linked identity; `reports_auth_time`: its provider says when it asked.
    Identity {
        reports_auth_time: bool,
    },
}

/// Means that an account has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct AvailableMethods {
    pub password: bool,
    pub passkey: bool,
    pub reports_auth_time: bool,
    /// A mailbox or a phone.
    pub mailbox: bool,
}

/// What comes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReauthOutcome {
    /// The session stands on a sign-in of this moment.
    Confirmed,
    /// First the account's second factor is shown (LK-15).
    SecondFactor { account: AccountId },
}

impl Named for ReauthOutcome {
    fn name(&self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::SecondFactor { .. } => "second_factor",
        }
    }
}

/// A method of the same account, used just now; nothing else lifts a session (MA-10).
#[must_use]
pub fn reauthenticate(facts: &Reauthenticate, policy: &Policy) -> Ruling<ReauthOutcome> {
    Ruling::of(policy, |trace| {
        let local = match facts.by {
            ReauthMethod::Password => Some(Local::Password),
            ReauthMethod::Passkey => Some(Local::Passkey),
            ReauthMethod::Mailbox | ReauthMethod::Phone | ReauthMethod::Identity { .. } => None,
        };
        Gates { provider: facts.provider, local, contested: facts.contested, signs_in: true }
            .pass(policy, trace)?;
        trace.say("confirms");
        let known = facts
            .known
            .filter(|known| known.account == facts.account)
            .ok_or(Refusal::OtherAccount)?;
        usable(known.state)?;
        still_proved(facts.proof_gone, trace)?;
        if facts.contested && facts.by == ReauthMethod::Mailbox {
            trace.say("contested");
            return Err(Refusal::MailboxContested);
        }
        if !enough(facts, policy)? {
            return Err(Refusal::NotFresh);
        }
        if !known.second_factor {
            return Ok(ReauthOutcome::Confirmed);
        }
        if facts.provider.is_some_and(|p| p.second_factor) {
            trace.say("second-factor-there");
        } else if facts.factor_shown == Some(facts.account) {
            trace.say("second-factor-shown");
        } else {
            trace.say("wants-second-factor");
            return Ok(ReauthOutcome::SecondFactor { account: facts.account });
        }
        Ok(ReauthOutcome::Confirmed)
    })
}

/// Whether the method counts: what is weak only where the account has nothing better.
fn enough(facts: &Reauthenticate, policy: &Policy) -> Result<bool, Refusal> {
    let AvailableMethods { password, passkey, reports_auth_time, mailbox } = facts.available;
    let better = password || passkey || reports_auth_time;
    let code = |method| policy.choices.bind_methods.contains(&method) || !better;
    match facts.by {
        ReauthMethod::Password
        | ReauthMethod::Passkey
        | ReauthMethod::Identity { reports_auth_time: true } => Ok(facts.fresh),
        ReauthMethod::Mailbox if !code(ProofMethod::EmailCode) => Err(Refusal::NotAllowed),
        ReauthMethod::Phone if !code(ProofMethod::PhoneCode) => Err(Refusal::NotAllowed),
        ReauthMethod::Mailbox | ReauthMethod::Phone => Ok(facts.fresh),
        // A round trip to a provider that cannot say when it asked, rather than no way.
        ReauthMethod::Identity { reports_auth_time: false } => Ok(!better && !mailbox),
    }
}
