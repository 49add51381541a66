//! What forms check before a use case sees it.

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
