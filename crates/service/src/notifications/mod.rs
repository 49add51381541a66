//! Mails and texts: which kinds there are, how long each is worth sending, and how one is put into the outbox. What they say
//! stands in the catalogues (`app/locales/*/mail.ftl`).
pub mod messages;
pub(crate) mod notify;
