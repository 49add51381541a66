//! "This wasn't me": on whose word an account is taken back to what it was.
use serde::Serialize;

use crate::{
    AccountId, Policy, Refusal,
    account_rules::usable,
    decision::{Named, Ruling},
    linking::facts::AccountState,
};

/// A rewind of the account (threat rule 18).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Undo {
    pub account: AccountId,
    pub state: AccountState,
    pub step: UndoStep,
    pub by: UndoBy,
    /// Credentials and owned mailboxes that the account has afterwards.
    pub ways_left: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum UndoStep {
    /// Everybody is signed out, and what came since stops.
    Suspend,
    /// It is taken back for good.
    Finish,
    /// It was the owner: what stopped counts again.
    Keep,
}

/// On whose word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum UndoBy {
    /// Somebody in a session of the account.
    Nothing,
    /// Whoever has the link of a notice.
    Link,
    /// Somebody who showed a credential from before the change, with its factor.
    Credential,
    /// Nobody's: 72 hours passed since every address was told.
    Waited,
}

/// The step may be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct UndoOutcome;

impl Named for UndoOutcome {
    fn name(&self) -> &'static str {
        "undo"
    }
}

/// I15: a link alone only stops things; for good counts what shows that somebody had the account before. Nobody is left
/// without a way in (I7).
#[must_use]
pub fn undo(undo: Undo, policy: &Policy) -> Ruling<UndoOutcome> {
    Ruling::of(policy, |trace| {
        trace.say("takes-back");
        match undo.state {
            AccountState::Active | AccountState::Closing => {}
            state => usable(state)?,
        }
        match (undo.step, undo.by) {
            (UndoStep::Suspend, UndoBy::Link) | (UndoStep::Keep, UndoBy::Credential) => {
                Ok(UndoOutcome)
            }
            (UndoStep::Finish, UndoBy::Credential | UndoBy::Waited) if undo.ways_left == 0 => {
                Err(Refusal::LastMethod)
            }
            (UndoStep::Finish, UndoBy::Credential | UndoBy::Waited) => Ok(UndoOutcome),
            (UndoStep::Suspend, UndoBy::Nothing | UndoBy::Credential | UndoBy::Waited)
            | (UndoStep::Finish, UndoBy::Nothing | UndoBy::Link)
            | (UndoStep::Keep, UndoBy::Nothing | UndoBy::Link | UndoBy::Waited) => {
                Err(Refusal::UndoCredential)
            }
        }
    })
}
