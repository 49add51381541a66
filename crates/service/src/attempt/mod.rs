//! The pages of an attempt: what they show, and what a click, a code or a credential does.

pub(crate) mod apply;
pub(crate) mod await_code;
pub(crate) mod begin;
mod bind;
pub(crate) mod code;
mod complete;
pub(crate) mod email_question;
pub(crate) mod end;
mod finish;
pub(crate) mod opened;
pub(crate) mod send_code;
pub(crate) mod step;
pub(crate) mod step_input;
pub(crate) mod take_code;
mod view;

pub use complete::Details;
pub use view::{AttemptView, CodeFor, ShownAccount, ViewBody};
