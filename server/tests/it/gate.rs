//! What an application is told and for how long: consent, proved addresses, families of tokens, the gate before it.
use crate::{
    op::{Answer, Rp, register},
    world::{Browser, PASSWORD, Page, World},
};
use reqwest::Method;
use serde_json::{Value, json};

const DEVICE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

fn entry(page: &Page) -> String {
    page.url
        .split("entry=")
        .nth(1)
        .unwrap_or_else(|| panic!("{} {}", page.url, page.body))
        .split('&')
        .next()
        .unwrap()
        .to_owned()
}

/// Allows what the page of a request asks for, and answers the tokens.
async fn allow(rp: &Rp, b: &Browser, changes: &[(&str, &str)]) -> (Page, Answer) {
    let asked = b.follow(rp.authorize(b, changes).await).await;
    assert_eq!(asked.path(), "/consent", "{}", asked.body);
    let back = b.post_only("/fn/consent", &[("entry", &entry(&asked)), ("answer", "allow")]).await;
    let tokens = rp.token(&Rp::back(&back)["code"], &[]).await;
    (asked, tokens)
}

async fn person(w: &World) -> Browser {
    let b = w.sign_up("vera@example.test").await;
    let session = w
        .ligature()
        .sessions()
        .session(b.session_cookie().unwrap().split_once('=').unwrap().1)
        .await
        .unwrap()
        .unwrap();
    let (one, account) = (w.ligature(), session.account);
    let (org, at) = (one.org, one.now());
    one.store
        .write::<_, storage::Error, _>(move |c| {
            Box::pin(async move {
                storage::accounts::attributes::set_attribute(
                    c, org, account, "username", "vera", "vera", "person", at,
                )
                .await?;
                storage::accounts::attributes::set_attribute(
                    c,
                    org,
                    account,
                    "phone",
                    "+4930123456",
                    "+4930123456",
                    storage::accounts::attributes::BY_CODE,
                    at,
                )
                .await
            })
        })
        .await
        .unwrap();
    b
}

async fn told(rp: &Rp, tokens: &Answer) -> (Value, Value) {
    (
        rp.verified(&tokens.text("id_token")).await,
        rp.userinfo(&tokens.text("access_token")).await.body,
    )
}

/// Shows CN-01: what was allowed by scope, by `claims` or for a device is one set; beyond it the person is asked, nothing is
/// told, and `prompt=none` hears so.
#[tokio::test(flavor = "multi_thread")]
async fn cn_01_consent_covers_what_is_told_whichever_parameter_asked() {
    let w = World::new("recommended").await;
    let rp = register(&w, "rp", json!({"first_party": false})).await;
    let b = person(&w).await;
    // The good way: asked for, listed, allowed, told, and never asked again.
    let claims = json!({"userinfo": {"email": null, "phone_number": null, "preferred_username": null}, "id_token": {"name": null, "roles": null}}).to_string();
    let (asked, tokens) = allow(&rp, &b, &[("claims", &claims)]).await;
    for line in [
        "See your email address",
        "See your phone number",
        "See your user name",
        "See your name",
        "See your roles",
        "goes to rp.example.test",
    ] {
        assert!(asked.has(line), "{line}: {}", asked.body);
    }
    assert!(
        !asked.has("See your language")
            && !asked.has("name and language")
            && !asked.has("while you are away")
    );
    let (id, info) = told(&rp, &tokens).await;
    assert_eq!(
        (
            id["name"].as_str(),
            info["email"].as_str(),
            info["phone_number"].as_str(),
            info["preferred_username"].as_str()
        ),
        (Some("Someone"), Some("vera@example.test"), Some("+4930123456"), Some("vera"))
    );
    assert!(
        id["roles"].is_array() && id.get("email").is_none() && info.get("name").is_none(),
        "{id} {info}"
    );
    let silent = async |changes: &[(&str, &str)]| {
        let mut all = changes.to_vec();
        all.push(("prompt", "none"));
        Rp::back(&rp.authorize(&b, &all).await)
    };
    assert!(silent(&[("claims", &claims)]).await.contains_key("code"));
    assert!(
        silent(&[("scope", "openid email phone")]).await.contains_key("code"),
        "the same by scope"
    );
    // Beyond it, by either parameter.
    let locale = json!({"id_token": {"locale": null}}).to_string();
    for beyond in [
        [("claims", locale.as_str())],
        [("scope", "openid profile")],
        [("scope", "openid offline_access")],
    ] {
        assert_eq!(silent(&beyond).await["error"], "consent_required", "{beyond:?}");
        assert_eq!(
            b.follow(rp.authorize(&b, &beyond).await).await.path(),
            "/consent",
            "{beyond:?}"
        );
    }
    // Somebody else has allowed only what the scope says, and no parameter gets more.
    let other = register(&w, "other", json!({"first_party": false})).await;
    let (_, tokens) = allow(&other, &b, &[]).await;
    let (id, info) = told(&other, &tokens).await;
    assert!(id.get("name").is_none() && info.as_object().unwrap().len() == 1, "{id} {info}");
    for part in ["userinfo", "id_token"] {
        let asks = json!({part: {"email": {"essential": true}}}).to_string();
        assert_eq!(
            Rp::back(&other.authorize(&b, &[("claims", &asks), ("prompt", "none")]).await)["error"],
            "consent_required",
            "{part}"
        );
    }
    // What was allowed and taken back, or was never asked since it was ours once, is told to nobody.
    let ours = register(&w, "ours", json!({})).await;
    let tokens =
        ours.token(&ours.code(&b, &[("scope", "openid email offline_access")]).await, &[]).await;
    assert!(told(&ours, &tokens).await.1["email"].is_string());
    register(&w, "ours", json!({"first_party": false})).await;
    assert!(
        ours.userinfo(&tokens.text("access_token")).await.body.get("email").is_none(),
        "nobody allowed it"
    );
    let again = ours.refresh(&tokens.text("refresh_token")).await;
    assert!(ours.verified(&again.text("id_token")).await.get("email").is_none());
}

