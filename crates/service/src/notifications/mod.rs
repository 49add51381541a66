//! Mails and texts: what each kind says, and how one is put into the outbox.
pub mod messages;
pub(crate) mod notify;
