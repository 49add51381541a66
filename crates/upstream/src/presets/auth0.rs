//! Auth0.
use super::{Capability::{Email, VerifiedEmail, UserName, StableSubject, Logout, Reauthentication}, OIDC, OidcTemplate, Preset, Template};

pub const PRESET: Preset = Preset {
    key: "auth0",
    name: "Auth0",
    template: Template::Oidc(OidcTemplate { issuer: "https://{domain}/", ..OIDC }),
    asks: &[],
    can: &[Email, VerifiedEmail, UserName, StableSubject, Logout, Reauthentication],
    notes: "The issuer ends in a slash. Dates of the profile are texts, which is fine.",
};