/// Shows CN-01: an expression tells what it makes only to whom that very expression was allowed.
#[tokio::test(flavor = "multi_thread")]
async fn cn_01_an_applications_own_claims_are_asked_for_and_anew_when_their_expression_changes() {
    let w = World::new("recommended").await;
    let b = person(&w).await;
    let rp = register(&w, "rp", json!({"first_party": false, "claims": {"team": "'blue'"}})).await;
    let (asked, tokens) = allow(&rp, &b, &[]).await;
    assert!(asked.has("Learn “team”"), "{}", asked.body);
    assert_eq!(told(&rp, &tokens).await.1["team"], "blue");
    assert!(Rp::back(&rp.authorize(&b, &[("prompt", "none")]).await).contains_key("code"));
    register(&w, "rp", json!({"first_party": false, "claims": {"team": "account.phone"}})).await;
    assert!(
        rp.userinfo(&tokens.text("access_token")).await.body.get("team").is_none(),
        "nobody allowed the number under that name"
    );
    assert_eq!(
        Rp::back(&rp.authorize(&b, &[("prompt", "none")]).await)["error"],
        "consent_required"
    );
    assert_eq!(told(&rp, &allow(&rp, &b, &[]).await.1).await.1["team"], "+4930123456");
}

/// Shows CN-02: where the browser goes, for each kind of address, and that nobody checked a name that a program gave.
#[tokio::test(flavor = "multi_thread")]
async fn cn_02_the_page_names_where_the_browser_goes_and_that_nobody_checked_the_name() {
    let w = World::new("recommended").await;
    let b = w.sign_up("vera@example.test").await;
    let checked = register(&w, "checked", json!({"first_party": false})).await;
    let page = b.follow(checked.authorize(&b, &[]).await).await;
    assert!(
        page.has("goes to rp.example.test") && !page.has("nobody here has checked"),
        "{}",
        page.body
    );
    let borrowed =
        register(&w, "borrowed", json!({"first_party": false, "unchecked_name": true})).await;
    let page = b.follow(borrowed.authorize(&b, &[]).await).await;
    assert!(
        page.has("nobody here has checked its name") && page.has("goes to rp.example.test"),
        "{}",
        page.body
    );
    let pkce = [
        ("code_challenge", crate::op::CHALLENGE),
        ("code_challenge_method", "S256"),
        ("redirect_uri", "http://127.0.0.1:51999/cb"),
    ];
    let native = register(&w, "native", json!({"kind": "native", "first_party": false})).await;
    assert!(
        b.follow(native.authorize(&b, &pkce).await).await.has("goes to a program on this device")
    );
    for (tag, words) in
        [("de", "niemand hier hat ihren Namen geprüft"), ("zh-CN", "名称未经本站核实")]
    {
        b.post("/fn/language", &[("language", tag), ("back", "/account")]).await;
        let page = b.follow(borrowed.authorize(&b, &[]).await).await;
        assert!(page.has(words), "{tag}: {}", page.body);
    }
}

