//! Makes the connector of a provider: which protocol and which dialect its settings ask for.
use std::sync::Arc;

use secrecy::SecretString;

#[cfg(feature = "saml")]
use crate::protocols::saml::{self, Saml};
use crate::{
    Connector, SafeHttpClient, Settings, UpstreamError, presets,
    protocols::{ldap::Directory, oauth2::Generic, oidc::Oidc},
};

/// Makes the connector of a provider.
#[must_use]
pub fn connector(
    settings: Settings,
    secret: SecretString,
    guard: SafeHttpClient,
) -> Arc<dyn Connector> {
    match settings {
        Settings::Oidc(settings) => Arc::new(Oidc::new(settings, secret, guard)),
        Settings::Oauth2(settings) => {
            let dialect = presets::dialect(&settings.preset);
            Arc::new(Generic::new(settings, dialect, secret, guard))
        }
        Settings::Github(settings) => Arc::new(Generic::new(
            presets::github::settings(&settings),
            &presets::github::DIALECT,
            secret,
            guard,
        )),
        Settings::Ldap(settings) => Arc::new(Directory::new(settings, secret, guard)),
        #[cfg(feature = "saml")]
        Settings::Saml(settings) => Arc::new(Saml::new(settings, secret, guard)),
        #[cfg(not(feature = "saml"))]
        Settings::Saml(_) => Arc::new(absent::Absent),
    }
}

/// The secret that a provider begins with where nobody typed one: a key of ours, if its settings want one.
///
/// # Errors
/// When the library fails.
pub fn first_secret(settings: &Settings) -> Result<Option<String>, UpstreamError> {
    match settings {
        #[cfg(feature = "saml")]
        Settings::Saml(settings) if settings.sign_requests => saml::generate().map(Some),
        _ => Ok(None),
    }
}

/// A provider whose protocol this program was built without.
#[cfg(not(feature = "saml"))]
mod absent {
    use futures_util::{FutureExt, future::BoxFuture};

    use crate::{
        Assertion, Check, CodeExchange, Connector, RedirectFlow, SignInWay, Start, UpstreamError,
        error::Part,
    };

    pub struct Absent;

    fn absent() -> UpstreamError {
        UpstreamError::field(Part::Settings, "kind", "built without SAML")
    }

    impl RedirectFlow for Absent {
        fn authorization_url<'a>(
            &'a self,
            _: Start<'a>,
        ) -> BoxFuture<'a, Result<url::Url, UpstreamError>> {
            async { Err(absent()) }.boxed()
        }

        fn finish<'a>(
            &'a self,
            _: CodeExchange<'a>,
        ) -> BoxFuture<'a, Result<Assertion, UpstreamError>> {
            async { Err(absent()) }.boxed()
        }
    }

    impl Connector for Absent {
        fn way(&self) -> SignInWay<'_> {
            SignInWay::Redirect(self)
        }

        fn check<'a>(&'a self, _: &'a str, _: domain::Micros) -> BoxFuture<'a, Vec<Check>> {
            async { vec![Check::broken(Part::Settings, absent())] }.boxed()
        }
    }
}
