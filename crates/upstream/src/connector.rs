//! The trait behind which every kind of provider stands.
use std::sync::Arc;

use futures_util::future::BoxFuture;
use secrecy::SecretString;
use url::Url;

use crate::{Assertion, SafeHttpClient, Settings, github::GitHub, oauth2::Generic, oidc::Oidc};

/// What a start needs; all values are made by the caller.
#[derive(Debug, Clone, Copy)]
pub struct Start<'a> {
    pub redirect_uri: &'a str,
    pub state: &'a str,
    pub nonce: &'a str,
    /// PKCE verifier, 43 to 128 characters (RFC 7636 §4.1).
    pub verifier: &'a str,
    /// Ask for a fresh authentication.
    pub fresh: bool,
}

/// A visit of the callback.
#[derive(Debug, Clone, Copy)]
pub struct CodeExchange<'a> {
    pub redirect_uri: &'a str,
    pub code: &'a str,
    /// The `iss` parameter of RFC 9207.
    pub issuer: Option<&'a str>,
    pub nonce: &'a str,
    pub verifier: &'a str,
    /// Now, in microseconds.
    pub now: domain::Micros,
}

/// Why there is no assertion. The texts are for the log; no page shows them.
#[derive(Debug, Clone, thiserror::Error)]
pub enum UpstreamError {
    /// No answer, or none in time.
    #[error("no answer: {0}")]
    Down(String),
    /// The token endpoint refused the code or the client.
    #[error("refused: {0}")]
    Refused(String),
    /// An answer that failed a check.
    #[error("check failed: {0}")]
    Answer(String),
}

/// One configured provider.
pub trait Connector: Send + Sync {
    /// Where the browser goes.
    fn authorization_url<'a>(&'a self, start: Start<'a>) -> BoxFuture<'a, Result<Url, UpstreamError>>;

    /// Turns the code into a verified assertion.
    fn finish<'a>(&'a self, visit: CodeExchange<'a>) -> BoxFuture<'a, Result<Assertion, UpstreamError>>;

    /// Origins that the authorization page may have, for the page's `form-action`.
    fn origin(&self) -> Option<String>;

    /// Whether it can be asked to authenticate the person anew, and says when it did.
    fn supports_auth_time(&self) -> bool {
        false
    }
}

/// Makes the connector of a provider.
#[must_use]
pub fn connector(settings: Settings, secret: SecretString, guard: SafeHttpClient) -> Arc<dyn Connector> {
    match settings {
        Settings::Oidc(settings) => Arc::new(Oidc::new(settings, secret, guard)),
        Settings::Oauth2(settings) => Arc::new(Generic::new(settings, secret, guard)),
        Settings::Github(settings) => Arc::new(GitHub::new(settings, secret, guard)),
    }
}

/// The origin of a URL, as `form-action` wants it.
pub(crate) fn origin_of(url: &str) -> Option<String> {
    Url::parse(url).ok().map(|u| u.origin().ascii_serialization())
}
