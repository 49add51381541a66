//! The relying-party modules about back-channel logout of the OpenID Foundation's conformance suite, played by their public
//! names (CF-03), and what else must hold of a logout token (OC-16). Each shows first that the good token counts.
use serde_json::{Value, json};

use super::tests::{CLIENT, NOW, Op, Signing, connector};
use crate::{EndedThere, RedirectFlow, UpstreamError};

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// A good logout token's claims, with some replaced; null takes one away.
fn claims(op: &Op, more: &Value) -> Value {
    let seconds = NOW / domain::SECOND;
    let mut all = json!({"iss": op.server.url(""), "aud": CLIENT, "sub": "s1", "sid": "there-1", "jti": "j1", "iat": seconds, "exp": seconds + 120, "events": {EVENT: {}}});
    for (name, value) in more.as_object().unwrap() {
        if value.is_null() {
            all.as_object_mut().unwrap().remove(name);
        } else {
            all[name] = value.clone();
        }
    }
    all
}

fn header() -> Value {
    json!({"alg": "RS256", "kid": "k1", "typ": "logout+jwt"})
}

async fn read(op: &Op, token: &str) -> Result<EndedThere, UpstreamError> {
    connector(op.settings()).ended_there(token, NOW).await
}

async fn sent(op: &Op, header: &Value, more: &Value) -> Result<EndedThere, UpstreamError> {
    read(op, &op.key.token(header, &claims(op, more).to_string())).await
}

/// A provider whose good token was accepted.
async fn good() -> Op {
    let op = Op::start();
    let ended = sent(&op, &header(), &json!({})).await.unwrap();
    assert_eq!(
        (ended.subject.as_deref(), ended.session.as_deref(), ended.id.as_str()),
        (Some("s1"), Some("there-1"), "j1")
    );
    op
}

async fn refused(more: Value, why: &str) {
    let op = good().await;
    let error = sent(&op, &header(), &more).await.unwrap_err().to_string();
    assert!(error.contains("logout token") && error.contains(why), "{more}: {error}");
}

/// `oidcc-client-test-rp-backchannel-rpinitlogout`, as far as the token goes.
/// Shows CF-03, OC-16.
#[tokio::test]
async fn oidcc_client_test_rp_backchannel_rpinitlogout() {
    good().await;
}

/// `oidcc-client-test-rp-backchannel-rpinitlogout-alg-none`.
/// Shows CF-03, OC-16.
#[tokio::test]
async fn oidcc_client_test_rp_backchannel_rpinitlogout_alg_none() {
    let op = good().await;
    let token = op.key.token(&json!({"alg": "none"}), &claims(&op, &json!({})).to_string());
    let unsigned = format!("{}.", token.rsplit_once('.').unwrap().0);
    for forged in [token, unsigned] {
        let error = read(&op, &forged).await.unwrap_err().to_string();
        assert!(error.contains("is signed with none"), "{error}");
    }
}

/// `oidcc-client-test-rp-backchannel-rpinitlogout-wrong-alg`: signed with the shared secret, or with an algorithm that the
/// provider does not announce.
/// Shows CF-03, OC-16.
#[tokio::test]
async fn oidcc_client_test_rp_backchannel_rpinitlogout_wrong_alg() {
    let op = good().await;
    for alg in ["HS256", "RS512", "ES256"] {
        let wrong = json!({"alg": alg, "kid": "k1", "typ": "logout+jwt"});
        let error = sent(&op, &wrong, &json!({})).await.unwrap_err().to_string();
        assert!(error.contains(&format!("is signed with {alg}")), "{error}");
    }
}

/// `oidcc-client-test-rp-backchannel-rpinitlogout-no-event`.
/// Shows CF-03, OC-16.
#[tokio::test]
async fn oidcc_client_test_rp_backchannel_rpinitlogout_no_event() {
    refused(json!({"events": null}), "events: missing").await;
}

/// `oidcc-client-test-rp-backchannel-rpinitlogout-wrong-event`: another event, and one whose value is no object.
/// Shows CF-03, OC-16.
#[tokio::test]
async fn oidcc_client_test_rp_backchannel_rpinitlogout_wrong_event() {
    refused(json!({"events": {"http://schemas.openid.net/event/other": {}}}), "events").await;
    refused(json!({"events": {EVENT: true}}), "events: its logout is a boolean").await;
    refused(json!({"events": [EVENT]}), "events: a list").await;
}

/// `oidcc-client-test-rp-backchannel-rpinitlogout-with-nonce`.
/// Shows CF-03, OC-16.
#[tokio::test]
async fn oidcc_client_test_rp_backchannel_rpinitlogout_with_nonce() {
    refused(json!({"nonce": "n"}), "nonce").await;
    refused(json!({"nonce": false}), "nonce").await;
}

