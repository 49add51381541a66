//! Ligature as an OpenID Provider: request validation, client authentication, keys, tokens, metadata. Pure but for signing.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "tests may panic"))]

mod client;
mod keys;
mod request;

pub use client::{ClientCredentials, ClientProblem, client_credentials};
pub use keys::{KeyProblem, Signer, generate};
pub use request::{AuthorizeProblem, RegisteredClient, validate};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// Lifetime of an authorization code, in seconds.
pub const CODE_SECONDS: i64 = 60;
/// Lifetime of access and ID tokens, in seconds.
pub const TOKEN_SECONDS: i64 = 600;

/// The metadata of OpenID Connect Discovery 1.0 §3 and RFC 9207. `issuer` has no trailing slash.
#[must_use]
pub fn discovery(issuer: &str) -> Value {
    json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "userinfo_endpoint": format!("{issuer}/userinfo"),
        "jwks_uri": format!("{issuer}/jwks"),
        "scopes_supported": ["openid", "email", "profile"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "code_challenge_methods_supported": ["S256"],
        "acr_values_supported": [ACR_ONE_FACTOR, ACR_TWO_FACTORS],
        "claims_supported": ["sub", "iss", "aud", "exp", "iat", "auth_time", "acr", "amr", "nonce", "name", "email", "email_verified"],
        "prompt_values_supported": ["none", "login"],
        "authorization_response_iss_parameter_supported": true,
        "claims_parameter_supported": false,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
    })
}

/// The assurance of a sign-in with one factor, and with two (OpenID Connect Core §2, `acr`).
pub const ACR_ONE_FACTOR: &str = "urn:ligature:acr:one-factor";
pub const ACR_TWO_FACTORS: &str = "urn:ligature:acr:two-factors";

/// Whether the verifier belongs to the S256 challenge (RFC 7636 §4.6).
#[must_use]
pub fn pkce_matches(verifier: &str, challenge: &str) -> bool {
    let fits = (43..=128).contains(&verifier.len()) && verifier.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b));
    let made = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
    fits && bool::from(made.as_bytes().ct_eq(challenge.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_rfc_7636_appendix_b_matches() {
        assert!(pkce_matches("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"));
        assert!(!pkce_matches("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXx", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"));
        assert!(!pkce_matches("short", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"));
    }
}
