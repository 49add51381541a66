//! GitLab.
use super::{Capability::{Email, VerifiedEmail, UserName, StableSubject, Groups, Reauthentication}, OIDC, OidcTemplate, Preset, Template};

pub const PRESET: Preset = Preset {
    key: "gitlab",
    name: "GitLab",
    template: Template::Oidc(OidcTemplate { issuer: "https://{host}", ..OIDC }),
    asks: &[],
    can: &[Email, VerifiedEmail, UserName, StableSubject, Groups, Reauthentication],
    notes: "For gitlab.com type that as the host. The application needs the scopes openid and email.",
};
