//! A provider on loopback whose every answer can be set.
use std::sync::OnceLock;

use ::http::StatusCode;
use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rand::SystemRandom,
    rsa::{KeyPair, KeySize},
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair,
        Ed25519KeyPair,
    },
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use jsonwebtoken::{Algorithm, EncodingKey, jwk::Jwk};
use serde_json::json;

use super::*;
use crate::{Auth, Found, SafeHttpOptions, testing::Server};

pub const NOW: domain::Micros = 1_800_000_000 * domain::SECOND;
pub const CLIENT: &str = "the-client";

/// A key of the provider.
#[derive(Clone)]
pub struct Signing {
    key: EncodingKey,
    pub algorithm: Algorithm,
    pub jwk: Value,
    pub pem: String,
}

fn pem(der: &[u8]) -> String {
    format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", STANDARD.encode(der))
}

impl Signing {
    pub fn new(algorithm: Algorithm) -> Self {
        let random = SystemRandom::new();
        let pem = match algorithm {
            Algorithm::ES256 => {
                pem(EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random)
                    .unwrap()
                    .as_ref())
            }
            Algorithm::ES384 => {
                pem(EcdsaKeyPair::generate_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, &random)
                    .unwrap()
                    .as_ref())
            }
            Algorithm::EdDSA => pem(Ed25519KeyPair::generate_pkcs8v1(&random).unwrap().as_ref()),
            _ => {
                let der: Pkcs8V1Der<'_> =
                    KeyPair::generate(KeySize::Rsa2048).unwrap().as_der().unwrap();
                pem(der.as_ref())
            }
        };
        let key = match algorithm {
            Algorithm::ES256 | Algorithm::ES384 => EncodingKey::from_ec_pem(pem.as_bytes()),
            Algorithm::EdDSA => EncodingKey::from_ed_pem(pem.as_bytes()),
            _ => EncodingKey::from_rsa_pem(pem.as_bytes()),
        }
        .unwrap();
        let mut jwk =
            serde_json::to_value(Jwk::from_encoding_key(&key, algorithm).unwrap()).unwrap();
        jwk.as_object_mut().unwrap().remove("alg");
        Self { key, algorithm, jwk, pem }
    }

    /// One of three RSA keys, made once.
    pub fn rsa(number: usize) -> Self {
        static KEYS: OnceLock<Vec<Signing>> = OnceLock::new();
        KEYS.get_or_init(|| (0..3).map(|_| Self::new(Algorithm::RS256)).collect())[number].clone()
    }

    /// The public key with further fields.
    pub fn public(&self, more: &Value) -> Value {
        with(&self.jwk, more)
    }

    pub fn token(&self, header: &Value, claims: &str) -> String {
        let message = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(header.to_string()),
            URL_SAFE_NO_PAD.encode(claims)
        );
        let algorithm = header["alg"].as_str().and_then(keys::algorithm).unwrap_or(self.algorithm);
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &self.key, algorithm)
            .unwrap_or_default();
        format!("{message}.{signature}")
    }
}

/// An object with fields replaced; null takes one away.
fn with(base: &Value, more: &Value) -> Value {
    let mut all = base.as_object().unwrap().clone();
    for (name, value) in more.as_object().unwrap() {
        if value.is_null() {
            all.remove(name)
        } else {
            all.insert(name.clone(), value.clone())
        };
    }
    Value::Object(all)
}

pub struct Op {
    pub server: Server,
    pub key: Signing,
}

impl Op {
    pub fn start() -> Self {
        let op = Self { server: Server::start(), key: Signing::rsa(0) };
        op.announces(&json!({}));
        op.keys(&[op.key.public(&json!({"kid": "k1", "use": "sig", "alg": "RS256"}))]);
        op.says(&json!({}));
        op
    }

    pub fn metadata(&self) -> Value {
        let url = |path: &str| self.server.url(path);
        json!({"issuer": url(""), "authorization_endpoint": url("/authorize"), "token_endpoint": url("/token"), "jwks_uri": url("/jwks"), "userinfo_endpoint": url("/userinfo"), "id_token_signing_alg_values_supported": ["RS256"]})
    }

    pub fn announces(&self, more: &Value) {
        self.server
            .says("/.well-known/openid-configuration", &with(&self.metadata(), more).to_string());
    }

    pub fn keys(&self, keys: &[Value]) {
        self.server.says("/jwks", &json!({"keys": keys}).to_string());
    }

    pub fn claims(&self, more: &Value) -> Value {
        let seconds = NOW / domain::SECOND;
        with(
            &json!({"iss": self.server.url(""), "sub": "s1", "aud": CLIENT, "exp": seconds + 300, "iat": seconds, "nonce": "the-nonce", "email": "v@ex.test", "email_verified": true}),
            more,
        )
    }

    /// The next ID token has these claims.
    pub fn says(&self, more: &Value) {
        self.signs(&json!({"alg": "RS256", "kid": "k1"}), more);
    }

    pub fn signs(&self, header: &Value, more: &Value) {
        self.gives(&self.key.token(header, &self.claims(more).to_string()));
    }

    pub fn gives(&self, token: &str) {
        self.server.says(
            "/token",
            &json!({"access_token": "the-access-token", "token_type": "Bearer", "id_token": token})
                .to_string(),
        );
    }

    pub fn settings(&self) -> OidcSettings {
        OidcSettings {
            issuer: self.server.url(""),
            client_id: CLIENT.into(),
            scopes: vec!["openid".into(), "email".into()],
            ..OidcSettings::default()
        }
    }

    fn connector(&self) -> Oidc {
        connector(self.settings())
    }

    pub async fn signed_in(&self) -> Result<Assertion, UpstreamError> {
        finish(&self.connector(), NOW).await
    }

    pub async fn told(&self) -> String {
        self.signed_in().await.unwrap_err().to_string()
    }
}

pub fn connector(settings: OidcSettings) -> Oidc {
    Oidc::new(
        settings,
        "the-secret".into(),
        SafeHttpClient::new(SafeHttpOptions {
            allow_private: true,
            timeout: std::time::Duration::from_secs(60),
            ..SafeHttpOptions::default()
        })
        .unwrap(),
    )
}

