//! CF-05: the modules of the OpenID Foundation's plans for providers, played as a black box under their public names:
//! discovery, the basic profile, RP-initiated logout and back-channel logout.
use std::collections::HashMap;

use crate::{
    op::{Answer, CALLBACK, CHALLENGE, Rp, SECRET, VERIFIER, answer, register},
    world::{Browser, Page, World},
};
use reqwest::Method;
use serde_json::{Value, json};

/// A world with one application, and Vera signed in.
async fn signed_in() -> (World, Rp, Browser) {
    let w = World::new("recommended").await;
    let rp = register(&w, "rp", json!({"grants": ["authorization_code", "refresh_token"]})).await;
    let b = w.sign_up("vera@example.test").await;
    (w, rp, b)
}

/// Signs in on the page that a request led to.
async fn sign_in(w: &World, b: &Browser, page: Page) -> Page {
    let login = b.follow(page).await;
    assert!(login.has("Sign in to The rp"), "{}", login.body);
    let entry = login.url.split("entry=").nth(1).unwrap().split('&').next().unwrap().to_owned();
    let _ = w;
    b.post_only(
        "/fn/signin/password",
        &[("email", "vera@example.test"), ("password", crate::world::PASSWORD), ("entry", &entry)],
    )
    .await
}

async fn tokens(rp: &Rp, b: &Browser, scope: &str) -> Answer {
    let answer = rp.token(&rp.code(b, &[("scope", scope)]).await, &[]).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer
}

/// The part that every module shares: the ID token is right.
async fn check_id_token(rp: &Rp, answer: &Answer) -> Value {
    let claims = rp.verified(&answer.text("id_token")).await;
    assert_eq!((claims["nonce"].as_str(), claims["aud"].as_str()), (Some("n-1"), Some("rp")));
    assert!(
        claims["exp"].as_i64() > claims["iat"].as_i64()
            && claims["sub"]
                .as_str()
                .is_some_and(|s| !s.is_empty() && s.len() <= 255 && s.is_ascii())
    );
    assert!(
        claims["auth_time"].is_i64()
            && claims["acr"].is_string()
            && claims["amr"].is_array()
            && claims["sid"].is_string()
    );
    claims
}

