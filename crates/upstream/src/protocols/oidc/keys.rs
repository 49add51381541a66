//! A provider's public keys, read one by one: those that we do not know are skipped, the same one twice counts once
//! (RFC 7517 §5, FR-30).
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey};
use serde_json::Value;

use crate::error::{Part, UpstreamError, kind_of};

/// More keys than this are not read.
const MOST: usize = 100;
/// Smallest modulus, in bytes (RFC 7518 §3.3).
const SMALLEST_RSA: usize = 256;

/// Every asymmetric algorithm that can be checked; never `none`, never a shared secret (OC-07).
pub const ALGORITHMS: [Algorithm; 9] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];

/// The algorithm of a name, if it is one of ours. `Ed25519` is the newer name of RFC 9864.
#[must_use]
pub fn algorithm(name: &str) -> Option<Algorithm> {
    if name == "Ed25519" {
        return Some(Algorithm::EdDSA);
    }
    name.parse().ok().filter(|algorithm| ALGORITHMS.contains(algorithm))
}

/// What a key is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Material {
    Rsa { n: Vec<u8>, e: Vec<u8> },
    P256(Vec<u8>),
    P384(Vec<u8>),
    Ed25519(Vec<u8>),
}

/// A public key that can check signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    kid: Option<String>,
    /// The only algorithm that it is for, if it says so.
    algorithm: Option<Algorithm>,
    material: Material,
}

impl Key {
    /// A key of the set; `None` for one that is of no use here.
    fn read(raw: &Value) -> Option<Self> {
        let text = |name: &str| raw.get(name).and_then(Value::as_str);
        let bytes = |name: &str| {
            text(name)
                .and_then(|value| URL_SAFE_NO_PAD.decode(value.trim_end_matches('=')).ok())
                .map(unpadded)
        };
        let point = |size: usize| {
            let (x, y) = (filled(&bytes("x")?, size)?, filled(&bytes("y")?, size)?);
            Some([&[4_u8], x.as_slice(), y.as_slice()].concat())
        };
        if text("use").is_some_and(|usage| usage != "sig") {
            return None;
        }
        let operations = raw.get("key_ops").and_then(Value::as_array);
        if operations.is_some_and(|all| !all.iter().any(|one| one == "verify")) {
            return None;
        }
        let only = match text("alg") {
            Some(name) => Some(algorithm(name)?),
            None => None,
        };
        let material = match (text("kty")?, text("crv")) {
            ("RSA", _) => Material::Rsa {
                n: bytes("n").filter(|n| n.len() >= SMALLEST_RSA)?,
                e: bytes("e").filter(|e| !e.is_empty())?,
            },
            ("EC", Some("P-256")) => Material::P256(point(32)?),
            ("EC", Some("P-384")) => Material::P384(point(48)?),
            ("OKP", Some("Ed25519")) => Material::Ed25519(
                URL_SAFE_NO_PAD
                    .decode(text("x")?.trim_end_matches('='))
                    .ok()
                    .filter(|x| x.len() == 32)?,
            ),
            _ => return None,
        };
        let key = Self { kid: text("kid").map(str::to_owned), algorithm: only, material };
        // A P-384 key that says that it is for ES256 is for nothing.
        ALGORITHMS.iter().any(|algorithm| key.fits(*algorithm)).then_some(key)
    }

    fn fits(&self, algorithm: Algorithm) -> bool {
        let kind = match self.material {
            Material::Rsa { .. } => algorithm.family() == AlgorithmFamily::Rsa,
            Material::P256(_) => algorithm == Algorithm::ES256,
            Material::P384(_) => algorithm == Algorithm::ES384,
            Material::Ed25519(_) => algorithm == Algorithm::EdDSA,
        };
        kind && self.algorithm.is_none_or(|only| only == algorithm)
    }

    fn decoding(&self) -> DecodingKey {
        match &self.material {
            Material::Rsa { n, e } => DecodingKey::from_rsa_raw_components(n, e),
            Material::P256(point) | Material::P384(point) => DecodingKey::from_ec_der(point),
            Material::Ed25519(x) => DecodingKey::from_ed_der(x),
        }
    }
}

/// Without zero bytes in front: some sets have them, the library wants none.
fn unpadded(bytes: Vec<u8>) -> Vec<u8> {
    let zeros = bytes.iter().take_while(|b| **b == 0).count();
    bytes.into_iter().skip(zeros).collect()
}

/// With zero bytes in front, up to a size.
fn filled(bytes: &[u8], size: usize) -> Option<Vec<u8>> {
    let missing = size.checked_sub(bytes.len())?;
    Some([vec![0; missing].as_slice(), bytes].concat())
}

/// Why no key can check a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoKey {
    /// None fits: it may be a new one.
    Unknown,
    /// Several could be meant, and the token does not say which.
    Ambiguous,
    /// The one that is meant did not sign this: it may have been replaced.
    Forged,
}

impl NoKey {
    #[must_use]
    pub fn told(self) -> &'static str {
        match self {
            Self::Unknown => "no key of the key set is for it",
            Self::Ambiguous => "names no key, and several could have signed it",
            Self::Forged => "its signature is not of the provider's key",
        }
    }
}

/// The keys of a provider.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Keys(Vec<Key>);

impl Keys {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The algorithms that one of them can check, by name.
    pub fn algorithms(&self) -> Vec<String> {
        ALGORITHMS
            .iter()
            .filter(|algorithm| self.0.iter().any(|key| key.fits(**algorithm)))
            .map(|algorithm| format!("{algorithm:?}"))
            .collect()
    }

    /// # Errors
    /// [`UpstreamError::Answer`] without a list of keys.
    pub fn read(raw: &Value) -> Result<Self, UpstreamError> {
        let Some(Value::Array(all)) = raw.get("keys") else {
            return Err(UpstreamError::field(Part::Keys, "keys", kind_of(raw.get("keys"))));
        };
        let mut keys: Vec<Key> = Vec::new();
        for key in all.iter().take(MOST).filter_map(Key::read) {
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        Ok(Self(keys))
    }

    /// The keys that may have signed: those with its name; where it has none, or none is so called, the only one that fits.
    fn candidates(&self, algorithm: Algorithm, kid: Option<&str>) -> Result<Vec<&Key>, NoKey> {
        let fitting = |named: bool| {
            let mut found: Vec<&Key> = Vec::new();
            for key in self.0.iter().filter(|key| key.fits(algorithm)) {
                let meant = if named {
                    key.kid.as_deref() == kid
                } else {
                    kid.is_none() || key.kid.is_none()
                };
                if meant && !found.iter().any(|known| known.material == key.material) {
                    found.push(key);
                }
            }
            found
        };
        if kid.is_some() {
            let named = fitting(true);
            if !named.is_empty() {
                return Ok(named);
            }
        }
        let others = fitting(false);
        match others.len() {
            0 => Err(NoKey::Unknown),
            1 => Ok(others),
            _ if kid.is_some() => Err(NoKey::Unknown),
            _ => Err(NoKey::Ambiguous),
        }
    }

    /// Whether one of the keys signed a message.
    ///
    /// # Errors
    /// [`NoKey`].
    pub fn check(
        &self,
        algorithm: Algorithm,
        kid: Option<&str>,
        message: &str,
        signature: &str,
    ) -> Result<(), NoKey> {
        let signed = |key: &&Key| {
            jsonwebtoken::crypto::verify(signature, message.as_bytes(), &key.decoding(), algorithm)
                .is_ok_and(|good| good)
        };
        if self.candidates(algorithm, kid)?.iter().any(signed) {
            Ok(())
        } else {
            Err(NoKey::Forged)
        }
    }
}
