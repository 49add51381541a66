//! X (docs.x.com, "OAuth 2.0 Authorization Code Flow with PKCE"): PKCE is a must, and the answer is wrapped in `data`.
use super::{Capability::{UserName, StableSubject}, OAUTH2, Oauth2Template, Preset, Template};
use crate::protocols::dialect::{Dialect, PLAIN};
use crate::settings::Auth;

const DIALECT: Dialect = Dialect { name_else: "data.username", ..PLAIN };

pub const PRESET: Preset = Preset {
    key: "x",
    name: "X",
    template: Template::Oauth2(Oauth2Template {
        authorization_url: "https://x.com/i/oauth2/authorize",
        token_url: "https://api.x.com/2/oauth2/token",
        userinfo_url: "https://api.x.com/2/users/me",
        auth: Auth::Basic,
        scopes: &["users.read", "tweet.read"],
        subject_path: "data.id",
        name_path: "data.name",
        dialect: &DIALECT,
        ..OAUTH2
    }),
    asks: &[],
    can: &[UserName, StableSubject],
    notes: "No address. Both scopes are needed for asking who somebody is.",
};
