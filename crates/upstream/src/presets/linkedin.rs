//! LinkedIn: its ID tokens carry no nonce, and its token endpoint refuses a PKCE verifier beside a secret, so userinfo tells who it is ("Sign In with LinkedIn using OpenID Connect", learn.microsoft.com).
use super::{Capability::{Email, VerifiedEmail}, OAUTH2, Oauth2Template, Preset, Template};
use crate::protocols::dialect::{Dialect, PLAIN};

const DIALECT: Dialect = Dialect { pkce: false, ..PLAIN };

pub const PRESET: Preset = Preset {
    key: "linkedin",
    name: "LinkedIn",
    template: Template::Oauth2(Oauth2Template {
        authorization_url: "https://www.linkedin.com/oauth/v2/authorization",
        token_url: "https://www.linkedin.com/oauth/v2/accessToken",
        userinfo_url: "https://api.linkedin.com/v2/userinfo",
        scopes: &["openid", "profile", "email"],
        subject_path: "sub",
        email_path: "email",
        email_verified_path: "email_verified",
        dialect: &DIALECT,
        ..OAUTH2
    }),
    asks: &[],
    can: &[Email, VerifiedEmail],
    notes: "Needs the product Sign In with LinkedIn using OpenID Connect. Subjects differ for each application.",
};
