//! Gitea and Forgejo: the dialect of GitHub with another API (docs.gitea.com, "OAuth2 provider").
use super::{Capability::{Email, VerifiedEmail, UserName, StableSubject}, OAUTH2, Oauth2Template, Preset, Template};
use crate::protocols::dialect::{Dialect, PLAIN};

const DIALECT: Dialect = Dialect { numbered: true, name_else: "login", claims: &["id", "login", "full_name"], addresses_need: "read:user", ..PLAIN };

pub const PRESET: Preset = Preset {
    key: "gitea",
    name: "Gitea, Forgejo",
    template: Template::Oauth2(Oauth2Template {
        authorization_url: "https://{host}/login/oauth/authorize",
        token_url: "https://{host}/login/oauth/access_token",
        userinfo_url: "https://{host}/api/v1/user",
        scopes: &["read:user"],
        name_path: "full_name",
        addresses_url: "https://{host}/api/v1/user/emails",
        dialect: &DIALECT,
        ..OAUTH2
    }),
    asks: &[],
    can: &[Email, VerifiedEmail, UserName, StableSubject],
    notes: "Only addresses that the server itself verified count.",
};
