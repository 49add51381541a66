//! What an application is registered with takes effect: who may come by which provider, what it is told, who writes.
use crate::{
    op::{Rp, register},
    world::{PASSWORD, World},
};
use serde_json::json;

/// The sign-in page on the way to an application, and its entry.
async fn on_the_way(rp: &Rp, b: &crate::world::Browser) -> (crate::world::Page, String) {
    let login = b.follow(rp.authorize(b, &[]).await).await;
    assert_eq!(login.path(), "/login", "{}", login.body);
    let entry = login.url.split("entry=").nth(1).unwrap().to_owned();
    (login, entry)
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_providers_that_an_application_allows_lead_to_it_and_the_decision_says_so() {
    let w = World::new("recommended").await;
    let rp = register(&w, "rp", json!({"providers": ["harbour"]})).await;
    let open = register(&w, "open", json!({})).await;
    let b = w.browser();
    let (login, entry) = on_the_way(&rp, &b).await;
    assert!(login.has("Harbour") && !login.has("Meridian"), "{}", login.body);
    assert!(on_the_way(&open, &w.browser()).await.0.has("Meridian"));
    // Whoever posts to it all the same is refused at the end, in the transaction that would have opened the account.
    let started =
        b.post_only("/fn/signin/provider", &[("provider", "meridian"), ("entry", &entry)]).await;
    let callback = b.at_provider(&started.header("location"), "m-vera").await;
    let refused = b.get(&callback).await;
    assert_eq!(refused.refusal(), "provider.disabled", "{}", refused.body);
    assert_eq!((w.accounts().await, b.is_signed_in().await), (0, false));
    // Signing in elsewhere first gets nobody around it.
    let elsewhere = w.browser();
    let chooser = elsewhere.sign_in("meridian", "m-vera").await;
    elsewhere.pick(&chooser, "create_new").await;
    assert!(elsewhere.is_signed_in().await);
    assert_eq!(
        Rp::back(&rp.authorize(&elsewhere, &[("prompt", "none")]).await)["error"],
        "login_required"
    );
    let (asked, _) = on_the_way(&rp, &elsewhere).await;
    assert!(asked.has("Harbour") && !asked.has("Meridian"), "{}", asked.body);
    assert!(Rp::back(&open.authorize(&elsewhere, &[]).await).contains_key("code"));
    // Neither does a password where the application's policy has none.
    let v = w.sign_up("theo@example.test").await;
    assert!(Rp::back(&rp.authorize(&v, &[]).await).contains_key("code"));
    w.apply(json!({"policies": {"application:rp": {"permits": {"password_sign_in": false}}}}))
        .await;
    assert_eq!(Rp::back(&rp.authorize(&v, &[("prompt", "none")]).await)["error"], "login_required");
    w.apply(json!({"policies": {"application:rp": {}}})).await;
    // It counts at once when the list changes, and the other way stays open.
    register(&w, "rp", json!({"providers": []})).await;
    assert!(on_the_way(&rp, &w.browser()).await.0.has("Meridian"));
    // A provider that nobody knows is no provider.
    let owner = w.owner().await;
    let page = owner
        .post(
            "/fn/admin/application",
            &[
                ("fields[client_id]", "rp"),
                ("fields[name]", "Rp"),
                ("fields[redirect_uris]", crate::op::CALLBACK),
                ("fields[grant_code]", "on"),
                ("fields[token_seconds]", "600"),
                ("fields[refresh_seconds]", "86400"),
                ("fields[providers]", "harbour nowhere"),
                ("fields[sender]", "nobody"),
                ("fields[claims]", "sub = 1"),
            ],
        )
        .await;
    for problem in [
        "There is no provider with one of these keys",
        "This is no email address",
        "A line is no claim",
    ] {
        assert!(page.has(problem), "{problem}: {}", page.body);
    }
    assert!(page.has("harbour nowhere") && page.has("sub = 1"), "what was typed is kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn go_34_mails_on_the_way_to_an_application_come_from_its_sender() {
    let w = World::new("goss").await;
    let rp = register(&w, "rp", json!({"sender": "hello@photos.example.test"})).await;
    w.browser().sign_in("meridian", "m-vera").await;
    let b = w.browser();
    let (_, entry) = on_the_way(&rp, &b).await;
    let started =
        b.post_only("/fn/signin/provider", &[("provider", "atlas"), ("entry", &entry)]).await;
    let callback = b.at_provider(&started.header("location"), "a-vera").await;
    let chooser = b.get(&callback).await;
    b.pick(&chooser, "add_to_existing").await;
    let mail = w.mail("vera@example.test", 1).await;
    assert!(mail.raw.contains("From: \"The rp\" <hello@photos.example.test>"), "{}", mail.raw);
    // Elsewhere it stays the server's.
    let b = w.browser();
    let chooser = b.sign_in("atlas", "a-vera").await;
    b.pick(&chooser, "add_to_existing").await;
    let mail = w.mail("vera@example.test", 2).await;
    assert!(
        !mail.raw.contains("photos.example.test") && mail.raw.contains("From: "),
        "{}",
        mail.raw
    );
    // A sign-up begun there, too.
    let w = World::new("recommended").await;
    let rp = register(&w, "rp", json!({"sender": "hello@photos.example.test"})).await;
    let b = w.browser();
    let (_, entry) = on_the_way(&rp, &b).await;
    b.post(
        "/fn/signup",
        &[
            ("email", "new@example.test"),
            ("name", "New"),
            ("password", PASSWORD),
            ("entry", &entry),
        ],
    )
    .await;
    assert!(w.mail("new@example.test", 1).await.raw.contains("<hello@photos.example.test>"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_gets_claims_that_its_expressions_make_and_none_of_them_says_who_it_is() {
    let w = World::new("recommended").await;
    let settings = json!({"claims": {"organisation": "'org-' + application.client_id", "from": "provider.key", "upstream_mail": "identity.last.email", "none": "identity.last.nothing", "broken": "claims.email + 1", "levels": "[1, 2]"}});
    let rp = register(&w, "rp", settings).await;
    let b = w.sign_up("vera@example.test").await;
    b.add("meridian", "m-ben").await;
    let tokens = rp.token(&rp.code(&b, &[("scope", "openid email")]).await, &[]).await;
    let claims = rp.verified(&tokens.text("id_token")).await;
    assert_eq!(
        (
            claims["organisation"].as_str(),
            claims["from"].as_str(),
            claims["upstream_mail"].as_str()
        ),
        (Some("org-rp"), Some("meridian"), Some("ben@example.test")),
        "{claims}"
    );
    assert_eq!(claims["levels"], json!([1, 2]));
    assert!(claims.get("none").is_none() && claims.get("broken").is_none(), "{claims}");
    let told = rp.userinfo(&tokens.text("access_token")).await.body;
    assert_eq!(
        (&told["organisation"], &told["levels"]),
        (&claims["organisation"], &claims["levels"])
    );
    for bad in [
        json!({"sub": "'somebody'"}),
        json!({"email_verified": "true"}),
        json!({"acr": "'high'"}),
        json!({"x": "(("}),
        json!({"": "1"}),
    ] {
        let form = service::oidc_provider::ApplicationForm {
            client_id: "rp".into(),
            name: "rp".into(),
            redirect_uris: vec![crate::op::CALLBACK.into()],
            settings: serde_json::from_value(json!({"claims": bad})).unwrap(),
            active: true,
        };
        assert_eq!(form.problems(), ["claims"], "{bad}");
    }
}

/// RFC 9470 §4: a level that is demanded is had, or the application hears that it cannot be.
#[tokio::test(flavor = "multi_thread")]
async fn two_factors_that_an_application_demands_are_asked_for_or_it_is_told_that_there_are_none() {
    let w = World::new("recommended").await;
    let rp = register(&w, "rp", json!({})).await;
    let b = w.sign_up("vera@example.test").await;
    let levels =
        rp.get("/.well-known/openid-configuration").await.body["acr_values_supported"].clone();
    let two = levels
        .as_array()
        .unwrap()
        .iter()
        .map(|l| l.as_str().unwrap())
        .find(|l| l.contains("two"))
        .unwrap()
        .to_owned();
    let one = levels
        .as_array()
        .unwrap()
        .iter()
        .map(|l| l.as_str().unwrap())
        .find(|l| !l.contains("two"))
        .unwrap()
        .to_owned();
    // Either of two, or one that nobody knows: no demand.
    for easy in [format!("{two} {one}"), "urn:somebody:else".to_owned()] {
        assert!(
            Rp::back(&rp.authorize(&b, &[("acr_values", &easy)]).await).contains_key("code"),
            "{easy}"
        );
    }
    let essential = json!({"id_token": {"acr": {"essential": true, "values": [two]}}}).to_string();
    for demand in [("acr_values", two.as_str()), ("claims", essential.as_str())] {
        assert_eq!(
            Rp::back(&rp.authorize(&b, &[demand, ("prompt", "none")]).await)["error"],
            "login_required"
        );
        let login = b.follow(rp.authorize(&b, &[demand]).await).await;
        assert_eq!(login.path(), "/login", "a sign-in that could be better first");
        let entry = login.url.split("entry=").nth(1).unwrap().to_owned();
        let back = b
            .post_only(
                "/fn/signin/password",
                &[("email", "vera@example.test"), ("password", PASSWORD), ("entry", &entry)],
            )
            .await;
        let back = if back.header("location").starts_with('/') {
            b.send(b.request(reqwest::Method::GET, &back.header("location"))).await
        } else {
            back
        };
        assert_eq!(Rp::back(&back)["error"], "unmet_authentication_requirements", "nobody loops");
    }
}

/// Shows AU-15: what an application asks people to accept, a session from elsewhere has not accepted.
#[tokio::test(flavor = "multi_thread")]
async fn au_15_a_session_opens_an_application_only_after_what_is_asked_there_was_accepted() {
    let w = World::new("goss").await;
    let rp = register(&w, "rp", json!({})).await;
    let b = w.browser();
    b.sign_in("meridian", "m-vera").await;
    rp.code(&b, &[]).await;
    for version in ["1", "2"] {
        w.apply(json!({"policies": {"application:rp": {"choices": {"agreements": [{"id": "terms", "version": version, "title": "Terms", "url": "/terms"}]}}}})).await;
        assert_eq!(
            Rp::back(&rp.authorize(&b, &[("prompt", "none")]).await)["error"],
            "login_required"
        );
        let (_, entry) = on_the_way(&rp, &b).await;
        let started = b
            .post_only("/fn/signin/provider", &[("provider", "meridian"), ("entry", &entry)])
            .await
            .header("location");
        let asked = b.get(&b.at_provider(&started, "m-vera").await).await;
        assert!(asked.path().ends_with("/details"), "{} {}", asked.url, asked.body);
        let accepted = b
            .post_only(
                "/fn/attempt/details",
                &[("attempt", &asked.attempt()), ("agreed[0]", &format!("terms@{version}"))],
            )
            .await;
        assert!(
            accepted.header("location").starts_with("https://rp.example.test/cb?code="),
            "{} {}",
            accepted.header("location"),
            accepted.body
        );
        rp.code(&b, &[]).await;
    }
}

/// A user name is not made up from an address; an administrator can say what stands for it, and it is told in both places.
#[tokio::test(flavor = "multi_thread")]
async fn fr_51_a_user_name_is_never_invented_and_an_expression_can_make_one() {
    let w = World::new("recommended").await;
    let b = w.sign_up("vera@example.test").await;
    let told = async |client: &str, settings: serde_json::Value| {
        let rp = register(&w, client, settings).await;
        let code = rp.code(&b, &[("scope", "openid profile email")]).await;
        let tokens = rp.token(&code, &[]).await;
        let id = rp.verified(&tokens.text("id_token")).await;
        (id, rp.userinfo(&tokens.text("access_token")).await.body)
    };
    let (id, info) = told("plain", json!({})).await;
    assert!(id["email"] == "vera@example.test" && info["email"] == "vera@example.test");
    for claims in [&id, &info] {
        assert!(claims.get("preferred_username").is_none(), "{claims}");
    }
    let named = json!({"claims": {"preferred_username": "claims.email"}});
    let (id, info) = told("named", named).await;
    assert!(
        id["preferred_username"] == id["email"] && info["preferred_username"] == id["email"],
        "{id} {info}"
    );
}