#[tokio::test(flavor = "multi_thread")]
async fn cf_05_oidcc_discovery_endpoint_verification() {
    let (w, rp, _) = signed_in().await;
    for path in ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"] {
        let found = rp.get(path).await.body;
        assert_eq!(found["issuer"], w.url());
        for name in [
            "authorization_endpoint",
            "token_endpoint",
            "userinfo_endpoint",
            "jwks_uri",
            "introspection_endpoint",
            "revocation_endpoint",
            "end_session_endpoint",
            "pushed_authorization_request_endpoint",
            "device_authorization_endpoint",
        ] {
            assert!(found[name].as_str().unwrap().starts_with(&w.url()), "{name}");
        }
        let has =
            |name: &str, value: &str| found[name].as_array().unwrap().iter().any(|v| v == value);
        assert!(
            has("response_types_supported", "code")
                && has("subject_types_supported", "public")
                && has("id_token_signing_alg_values_supported", "RS256")
        );
        assert!(
            has("scopes_supported", "openid")
                && has("grant_types_supported", "authorization_code")
                && has("claims_supported", "sub")
        );
        assert!(
            has("token_endpoint_auth_methods_supported", "client_secret_basic")
                && has("token_endpoint_auth_methods_supported", "client_secret_post")
        );
        assert_eq!(
            (
                found["claims_parameter_supported"].clone(),
                found["request_uri_parameter_supported"].clone()
            ),
            (json!(true), json!(false))
        );
        assert_eq!(
            (
                found["backchannel_logout_supported"].clone(),
                found["backchannel_logout_session_supported"].clone()
            ),
            (json!(true), json!(true))
        );
    }
    let keys = rp.get("/jwks").await.body["keys"].as_array().unwrap().clone();
    assert!(keys.iter().all(|k| k["kid"].is_string()
        && k["use"] == "sig"
        && k["alg"].is_string()
        && k.get("d").is_none()));
    assert_eq!(
        keys.iter()
            .map(|k| k["kid"].as_str().unwrap())
            .collect::<std::collections::HashSet<_>>()
            .len(),
        keys.len()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn cf_05_oidcc_server() {
    let w = World::new("recommended").await;
    let rp = register(&w, "rp", json!({})).await;
    w.sign_up("vera@example.test").await;
    let b = w.browser();
    let back = Rp::back(&sign_in(&w, &b, rp.authorize(&b, &[]).await).await);
    assert_eq!((back["state"].as_str(), back["iss"].as_str()), ("st-1", w.url().as_str()));
    let answer = rp.token(&back["code"], &[]).await;
    assert_eq!((answer.status, answer.text("token_type").as_str()), (200, "Bearer"));
    assert_eq!(answer.headers["cache-control"], "no-store");
    let claims = check_id_token(&rp, &answer).await;
    let info = rp.userinfo(&answer.text("access_token")).await;
    assert_eq!((info.status, &info.body["sub"]), (200, &claims["sub"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn cf_05_oidcc_response_type_missing() {
    let (_w, rp, b) = signed_in().await;
    let back = Rp::back(&rp.authorize(&b, &[("response_type", "")]).await);
    assert_eq!((back["error"].as_str(), back["state"].as_str()), ("invalid_request", "st-1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn cf_05_oidcc_idtoken_signature_and_oidcc_idtoken_unsigned() {
    let (w, rp, b) = signed_in().await;
    check_id_token(&rp, &tokens(&rp, &b, "openid").await).await;
    for (name, algorithm) in [("es", "ES256"), ("ed", "EdDSA")] {
        let other = register(&w, name, json!({"algorithm": algorithm})).await;
        let answer = tokens(&other, &b, "openid").await;
        assert_eq!(other.verified(&answer.text("id_token")).await["aud"], name);
        assert_eq!(
            format!("{:?}", jsonwebtoken::decode_header(answer.text("id_token")).unwrap().alg),
            algorithm
        );
    }
    // An unsigned one is not to be had.
    assert!(service::oidc_provider::ApplicationForm::default().problems().len() > 1);
    assert!(
        serde_json::from_value::<service::oidc_provider::ApplicationSettings>(
            json!({"algorithm": "none"})
        )
        .is_err()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn cf_05_oidcc_userinfo_get_and_post_header_and_post_body() {
    let (_w, rp, b) = signed_in().await;
    let access = tokens(&rp, &b, "openid email").await.text("access_token");
    let by_get = rp.userinfo(&access).await;
    let by_header = answer(rp.program(Method::POST, "/userinfo").bearer_auth(&access)).await;
    let by_body =
        answer(rp.program(Method::POST, "/userinfo").form(&[("access_token", access.as_str())]))
            .await;
    assert_eq!((by_get.body.clone(), by_get.body.clone()), (by_header.body, by_body.body));
    assert_eq!(by_get.body["email"], "vera@example.test");
    // Never in the address, never twice, and not a word without one.
    assert_eq!(rp.get(&format!("/userinfo?access_token={access}")).await.status, 401);
    assert_eq!(
        answer(
            rp.program(Method::POST, "/userinfo")
                .bearer_auth(&access)
                .form(&[("access_token", access.as_str())])
        )
        .await
        .error(),
        (400, "invalid_request")
    );
    let wrong = rp.userinfo("nonsense").await;
    assert_eq!(
        (wrong.error(), wrong.headers["www-authenticate"].to_str().unwrap()),
        ((401, "invalid_token"), "Bearer error=\"invalid_token\"")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn cf_05_oidcc_ensure_request_without_nonce_succeeds_for_code_flow() {
    let (_w, rp, b) = signed_in().await;
    let answer = rp.token(&rp.code(&b, &[("nonce", "")]).await, &[]).await;
    assert!(rp.verified(&answer.text("id_token")).await.get("nonce").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn cf_05_oidcc_scope_profile_email_address_phone_all() {
    let w = World::with("recommended", |config| {
        config.sms.webhook_token = rehearsal::mailbox::TOKEN.into()
    })
    .await;
    let rp = register(&w, "rp", json!({})).await;
    let b = w.sign_up("vera@example.test").await;
    let page = b.post("/fn/account/phone", &[("phone", "+49 30 123456")]).await;
    let code = w.mail("+4930123456", 1).await.code.unwrap();
    b.code(&page, &code).await;
    let told = async |scope: &str| {
        rp.userinfo(&tokens(&rp, &b, scope).await.text("access_token")).await.body
    };
    let names = |claims: &Value| {
        claims.as_object().unwrap().keys().cloned().collect::<std::collections::BTreeSet<_>>()
    };
    let set = |all: &[&str]| {
        all.iter().map(|n| (*n).to_owned()).collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(names(&told("openid").await), set(&["sub"]));
    assert_eq!(names(&told("openid profile").await), set(&["sub", "name", "locale", "updated_at"]));
    assert_eq!(names(&told("openid email").await), set(&["sub", "email", "email_verified"]));
    assert_eq!(
        names(&told("openid address").await),
        set(&["sub"]),
        "we have none, and make none up"
    );
    let phone = told("openid phone").await;
    assert_eq!(
        (phone["phone_number"].as_str(), phone["phone_number_verified"].as_bool()),
        (Some("+4930123456"), Some(true))
    );
    let all = told("openid profile email phone address roles offline_access unheard_of").await;
    assert!(names(&all).is_superset(&set(&["sub", "name", "email", "phone_number", "roles"])));
}

#[tokio::test(flavor = "multi_thread")]
async fn cf_05_oidcc_alternate_happy_flow_and_display_page_and_popup() {
    let (_w, rp, b) = signed_in().await;
    for extra in [("display", "page"), ("display", "popup"), ("login_hint", "vera@example.test")] {
        assert!(!rp.code(&b, &[extra]).await.is_empty());
    }
    // Another registered URI, with a query of its own that stays.
    let uri = format!("{CALLBACK}?fixed=1");
    let page = rp.authorize(&b, &[("redirect_uri", &uri)]).await;
    assert!(
        page.header("location").starts_with(&format!("{uri}&code=")),
        "{}",
        page.header("location")
    );
    let code = Rp::back(&page)["code"].clone();
    assert_eq!(
        rp.token(&code, &[]).await.error(),
        (400, "invalid_grant"),
        "the URI of the request belongs to the code"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn cf_05_oidcc_prompt_login() {
    let (w, rp, b) = signed_in().await;
    let first = rp.verified(&tokens(&rp, &b, "openid").await.text("id_token")).await;
    w.pass(5);
    let back = Rp::back(&sign_in(&w, &b, rp.authorize(&b, &[("prompt", "login")]).await).await);
    let second = rp.verified(&rp.token(&back["code"], &[]).await.text("id_token")).await;
    assert!(
        second["auth_time"].as_i64() > first["auth_time"].as_i64() && second["sub"] == first["sub"]
    );
    assert_eq!(second["sid"], first["sid"], "the same person's session goes on");
}

#[tokio::test(flavor = "multi_thread")]
async fn cf_05_oidcc_prompt_none_not_logged_in_and_logged_in() {
    let (w, rp, b) = signed_in().await;
    let back = Rp::back(&rp.authorize(&w.browser(), &[("prompt", "none")]).await);
    assert_eq!(
        (back["error"].as_str(), back["state"].as_str(), back["iss"].as_str()),
        ("login_required", "st-1", w.url().as_str())
    );
    let code = rp.code(&b, &[("prompt", "none")]).await;
    check_id_token(&rp, &rp.token(&code, &[]).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cf_05_oidcc_max_age_1_and_max_age_10000() {
    let (w, rp, b) = signed_in().await;
    let first = rp
        .verified(
            &rp.token(&rp.code(&b, &[("max_age", "10000")]).await, &[]).await.text("id_token"),
        )
        .await;
    w.pass(3);
    let again = rp
        .verified(
            &rp.token(&rp.code(&b, &[("max_age", "10000")]).await, &[]).await.text("id_token"),
        )
        .await;
    assert_eq!(first["auth_time"], again["auth_time"]);
    let back = Rp::back(&sign_in(&w, &b, rp.authorize(&b, &[("max_age", "0")]).await).await);
    assert!(back.contains_key("code"), "a sign-in for this request is young enough for every age");
    w.pass(3);
    let back = Rp::back(&sign_in(&w, &b, rp.authorize(&b, &[("max_age", "1")]).await).await);
    let fresh = rp.verified(&rp.token(&back["code"], &[]).await.text("id_token")).await;
    assert!(fresh["auth_time"].as_i64() > first["auth_time"].as_i64());
}

#[tokio::test(flavor = "multi_thread")]
async fn cf_05_oidcc_ensure_request_with_unknown_parameter_succeeds_and_claims_locales_and_acr_values()
 {
    let (_w, rp, b) = signed_in().await;
    for extra in [
        ("extra", "foobar"),
        ("claims_locales", "se"),
        ("acr_values", "urn:ligature:acr:one-factor 1 2"),
    ] {
        let claims = check_id_token(&rp, &rp.token(&rp.code(&b, &[extra]).await, &[]).await).await;
        assert_eq!(claims["acr"], "urn:ligature:acr:one-factor");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cf_05_oidcc_id_token_hint() {
    let (w, rp, b) = signed_in().await;
    let hint = tokens(&rp, &b, "openid").await.text("id_token");
    let claims = check_id_token(
        &rp,
        &rp.token(&rp.code(&b, &[("prompt", "none"), ("id_token_hint", &hint)]).await, &[]).await,
    )
    .await;
    // Somebody else is signed in here: not theirs, and no page to say so.
    let other = w.sign_up("theo@example.test").await;
    assert_eq!(
        Rp::back(&rp.authorize(&other, &[("prompt", "none"), ("id_token_hint", &hint)]).await)["error"],
        "login_required"
    );
    let by_claim = json!({"id_token": {"sub": {"value": claims["sub"]}}}).to_string();
    assert_eq!(
        Rp::back(&rp.authorize(&other, &[("prompt", "none"), ("claims", &by_claim)]).await)["error"],
        "login_required"
    );
    let asked = rp.authorize(&other, &[("id_token_hint", &hint)]).await;
    assert!(asked.header("location").starts_with("/login"));
    // Whoever signs in there and is not the one who was asked for: the application hears it, and nobody loops.
    let login = other.follow(asked).await;
    let entry = login.url.split("entry=").nth(1).unwrap().split('&').next().unwrap().to_owned();
    let page = other
        .post_only(
            "/fn/signin/password",
            &[
                ("email", "theo@example.test"),
                ("password", crate::world::PASSWORD),
                ("entry", &entry),
            ],
        )
        .await;
    assert_eq!(Rp::back(&page)["error"], "login_required");
}

#[tokio::test(flavor = "multi_thread")]
async fn cf_05_oidcc_login_hint_and_ui_locales() {
    let w = World::new("recommended").await;
    let rp = register(&w, "rp", json!({})).await;
    let b = w.browser();
    let login = b
        .follow(
            rp.authorize(&b, &[("login_hint", "vera@example.test"), ("ui_locales", "se de en")])
                .await,
        )
        .await;
    assert!(login.has("value=\"vera@example.test\"") && login.has("lang=\"de\""), "{}", login.body);
    // What a person chose stays.
    b.post("/fn/language", &[("tag", "en"), ("back", "/login")]).await;
    let login = b.follow(rp.authorize(&b, &[("ui_locales", "de")]).await).await;
    assert!(login.has("lang=\"en\""), "{}", login.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn cf_05_oidcc_ensure_registered_redirect_uri() {
    let (w, rp, b) = signed_in().await;
    for uri in [
        "https://rp.example.test/other",
        "https://evil.test/cb",
        &format!("{CALLBACK}/"),
        &format!("{CALLBACK}?x"),
        &format!("{CALLBACK}#f"),
        "https://rp.example.test:443/cb",
        "http://rp.example.test/cb",
        "https://user@rp.example.test/cb",
        "https://rp.example.test/cb/../cb",
    ] {
        let page = b.follow(rp.authorize(&b, &[("redirect_uri", uri)]).await).await;
        assert!(
            page.url.starts_with(&w.url()) && page.refusal() == "app.unknown",
            "{uri}: {}",
            page.url
        );
    }
    assert_eq!(
        b.follow(rp.authorize(&b, &[("redirect_uri", "")]).await).await.refusal(),
        "app.unknown"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn cf_05_oidcc_ensure_post_request_succeeds() {
    let (_w, rp, b) = signed_in().await;
    // From the application's own pages: another site.
    let page = b
        .send(
            b.request(Method::POST, "/authorize")
                .header("origin", "https://rp.example.test")
                .header("sec-fetch-site", "cross-site")
                .form(&rp.request(&[])),
        )
        .await;
    assert!(Rp::back(&page).contains_key("code"));
    // A browser sends no session cookie along with such a post: it comes around as a GET.
    let silent = _w.browser();
    let page = silent
        .send(
            silent
                .request(Method::POST, "/authorize")
                .header("origin", "https://rp.example.test")
                .header("sec-fetch-site", "cross-site")
                .form(&rp.request(&[])),
        )
        .await;
    assert!(
        page.status == 303
            && page.header("location").starts_with("/authorize?response_type=code&client_id=rp&"),
        "{}",
        page.header("location")
    );
    assert!(
        b.send(b.request(Method::GET, &page.header("location")))
            .await
            .header("location")
            .starts_with(CALLBACK)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn cf_05_oidcc_server_client_secret_post() {
    let (_w, rp, b) = signed_in().await;
    let code = rp.code(&b, &[]).await;
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", CALLBACK),
        ("client_id", "rp"),
        ("client_secret", SECRET),
    ];
    let posted = answer(rp.program(Method::POST, "/token").form(&form)).await;
    check_id_token(&rp, &posted).await;
    let wrong = answer(rp.program(Method::POST, "/token").form(&[
        ("grant_type", "authorization_code"),
        ("code", "x"),
        ("client_id", "rp"),
        ("client_secret", "nope"),
    ]))
    .await;
    assert_eq!(wrong.error(), (401, "invalid_client"));
    let none = answer(rp.program(Method::POST, "/token").form(&[
        ("grant_type", "authorization_code"),
        ("code", "x"),
        ("client_id", "rp"),
    ]))
    .await;
    assert_eq!(
        none.error(),
        (401, "invalid_client"),
        "a confidential application shows its secret"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn cf_05_oidcc_request_uri_and_request_object_unsupported() {
    let (_w, rp, b) = signed_in().await;
    let error = async |changes: &[(&str, &str)]| {
        Rp::back(&rp.authorize(&b, changes).await)["error"].clone()
    };
    assert_eq!(
        error(&[("request_uri", "https://rp.example.test/request.jwt")]).await,
        "request_uri_not_supported"
    );
    assert_eq!(error(&[("request", "eyJhbGciOiJub25lIn0.e30.")]).await, "request_not_supported");
    // oidcc-ensure-request-object-with-redirect-uri: what the object says does not count, least of all where to.
    let object = "eyJhbGciOiJub25lIn0.eyJyZWRpcmVjdF91cmkiOiJodHRwczovL2V2aWwudGVzdCJ9.";
    assert!(
        rp.authorize(&b, &[("request", object)]).await.header("location").starts_with(CALLBACK)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn cf_05_oidcc_claims_essential() {
    let (_w, rp, b) = signed_in().await;
    let claims = json!({"userinfo": {"name": {"essential": true}}, "id_token": {"email": {"essential": true}}}).to_string();
    let answer = rp.token(&rp.code(&b, &[("claims", &claims)]).await, &[]).await;
    assert_eq!(check_id_token(&rp, &answer).await["email"], "vera@example.test");
    let info = rp.userinfo(&answer.text("access_token")).await.body;
    assert!(info["name"].is_string() && info.get("email").is_none(), "{info}");
}

#[tokio::test(flavor = "multi_thread")]
async fn cf_05_oidcc_refresh_token() {
    let (w, rp, b) = signed_in().await;
    let code =
        rp.code(&b, &[("scope", "openid email offline_access"), ("prompt", "consent")]).await;
    let first = rp.token(&code, &[]).await;
    let before = check_id_token(&rp, &first).await;
    w.pass(30);
    let second = rp.refresh(&first.text("refresh_token")).await;
    assert_eq!(second.status, 200, "{}", second.body);
    assert!(
        second.text("refresh_token") != first.text("refresh_token")
            && second.text("access_token") != first.text("access_token")
    );
    let after = rp.verified(&second.text("id_token")).await;
    assert_eq!(
        (&after["sub"], &after["auth_time"], &after["aud"]),
        (&before["sub"], &before["auth_time"], &before["aud"])
    );
    assert!(after["iat"].as_i64() > before["iat"].as_i64() && after.get("nonce").is_none());
    assert_eq!(rp.userinfo(&second.text("access_token")).await.body["email"], "vera@example.test");
    // Another application cannot use it, and without the scope there is none.
    let other = register(&w, "other", json!({})).await;
    assert_eq!(other.refresh(&second.text("refresh_token")).await.error(), (400, "invalid_grant"));
    assert!(tokens(&rp, &b, "openid").await.body.get("refresh_token").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn cf_05_oidcc_ensure_request_with_valid_pkce_succeeds() {
    let (_w, rp, b) = signed_in().await;
    let pkce = [("code_challenge", CHALLENGE), ("code_challenge_method", "S256")];
    let answer = rp.token(&rp.code(&b, &pkce).await, &[("code_verifier", VERIFIER)]).await;
    check_id_token(&rp, &answer).await;
    for verifier in [None, Some("wrong-wrong-wrong-wrong-wrong-wrong-wrong-wrong")] {
        let code = rp.code(&b, &pkce).await;
        let more: Vec<(&str, &str)> = verifier.into_iter().map(|v| ("code_verifier", v)).collect();
        assert_eq!(rp.token(&code, &more).await.error(), (400, "invalid_grant"));
    }
    // A verifier for a code without a challenge: somebody took the challenge out (RFC 9700 §4.8).
    let code = rp.code(&b, &[]).await;
    assert_eq!(
        rp.token(&code, &[("code_verifier", VERIFIER)]).await.error(),
        (400, "invalid_grant")
    );
}

async fn logout(b: &Browser, parameters: &[(&str, &str)]) -> Page {
    b.send(b.request(Method::GET, "/logout").query(parameters)).await
}

const OUT: &str = "https://rp.example.test/out";

#[tokio::test(flavor = "multi_thread")]
async fn cf_05_oidcc_rp_initiated_logout_with_and_without_state_and_with_a_query_in_the_uri() {
    for (uri, state, expected) in [
        (OUT, Some("s&1"), format!("{OUT}?state=s%261")),
        (OUT, None, OUT.to_owned()),
        (
            "https://rp.example.test/out?x=1",
            Some("s"),
            "https://rp.example.test/out?x=1&state=s".to_owned(),
        ),
    ] {
        let (_w, rp, b) = signed_in().await;
        let hint = tokens(&rp, &b, "openid").await.text("id_token");
        let mut parameters =
            vec![("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", uri)];
        parameters.extend(state.map(|s| ("state", s)));
        let page = logout(&b, &parameters).await;
        assert_eq!(page.header("location"), expected);
        assert!(!b.is_signed_in().await);
        assert_eq!(
            Rp::back(&rp.authorize(&b, &[("prompt", "none")]).await)["error"],
            "login_required"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cf_05_oidcc_rp_initiated_logout_bad_post_logout_redirect_uri() {
    let (w, rp, b) = signed_in().await;
    let hint = tokens(&rp, &b, "openid").await.text("id_token");
    for bad in [
        "https://evil.test/out",
        "https://rp.example.test/out/",
        "https://rp.example.test/out?x=2",
        CALLBACK,
    ] {
        let page = b
            .follow(
                logout(&b, &[("id_token_hint", &hint), ("post_logout_redirect_uri", bad)]).await,
            )
            .await;
        assert!(
            page.url.starts_with(&w.url()) && page.refusal() == "app.unknown",
            "{bad}: {}",
            page.url
        );
        assert!(b.is_signed_in().await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cf_05_oidcc_rp_initiated_logout_modified_and_bad_id_token_hint() {
    let (_w, rp, b) = signed_in().await;
    let hint = tokens(&rp, &b, "openid").await.text("id_token");
    // The first letter of the signature: the last one carries bits that nothing reads.
    let (rest, signature) = hint.rsplit_once('.').unwrap();
    let modified =
        format!("{rest}.{}{}", if signature.starts_with('A') { 'B' } else { 'A' }, &signature[1..]);
    for bad in [modified.as_str(), "nonsense", "eyJhbGciOiJub25lIn0.e30."] {
        let parameters = [("id_token_hint", bad), ("post_logout_redirect_uri", OUT)];
        let asked = logout(&b, &parameters).await;
        // It shows nothing, so it is none: the person is asked, and nobody is sent to the application (FR-58).
        assert!(asked.status == 200 && asked.has("Sign out?"), "{bad}");
        assert!(b.is_signed_in().await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cf_05_oidcc_rp_initiated_logout_no_id_token_hint_no_params_only_state_and_no_uri() {
    let (w, rp, b) = signed_in().await;
    // Nothing shows that the application speaks of this session: the person is asked.
    let asked =
        logout(&b, &[("client_id", "rp"), ("post_logout_redirect_uri", OUT), ("state", "s")]).await;
    assert!(
        asked.status == 200 && asked.has("The rp asks to sign you out") && b.is_signed_in().await,
        "{}",
        asked.body
    );
    let gone = b
        .post_only(
            "/fn/signout/asked",
            &[("client_id", "rp"), ("post_logout_redirect_uri", OUT), ("state", "s")],
        )
        .await;
    assert_eq!(gone.header("location"), format!("{OUT}?state=s"));
    assert!(!b.is_signed_in().await);
    // Without an application no address is followed, whoever asks.
    let v = w.browser();
    v.password("vera@example.test", crate::world::PASSWORD).await;
    for parameters in [vec![], vec![("state", "s")]] {
        assert!(logout(&v, &parameters).await.has("Sign out?") && v.is_signed_in().await);
    }
    let to = [("post_logout_redirect_uri", OUT)];
    assert!(logout(&v, &to).await.has("Sign out?"));
    let left = v.post_only("/fn/signout/asked", &to).await.header("location");
    assert!(left.starts_with('/'), "nobody says whose address that is: {left}");
    v.password("vera@example.test", crate::world::PASSWORD).await;
    // A hint without an address ends here.
    let hint = rp.token(&rp.code(&v, &[]).await, &[]).await.text("id_token");
    let end = v.follow(logout(&v, &[("id_token_hint", &hint)]).await).await;
    assert!(end.path() == "/login" && !v.is_signed_in().await, "{}", end.url);
    // Somebody else's hint ends nobody's session unasked.
    let other = w.sign_up("theo@example.test").await;
    assert!(
        logout(&other, &[("id_token_hint", &hint)]).await.has("Sign out?")
            && other.is_signed_in().await
    );
    // A post from the application's page comes around as a GET, with the cookie.
    let posted = other
        .send(
            other
                .request(Method::POST, "/logout")
                .header("origin", "https://rp.example.test")
                .header("sec-fetch-site", "cross-site")
                .form(&[("state", "s")]),
        )
        .await;
    assert_eq!(posted.header("location"), "/logout?state=s");
}

/// An application that hears of sign-outs, and can be deaf for a while.
pub async fn listener() -> (String, std::sync::Arc<std::sync::Mutex<(bool, Vec<String>)>>) {
    let heard = std::sync::Arc::new(std::sync::Mutex::new((false, Vec::new())));
    let state = heard.clone();
    let router = axum::Router::new().route(
        "/backchannel",
        axum::routing::post(move |axum::Form(form): axum::Form<HashMap<String, String>>| {
            let mut heard = state.lock().unwrap();
            heard.1.push(form["logout_token"].clone());
            let status =
                if heard.0 { http::StatusCode::SERVICE_UNAVAILABLE } else { http::StatusCode::OK };
            async move { status }
        }),
    );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}/backchannel", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (uri, heard)
}

/// Waits until so many tokens were heard; bounded.
pub async fn heard(all: &std::sync::Mutex<(bool, Vec<String>)>, n: usize) -> Vec<String> {
    for _ in 0..400 {
        let there = all.lock().unwrap().1.clone();
        if there.len() >= n {
            return there;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("{} of {n} logout tokens were heard", all.lock().unwrap().1.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn cf_05_oidcc_backchannel_rp_initiated_logout_and_every_other_end_of_a_session() {
    let w = World::new("recommended").await;
    let (uri, all) = listener().await;
    let rp = register(&w, "rp", json!({"backchannel_logout_uri": uri})).await;
    let quiet = register(&w, "quiet", json!({})).await;
    let b = w.sign_up("vera@example.test").await;
    let claims = rp.verified(&tokens(&rp, &b, "openid").await.text("id_token")).await;
    tokens(&quiet, &b, "openid").await;
    let hint = tokens(&rp, &b, "openid").await.text("id_token");
    logout(&b, &[("id_token_hint", &hint), ("post_logout_redirect_uri", OUT)]).await;
    let told = heard(&all, 1).await[0].clone();
    let logout_token = rp.verified(&told).await;
    assert_eq!((&logout_token["sub"], &logout_token["sid"]), (&claims["sub"], &claims["sid"]));
    assert!(
        logout_token["events"]["http://schemas.openid.net/event/backchannel-logout"].is_object()
            && logout_token["jti"].is_string()
            && logout_token.get("nonce").is_none()
    );
    assert_eq!(jsonwebtoken::decode_header(&told).unwrap().typ.as_deref(), Some("logout+jwt"));
    // Whoever ends it: the person elsewhere, a reset, an administrator. A confirmation or a new sign-in of the same
    // person ends nothing, and a deaf application is asked again.
    let v = w.browser();
    v.password("vera@example.test", crate::world::PASSWORD).await;
    tokens(&rp, &v, "openid").await;
    v.password("vera@example.test", crate::world::PASSWORD).await;
    all.lock().unwrap().0 = true;
    let elsewhere = w.browser();
    elsewhere.password("vera@example.test", crate::world::PASSWORD).await;
    elsewhere.post("/fn/account/sessions/end-others", &[]).await;
    heard(&all, 2).await;
    all.lock().unwrap().0 = false;
    w.pass(61);
    let third = heard(&all, 3).await;
    let (a, b) = (rp.verified(&third[1]).await, rp.verified(&third[2]).await);
    assert_eq!(a["sid"], b["sid"]);
    assert_ne!(a["jti"], b["jti"], "each try is a token of its moment");
    tokens(&rp, &elsewhere, "openid").await;
    let owner = w.owner().await;
    let list = owner.get("/admin/accounts?q=vera%40example.test").await;
    let id: String =
        list.body.split("href=\"/admin/accounts/").nth(1).unwrap().chars().take(32).collect();
    owner.post("/fn/admin/account/state", &[("account", &id), ("enabled", "no")]).await;
    assert_eq!(heard(&all, 4).await.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn cf_05_oidcc_frontchannel_rp_initiated_logout() {
    let w = World::new("recommended").await;
    let rp =
        register(&w, "rp", json!({"frontchannel_logout_uri": "https://rp.example.test/front?a=1"}))
            .await;
    let b = w.sign_up("vera@example.test").await;
    let answer = tokens(&rp, &b, "openid").await;
    let sid = rp.verified(&answer.text("id_token")).await["sid"].as_str().unwrap().to_owned();
    let page = b
        .follow(
            logout(
                &b,
                &[("id_token_hint", &answer.text("id_token")), ("post_logout_redirect_uri", OUT)],
            )
            .await,
        )
        .await;
    let issuer: String = url::form_urlencoded::byte_serialize(w.url().as_bytes()).collect();
    let frame = format!("https://rp.example.test/front?a=1&amp;iss={issuer}&amp;sid={sid}");
    assert!(page.has(&format!("src=\"{frame}\"")) && page.has(OUT), "{}", page.body);
    assert!(page.header("content-security-policy").contains("frame-src https://rp.example.test;"));
    assert!(!b.is_signed_in().await);
}
