//! Removing a sign-in method: the account's owner never loses the last way in.
use serde::Serialize;

use crate::{
    AccountId, Policy, Refusal,
    account_rules::reauthenticated,
    decision::{Named, Ruling},
    policy::MailEvent,
};

/// The method to remove.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Remove {
    pub account: AccountId,
    /// Methods that the account has, this one included, and how many of them may be linked to (GO-26).
    pub methods: u32,
    pub target_methods: u32,
    /// It is a passkey.
    pub passkey: bool,
    /// Methods by which the person could still sign in afterwards: enabled providers, a password.
    pub usable_left: u32,
    /// The session's last authentication is recent enough (MA-09).
    pub reauthenticated: bool,
}

/// The method goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct RemoveOutcome {
    /// Its owner is told.
    pub notify: bool,
}

impl Named for RemoveOutcome {
    fn name(&self) -> &'static str {
        "remove"
    }
}

/// Whether a method may go.
#[must_use]
pub fn remove(
    Remove { methods, target_methods, passkey, usable_left, reauthenticated: just_now, .. }: Remove,
    policy: &Policy,
) -> Ruling<RemoveOutcome> {
    Ruling::of(policy, |trace| {
        if !policy.permits.account_management || !policy.permits.unlink {
            return Err(Refusal::ManagementOff);
        }
        // GO-26: the list of an account that may not be linked to is fixed. A passkey on a lost device goes all the same.
        if !passkey && !policy.choices.target_requires.met(methods, target_methods) {
            return Err(Refusal::ManagementOff);
        }
        trace.rule("methods-left", "", usize::try_from(usable_left).ok());
        if usable_left == 0 {
            return Err(Refusal::LastMethod);
        }
        reauthenticated(just_now, trace)?;
        Ok(RemoveOutcome { notify: policy.notifies(MailEvent::Unlink) })
    })
}
