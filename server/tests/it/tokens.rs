//! Tokens of applications: what may be done with them, what ends them, and what is refused (RFC 9700).
use crate::{
    op::{CALLBACK, CHALLENGE, Rp, SECRET, VERIFIER, answer, register},
    world::{Browser, PASSWORD, World},
};
use reqwest::Method;
use serde_json::{Value, json};

const DEVICE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

async fn signed_in(settings: Value) -> (World, Rp, Browser) {
    let w = World::new("recommended").await;
    let rp = register(&w, "rp", settings).await;
    let b = w.sign_up("vera@example.test").await;
    (w, rp, b)
}

async fn family(rp: &Rp, b: &Browser) -> crate::op::Answer {
    rp.token(&rp.code(b, &[("scope", "openid offline_access")]).await, &[]).await
}

/// RFC 9700 §4.2, §4.5: a code is used once; a second use ends what came of the first, refreshed tokens included.
#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_is_used_twice_ends_every_token_that_came_of_it() {
    let (_w, rp, b) = signed_in(json!({})).await;
    let code = rp.code(&b, &[("scope", "openid offline_access")]).await;
    let first = rp.token(&code, &[]).await;
    let second = rp.refresh(&first.text("refresh_token")).await;
    assert_eq!(rp.userinfo(&second.text("access_token")).await.status, 200);
    assert_eq!(rp.token(&code, &[]).await.error(), (400, "invalid_grant"));
    for access in [first.text("access_token"), second.text("access_token")] {
        assert_eq!(rp.userinfo(&access).await.status, 401);
    }
    assert_eq!(rp.refresh(&second.text("refresh_token")).await.error(), (400, "invalid_grant"));
    // Another application cannot trade it, and uses it up by trying.
    let (_w, rp, b) = signed_in(json!({})).await;
    let other = register(&_w, "other", json!({})).await;
    let code = rp.code(&b, &[]).await;
    assert_eq!(other.token(&code, &[]).await.error(), (400, "invalid_grant"));
    assert_eq!(rp.token(&code, &[]).await.error(), (400, "invalid_grant"));
}

