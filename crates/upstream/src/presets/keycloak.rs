//! Keycloak.
use super::{Capability::{Email, VerifiedEmail, UserName, StableSubject, Groups, Logout, Reauthentication}, OIDC, OidcTemplate, Preset, Template};

pub const PRESET: Preset = Preset {
    key: "keycloak",
    name: "Keycloak",
    template: Template::Oidc(OidcTemplate { issuer: "https://{host}/realms/{realm}", ..OIDC }),
    asks: &[],
    can: &[Email, VerifiedEmail, UserName, StableSubject, Groups, Logout, Reauthentication],
    notes: "Groups need a mapper of the client. Before version 17 the path begins with /auth.",
};
