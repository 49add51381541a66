//! An application signs people in through Ligature.
use crate::world::{Browser, Page, World};
use rehearsal::application::{Registration, serve};
use reqwest::Method;
use serde_json::{Value, json};

async fn photos(w: &World) -> String {
    let registration = Registration {
        issuer: w.url(),
        client_id: "photos".into(),
        secret: "photos-secret".into(),
    };
    let base = serve(0, registration).await.unwrap();
    w.apply(json!({"applications": [{"client_id": "photos", "name": "Photos", "secret": "photos-secret", "redirect_uris": [format!("{base}/cb")], "settings": {"unproved_contacts": true}}]})).await;
    base
}

/// From the application's button to the sign-in page, through a provider, and as far as it goes.
async fn sign_in(b: &Browser, photos: &str, key: &str, who: &str) -> Page {
    let login = b.get(&format!("{photos}/login")).await;
    assert_eq!(login.path(), "/login", "{}", login.body);
    let entry = login.url.split("entry=").nth(1).unwrap().to_owned();
    let started = b.post_only("/fn/signin/provider", &[("provider", key), ("entry", &entry)]).await;
    let callback = b.at_provider(&started.header("location"), who).await;
    b.get(&callback).await
}

fn subject(page: &Page) -> String {
    page.body
        .split("<code id=\"sub\">")
        .nth(1)
        .unwrap_or_else(|| panic!("{}", page.body))
        .split('<')
        .next()
        .unwrap()
        .to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn zi_02_the_application_sees_the_same_subject_whichever_provider_was_used() {
    let w = World::new("goss").await;
    let photos = photos(&w).await;
    let first = sign_in(&w.browser(), &photos, "meridian", "m-vera").await;
    assert!(
        first.url.starts_with(&photos) && first.has("Hello <b>Vera</b>"),
        "{} {}",
        first.url,
        first.body
    );
    let b = w.browser();
    let chooser = sign_in(&b, &photos, "atlas", "a-vera").await;
    assert!(chooser.path().ends_with("/choose"));
    assert!(
        !chooser.header("content-security-policy").contains("form-action"),
        "the form may lead back to the application, and on from there"
    );
    let page = b.pick(&chooser, "add_to_existing").await;
    let code = w.mail("vera@example.test", 1).await.code.unwrap();
    let second = b.code(&page, &code).await;
    assert!(second.url.starts_with(&photos), "{}", second.url);
    assert_eq!(subject(&first), subject(&second));
    let third = sign_in(&w.browser(), &photos, "atlas", "a-vera").await;
    assert_eq!(subject(&first), subject(&third));
    assert_eq!(subject(&first).len(), 26);
    let other = sign_in(&w.browser(), &photos, "meridian", "m-ben").await;
    assert_ne!(subject(&first), subject(&other));
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_session_the_application_gets_its_answer_without_a_page() {
    let w = World::new("goss").await;
    let photos = photos(&w).await;
    let b = w.browser();
    b.sign_in("meridian", "m-vera").await;
    let page = b.get(&format!("{photos}/login")).await;
    assert!(page.url.starts_with(&photos) && page.has("Hello <b>Vera</b>"));
    assert!(!page.way.iter().any(|u| u.contains("/login?")));
}

#[tokio::test(flavor = "multi_thread")]
async fn after_use_existing_the_way_back_to_the_application_is_kept() {
    let w = World::new("goss").await;
    let photos = photos(&w).await;
    w.browser().sign_in("meridian", "m-vera").await;
    let b = w.browser();
    let chooser = sign_in(&b, &photos, "atlas", "a-vera").await;
    let login = b.pick(&chooser, "use_existing").await;
    assert!(login.has("Sign in to Photos"), "{}", login.body);
    let entry = login.url.split("entry=").nth(1).unwrap().to_owned();
    let started =
        b.post_only("/fn/signin/provider", &[("provider", "meridian"), ("entry", &entry)]).await;
    let callback = b.at_provider(&started.header("location"), "m-vera").await;
    assert!(b.get(&callback).await.url.starts_with(&photos));
}

struct Asked {
    verifier: &'static str,
    parameters: Vec<(&'static str, String)>,
}

fn request(photos: &str) -> Asked {
    let parameters = vec![
        ("response_type", "code".into()),
        ("client_id", "photos".into()),
        ("redirect_uri", format!("{photos}/cb")),
        ("scope", "openid email".into()),
        ("state", "s&=1".into()),
        ("nonce", "n".into()),
        ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".into()),
        ("code_challenge_method", "S256".into()),
    ];
    Asked { verifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", parameters }
}

async fn authorize(b: &Browser, asked: &Asked) -> Page {
    b.send(b.request(Method::GET, "/authorize").query(&asked.parameters)).await
}

fn query(page: &Page) -> std::collections::HashMap<String, String> {
    url::Url::parse(&page.header("location")).unwrap().query_pairs().into_owned().collect()
}

async fn token(b: &Browser, photos: &str, code: &str, verifier: &str) -> (u16, Value) {
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", &format!("{photos}/cb")),
        ("code_verifier", verifier),
    ];
    let page = b
        .send(
            b.request(Method::POST, "/token")
                .basic_auth("photos", Some("photos%2Dsecret"))
                .form(&form),
        )
        .await;
    (page.status, serde_json::from_str(&page.body).unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_good_once_for_its_client_redirect_uri_and_verifier() {
    let w = World::new("goss").await;
    let photos = photos(&w).await;
    let b = w.browser();
    b.sign_in("meridian", "m-vera").await;
    let asked = request(&photos);
    let answer = query(&authorize(&b, &asked).await);
    assert_eq!((answer["state"].as_str(), answer["iss"].as_str()), ("s&=1", w.url().as_str()));
    let (status, tokens) = token(&b, &photos, &answer["code"], asked.verifier).await;
    assert_eq!(status, 200, "{tokens}");
    let id = rehearsal::token::claims(tokens["id_token"].as_str().unwrap());
    assert_eq!(
        (id["iss"].as_str().unwrap(), id["aud"].as_str().unwrap(), id["nonce"].as_str().unwrap()),
        (w.url().as_str(), "photos", "n")
    );
    assert!(id["exp"].as_i64().unwrap() > id["iat"].as_i64().unwrap() && id["auth_time"].is_i64());
    let access = tokens["access_token"].as_str().unwrap().to_owned();
    let userinfo = |access: String| {
        let b = b.clone();
        async move { b.send(b.request(Method::GET, "/userinfo").bearer_auth(access)).await }
    };
    let who = userinfo(access.clone()).await;
    assert_eq!(who.status, 200);
    let who: Value = serde_json::from_str(&who.body).unwrap();
    assert_eq!(
        (who["sub"].clone(), who["email_verified"].clone()),
        (id["sub"].clone(), json!(false))
    );
    // A second use is refused and ends the tokens of the first.
    assert_eq!(
        token(&b, &photos, &answer["code"], asked.verifier).await,
        (400, json!({"error": "invalid_grant"}))
    );
    assert_eq!(userinfo(access).await.status, 401);
    // Another verifier, and a code that is too old.
    let answer = query(&authorize(&b, &asked).await);
    assert_eq!(token(&b, &photos, &answer["code"], "x".repeat(50).leak()).await.0, 400);
    let answer = query(&authorize(&b, &asked).await);
    w.pass(61);
    assert_eq!(token(&b, &photos, &answer["code"], asked.verifier).await.0, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_registered_redirect_uri_is_ever_followed() {
    let w = World::new("goss").await;
    let photos = photos(&w).await;
    let b = w.browser();
    for uri in [
        "https://evil.test/cb".to_owned(),
        format!("{photos}/cb/"),
        format!("{photos}/cb?x=1"),
        format!("{photos}.evil.test/cb"),
        String::new(),
    ] {
        let mut asked = request(&photos);
        asked.parameters[2].1 = uri.clone();
        let page = b.follow(authorize(&b, &asked).await).await;
        assert_eq!((page.status, page.refusal().as_str()), (400, "app.unknown"), "{uri}");
        assert!(page.url.starts_with(&w.url()));
    }
    let mut asked = request(&photos);
    asked.parameters[0].1 = "token".into();
    let answer = query(&authorize(&b, &asked).await);
    assert_eq!(
        (answer["error"].as_str(), answer["state"].as_str()),
        ("unsupported_response_type", "s&=1")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn prompt_and_max_age_are_obeyed() {
    let w = World::new("goss").await;
    let photos = photos(&w).await;
    let b = w.browser();
    let with = |name: &'static str, value: &str| {
        let mut asked = request(&photos);
        asked.parameters.push((name, value.to_owned()));
        asked
    };
    assert_eq!(query(&authorize(&b, &with("prompt", "none")).await)["error"], "login_required");
    b.sign_in("meridian", "m-vera").await;
    assert!(query(&authorize(&b, &with("prompt", "none")).await).contains_key("code"));
    assert!(
        authorize(&b, &with("prompt", "login"))
            .await
            .header("location")
            .starts_with("/login?entry=")
    );
    w.pass(100);
    assert!(
        authorize(&b, &with("max_age", "60")).await.header("location").starts_with("/login?entry=")
    );
    assert!(query(&authorize(&b, &with("max_age", "600")).await).contains_key("code"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_client_secret_answers_401_and_a_disabled_account_has_no_claims() {
    let w = World::new("goss").await;
    let photos = photos(&w).await;
    let b = w.browser();
    b.sign_in("meridian", "m-vera").await;
    let wrong = b
        .send(
            b.request(Method::POST, "/token")
                .basic_auth("photos", Some("nope"))
                .form(&[("grant_type", "authorization_code"), ("code", "x")]),
        )
        .await;
    assert_eq!((wrong.status, wrong.body.as_str()), (401, "{\"error\":\"invalid_client\"}"));
    assert!(wrong.header("www-authenticate").starts_with("Basic"));
    let asked = request(&photos);
    let answer = query(&authorize(&b, &asked).await);
    let (_, tokens) = token(&b, &photos, &answer["code"], asked.verifier).await;
    let owner = w.owner().await;
    let list = owner.get("/admin/accounts?q=Vera").await;
    let id: String = list.body.split("/admin/accounts/").nth(1).unwrap().chars().take(32).collect();
    owner.post("/fn/admin/account/state", &[("account", &id), ("enabled", "no")]).await;
    let gone = b
        .send(
            b.request(Method::GET, "/userinfo")
                .bearer_auth(tokens["access_token"].as_str().unwrap()),
        )
        .await;
    assert_eq!(gone.status, 401);
}

/// Shows MA-11, PH-04: what applications hold of an account ends with whatever ends its sessions.
#[tokio::test(flavor = "multi_thread")]
async fn ma_11_tokens_of_applications_end_with_a_reset_a_deletion_and_this_was_not_me() {
    let w = World::new("recommended").await;
    let photos = photos(&w).await;
    let asked = request(&photos);
    let alive = async |b: &Browser, access: &str| {
        b.send(b.request(Method::GET, "/userinfo").bearer_auth(access)).await.status == 200
    };
    let fresh = async |b: &Browser| {
        let answer = query(&authorize(b, &asked).await);
        let (_, tokens) = token(b, &photos, &answer["code"], asked.verifier).await;
        (
            tokens["access_token"].as_str().unwrap().to_owned(),
            query(&authorize(b, &asked).await)["code"].clone(),
        )
    };
    let v = w.sign_up("vera@example.test").await;
    let (access, code) = fresh(&v).await;
    assert!(alive(&v, &access).await);
    // A reset, in another browser.
    let b = w.browser();
    let sent = w.mails("vera@example.test").await;
    let page = b.post("/fn/reset/ask", &[("email", "vera@example.test")]).await;
    assert!(alive(&v, &access).await, "asking ends nothing");
    let mailed = w.mail("vera@example.test", sent + 1).await.code.unwrap();
    b.post(
        "/fn/reset/set",
        &[
            ("attempt", &page.attempt()),
            ("code", &mailed),
            ("password", "another long password of vera"),
        ],
    )
    .await;
    assert!(b.is_signed_in().await && !alive(&v, &access).await);
    assert_eq!(
        token(&v, &photos, &code, asked.verifier).await.0,
        400,
        "a code that waits ends too"
    );
    // "This wasn't me", for the new password.
    let (access, _) = fresh(&b).await;
    let count = w.mails("vera@example.test").await;
    let notice = w.mail("vera@example.test", count).await.text;
    let secret =
        notice.split("/undo/").nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
    w.browser().post("/fn/undo", &[("secret", &secret)]).await;
    assert!(!alive(&v, &access).await);
    // Deleting the account.
    let t = w.sign_up("theo@example.test").await;
    let (access, code) = fresh(&t).await;
    t.post("/fn/account/delete", &[]).await;
    assert!(!t.is_signed_in().await && !alive(&t, &access).await);
    assert_eq!(token(&t, &photos, &code, asked.verifier).await.0, 400);
}