/// Shows CN-02: a device's page says it like the other, and says nothing of a name that was checked.
#[tokio::test(flavor = "multi_thread")]
async fn cn_02_the_page_of_a_device_says_that_nobody_checked_the_name() {
    let w = World::new("recommended").await;
    let b = w.sign_up("vera@example.test").await;
    for unchecked in [false, true] {
        let tv = register(
            &w,
            "tv",
            json!({"kind": "native", "grants": ["device_code"], "unchecked_name": unchecked}),
        )
        .await;
        let begun = tv.post("/device_authorization", &[("scope", "openid")]).await;
        let page = b.get(&format!("/device?code={}", begun.text("user_code"))).await;
        assert!(page.has("in front of you"), "{}", page.body);
        assert_eq!(page.has("nobody here has checked its name"), unchecked, "{}", page.body);
    }
}

/// From an application to the sign-in page and through a provider, as a new person.
async fn arrive(w: &World, rp: &Rp, provider: &str, who: &str, scope: &str) -> (Browser, Page) {
    let b = w.browser();
    let login = b.follow(rp.authorize(&b, &[("scope", scope)]).await).await;
    let started = b
        .post_only("/fn/signin/provider", &[("provider", provider), ("entry", &entry(&login))])
        .await;
    let callback = b.at_provider(&started.header("location"), who).await;
    let page = b.send(b.request(Method::GET, &callback)).await;
    // Redirects of ours are followed; the application's address is nobody's.
    let chooser = follow_here(&b, page).await;
    let page = b
        .post_only(
            "/fn/attempt/pick",
            &[("attempt", &chooser.attempt()), ("pick", "create_new"), ("account", "")],
        )
        .await;
    let page = follow_here(&b, page).await;
    (b, page)
}

async fn follow_here(b: &Browser, mut page: Page) -> Page {
    while page.status == 303 && !page.header("location").starts_with("https://rp.example.test") {
        page = b.send(b.request(Method::GET, &page.header("location"))).await;
    }
    page
}

/// Shows CN-03: a provider that states anything names the victim's address; the application that takes it for a name is
/// told it by nobody who does not own it.
#[tokio::test(flavor = "multi_thread")]
async fn cn_03_an_address_is_told_only_to_the_account_that_owns_it() {
    let w = World::new("recommended").await;
    let rp = register(&w, "rp", json!({})).await;
    let v = w.sign_up("vera@example.test").await;
    let owner =
        told(&rp, &rp.token(&rp.code(&v, &[("scope", "openid email")]).await, &[]).await).await;
    assert_eq!(
        (owner.0["email"].as_str(), owner.1["email_verified"].as_bool()),
        (Some("vera@example.test"), Some(true))
    );
    // The intruder: Pigeon says Vera's address and proves nothing.
    let (b, page) = arrive(&w, &rp, "pigeon", "p-vera", "openid email").await;
    assert!(
        page.path() == "/address" && page.has("Confirm your email address"),
        "{} {}",
        page.url,
        page.body
    );
    let request = entry(&page);
    let before = w.mails("vera@example.test").await;
    let typed = b.post("/fn/address", &[("entry", &request), ("answer", "send")]).await;
    assert!(typed.path().ends_with("/code"), "{} {}", typed.url, typed.body);
    // Its owner hears of it, and no code is among what they get.
    let mail = w.mail("vera@example.test", before + 1).await;
    assert!(mail.code.is_none(), "{}", mail.raw);
    let on = b.post_only("/fn/attempt/without", &[("attempt", &typed.attempt())]).await;
    let tokens = rp.token(&Rp::back(&on)["code"], &[]).await;
    let (id, info) = told(&rp, &tokens).await;
    for claim in ["email", "email_verified"] {
        assert!(id.get(claim).is_none() && info.get(claim).is_none(), "{id} {info}");
    }
    // Asked once on the way in; without a page the claim is left out, by whichever parameter.
    for changes in
        [vec![("scope", "openid email")], vec![("scope", "openid email"), ("prompt", "none")]]
    {
        let code = rp.code(&b, &changes).await;
        assert!(told(&rp, &rp.token(&code, &[]).await).await.0.get("email").is_none());
    }
    let other = register(&w, "other", json!({})).await;
    let claims = json!({"id_token": {"email": {"essential": true}}}).to_string();
    let code = other.code(&b, &[("claims", &claims), ("prompt", "none")]).await;
    assert!(told(&other, &other.token(&code, &[]).await).await.0.get("email").is_none());
    assert_eq!(
        follow_here(&b, other.authorize(&b, &[("claims", &claims)]).await).await.path(),
        "/address"
    );
    assert!(
        Rp::back(&other.authorize(&b, &[]).await).contains_key("code"),
        "who asks for no address gets no page"
    );
    // The setting that is named unsafe tells it as it was said.
    let unsafe_one = register(&w, "unsafe", json!({"unproved_contacts": true})).await;
    let tokens =
        unsafe_one.token(&unsafe_one.code(&b, &[("scope", "openid email")]).await, &[]).await;
    let (id, _) = told(&unsafe_one, &tokens).await;
    assert_eq!(
        (id["email"].as_str().map(str::to_lowercase).as_deref(), id["email_verified"].as_bool()),
        (Some("vera@example.test"), Some(false))
    );
}

