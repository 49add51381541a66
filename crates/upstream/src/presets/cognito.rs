//! Amazon Cognito.
use super::{Capability::{Email, VerifiedEmail, UserName, StableSubject, Groups, Logout}, OIDC, OidcTemplate, Preset, Template};

pub const PRESET: Preset = Preset {
    key: "cognito",
    name: "Amazon Cognito",
    template: Template::Oidc(OidcTemplate { issuer: "https://cognito-idp.{region}.amazonaws.com/{pool}", text_booleans: true, ..OIDC }),
    asks: &[],
    can: &[Email, VerifiedEmail, UserName, StableSubject, Groups, Logout],
    notes: "The pages are at the domain of the user pool, another origin than the issuer. Userinfo says truths as texts.",
};
