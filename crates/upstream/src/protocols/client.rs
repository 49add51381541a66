//! How we show who we are at a provider's token endpoint and at its pushed-request endpoint.
use base64::{Engine, engine::general_purpose::STANDARD};
use domain::{MINUTE, Micros, SECOND};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use crate::{
    Auth,
    error::{Part, UpstreamError},
};

/// How long a signed assertion of ours may be used.
const LIFETIME: Micros = 5 * MINUTE;
/// The kind of assertion of RFC 7523 §2.2.
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The client at one provider.
#[derive(Clone, Copy)]
pub struct Client<'a> {
    pub id: &'a str,
    /// A shared secret, or a private key as PEM.
    pub secret: &'a SecretString,
    pub auth: Auth,
    /// The only audience of what we sign: the provider itself, never an address that its metadata names (OC-19).
    pub audience: &'a str,
    pub key_id: &'a str,
    pub team_id: &'a str,
}

/// What goes with a request: fields of the form, and the value of `Authorization`.
#[derive(Debug, Default)]
pub struct Shown {
    pub fields: Vec<(&'static str, String)>,
    pub header: Option<String>,
}

impl Client<'_> {
    /// The way that is used: without a secret there is nothing to show (FR-48).
    #[must_use]
    pub fn auth(&self) -> Auth {
        if self.secret.expose_secret().is_empty() { Auth::None } else { self.auth }
    }

    /// The secret as a request carries it, if it carries one.
    fn carried(&self, now: Micros, id: &str) -> Result<Option<String>, UpstreamError> {
        Ok(match self.auth() {
            Auth::None => None,
            Auth::Basic | Auth::Post => Some(self.secret.expose_secret().to_owned()),
            Auth::PrivateKeyJwt => Some(self.signed(&json!({"iss": self.id, "sub": self.id, "aud": self.audience, "jti": id, "iat": now / SECOND, "exp": (now + LIFETIME) / SECOND}))?),
            // Apple: "Creating a client secret", signed with ES256, at most six months.
            Auth::AppleJwt => Some(self.signed(&json!({"iss": self.team_id, "sub": self.id, "aud": self.audience, "iat": now / SECOND, "exp": (now + LIFETIME) / SECOND}))?),
        })
    }

    fn signed(&self, claims: &Value) -> Result<String, UpstreamError> {
        let pem = self.secret.expose_secret().as_bytes();
        let kid = Some(self.key_id.to_owned()).filter(|kid| !kid.is_empty());
        let key = |algorithm: Algorithm| match algorithm {
            Algorithm::RS256 => EncodingKey::from_rsa_pem(pem),
            Algorithm::EdDSA => EncodingKey::from_ed_pem(pem),
            _ => EncodingKey::from_ec_pem(pem),
        };
        let sign = |algorithm: Algorithm| {
            encode(
                &Header { kid: kid.clone(), ..Header::new(algorithm) },
                claims,
                &key(algorithm).ok()?,
            )
            .ok()
        };
        let algorithms = if self.auth == Auth::AppleJwt {
            vec![Algorithm::ES256]
        } else {
            vec![Algorithm::ES256, Algorithm::ES384, Algorithm::EdDSA, Algorithm::RS256]
        };
        algorithms.into_iter().find_map(sign).ok_or_else(|| {
            UpstreamError::field(Part::Settings, "secret", "no private key as PEM that can sign")
        })
    }

    /// What a request carries. `id` is different for each request.
    ///
    /// # Errors
    /// [`UpstreamError::Answer`] where the secret is no private key though one is needed.
    pub fn shown(&self, now: Micros, id: &str) -> Result<Shown, UpstreamError> {
        let Some(carried) = self.carried(now, id)? else {
            return Ok(Shown { fields: vec![("client_id", self.id.to_owned())], header: None });
        };
        Ok(match self.auth() {
            Auth::Basic => {
                // Each half is encoded first (RFC 6749 §2.3.1).
                let encoded = |text: &str| {
                    url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>()
                };
                Shown {
                    fields: Vec::new(),
                    header: Some(format!(
                        "Basic {}",
                        STANDARD.encode(format!("{}:{}", encoded(self.id), encoded(&carried)))
                    )),
                }
            }
            Auth::PrivateKeyJwt => Shown {
                fields: vec![
                    ("client_id", self.id.to_owned()),
                    ("client_assertion_type", JWT_BEARER.to_owned()),
                    ("client_assertion", carried),
                ],
                header: None,
            },
            Auth::Post | Auth::AppleJwt | Auth::None => Shown {
                fields: vec![("client_id", self.id.to_owned()), ("client_secret", carried)],
                header: None,
            },
        })
    }
}