/// Shows CN-03: a free address is proved by one code on the way in, and is the account's own from then on; the account's
/// other mailboxes hear of it (threat rule 19).
#[tokio::test(flavor = "multi_thread")]
async fn cn_03_a_free_address_becomes_the_accounts_own_by_a_code_on_the_way_in() {
    let w = World::new("recommended").await;
    let rp = register(&w, "rp", json!({"first_party": false})).await;
    w.pigeon.person(
        "p-free",
        json!({"name": "Free", "email": "free@example.test", "phone_number": "+4930555555"}),
    );
    let (b, page) = arrive(&w, &rp, "pigeon", "p-free", "openid email phone").await;
    assert_eq!(page.path(), "/consent", "{} {}", page.url, page.body);
    // Another mailbox of the account, which some provider proved.
    let ligature = w.ligature();
    let (org, account) = (
        ligature.org,
        storage::accounts::list_holders(
            &mut ligature.store.read().await.unwrap(),
            ligature.org,
            "free@example.test",
        )
        .await
        .unwrap()[0]
            .0
            .id,
    );
    let another = storage::accounts::NewEmail {
        address: domain::email_address::Canonical::parse("another@example.test").unwrap(),
        proof: storage::accounts::EmailProof::Provider("x".into()),
        owner: false,
        primary: false,
    };
    ligature
        .store
        .write::<_, service::Error, _>(move |c| {
            Box::pin(async move {
                Ok(storage::accounts::add_email(c, org, account, &another, [9; 16], 1).await?)
            })
        })
        .await
        .unwrap();
    let page = b.post("/fn/consent", &[("entry", &entry(&page)), ("answer", "allow")]).await;
    assert_eq!(page.path(), "/address", "{} {}", page.url, page.body);
    let typed = b.post("/fn/address", &[("entry", &entry(&page)), ("answer", "send")]).await;
    let code = w.mail("free@example.test", 1).await.code.unwrap();
    assert!(typed.has("Continue without my address"), "{}", typed.body);
    // Somebody else's browser types it for nobody.
    assert_ne!(
        w.browser()
            .post("/fn/attempt/code", &[("attempt", &typed.attempt()), ("code", &code)])
            .await
            .status,
        200
    );
    let done =
        b.post_only("/fn/attempt/code", &[("attempt", &typed.attempt()), ("code", &code)]).await;
    let tokens = rp.token(&Rp::back(&done)["code"], &[]).await;
    let (id, info) = told(&rp, &tokens).await;
    assert_eq!(
        (id["email"].as_str(), info["email_verified"].as_bool()),
        (Some("free@example.test"), Some(true))
    );
    // A number that a provider stated is no more told than an address.
    assert!(
        ["phone_number", "phone_number_verified"]
            .iter()
            .all(|claim| id.get(claim).is_none() && info.get(claim).is_none()),
        "{id} {info}"
    );
    assert_eq!(w.rows("audit_event", "kind", "email.proved").await, 1);
    // The account's other mailbox hears of it, and can take it back.
    let heard = w.mail("another@example.test", 1).await;
    assert!(
        heard.text.contains("belongs to your account") && heard.text.contains("/undo/"),
        "{}",
        heard.text
    );
    let again = rp.authorize(&b, &[("scope", "openid email"), ("prompt", "none")]).await;
    assert!(Rp::back(&again).contains_key("code"));
    w.healthy().await;
}

/// Posts a form four times at once.
async fn four(rp: &Rp, form: &[(&str, &str)]) -> Vec<Answer> {
    let form: Vec<(String, String)> =
        form.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    let posts: Vec<_> = (0..4)
        .map(|_| {
            tokio::spawn({
                let (rp, form) = (rp.clone(), form.clone());
                async move {
                    rp.post(
                        "/token",
                        &form.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect::<Vec<_>>(),
                    )
                    .await
                }
            })
        })
        .collect();
    let mut answers = Vec::new();
    for post in posts {
        answers.push(post.await.unwrap());
    }
    answers
}

/// Access tokens that live: those of the database, and those of them that the application was told.
async fn alive(w: &World, rp: &Rp, known: &[String]) -> (i64, i64) {
    let mut active = 0;
    for access in known {
        active +=
            i64::from(rp.post("/introspect", &[("token", access)]).await.body["active"] == true);
    }
    (w.rows("token", "kind", "access").await, active)
}

