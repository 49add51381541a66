//! Ligature as an OpenID Provider, as far as it is pure: no database, no requests, no clock of its own.
//!
//! * [`validate`] reads an authorization request against the [`RegisteredClient`] that sent it.
//! * [`client_credentials`] and [`read_proof`] read how a program shows who it is, and the key that it holds (DPoP).
//! * [`Settings`] is what is registered of an application; [`read_metadata`] makes it of what a program sent (RFC 7591).
//! * [`Told`] is what an application is told of a person, whichever parameter asked for it; consent is about it.
//! * [`Keyring`] signs tokens and publishes the keys; [`discovery`] is the metadata.
//!
//! The grants themselves, which need rows, are in the service's `oidc_provider`.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        reason = "tests may panic"
    )
)]

mod client;
mod dpop;
mod keys;
mod registration;
mod request;
mod settings;
mod told;

pub use client::{ClientCredentials, ClientProblem, client_credentials};
pub use dpop::{DPOP_ALGORITHMS, NoProof, Proof, read_proof, token_hash};
pub use keys::{Hint, ID_TOKEN, KeyProblem, Keyring, Signer, generate};
pub use registration::{MetadataProblem, Registration, read_metadata};
pub use request::{
    AuthorizeProblem, RegisteredClient, SCOPES, Validated, is_any_repeated, validate,
};
pub use settings::{Algorithm, Brand, Grant, Kind, SettingProblem, Settings, is_scope};
pub use told::{Line, Told};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// Lifetime of an authorization code, in seconds.
pub const CODE_SECONDS: i64 = 60;
/// Lifetime of a pushed request, and of a device's codes, in seconds.
pub const PUSHED_SECONDS: i64 = 60;
pub const DEVICE_SECONDS: i64 = 900;
/// Seconds between two questions of a device (RFC 8628 §3.5).
pub const DEVICE_INTERVAL: i64 = 5;
/// What a pushed request's address begins with (RFC 9126 §2.2).
pub const REQUEST_URI: &str = "urn:ietf:params:oauth:request_uri:";
/// The grant type of RFC 8628 §3.4.
pub const DEVICE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// The metadata of OpenID Connect Discovery 1.0 §3, RFC 8414 and their extensions. `issuer` has no trailing slash.
#[must_use]
pub fn discovery(issuer: &str) -> Value {
    let at = |path: &str| format!("{issuer}{path}");
    let algorithms: Vec<&str> = Algorithm::ALL.into_iter().map(Algorithm::name).collect();
    let methods = ["client_secret_basic", "client_secret_post", "none"];
    json!({
        "issuer": issuer,
        "authorization_endpoint": at("/authorize"),
        "token_endpoint": at("/token"),
        "userinfo_endpoint": at("/userinfo"),
        "jwks_uri": at("/jwks"),
        "introspection_endpoint": at("/introspect"),
        "revocation_endpoint": at("/revoke"),
        "pushed_authorization_request_endpoint": at("/par"),
        "device_authorization_endpoint": at("/device_authorization"),
        "end_session_endpoint": at("/logout"),
        "backchannel_logout_supported": true,
        "backchannel_logout_session_supported": true,
        "frontchannel_logout_supported": true,
        "frontchannel_logout_session_supported": true,
        "scopes_supported": SCOPES,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials", DEVICE_GRANT],
        "subject_types_supported": ["public", "pairwise"],
        "id_token_signing_alg_values_supported": algorithms,
        "token_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_methods_supported": methods,
        "introspection_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "code_challenge_methods_supported": ["S256"],
        "dpop_signing_alg_values_supported": DPOP_ALGORITHMS,
        "acr_values_supported": [ACR_ONE_FACTOR, ACR_TWO_FACTORS],
        "claims_supported": CLAIMS,
        "claim_types_supported": ["normal"],
        "display_values_supported": ["page"],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "ui_locales_supported": ["en", "de", "zh-CN"],
        "authorization_response_iss_parameter_supported": true,
        "claims_parameter_supported": true,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
        "require_request_uri_registration": false,
    })
}

/// Claims that tokens and `/userinfo` can have.
pub const CLAIMS: [&str; 22] = [
    "sub",
    "iss",
    "aud",
    "exp",
    "iat",
    "auth_time",
    "acr",
    "amr",
    "nonce",
    "sid",
    "name",
    "given_name",
    "family_name",
    "preferred_username",
    "locale",
    "updated_at",
    "email",
    "email_verified",
    "phone_number",
    "phone_number_verified",
    "roles",
    "groups",
];

/// The assurance of a sign-in with one factor, and with two (OpenID Connect Core §2, `acr`).
pub const ACR_ONE_FACTOR: &str = "urn:ligature:acr:one-factor";
pub const ACR_TWO_FACTORS: &str = "urn:ligature:acr:two-factors";

/// Whether the verifier belongs to the S256 challenge (RFC 7636 §4.6).
#[must_use]
pub fn pkce_matches(verifier: &str, challenge: &str) -> bool {
    let fits = (43..=128).contains(&verifier.len())
        && verifier.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b));
    fits && bool::from(self::challenge(verifier).as_bytes().ct_eq(challenge.as_bytes()))
}

/// The `S256` challenge of a verifier (RFC 7636 §4.2).
#[must_use]
pub fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_rfc_7636_appendix_b_matches() {
        assert!(pkce_matches(
            "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        ));
        assert!(!pkce_matches(
            "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXx",
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        ));
        assert!(!pkce_matches("short", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"));
    }
}
