//! The trait behind which every kind of provider stands.
use futures_util::{FutureExt, future::BoxFuture};
use secrecy::SecretString;
use url::Url;

use crate::{Assertion, Check, Part, SignOutToo, Trouble, UpstreamError};

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
    /// Claims that something here counts on, as [`domain::groups::values`] names them: userinfo is asked for those that the
    /// ID token leaves out.
    pub counts: &'a [String],
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

    /// Whose session ended at the provider, by a logout token that anybody may have sent.
    fn ended_there<'a>(
        &'a self,
        _token: &'a str,
        _now: domain::Micros,
    ) -> BoxFuture<'a, Result<EndedThere, UpstreamError>> {
        async { Err(UpstreamError::answer(Part::LogoutToken, "this kind of provider sends none")) }
            .boxed()
    }

    /// Where a person signs out at the provider and comes back to `back` with `state`; nothing where it has no such place.
    fn sign_out_there<'a>(
        &'a self,
        _back: &'a str,
        _state: &'a str,
        _now: domain::Micros,
    ) -> BoxFuture<'a, Result<Option<Url>, UpstreamError>> {
        async { Ok(None) }.boxed()
    }

    /// Its own site, as far as we know one.
    fn site(&self) -> Option<String> {
        None
    }

    /// Whether this is its issuer.
    fn is_issuer(&self, _issuer: &str) -> bool {
        false
    }

    /// Whether people who sign out here are to sign out there too.
    fn sign_out_too(&self) -> SignOutToo {
        SignOutToo::Off
    }
}

/// What a logout token tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndedThere {
    /// The person, as in an assertion; without it the session says who it is.
    pub subject: Option<String>,
    /// The provider's name of the session; without it all of the person's ended.
    pub session: Option<String>,
    /// The token's own name: it counts once.
    pub id: String,
    /// Until when that name has to be remembered, in microseconds.
    pub remembered_until: domain::Micros,
}