/// Shows TK-01: whatever order four posts come in, no token lives that nobody knows, and a later use of an old one ends it.
#[tokio::test(flavor = "multi_thread")]
async fn tk_01_four_posts_of_one_refresh_token_leave_one_known_family_or_none() {
    let w = World::new("recommended").await;
    let rp = register(&w, "rp", json!({"algorithm": "ES256"})).await;
    let b = w.sign_up("vera@example.test").await;
    let first = rp.token(&rp.code(&b, &[("scope", "openid offline_access")]).await, &[]).await;
    let second = rp.refresh(&first.text("refresh_token")).await;
    assert_eq!(
        alive(&w, &rp, &[first.text("access_token"), second.text("access_token")]).await,
        (2, 2),
        "the good way"
    );
    assert_eq!(rp.refresh(&first.text("refresh_token")).await.error(), (400, "invalid_grant"));
    assert_eq!(alive(&w, &rp, &[]).await.0, 0);
    for round in 0..200 {
        let first = rp.token(&rp.code(&b, &[("scope", "openid offline_access")]).await, &[]).await;
        let old = first.text("refresh_token");
        let answers = four(&rp, &[("grant_type", "refresh_token"), ("refresh_token", &old)]).await;
        let won: Vec<&Answer> = answers.iter().filter(|a| a.status == 200).collect();
        assert!(
            won.len() <= 1
                && answers.iter().all(|a| a.status == 200 || a.error() == (400, "invalid_grant")),
            "round {round}: {answers:?}"
        );
        let known: Vec<String> = won
            .iter()
            .map(|a| a.text("access_token"))
            .chain([first.text("access_token")])
            .collect();
        let (there, active) = alive(&w, &rp, &known).await;
        assert_eq!(
            there, active,
            "round {round}: a token lives that the application does not know"
        );
        assert_eq!(rp.refresh(&old).await.error(), (400, "invalid_grant"));
        assert_eq!(
            alive(&w, &rp, &[]).await.0,
            0,
            "round {round}: an old token ends its family whenever it comes"
        );
        for winner in won {
            assert_eq!(
                rp.refresh(&winner.text("refresh_token")).await.error(),
                (400, "invalid_grant"),
                "round {round}"
            );
        }
    }
}

/// Shows TK-02: the same for a code, also when its own row is gone long since.
#[tokio::test(flavor = "multi_thread")]
async fn tk_02_four_posts_of_one_code_leave_one_known_family_or_none() {
    let w = World::new("recommended").await;
    let rp = register(&w, "rp", json!({"algorithm": "ES256"})).await;
    let b = w.sign_up("vera@example.test").await;
    let trade = |code: &str| {
        vec![
            ("grant_type".to_owned(), "authorization_code".to_owned()),
            ("code".to_owned(), code.to_owned()),
            ("redirect_uri".to_owned(), crate::op::CALLBACK.to_owned()),
        ]
    };
    for round in 0..200 {
        let code = rp.code(&b, &[("scope", "openid offline_access")]).await;
        let form = trade(&code);
        let answers =
            four(&rp, &form.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect::<Vec<_>>())
                .await;
        let won: Vec<&Answer> = answers.iter().filter(|a| a.status == 200).collect();
        assert!(
            won.len() <= 1
                && answers.iter().all(|a| a.status == 200 || a.error() == (400, "invalid_grant")),
            "round {round}: {answers:?}"
        );
        let known: Vec<String> = won.iter().map(|a| a.text("access_token")).collect();
        let (there, active) = alive(&w, &rp, &known).await;
        assert_eq!(
            there, active,
            "round {round}: a token lives that the application does not know"
        );
        assert_eq!(rp.token(&code, &[]).await.error(), (400, "invalid_grant"));
        assert_eq!(alive(&w, &rp, &[]).await.0, 0, "round {round}");
    }
    // Days later the code's row is gone; its family is found all the same.
    let code = rp.code(&b, &[("scope", "openid offline_access")]).await;
    let first = rp.token(&code, &[]).await;
    w.pass(3 * 86_400);
    let one = w.ligature();
    let now = one.now();
    one.store
        .write::<_, storage::Error, _>(move |c| {
            Box::pin(async move { storage::maintenance::tidy::tidy(c, now).await.map(drop) })
        })
        .await
        .unwrap();
    let second = rp.refresh(&first.text("refresh_token")).await;
    assert_eq!(rp.userinfo(&second.text("access_token")).await.status, 200, "{}", second.body);
    assert_eq!(rp.token(&code, &[]).await.error(), (400, "invalid_grant"));
    assert_eq!(
        (
            rp.userinfo(&second.text("access_token")).await.status,
            rp.refresh(&second.text("refresh_token")).await.status
        ),
        (401, 400)
    );
}

