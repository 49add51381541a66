//! Okta.
use super::{Capability::{Email, VerifiedEmail, UserName, StableSubject, Groups, Logout, Reauthentication}, OIDC, OidcTemplate, Preset, Template};

pub const PRESET: Preset = Preset {
    key: "okta",
    name: "Okta",
    template: Template::Oidc(OidcTemplate { issuer: "https://{domain}", ..OIDC }),
    asks: &[],
    can: &[Email, VerifiedEmail, UserName, StableSubject, Groups, Logout, Reauthentication],
    notes: "An authorization server of its own has /oauth2/default behind the domain. Claims beside the address come at userinfo.",
};
