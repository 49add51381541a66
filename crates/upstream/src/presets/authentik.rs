//! authentik.
use super::{Capability::{Email, VerifiedEmail, UserName, StableSubject, Groups, Logout, Reauthentication}, OIDC, OidcTemplate, Preset, Template};

pub const PRESET: Preset = Preset {
    key: "authentik",
    name: "authentik",
    template: Template::Oidc(OidcTemplate { issuer: "https://{host}/application/o/{slug}/", ..OIDC }),
    asks: &[],
    can: &[Email, VerifiedEmail, UserName, StableSubject, Groups, Logout, Reauthentication],
    notes: "The issuer ends in a slash. Older versions say of every address that it is verified: believe that only of your own directory.",
};
