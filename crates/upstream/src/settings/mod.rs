//! What an administrator configures of a provider, without its secret.
mod auth;
mod check;
mod form;
mod github;
mod ldap;
mod oauth2;
mod oidc;
mod problem;
mod provider;
mod saml;
mod source;
#[cfg(test)]
mod tests;
mod vendor;

pub use auth::Auth;
pub use form::{Input, Setting};
pub use github::GithubSettings;
pub use ldap::LdapSettings;
pub use oauth2::Oauth2Settings;
pub use oidc::{OidcSettings, Reauth, SignOutToo};
pub use problem::SettingsProblem;
pub use provider::Settings;
pub use saml::SamlSettings;
pub use source::Source;
