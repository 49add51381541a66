//! Spotify (developer.spotify.com, "Get Current User's Profile").
use super::{Capability::{Email, StableSubject}, OAUTH2, Oauth2Template, Preset, Template};
use crate::protocols::dialect::{Dialect, PLAIN};
use crate::settings::Auth;

const DIALECT: Dialect = Dialect { choose: &[("show_dialog", "true")], ..PLAIN };

pub const PRESET: Preset = Preset {
    key: "spotify",
    name: "Spotify",
    template: Template::Oauth2(Oauth2Template {
        authorization_url: "https://accounts.spotify.com/authorize",
        token_url: "https://accounts.spotify.com/api/token",
        userinfo_url: "https://api.spotify.com/v1/me",
        auth: Auth::Basic,
        scopes: &["user-read-email"],
        email_path: "email",
        name_path: "display_name",
        dialect: &DIALECT,
        ..OAUTH2
    }),
    asks: &[],
    can: &[Email, StableSubject],
    notes: "Spotify says itself that it did not verify the address.",
};
