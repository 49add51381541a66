//! Weibo (open.weibo.com, "OAuth2/access token", "2/users/show"): the token answer names the `uid`, and the person is asked for by it.
use super::{Capability::{StableSubject}, OAUTH2, Oauth2Template, Preset, Template, Namespace};
use crate::protocols::dialect::{Bearer, Dialect, Lookup, PLAIN};

const DIALECT: Dialect = Dialect { pkce: false,
    choose: &[("forcelogin", "true")],
    numbered: true,
    lookup: Lookup { bearer: Bearer::Query, query: &[("uid", "token.uid")], kept: &["uid"], ..PLAIN.lookup }, ..PLAIN };

pub const PRESET: Preset = Preset {
    key: "weibo",
    name: "Weibo",
    template: Template::Oauth2(Oauth2Template {
        authorization_url: "https://api.weibo.com/oauth2/authorize",
        token_url: "https://api.weibo.com/oauth2/access_token",
        userinfo_url: "https://api.weibo.com/2/users/show.json",
        name_path: "screen_name",
        namespace: Namespace::Vendor("weibo"),
        dialect: &DIALECT,
        ..OAUTH2
    }),
    asks: &[],
    can: &[StableSubject],
    notes: "No address and no phone number. People are numbered, alike for all applications.",
};
