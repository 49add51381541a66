//! ZITADEL.
use super::{Capability::{Email, VerifiedEmail, UserName, StableSubject, Groups, Logout, Reauthentication}, OIDC, OidcTemplate, Preset, Template};

pub const PRESET: Preset = Preset {
    key: "zitadel",
    name: "ZITADEL",
    template: Template::Oidc(OidcTemplate { issuer: "https://{domain}", ..OIDC }),
    asks: &[],
    can: &[Email, VerifiedEmail, UserName, StableSubject, Groups, Logout, Reauthentication],
    notes: "Tokens are for all applications of a project; azp names ours, so that is accepted.",
};
