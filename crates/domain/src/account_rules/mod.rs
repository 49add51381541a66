//! Rules about one account: what its owner, whoever says to be, or an administrator may do to it. Each act has its own
//! facts, its own function that decides, and its own outcome; what they share is [`crate::decision`].
pub mod administer;
pub mod change;
pub mod merge;
pub mod reauthenticate;
pub mod remove;
pub mod rewind;
pub mod undo;

use crate::{Refusal, decision::Trace, linking::facts::AccountState};

/// MA-09: who only found an open session does not get to keep it.
pub(crate) fn reauthenticated(just_now: bool, trace: &mut Trace) -> Result<(), Refusal> {
    if just_now {
        return Ok(());
    }
    trace.say("not-recent");
    Err(Refusal::NotRecent)
}

/// A proof counts by what it proved, as that is now (I4).
pub(crate) fn still_proved(gone: bool, trace: &mut Trace) -> Result<(), Refusal> {
    if !gone {
        return Ok(());
    }
    trace.say("proof-gone");
    Err(Refusal::PolicyChanged)
}

/// An account that something may happen to.
pub(crate) fn usable(state: AccountState) -> Result<(), Refusal> {
    match state {
        AccountState::Active => Ok(()),
        AccountState::Pending => Err(Refusal::AccountPending),
        AccountState::Disabled | AccountState::Merged => Err(Refusal::AccountDisabled),
        AccountState::Closing => Err(Refusal::AccountClosing),
    }
}
