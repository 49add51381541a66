//! Ligature as an OpenID Provider, as far as it is pure: no database, no requests, no clock of its own.
//!
//! * [`validate`] reads an authorization request against the [`RegisteredClient`] that sent it.
//! * [`client_credentials`] and [`read_proof`] read how a program shows who it is, and the key that it holds (DPoP).
//! * [`Settings`] is what is registered of an application; [`read_metadata`] makes it of what a program sent (RFC 7591).
//! * [`Told`] is what an application is told of a person, whichever parameter asked for it; consent is about it.
//! * [`Keyring`] signs tokens and publishes the keys; [`discovery()`] is the metadata.
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

mod acr;
mod client;
mod discovery;
mod dpop;
mod keys;
mod pkce;
mod registration;
mod request;
mod settings;
mod told;

pub use acr::{ACR_ONE_FACTOR, ACR_TWO_FACTORS};
pub use client::{ClientCredentials, ClientProblem, client_credentials};
pub use discovery::{CLAIMS, discovery};
pub use dpop::{DPOP_ALGORITHMS, NoProof, Proof, read_proof, token_hash};
pub use keys::{Hint, ID_TOKEN, KeyProblem, Keyring, Signer, generate};
pub use pkce::{challenge, pkce_matches};
pub use registration::{MetadataProblem, Registration, read_metadata};
pub use request::{
    AuthorizeProblem, RegisteredClient, ReplyTo, SCOPES, Validated, is_any_repeated, validate,
};
pub use settings::{
    Algorithm, Brand, DEVICE_GRANT, Grant, Kind, SettingProblem, Settings, is_scope,
};
pub use told::{Line, Told};

/// Lifetime of an authorization code, in seconds.
pub const CODE_SECONDS: i64 = 60;
/// Lifetime of a pushed request, and of a device's codes, in seconds.
pub const PUSHED_SECONDS: i64 = 60;
pub const DEVICE_SECONDS: i64 = 900;
/// Seconds between two questions of a device (RFC 8628 §3.5).
pub const DEVICE_INTERVAL: i64 = 5;
/// What a pushed request's address begins with (RFC 9126 §2.2).
pub const REQUEST_URI: &str = "urn:ietf:params:oauth:request_uri:";
