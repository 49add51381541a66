//! Why there is no assertion, told to administrators: which part of the provider, which field of its answer, and what came.
//! No value that we sent, and nothing that opens anything, is ever in such a text.
use std::{borrow::Cow, fmt};

use domain::provider_health::Asked;
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
    /// What a provider says of a session that ended there.
    LogoutToken,
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
            Self::LogoutToken => "logout token",
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
    /// No request was made for this: it was not needed, or it happened to somebody else's.
    pub unasked: bool,
}

impl Trouble {
    #[must_use]
    pub fn new(part: Part, what: impl Into<String>) -> Self {
        Self::of(part, Cow::Borrowed(""), what)
    }

    /// About a field.
    #[must_use]
    pub fn of(part: Part, field: impl Into<Cow<'static, str>>, what: impl Into<String>) -> Self {
        Self { part, field: field.into(), what: what.into(), unasked: false }
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

    fn with(self, change: impl FnOnce(&mut Trouble)) -> Self {
        let changed = |mut trouble: Trouble| {
            change(&mut trouble);
            trouble
        };
        match self {
            Self::Down(trouble) => Self::Down(changed(trouble)),
            Self::Refused(trouble) => Self::Refused(changed(trouble)),
            Self::Declined(trouble) => Self::Declined(changed(trouble)),
            Self::Answer(trouble) => Self::Answer(changed(trouble)),
        }
    }

    /// The same, told to somebody who did not ask the provider.
    pub(crate) fn unasked(self) -> Self {
        self.with(|trouble| trouble.unasked = true)
    }

    /// The same of another part.
    pub(crate) fn of_part(self, part: Part) -> Self {
        self.with(|trouble| trouble.part = part)
    }

    /// What it says of the provider's health: a fault of its own, an answer that may be a person's fault, or nothing at
    /// all. Only requests that we made count, and of those none that a made-up code can spoil at a provider that works.
    #[must_use]
    pub fn asked(&self) -> Asked {
        let trouble = self.trouble();
        let fault = match (self, trouble.part) {
            _ if trouble.unasked => return Asked::Nothing,
            // A browser brought it.
            (
                _,
                Part::Callback
                | Part::Settings
                | Part::LogoutToken
                | Part::Response
                | Part::Assertion,
            ) => {
                return Asked::Nothing;
            }
            (Self::Down(_), _) => true,
            (Self::Refused(_) | Self::Declined(_), _) => false,
            // What it publishes, or the answer of an endpoint, cannot be read.
            (Self::Answer(_), Part::Metadata | Part::Keys | Part::Token | Part::Pushed) => true,
            (Self::Answer(_), Part::Userinfo | Part::Addresses) => trouble.field.is_empty(),
            (
                Self::Answer(_),
                Part::IdToken | Part::Directory | Part::SearchAccount | Part::Entries,
            ) => false,
        };
        if fault { Asked::Faulty(self.to_string()) } else { Asked::Answered }
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
    /// Shows OP-04.
    #[test]
    fn op_04_only_a_providers_own_faults_count_against_it() {
        let down = UpstreamError::Down(Trouble::new(Part::Token, "status 503"));
        assert_eq!(down.asked(), Asked::Faulty("no answer: token endpoint: status 503".into()));
        assert_eq!(down.unasked().asked(), Asked::Nothing, "one request is one fault");
        for fault in [
            UpstreamError::field(Part::Metadata, "issuer", "missing"),
            UpstreamError::answer(Part::Keys, "a page instead of JSON"),
            UpstreamError::field(Part::Token, "access_token", "missing"),
            UpstreamError::answer(Part::Userinfo, "an empty answer"),
            UpstreamError::Down(Trouble::of(Part::Directory, "ldap://x", "no answer in time")),
        ] {
            assert!(matches!(fault.asked(), Asked::Faulty(_)), "{fault}");
        }
        for persons in [
            UpstreamError::Refused(Trouble::new(Part::Token, "invalid_grant")),
            UpstreamError::Refused(Trouble::new(Part::Token, "status 429")),
            UpstreamError::field(Part::IdToken, "nonce", "is of another request"),
            UpstreamError::field(Part::Userinfo, "sub", "speaks of somebody else"),
        ] {
            assert_eq!(persons.asked(), Asked::Answered, "{persons}");
        }
        let forged = UpstreamError::field(Part::Callback, "iss", "names another provider");
        assert_eq!(forged.asked(), Asked::Nothing);
    }
}
