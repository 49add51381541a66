//! "This wasn't me" (threat rule 18): a notice's link signs everybody out and suspends what came since; a credential from
//! before, or 72 hours, takes it back for good. What is taken back is computed by [`domain::account_rules::rewind`].
mod begin;
mod finish;
mod open;
mod show;
mod take_back;
mod view;

pub use finish::Undone;
pub use view::{ChangeView, Line, UndoPage, UndoView};
