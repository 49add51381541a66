//! Mails: rendered from templates, sent by SMTP.
pub mod render;
pub mod smtp;
