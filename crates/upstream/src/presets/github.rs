//! GitHub, or a server that speaks its dialect (docs.github.com, "Authorizing OAuth apps"; REST, "Users", "Emails"): errors with
//! status 200, people by number, addresses in pages, no-reply addresses that nobody reads (ID-07).
use super::{
    Capability::{Email, StableSubject, UserName, VerifiedEmail},
    Preset, Template,
};
use crate::{
    protocols::dialect::{Dialect, PLAIN},
    settings::{Auth, GithubSettings, Oauth2Settings},
};

pub(crate) const DIALECT: Dialect = Dialect {
    choose: &[("prompt", "select_account")],
    numbered: true,
    name_else: "login",
    claims: &["id", "login", "name"],
    no_reply: "@users.noreply.github.com",
    addresses_need: "Email addresses (read-only), or the scope user:email",
    ..PLAIN
};

pub const PRESET: Preset = Preset {
    key: "github",
    name: "GitHub",
    template: Template::Github,
    asks: &["web_url", "api_url"],
    can: &[Email, VerifiedEmail, UserName, StableSubject],
    notes: "Also for GitHub Enterprise Server, with its two addresses. A GitHub App needs the permission to read e-mail addresses; without it people come without one.",
};

/// The settings as plain OAuth 2.0 has them.
pub(crate) fn settings(of: &GithubSettings) -> Oauth2Settings {
    Oauth2Settings {
        preset: PRESET.key.into(),
        client_id: of.client_id.clone(),
        authorization_url: format!("{}/login/oauth/authorize", of.web_url),
        token_url: format!("{}/login/oauth/access_token", of.web_url),
        userinfo_url: format!("{}/user", of.api_url),
        auth: Auth::Post,
        scopes: vec!["read:user".into(), "user:email".into()],
        subject_path: "id".into(),
        name_path: "name".into(),
        addresses_url: format!("{}/user/emails", of.api_url),
        ..Oauth2Settings::default()
    }
}
