//! Randomness, all of it from the operating system.
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::policy::{Alphabet, Pin};
use sha2::{Digest, Sha256};

/// Random bytes. A system without randomness must not go on.
///
/// # Panics
/// When the operating system has no random source.
#[must_use]
#[expect(clippy::panic, reason = "without randomness nothing here is safe")]
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0_u8; N];
    if getrandom::fill(&mut bytes).is_err() {
        panic!("the operating system gives no random bytes");
    }
    bytes
}

/// 256 random bits as text for a cookie or a link.
#[must_use]
pub fn token() -> String {
    URL_SAFE_NO_PAD.encode(random_bytes::<32>())
}

/// Ten characters that a person can read out: the support code.
#[must_use]
pub fn support_code() -> String {
    domain::one_time_code::encode(&random_bytes::<10>())
}

/// The code that is mailed, in the shape that the policy asks for.
pub fn mail_code(pin: Pin) -> String {
    let length = usize::try_from(pin.length).unwrap_or(8).clamp(8, 16);
    let mut code = String::new();
    while code.len() < length {
        code += &match pin.alphabet {
            Alphabet::Base32 => domain::one_time_code::encode(&random_bytes::<16>()),
            Alphabet::Digits => domain::one_time_code::digits(&random_bytes::<16>()),
        };
    }
    code.truncate(length);
    code
}

/// The subject that applications see: 128 random bits.
pub fn subject() -> String {
    domain::one_time_code::encode(&random_bytes::<26>()).to_lowercase()
}

/// A row id (UUIDv7).
pub fn row_id(now: domain::Micros) -> [u8; 16] {
    let millis = u64::try_from(now / 1000).unwrap_or_default();
    *uuid::Builder::from_unix_timestamp_millis(millis, &random_bytes::<10>()).as_uuid().as_bytes()
}

/// What of a secret goes into the database. The secrets are 256 random bits, so a plain hash is enough.
pub fn hash(secret: &str) -> Vec<u8> {
    Sha256::digest(secret.as_bytes()).to_vec()
}
