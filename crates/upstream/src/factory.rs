//! Makes the connector of a provider: which protocol and which dialect its settings ask for.
use std::sync::Arc;

use secrecy::SecretString;

use crate::{
    Connector, SafeHttpClient, Settings, presets,
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
    }
}