async fn device(tv: &Rp, b: &Browser) -> (String, Page) {
    let begun = tv.post("/device_authorization", &[("scope", "openid offline_access")]).await;
    let page =
        b.post("/fn/device", &[("code", &begun.text("user_code")), ("answer", "allow")]).await;
    (begun.text("device_code"), page)
}

async fn poll(tv: &Rp, device: &str) -> Answer {
    tv.post("/token", &[("grant_type", DEVICE_GRANT), ("device_code", device)]).await
}

/// Shows TK-03.
#[tokio::test(flavor = "multi_thread")]
async fn tk_03_a_code_or_device_is_worth_nothing_after_sign_out_everywhere_or_a_switch_off() {
    let w = World::new("recommended").await;
    let rp = register(&w, "rp", json!({})).await;
    let tv =
        register(&w, "tv", json!({"kind": "native", "grants": ["device_code", "refresh_token"]}))
            .await;
    let b = w.sign_up("vera@example.test").await;
    // The good way, a second use of a device's secret included: it ends what came of it.
    assert_eq!(rp.token(&rp.code(&b, &[]).await, &[]).await.status, 200);
    let (secret, page) = device(&tv, &b).await;
    assert!(page.has("The device is connected"), "{}", page.body);
    let got = poll(&tv, &secret).await;
    assert_eq!(
        (got.status, tv.userinfo(&got.text("access_token")).await.status),
        (200, 200),
        "{}",
        got.body
    );
    assert_eq!(poll(&tv, &secret).await.error(), (400, "invalid_grant"));
    assert_eq!(
        (
            tv.userinfo(&got.text("access_token")).await.status,
            tv.refresh(&got.text("refresh_token")).await.status
        ),
        (401, 400)
    );
    for way in ["/fn/account/sessions/end-all", "/fn/signout"] {
        let code = rp.code(&b, &[]).await;
        let (secret, _) = device(&tv, &b).await;
        b.post(way, &[]).await;
        assert_eq!(rp.token(&code, &[]).await.error(), (400, "invalid_grant"), "{way}");
        assert_eq!(poll(&tv, &secret).await.error(), (400, "invalid_grant"), "{way}");
        b.password("vera@example.test", PASSWORD).await;
        assert_eq!(
            rp.token(&code, &[]).await.error(),
            (400, "invalid_grant"),
            "a new session does not bring it back"
        );
    }
    // The same person's new sign-in in the same browser is the same session for applications.
    let code = rp.code(&b, &[]).await;
    b.password("vera@example.test", PASSWORD).await;
    assert_eq!(rp.token(&code, &[]).await.status, 200);
    let code = rp.code(&b, &[]).await;
    let owner = w.owner().await;
    let list = owner.get("/admin/accounts?q=vera%40example.test").await;
    let id: String =
        list.body.split("href=\"/admin/accounts/").nth(1).unwrap().chars().take(32).collect();
    owner.post("/fn/admin/account/state", &[("account", &id), ("enabled", "no")]).await;
    assert_eq!(rp.token(&code, &[]).await.error(), (400, "invalid_grant"));
    owner.post("/fn/admin/account/state", &[("account", &id), ("enabled", "yes")]).await;
    assert_eq!(rp.token(&code, &[]).await.error(), (400, "invalid_grant"));
}

