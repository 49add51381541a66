//! How our client shows a provider who it is.
use serde::{Deserialize, Serialize};

/// How the client shows who it is at the token endpoint. Without a secret it shows nothing, whatever is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Auth {
    /// By `Authorization: Basic` (RFC 6749 §2.3.1).
    #[default]
    Basic,
    /// By a field of the form.
    Post,
    /// A public client: only `client_id` and the verifier are sent (FR-48).
    None,
    /// By a JWT that the private key of the settings signs (RFC 7523 §2.2).
    PrivateKeyJwt,
    /// By a secret that is a JWT, as Apple wants it.
    AppleJwt,
}
