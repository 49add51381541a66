//! Why there is no assertion, told to administrators: which part of the provider, which field of its answer, and what came.
//! No value that we sent, and nothing that opens anything, is ever in such a text.
use std::{borrow::Cow, fmt};

use serde_json::Value;

/// The part of a provider that did not do its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Our own settings for it.
    Settings,
    /// `/.well-known/openid-configuration`.
    Metadata,
    /// The key set.
    Keys,
    /// The authorization answer that the browser brought.
    Callback,
    /// The pushed authorization request (RFC 9126).
    Pushed,
    Token,
    IdToken,
    Userinfo,
    /// A list of addresses beside userinfo.
    Addresses,
    /// A SAML response.
    Response,
    /// The assertion in it.
    Assertion,
    /// The way to a directory.
    Directory,
    /// The account that searches in a directory.
    SearchAccount,
    /// The entries of a directory.
    Entries,
}

impl Part {
    /// As a sentence names it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Settings => "settings",
            Self::Metadata => "metadata",
            Self::Keys => "key set",
            Self::Callback => "authorization answer",
            Self::Pushed => "pushed request endpoint",
            Self::Token => "token endpoint",
            Self::IdToken => "ID token",
            Self::Userinfo => "userinfo",
            Self::Addresses => "list of addresses",
            Self::Response => "SAML response",
            Self::Assertion => "SAML assertion",
            Self::Directory => "directory",
            Self::SearchAccount => "search account",
            Self::Entries => "entries",
        }
    }
}

/// What went wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    pub part: Part,
    /// The field of the answer; empty where it is about the answer as a whole.
    pub field: Cow<'static, str>,
    /// In words.
    pub what: String,
}

impl Trouble {
    #[must_use]
    pub fn new(part: Part, what: impl Into<String>) -> Self {
        Self { part, field: Cow::Borrowed(""), what: what.into() }
    }

    /// About a field.
    #[must_use]
    pub fn of(part: Part, field: impl Into<Cow<'static, str>>, what: impl Into<String>) -> Self {
        Self { part, field: field.into(), what: what.into() }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.field.is_empty() {
            write!(f, "{}: {}", self.part.name(), self.what)
        } else {
            write!(f, "{}: {}: {}", self.part.name(), self.field, self.what)
        }
    }
}

/// Why there is no assertion. The texts are for administrators; no page of the sign-in shows them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UpstreamError {
    /// No answer, or none in time.
    #[error("no answer: {0}")]
    Down(Trouble),
    /// The provider refused the code or the client.
    #[error("refused: {0}")]
    Refused(Trouble),
    /// The provider let the person not in, or the person gave up there.
    #[error("declined: {0}")]
    Declined(Trouble),
    /// An answer that failed a check.
    #[error("check failed: {0}")]
    Answer(Trouble),
}

impl UpstreamError {
    /// An answer that failed a check as a whole.
    pub(crate) fn answer(part: Part, what: impl Into<String>) -> Self {
        Self::Answer(Trouble::new(part, what))
    }

    /// An answer of which one field failed a check.
    pub(crate) fn field(
        part: Part,
        field: impl Into<Cow<'static, str>>,
        what: impl Into<String>,
    ) -> Self {
        Self::Answer(Trouble::of(part, field, what))
    }

    /// What went wrong, and where.
    #[must_use]
    pub fn trouble(&self) -> &Trouble {
        match self {
            Self::Down(trouble)
            | Self::Refused(trouble)
            | Self::Declined(trouble)
            | Self::Answer(trouble) => trouble,
        }
    }
}

/// The kind of a value in words, for telling what came without telling it.
#[must_use]
pub(crate) fn kind_of(value: Option<&Value>) -> &'static str {
    match value {
        None => "missing",
        Some(Value::Null) => "null",
        Some(Value::Bool(_)) => "a boolean",
        Some(Value::Number(_)) => "a number",
        Some(Value::String(text)) if text.is_empty() => "an empty text",
        Some(Value::String(_)) => "a text",
        Some(Value::Array(_)) => "a list",
        Some(Value::Object(_)) => "an object",
    }
}

/// A provider's own words, short and of plain characters, with nothing that we sent in it.
#[must_use]
pub(crate) fn plain(text: &str, never: &[&str]) -> String {
    let mut text = text.to_owned();
    for secret in never.iter().filter(|secret| secret.len() >= 4) {
        text = text.replace(secret, "…");
    }
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(200)
        .collect::<String>()
        .trim()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_providers_words_are_short_and_hold_nothing_that_we_sent() {
        assert_eq!(
            plain("AADSTS7000215: Invalid client secret provided.", &["hunter22"]),
            "AADSTS7000215: Invalid client secret provided."
        );
        assert_eq!(plain("bad secret hunter22\r\nX: y", &["hunter22"]), "bad secret …  X: y");
        assert_eq!(plain(&"x".repeat(900), &[]).len(), 200);
    }

    #[test]
    fn a_trouble_names_the_part_and_the_field() {
        let error = UpstreamError::field(Part::IdToken, "aud", "a number");
        assert_eq!(error.to_string(), "check failed: ID token: aud: a number");
        assert_eq!(
            UpstreamError::Down(Trouble::new(Part::Token, "status 503")).to_string(),
            "no answer: token endpoint: status 503"
        );
    }
}
