//! The settings of a provider, by kind.
use serde::{Deserialize, Serialize};

use super::{
    github::GithubSettings, ldap::LdapSettings, oauth2::Oauth2Settings, oidc::OidcSettings,
    problem::SettingsProblem, saml::SamlSettings,
};

/// Settings by kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Settings {
    Oidc(OidcSettings),
    Oauth2(Oauth2Settings),
    Github(GithubSettings),
    Ldap(LdapSettings),
    Saml(SamlSettings),
}

impl Settings {
    /// The kind's name, as the provider's row has it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Oidc(_) => "oidc",
            Self::Oauth2(_) => "oauth2",
            Self::Github(_) => "github",
            Self::Ldap(_) => "ldap",
            Self::Saml(_) => "saml",
        }
    }

    /// As they are stored: what was only typed to fill others in has done so.
    ///
    /// # Errors
    /// [`SettingsProblem`] at the field that cannot be read.
    pub fn resolved(self) -> Result<Self, SettingsProblem> {
        match self {
            Self::Saml(s) => s.with_own_metadata().map(Self::Saml),
            other => Ok(other),
        }
    }
}
