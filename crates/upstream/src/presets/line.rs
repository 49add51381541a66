//! LINE: ID tokens of web logins are signed with HS256, so userinfo tells who it is (developers.line.biz, "Get profile information from ID tokens").
use super::{Capability::{StableSubject}, OAUTH2, Oauth2Template, Preset, Template};
use crate::protocols::dialect::{Dialect, PLAIN};

const DIALECT: Dialect = Dialect { choose: &[("prompt", "login")], ..PLAIN };

pub const PRESET: Preset = Preset {
    key: "line",
    name: "LINE",
    template: Template::Oauth2(Oauth2Template {
        authorization_url: "https://access.line.me/oauth2/v2.1/authorize",
        token_url: "https://api.line.me/oauth2/v2.1/token",
        userinfo_url: "https://api.line.me/oauth2/v2.1/userinfo",
        scopes: &["openid", "profile"],
        subject_path: "sub",
        dialect: &DIALECT,
        ..OAUTH2
    }),
    asks: &[],
    can: &[StableSubject],
    notes: "No address: LINE signs its ID tokens for web sites with the shared secret, which is not accepted. Subjects are those of one LINE provider.",
};
