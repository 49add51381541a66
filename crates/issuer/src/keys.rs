//! Signing keys and their life: `next` is published before it signs, `active` signs, `retiring` is published for as long
//! as something that it signed may be shown. RSA has 2048 bits, as RFC 7518 §3.3 asks at least.
use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rand::SystemRandom,
    rsa::{KeyPair, KeySize},
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use jsonwebtoken::{
    DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode,
    jwk::{Jwk, ThumbprintHash},
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::settings::Algorithm;

/// The key cannot be made, read or used.
#[derive(Debug, thiserror::Error)]
#[error("signing key: {0}")]
pub struct KeyProblem(String);

impl KeyProblem {
    fn of(error: impl std::fmt::Display) -> Self {
        Self(error.to_string())
    }
}

fn library(algorithm: Algorithm) -> jsonwebtoken::Algorithm {
    match algorithm {
        Algorithm::Rs256 => jsonwebtoken::Algorithm::RS256,
        Algorithm::Es256 => jsonwebtoken::Algorithm::ES256,
        Algorithm::EdDsa => jsonwebtoken::Algorithm::EdDSA,
    }
}

/// A new private key: PKCS#8 as PEM.
///
/// # Errors
/// When the library's random source fails.
pub fn generate(algorithm: Algorithm) -> Result<String, KeyProblem> {
    let der = match algorithm {
        Algorithm::Rs256 => {
            let pair = KeyPair::generate(KeySize::Rsa2048).map_err(KeyProblem::of)?;
            let der: Pkcs8V1Der<'_> = pair.as_der().map_err(KeyProblem::of)?;
            der.as_ref().to_vec()
        }
        Algorithm::Es256 => {
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())
                .map_err(KeyProblem::of)?
                .as_ref()
                .to_vec()
        }
        Algorithm::EdDsa => Ed25519KeyPair::generate_pkcs8v1(&SystemRandom::new())
            .map_err(KeyProblem::of)?
            .as_ref()
            .to_vec(),
    };
    let text = STANDARD.encode(der);
    let lines: Vec<&str> =
        text.as_bytes().chunks(64).filter_map(|c| std::str::from_utf8(c).ok()).collect();
    Ok(format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n")))
}

/// Signs what we issue, with one key.
pub struct Signer {
    algorithm: Algorithm,
    key: EncodingKey,
    kid: String,
    jwk: Jwk,
}

impl Signer {
    /// # Errors
    /// [`KeyProblem`] when the text is no private key of the algorithm.
    pub fn from_pem(pem: &str, algorithm: Algorithm) -> Result<Self, KeyProblem> {
        let read = match algorithm {
            Algorithm::Rs256 => EncodingKey::from_rsa_pem(pem.as_bytes()),
            Algorithm::Es256 => EncodingKey::from_ec_pem(pem.as_bytes()),
            Algorithm::EdDsa => EncodingKey::from_ed_pem(pem.as_bytes()),
        };
        let key = read.map_err(KeyProblem::of)?;
        let mut jwk = Jwk::from_encoding_key(&key, library(algorithm)).map_err(KeyProblem::of)?;
        // The thumbprint of RFC 7638 names the key.
        let kid = jwk.thumbprint(ThumbprintHash::SHA256).map_err(KeyProblem::of)?;
        jwk.common.key_id = Some(kid.clone());
        jwk.common.public_key_use = Some(jsonwebtoken::jwk::PublicKeyUse::Signature);
        Ok(Self { algorithm, key, kid, jwk })
    }

    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    fn sign(&self, typ: &str, claims: &Value) -> Result<String, KeyProblem> {
        let header = Header {
            kid: Some(self.kid.clone()),
            typ: Some(typ.to_owned()),
            ..Header::new(library(self.algorithm))
        };
        encode(&header, claims, &self.key).map_err(KeyProblem::of)
    }
}

/// The keys of an instance: one that signs for each algorithm, and all that are published.
#[derive(Default)]
pub struct Keyring {
    signing: Vec<Signer>,
    others: Vec<Signer>,
}

impl Keyring {
    /// Takes a key in: `signs` for the active one of its algorithm.
    pub fn add(&mut self, signer: Signer, signs: bool) {
        if signs {
            self.signing.push(signer);
        } else {
            self.others.push(signer);
        }
    }

    fn all(&self) -> impl Iterator<Item = &Signer> {
        self.signing.iter().chain(&self.others)
    }

    /// Every public key (RFC 7517 §5).
    #[must_use]
    pub fn jwks(&self) -> Value {
        json!({"keys": self.all().map(|s| json!(s.jwk)).collect::<Vec<_>>()})
    }

    /// A compact JWT of the claims. `typ`: `JWT`, or what the token is for.
    ///
    /// # Errors
    /// [`KeyProblem`] without an active key of the algorithm.
    pub fn sign(
        &self,
        algorithm: Algorithm,
        typ: &str,
        claims: &Value,
    ) -> Result<String, KeyProblem> {
        let signer = self
            .signing
            .iter()
            .find(|s| s.algorithm == algorithm)
            .ok_or_else(|| KeyProblem(format!("no active key for {}", algorithm.name())))?;
        signer.sign(typ, claims)
    }

    /// What an ID token of ours shows, however old it is: an `id_token_hint` (OpenID Connect Core §3.1.2.1). Nothing else
    /// that the same keys sign is one, a logout token least of all (TK-05).
    #[must_use]
    pub fn read_hint(&self, token: &str, issuer: &str) -> Option<Hint> {
        let header = decode_header(token).ok()?;
        if header.typ.as_deref() != Some(ID_TOKEN) {
            return None;
        }
        let signer = self.all().find(|s| {
            header.kid.as_deref() == Some(&s.kid) && header.alg == library(s.algorithm)
        })?;
        let mut validation = Validation::new(header.alg);
        validation.validate_exp = false;
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        validation.required_spec_claims.insert("iss".into());
        validation.set_issuer(&[issuer]);
        decode(token, &DecodingKey::from_jwk(&signer.jwk).ok()?, &validation)
            .ok()
            .map(|read| read.claims)
    }
}

/// The `typ` of our ID tokens.
pub const ID_TOKEN: &str = "JWT";

/// What an ID token of ours shows: all of it was said to this audience, of this subject in this session.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Hint {
    #[serde(rename = "sub")]
    pub subject: String,
    #[serde(rename = "aud")]
    pub audience: String,
    #[serde(rename = "sid", default)]
    pub session: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shows TK-05.
    #[test]
    fn keys_of_every_algorithm_sign_and_their_published_halves_verify() {
        let mut ring = Keyring::default();
        for algorithm in Algorithm::ALL {
            ring.add(Signer::from_pem(&generate(algorithm).unwrap(), algorithm).unwrap(), true);
        }
        assert_eq!(ring.jwks()["keys"].as_array().unwrap().len(), 3);
        for algorithm in Algorithm::ALL {
            let said =
                json!({"sub": "s", "iss": "https://op.test", "aud": "app", "sid": "x", "exp": 1});
            let token = ring.sign(algorithm, ID_TOKEN, &said).unwrap();
            let header = decode_header(&token).unwrap();
            let jwks: jsonwebtoken::jwk::JwkSet = serde_json::from_value(ring.jwks()).unwrap();
            let jwk = jwks.find(header.kid.as_deref().unwrap()).unwrap();
            assert!(jwk.common.key_algorithm.is_some() && jwk.common.public_key_use.is_some());
            let mut validation = Validation::new(header.alg);
            validation.validate_exp = false;
            validation.validate_aud = false;
            validation.required_spec_claims.clear();
            let read =
                decode::<Value>(&token, &DecodingKey::from_jwk(jwk).unwrap(), &validation).unwrap();
            assert_eq!(read.claims["sub"], "s");
            assert_eq!(
                ring.read_hint(&token, "https://op.test"),
                Some(Hint { subject: "s".into(), audience: "app".into(), session: "x".into() }),
                "expired or not"
            );
            for other in ["logout+jwt", "at+jwt", "jwt", ""] {
                assert!(
                    ring.read_hint(&ring.sign(algorithm, other, &said).unwrap(), "https://op.test")
                        .is_none(),
                    "{other}"
                );
            }
            for missing in ["sub", "iss", "aud"] {
                let mut less = said.clone();
                less.as_object_mut().unwrap().remove(missing);
                assert!(
                    ring.read_hint(
                        &ring.sign(algorithm, ID_TOKEN, &less).unwrap(),
                        "https://op.test"
                    )
                    .is_none(),
                    "{missing}"
                );
            }
            assert!(ring.read_hint(&token, "https://other.test").is_none());
            let (head, rest) = token.split_once('.').unwrap();
            let (_, signature) = rest.split_once('.').unwrap();
            assert!(
                ring.read_hint(&format!("{head}.eyJzdWIiOiJ4In0.{signature}"), "https://op.test")
                    .is_none()
            );
            assert!(
                ring.read_hint(&format!("eyJhbGciOiJub25lIn0.{rest}"), "https://op.test").is_none()
            );
        }
        assert!(!ring.jwks().to_string().contains("\"d\""), "no private half");
    }

    #[test]
    fn a_key_that_does_not_sign_any_more_still_verifies() {
        let old = generate(Algorithm::Es256).unwrap();
        let mut before = Keyring::default();
        before.add(Signer::from_pem(&old, Algorithm::Es256).unwrap(), true);
        let token = before
            .sign(Algorithm::Es256, ID_TOKEN, &json!({"iss": "i", "sub": "s", "aud": "a"}))
            .unwrap();
        let mut after = Keyring::default();
        after.add(
            Signer::from_pem(&generate(Algorithm::Es256).unwrap(), Algorithm::Es256).unwrap(),
            true,
        );
        assert!(after.read_hint(&token, "i").is_none());
        after.add(Signer::from_pem(&old, Algorithm::Es256).unwrap(), false);
        assert!(after.read_hint(&token, "i").is_some());
        assert_ne!(
            decode_header(after.sign(Algorithm::Es256, "JWT", &json!({})).unwrap()).unwrap().kid,
            decode_header(&token).unwrap().kid
        );
    }
}