/// Shows TK-04: the list of providers, agreements and the policy stand before a device, a code and a refresh as before
/// `/authorize`.
#[tokio::test(flavor = "multi_thread")]
async fn tk_04_a_session_that_does_not_open_an_application_opens_it_by_no_other_grant() {
    let w = World::new("recommended").await;
    let settings = |more: Value| {
        let mut all = json!({"kind": "native", "grants": ["authorization_code", "device_code", "refresh_token"]});
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        all
    };
    let tv = register(&w, "tv", settings(json!({}))).await;
    let rp = register(&w, "rp", json!({})).await;
    let b = w.browser();
    let page = b.sign_in("meridian", "m-vera").await;
    if page.path().ends_with("/choose") {
        b.pick(&page, "create_new").await;
    }
    // The good way: device, code, refresh.
    let (secret, _) = device(&tv, &b).await;
    let open = poll(&tv, &secret).await;
    assert_eq!(open.status, 200, "{}", open.body);
    let kept = rp.token(&rp.code(&b, &[("scope", "openid offline_access")]).await, &[]).await;
    let kept = rp.refresh(&kept.text("refresh_token")).await;
    assert_eq!(kept.status, 200);
    // Narrowed: the same session does not do, neither for what it let in before.
    let (waits, _) = device(&tv, &b).await;
    let code = rp.code(&b, &[]).await;
    register(&w, "tv", settings(json!({"providers": ["harbour"]}))).await;
    register(&w, "rp", json!({"providers": ["harbour"]})).await;
    assert_eq!(poll(&tv, &waits).await.error(), (400, "invalid_grant"));
    assert_eq!(tv.refresh(&open.text("refresh_token")).await.error(), (400, "invalid_grant"));
    assert_eq!(rp.token(&code, &[]).await.error(), (400, "invalid_grant"));
    assert_eq!(rp.refresh(&kept.text("refresh_token")).await.error(), (400, "invalid_grant"));
    let begun = tv.post("/device_authorization", &[("scope", "openid")]).await;
    let short = begun.text("user_code");
    let asked = b.post("/fn/device", &[("code", &short), ("answer", "allow")]).await;
    assert!(
        asked.path() == "/login" && asked.has("Harbour") && !asked.has("Meridian"),
        "{} {}",
        asked.url,
        asked.body
    );
    assert_eq!(poll(&tv, &begun.text("device_code")).await.error(), (400, "authorization_pending"));
    assert_eq!(b.get(&format!("/device?code={short}")).await.path(), "/login");
    // It was refused and not spent: widened again, the refresh goes on.
    register(&w, "rp", json!({"providers": ["harbour", "meridian"]})).await;
    let kept = rp.refresh(&kept.text("refresh_token")).await;
    assert_eq!(kept.status, 200, "{}", kept.body);
    // Agreements of the application: asked for on the way to the device, and a refresh waits for them too.
    register(&w, "tv", settings(json!({}))).await;
    let terms = json!({"choices": {"agreements": [{"id": "terms", "version": "1", "title": "Terms", "url": "/terms"}]}});
    w.apply(json!({"policies": {"application:tv": terms, "application:rp": terms}})).await;
    assert_eq!(rp.refresh(&kept.text("refresh_token")).await.error(), (400, "invalid_grant"));
    let login = b.get(&format!("/device?code={short}")).await;
    assert_eq!(login.path(), "/login", "{}", login.body);
    let started = b
        .post_only("/fn/signin/provider", &[("provider", "meridian"), ("entry", &entry(&login))])
        .await;
    let callback = b.at_provider(&started.header("location"), "m-vera").await;
    let details = b.get(&callback).await;
    assert!(details.has("Terms"), "{} {}", details.url, details.body);
    let page = b
        .post("/fn/attempt/details", &[("attempt", &details.attempt()), ("agreed[0]", "terms@1")])
        .await;
    assert!(page.path() == "/device" && page.has("in front of you"), "{} {}", page.url, page.body);
    assert!(
        b.post("/fn/device", &[("code", &short), ("answer", "allow")])
            .await
            .has("The device is connected")
    );
    // A policy that has no password there.
    let v = w.sign_up("theo@example.test").await;
    let plain = register(&w, "plain", settings(json!({}))).await;
    let (secret, page) = device(&plain, &v).await;
    assert!(page.has("The device is connected"), "{}", page.body);
    let tokens = poll(&plain, &secret).await;
    w.apply(json!({"policies": {"application:plain": {"permits": {"password_sign_in": false}}}}))
        .await;
    assert_eq!(plain.refresh(&tokens.text("refresh_token")).await.error(), (400, "invalid_grant"));
    let (_, page) = device(&plain, &v).await;
    assert_eq!(page.path(), "/login", "{}", page.body);
}

/// An application that hears of one sign-out.
async fn listener() -> (String, tokio::sync::oneshot::Receiver<String>) {
    let (say, hear) = tokio::sync::oneshot::channel();
    let say = std::sync::Arc::new(std::sync::Mutex::new(Some(say)));
    let router = axum::Router::new().route(
        "/out",
        axum::routing::post(
            move |axum::Form(form): axum::Form<std::collections::HashMap<String, String>>| {
                if let Some(say) = say.lock().unwrap().take() {
                    say.send(form["logout_token"].clone()).unwrap();
                }
                async {}
            },
        ),
    );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}/out", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (uri, hear)
}

