//! Apple (Sign in with Apple REST API): scopes only by `form_post`, truths as texts, no userinfo, a secret that is a signed token.
use super::{Capability::{Email, VerifiedEmail, StableSubject}, OIDC, OidcTemplate, Preset, Template};
use crate::settings::{Auth, Reauth};

pub const PRESET: Preset = Preset {
    key: "apple",
    name: "Apple",
    template: Template::Oidc(OidcTemplate { issuer: "https://appleid.apple.com", auth: Auth::AppleJwt, form_post: true, text_booleans: true, reauth: Reauth::Neither, ..OIDC }),
    asks: &["team_id", "key_id"],
    can: &[Email, VerifiedEmail, StableSubject],
    notes: "The secret is the private key of the Services ID as PEM. The name comes once, at the first sign-in; addresses may be relays.",
};
