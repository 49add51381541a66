//! QQ (wiki.connect.qq.com, "Authorization Code" and "获取用户OpenID"): tokens by GET as a form, then `me` as a script that calls back.
use super::{Capability::{StableSubject}, OAUTH2, Oauth2Template, Preset, Template, Namespace};
use crate::protocols::dialect::{Bearer, Dialect, Lookup, PLAIN};
use crate::http::answer::Readings;

const DIALECT: Dialect = Dialect { token_by_get: true,
    pkce: false,
    readings: Readings { form: true, script: true },
    lookup: Lookup { bearer: Bearer::Query, me: Some("me"), query: &[("oauth_consumer_key", "client_id"), ("openid", "me.openid")], ..PLAIN.lookup }, ..PLAIN };

pub const PRESET: Preset = Preset {
    key: "qq",
    name: "QQ",
    template: Template::Oauth2(Oauth2Template {
        authorization_url: "https://graph.qq.com/oauth2.0/authorize",
        token_url: "https://graph.qq.com/oauth2.0/token",
        userinfo_url: "https://graph.qq.com/user/get_user_info",
        scopes: &["get_user_info"],
        subject_path: "me.openid",
        name_path: "nickname",
        namespace: Namespace::Client("qq"),
        dialect: &DIALECT,
        ..OAUTH2
    }),
    asks: &[],
    can: &[StableSubject],
    notes: "No address and no phone number. The openid is of one application.",
};
