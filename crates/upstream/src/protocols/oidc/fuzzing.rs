//! Token answers, ID tokens, metadata and key sets that a stranger wrote.
#![allow(
    clippy::unwrap_used,
    reason = "what is asserted may panic, and so may a set-up that does not work"
)]
use std::sync::LazyLock;

use ::http::{Response, StatusCode};
use serde_json::{Value, json};
use url::Url;

use super::{
    claims,
    keys::{ALGORITHMS, Keys},
    metadata::Metadata,
    verify::{self, Expected},
};
use crate::{
    Assertion, OidcSettings, SafeHttpClient, SafeHttpOptions,
    error::Part,
    http::{answer::Readings, json},
    protocols::{
        dialect::{Dialect, PLAIN},
        saml::read_metadata,
        token::{Answer, normal},
    },
    subject::subject,
};

const NOW: domain::Micros = 1_800_000_000 * domain::SECOND;
const SECRET: &str = "the-secret-of-our-client";

static GUARD: LazyLock<SafeHttpClient> =
    LazyLock::new(|| SafeHttpClient::new(SafeHttpOptions::default()).unwrap());

/// The key of RFC 7517 appendix A.1: whoever can sign with it can have made no input here.
static KEYS: LazyLock<Keys> = LazyLock::new(|| {
    Keys::read(&json!({"keys": [{
        "kty": "EC", "crv": "P-256", "kid": "1",
        "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
        "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
    }]}))
    .unwrap()
});

/// The answer of a token endpoint: the first byte chooses status and readings, the rest is its body. The same body is read
/// as an ID token and as the claims of one.
pub fn token_answer(data: &[u8]) {
    let Some((choice, body)) = data.split_first() else { return };
    let status = match choice & 7 {
        0..=2 => StatusCode::OK,
        3 => StatusCode::CREATED,
        4 => StatusCode::BAD_REQUEST,
        5 => StatusCode::UNAUTHORIZED,
        6 => StatusCode::FOUND,
        _ => StatusCode::TOO_MANY_REQUESTS,
    };
    let readings = Readings { form: choice & 8 != 0, script: choice & 16 != 0 };
    let dialect = Dialect { readings, ..PLAIN };
    let mut said = Response::new(body.to_vec());
    *said.status_mut() = status;
    match normal(&said, &dialect, &[SECRET]) {
        Ok(plain) => {
            assert!(status.is_success(), "a token came with {status}");
            // What we wrote is what the library can read.
            #[allow(clippy::disallowed_methods, reason = "the library's own reading")]
            let read = serde_json::from_slice::<Answer>(plain.body());
            assert!(read.is_ok(), "{read:?}");
        }
        Err(error) => {
            let told = error.to_string();
            assert!(!told.contains(SECRET) && !told.chars().any(char::is_control), "{told:?}");
            assert!(told.len() < 2000, "{told}");
        }
    }
    if let Ok(text) = std::str::from_utf8(body) {
        let signed = verify::signed(Part::IdToken, text, &KEYS, &ALGORITHMS);
        assert!(signed.is_err(), "nobody can sign for this key");
    }
    if let Ok(Value::Object(claims)) = json::read(body) {
        of_claims(claims);
    }
}

/// Claims whose signature was right.
fn of_claims(mut said: serde_json::Map<String, Value>) {
    let expected = Expected { client_id: "c", trusted: &["d".to_owned()], nonce: "n", now: NOW };
    let raw = said.clone();
    let who = verify::id_token(&said, &expected);
    if let Ok(text) = &who {
        assert_eq!(raw.get("sub").and_then(Value::as_str), Some(text.as_str()));
        assert_eq!(raw.get("nonce"), Some(&json!("n")));
    }
    claims::tidy(&mut said, raw.contains_key("words"));
    let mut again = said.clone();
    claims::tidy(&mut again, raw.contains_key("words"));
    assert_eq!(said, again, "what is tidy stays as it is");
    let before = said.clone();
    claims::add(&mut said, raw.clone());
    for (name, value) in &before {
        let pair = name.ends_with("_verified");
        assert!(pair || said.get(name) == Some(value), "userinfo changed {name}");
    }
    let person = Assertion::from_claims(who.unwrap_or_default(), said);
    assert!(!person.email_verified || person.claims.get("email_verified") == Some(&json!(true)));
    for value in raw.values() {
        if let Some(key) = subject(value) {
            assert!(!key.is_empty() && !key.chars().any(char::is_control), "{key:?}");
        }
    }
}

/// A provider's metadata: of an OpenID Provider with one issuer, of one with an issuer for each tenant, or in XML.
pub fn metadata(data: &[u8]) {
    if data.trim_ascii_start().starts_with(b"<") {
        let Ok(read) = read_metadata(&String::from_utf8_lossy(data)) else { return };
        assert!(!read.entity_id.is_empty() && !read.certificates.is_empty());
        return;
    }
    let Ok(raw) = json::read(data) else { return };
    let plain = OidcSettings { issuer: "https://op.test".into(), ..OidcSettings::default() };
    let tenants = OidcSettings {
        issuer: "https://op.test/common/v2.0".into(),
        tenant_issuer: true,
        ..OidcSettings::default()
    };
    for settings in [plain, tenants] {
        let Ok(read) = Metadata::read(&raw, &settings, &GUARD) else { continue };
        assert_eq!(
            raw.get("issuer").and_then(Value::as_str),
            Some(settings.announced_issuer().as_str())
        );
        let needed = [&read.authorization_endpoint, &read.token_endpoint, &read.jwks_uri];
        let more = [&read.userinfo_endpoint, &read.pushed_endpoint, &read.end_session_endpoint];
        for address in needed.into_iter().chain(more.into_iter().flatten()) {
            let url = Url::parse(address).unwrap();
            assert!(url.scheme() == "https" && url.has_host(), "{address}");
        }
        assert!(read.algorithms.is_none_or(|all| !all.is_empty()));
    }
}

/// A key set.
pub fn key_set(data: &[u8]) {
    let Ok(raw) = json::read(data) else { return };
    let Ok(keys) = Keys::read(&raw) else { return };
    assert_eq!(keys.is_empty(), keys.algorithms().is_empty());
    for algorithm in ALGORITHMS {
        for kid in [None, Some("1")] {
            for signature in ["", "AAAA", SIGNATURE] {
                // Whatever the keys are: an answer, and in no time worth speaking of.
                let _answer = keys.check(algorithm, kid, "e30.e30", signature);
            }
        }
    }
    if let Some(Value::Array(all)) =
        raw.get("keys").filter(|all| all.as_array().is_some_and(|all| all.len() <= 50))
    {
        let twice: Vec<Value> = all.iter().chain(all).cloned().collect();
        assert_eq!(
            Keys::read(&json!({"keys": twice})).unwrap(),
            keys,
            "the same key twice counts once"
        );
    }
}

/// 64 bytes that are no signature of anything.
const SIGNATURE: &str =
    "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQ";
