//! Signing keys: RSA 2048 for RS256, as RFC 7518 §3.3 asks at least.
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
use sha2::{Digest, Sha256};

/// The key cannot be made, read or used.
#[derive(Debug, thiserror::Error)]
#[error("signing key: {0}")]
pub struct KeyProblem(String);

/// A new private key: PKCS#8 as PEM.
///
/// # Errors
/// When the library's random source fails.
pub fn generate() -> Result<String, KeyProblem> {
    let pair = KeyPair::generate(KeySize::Rsa2048).map_err(|e| KeyProblem(e.to_string()))?;
    let der: Pkcs8V1Der<'_> = pair.as_der().map_err(|e| KeyProblem(e.to_string()))?;
    let text = STANDARD.encode(der.as_ref());
    let lines: Vec<&str> = text.as_bytes().chunks(64).filter_map(|c| std::str::from_utf8(c).ok()).collect();
    Ok(format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n")))
}

/// Signs what we issue.
pub struct Signer {
    key: EncodingKey,
    kid: String,
    jwk: Value,
}

impl Signer {
    /// # Errors
    /// [`KeyProblem`] when the text is no private RSA key.
    pub fn from_pem(pem: &str) -> Result<Self, KeyProblem> {
        let body: String = pem.lines().filter(|l| !l.starts_with("-----")).collect();
        let der = STANDARD.decode(body).map_err(|e| KeyProblem(e.to_string()))?;
        let pair = KeyPair::from_pkcs8(&der).map_err(|e| KeyProblem(e.to_string()))?;
        let public = pair.public_key();
        let n = URL_SAFE_NO_PAD.encode(public.modulus().big_endian_without_leading_zero());
        let e = URL_SAFE_NO_PAD.encode(public.exponent().big_endian_without_leading_zero());
        // The thumbprint of RFC 7638 names the key.
        let kid = URL_SAFE_NO_PAD.encode(Sha256::digest(format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#)));
        let jwk = json!({"kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, "n": n, "e": e});
        let key = EncodingKey::from_rsa_pem(pem.as_bytes()).map_err(|e| KeyProblem(e.to_string()))?;
        Ok(Self { key, kid, jwk })
    }

    /// The public key.
    #[must_use]
    pub fn jwk(&self) -> &Value {
        &self.jwk
    }

    /// A compact RS256 JWT of the claims.
    ///
    /// # Errors
    /// [`KeyProblem`] when signing fails.
    pub fn sign(&self, claims: &Value) -> Result<String, KeyProblem> {
        let header = Header { kid: Some(self.kid.clone()), ..Header::new(Algorithm::RS256) };
        encode(&header, claims, &self.key).map_err(|e| KeyProblem(e.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generated_key_signs_and_its_jwk_verifies() {
        let signer = Signer::from_pem(&generate().unwrap()).unwrap();
        let token = signer.sign(&json!({"sub": "s", "exp": 4_000_000_000_i64})).unwrap();
        let jwk: jsonwebtoken::jwk::Jwk = serde_json::from_value(signer.jwk().clone()).unwrap();
        let key = jsonwebtoken::DecodingKey::from_jwk(&jwk).unwrap();
        let read = jsonwebtoken::decode::<Value>(&token, &key, &jsonwebtoken::Validation::new(Algorithm::RS256)).unwrap();
        assert_eq!(read.claims["sub"], "s");
    }
}
