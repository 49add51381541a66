//! Twitch ("Getting OIDC tokens", dev.twitch.tv): claims are asked one by one, the scope of the token answer is a list.
use super::{Capability::{Email, VerifiedEmail, UserName, StableSubject}, OIDC, OidcTemplate, Preset, Template};
use crate::settings::{Auth, Reauth};

pub const PRESET: Preset = Preset {
    key: "twitch",
    name: "Twitch",
    template: Template::Oidc(OidcTemplate { issuer: "https://id.twitch.tv/oauth2", auth: Auth::Post, scopes: &["openid", "user:read:email"], reauth: Reauth::Neither, reports_auth_time: Some(false), extra: &[("claims", r#"{"id_token":{"email":null,"email_verified":null}}"#)], ..OIDC }),
    asks: &[],
    can: &[Email, VerifiedEmail, UserName, StableSubject],
    notes: "An address comes only if the claims parameter asks for it. The token answer has its scope as a list.",
};
