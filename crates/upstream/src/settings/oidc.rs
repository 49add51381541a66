//! What an administrator configures of an OpenID Provider.
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use url::Url;

use super::{auth::Auth, problem::SettingsProblem};

/// How a fresh sign-in is asked for. Some providers refuse what they do not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reauth {
    /// `prompt=login` and `max_age=0`.
    #[default]
    LoginAndMaxAge,
    Login,
    MaxAge,
    Neither,
}

/// Whether people who sign out here are to sign out at the provider too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignOutToo {
    #[default]
    Off,
    /// The page after signing out has the way there.
    Offer,
    /// It goes there by itself.
    Always,
}

/// An OpenID Provider.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OidcSettings {
    /// The preset that filled the settings in; empty: none. It says what the provider can deliver, nothing else.
    #[serde(default)]
    pub preset: String,
    /// Compared exactly with the metadata and the tokens.
    pub issuer: String,
    pub client_id: String,
    #[serde(default)]
    pub auth: Auth,
    #[serde(default = "oidc_scopes")]
    pub scopes: Vec<String>,
    /// Endpoints that count more than the metadata; with the first three of them none is read.
    #[serde(default)]
    pub authorization_endpoint: String,
    #[serde(default)]
    pub token_endpoint: String,
    #[serde(default)]
    pub jwks_uri: String,
    #[serde(default)]
    pub userinfo_endpoint: String,
    /// Audiences that a token may have beside us, without naming us as the party that asked (FR-04).
    #[serde(default)]
    pub trusted_audiences: Vec<String>,
    /// Signature algorithms that are accepted; empty: those that the provider announces.
    #[serde(default)]
    pub algorithms: Vec<String>,
    #[serde(default)]
    pub reauth: Reauth,
    /// Whether answers say when somebody signed in; unset: as they have shown (FR-32).
    #[serde(default)]
    pub reports_auth_time: Option<bool>,
    /// The answer is to come as a form (OAuth 2.0 Form Post Response Mode).
    #[serde(default)]
    pub form_post: bool,
    /// Requests are pushed, also where the metadata does not ask for it (RFC 9126).
    #[serde(default)]
    pub push: bool,
    /// Further parameters of the authorization request.
    #[serde(default)]
    pub extra: BTreeMap<String, String>,
    /// The access token is shown at userinfo in a posted form (RFC 6750 §2.2).
    #[serde(default)]
    pub userinfo_by_post: bool,
    /// Claims for which userinfo is asked beside those of the scopes `email` and `profile`.
    #[serde(default)]
    pub wanted_claims: Vec<String>,
    /// Each tenant has its own issuer, and a person's key is tenant and `oid` (ID-01).
    #[serde(default)]
    pub tenant_issuer: bool,
    /// The tenants that may come; empty: all.
    #[serde(default)]
    pub tenants: Vec<String>,
    /// The texts "true" and "false" are documented as truths.
    #[serde(default)]
    pub text_booleans: bool,
    /// The name of our private key there, and of our team at Apple.
    #[serde(default)]
    pub key_id: String,
    #[serde(default)]
    pub team_id: String,
    #[serde(default)]
    pub sign_out_too: SignOutToo,
}

/// The least that is needed (NE-13).
fn oidc_scopes() -> Vec<String> {
    vec!["openid".into(), "email".into()]
}

impl OidcSettings {
    /// An address for all tenants names no issuer: every token would be refused (FR-47).
    pub(super) fn check_issuer(&self) -> Result<(), SettingsProblem> {
        let tenant = Url::parse(&self.issuer)
            .ok()
            .and_then(|url| {
                url.path_segments().and_then(|mut parts| parts.next().map(str::to_owned))
            })
            .unwrap_or_default();
        let all = ["common", "organizations", "consumers"].contains(&tenant.as_str())
            && self.issuer.trim_end_matches('/').ends_with("/v2.0");
        let template = self.issuer.contains("tenantid") || self.issuer.contains(['{', '}']);
        if template || all != self.tenant_issuer {
            Err(SettingsProblem { field: "issuer", remedy: "field-tenant-issuer" })
        } else {
            Ok(())
        }
    }

    /// The issuer as the metadata names it.
    pub(crate) fn announced_issuer(&self) -> String {
        if !self.tenant_issuer {
            return self.issuer.clone();
        }
        ["/common/", "/organizations/", "/consumers/"]
            .into_iter()
            .find(|any| self.issuer.contains(any))
            .map_or_else(|| self.issuer.clone(), |any| self.issuer.replacen(any, "/{tenantid}/", 1))
    }

    /// Whether an answer may name this issuer.
    pub(crate) fn is_issuer(&self, issuer: &str) -> bool {
        let announced = self.announced_issuer();
        match announced.split_once("{tenantid}").filter(|_| self.tenant_issuer) {
            Some((before, after)) => issuer
                .strip_prefix(before)
                .and_then(|rest| rest.strip_suffix(after))
                .is_some_and(|tenant| !tenant.contains('/')),
            None => issuer == announced,
        }
    }
}
