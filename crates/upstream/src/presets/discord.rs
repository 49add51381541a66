//! Discord (discord.com/developers, "OAuth2").
use super::{Capability::{Email, VerifiedEmail, UserName, StableSubject}, OAUTH2, Oauth2Template, Preset, Template};
use crate::protocols::dialect::{Dialect, PLAIN};

const DIALECT: Dialect = Dialect { choose: &[("prompt", "consent")], name_else: "username", ..PLAIN };

pub const PRESET: Preset = Preset {
    key: "discord",
    name: "Discord",
    template: Template::Oauth2(Oauth2Template {
        authorization_url: "https://discord.com/oauth2/authorize",
        token_url: "https://discord.com/api/oauth2/token",
        userinfo_url: "https://discord.com/api/users/@me",
        scopes: &["identify", "email"],
        email_path: "email",
        email_verified_path: "verified",
        name_path: "global_name",
        dialect: &DIALECT,
        ..OAUTH2
    }),
    asks: &[],
    can: &[Email, VerifiedEmail, UserName, StableSubject],
    notes: "Verified means that Discord asked the mailbox once.",
};
