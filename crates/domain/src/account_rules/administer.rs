//! What administrators do to accounts, beside merging them.
use serde::Serialize;

use crate::{
    AccountId, Policy, Refusal,
    decision::{Named, Ruling},
    linking::facts::AccountState,
};

/// The account that an administrator acts on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct AdministerAccount {
    pub account: AccountId,
    pub state: AccountState,
    pub act: AdminAction,
    /// It is the administrator's own.
    pub own: bool,
    /// It has a role itself.
    pub administrator: bool,
    /// An owner acts.
    pub by_owner: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AdminAction {
    /// Off or on; what is pending, closing or merged is neither.
    Disable,
    Enable,
    /// For somebody who lost it; one's own is removed in My Account, with a code.
    RemoveSecondFactor,
    /// A mailbox that is contested stays the account's (I13).
    KeepEmail,
    /// Who may do what in the console.
    GiveRole,
    TakeRole,
}

/// The act may be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct AdministerOutcome;

impl Named for AdministerOutcome {
    fn name(&self) -> &'static str {
        "change"
    }
}

/// Nobody shuts themselves out or raises themselves, and whoever has a role is left to owners (AD-05).
#[must_use]
pub fn administer(
    AdministerAccount { state, act, own, administrator, by_owner, .. }: AdministerAccount,
    policy: &Policy,
) -> Ruling<AdministerOutcome> {
    Ruling::of(policy, |trace| {
        trace.say("governs");
        match (act, state) {
            _ if own => Err(Refusal::NotAllowed),
            _ if !by_owner
                && (administrator
                    || !matches!(act, AdminAction::Disable | AdminAction::Enable)) =>
            {
                Err(Refusal::NotAllowed)
            }
            (AdminAction::GiveRole, AccountState::Active) => Ok(AdministerOutcome),
            (
                AdminAction::TakeRole,
                AccountState::Active | AccountState::Disabled | AccountState::Closing,
            ) if administrator => Ok(AdministerOutcome),
            (AdminAction::Disable, AccountState::Active)
            | (AdminAction::Enable, AccountState::Disabled) => Ok(AdministerOutcome),
            (
                AdminAction::RemoveSecondFactor | AdminAction::KeepEmail,
                AccountState::Active | AccountState::Disabled | AccountState::Closing,
            ) => Ok(AdministerOutcome),
            (
                AdminAction::Disable
                | AdminAction::Enable
                | AdminAction::RemoveSecondFactor
                | AdminAction::KeepEmail
                | AdminAction::GiveRole
                | AdminAction::TakeRole,
                _,
            ) => Err(Refusal::PolicyChanged),
        }
    })
}
