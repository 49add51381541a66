//! What is wrong with a `database.url`.

/// A URL that cannot work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UrlProblem {
    /// The part of the URL that is wrong; never a password.
    pub value: String,
    pub remedy: &'static str,
}

pub(super) fn problem(value: impl Into<String>, remedy: &'static str) -> UrlProblem {
    UrlProblem { value: value.into(), remedy }
}