/// `oidcc-client-test-rp-backchannel-rpinitlogout-wrong-aud`.
/// Shows CF-03, OC-16.
#[tokio::test]
async fn oidcc_client_test_rp_backchannel_rpinitlogout_wrong_aud() {
    refused(json!({"aud": "other"}), "aud").await;
    refused(json!({"aud": null}), "aud: missing").await;
    refused(json!({"aud": [CLIENT, "other"]}), "aud").await;
}

/// `oidcc-client-test-rp-backchannel-rpinitlogout-wrong-iss`.
/// Shows CF-03, OC-16.
#[tokio::test]
async fn oidcc_client_test_rp_backchannel_rpinitlogout_wrong_iss() {
    refused(json!({"iss": "https://other.test"}), "iss").await;
    refused(json!({"iss": null}), "iss: missing").await;
}

/// Shows OC-16: who or what ended, when it was said, and the token's own name.
#[tokio::test]
async fn oc_16_a_logout_token_names_somebody_a_moment_and_itself() {
    let seconds = NOW / domain::SECOND;
    refused(json!({"sub": null, "sid": null}), "sub").await;
    refused(json!({"sub": 7}), "sub: a number").await;
    refused(json!({"sid": ""}), "sid: an empty text").await;
    refused(json!({"jti": null}), "jti: missing").await;
    refused(json!({"iat": null}), "iat: missing").await;
    refused(json!({"iat": seconds + 600}), "iat: lies in the future").await;
    refused(json!({"exp": null}), "exp: missing").await;
    refused(json!({"exp": seconds - 61}), "exp: has passed").await;
    refused(json!({"iat": seconds - 90_000}), "iat: was long ago").await;
    let op = good().await;
    let only = |name: &str| json!({ name: null });
    assert_eq!(sent(&op, &header(), &only("sid")).await.unwrap().session, None);
    assert_eq!(sent(&op, &header(), &only("sub")).await.unwrap().subject, None);
    let ended = sent(&op, &header(), &json!({})).await.unwrap();
    assert!(
        ended.remembered_until > NOW + domain::DAY,
        "its name is remembered as long as it counts"
    );
}

/// Shows OC-16: a token that was made for something else is none, whoever signed it.
#[tokio::test]
async fn oc_16_what_was_signed_for_something_else_ends_nothing() {
    let op = good().await;
    for typ in ["JWT", "logout+jwt", "application/logout+JWT"] {
        let header = json!({"alg": "RS256", "kid": "k1", "typ": typ});
        assert!(sent(&op, &header, &json!({})).await.is_ok(), "{typ}");
    }
    for typ in [json!("at+jwt"), json!("dpop+jwt"), json!(1)] {
        let header = json!({"alg": "RS256", "kid": "k1", "typ": typ});
        assert!(sent(&op, &header, &json!({})).await.is_err(), "{typ}");
    }
    // The ID token of a sign-in.
    let id_token =
        op.key.token(&json!({"alg": "RS256", "kid": "k1"}), &op.claims(&json!({})).to_string());
    assert!(read(&op, &id_token).await.unwrap_err().to_string().contains("events: missing"));
    for forged in [
        Signing::rsa(1).token(&header(), &claims(&op, &json!({})).to_string()),
        "x".into(),
        "".into(),
        "a.b.c.d.e".into(),
    ] {
        assert!(read(&op, &forged).await.is_err(), "{forged}");
    }
}

/// Shows OC-10, OC-16: what anybody can send never uses up the reading of keys that a sign-in needs.
#[tokio::test]
async fn oc_16_forged_tokens_read_the_keys_once_a_minute_and_leave_a_sign_in_its_own_reading() {
    let op = good().await;
    let connector = connector(op.settings());
    assert!(super::tests::finish(&connector, NOW).await.is_ok());
    let reads = || op.server.asked().iter().filter(|path| *path == "/jwks").count();
    let before = reads();
    let forged = op
        .key
        .token(&json!({"alg": "RS256", "kid": "unknown"}), &claims(&op, &json!({})).to_string());
    for _ in 0..5 {
        assert!(connector.ended_there(&forged, NOW).await.is_err());
    }
    assert_eq!(reads(), before + 1);
    // The provider changes its key at that moment.
    let rotated = Op { server: op.server.clone(), key: Signing::rsa(1) };
    rotated.keys(&[rotated.key.public(&json!({"kid": "k2"}))]);
    rotated.signs(&json!({"alg": "RS256", "kid": "k2"}), &json!({}));
    assert!(super::tests::finish(&connector, NOW).await.is_ok());
}
