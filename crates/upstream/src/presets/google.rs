//! Google ("OpenID Connect", developers.google.com/identity): no `auth_time`, and `prompt` knows `select_account` and `consent` only.
use super::{Capability::{Email, VerifiedEmail, StableSubject}, OIDC, OidcTemplate, Preset, Template};
use crate::settings::Reauth;

pub const PRESET: Preset = Preset {
    key: "google",
    name: "Google",
    template: Template::Oidc(OidcTemplate { issuer: "https://accounts.google.com", reauth: Reauth::Neither, reports_auth_time: Some(false), ..OIDC }),
    asks: &[],
    can: &[Email, VerifiedEmail, StableSubject],
    notes: "Which company somebody belongs to is told by hd alone, never by the address. It cannot be asked to sign somebody in anew.",
};