pub fn visit(now: domain::Micros) -> CodeExchange<'static> {
    CodeExchange {
        redirect_uri: "https://here.test/cb",
        code: "the-code",
        issuer: None,
        user: None,
        nonce: "the-nonce",
        verifier: "vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv",
        fresh: false,
        counts: &[],
        now,
    }
}

pub async fn finish(connector: &Oidc, now: domain::Micros) -> Result<Assertion, UpstreamError> {
    connector.finish(visit(now)).await
}

pub fn start(fresh: bool, choose: bool) -> Start<'static> {
    Start {
        redirect_uri: "https://here.test/cb",
        state: "the-state",
        nonce: "the-nonce",
        verifier: "vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv",
        fresh,
        choose,
        now: NOW,
    }
}

async fn asked(connector: &Oidc, fresh: bool, choose: bool) -> Map<String, Value> {
    let url = connector.authorization_url(start(fresh, choose)).await.unwrap();
    url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned().into())).collect()
}

/// Shows FR-01, FR-02: what nobody needs decides nothing, and is never assurance.
#[tokio::test]
async fn fr_01_fr_02_odd_optional_claims_keep_nobody_out() {
    let op = Op::start();
    let good = op.signed_in().await.unwrap();
    assert_eq!(
        (good.subject.as_str(), good.email.as_deref(), good.email_verified),
        ("s1", Some("v@ex.test"), true)
    );
    for odd in [
        json!({"updated_at": "2026-01-02T03:04:05.678Z"}),
        json!({"updated_at": "1767323045"}),
        json!({"amr": "pwd"}),
        json!({"acr": 1}),
        json!({"acr": {"values": ["x"]}}),
        json!({"address": "Main St 1"}),
        json!({"phone_number_verified": "false"}),
        json!({"preferred_username": 1234}),
        json!({"name": 12}),
        json!({"birthdate": 19_700_101}),
        json!({"picture": {"url": "x"}}),
        json!({"locale": {"language": "en"}}),
        json!({"website": false}),
        json!({"azp": [CLIENT]}),
        json!({"auth_time": "1767323045"}),
    ] {
        op.says(&odd);
        let name = odd.as_object().unwrap().keys().next().unwrap();
        let came = op.signed_in().await.unwrap();
        assert!(
            !came.claims.contains_key(name) && came.email_verified && came.auth_at.is_none(),
            "{odd}"
        );
    }
    op.says(&json!({"email#x": "y", "auth_time": NOW / domain::SECOND - 5}));
    let came = op.signed_in().await.unwrap();
    assert_eq!(
        (came.claims["email#x"].as_str(), came.auth_at),
        (Some("y"), Some(NOW - 5 * domain::SECOND))
    );
}

/// Shows OC-02, OC-08 and the strict half of FR-02: byte for byte, and a number is no text.
#[tokio::test]
async fn oc_08_what_makes_a_token_one_is_strict() {
    let op = Op::start();
    let seconds = NOW / domain::SECOND;
    for good in [
        json!({"aud": [CLIENT]}),
        json!({"exp": seconds - 59}),
        json!({"iat": seconds + 60}),
        json!({"exp": f64::from(1_800_000_300) + 0.5}),
        json!({"azp": CLIENT}),
        json!({"sub": "7"}),
    ] {
        op.says(&good);
        assert!(op.signed_in().await.is_ok(), "{good}");
    }
    for (bad, told) in [
        (json!({"iss": "https://other.test"}), "iss: names another issuer"),
        (json!({"iss": format!("{}/", op.server.url(""))}), "iss: names another issuer"),
        (json!({"iss": null}), "iss: missing"),
        (json!({"aud": "other"}), "aud: is for another client"),
        (json!({"aud": null}), "aud: missing"),
        (json!({"aud": []}), "aud: is for another client"),
        (json!({"aud": [CLIENT, 7]}), "aud: has a number in its list"),
        (
            json!({"aud": [CLIENT, "other"]}),
            "aud: has further audiences that are not trusted, and no azp",
        ),
        (json!({"azp": "other"}), "azp: names another client"),
        (json!({"exp": seconds - 60}), "exp: has passed"),
        (json!({"exp": null}), "exp: missing"),
        (json!({"exp": (seconds + 300).to_string()}), "exp: a text"),
        (json!({"iat": null}), "iat: missing"),
        (json!({"iat": seconds + 61}), "iat: lies in the future"),
        (json!({"iat": seconds.to_string()}), "iat: a text"),
        (json!({"nbf": seconds + 600}), "nbf: lies in the future"),
        (json!({"nonce": null}), "nonce: missing"),
        (json!({"nonce": "other"}), "nonce: is of another request"),
        (json!({"nonce": 7}), "nonce: a number"),
        (json!({"sub": null}), "sub: missing"),
        (json!({"sub": 7}), "sub: a number"),
        (json!({"sub": ""}), "sub: an empty text"),
    ] {
        op.says(&bad);
        assert_eq!(op.told().await, format!("check failed: ID token: {told}"), "{bad}");
    }
}

/// Shows FR-04, OC-08: by a list of trusted audiences, or because the token names us as the party that asked.
#[tokio::test]
async fn fr_04_several_audiences_count_if_we_asked_or_if_they_are_trusted() {
    let op = Op::start();
    let several = json!([CLIENT, "other-app@proj", "2461234567"]);
    op.says(&json!({"aud": several, "azp": CLIENT}));
    assert!(op.signed_in().await.is_ok());
    op.says(&json!({"aud": several, "azp": "other-app@proj"}));
    assert!(op.told().await.contains("azp"));
    op.says(&json!({"aud": several}));
    assert!(op.told().await.contains("aud"));
    let trusting = |trusted: &[&str]| {
        connector(OidcSettings {
            trusted_audiences: trusted.iter().map(|t| (*t).to_owned()).collect(),
            ..op.settings()
        })
    };
    assert!(finish(&trusting(&["other-app@proj", "2461234567"]), NOW).await.is_ok());
    assert!(finish(&trusting(&["other-app@proj"]), NOW).await.is_err());
}

