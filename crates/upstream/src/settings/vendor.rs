//! What the vendor of a provider adds to its settings: whose people its subjects are, and what it can deliver.
use super::provider::Settings;
use crate::{
    origin::origin_of,
    presets::{self, Capability},
};

impl Settings {
    /// The namespace of its subjects; fixed when the provider is created.
    #[must_use]
    pub fn namespace(&self, provider: domain::ProviderId) -> String {
        match self {
            Self::Oidc(s) if s.tenant_issuer => {
                format!("entra:{}", origin_of(&s.issuer).unwrap_or_default())
            }
            Self::Oidc(s) => format!("oidc:{}", s.issuer),
            Self::Oauth2(s) => presets::namespace(s).unwrap_or_else(|| format!("prov:{provider}")),
            Self::Github(s) if s.is_usual() => "github".into(),
            Self::Github(s) if origin_of(&s.web_url) == origin_of(&s.api_url) => {
                format!("github:{}", s.web_url)
            }
            // The API says who somebody is: another one speaks of other people, whatever the pages' address is.
            Self::Github(s) => format!("github:{} {}", s.web_url, s.api_url),
            Self::Ldap(_) | Self::Saml(_) => format!("prov:{provider}"),
        }
    }

    /// The preset that filled the settings in; empty: none.
    #[must_use]
    pub fn preset(&self) -> &str {
        match self {
            Self::Oidc(s) => &s.preset,
            Self::Oauth2(s) => &s.preset,
            Self::Github(_) => presets::github::PRESET.key,
            Self::Ldap(s) => &s.preset,
            Self::Saml(s) => &s.preset,
        }
    }

    /// Whether anything that it can deliver finds an account: an address, a number or a user name. Without a preset nobody
    /// knows, so it counts as able (AU-09).
    #[must_use]
    pub fn can_match(&self) -> bool {
        let known = presets::find(self.preset()).map(|preset| preset.can);
        let finds = [Capability::Email, Capability::Phone, Capability::UserName];
        known.is_none_or(|can| finds.iter().any(|one| can.contains(one)))
    }
}
