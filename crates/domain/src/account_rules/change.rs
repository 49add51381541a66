//! What people do to their own account, beside its sign-in methods.
use serde::Serialize;

use crate::{
    AccountId, Policy, Refusal, Trust,
    account_rules::{reauthenticated, usable},
    decision::{Named, Ruling},
    linking::facts::AccountState,
    policy::{EmailChange, PasswordAdd},
};

/// What changes in My Account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Change {
    pub account: AccountId,
    pub state: AccountState,
    pub what: AccountChange,
    /// The session's last authentication is recent enough (MA-09).
    pub reauthenticated: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountChange {
    /// A new password; `first`: the account has none yet (NE-04, NE-20).
    Password { first: bool },
    /// Another primary address; `taken`: somebody else owns it. Before its code it is not said, so that nobody learns of it.
    Email { taken: bool },
    /// An address that the account has is proved to be its own, on the way to an application; `taken`: somebody else owns it.
    ProvenEmail { taken: bool },
    /// A second factor; `adds`: the account has none yet.
    SecondFactor { adds: bool },
    /// One more passkey.
    Passkey,
    /// Another telephone number; `held_by`: the other account that has it. Before its code it is not said, so that nobody
    /// learns of it.
    Phone { held_by: Option<AccountId> },
    /// No telephone number any more.
    RemovePhone,
    /// A mailbox that is contested stays the account's (I13); `by_credential`: the session stands on one.
    KeepEmail { by_credential: bool },
    /// An address less; `last`: no other one is proved.
    RemoveEmail { last: bool },
    /// Everything about the account, to take along (GD-01).
    Export,
    /// The account goes; `last_owner`: nobody would be left to run the console.
    Delete { last_owner: bool },
}

/// The account whose address changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct UpdateEmail {
    pub account: AccountId,
    pub state: AccountState,
    /// Another account owns the address, or has just given it up.
    pub taken: bool,
    /// Trust in the address; `None`: there is none that could be used.
    pub trust: Option<Trust>,
}

/// What comes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeOutcome {
    /// The person may change what they asked to.
    Change,
    /// The number becomes the person's, and no longer that account's: numbers are handed on, and who proved it last has it.
    TakePhone { from: AccountId },
    /// The proved address becomes the account's primary one (GO-48).
    UpdateEmail,
}

impl Named for ChangeOutcome {
    fn name(&self) -> &'static str {
        match self {
            Self::Change => "change",
            Self::TakePhone { .. } => "take_phone",
            Self::UpdateEmail => "update_email",
        }
    }
}

/// Whether an account's owner may change something of it.
#[must_use]
pub fn change(change: Change, policy: &Policy) -> Ruling<ChangeOutcome> {
    Ruling::of(policy, |trace| {
        trace.say("changes-own");
        usable(change.state)?;
        allowed(change.what, policy)?;
        // The code that came back from an address which the account has already is all that it takes.
        if !matches!(change.what, AccountChange::ProvenEmail { .. }) {
            reauthenticated(change.reauthenticated, trace)?;
        }
        comes_to(change)
    })
}

/// What the policy lets people do by themselves.
fn allowed(what: AccountChange, policy: &Policy) -> Result<(), Refusal> {
    let permits = &policy.permits;
    match what {
        // What the policy asks for, it lets people do.
        AccountChange::SecondFactor { adds: true } if policy.floors.demands_second_factor() => {}
        AccountChange::Password { .. }
        | AccountChange::Email { .. }
        | AccountChange::SecondFactor { .. }
        | AccountChange::Passkey
        | AccountChange::Phone { .. }
        | AccountChange::RemovePhone
        | AccountChange::RemoveEmail { .. }
            if !permits.account_management =>
        {
            return Err(Refusal::ManagementOff);
        }
        AccountChange::SecondFactor { adds: true } if policy.floors.bars_second_factor() => {
            return Err(Refusal::ManagementOff);
        }
        AccountChange::Passkey if !permits.passkey_sign_in => return Err(Refusal::PasskeyOff),
        AccountChange::Password { .. } if !permits.password_sign_in => {
            return Err(Refusal::PasswordOff);
        }
        AccountChange::Password { first: true }
            if policy.choices.password_add != PasswordAdd::InAccount =>
        {
            return Err(Refusal::PasswordByReset);
        }
        AccountChange::Delete { last_owner: true } => return Err(Refusal::LastOwner),
        AccountChange::Password { .. }
        | AccountChange::Email { .. }
        | AccountChange::ProvenEmail { .. }
        | AccountChange::SecondFactor { .. }
        | AccountChange::Passkey
        | AccountChange::Phone { .. }
        | AccountChange::RemovePhone
        | AccountChange::RemoveEmail { .. }
        | AccountChange::KeepEmail { .. }
        | AccountChange::Export
        | AccountChange::Delete { .. } => {}
    }
    Ok(())
}

/// What stands against it all the same, and what comes of it.
fn comes_to(change: Change) -> Result<ChangeOutcome, Refusal> {
    match change.what {
        AccountChange::Email { taken: true } | AccountChange::ProvenEmail { taken: true } => {
            Err(Refusal::EmailTaken)
        }
        // The one that recovers the account stays (UD-09).
        AccountChange::RemoveEmail { last: true } => Err(Refusal::LastAddress),
        // A code is what the mailbox, or a phone like it, gives: no credential.
        AccountChange::KeepEmail { by_credential: false } => Err(Refusal::MailboxContested),
        // It strands nobody, since a number never counts as the last way in.
        AccountChange::Phone { held_by: Some(from) } if from != change.account => {
            Ok(ChangeOutcome::TakePhone { from })
        }
        AccountChange::Password { .. }
        | AccountChange::Email { .. }
        | AccountChange::SecondFactor { .. }
        | AccountChange::Passkey
        | AccountChange::Phone { .. }
        | AccountChange::RemovePhone
        | AccountChange::RemoveEmail { .. }
        | AccountChange::ProvenEmail { .. }
        | AccountChange::KeepEmail { .. }
        | AccountChange::Export
        | AccountChange::Delete { .. } => Ok(ChangeOutcome::Change),
    }
}

/// I9: only an address that our own code proved, and that nobody else owns (MA-15).
#[must_use]
pub fn update_email(update: UpdateEmail, policy: &Policy) -> Ruling<ChangeOutcome> {
    Ruling::of(policy, |trace| {
        trace.with("email-differs", "update");
        usable(update.state)?;
        if policy.choices.email_change != EmailChange::Ask
            || update.trust != Some(Trust::ProvenHere)
        {
            return Err(Refusal::PolicyChanged);
        }
        if update.taken { Err(Refusal::EmailTaken) } else { Ok(ChangeOutcome::UpdateEmail) }
    })
}
