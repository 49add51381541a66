//! Where a person goes after a journey: a closed set, so that no page can be made to send people elsewhere.
use serde::{Deserialize, Serialize};

/// A path on this server, checked: no scheme, no host, no back-slash, no control character (SB-09).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SafePath(String);

/// The text could lead away from this server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnsafePath;

impl std::fmt::Display for UnsafePath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("not a path of this server")
    }
}

impl SafePath {
    /// # Errors
    /// [`UnsafePath`] for everything that a browser might not resolve to this very origin.
    pub fn parse(text: &str) -> Result<Self, UnsafePath> {
        let lower = text.to_ascii_lowercase();
        let plain = text.bytes().all(|b| (0x21..0x7f).contains(&b) && b != b'\\');
        let tricky = text.starts_with("//")
            || lower.starts_with("/%2f")
            || lower.starts_with("/%5c")
            || lower.contains("%0d")
            || lower.contains("%0a")
            || lower.contains("%09")
            || lower.contains("..");
        if text.starts_with('/') && plain && !tricky && text.len() <= 512 {
            Ok(Self(text.to_owned()))
        } else {
            Err(UnsafePath)
        }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for SafePath {
    type Error = UnsafePath;
    fn try_from(text: String) -> Result<Self, UnsafePath> {
        Self::parse(&text)
    }
}

impl From<SafePath> for String {
    fn from(path: SafePath) -> Self {
        path.0
    }
}

/// What comes after a finished sign-in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Continuation {
    /// My Account.
    Account,
    /// The admin console.
    Admin,
    /// Back into an application's authorization request, as validated when it came in.
    Authorize(Box<AuthorizeRequest>),
    /// The page of a device that waits under a code, on the way to its application (RFC 8628 §3.3).
    Device { client_id: String, page: SafePath },
    /// Another page of ours.
    Path(SafePath),
    /// First the page that shows what else opens an account that was recovered, then the application (RP-01).
    Recovered(Box<AuthorizeRequest>),
}

impl Continuation {
    /// The page that says that the way to an application is over: its person hears so, and is not left in an account that
    /// they never asked for (FR-36).
    #[must_use]
    pub fn over() -> Self {
        let page = format!("/refused/{}", crate::Refusal::AttemptExpired.code());
        SafePath::parse(&page).map_or(Self::Account, Self::Path)
    }

    /// The application that waits for the sign-in.
    #[must_use]
    pub fn client_id(&self) -> Option<&str> {
        match self {
            Self::Authorize(request) | Self::Recovered(request) => Some(&request.client_id),
            Self::Device { client_id, .. } => Some(client_id),
            Self::Account | Self::Admin | Self::Path(_) => None,
        }
    }
}

/// A validated authorization request of an application (RFC 6749 §4.1.1, RFC 7636, OpenID Connect Core §3.1.2.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizeRequest {
    pub application: crate::ApplicationId,
    pub client_id: String,
    pub application_name: String,
    pub redirect_uri: String,
    pub scope: Vec<String>,
    pub state: Option<String>,
    pub nonce: Option<String>,
    /// Empty: an application that may leave it out did.
    pub code_challenge: String,
    pub max_age: Option<i64>,
    /// `prompt=login`: a new sign-in is wanted even if there is a session.
    pub fresh: bool,
    /// `prompt=consent`: the person is asked even if they were before.
    #[serde(default)]
    pub consent: bool,
    /// Only this subject will do (`id_token_hint`, or `sub` in `claims`), as the application knows it.
    #[serde(default)]
    pub subject: Option<String>,
    /// Only a sign-in with two factors will do (RFC 9470 §4).
    #[serde(default)]
    pub two_factors: bool,
    /// The person goes on without proving their address; then it is not told (CN-03).
    #[serde(default)]
    pub without_address: bool,
    /// What to begin the sign-in page with.
    #[serde(default)]
    pub login_hint: String,
    /// Claims by name, beyond the scopes' (OpenID Connect Core §5.5).
    #[serde(default)]
    pub id_token_claims: Vec<String>,
    #[serde(default)]
    pub userinfo_claims: Vec<String>,
    /// The answer is posted by the person's browser (OAuth 2.0 Form Post Response Mode), not part of an address.
    #[serde(default)]
    pub form_post: bool,
    /// When the request arrived; with `fresh`, the sign-in must be younger.
    pub at: crate::Micros,
    /// Where it waits while its person signs in; `None`: nowhere yet.
    #[serde(default)]
    pub waits: Option<Waiting>,
    /// Hash of the pushed request that it came by (RFC 9126), in base64.
    #[serde(default)]
    pub pushed: Option<String>,
}

/// Where an application's request waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// What the browser's cookie and the addresses of pages call it.
    pub entry: String,
    /// Hash of what the cookie holds, in base64: the row's key.
    pub row: String,
    pub since: crate::Micros,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sb_09_only_paths_of_this_server_are_followed() {
        for bad in [
            "//e.test",
            "/\\e.test",
            "https:e.test",
            "https://e.test",
            "/%2f%2fe.test",
            "@e.test",
            "/\t/e.test",
            "/\n/e",
            "javascript:alert(1)",
            "data:text/html,x",
            "app.ex.evil.tld",
            "",
            "/..//e.test",
            "/%0d%0aSet-Cookie:x",
            "/%5ce.test",
            "/a\u{2028}b",
        ] {
            assert_eq!(SafePath::parse(bad), Err(UnsafePath), "{bad:?}");
        }
        for good in ["/", "/account", "/account/methods?x=1", "/admin/providers"] {
            assert!(SafePath::parse(good).is_ok(), "{good}");
        }
    }
}
