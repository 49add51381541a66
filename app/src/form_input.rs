//! What forms check before a use case sees it.

/// Cuts what was typed to a length that fields have anyway; longer input is nobody's honest typing (RL-11).
pub(crate) fn bounded(text: &str, max: usize) -> String {
    text.chars().take(max).collect()
}

/// How long what was typed for a setting may be in a form that comes back: documents are pasted into some.
pub(crate) fn longest(name: &str) -> usize {
    if ["certificates", "metadata"].contains(&name) { 100_000 } else { 2000 }
}

/// Where a list goes on: empty at its beginning. What no list of ours gave is no place in it (RL-13).
pub(crate) fn cursor<T: std::str::FromStr>(text: &str) -> Result<Option<T>, domain::Refusal> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| domain::Refusal::BadRequest)
}

/// What is wrong with a new password that was refused, as a message key.
pub(crate) fn password_problem(refusal: domain::Refusal) -> Option<&'static str> {
    match refusal {
        domain::Refusal::BadRequest => Some("field-password"),
        domain::Refusal::PasswordLeaked => Some("field-password-leaked"),
        _ => None,
    }
}
