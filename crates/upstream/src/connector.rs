//! The trait behind which every kind of provider stands.
use futures_util::future::BoxFuture;
use secrecy::SecretString;
use url::Url;

use crate::{Assertion, Check, Part, Trouble, UpstreamError};

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
    /// Let the person choose the account there: a further identity is to be added (FR-33).
    pub choose: bool,
    /// Now, in microseconds.
    pub now: domain::Micros,
}

/// A visit of the callback.
#[derive(Debug, Clone, Copy)]
pub struct CodeExchange<'a> {
    pub redirect_uri: &'a str,
    /// The code, or the SAML response.
    pub code: &'a str,
    /// The `iss` parameter of RFC 9207.
    pub issuer: Option<&'a str>,
    /// The `user` parameter of Apple's first answer. The browser brought it: only a name is taken from it.
    pub user: Option<&'a str>,
    pub nonce: &'a str,
    pub verifier: &'a str,
    /// A fresh authentication was asked for at the start.
    pub fresh: bool,
    /// Now, in microseconds.
    pub now: domain::Micros,
}

/// One configured provider.
pub trait Connector: Send + Sync {
    /// How people show who they are to it.
    fn way(&self) -> SignInWay<'_>;

    /// Tries what can be tried without anybody who signs in, each part after the one that it rests on.
    fn check<'a>(&'a self, redirect_uri: &'a str, now: domain::Micros)
    -> BoxFuture<'a, Vec<Check>>;

    /// Whether it can be asked to authenticate the person anew, and says when it did (FR-32). What its answers have shown
    /// counts more than what it announces.
    fn supports_auth_time(&self) -> bool {
        false
    }

    /// What it has to be told of us, as a file that we publish for it.
    fn published(&self, _redirect_uri: &str) -> Option<String> {
        None
    }
}

/// How people show a provider who they are.
#[derive(Clone, Copy)]
pub enum SignInWay<'a> {
    /// On its own pages, where the browser is sent.
    Redirect(&'a dyn RedirectFlow),
    /// By a password that is typed on a page of ours.
    Password(&'a dyn PasswordCheck),
}

impl<'a> SignInWay<'a> {
    /// The provider's own pages, if it has any.
    #[must_use]
    pub fn redirect(self) -> Option<&'a dyn RedirectFlow> {
        match self {
            Self::Redirect(flow) => Some(flow),
            Self::Password(_) => None,
        }
    }
}

/// A provider that checks passwords for us.
pub trait PasswordCheck: Send + Sync {
    /// Whose password it is. `now` in microseconds.
    fn password<'a>(
        &'a self,
        login: &'a str,
        password: &'a SecretString,
        now: domain::Micros,
    ) -> BoxFuture<'a, Result<PasswordAnswer, UpstreamError>>;
}

/// What came of a password.
#[derive(Debug)]
pub enum PasswordAnswer {
    Right(Box<Assertion>),
    /// With the reason, for administrators alone: on the page nobody, a wrong password and a locked account are the same.
    Wrong(Trouble),
}

/// A provider with pages of its own.
pub trait RedirectFlow: Send + Sync {
    /// Where the browser goes.
    fn authorization_url<'a>(
        &'a self,
        start: Start<'a>,
    ) -> BoxFuture<'a, Result<Url, UpstreamError>>;

    /// Turns the code into a verified assertion.
    fn finish<'a>(
        &'a self,
        visit: CodeExchange<'a>,
    ) -> BoxFuture<'a, Result<Assertion, UpstreamError>>;

    /// The answer comes as a form that another site posts: the start cookie has to be there (OC-15).
    fn answers_by_form(&self) -> bool {
        false
    }

    /// Whether the provider made a posted answer that is too large to be carried by the browser, whomever it is for. Nothing
    /// else of that size is kept.
    ///
    /// # Errors
    /// Why it is not the provider's.
    fn genuine(&self, _posted: &str) -> Result<(), UpstreamError> {
        Err(UpstreamError::answer(Part::Callback, "too large"))
    }
}
