//! WeChat on a computer (Open Platform, "网站应用微信登录开发指南"): `appid` and `secret`, the token by GET, errors with status 200, the order of parameters is checked and the address ends in `#wechat_redirect`.
use super::{Capability::{StableSubject}, OAUTH2, Oauth2Template, Preset, Template, Namespace};
use crate::protocols::dialect::{Bearer, Dialect, Lookup, PLAIN};

pub(super) const DIALECT: Dialect = Dialect { client_id: "appid",
    client_secret: "secret",
    token_by_get: true,
    pkce: false,
    order: &["appid", "redirect_uri", "response_type", "scope", "state"],
    fragment: Some("wechat_redirect"),
    lookup: Lookup { bearer: Bearer::Query, query: &[("openid", "token.openid")], kept: &["openid"], ..PLAIN.lookup }, ..PLAIN };

pub const PRESET: Preset = Preset {
    key: "wechat",
    name: "WeChat, QR code",
    template: Template::Oauth2(Oauth2Template {
        authorization_url: "https://open.weixin.qq.com/connect/qrconnect",
        token_url: "https://api.weixin.qq.com/sns/oauth2/access_token",
        userinfo_url: "https://api.weixin.qq.com/sns/userinfo",
        scopes: &["snsapi_login"],
        subject_path: "unionid",
        name_path: "nickname",
        namespace: Namespace::WeChat,
        dialect: &DIALECT,
        ..OAUTH2
    }),
    asks: &["platform_account"],
    can: &[StableSubject],
    notes: "No address and no phone number. Name the Open Platform account: then one person is the same in all its applications. Without one take openid.",
};