/// OC-07; ID-19 for header and claims.
#[tokio::test]
async fn oc_07_only_the_providers_keys_and_algorithms_count() {
    let op = Op::start();
    assert!(op.signed_in().await.is_ok());
    let other = Signing::rsa(1);
    let claims = op.claims(&json!({})).to_string();
    op.gives(&other.token(&json!({"alg": "RS256", "kid": "k1"}), &claims));
    assert!(op.told().await.ends_with("its signature is not of the provider's key"));
    op.gives(&other.token(&json!({"alg": "RS256", "kid": "k1", "jwk": other.jwk, "jku": "https://evil.test", "x5u": "https://evil.test"}), &claims));
    assert!(op.told().await.ends_with("its signature is not of the provider's key"));
    op.signs(&json!({"alg": "RS256", "kid": "k9"}), &json!({}));
    assert!(op.told().await.ends_with("no key of the key set is for it"));
    for (header, told) in [
        (json!({"alg": "none"}), "is signed with none, which is not accepted"),
        (json!({"alg": "HS256", "kid": "k1"}), "is signed with HS256, which is not accepted"),
        (json!({"alg": "PS256", "kid": "k1"}), "is signed with PS256, which is not accepted"),
        (json!({"alg": "ES256", "kid": "k1"}), "is signed with ES256, which is not accepted"),
        (json!({"alg": 7}), "has no usable algorithm"),
        (json!({"kid": "k1"}), "has no usable algorithm"),
        (json!({"alg": "RS256", "kid": 7}), "kid: a number"),
        (json!({"alg": "RS256", "kid": "k1", "crit": ["x"]}), "has a critical header"),
    ] {
        op.gives(&op.key.token(&header, &claims));
        assert!(op.told().await.contains(told), "{header}");
    }
    op.gives("a.b.c.d.e");
    assert!(op.told().await.contains("is encrypted; turn encryption off"));
    op.gives("nothing");
    assert!(op.told().await.contains("is no signed token"));
    op.gives(&op.key.token(
        &json!({"alg": "RS256", "kid": "k1"}),
        &claims.replacen('{', r#"{"email_verified":true,"#, 1),
    ));
    assert!(op.told().await.contains("a key stands twice"));
    // Signed by us with the secret that both know: none of the provider's.
    let hmac = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256"}"#),
        URL_SAFE_NO_PAD.encode(&claims)
    );
    let signature = jsonwebtoken::crypto::sign(
        hmac.as_bytes(),
        &EncodingKey::from_secret(b"the-secret"),
        Algorithm::HS256,
    )
    .unwrap();
    op.announces(&json!({"id_token_signing_alg_values_supported": null}));
    op.gives(&format!("{hmac}.{signature}"));
    assert!(op.told().await.contains("HS256"));
}

/// Pinned to what the provider announces, or to what the settings say; every asymmetric algorithm that the library can do.
#[tokio::test]
async fn oc_07_every_asymmetric_algorithm_works_where_it_is_announced() {
    for algorithm in ALGORITHMS {
        let key = if algorithm.family() == jsonwebtoken::AlgorithmFamily::Rsa {
            Signing::rsa(0)
        } else {
            Signing::new(algorithm)
        };
        let op = Op { key, ..Op::start() };
        let name = format!("{algorithm:?}");
        op.announces(&json!({"id_token_signing_alg_values_supported": ["HS256", "ES512", name]}));
        op.keys(&[
            json!({"kty": "oct", "kid": "k1", "k": "c2VjcmV0"}),
            json!({"kty": "AKP", "kid": "k1"}),
            json!(7),
            op.key.public(&json!({"kid": "k1"})),
        ]);
        op.signs(&json!({"alg": name, "kid": "k1"}), &json!({}));
        assert!(op.signed_in().await.is_ok(), "{name}");
        let pinned = connector(OidcSettings {
            algorithms: vec![if name == "RS512" { "RS256" } else { "RS512" }.into()],
            ..op.settings()
        });
        assert!(finish(&pinned, NOW).await.is_err(), "{name}");
    }
    let op = Op::start();
    op.announces(&json!({"id_token_signing_alg_values_supported": ["HS256", "none"]}));
    assert!(
        op.told()
            .await
            .contains("id_token_signing_alg_values_supported: has no asymmetric algorithm")
    );
}

/// Shows FR-30 and OC-07: every candidate is tried where the name is the same; without a name only one may fit.
#[tokio::test]
async fn fr_30_oc_07_keys_are_found_by_name_and_doubles_count_once() {
    let op = Op::start();
    let (mine, second) = (op.key.clone(), Signing::rsa(1));
    let elliptic = Signing::new(Algorithm::ES256);
    let k1 = mine.public(&json!({"kid": "k1", "use": "sig", "alg": "RS256"}));
    for keys in [
        vec![k1.clone(), k1.clone()],
        vec![second.public(&json!({"kid": "k1", "use": "enc", "alg": "RSA-OAEP"})), k1.clone()],
        vec![second.public(&json!({"kid": "k1", "alg": "RS512"})), k1.clone()],
        vec![elliptic.public(&json!({"kid": "k1"})), k1.clone()],
        vec![second.public(&json!({"kid": "k1"})), mine.public(&json!({"kid": "k1"}))],
        vec![mine.public(&json!({}))],
    ] {
        op.keys(&keys);
        assert!(op.signed_in().await.is_ok(), "{keys:?}");
    }
    op.signs(&json!({"alg": "RS256"}), &json!({}));
    for (keys, works) in [
        (vec![k1.clone()], true),
        (vec![k1.clone(), k1.clone(), mine.public(&json!({"kid": "k2"}))], true),
        (vec![k1.clone(), elliptic.public(&json!({"kid": "k2"}))], true),
        (vec![k1.clone(), second.public(&json!({"kid": "k2", "use": "enc"}))], true),
        (vec![k1.clone(), second.public(&json!({"kid": "k2", "alg": "PS256"}))], true),
        (vec![k1.clone(), second.public(&json!({"kid": "k2"}))], false),
        (vec![elliptic.public(&json!({"kid": "k2"}))], false),
    ] {
        op.keys(&keys);
        assert_eq!(op.signed_in().await.is_ok(), works, "{keys:?}");
    }
    op.keys(&[k1, second.public(&json!({"kid": "k2"}))]);
    assert!(op.told().await.ends_with("names no key, and several could have signed it"));
}

