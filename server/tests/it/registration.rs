//! Programs register applications by themselves, where an administrator lets them (RFC 7591).
use crate::{
    op::{Answer, CALLBACK, CHALLENGE, VERIFIER, answer},
    world::{Browser, World},
};
use serde_json::{Value, json};

async fn register(w: &World, token: &str, metadata: &Value) -> Answer {
    answer(
        reqwest::Client::new()
            .post(format!("{}/register", w.url()))
            .bearer_auth(token)
            .json(metadata),
    )
    .await
}

async fn discovered(w: &World) -> Value {
    answer(reqwest::Client::new().get(format!("{}/.well-known/openid-configuration", w.url())))
        .await
        .body["registration_endpoint"]
        .clone()
}

/// A token from the console, shown once.
async fn token(owner: &Browser, uses: &str) -> String {
    let page = owner
        .post("/fn/admin/registration", &[("label", "Build server"), ("uses", uses), ("days", "7")])
        .await;
    let shown = page
        .body
        .split("<code class=\"secret\">")
        .nth(1)
        .unwrap_or_else(|| panic!("{}", page.body))
        .split('<')
        .next()
        .unwrap()
        .to_owned();
    assert!(!owner.get("/admin/applications").await.has(&shown), "only this once");
    shown
}

fn tool() -> Value {
    json!({"client_name": "Tool of somebody", "redirect_uris": [CALLBACK], "token_endpoint_auth_method": "client_secret_post"})
}

#[tokio::test(flavor = "multi_thread")]
async fn registration_is_off_until_a_token_is_made_and_again_when_it_is_used_up_over_or_ended() {
    let w = World::new("recommended").await;
    assert_eq!(discovered(&w).await, Value::Null);
    for none in ["", "guessed"] {
        assert_eq!(register(&w, none, &tool()).await.error(), (401, "invalid_token"));
    }
    let owner = w.owner().await;
    let once = token(&owner, "1").await;
    assert_eq!(discovered(&w).await, format!("{}/register", w.url()));
    assert_eq!(w.rows("registration_token", "label", &once).await, 0, "only its hash is kept");
    // What cannot be used does not use it up.
    assert_eq!(
        register(&w, &once, &json!({"client_name": "T", "redirect_uris": ["http://t.test/"]}))
            .await
            .error(),
        (400, "invalid_redirect_uri")
    );
    assert_eq!(register(&w, &once, &Value::Null).await.error(), (400, "invalid_client_metadata"));
    assert_eq!(register(&w, &once, &tool()).await.status, 201);
    assert_eq!(register(&w, &once, &tool()).await.error(), (401, "invalid_token"));
    assert_eq!(discovered(&w).await, Value::Null);
    let over = token(&owner, "5").await;
    w.pass(8 * 86_400);
    assert_eq!(register(&w, &over, &tool()).await.error(), (401, "invalid_token"));
    let owner = w.browser();
    owner.password("owner@example.test", crate::world::PASSWORD).await;
    let ended = token(&owner, "5").await;
    let page = owner.get("/admin/applications").await;
    let id = page
        .body
        .split("name=\"id\" value=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    // Nobody but an administrator makes or ends one.
    let vera = w.sign_up("vera@example.test").await;
    assert_eq!(
        vera.post("/fn/admin/registration", &[("label", "x"), ("uses", "1"), ("days", "1")])
            .await
            .refusal(),
        "admin.forbidden"
    );
    assert_eq!(
        vera.post("/fn/admin/registration/end", &[("id", &id)]).await.refusal(),
        "admin.forbidden"
    );
    owner.post("/fn/admin/registration/end", &[("id", &id)]).await;
    assert_eq!(register(&w, &ended, &tool()).await.error(), (401, "invalid_token"));
    for (label, uses, days) in
        [("", "1", "1"), ("x", "0", "1"), ("x", "101", "1"), ("x", "1", "91"), ("x", "one", "1")]
    {
        let page = owner
            .post("/fn/admin/registration", &[("label", label), ("uses", uses), ("days", days)])
            .await;
        assert!(page.has("1 to 100 applications, 1 to 90 days"), "{label} {uses} {days}");
    }
    assert!(owner.get("/admin/audit").await.has("Registration by programs opened"));
}

/// Shows CN-02: whatever a program says of itself, people are asked, and told that nobody checked its name.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_program_registered_signs_people_in_after_asking_them() {
    let w = World::new("recommended").await;
    let owner = w.owner().await;
    let initial = token(&owner, "10").await;
    let mut said = tool();
    said["first_party"] = true.into();
    said["resource_server"] = true.into();
    let made = register(&w, &initial, &said).await;
    let (client, secret) = (made.text("client_id"), made.text("client_secret"));
    assert!(
        made.body["client_secret_expires_at"] == 0
            && made.body["grant_types"] == json!(["authorization_code", "refresh_token"]),
        "{}",
        made.body
    );
    let b = w.sign_up("vera@example.test").await;
    let query = [
        ("response_type", "code"),
        ("client_id", &client),
        ("redirect_uri", CALLBACK),
        ("scope", "openid email"),
        ("state", "s"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    let asked =
        b.follow(b.send(b.request(reqwest::Method::GET, "/authorize").query(&query)).await).await;
    assert!(asked.path() == "/consent" && asked.has("Tool of somebody"), "{}", asked.url);
    assert!(
        asked.has("nobody here has checked its name") && asked.has("goes to rp.example.test"),
        "{}",
        asked.body
    );
    let entry = asked.url.split("entry=").nth(1).unwrap().to_owned();
    let back = b
        .post_only("/fn/consent", &[("entry", &entry), ("answer", "allow")])
        .await
        .header("location");
    let code = url::Url::parse(&back)
        .unwrap()
        .query_pairs()
        .find(|(k, _)| k == "code")
        .unwrap_or_else(|| panic!("{back}"))
        .1
        .into_owned();
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
        ("client_id", &client),
        ("client_secret", &secret),
    ];
    let tokens =
        answer(reqwest::Client::new().post(format!("{}/token", w.url())).form(&form)).await;
    assert_eq!(tokens.status, 200, "{}", tokens.body);
    // Without PKCE it gets nowhere, and about other applications' tokens it hears nothing.
    let other = crate::op::register(&w, "rp", json!({})).await;
    let foreign = other.token(&other.code(&b, &[]).await, &[]).await.text("access_token");
    let heard = answer(reqwest::Client::new().post(format!("{}/introspect", w.url())).form(&[
        ("token", foreign.as_str()),
        ("client_id", &client),
        ("client_secret", &secret),
    ]))
    .await;
    assert_eq!(heard.body, json!({"active": false}));
    let list = owner.get("/admin/applications").await;
    assert!(list.has("Tool of somebody") && list.has(&client));
    let public = register(&w, &initial, &json!({"client_name": "Native", "redirect_uris": ["com.example.tool:/cb"], "token_endpoint_auth_method": "none", "application_type": "native"})).await;
    assert!(public.status == 201 && public.body.get("client_secret").is_none(), "{}", public.body);
}
