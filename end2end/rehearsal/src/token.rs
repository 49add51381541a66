//! Signing and reading tokens, with all the ways to do it wrong on purpose.
use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rsa::{KeyPair, KeySize},
    signature::KeyPair as _,
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

/// Random text.
#[must_use]
pub fn random() -> String {
    let mut bytes = [0_u8; 24];
    if getrandom::fill(&mut bytes).is_err() {
        return String::new();
    }
    URL_SAFE_NO_PAD.encode(bytes)
}

/// An RSA key with its public part.
#[derive(Clone)]
pub struct SigningKey {
    pub kid: String,
    key: EncodingKey,
    pub jwk: Value,
    n: String,
}

impl SigningKey {
    /// A fresh key.
    ///
    /// # Errors
    /// When the library fails.
    pub fn generate(kid: &str) -> anyhow::Result<Self> {
        let pair = KeyPair::generate(KeySize::Rsa2048)?;
        let der: Pkcs8V1Der<'_> = pair.as_der()?;
        let pem = format!(
            "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
            STANDARD
                .encode(der.as_ref())
                .as_bytes()
                .chunks(64)
                .filter_map(|c| std::str::from_utf8(c).ok())
                .collect::<Vec<_>>()
                .join("\n")
        );
        let n =
            URL_SAFE_NO_PAD.encode(pair.public_key().modulus().big_endian_without_leading_zero());
        let e =
            URL_SAFE_NO_PAD.encode(pair.public_key().exponent().big_endian_without_leading_zero());
        let jwk = json!({"kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, "n": n, "e": e});
        Ok(Self { kid: kid.into(), key: EncodingKey::from_rsa_pem(pem.as_bytes())?, jwk, n })
    }

    /// A token of the claims; `how` names a fault, or is empty.
    ///
    /// # Errors
    /// When signing fails.
    pub fn sign(&self, claims: &Value, how: &str) -> anyhow::Result<String> {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        match how {
            "none" => {
                Ok(format!("{}.{}.", part(&json!({"alg": "none", "typ": "JWT"})), part(claims)))
            }
            // HMAC with the public modulus as the secret: the classic confusion of algorithms.
            "hs256" => Ok(encode(
                &Header { kid: Some(self.kid.clone()), ..Header::new(Algorithm::HS256) },
                claims,
                &EncodingKey::from_secret(self.n.as_bytes()),
            )?),
            "no_kid" => Ok(encode(&Header::new(Algorithm::RS256), claims, &self.key)?),
            "unknown_kid" => Ok(encode(
                &Header { kid: Some("nobody".into()), ..Header::new(Algorithm::RS256) },
                claims,
                &self.key,
            )?),
            "jwk_header" => {
                let other = Self::generate("k-evil")?;
                let jwk = serde_json::from_value(other.jwk.clone())?;
                Ok(encode(
                    &Header {
                        kid: Some(self.kid.clone()),
                        jwk: Some(jwk),
                        ..Header::new(Algorithm::RS256)
                    },
                    claims,
                    &other.key,
                )?)
            }
            "wrong_key" => Ok(encode(
                &Header { kid: Some(self.kid.clone()), ..Header::new(Algorithm::RS256) },
                claims,
                &Self::generate("x")?.key,
            )?),
            "es256_header" => {
                let token = encode(
                    &Header { kid: Some(self.kid.clone()), ..Header::new(Algorithm::RS256) },
                    claims,
                    &self.key,
                )?;
                let rest =
                    token.split_once('.').map(|(_, rest)| rest.to_owned()).unwrap_or_default();
                Ok(format!(
                    "{}.{rest}",
                    part(&json!({"alg": "ES256", "typ": "JWT", "kid": self.kid}))
                ))
            }
            // Signed as it should be, with a key that stands twice in the header or in the claims.
            "twice_header" | "twice_claims" => {
                let header = json!({"alg": "RS256", "typ": "JWT", "kid": self.kid}).to_string();
                let (header, claims) = if how == "twice_header" {
                    (header.replacen('{', "{\"kid\":\"other\",", 1), claims.to_string())
                } else {
                    (
                        header,
                        claims.to_string().replacen(
                            '{',
                            "{\"email_verified\":true,\"email_verified\":false,",
                            1,
                        ),
                    )
                };
                let input = format!(
                    "{}.{}",
                    URL_SAFE_NO_PAD.encode(header),
                    URL_SAFE_NO_PAD.encode(claims)
                );
                let signature =
                    jsonwebtoken::crypto::sign(input.as_bytes(), &self.key, Algorithm::RS256)?;
                Ok(format!("{input}.{signature}"))
            }
            _ => Ok(encode(
                &Header { kid: Some(self.kid.clone()), ..Header::new(Algorithm::RS256) },
                claims,
                &self.key,
            )?),
        }
    }
}

/// The claims of a token, without any check.
#[must_use]
pub fn claims(token: &str) -> Value {
    token
        .split('.')
        .nth(1)
        .and_then(|p| URL_SAFE_NO_PAD.decode(p).ok())
        .and_then(|b| serde_json::from_slice(&b).ok())
        .unwrap_or_default()
}
