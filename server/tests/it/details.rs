//! Agreements and the fields of a registration: asked for at the end of every way in, and before anything is linked.
use crate::world::{Browser, PASSWORD, Page, World};
use serde_json::{Value, json};

/// Puts a document of a scope in force.
async fn enforce(owner: &Browser, scope: &str, document: Value) {
    let draft = owner
        .post("/fn/admin/policy/draft", &[("scope", scope), ("document", &document.to_string())])
        .await;
    assert!(draft.path().starts_with("/admin/policy/versions/"), "{}", draft.body);
    let version = draft.path().rsplit('/').next().unwrap().to_owned();
    let active = owner
        .post("/fn/admin/policy/version", &[("version", &version), ("becomes", "active")])
        .await;
    assert_eq!(active.status, 200, "{}", active.body);
}

fn terms(version: &str) -> Value {
    json!({"choices": {"agreements": [{"id": "terms", "version": version, "title": "Terms of use", "url": "https://example.test/terms"}]}})
}

async fn accept(b: &Browser, page: &Page, more: &[(&str, &str)]) -> Page {
    assert!(page.path().ends_with("/details"), "{} {}", page.path(), page.body);
    let attempt = page.attempt();
    let form: Vec<(&str, &str)> =
        [("attempt", attempt.as_str())].into_iter().chain(more.iter().copied()).collect();
    b.post("/fn/attempt/details", &form).await
}

/// Shows AU-15: agreements hold on the binding page as on every other way in; lock-out, second factor and rate limits
/// are shown for it by LK-15, LK-16 and RL-01.
#[tokio::test(flavor = "multi_thread")]
async fn au_15_agreements_stay_in_force_on_the_binding_page_and_new_versions_are_asked_for_anew() {
    let w = World::new("recommended").await;
    let owner = w.owner().await;
    w.sign_up("vera@example.test").await;
    enforce(&owner, "organisation", terms("1")).await;
    // The password binds; the link waits for the agreement.
    let b = w.browser();
    let chooser = b.sign_in("atlas", "a-vera").await;
    let page = b.pick(&chooser, "enter_account").await;
    let asked = b
        .post(
            "/fn/attempt/password",
            &[("attempt", &page.attempt()), ("email", "vera@example.test"), ("password", PASSWORD)],
        )
        .await;
    assert!(asked.has("Terms of use") && asked.has("https://example.test/terms"), "{}", asked.body);
    assert_eq!((w.links("a-vera").await, b.is_signed_in().await), (0, false));
    let unticked = accept(&b, &asked, &[]).await;
    assert!(
        unticked.has("Accept this to continue") && unticked.has("aria-invalid=\"true\""),
        "{}",
        unticked.body
    );
    assert_eq!(w.links("a-vera").await, 0);
    let forged = accept(&b, &asked, &[("agreed[0]", "terms@0")]).await;
    assert!(
        forged.path().ends_with("/details") && w.links("a-vera").await == 0,
        "another version is another agreement"
    );
    assert_eq!(accept(&b, &asked, &[("agreed[0]", "terms@1")]).await.path(), "/account");
    assert_eq!((w.links("a-vera").await, w.rows("agreement", "what", "terms@1").await), (1, 1));
    // Accepted is accepted, by whatever way the person comes; a new version is not.
    assert_eq!(w.browser().password("vera@example.test", PASSWORD).await.path(), "/account");
    assert_eq!(w.browser().sign_in("atlas", "a-vera").await.path(), "/account");
    enforce(&owner, "organisation", terms("2")).await;
    let c = w.browser();
    let asked = c.sign_in("atlas", "a-vera").await;
    assert!(asked.has("Terms of use") && !c.is_signed_in().await, "{}", asked.body);
    let d = w.browser();
    let by_password = d.password("vera@example.test", PASSWORD).await;
    assert_eq!(accept(&d, &by_password, &[("agreed[0]", "terms@2")]).await.path(), "/account");
    // It was accepted meanwhile: what was wanted is decided again and asks nothing new.
    assert_eq!(accept(&c, &asked, &[("agreed[0]", "terms@2")]).await.path(), "/account");
    assert_eq!(w.rows("agreement", "what", "terms@2").await, 1);
    // An application's own agreement is asked for on its way only.
    w.apply(json!({"applications": [{"client_id": "photos", "name": "Photos", "redirect_uris": ["http://127.0.0.1:9/cb"], "secret": "s"}]})).await;
    let own = json!({"choices": {"agreements": [{"id": "photos", "version": "1", "title": "Rules of Photos", "url": "/rules"}]}});
    enforce(&owner, "application:photos", own).await;
    assert_eq!(w.browser().password("vera@example.test", PASSWORD).await.path(), "/account");
    let e = w.browser();
    let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    let login = e.get(&format!("/authorize?client_id=photos&response_type=code&scope=openid&redirect_uri=http%3A%2F%2F127.0.0.1%3A9%2Fcb&code_challenge={challenge}&code_challenge_method=S256")).await;
    let entry = login.url.split("entry=").nth(1).unwrap().to_owned();
    let asked = e
        .post(
            "/fn/signin/password",
            &[("email", "vera@example.test"), ("password", PASSWORD), ("entry", &entry)],
        )
        .await;
    assert!(asked.has("Rules of Photos") && !asked.has("Terms of use"), "{}", asked.body);
    let attempt = asked.attempt();
    let done = e
        .post_only("/fn/attempt/details", &[("attempt", &attempt), ("agreed[0]", "photos@1")])
        .await;
    assert!(
        done.header("location").starts_with("http://127.0.0.1:9/cb?code="),
        "{}",
        done.header("location")
    );
    w.healthy().await;
}

