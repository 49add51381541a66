//! Proofs of possession (RFC 9449): a JWT that the application signs with a key of its own for each request, so that a
//! stolen token is worth nothing without the key.
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{
    Algorithm, DecodingKey, Validation, decode, decode_header,
    jwk::{Jwk, ThumbprintHash},
};
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use url::Url;

/// What an application may sign its proofs with: nothing that both sides know.
const ALGORITHMS: [Algorithm; 8] = [
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
];
/// Their names, for the metadata.
pub const DPOP_ALGORITHMS: [&str; 8] =
    ["ES256", "ES384", "EdDSA", "RS256", "RS384", "PS256", "PS384", "PS512"];
/// Longest identifier of a proof.
const LONGEST: usize = 256;

/// A proof whose signature is right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// The key's thumbprint (RFC 7638).
    pub key: String,
    /// Each is good once.
    pub jti: String,
    /// Seconds since 1970-01-01 UTC, by the application's clock.
    pub iat: i64,
    /// The hash of the access token that it goes with.
    pub ath: Option<String>,
}

/// The text is no proof for this request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoProof;

#[derive(Deserialize)]
struct Claims {
    jti: String,
    htm: String,
    htu: String,
    iat: i64,
    ath: Option<String>,
}

/// The address without query and fragment, as both sides compare it (RFC 9449 §4.3).
fn plain(address: &str) -> Option<String> {
    let mut url = Url::parse(address).ok()?;
    url.set_query(None);
    url.set_fragment(None);
    Some(url.into())
}

/// Reads a proof for a request by this method to this address. Time and repetition are the caller's to judge.
///
/// # Errors
/// [`NoProof`] for everything that RFC 9449 §4.3 wants refused.
pub fn read_proof(text: &str, method: &str, address: &str) -> Result<Proof, NoProof> {
    let header = decode_header(text).map_err(|_| NoProof)?;
    let raw: Value = text
        .split('.')
        .next()
        .and_then(|h| URL_SAFE_NO_PAD.decode(h).ok())
        .and_then(|b| serde_json::from_slice(&b).ok())
        .ok_or(NoProof)?;
    let private =
        ["d", "p", "q", "k"].iter().any(|part| raw.pointer(&format!("/jwk/{part}")).is_some());
    let jwk: Jwk = header.jwk.ok_or(NoProof)?;
    if header.typ.as_deref() != Some("dpop+jwt") || !ALGORITHMS.contains(&header.alg) || private {
        return Err(NoProof);
    }
    let mut validation = Validation::new(header.alg);
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    let claims =
        decode::<Claims>(text, &DecodingKey::from_jwk(&jwk).map_err(|_| NoProof)?, &validation)
            .map_err(|_| NoProof)?
            .claims;
    let same = claims.htm == method
        && plain(&claims.htu).is_some_and(|asked| plain(address) == Some(asked));
    if !same || claims.jti.is_empty() || claims.jti.len() > LONGEST {
        return Err(NoProof);
    }
    let key = jwk.thumbprint(ThumbprintHash::SHA256).map_err(|_| NoProof)?;
    Ok(Proof { key, jti: claims.jti, iat: claims.iat, ath: claims.ath })
}

/// What a proof says of an access token (RFC 9449 §4.2, `ath`).
#[must_use]
pub fn token_hash(access: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(access.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 9449 §4.1 and §5.
    const EXAMPLE: &str = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjY1Mjk2fQ.pAqut2IRDm_De6PR93SYmGBPXpwrAk90e8cP2hjiaG5QsGSuKDYW7_X620BxqhvYC8ynrrvZLTk41mSRroapUA";

    #[test]
    fn the_example_of_rfc_9449_is_a_proof_for_its_request_and_for_no_other() {
        let proof = read_proof(EXAMPLE, "POST", "https://server.example.com/token?x=1#y").unwrap();
        assert_eq!(
            proof,
            Proof {
                key: "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I".into(),
                jti: "-BwC3ESc6acc2lTc".into(),
                iat: 1_562_265_296,
                ath: None
            }
        );
        assert!(read_proof(EXAMPLE, "GET", "https://server.example.com/token").is_err());
        assert!(read_proof(EXAMPLE, "POST", "https://server.example.com/other").is_err());
        let (rest, signature) = EXAMPLE.rsplit_once('.').unwrap();
        assert!(
            read_proof(
                &format!("{rest}.A{}", &signature[1..]),
                "POST",
                "https://server.example.com/token"
            )
            .is_err()
        );
        for text in ["", "x", "a.b.c", rest] {
            assert!(
                read_proof(text, "POST", "https://server.example.com/token").is_err(),
                "{text}"
            );
        }
    }
}
