//! The relying-party modules of the OpenID Foundation's conformance suite, played by their public names (CF-01, CF-02, CF-04).
//! Each walks the good way first.
use serde_json::json;

use super::tests::{CLIENT, NOW, Op, Signing, connector, finish, visit};
use crate::{Auth, CodeExchange, RedirectFlow, settings::OidcSettings};

/// A provider at which the good way was walked.
async fn good() -> Op {
    let op = Op::start();
    assert_eq!(op.signed_in().await.unwrap().subject, "s1");
    op
}

/// The next token with these claims is refused.
async fn refused(claims: serde_json::Value) {
    let op = good().await;
    op.says(&claims);
    assert!(op.told().await.starts_with("check failed: ID token"));
}

/// Shows CF-01.
#[tokio::test]
async fn oidcc_client_test() {
    good().await;
}

/// Shows CF-01.
#[tokio::test]
async fn oidcc_client_test_invalid_iss() {
    refused(json!({"iss": "https://other.test"})).await;
}

/// Shows CF-01.
#[tokio::test]
async fn oidcc_client_test_missing_sub() {
    refused(json!({"sub": null})).await;
}

/// Shows CF-01.
#[tokio::test]
async fn oidcc_client_test_invalid_aud() {
    refused(json!({"aud": "other"})).await;
}

/// Shows CF-01.
#[tokio::test]
async fn oidcc_client_test_missing_iat() {
    refused(json!({"iat": null})).await;
}

/// Shows CF-01.
#[tokio::test]
async fn oidcc_client_test_nonce_invalid() {
    refused(json!({"nonce": "other"})).await;
}

/// Shows CF-01.
#[tokio::test]
async fn oidcc_client_test_kid_absent_single_jwks() {
    let op = good().await;
    op.keys(&[op.key.public(&json!({}))]);
    op.signs(&json!({"alg": "RS256"}), &json!({}));
    assert!(op.signed_in().await.is_ok());
}

/// Shows CF-01.
#[tokio::test]
async fn oidcc_client_test_kid_absent_multiple_jwks() {
    let op = good().await;
    op.keys(&[op.key.public(&json!({"kid": "k1"})), Signing::rsa(1).public(&json!({"kid": "k2"}))]);
    op.signs(&json!({"alg": "RS256"}), &json!({}));
    assert!(op.told().await.contains("several could have signed it"));
}

/// Shows CF-01.
#[tokio::test]
async fn oidcc_client_test_idtoken_sig_rs256() {
    let op = good().await;
    op.announces(&json!({"id_token_signing_alg_values_supported": ["RS256"]}));
    assert!(op.signed_in().await.is_ok());
}

/// Of the basic plan and of the configuration plan.
/// Shows CF-01, CF-02.
#[tokio::test]
async fn oidcc_client_test_idtoken_sig_none() {
    let op = good().await;
    op.announces(&json!({"id_token_signing_alg_values_supported": ["RS256", "none"]}));
    op.signs(&json!({"alg": "none"}), &json!({}));
    assert!(op.told().await.contains("is signed with none"));
    let token = op.key.token(&json!({"alg": "none"}), &op.claims(&json!({})).to_string());
    op.gives(&format!("{}.", token.rsplit_once('.').unwrap().0));
    assert!(op.told().await.contains("is signed with none"));
}

/// Shows CF-01.
#[tokio::test]
async fn oidcc_client_test_invalid_sig_rs256() {
    let op = good().await;
    op.gives(
        &Signing::rsa(1)
            .token(&json!({"alg": "RS256", "kid": "k1"}), &op.claims(&json!({})).to_string()),
    );
    assert!(op.told().await.contains("its signature is not of the provider's key"));
}

async fn at_userinfo(
    by_post: bool,
    answer: &str,
) -> (Op, Result<crate::Assertion, crate::UpstreamError>) {
    let op = good().await;
    op.says(&json!({"email": null, "email_verified": null}));
    op.server.says("/userinfo", answer);
    let came =
        finish(&connector(OidcSettings { userinfo_by_post: by_post, ..op.settings() }), NOW).await;
    (op, came)
}

