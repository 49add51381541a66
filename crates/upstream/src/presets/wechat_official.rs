//! WeChat inside its own application (Official Accounts Platform, "网页授权"): the dialect of the QR code at another address.
use super::{Capability::{StableSubject}, OAUTH2, Oauth2Template, Preset, Template, Namespace};

pub const PRESET: Preset = Preset {
    key: "wechat-official",
    name: "WeChat, Official Account",
    template: Template::Oauth2(Oauth2Template {
        authorization_url: "https://open.weixin.qq.com/connect/oauth2/authorize",
        token_url: "https://api.weixin.qq.com/sns/oauth2/access_token",
        userinfo_url: "https://api.weixin.qq.com/sns/userinfo",
        scopes: &["snsapi_userinfo"],
        subject_path: "unionid",
        name_path: "nickname",
        namespace: Namespace::WeChat,
        dialect: &super::wechat::DIALECT,
        ..OAUTH2
    }),
    asks: &["platform_account"],
    can: &[StableSubject],
    notes: "Works inside the WeChat application only. Name the same Open Platform account as for the QR code: then a person is one.",
};