/// RFC 9700 §4.14.2.
#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_that_is_used_twice_ends_its_family_and_no_other() {
    let (w, rp, b) = signed_in(json!({})).await;
    let (first, apart) = (family(&rp, &b).await, family(&rp, &b).await);
    let second = rp.refresh(&first.text("refresh_token")).await;
    let third = rp.refresh(&second.text("refresh_token")).await;
    assert_eq!(
        rp.refresh(&first.text("refresh_token")).await.error(),
        (400, "invalid_grant"),
        "a thief, or the one who was robbed"
    );
    for access in [&first, &second, &third] {
        assert_eq!(rp.userinfo(&access.text("access_token")).await.status, 401);
    }
    assert_eq!(rp.refresh(&third.text("refresh_token")).await.error(), (400, "invalid_grant"));
    assert_eq!(rp.refresh(&apart.text("refresh_token")).await.status, 200);
    assert_eq!(w.rows("audit_event", "kind", "application.token_reused").await, 1);
    // Many at once: one wins, and the reuse is seen.
    let again = family(&rp, &b).await.text("refresh_token");
    let tries: Vec<_> = (0..8)
        .map(|_| {
            tokio::spawn({
                let (rp, again) = (rp.clone(), again.clone());
                async move { rp.refresh(&again).await.status }
            })
        })
        .collect();
    let mut won = 0;
    for one in tries {
        won += usize::from(one.await.unwrap() == 200);
    }
    assert_eq!(won, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_gives_no_more_than_was_granted_and_ends_with_its_family_and_its_account() {
    let (w, rp, b) = signed_in(json!({"refresh_seconds": 7200})).await;
    let code = rp.code(&b, &[("scope", "openid email offline_access")]).await;
    let first = rp.token(&code, &[]).await;
    let narrow = rp
        .post(
            "/token",
            &[
                ("grant_type", "refresh_token"),
                ("refresh_token", &first.text("refresh_token")),
                ("scope", "openid"),
            ],
        )
        .await;
    assert_eq!(narrow.text("scope"), "openid");
    assert!(rp.userinfo(&narrow.text("access_token")).await.body.get("email").is_none());
    let wide = rp
        .post(
            "/token",
            &[
                ("grant_type", "refresh_token"),
                ("refresh_token", &narrow.text("refresh_token")),
                ("scope", "openid phone"),
            ],
        )
        .await;
    assert_eq!(wide.error(), (400, "invalid_scope"));
    let back = rp.refresh(&narrow.text("refresh_token")).await;
    assert_eq!(back.text("scope"), "openid email offline_access", "what was granted stays");
    w.pass(3600);
    let late = rp.refresh(&back.text("refresh_token")).await;
    w.pass(3601);
    assert_eq!(
        rp.refresh(&late.text("refresh_token")).await.error(),
        (400, "invalid_grant"),
        "the family ends, however often it was renewed"
    );
    let alive = family(&rp, &w.sign_up("theo@example.test").await).await;
    let owner = w.owner().await;
    let list = owner.get("/admin/accounts?q=theo%40example.test").await;
    let id: String =
        list.body.split("href=\"/admin/accounts/").nth(1).unwrap().chars().take(32).collect();
    owner.post("/fn/admin/account/state", &[("account", &id), ("enabled", "no")]).await;
    assert_eq!(rp.refresh(&alive.text("refresh_token")).await.error(), (400, "invalid_grant"));
    assert_eq!(rp.userinfo(&alive.text("access_token")).await.status, 401);
}

/// Shows CN-01: what was granted stays granted, and a token for less of it tells less, the ID token too.
#[tokio::test(flavor = "multi_thread")]
async fn cn_01_the_id_token_of_a_narrower_refresh_tells_no_more_than_was_asked_for() {
    let (_w, rp, b) = signed_in(json!({})).await;
    let first =
        rp.token(&rp.code(&b, &[("scope", "openid email offline_access")]).await, &[]).await;
    let again = rp.refresh(&first.text("refresh_token")).await;
    assert_eq!(rp.verified(&again.text("id_token")).await["email"], "vera@example.test");
    let narrow = rp
        .post(
            "/token",
            &[
                ("grant_type", "refresh_token"),
                ("refresh_token", &again.text("refresh_token")),
                ("scope", "openid"),
            ],
        )
        .await;
    assert_eq!(narrow.status, 200, "{}", narrow.body);
    assert!(rp.verified(&narrow.text("id_token")).await.get("email").is_none());
}

/// RFC 7009 §2.1: whoever got hold of a refresh token cannot end it by another application.
#[tokio::test(flavor = "multi_thread")]
async fn an_application_ends_no_refresh_token_of_another_one() {
    let (w, rp, b) = signed_in(json!({})).await;
    let other = register(&w, "other", json!({})).await;
    let tokens = family(&rp, &b).await;
    assert_eq!(
        other.post("/revoke", &[("token", &tokens.text("refresh_token"))]).await.status,
        200
    );
    let renewed = rp.refresh(&tokens.text("refresh_token")).await;
    assert_eq!(renewed.status, 200, "{}", renewed.body);
    assert_eq!(rp.post("/revoke", &[("token", &renewed.text("refresh_token"))]).await.status, 200);
    assert_eq!(
        rp.refresh(&renewed.text("refresh_token")).await.error(),
        (400, "invalid_grant"),
        "the own one ends"
    );
}

/// RFC 7662, RFC 7009.
#[tokio::test(flavor = "multi_thread")]
async fn introspection_tells_the_owner_and_resource_servers_only_and_revocation_ends_what_it_says()
{
    let (w, rp, b) = signed_in(json!({})).await;
    let other = register(&w, "other", json!({})).await;
    let api = register(&w, "api", json!({"kind": "machine", "resource_server": true})).await;
    let spa = register(&w, "spa", json!({"kind": "single_page", "pkce_optional": false})).await;
    let tokens = family(&rp, &b).await;
    let (access, refresh) = (tokens.text("access_token"), tokens.text("refresh_token"));
    let own = rp.post("/introspect", &[("token", &access)]).await.body;
    assert_eq!(
        (
            own["active"].clone(),
            own["client_id"].clone(),
            own["scope"].clone(),
            own["token_type"].clone()
        ),
        (json!(true), json!("rp"), json!("openid offline_access"), json!("Bearer"))
    );
    assert_eq!(api.post("/introspect", &[("token", &access)]).await.body["sub"], own["sub"]);
    assert_eq!(rp.post("/introspect", &[("token", &refresh)]).await.body["active"], true);
    assert_eq!(
        other.post("/introspect", &[("token", &access)]).await.body,
        json!({"active": false})
    );
    assert_eq!(
        rp.post("/introspect", &[("token", "nonsense")]).await.body,
        json!({"active": false})
    );
    assert_eq!(
        spa.post("/introspect", &[("token", &access)]).await.error(),
        (401, "invalid_client")
    );
    assert_eq!(rp.post("/introspect", &[]).await.error(), (400, "invalid_request"));
    // Somebody else's is left alone without a word; an access token goes alone, a refresh token with its family.
    assert_eq!(other.post("/revoke", &[("token", &access)]).await.status, 200);
    assert_eq!(rp.userinfo(&access).await.status, 200);
    assert_eq!(
        rp.post("/revoke", &[("token", &access), ("token_type_hint", "refresh_token")])
            .await
            .status,
        200
    );
    assert_eq!(rp.userinfo(&access).await.status, 401);
    let second = rp.refresh(&refresh).await;
    assert_eq!(rp.post("/revoke", &[("token", &second.text("refresh_token"))]).await.status, 200);
    assert_eq!(
        (
            rp.userinfo(&second.text("access_token")).await.status,
            rp.refresh(&second.text("refresh_token")).await.status
        ),
        (401, 400)
    );
    assert_eq!(rp.post("/revoke", &[("token", "nonsense")]).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_acts_for_itself_within_the_scopes_that_it_was_registered_with() {
    let (w, rp, b) = signed_in(json!({})).await;
    let robot = register(&w, "robot", json!({"kind": "machine", "grants": ["client_credentials"], "own_scopes": ["invoices:read", "invoices:write"]})).await;
    let ask = async |scope: &str| {
        robot.post("/token", &[("grant_type", "client_credentials"), ("scope", scope)]).await
    };
    let one = ask("invoices:read").await;
    assert_eq!((one.status, one.text("scope").as_str()), (200, "invoices:read"));
    assert!(one.body.get("refresh_token").is_none() && one.body.get("id_token").is_none());
    assert_eq!(ask("").await.text("scope"), "invoices:read invoices:write");
    assert_eq!(ask("openid").await.error(), (400, "invalid_scope"));
    assert_eq!(
        robot.userinfo(&one.text("access_token")).await.error(),
        (403, "insufficient_scope"),
        "nobody's token tells of nobody"
    );
    let told = robot.post("/introspect", &[("token", &one.text("access_token"))]).await.body;
    assert_eq!((told["sub"].clone(), told["active"].clone()), (json!("robot"), json!(true)));
    assert_eq!(
        rp.post("/token", &[("grant_type", "client_credentials")]).await.error(),
        (400, "unauthorized_client")
    );
    assert_eq!(
        robot
            .post("/token", &[("grant_type", "password"), ("username", "v"), ("password", "p")])
            .await
            .error(),
        (400, "unsupported_grant_type")
    );
    assert_eq!(robot.post("/token", &[]).await.error(), (400, "invalid_request"));
    assert_eq!(Rp::back(&robot.authorize(&b, &[]).await)["error"], "unauthorized_client");
}

/// Public applications: no secret, always PKCE, from their own origin.
#[tokio::test(flavor = "multi_thread")]
async fn a_public_application_needs_pkce_and_a_secret_makes_it_no_better() {
    let w = World::new("recommended").await;
    let spa = register(&w, "spa", json!({"kind": "single_page"})).await;
    let b = w.sign_up("vera@example.test").await;
    assert_eq!(Rp::back(&spa.authorize(&b, &[]).await)["error"], "invalid_request");
    let pkce = [("code_challenge", CHALLENGE), ("code_challenge_method", "S256")];
    let tokens = spa.token(&spa.code(&b, &pkce).await, &[("code_verifier", VERIFIER)]).await;
    assert_eq!(tokens.status, 200, "{}", tokens.body);
    let code = spa.code(&b, &pkce).await;
    let with_secret = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
        ("client_id", "spa"),
        ("client_secret", SECRET),
    ];
    assert_eq!(
        answer(spa.program(Method::POST, "/token").form(&with_secret)).await.error(),
        (401, "invalid_client")
    );
    // Browsers may ask from anywhere, and no cookie counts there.
    let preflight = spa
        .program(Method::OPTIONS, "/token")
        .header("origin", "https://spa.example.test")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization")
        .send()
        .await
        .unwrap();
    assert_eq!(
        (
            preflight.status().as_u16(),
            preflight.headers()["access-control-allow-origin"].to_str().unwrap()
        ),
        (200, "*")
    );
    assert!(preflight.headers().get("access-control-allow-credentials").is_none());
    // A native one comes back to any port of a loopback address.
    let native = register(&w, "native", json!({"kind": "native"})).await;
    let mut changes = pkce.to_vec();
    changes.push(("redirect_uri", "http://127.0.0.1:51999/cb"));
    let page = native.authorize(&b, &changes).await;
    assert!(
        page.header("location").starts_with("http://127.0.0.1:51999/cb?code="),
        "{}",
        page.header("location")
    );
}

/// RFC 9126.
#[tokio::test(flavor = "multi_thread")]
async fn a_pushed_request_works_once_for_its_application_and_the_browser_cannot_change_it() {
    let (w, rp, b) = signed_in(json!({})).await;
    let other = register(&w, "other", json!({})).await;
    let form = rp.request(&[("scope", "openid email")]);
    let form: Vec<(&str, &str)> = form.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    let pushed = rp.post("/par", &form).await;
    assert_eq!((pushed.status, pushed.body["expires_in"].as_i64()), (201, Some(60)));
    let uri = pushed.text("request_uri");
    let authorize = async |client: &str, uri: &str| {
        b.send(b.request(Method::GET, "/authorize").query(&[
            ("client_id", client),
            ("request_uri", uri),
            ("scope", "openid phone"),
            ("redirect_uri", "https://evil.test/"),
        ]))
        .await
    };
    assert_eq!(
        b.follow(authorize("other", &uri).await).await.refusal(),
        "attempt.expired",
        "another application's"
    );
    let back = Rp::back(&authorize("rp", &uri).await);
    assert_eq!(rp.token(&back["code"], &[]).await.text("scope"), "openid email");
    assert_eq!(b.follow(authorize("rp", &uri).await).await.refusal(), "attempt.expired", "once");
    let late = rp.post("/par", &form).await.text("request_uri");
    w.pass(61);
    assert_eq!(b.follow(authorize("rp", &late).await).await.refusal(), "attempt.expired");
    for (name, value, error) in [
        ("redirect_uri", "https://evil.test/", "invalid_redirect_uri"),
        ("scope", "email", "invalid_scope"),
        ("request_uri", "urn:x", "invalid_request"),
    ] {
        let mut bad: Vec<(&str, &str)> = form.iter().filter(|(k, _)| *k != name).copied().collect();
        bad.push((name, value));
        assert_eq!(rp.post("/par", &bad).await.error(), (400, error), "{name}");
    }
    let _ = other;
}

/// RFC 8628.
#[tokio::test(flavor = "multi_thread")]
async fn a_device_is_let_in_by_somebody_who_types_its_code_and_by_nobody_else() {
    let w = World::new("recommended").await;
    let tv = register(
        &w,
        "tv",
        json!({"kind": "native", "grants": ["device_code", "refresh_token"], "first_party": false}),
    )
    .await;
    let begin = async || {
        tv.post("/device_authorization", &[("scope", "openid profile offline_access nonsense")])
            .await
    };
    let poll = async |device: &str| {
        tv.post("/token", &[("grant_type", DEVICE_GRANT), ("device_code", device)]).await
    };
    let begun = begin().await;
    assert_eq!(begun.status, 200, "{}", begun.body);
    let (device, short) = (begun.text("device_code"), begun.text("user_code"));
    assert_eq!(begun.text("verification_uri"), format!("{}/device", w.url()));
    assert_eq!(poll(&device).await.error(), (400, "authorization_pending"));
    assert_eq!(poll(&device).await.error(), (400, "slow_down"));
    w.sign_up("vera@example.test").await;
    // Not signed in: first the sign-in, then right here.
    let b = w.browser();
    let login = b.get(&format!("/device?code={short}")).await;
    let entry = login.url.split("entry=").nth(1).unwrap().to_owned();
    let page = b
        .post(
            "/fn/signin/password",
            &[("email", "vera@example.test"), ("password", PASSWORD), ("entry", &entry)],
        )
        .await;
    assert!(
        page.has("The tv")
            && page.has("name and language")
            && page.has("while you are away")
            && page.has("in front of you"),
        "{}",
        page.body
    );
    // Wrong codes are counted for the person.
    let wrong = b.get("/device?code=ZZZZ-ZZZZ").await;
    assert!(wrong.has("No device is waiting"), "{}", wrong.body);
    assert!(
        b.post("/fn/device", &[("code", &short.to_lowercase()), ("answer", "allow")])
            .await
            .has("The device is connected")
    );
    w.pass(6);
    let tokens = poll(&device).await;
    assert_eq!(tokens.text("scope"), "openid profile offline_access");
    assert_eq!(tv.verified(&tokens.text("id_token")).await["name"], "Someone");
    assert_eq!(tv.refresh(&tokens.text("refresh_token")).await.status, 200);
    assert_eq!(poll(&device).await.error(), (400, "invalid_grant"), "fetched once");
    assert!(
        b.post("/fn/device", &[("code", &short), ("answer", "allow")])
            .await
            .has("No device is waiting")
    );
    // Denied, over, another application's, guessed.
    let begun = begin().await;
    b.post("/fn/device", &[("code", &begun.text("user_code")), ("answer", "deny")]).await;
    assert_eq!(poll(&begun.text("device_code")).await.error(), (400, "access_denied"));
    let begun = begin().await;
    let other =
        register(&w, "other-tv", json!({"kind": "native", "grants": ["device_code"]})).await;
    assert_eq!(
        other
            .post(
                "/token",
                &[("grant_type", DEVICE_GRANT), ("device_code", &begun.text("device_code"))]
            )
            .await
            .error(),
        (400, "invalid_grant")
    );
    w.pass(901);
    assert_eq!(poll(&begun.text("device_code")).await.error(), (400, "expired_token"));
    for _ in 0..10 {
        b.get("/device?code=YYYY-YYYY").await;
    }
    let begun = begin().await;
    assert_eq!(
        b.get(&format!("/device?code={}", begun.text("user_code"))).await.refusal(),
        "rate.limited",
        "guessing ends, also with a right one"
    );
    let rp = register(&w, "rp", json!({})).await;
    assert_eq!(rp.post("/device_authorization", &[]).await.error(), (400, "unauthorized_client"));
}

/// Somebody else's application asks once for each scope; My Account takes it back.
#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_application_asks_once_and_what_was_allowed_can_be_taken_back() {
    let (w, rp, b) = signed_in(json!({"first_party": false})).await;
    assert_eq!(
        Rp::back(&rp.authorize(&b, &[("prompt", "none")]).await)["error"],
        "consent_required"
    );
    let asked = b.follow(rp.authorize(&b, &[("scope", "openid email offline_access")]).await).await;
    assert!(
        asked.path() == "/consent"
            && asked.has("The rp")
            && asked.has("email address")
            && asked.has("while you are away"),
        "{}",
        asked.body
    );
    let entry = asked.url.split("entry=").nth(1).unwrap().to_owned();
    let denied = b.post_only("/fn/consent", &[("entry", &entry), ("answer", "deny")]).await;
    assert_eq!(
        (Rp::back(&denied)["error"].as_str(), Rp::back(&denied)["state"].as_str()),
        ("access_denied", "st-1")
    );
    let allowed = b.post_only("/fn/consent", &[("entry", &entry), ("answer", "allow")]).await;
    let tokens = rp.token(&Rp::back(&allowed)["code"], &[]).await;
    // Remembered for these scopes, asked again for more, and always on request.
    assert!(Rp::back(&rp.authorize(&b, &[("scope", "openid email")]).await).contains_key("code"));
    for changes in [[("scope", "openid phone")], [("prompt", "consent")]] {
        assert!(
            rp.authorize(&b, &changes).await.header("location").starts_with("/consent?"),
            "{changes:?}"
        );
    }
    let more = b.follow(rp.authorize(&b, &[("scope", "openid email phone")]).await).await;
    assert!(more.has("allowed before"), "{}", more.body);
    // Another browser, nobody signed in: the sign-in first, then the question.
    let other = w.browser();
    let page = other.follow(rp.authorize(&other, &[("prompt", "consent")]).await).await;
    let entry = page.url.split("entry=").nth(1).unwrap().to_owned();
    let page = other
        .post(
            "/fn/signin/password",
            &[("email", "vera@example.test"), ("password", PASSWORD), ("entry", &entry)],
        )
        .await;
    assert_eq!(page.path(), "/consent");
    // A forged answer of somebody who never saw the question has no entry of theirs.
    assert_eq!(
        w.browser().post("/fn/consent", &[("entry", &entry), ("answer", "allow")]).await.refusal(),
        "attempt.expired"
    );
    let list = b.get("/account/applications").await;
    assert!(list.has("The rp") && list.has("email address"), "{}", list.body);
    assert!(
        b.post("/fn/account/application/revoke", &[("client_id", "rp")])
            .await
            .has("The access is removed")
    );
    assert_eq!(
        (
            rp.userinfo(&tokens.text("access_token")).await.status,
            rp.refresh(&tokens.text("refresh_token")).await.status
        ),
        (401, 400)
    );
    assert!(b.get("/account/applications").await.has("No application has access"));
    assert_eq!(
        b.post("/fn/account/application/revoke", &[("client_id", "rp")]).await.refusal(),
        "account.method_unknown"
    );
    assert!(rp.authorize(&b, &[]).await.header("location").starts_with("/consent?"));
    assert_eq!(w.rows("audit_event", "kind", "application.allowed").await, 1);
    // Being told of the identities is a thing to allow too.
    let nosy = register(&w, "nosy", json!({"first_party": false, "identities": true})).await;
    let asked = b.follow(nosy.authorize(&b, &[]).await).await;
    assert!(asked.has("which providers you use"), "{}", asked.body);
    let entry = asked.url.split("entry=").nth(1).unwrap().to_owned();
    let allowed = b.post_only("/fn/consent", &[("entry", &entry), ("answer", "allow")]).await;
    assert!(Rp::back(&allowed).contains_key("code"), "{}", allowed.body);
    assert!(Rp::back(&nosy.authorize(&b, &[]).await).contains_key("code"));
}

/// OpenID Connect Core §8.1.
#[tokio::test(flavor = "multi_thread")]
async fn pairwise_subjects_differ_between_applications_and_stay_the_same_in_one() {
    let (w, rp, b) = signed_in(json!({})).await;
    let sub = async |rp: &Rp, b: &Browser| {
        let tokens = rp.token(&rp.code(b, &[]).await, &[]).await;
        let claims = rp.verified(&tokens.text("id_token")).await;
        assert_eq!(rp.userinfo(&tokens.text("access_token")).await.body["sub"], claims["sub"]);
        (claims["sub"].as_str().unwrap().to_owned(), tokens.text("id_token"))
    };
    let pair = register(&w, "pair", json!({"pairwise": true})).await;
    let ((public, _), (own, hint)) = (sub(&rp, &b).await, sub(&pair, &b).await);
    assert_ne!(public, own);
    let again = w.browser();
    again.password("vera@example.test", PASSWORD).await;
    assert_eq!(sub(&pair, &again).await.0, own);
    assert!(
        Rp::back(&pair.authorize(&again, &[("prompt", "none"), ("id_token_hint", &hint)]).await)
            .contains_key("code")
    );
    assert_ne!(sub(&pair, &w.sign_up("theo@example.test").await).await.0, own);
}

/// Shows GV-05, GV-06: the identity that was used last, and all of them with what their providers said.
#[tokio::test(flavor = "multi_thread")]
async fn gv_05_gv_06_an_application_that_may_is_told_of_the_identities() {
    let (w, rp, b) = signed_in(json!({"identities": true})).await;
    let plain = register(&w, "plain", json!({})).await;
    b.add("harbour", "h-1").await;
    b.add("meridian", "m-ben").await;
    let told = async |rp: &Rp| {
        let tokens = rp.token(&rp.code(&b, &[]).await, &[]).await;
        assert_eq!(
            rp.userinfo(&tokens.text("access_token")).await.body.get("identities").cloned(),
            rp.verified(&tokens.text("id_token")).await.get("identities").cloned()
        );
        rp.verified(&tokens.text("id_token")).await
    };
    let claims = told(&rp).await;
    assert_eq!(claims["last_identity"]["provider"], "meridian");
    assert_eq!(
        (
            claims["identities"]["harbour"]["subject"].as_str(),
            claims["identities"]["meridian"]["claims"]["email"].as_str()
        ),
        (Some("h-1"), Some("ben@example.test"))
    );
    let silent = told(&plain).await;
    assert!(silent.get("identities").is_none() && silent.get("last_identity").is_none());
}

/// Shows OP-06: keys rotate while tokens are checked, and nothing that counts stops counting.
#[tokio::test(flavor = "multi_thread")]
async fn op_06_signing_keys_rotate_and_what_they_signed_counts_until_it_is_over() {
    let (mut w, rp, b) = signed_in(json!({})).await;
    let kids = async |rp: &Rp| {
        rp.get("/jwks").await.body["keys"]
            .as_array()
            .unwrap()
            .iter()
            .map(|k| k["kid"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let kid = |token: &str| jsonwebtoken::decode_header(token).unwrap().kid.unwrap();
    assert_eq!(kids(&rp).await.len(), 3);
    // The next ones are published before they sign.
    w.ligature().key_rotation().rotate_due_keys(false).await.unwrap();
    let before = kids(&rp).await;
    assert_eq!(before.len(), 6);
    let first = rp.token(&rp.code(&b, &[]).await, &[]).await.text("id_token");
    w.add_node().await;
    w.ligature().key_rotation().rotate_due_keys(true).await.unwrap();
    let second = rp.token(&rp.code(&b, &[]).await, &[]).await.text("id_token");
    assert!(
        kid(&first) != kid(&second) && before.contains(&kid(&second)),
        "the one that was published"
    );
    for token in [&first, &second] {
        assert_eq!(rp.verified(token).await["aud"], "rp");
    }
    assert_eq!(kids(&rp).await.len(), 9);
    // Another node learns of it when it tidies up.
    let other = &w.nodes[1];
    other.ligature.maintenance().tidy().await.unwrap();
    assert_eq!(other.ligature.key_rotation().jwks()["keys"].as_array().unwrap().len(), 9);
    assert!(
        Rp::back(&rp.authorize(&b, &[("prompt", "none"), ("id_token_hint", &first)]).await)
            .contains_key("code"),
        "a hint of the old key"
    );
    // Retired for two days, then gone; by itself after ninety, not before the next one was published for a day.
    w.pass(3 * 86_400);
    w.ligature().maintenance().tidy().await.unwrap();
    assert!(!kids(&rp).await.contains(&kid(&first)) && kids(&rp).await.len() == 6);
    // A sign-out with a token of a key that is gone is no mistake: the person is asked.
    b.password("vera@example.test", PASSWORD).await;
    let asked = b
        .send(
            b.request(Method::GET, "/logout")
                .query(&[("id_token_hint", first.as_str()), ("client_id", "rp")]),
        )
        .await;
    assert!(
        asked.status == 200 && asked.has("asks to sign you out"),
        "{} {}",
        asked.status,
        asked.body
    );
    w.pass(88 * 86_400);
    w.ligature().maintenance().tidy().await.unwrap();
    let b = w.browser();
    b.password("vera@example.test", PASSWORD).await;
    let third = rp.token(&rp.code(&b, &[]).await, &[]).await.text("id_token");
    assert_ne!(kid(&third), kid(&second));
}

/// RFC 9700 §4.12, §4.2.4: after a form nothing is sent on, and no page gives its address away.
#[tokio::test(flavor = "multi_thread")]
async fn redirects_are_303_and_say_nothing_of_where_they_came_from() {
    let (w, rp, _) = signed_in(json!({})).await;
    let b = w.browser();
    let login = b.follow(rp.authorize(&b, &[]).await).await;
    let entry = login.url.split("entry=").nth(1).unwrap().to_owned();
    let back = b
        .post_only(
            "/fn/signin/password",
            &[("email", "vera@example.test"), ("password", PASSWORD), ("entry", &entry)],
        )
        .await;
    assert_eq!(back.status, 303);
    assert!(back.header("location").starts_with(CALLBACK));
    assert_eq!(
        (back.header("referrer-policy").as_str(), back.header("cache-control").as_str()),
        ("same-origin", "no-store")
    );
    // A code in a form of another person's browser is nobody's session: codes are for applications only.
    assert!(!w.browser().is_signed_in().await);
}

/// Secrets: a new one counts at once, the old one for a day; and the console's form says what is wrong.
#[tokio::test(flavor = "multi_thread")]
async fn the_console_registers_changes_and_gives_new_secrets_with_an_overlap() {
    let w = World::new("recommended").await;
    let owner = w.owner().await;
    let fields = |changes: &[(&'static str, &str)]| {
        let mut all = vec![
            ("create", "on".to_owned()),
            ("fields[name]", "Billing".into()),
            ("fields[client_id]", "billing".into()),
            ("fields[application_kind]", "machine".into()),
            ("fields[grant_client]", "on".into()),
            ("fields[own_scopes]", "invoices".into()),
            ("fields[token_seconds]", "600".into()),
            ("fields[refresh_seconds]", "7200".into()),
            ("fields[algorithm]", "ES256".into()),
            ("fields[active]", "on".into()),
        ];
        for (name, value) in changes {
            all.retain(|(k, _)| k != name);
            if !value.is_empty() {
                all.push((name, (*value).to_owned()));
            }
        }
        all
    };
    let save = async |changes: &[(&'static str, &str)]| {
        let all = fields(changes);
        owner
            .post(
                "/fn/admin/application",
                &all.iter().map(|(k, v)| (*k, v.as_str())).collect::<Vec<_>>(),
            )
            .await
    };
    let bad = save(&[
        ("fields[token_seconds]", "5"),
        ("fields[redirect_uris]", "http://app.test/cb"),
        ("fields[backchannel_logout_uri]", "x"),
        ("fields[client_id]", "a b"),
    ])
    .await;
    assert!(
        bad.path() == "/admin/applications/new"
            && bad.has("60 to 86400")
            && bad.has("value=\"a b\"")
            && bad.body.matches("aria-invalid").count() == 4,
        "{}",
        bad.body
    );
    let made = save(&[]).await;
    let secret = made
        .body
        .split("<code class=\"secret\">")
        .nth(1)
        .unwrap()
        .split('<')
        .next()
        .unwrap()
        .to_owned();
    assert!(
        made.path() == "/admin/applications/billing"
            && !owner.get("/admin/applications/billing").await.has(&secret),
        "shown once"
    );
    assert_eq!(
        (secret.len(), w.rows("application_secret", "hash", &secret).await),
        (43, 0),
        "kept as a hash"
    );
    assert!(save(&[]).await.has("already"));
    let programs = reqwest::Client::builder().no_proxy().build().unwrap();
    let works = async |secret: &str| {
        programs
            .post(format!("{}/token", w.url()))
            .basic_auth("billing", Some(secret))
            .form(&[("grant_type", "client_credentials")])
            .send()
            .await
            .unwrap()
            .status()
            == 200
    };
    assert!(works(&secret).await);
    let rotated = owner.post("/fn/admin/application/secret", &[("client_id", "billing")]).await;
    let fresh = rotated
        .body
        .split("<code class=\"secret\">")
        .nth(1)
        .unwrap()
        .split('<')
        .next()
        .unwrap()
        .to_owned();
    assert!(works(&secret).await && works(&fresh).await && rotated.has("Counts until"));
    w.pass(86_401);
    let owner = w.browser();
    owner.password("owner@example.test", PASSWORD).await;
    assert!(!works(&secret).await && works(&fresh).await);
    let off = fields(&[("create", ""), ("fields[active]", "")]);
    owner
        .post(
            "/fn/admin/application",
            &off.iter().map(|(k, v)| (*k, v.as_str())).collect::<Vec<_>>(),
        )
        .await;
    assert!(!works(&fresh).await, "switched off");
    assert!(owner.get("/admin/applications").await.has("switched off"));
    let v = w.sign_up("vera@example.test").await;
    assert_eq!(
        v.post("/fn/admin/application/secret", &[("client_id", "billing")]).await.refusal(),
        "admin.forbidden"
    );
    assert_eq!(v.get("/admin/applications/billing").await.refusal(), "admin.forbidden");
}

/// A key of an application's own, and its proofs.
struct Key {
    key: jsonwebtoken::EncodingKey,
    jwk: jsonwebtoken::jwk::Jwk,
}

impl Key {
    fn new() -> Self {
        let key = jsonwebtoken::EncodingKey::from_ec_pem(
            issuer::generate(service::oidc_provider::Algorithm::Es256).unwrap().as_bytes(),
        )
        .unwrap();
        let jwk = jsonwebtoken::jwk::Jwk::from_encoding_key(&key, jsonwebtoken::Algorithm::ES256)
            .unwrap();
        Self { key, jwk }
    }

    fn proof(&self, w: &World, method: &str, path: &str, more: Value) -> String {
        let mut header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::ES256);
        header.typ = Some("dpop+jwt".into());
        header.jwk = Some(self.jwk.clone());
        let mut claims = json!({"jti": service::token(), "htm": method, "htu": format!("{}{path}", w.url()), "iat": w.ligature().now() / 1_000_000});
        for (name, value) in more.as_object().unwrap() {
            claims[name] = value.clone();
        }
        jsonwebtoken::encode(&header, &claims, &self.key).unwrap()
    }
}

/// RFC 9449: a stolen token, refresh token or proof is worth nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_bound_to_a_key_counts_only_with_a_fresh_proof_of_that_key() {
    let w = World::new("recommended").await;
    let rp = register(&w, "spa", json!({"kind": "single_page", "dpop": true})).await;
    let b = w.sign_up("vera@example.test").await;
    let (key, other) = (Key::new(), Key::new());
    let pkce = [
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
        ("scope", "openid offline_access"),
    ];
    let trade = async |proofs: &[String]| {
        let code = rp.code(&b, &pkce).await;
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
            ("client_id", "spa"),
        ];
        let mut request = rp.program(Method::POST, "/token").form(&form);
        for proof in proofs {
            request = request.header("dpop", proof);
        }
        answer(request).await
    };
    let at_token = |more: Value| key.proof(&w, "POST", "/token", more);
    let good = at_token(json!({}));
    let tokens = trade(std::slice::from_ref(&good)).await;
    assert_eq!(
        (tokens.status, tokens.text("token_type").as_str()),
        (200, "DPoP"),
        "{}",
        tokens.body
    );
    let bad = [
        vec![],
        vec![good.clone()],
        vec![at_token(json!({})), at_token(json!({}))],
        vec![at_token(json!({"iat": w.ligature().now() / 1_000_000 - 90}))],
        vec![at_token(json!({"iat": w.ligature().now() / 1_000_000 + 90}))],
        vec![key.proof(&w, "GET", "/token", json!({}))],
        vec![key.proof(&w, "POST", "/userinfo", json!({}))],
        vec!["nonsense".to_owned()],
    ];
    for proofs in bad {
        assert_eq!(trade(&proofs).await.error(), (400, "invalid_dpop_proof"), "{}", proofs.len());
    }
    let access = tokens.text("access_token");
    let ath = issuer::token_hash(&access);
    let info = async |scheme: &str, proof: Option<String>| {
        let mut request = rp
            .program(Method::GET, "/userinfo")
            .header("authorization", format!("{scheme} {access}"));
        if let Some(proof) = proof {
            request = request.header("dpop", proof);
        }
        answer(request).await
    };
    let once = key.proof(&w, "GET", "/userinfo", json!({"ath": ath}));
    assert_eq!(info("DPoP", Some(once.clone())).await.status, 200);
    assert_eq!(info("DPoP", Some(once)).await.error(), (401, "invalid_dpop_proof"), "shown before");
    assert_eq!(info("DPoP", None).await.error(), (401, "invalid_dpop_proof"));
    assert_eq!(
        info("DPoP", Some(key.proof(&w, "GET", "/userinfo", json!({})))).await.error(),
        (401, "invalid_dpop_proof"),
        "not for this token"
    );
    assert_eq!(
        info("DPoP", Some(other.proof(&w, "GET", "/userinfo", json!({"ath": ath})))).await.error(),
        (401, "invalid_dpop_proof"),
        "another key"
    );
    assert_eq!(
        info("Bearer", Some(key.proof(&w, "GET", "/userinfo", json!({"ath": ath})))).await.error(),
        (401, "invalid_token"),
        "no bearer token"
    );
    // The family stays with its key, and a try without it uses nothing up.
    let refresh = async |proof: Option<String>| {
        let form = [
            ("grant_type", "refresh_token"),
            ("refresh_token", &tokens.text("refresh_token")),
            ("client_id", "spa"),
        ]
        .map(|(k, v)| (k.to_owned(), v.to_string()));
        let mut request = rp.program(Method::POST, "/token").form(&form);
        if let Some(proof) = proof {
            request = request.header("dpop", proof);
        }
        answer(request).await
    };
    assert_eq!(refresh(None).await.error(), (400, "invalid_dpop_proof"));
    assert_eq!(
        refresh(Some(other.proof(&w, "POST", "/token", json!({})))).await.error(),
        (400, "invalid_dpop_proof")
    );
    assert_eq!(refresh(Some(at_token(json!({})))).await.text("token_type"), "DPoP");
    // A token without a key has none to show.
    let plain = register(&w, "plain", json!({})).await;
    let unbound = plain.token(&plain.code(&b, &[]).await, &[]).await.text("access_token");
    let shown = answer(
        plain
            .program(Method::GET, "/userinfo")
            .header("authorization", format!("DPoP {unbound}"))
            .header(
                "dpop",
                key.proof(&w, "GET", "/userinfo", json!({"ath": issuer::token_hash(&unbound)})),
            ),
    )
    .await;
    assert_eq!(shown.error(), (401, "invalid_token"));
}

/// Shows FR-24, FR-25, FR-42, FR-44: what real applications send beside what is needed, or leave out, does not stop them.
#[tokio::test(flavor = "multi_thread")]
async fn fr_24_fr_25_fr_42_what_applications_add_or_leave_out_does_not_stop_them() {
    let w = World::new("recommended").await;
    let spa = register(&w, "spa", json!({"kind": "single_page"})).await;
    let b = w.sign_up("vera@example.test").await;
    let pkce = [("code_challenge", CHALLENGE), ("code_challenge_method", "S256")];
    let resources = [("resource", "https://a.test"), ("resource", "https://b.test")];
    for (more, right) in [
        (vec![("redirect_uri", CALLBACK)], true),
        (vec![("redirect_uri", CALLBACK), ("client_secret", "")], true),
        (vec![("redirect_uri", CALLBACK), resources[0], resources[1]], true),
        // The challenge binds the code to who began (OAuth 2.1 §10.2); a wrong address still is one.
        (vec![], true),
        (vec![("redirect_uri", "https://rp.example.test/cb?fixed=1")], false),
    ] {
        let code = spa.code(&b, &pkce).await;
        let form: Vec<_> = [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("code_verifier", VERIFIER),
            ("client_id", "spa"),
        ]
        .into_iter()
        .chain(more.clone())
        .collect();
        let got = answer(spa.program(Method::POST, "/token").form(&form)).await;
        assert_eq!(got.error(), if right { (200, "") } else { (400, "invalid_grant") }, "{more:?}");
    }
    // By Basic with an empty secret; and a confidential one whose library sends an empty secret in the form beside it.
    let code = spa.code(&b, &pkce).await;
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("code_verifier", VERIFIER),
        ("redirect_uri", CALLBACK),
    ];
    assert_eq!(
        answer(spa.program(Method::POST, "/token").basic_auth("spa", Some("")).form(&form))
            .await
            .status,
        200
    );
    let rp = register(&w, "rp", json!({})).await;
    assert_eq!(rp.token(&rp.code(&b, &[]).await, &[("client_secret", "")]).await.status, 200);
    let empty = [("grant_type", "client_credentials"), ("client_id", "rp"), ("client_secret", "")];
    assert_eq!(
        answer(rp.program(Method::POST, "/token").form(&empty)).await.error(),
        (401, "invalid_client"),
        "empty is none, not a secret"
    );
    // Without a challenge the address stays what binds it.
    let code = rp.code(&b, &[]).await;
    assert_eq!(
        rp.post("/token", &[("grant_type", "authorization_code"), ("code", &code)]).await.error(),
        (400, "invalid_grant")
    );
    // Several resources where a request begins; any other parameter still comes once.
    let begun: Vec<(String, String)> = rp
        .request(&[])
        .into_iter()
        .chain(resources.map(|(k, v)| (k.to_owned(), v.to_owned())))
        .collect();
    assert!(
        Rp::back(&b.send(b.request(Method::GET, "/authorize").query(&begun)).await)
            .contains_key("code")
    );
    let pushed: Vec<(&str, &str)> = begun
        .iter()
        .filter(|(k, _)| k != "client_id")
        .map(|(k, v)| (k.as_str(), v.as_str()))
        .collect();
    assert_eq!(rp.post("/par", &pushed).await.status, 201);
    let twice: Vec<(String, String)> =
        begun.into_iter().chain([("scope".to_owned(), "email".to_owned())]).collect();
    assert_eq!(
        Rp::back(&b.send(b.request(Method::GET, "/authorize").query(&twice)).await)["error"],
        "invalid_request"
    );
    // Whatever headers the tools of a browser application add may come along, and scripts read when to try again (FR-44).
    for (path, method) in [("/token", "POST"), ("/.well-known/oauth-authorization-server", "GET")] {
        for asked in ["content-type,mcp-protocol-version", "traceparent", "x-requested-with"] {
            let preflight = spa
                .program(Method::OPTIONS, path)
                .header("origin", "https://x.test")
                .header("access-control-request-method", method)
                .header("access-control-request-headers", asked)
                .send()
                .await
                .unwrap();
            assert_eq!(
                (
                    preflight.status().as_u16(),
                    preflight.headers()["access-control-allow-headers"].to_str().unwrap()
                ),
                (200, asked),
                "{path}"
            );
        }
    }
    let got =
        spa.program(Method::GET, "/jwks").header("origin", "https://x.test").send().await.unwrap();
    let exposed = got.headers()["access-control-expose-headers"].to_str().unwrap().to_lowercase();
    assert!(
        ["retry-after", "dpop-nonce", "www-authenticate"].iter().all(|h| exposed.contains(h))
            && got.headers().get("access-control-allow-credentials").is_none(),
        "{exposed}"
    );
}

/// RFC 6749 §3.2: which of two would count is nobody's guess.
#[tokio::test(flavor = "multi_thread")]
async fn a_parameter_that_comes_twice_is_refused_at_every_endpoint_and_uses_nothing_up() {
    let (_w, rp, b) = signed_in(json!({})).await;
    let code = rp.code(&b, &[]).await;
    for path in ["/token", "/introspect", "/revoke", "/par", "/device_authorization"] {
        let twice = rp
            .post(
                path,
                &[
                    ("grant_type", "authorization_code"),
                    ("code", &code),
                    ("code", &code),
                    ("token", "t"),
                    ("redirect_uri", CALLBACK),
                ],
            )
            .await;
        assert_eq!(twice.error(), (400, "invalid_request"), "{path}");
    }
    assert_eq!(rp.token(&code, &[]).await.status, 200);
}