/// Shows OC-10, UP-01: a new key is found at once, and a flood of unknown ones costs one reading a minute.
#[tokio::test]
async fn oc_10_up_01_new_keys_are_found_at_once_and_withdrawn_ones_are_forgotten() {
    let op = Op::start();
    let connector = op.connector();
    let reads = || op.server.asked().iter().filter(|path| *path == "/jwks").count();
    assert!(finish(&connector, NOW).await.is_ok());
    let rotated = Op { server: op.server.clone(), key: Signing::rsa(1) };
    rotated.keys(&[rotated.key.public(&json!({"kid": "k2"}))]);
    rotated.signs(&json!({"alg": "RS256", "kid": "k2"}), &json!({}));
    assert!(finish(&connector, NOW).await.is_ok(), "in the same second");
    assert_eq!(reads(), 2);
    op.signs(&json!({"alg": "RS256", "kid": "k1"}), &json!({}));
    for _ in 0..5 {
        assert!(finish(&connector, NOW + domain::SECOND).await.is_err(), "withdrawn");
    }
    assert_eq!(reads(), 2, "one reading a minute");
    // Another key under the same name.
    let replaced = Op { server: op.server.clone(), key: Signing::rsa(2) };
    replaced.keys(&[replaced.key.public(&json!({"kid": "k2"}))]);
    replaced.signs(&json!({"alg": "RS256", "kid": "k2"}), &json!({}));
    assert!(finish(&connector, NOW + 61 * domain::SECOND).await.is_ok());
    assert_eq!(reads(), 3);
}

