//! Dropbox (HTTP API, "users/get_current_account"): asked by POST with the body `null`.
use super::{Capability::{Email, VerifiedEmail, StableSubject}, OAUTH2, Oauth2Template, Preset, Template};
use crate::protocols::dialect::{Dialect, Lookup, PLAIN};

const DIALECT: Dialect = Dialect { fresh: &[("force_reauthentication", "true")], lookup: Lookup { post: Some("null"), ..PLAIN.lookup }, ..PLAIN };

pub const PRESET: Preset = Preset {
    key: "dropbox",
    name: "Dropbox",
    template: Template::Oauth2(Oauth2Template {
        authorization_url: "https://www.dropbox.com/oauth2/authorize",
        token_url: "https://api.dropboxapi.com/oauth2/token",
        userinfo_url: "https://api.dropboxapi.com/2/users/get_current_account",
        scopes: &["account_info.read"],
        subject_path: "account_id",
        email_path: "email",
        email_verified_path: "email_verified",
        name_path: "name.display_name",
        dialect: &DIALECT,
        ..OAUTH2
    }),
    asks: &[],
    can: &[Email, VerifiedEmail, StableSubject],
    notes: "The application needs the permission account_info.read.",
};