/// Shows GV-02.
#[tokio::test(flavor = "multi_thread")]
async fn gv_02_a_new_person_is_asked_for_the_fields_of_the_registration() {
    let w = World::new("recommended").await;
    let owner = w.owner().await;
    let registration = json!({"choices": {"registration": [{"field": "name"}, {"field": "family_name", "required": true}, {"field": "attr.team", "required": true}, {"field": "phone"}], "sync": {"on_create": ["name", "family_name"], "on_login": [], "on_link": []}}});
    enforce(&owner, "organisation", registration).await;
    // By a provider: what it gave is not asked for again, the rest is.
    let b = w.browser();
    let chooser = b.sign_in("harbour", "h-1").await;
    let asked = b.pick(&chooser, "create_new").await;
    assert!(asked.path().ends_with("/details"), "{}", asked.body);
    assert!(
        !asked.has("fields[name]")
            && asked.has("fields[family_name]")
            && asked.has("fields[attr.team]")
            && asked.has("fields[phone]"),
        "{}",
        asked.body
    );
    assert_eq!(w.accounts().await, 1, "nothing is there yet");
    let long = "x".repeat(200);
    let again = accept(
        &b,
        &asked,
        &[("fields[family_name]", "Zhou"), ("fields[attr.team]", ""), ("fields[phone]", &long)],
    )
    .await;
    assert!(
        again.has("This is needed") && again.has("value=\"Zhou\""),
        "what was typed stays: {}",
        again.body
    );
    assert_eq!(
        accept(
            &b,
            &asked,
            &[
                ("fields[family_name]", " Zhou "),
                ("fields[attr.team]", "blue"),
                ("fields[attr.role]", "owner")
            ]
        )
        .await
        .path(),
        "/account"
    );
    let account = b.get("/account").await;
    assert!(
        account.has("Zhou")
            && account.has("blue")
            && account.has("entered by you")
            && !account.has("role"),
        "{}",
        account.body
    );
    // A local sign-up: after its code, before anything counts.
    let c = w.browser();
    let page = c
        .post(
            "/fn/signup",
            &[("email", "new@example.test"), ("name", "Neu"), ("password", PASSWORD)],
        )
        .await;
    let code = w.mail("new@example.test", 1).await.code.unwrap();
    let asked = c.code(&page, &code).await;
    assert!(asked.has("fields[attr.team]") && !asked.has("fields[name]"), "{}", asked.body);
    assert_eq!(w.rows("account", "state", "pending").await, 1);
    assert_eq!(
        accept(&c, &asked, &[("fields[family_name]", "Neumann"), ("fields[attr.team]", "red")])
            .await
            .path(),
        "/account"
    );
    assert_eq!(w.rows("account", "state", "pending").await, 0);
    // Who has an account is not asked.
    assert_eq!(w.browser().password("new@example.test", PASSWORD).await.path(), "/account");
    w.healthy().await;
}

/// A stranger writes somebody's number into their own account and waits.
#[tokio::test(flavor = "multi_thread")]
async fn what_people_write_about_themselves_finds_nobody() {
    let w = World::new("recommended").await;
    let owner = w.owner().await;
    let rule = json!({"id": "staff", "all": [{"account": "attr.staff", "equals": "claims.staff"}], "accept": [{"trust": "asserted", "proof": "none"}], "one": "link"});
    enforce(&owner, "organisation", json!({"choices": {"registration": [{"field": "attr.staff", "required": true}], "rules": [rule], "none": "create", "offers": [], "disclosure": "silent"}})).await;
    let page = w.browser();
    let form = page
        .post(
            "/fn/signup",
            &[("email", "mallory@example.test"), ("name", "M"), ("password", PASSWORD)],
        )
        .await;
    let code = w.mail("mallory@example.test", 1).await.code.unwrap();
    let asked = page.code(&form, &code).await;
    assert_eq!(accept(&page, &asked, &[("fields[attr.staff]", "4711")]).await.path(), "/account");
    let conditions = [domain::linking::Condition {
        attribute: domain::policy::ProfileAttribute::Own("staff".into()),
        folded: "4711".into(),
        exact: false,
    }];
    let ligature = w.ligature();
    let found = storage::accounts::attributes::list_matching(
        &mut ligature.store.read().await.unwrap(),
        ligature.org,
        &conditions,
    )
    .await
    .unwrap();
    assert!(found.is_empty(), "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn agreements_and_fields_that_cannot_be_are_refused_at_save() {
    let w = World::new("recommended").await;
    let owner = w.owner().await;
    let cases = [
        (
            json!({"agreements": [{"id": "terms", "version": "1", "title": "Terms", "url": "javascript:alert(1)"}]}),
            "agreements[0]",
        ),
        (
            json!({"agreements": [{"id": "a b", "version": "1", "title": "Terms", "url": "/t"}]}),
            "agreements[0]",
        ),
        (json!({"registration": [{"field": "username"}]}), "registration[0].field"),
        (
            json!({"registration": [{"field": "phone"}, {"field": "phone"}]}),
            "registration[1].field",
        ),
        (json!({"registration": [{"field": "roles"}]}), "registration"),
    ];
    for (choices, path) in cases {
        let page = owner
            .post(
                "/fn/admin/policy/draft",
                &[
                    ("scope", "organisation"),
                    ("document", &json!({"choices": choices}).to_string()),
                ],
            )
            .await;
        assert!(page.path() == "/admin/policy/document" && page.has(path), "{path}: {}", page.body);
    }
}
