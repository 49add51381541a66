//! Settings are checked before they are saved.
use std::collections::BTreeMap;

use url::Url;

use super::{auth::Auth, problem::SettingsProblem, provider::Settings};
use crate::{
    presets::find,
    protocols::{oidc::keys::algorithm, request::OURS},
};

impl Settings {
    /// Checks before saving.
    ///
    /// # Errors
    /// The first [`SettingsProblem`].
    pub fn check(&self, plain_http: bool) -> Result<(), SettingsProblem> {
        self.problems(plain_http).into_iter().next().map_or(Ok(()), Err)
    }

    /// Everything that keeps the settings from being saved, one for each field.
    #[must_use]
    pub fn problems(&self, plain_http: bool) -> Vec<SettingsProblem> {
        let url = |field: &'static str, text: &str| match Url::parse(text) {
            Ok(u)
                if (u.scheme() == "https" || plain_http && u.scheme() == "http")
                    && u.has_host()
                    && u.username().is_empty()
                    && u.fragment().is_none() =>
            {
                Ok(())
            }
            _ => Err(SettingsProblem { field, remedy: "field-https-url" }),
        };
        let filled = |field: &'static str, text: &str| {
            if text.trim().is_empty() {
                Err(SettingsProblem { field, remedy: "field-required" })
            } else {
                Ok(())
            }
        };
        let apple = |field: &'static str, auth: Auth, text: &str| {
            if auth == Auth::AppleJwt { filled(field, text) } else { Ok(()) }
        };
        let optional = |field: &'static str, text: &str| {
            if text.is_empty() { Ok(()) } else { url(field, text) }
        };
        let ours = |field: &'static str, extra: &BTreeMap<String, String>| {
            if extra.keys().any(|name| OURS.contains(&name.as_str())) {
                Err(SettingsProblem { field, remedy: "field-extra-parameter" })
            } else {
                Ok(())
            }
        };
        let found = match self {
            Self::Oidc(s) => vec![
                url("issuer", &s.issuer),
                filled("client_id", &s.client_id),
                s.check_issuer(),
                optional("authorization_endpoint", &s.authorization_endpoint),
                optional("token_endpoint", &s.token_endpoint),
                optional("jwks_uri", &s.jwks_uri),
                optional("userinfo_endpoint", &s.userinfo_endpoint),
                apple("team_id", s.auth, &s.team_id),
                apple("key_id", s.auth, &s.key_id),
                // Symmetric ones, `none` and those that nothing here can check would shut everybody out later.
                if s.algorithms.iter().all(|name| algorithm(name).is_some()) {
                    Ok(())
                } else {
                    Err(SettingsProblem { field: "algorithms", remedy: "field-algorithm" })
                },
                ours("extra", &s.extra),
            ],
            Self::Github(s) => vec![
                filled("client_id", &s.client_id),
                url("web_url", &s.web_url),
                url("api_url", &s.api_url),
            ],
            Self::Oauth2(s) => vec![
                filled("client_id", &s.client_id),
                url("authorization_url", &s.authorization_url),
                url("token_url", &s.token_url),
                url("userinfo_url", &s.userinfo_url),
                optional("addresses_url", &s.addresses_url),
                if s.preset.is_empty() || find(&s.preset).is_some() {
                    Ok(())
                } else {
                    Err(SettingsProblem { field: "preset", remedy: "field-preset" })
                },
                ours("extra", &s.extra),
                ours("extra_again", &s.extra_again),
                s.check_subject(),
            ],
            Self::Ldap(s) => s.problems(plain_http),
            Self::Saml(s) => s.problems(url),
        };
        let mut problems: Vec<SettingsProblem> = Vec::new();
        for problem in found.into_iter().filter_map(Result::err) {
            if problems.iter().all(|one| one.field != problem.field) {
                problems.push(problem);
            }
        }
        problems
    }
}