/// Shows FR-45: four fields are needed, and the console hears which one is wrong.
#[tokio::test]
async fn fr_45_odd_optional_metadata_keeps_nobody_out() {
    let op = Op::start();
    for odd in [
        json!({"op_tos_uri": ""}),
        json!({"service_documentation": "", "op_policy_uri": "n/a", "registration_endpoint": ""}),
        json!({"userinfo_endpoint": ""}),
        json!({"scopes_supported": "openid email", "ui_locales_supported": "en", "acr_values_supported": ["0", 1]}),
        json!({"response_types_supported": 7, "subject_types_supported": {}, "claims_supported": 7}),
        json!({"id_token_signing_alg_values_supported": null}),
        json!({"id_token_signing_alg_values_supported": "RS256"}),
        json!({"require_pushed_authorization_requests": "true", "authorization_response_iss_parameter_supported": "true"}),
    ] {
        op.announces(&odd);
        assert!(op.signed_in().await.is_ok(), "{odd}");
    }
    for (bad, told) in [
        (json!({"issuer": null}), "issuer: missing"),
        (
            json!({"issuer": format!("{}/", op.server.url(""))}),
            "issuer: names another issuer than the settings",
        ),
        (
            json!({"authorization_endpoint": "javascript:alert(1)"}),
            "authorization_endpoint: no https address",
        ),
        (json!({"token_endpoint": ""}), "token_endpoint: an empty text"),
        (json!({"jwks_uri": 7}), "jwks_uri: a number"),
        (json!({"jwks_uri": null}), "jwks_uri: missing"),
    ] {
        op.announces(&bad);
        assert_eq!(op.told().await, format!("check failed: metadata: {told}"), "{bad}");
    }
    op.server.answers("/.well-known/openid-configuration", 404, "text/html", "");
    assert_eq!(op.told().await, "no answer: metadata: status 404");
    op.announces(&json!({}));
    op.server.says("/jwks", r#"{"keys":7}"#);
    assert_eq!(op.told().await, "check failed: key set: keys: a number");
}

/// Shows FR-45: a provider without discovery.
#[tokio::test]
async fn fr_45_endpoints_can_be_typed_by_hand() {
    let op = Op::start();
    op.server.answers("/.well-known/openid-configuration", 404, "text/html", "");
    let url = |path: &str| op.server.url(path);
    let typed = OidcSettings {
        authorization_endpoint: url("/authorize"),
        token_endpoint: url("/token"),
        jwks_uri: url("/jwks"),
        ..op.settings()
    };
    let connector = connector(typed);
    assert!(
        connector
            .authorization_url(start(false, false))
            .await
            .unwrap()
            .as_str()
            .starts_with(&url("/authorize?"))
    );
    assert!(finish(&connector, NOW).await.is_ok());
    assert!(!op.server.asked().iter().any(|path| path.contains("well-known")));
}

#[tokio::test]
async fn a_provider_is_tried_without_anybody_who_signs_in() {
    let op = Op::start();
    let tried = || async {
        op.connector()
            .check("https://here.test/cb", NOW)
            .await
            .into_iter()
            .map(|check| (check.part, check.found))
            .collect::<Vec<_>>()
    };
    let refuse = |error: &str| {
        op.server.answers("/token", 400, "application/json", &json!({"error": error}).to_string());
    };
    refuse("invalid_grant");
    let all = tried().await;
    assert!(all.iter().all(|(_, found)| matches!(found, Found::Works(_))), "{all:?}");
    assert_eq!(all.len(), 3);
    // The secret is wrong.
    refuse("invalid_client");
    assert!(matches!(tried().await.last(), Some((Part::Token, Found::Broken(_)))));
    // Keys that nothing here can use.
    op.keys(&[json!({"kty": "oct", "k": "AAAA"})]);
    assert!(matches!(tried().await.get(1), Some((Part::Keys, Found::Broken(_)))));
    // A slash too many: another issuer.
    op.announces(&json!({"issuer": op.server.url("/")}));
    let all = tried().await;
    assert!(matches!(all.as_slice(), [(Part::Metadata, Found::Broken(_))]), "{all:?}");
}

/// Shows OC-06, OC-04.
#[tokio::test]
async fn oc_04_the_answer_names_its_issuer_where_the_metadata_says_so_and_nothing_is_asked_before()
{
    let op = Op::start();
    op.announces(&json!({"authorization_response_iss_parameter_supported": true}));
    let issuer = op.server.url("");
    let came = async |issuer: Option<&str>| {
        op.connector().finish(CodeExchange { issuer, ..visit(NOW) }).await
    };
    assert!(came(Some(&issuer)).await.is_ok());
    let before = op.server.asked().iter().filter(|path| *path == "/token").count();
    assert!(came(None).await.is_err() && came(Some("https://evil.test")).await.is_err());
    assert_eq!(op.server.asked().iter().filter(|path| *path == "/token").count(), before);
}

/// Shows FR-28, OC-09: asked where something is missing, and only of the same person.
#[tokio::test]
async fn fr_28_oc_09_userinfo_is_asked_for_what_is_missing_and_speaks_of_the_same_person() {
    let op = Op::start();
    let asked = || op.server.asked().iter().filter(|path| *path == "/userinfo").count();
    assert!(op.signed_in().await.is_ok());
    assert_eq!(asked(), 0, "nothing is missing");
    op.says(&json!({"email_verified": null}));
    op.server.says(
        "/userinfo",
        r#"{"sub":"s1","email":"v@ex.test","email_verified":true,"name":"Vera","groups":["a"]}"#,
    );
    let came = finish(
        &connector(OidcSettings {
            scopes: vec!["openid".into(), "email".into(), "profile".into()],
            ..op.settings()
        }),
        NOW,
    )
    .await
    .unwrap();
    assert_eq!(
        (came.name.as_deref(), came.email_verified, &came.claims["groups"]),
        (Some("Vera"), true, &json!(["a"]))
    );
    for bad in [
        r#"{"sub":"s2","email":"v@ex.test","email_verified":true}"#,
        r#"{"email":"v@ex.test","email_verified":true}"#,
        r#"{"sub":7}"#,
        r#"{"sub":"s1","email":"a","email":"b"}"#,
    ] {
        op.server.says("/userinfo", bad);
        assert!(matches!(op.signed_in().await, Err(UpstreamError::Answer(_))), "{bad}");
    }
    // The address is there: the rest is not worth a refusal. Without one the person's way depends on the answer.
    op.server.answers("/userinfo", 403, "text/plain", "");
    let came = op.signed_in().await.unwrap();
    assert_eq!((came.email.as_deref(), came.email_verified), (Some("v@ex.test"), false));
    op.says(&json!({"email": null, "email_verified": null}));
    assert_eq!(op.told().await, "no answer: userinfo: status 403");
}

/// Shows FR-29.
#[tokio::test]
async fn fr_29_signed_userinfo_is_read_with_the_providers_keys() {
    let op = Op::start();
    op.says(&json!({"email": null, "email_verified": null}));
    let answers = |key: &Signing, header: Value, claims: Value| {
        op.server.answers(
            "/userinfo",
            200,
            "application/jwt",
            &key.token(&header, &claims.to_string()),
        )
    };
    let header = json!({"alg": "RS256", "kid": "k1"});
    let told = json!({"sub": "s1", "iss": op.server.url(""), "aud": CLIENT, "email": "v@ex.test", "email_verified": true});
    answers(&op.key, header.clone(), told.clone());
    assert_eq!(op.signed_in().await.unwrap().email.as_deref(), Some("v@ex.test"));
    answers(&op.key, header.clone(), json!({"sub": "s1", "email": "v@ex.test"}));
    assert!(op.signed_in().await.is_ok(), "iss and aud are only recommended");
    for (key, header, claims) in [
        (Signing::rsa(1), header.clone(), told.clone()),
        (op.key.clone(), json!({"alg": "none"}), told.clone()),
        (op.key.clone(), header.clone(), with(&told, &json!({"sub": "s2"}))),
        (op.key.clone(), header.clone(), with(&told, &json!({"iss": "https://evil.test"}))),
        (op.key.clone(), header.clone(), with(&told, &json!({"aud": "other"}))),
    ] {
        answers(&key, header, claims);
        assert!(matches!(op.signed_in().await, Err(UpstreamError::Answer(_))));
    }
}

/// Shows FR-09, FR-10 at an OpenID Provider, and what is told of one without an ID token.
#[tokio::test]
async fn fr_10_token_answers_with_odd_parts_work_and_one_without_an_id_token_is_told() {
    let op = Op::start();
    let token =
        op.key.token(&json!({"alg": "RS256", "kid": "k1"}), &op.claims(&json!({})).to_string());
    for body in [
        json!({"access_token": "t", "id_token": token, "scope": ["openid", "email"], "expires_in": "3600"}),
        json!({"access_token": "t", "id_token": token, "token_type": null, "expires_in": 3600.5}),
        json!({"access_token": "t", "id_token": token, "ok": true, "refresh_token": {}}),
    ] {
        op.server.answers("/token", StatusCode::CREATED.as_u16(), "text/plain", &body.to_string());
        assert!(op.signed_in().await.is_ok(), "{body}");
    }
    op.server.says("/token", r#"{"access_token":"t"}"#);
    assert_eq!(op.told().await, "check failed: token endpoint: id_token: missing");
    op.server.says("/token", r#"{"access_token":"t","id_token":7}"#);
    assert_eq!(op.told().await, "check failed: token endpoint: id_token: a number");
}

/// Shows FR-48: nothing is shown where there is nothing to show.
#[tokio::test]
async fn fr_48_each_way_to_show_who_we_are_and_none_for_a_public_client() {
    let op = Op::start();
    let guard = || {
        SafeHttpClient::new(SafeHttpOptions {
            allow_private: true,
            timeout: std::time::Duration::from_secs(60),
            ..SafeHttpOptions::default()
        })
        .unwrap()
    };
    let shown = async |auth: Auth, secret: &str| {
        let settings =
            OidcSettings { auth, key_id: "kid-1".into(), team_id: "TEAM".into(), ..op.settings() };
        assert!(
            finish(&Oidc::new(settings, secret.into(), guard()), NOW).await.is_ok(),
            "{auth:?}"
        );
        let request = op.server.last("/token");
        let form: Map<String, Value> = url::form_urlencoded::parse(request.body.as_bytes())
            .map(|(n, v)| (n.into_owned(), v.into_owned().into()))
            .collect();
        (form, request.headers.to_ascii_lowercase().contains("authorization:"))
    };
    for (auth, secret) in
        [(Auth::None, "the-secret"), (Auth::Basic, ""), (Auth::Post, ""), (Auth::PrivateKeyJwt, "")]
    {
        let (form, header) = shown(auth, secret).await;
        assert_eq!((form["client_id"].as_str(), header), (Some(CLIENT), false), "{auth:?}");
        assert!(
            !form.contains_key("client_secret")
                && !form.contains_key("client_assertion")
                && form.contains_key("code_verifier"),
            "{form:?}"
        );
    }
    let (form, header) = shown(Auth::Basic, "the-secret").await;
    assert!(header && !form.contains_key("client_secret"));
    let (form, header) = shown(Auth::Post, "the-secret").await;
    assert!(!header && form["client_secret"] == "the-secret");
    // OC-19: what we sign is for the issuer only, whatever the metadata names.
    let read = |token: &Value, key: &Signing| {
        verify::signed(
            Part::Settings,
            token.as_str().unwrap(),
            &Keys::read(&json!({"keys": [key.jwk]})).unwrap(),
            &ALGORITHMS,
        )
        .unwrap()
    };
    for key in [
        Signing::rsa(0),
        Signing::new(Algorithm::ES256),
        Signing::new(Algorithm::ES384),
        Signing::new(Algorithm::EdDSA),
    ] {
        let (form, header) = shown(Auth::PrivateKeyJwt, &key.pem).await;
        let claims = read(&form["client_assertion"], &key);
        assert_eq!(
            (&claims["aud"], &claims["iss"], &claims["sub"]),
            (&json!(op.server.url("")), &json!(CLIENT), &json!(CLIENT))
        );
        assert!(!header && claims.contains_key("jti") && !form.contains_key("client_secret"));
    }
    let key = Signing::new(Algorithm::ES256);
    let (form, _) = shown(Auth::AppleJwt, &key.pem).await;
    let claims = read(&form["client_secret"], &key);
    assert_eq!((&claims["iss"], &claims["sub"]), (&json!("TEAM"), &json!(CLIENT)));
    let broken = Oidc::new(
        OidcSettings { auth: Auth::PrivateKeyJwt, ..op.settings() },
        "no key".into(),
        guard(),
    );
    assert_eq!(
        finish(&broken, NOW).await.unwrap_err().to_string(),
        "check failed: settings: secret: no private key as PEM that can sign"
    );
}

/// Shows OC-19: a provider whose metadata names another one's token endpoint gets nothing that is good there: what we sign is
/// for the provider that was meant, by the key that it alone knows.
#[tokio::test]
async fn oc_19_what_we_sign_is_for_the_provider_and_not_for_the_address_that_it_names() {
    let (meant, named) = (Op::start(), Op::start());
    let key = Signing::new(Algorithm::ES256);
    let settings = || OidcSettings { auth: Auth::PrivateKeyJwt, ..meant.settings() };
    let audience = async |at: &Op| {
        let options = SafeHttpOptions {
            allow_private: true,
            timeout: std::time::Duration::from_secs(60),
            ..SafeHttpOptions::default()
        };
        let guard = SafeHttpClient::new(options).unwrap();
        let _ = finish(&Oidc::new(settings(), key.pem.clone().into(), guard), NOW).await;
        let request = at.server.last("/token");
        let assertion = url::form_urlencoded::parse(request.body.as_bytes())
            .find_map(|(name, value)| (name == "client_assertion").then(|| value.into_owned()))
            .unwrap();
        let keys = Keys::read(&json!({"keys": [key.jwk]})).unwrap();
        verify::signed(Part::Settings, &assertion, &keys, &ALGORITHMS).unwrap()["aud"].clone()
    };
    assert_eq!(audience(&meant).await, json!(meant.server.url("")), "the good way");
    meant.announces(&json!({"token_endpoint": named.server.url("/token")}));
    let other = audience(&named).await;
    assert_eq!(other, json!(meant.server.url("")));
    assert_ne!(other, json!(named.server.url("")), "it opens nothing there");
}

/// Shows FR-33, OC-03, OC-20: the least is asked, a fresh sign-in in the way that the provider understands.
#[tokio::test]
async fn fr_33_the_request_asks_for_the_least_and_in_the_way_that_the_provider_understands() {
    let op = Op::start();
    let plain = asked(&op.connector(), false, false).await;
    assert_eq!(
        (plain["scope"].as_str(), plain["code_challenge_method"].as_str(), plain["nonce"].as_str()),
        (Some("openid email"), Some("S256"), Some("the-nonce"))
    );
    assert!(
        !plain.contains_key("prompt")
            && !plain.contains_key("max_age")
            && !plain.contains_key("response_mode")
    );
    for (reauth, prompt, max_age) in [
        (Reauth::LoginAndMaxAge, Some("login"), true),
        (Reauth::Login, Some("login"), false),
        (Reauth::MaxAge, None, true),
        (Reauth::Neither, None, false),
    ] {
        let connector = connector(OidcSettings { reauth, ..op.settings() });
        let fresh = asked(&connector, true, false).await;
        assert_eq!(
            (fresh.get("prompt").and_then(Value::as_str), fresh.contains_key("max_age")),
            (prompt, max_age),
            "{reauth:?}"
        );
        let another = asked(&connector, true, true).await;
        assert_eq!(
            another["prompt"],
            prompt.map_or("select_account".to_owned(), |p| format!("{p} select_account"))
        );
    }
    op.announces(&json!({"prompt_values_supported": ["none", "select_account"]}));
    assert_eq!(
        asked(&op.connector(), true, true).await["prompt"],
        "select_account",
        "learnt from the metadata"
    );
    let more = OidcSettings {
        form_post: true,
        extra: [("hd".to_owned(), "corp.test".to_owned()), ("state".to_owned(), "evil".to_owned())]
            .into(),
        ..op.settings()
    };
    let connector = connector(more);
    let plain = asked(&connector, false, false).await;
    assert_eq!(
        (plain["response_mode"].as_str(), plain["hd"].as_str(), plain["state"].as_str()),
        (Some("form_post"), Some("corp.test"), Some("the-state"))
    );
    assert!(connector.answers_by_form());
}

/// Shows FR-32: what its answers have shown counts more than what it announces.
#[tokio::test]
async fn fr_32_a_provider_says_when_only_where_it_really_does() {
    let op = Op::start();
    let connector = op.connector();
    let fresh =
        async || connector.finish(CodeExchange { fresh: true, ..visit(NOW) }).await.unwrap();
    assert!(connector.supports_auth_time(), "until something else is known");
    op.says(&json!({"auth_time": NOW / domain::SECOND}));
    fresh().await;
    assert!(connector.supports_auth_time());
    op.says(&json!({}));
    finish(&connector, NOW).await.unwrap();
    assert!(connector.supports_auth_time(), "nobody asked");
    fresh().await;
    assert!(!connector.supports_auth_time(), "asked for, and it did not come");
    op.says(&json!({"auth_time": "now"}));
    fresh().await;
    assert!(!connector.supports_auth_time(), "no moment");
    op.announces(&json!({"claims_supported": ["sub", "email"]}));
    let announced = op.connector();
    announced.authorization_url(start(false, false)).await.unwrap();
    assert!(!announced.supports_auth_time());
    for set in [true, false] {
        assert_eq!(
            self::connector(OidcSettings { reports_auth_time: Some(set), ..op.settings() })
                .supports_auth_time(),
            set
        );
    }
}

/// What gives groups is asked of userinfo where the ID token leaves it out, without anybody naming it among the claims; of an
/// object that is there everything is known.
#[tokio::test]
async fn userinfo_is_asked_for_a_claim_that_something_counts_on() {
    let op = Op::start();
    op.server.says("/userinfo", r#"{"sub":"s1","groups":["staff"],"realm":{"roles":["ops"]}}"#);
    let counting = async |counts: &[&str]| {
        let counts: Vec<String> = counts.iter().map(|name| (*name).to_owned()).collect();
        let before = op.server.asked().iter().filter(|path| *path == "/userinfo").count();
        let came = op.connector().finish(CodeExchange { counts: &counts, ..visit(NOW) }).await;
        let after = op.server.asked().iter().filter(|path| *path == "/userinfo").count();
        (came.unwrap().claims, after - before)
    };
    assert_eq!(counting(&[]).await.1, 0);
    let (claims, asked) = counting(&["groups"]).await;
    assert_eq!((&claims["groups"], asked), (&json!(["staff"]), 1));
    assert_eq!(counting(&["realm.roles"]).await.0["realm"], json!({"roles": ["ops"]}));
    op.says(&json!({"groups": [], "realm": {"other": 1}, "a.b": "c"}));
    assert_eq!(counting(&["groups", "realm.roles", "a.b"]).await.1, 0);
}

/// RFC 9126.
#[tokio::test]
async fn requests_are_pushed_where_the_provider_asks_for_it() {
    let op = Op::start();
    op.announces(&json!({"require_pushed_authorization_requests": true, "pushed_authorization_request_endpoint": op.server.url("/par")}));
    op.server.answers(
        "/par",
        201,
        "application/json",
        r#"{"request_uri":"urn:x:1","expires_in":60}"#,
    );
    let connector = op.connector();
    let carried = asked(&connector, false, false).await;
    assert_eq!(Value::from(carried), json!({"client_id": CLIENT, "request_uri": "urn:x:1"}));
    let pushed = op.server.last("/par");
    assert!(
        pushed.body.contains("state=the-state")
            && pushed.body.contains("code_challenge=")
            && pushed.headers.to_ascii_lowercase().contains("authorization: basic"),
        "{pushed:?}"
    );
    op.server.answers("/par", 400, "application/json", r#"{"error":"invalid_request"}"#);
    assert_eq!(
        connector.authorization_url(start(false, false)).await.unwrap_err().to_string(),
        "refused: pushed request endpoint: invalid_request"
    );
    // A switch of the provider asks for it too; what its metadata says in another type asks for nothing.
    let there = json!({"pushed_authorization_request_endpoint": op.server.url("/par"), "require_pushed_authorization_requests": "true"});
    op.announces(&there);
    op.server.answers("/par", 201, "application/json", r#"{"request_uri":"urn:x:2"}"#);
    let by_switch = self::connector(OidcSettings { push: true, ..op.settings() });
    assert_eq!(asked(&by_switch, true, true).await["request_uri"], "urn:x:2");
    assert!(op.server.last("/par").body.contains("prompt=login+select_account"));
    assert!(!asked(&op.connector(), false, false).await.contains_key("request_uri"));
    // The connection test pushes one.
    let part = |checks: Vec<Check>| {
        let found = checks.into_iter().find(|check| check.part == Part::Pushed);
        found.map(|check| matches!(check.found, Found::Works(_)))
    };
    assert_eq!(part(by_switch.check("https://here.test/cb", NOW).await), Some(true));
    assert_eq!(part(op.connector().check("https://here.test/cb", NOW).await), None);
    op.server.answers("/par", 401, "application/json", r#"{"error":"invalid_client"}"#);
    assert_eq!(part(by_switch.check("https://here.test/cb", NOW).await), Some(false));
    op.announces(&json!({"require_pushed_authorization_requests": true}));
    assert!(
        op.connector()
            .authorization_url(start(false, false))
            .await
            .unwrap_err()
            .to_string()
            .contains("pushed_authorization_request_endpoint")
    );
}

/// RFC 9126 §2.2: odd answers that name a request are taken; any other is told by part and field, and none by what we sent.
#[tokio::test]
async fn odd_answers_to_a_pushed_request_are_taken_or_told() {
    let op = Op::start();
    op.announces(&json!({"require_pushed_authorization_requests": true, "pushed_authorization_request_endpoint": op.server.url("/par")}));
    let connector = op.connector();
    let long = format!(r#"{{"request_uri":"urn:x:{}"}}"#, "y".repeat(3000));
    for (status, kind, body) in [
        (201, "application/json", r#"{"request_uri":"urn:x:1","expires_in":60}"#),
        (200, "text/html", r#"{"request_uri":"urn:x:1"}"#),
        (201, "", "\u{feff}{\"request_uri\":\"urn:x:1\",\"expires_in\":\"0\",\"error\":null}"),
    ] {
        op.server.answers("/par", status, kind, body);
        assert_eq!(asked(&connector, false, false).await["request_uri"], "urn:x:1", "{body}");
    }
    let verifier = "v".repeat(43);
    let words = format!(r#"{{"error":"x","error_description":"the-secret of {verifier}"}}"#);
    for (status, body, told) in [
        (201, r#"{"expires_in":60}"#, "request_uri: missing"),
        (201, r#"{"request_uri":7}"#, "request_uri: a number"),
        (201, r#"{"request_uri":""}"#, "request_uri: an empty text"),
        (201, r#"{"request_uri":"urn:x 1"}"#, "request_uri: is no address"),
        (201, long.as_str(), "request_uri: is too long"),
        (201, r#"{"request_uri":"urn:a","request_uri":"urn:b"}"#, "a key stands twice"),
        (201, r#"{"request_uri":"urn:a","error":"invalid_request"}"#, "invalid_request"),
        (200, "<html>", "a page instead of JSON"),
        (201, "", "an empty answer"),
        (413, "too large", "status 413"),
        (503, "", "status 503"),
        (302, "", "status 302"),
        (400, words.as_str(), "x (… of …)"),
    ] {
        op.server.answers("/par", status, "application/json", body);
        let error = connector.authorization_url(start(false, false)).await.unwrap_err().to_string();
        let part = error.contains("pushed request endpoint");
        assert!(part && error.contains(told), "{body}: {error}");
    }
}

/// Shows ID-01, FR-47: many tenants behind one address; the key is tenant and number, never an address.
#[tokio::test]
async fn id_01_a_person_of_one_of_many_tenants_is_known_by_tenant_and_number() {
    let op = Op::start();
    let base = op.server.url("");
    let settings = OidcSettings {
        issuer: format!("{base}/common/v2.0"),
        tenant_issuer: true,
        ..op.settings()
    };
    op.server.says(
        "/common/v2.0/.well-known/openid-configuration",
        &with(&op.metadata(), &json!({"issuer": format!("{base}/{{tenantid}}/v2.0")})).to_string(),
    );
    let says = |tid: &str, more: &Value| {
        op.says(&with(&json!({"iss": format!("{base}/{tid}/v2.0"), "tid": tid, "oid": "o1", "email_verified": null}), more))
    };
    says("t-1", &json!({}));
    let came = async |tenants: &[&str]| {
        finish(
            &connector(OidcSettings {
                tenants: tenants.iter().map(|t| (*t).to_owned()).collect(),
                ..settings.clone()
            }),
            NOW,
        )
        .await
    };
    let person = came(&[]).await;
    // No userinfo is served here: the address is there, and nothing else is worth a refusal.
    assert_eq!(person.map(|p| (p.subject, p.email_verified)), Ok(("t-1/o1".to_owned(), false)));
    assert!(came(&["t-1", "t-2"]).await.is_ok() && came(&["t-2"]).await.is_err());
    for bad in [
        json!({"tid": "t-2"}),
        json!({"tid": null}),
        json!({"tid": "t-1/x"}),
        json!({"oid": null}),
        json!({"oid": "a/b"}),
        json!({"iss": format!("{base}/{{tenantid}}/v2.0")}),
    ] {
        says("t-1", &bad);
        assert!(matches!(came(&[]).await, Err(UpstreamError::Answer(_))), "{bad}");
    }
}

/// Shows ID-09: a name comes once, by the browser; an address does not come that way.
#[tokio::test]
async fn id_09_only_a_name_is_taken_from_what_the_browser_brings() {
    let op = Op::start();
    op.says(
        &json!({"email": "relay@ex.test", "email_verified": "true", "is_private_email": "true"}),
    );
    let connector = connector(OidcSettings { text_booleans: true, ..op.settings() });
    let user =
        r#"{"name":{"firstName":"Vera","lastName":"Day"},"email":"other@ex.test","sub":"s2"}"#;
    let first = connector.finish(CodeExchange { user: Some(user), ..visit(NOW) }).await.unwrap();
    assert_eq!(
        (
            first.name.as_deref(),
            first.email.as_deref(),
            first.email_verified,
            first.subject.as_str()
        ),
        (Some("Vera Day"), Some("relay@ex.test"), true, "s1")
    );
    for odd in ["", "{", "[]", r#"{"name":7}"#, r#"{"name":{"firstName":""}}"#] {
        assert_eq!(
            connector.finish(CodeExchange { user: Some(odd), ..visit(NOW) }).await.unwrap().name,
            None,
            "{odd}"
        );
    }
}

/// A failed reading refuses nobody while a copy is there.
#[tokio::test]
async fn metadata_and_keys_are_kept_while_they_cannot_be_read_again() {
    let op = Op::start();
    let connector = op.connector();
    assert!(finish(&connector, NOW).await.is_ok());
    op.server.answers("/.well-known/openid-configuration", 503, "text/plain", "");
    op.server.answers("/jwks", 503, "text/plain", "");
    let later = NOW + 2 * domain::HOUR;
    op.says(&json!({"iat": later / domain::SECOND, "exp": later / domain::SECOND + 300}));
    assert!(finish(&connector, later).await.is_ok());
    let much_later = NOW + 25 * domain::HOUR;
    op.says(&json!({"iat": much_later / domain::SECOND, "exp": much_later / domain::SECOND + 300}));
    assert!(matches!(finish(&connector, much_later).await, Err(UpstreamError::Down(_))));
}
