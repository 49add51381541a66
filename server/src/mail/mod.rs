//! Mails: rendered from templates, sent by SMTP, tried again until they are worth nothing.
pub mod render;
pub mod worker;