/// Shows CF-01.
#[tokio::test]
async fn oidcc_client_test_userinfo_bearer_header() {
    let (op, came) = at_userinfo(false, r#"{"sub":"s1","email":"v@ex.test"}"#).await;
    assert_eq!(came.unwrap().email.as_deref(), Some("v@ex.test"));
    let asked = op.server.last("/userinfo");
    assert!(
        asked.method == "GET" && asked.headers.contains("Bearer the-access-token"),
        "{asked:?}"
    );
}

/// Shows CF-01.
#[tokio::test]
async fn oidcc_client_test_userinfo_bearer_body() {
    let (op, came) = at_userinfo(true, r#"{"sub":"s1","email":"v@ex.test"}"#).await;
    assert_eq!(came.unwrap().email.as_deref(), Some("v@ex.test"));
    let asked = op.server.last("/userinfo");
    assert_eq!(
        (asked.method.as_str(), asked.body.as_str()),
        ("POST", "access_token=the-access-token")
    );
    assert!(!asked.headers.contains("Bearer"));
}

/// Shows CF-01.
#[tokio::test]
async fn oidcc_client_test_userinfo_invalid_sub() {
    let (_, came) = at_userinfo(false, r#"{"sub":"s2","email":"v@ex.test"}"#).await;
    assert_eq!(
        came.unwrap_err().to_string(),
        "check failed: userinfo: sub: speaks of somebody else"
    );
}

/// Shows CF-01.
#[tokio::test]
async fn oidcc_client_test_scope_userinfo_claims() {
    let op = good().await;
    op.server.says("/userinfo", r#"{"sub":"s1","name":"Vera","given_name":"Vera"}"#);
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
        (came.name.as_deref(), came.claims["given_name"].as_str()),
        (Some("Vera"), Some("Vera"))
    );
}

/// Shows CF-01.
#[tokio::test]
async fn oidcc_client_test_client_secret_basic() {
    let op = good().await;
    assert!(
        finish(&connector(OidcSettings { auth: Auth::Basic, ..op.settings() }), NOW).await.is_ok()
    );
    let asked = op.server.last("/token");
    assert!(asked.headers.contains("Basic ") && !asked.body.contains("client_secret"), "{asked:?}");
}

/// Shows CF-02.
#[tokio::test]
async fn oidcc_client_test_discovery_openid_config() {
    let op = good().await;
    assert!(op.server.asked().contains(&"/.well-known/openid-configuration".to_owned()));
}

/// Shows CF-02.
#[tokio::test]
async fn oidcc_client_test_discovery_jwks_uri_keys() {
    let op = good().await;
    op.announces(&json!({"jwks_uri": op.server.url("/other-keys")}));
    op.server
        .says("/other-keys", &json!({"keys": [op.key.public(&json!({"kid": "k1"}))]}).to_string());
    assert!(op.signed_in().await.is_ok());
    assert!(op.server.asked().contains(&"/other-keys".to_owned()));
}

/// Shows CF-02.
#[tokio::test]
async fn oidcc_client_test_discovery_issuer_mismatch() {
    let op = good().await;
    op.announces(&json!({"issuer": "https://other.test"}));
    assert!(op.told().await.starts_with("check failed: metadata: issuer"));
}

/// Shows CF-02.
#[tokio::test]
async fn oidcc_client_test_signing_key_rotation() {
    let op = good().await;
    let rotated = Op { server: op.server.clone(), key: Signing::rsa(1) };
    rotated.keys(&[rotated.key.public(&json!({"kid": "k2"}))]);
    rotated.signs(&json!({"alg": "RS256", "kid": "k2"}), &json!({}));
    assert!(rotated.signed_in().await.is_ok());
}

/// Shows CF-02.
#[tokio::test]
async fn oidcc_client_test_signing_key_rotation_just_before_signing() {
    let op = good().await;
    let connector = connector(op.settings());
    assert!(finish(&connector, NOW).await.is_ok());
    let rotated = Op { server: op.server.clone(), key: Signing::rsa(1) };
    rotated.keys(&[rotated.key.public(&json!({"kid": "k2"}))]);
    rotated.signs(&json!({"alg": "RS256", "kid": "k2"}), &json!({}));
    assert!(finish(&connector, NOW).await.is_ok());
}

/// CF-04; the answer says who gave it.
async fn answered(issuer: Option<&str>) -> bool {
    let op = good().await;
    op.announces(&json!({"authorization_response_iss_parameter_supported": true}));
    let right = op.server.url("");
    assert!(
        connector(op.settings())
            .finish(CodeExchange { issuer: Some(&right), ..visit(NOW) })
            .await
            .is_ok()
    );
    connector(op.settings()).finish(CodeExchange { issuer, ..visit(NOW) }).await.is_ok()
}

/// Shows CF-04.
#[tokio::test]
async fn fapi2_client_test_remove_authorization_response_iss() {
    assert!(!answered(None).await);
}

/// Shows CF-04.
#[tokio::test]
async fn fapi2_client_test_invalid_authorization_response_iss() {
    assert!(!answered(Some("https://other.test")).await);
}

/// Shows CF-04.
#[tokio::test]
async fn fapi2_client_test_invalid_secondary_aud() {
    refused(json!({"aud": [CLIENT, "other"]})).await;
}
