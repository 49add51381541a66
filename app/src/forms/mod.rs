//! Server functions: each validates, calls one use case, and answers 303.
pub mod account;
pub mod admin;
pub mod applications;
pub mod attempt;
pub mod confirm;
pub mod consent;
pub mod language;
pub mod measure;
pub mod organisations;
pub mod passkeys;
pub mod phone;
pub mod policy;
pub mod second_factor;
pub mod setup;
pub mod sign_in;
pub mod undo;

/// Cuts what was typed to a length that fields have anyway; longer input is nobody's honest typing (RL-11).
pub(crate) fn bounded(text: &str, max: usize) -> String {
    text.chars().take(max).collect()
}

/// What is wrong with a new password that was refused, as a message key.
pub(crate) fn password_problem(refusal: domain::Refusal) -> Option<&'static str> {
    match refusal {
        domain::Refusal::BadRequest => Some("field-password"),
        domain::Refusal::PasswordLeaked => Some("field-password-leaked"),
        _ => None,
    }
}