/// Shows TK-05: what a hint does not show it is not trusted for.
#[tokio::test(flavor = "multi_thread")]
async fn tk_05_a_hint_of_another_kind_or_audience_shows_nothing_and_an_old_one_is_a_hint_at_logout()
{
    let w = World::new("recommended").await;
    let (rp, other) = (register(&w, "rp", json!({})).await, register(&w, "other", json!({})).await);
    let b = w.sign_up("vera@example.test").await;
    let hint = rp.token(&rp.code(&b, &[]).await, &[]).await.text("id_token");
    assert!(
        Rp::back(&rp.authorize(&b, &[("prompt", "none"), ("id_token_hint", &hint)]).await)
            .contains_key("code"),
        "the good way"
    );
    // What the same keys signed for the same application, of the same person and session, as something else.
    let gone = w.browser();
    gone.password("vera@example.test", PASSWORD).await;
    let (uri, heard) = listener().await;
    let rp = register(&w, "rp", json!({ "backchannel_logout_uri": uri })).await;
    rp.code(&gone, &[]).await;
    gone.post("/fn/signout", &[]).await;
    let logout_token = heard.await.unwrap();
    assert_eq!(rp.verified(&logout_token).await["aud"], "rp");
    let foreign = other.token(&other.code(&b, &[]).await, &[]).await.text("id_token");
    let cut: String = hint.chars().take(hint.len() - 20).collect();
    let (head, rest) = hint.split_once('.').unwrap();
    let altered = format!("{head}.{}{}", if rest.starts_with('A') { 'B' } else { 'A' }, &rest[1..]);
    let bad = [foreign, logout_token, cut, altered, "nonsense".to_owned()];
    for (n, hint) in bad.iter().enumerate() {
        let back =
            Rp::back(&rp.authorize(&b, &[("prompt", "none"), ("id_token_hint", hint)]).await);
        assert_eq!(back["error"], "login_required", "{n}");
        let page = rp.authorize(&b, &[("id_token_hint", hint)]).await;
        assert!(
            page.header("location").starts_with("/login"),
            "{n}: the session is not taken for who was meant: {}",
            page.header("location")
        );
    }
    // Two people at once.
    let claims = json!({"id_token": {"sub": {"value": "somebody"}}}).to_string();
    assert_eq!(
        Rp::back(&rp.authorize(&b, &[("id_token_hint", &hint), ("claims", &claims)]).await)["error"],
        "invalid_request"
    );
    // At the end of a session nothing of it ends one.
    let out = async |b: &Browser, hint: &str| {
        b.send(
            b.request(Method::GET, "/logout")
                .query(&[("id_token_hint", hint), ("client_id", "rp")]),
        )
        .await
    };
    for (n, hint) in bad.iter().enumerate() {
        assert!(out(&b, hint).await.has("asks to sign you out"), "{n}: it is asked first");
        assert!(b.is_signed_in().await, "{n}");
    }
    // Another session of the same person is not the one that it names.
    let elsewhere = w.browser();
    elsewhere.password("vera@example.test", PASSWORD).await;
    assert!(
        out(&elsewhere, &hint).await.has("asks to sign you out") && elsewhere.is_signed_in().await
    );
    // Over for an hour, and still a hint for its own session.
    w.pass(3600);
    assert_eq!(out(&b, &hint).await.status, 303);
    assert!(!b.is_signed_in().await && elsewhere.is_signed_in().await);
}

/// Applications that refuse `email_verified: false`, or a missing one: one code on the way in, or trust in the provider, is
/// what it takes; what a provider merely calls verified is not told as proved.
#[tokio::test(flavor = "multi_thread")]
async fn fr_50_an_application_that_wants_a_verified_address_gets_one_by_a_code_or_by_trust() {
    let w = World::new("recommended").await;
    let rp = register(&w, "rp", json!({})).await;
    for who in ["m-one", "m-two"] {
        let said =
            json!({"name": who, "email": format!("{who}@example.test"), "email_verified": true});
        w.meridian.person(who, said);
    }
    let (b, page) = arrive(&w, &rp, "meridian", "m-one", "openid email").await;
    assert_eq!(page.path(), "/address", "{} {}", page.url, page.body);
    let typed = b.post("/fn/address", &[("entry", &entry(&page)), ("answer", "send")]).await;
    let code = w.mail("m-one@example.test", 1).await.code.unwrap();
    let done =
        b.post_only("/fn/attempt/code", &[("attempt", &typed.attempt()), ("code", &code)]).await;
    let (id, info) = told(&rp, &rp.token(&Rp::back(&done)["code"], &[]).await).await;
    assert!(id["email_verified"] == true && info["email_verified"] == true, "{id} {info}");
    // Once is enough, for every application.
    let other = register(&w, "other", json!({})).await;
    let code = other.code(&b, &[("scope", "openid email"), ("prompt", "none")]).await;
    assert_eq!(told(&other, &other.token(&code, &[]).await).await.0["email_verified"], true);
    // Where an owner said that the provider is the domain's own directory, nobody is asked at all.
    w.provider("meridian", json!({"domains": ["example.test"], "own_directory": true})).await;
    let (_, page) = arrive(&w, &rp, "meridian", "m-two", "openid email").await;
    let (id, _) = told(&rp, &rp.token(&Rp::back(&page)["code"], &[]).await).await;
    assert!(id["email"] == "m-two@example.test" && id["email_verified"] == true, "{id}");
}
