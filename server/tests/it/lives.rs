//! How accounts live on: more ways in, ways lost, ways that somebody else had prepared.
use crate::world::{PASSWORD, Page, World};
use serde_json::json;

async fn newest_code(w: &World, to: &str) -> String {
    let n = w.mails(to).await;
    w.mail(to, n).await.code.unwrap()
}

/// Shows NE-03, NE-09, NE-10, NE-11.
#[tokio::test(flavor = "multi_thread")]
async fn who_signed_up_by_password_comes_back_by_it_or_by_any_provider_with_the_address() {
    let w = World::new("nevis").await;
    w.sign_up("vera@example.test").await;
    let login = w.browser().get("/login").await;
    let at = |name: &str| login.body.find(&format!("Continue with {name}")).unwrap();
    assert!(at("Meridian") < at("Pigeon") && at("Pigeon") < at("Atlas"), "in the configured order");
    let b = w.browser();
    let page = b.sign_in("meridian", "m-vera").await;
    let done = b.code(&page, &newest_code(&w, "vera@example.test").await).await;
    assert_eq!((done.path().as_str(), w.accounts().await), ("/account", 1));
    // The password is forgotten: the provider still opens the account. The provider is closed: the password does.
    assert_eq!(w.browser().sign_in("meridian", "m-vera").await.path(), "/account");
    w.provider("meridian", json!({"enabled": false})).await;
    assert_eq!(w.browser().password("vera@example.test", PASSWORD).await.path(), "/account");
    assert_eq!(w.accounts().await, 1);
    w.healthy().await;
}

/// Shows NE-20, GO-40, and of NE-04 that the mailbox proves a first password.
#[tokio::test(flavor = "multi_thread")]
async fn who_came_by_a_provider_gets_a_password_by_the_reset_and_keeps_the_profile_of_the_first_day()
 {
    let w = World::new("nevis").await;
    let b = w.browser();
    let page = b.sign_in("atlas", "a-new").await;
    let done = b.code(&page, &newest_code(&w, "new@example.test").await).await;
    assert!(done.path() == "/account" && done.has("Hello New"), "{}", done.body);
    assert!(done.has("from Atlas"), "what the provider gave, with its source: {}", done.body);
    let reset = w.browser();
    let page = reset.post("/fn/reset/ask", &[("email", "new@example.test")]).await;
    let code = newest_code(&w, "new@example.test").await;
    let set = reset
        .post(
            "/fn/reset/set",
            &[("attempt", &page.attempt()), ("code", &code), ("password", PASSWORD)],
        )
        .await;
    assert!(
        set.path() == "/account/recovered" && set.has("Tick what is yours") && set.has("Atlas"),
        "{}",
        set.body
    );
    assert_eq!(reset.methods().await, ["Atlas", "Password"]);
    assert_eq!(w.browser().password("new@example.test", PASSWORD).await.path(), "/account");
    // A person without anything at the provider has a profile of what there is.
    let harbour = w.browser();
    harbour.sign_in("harbour", "h-1").await;
    assert!(!harbour.get("/account").await.has("from Atlas"));
    w.healthy().await;
}

/// Shows NE-04: whoever came by a provider first sets the password at the first sign-in by email and password; nobody learns
/// from that page who has an account.
#[tokio::test(flavor = "multi_thread")]
async fn ne_04_the_first_sign_in_by_password_leads_to_setting_one() {
    let w = World::new("nevis").await;
    let b = w.browser();
    let page = b.sign_in("atlas", "a-new").await;
    b.code(&page, &newest_code(&w, "new@example.test").await).await;
    let first = w.browser();
    let wrong = first.password("new@example.test", PASSWORD).await;
    let form = |page: &Page| {
        let from = page.body.split("action=\"/fn/reset/ask\"").nth(1).unwrap();
        from.split("</form>").next().unwrap().to_owned()
    };
    assert!(wrong.path() == "/login" && form(&wrong).contains("value=\"new@example.test\""));
    let nobody = w.browser().password("nobody@example.test", PASSWORD).await;
    assert_eq!(form(&nobody).replace("nobody@", "new@"), form(&wrong));
    let page = first.post("/fn/reset/ask", &[("email", "new@example.test")]).await;
    let code = newest_code(&w, "new@example.test").await;
    let attempt = page.attempt();
    let set = [("attempt", attempt.as_str()), ("code", &code), ("password", PASSWORD)];
    assert_eq!(first.post("/fn/reset/set", &set).await.path(), "/account/recovered");
    assert_eq!(first.methods().await, ["Atlas", "Password"], "the same account");
    assert_eq!(w.browser().password("new@example.test", PASSWORD).await.path(), "/account");
    // Before anything was typed nothing is said of it.
    assert!(!w.browser().get("/login").await.has("/fn/reset/ask"));
}

/// Shows MA-07.
#[tokio::test(flavor = "multi_thread")]
async fn of_two_identities_of_one_provider_one_can_go_and_the_other_stays() {
    let w = World::new("recommended").await;
    let b = w.sign_up("cleo@example.test").await;
    b.add("meridian", "m-vera").await;
    b.add("meridian", "m-ben").await;
    assert_eq!(b.methods().await, ["Meridian", "Meridian", "Password"]);
    let page = b.get("/account").await;
    let row = page.body.split("<li>").find(|r| r.contains("ben@example.test")).unwrap();
    let link = row.split("/account/methods/").nth(1).unwrap().split('/').next().unwrap();
    b.post("/fn/account/remove", &[("link", link)]).await;
    assert_eq!(b.methods().await, ["Meridian", "Password"]);
    let other = w.browser();
    other.sign_in("meridian", "m-vera").await;
    assert_eq!(other.methods().await, ["Meridian", "Password"]);
    let ben = w.browser().sign_in("meridian", "m-ben").await;
    assert!(
        ben.path().ends_with("/choose") || w.accounts().await == 2,
        "not the account of before: {}",
        ben.body
    );
    w.healthy().await;
}

/// Somebody's account that holds the victim's address by a provider's word, beside their own ways in.
async fn mixed(w: &World) -> crate::world::Browser {
    let attacker = w.sign_up("mallory@evil.test").await;
    attacker.add("harbour", "h-1").await;
    w.atlas.person("a-mallory", json!({"email": "mallory@evil.test", "email_verified": true}));
    attacker.add("atlas", "a-mallory").await;
    // The provider's address becomes the account's at the next sign-in, proved by the provider and owned by nobody.
    w.atlas.set(rehearsal::provider::Knobs {
        id_token: json!({"email": "vera@example.test"}),
        ..rehearsal::provider::Knobs::default()
    });
    let again = w.browser();
    again.sign_in("atlas", "a-mallory").await;
    assert!(again.get("/account").await.has("vera@example.test"), "both addresses are on it");
    w.atlas.set(rehearsal::provider::Knobs::default());
    attacker
}

async fn set_anew(w: &World, email: &str, password: &str) -> (usize, crate::world::Page) {
    let b = w.browser();
    let before = w.mails(email).await;
    let page = b.post("/fn/reset/ask", &[("email", email)]).await;
    let sent = w.mails(email).await - before;
    let code = if sent == 0 { "ZZZZ-ZZZZ".to_owned() } else { newest_code(w, email).await };
    (
        sent,
        b.post(
            "/fn/reset/set",
            &[("attempt", &page.attempt()), ("code", &code), ("password", password)],
        )
        .await,
    )
}

/// Shows PH-09: a reset by an address that an account holds and does not own is no way in to it, and its completion
/// leaves the other account's ways in where they are.
#[tokio::test(flavor = "multi_thread")]
async fn ph_09_a_reset_ends_in_an_account_to_which_nobody_else_has_access() {
    let w = World::new("zitadel").await;
    let new = "four quite unrelated words";
    mixed(&w).await;
    // The owner of an address gets the mail and the account; the holder of another's gets neither.
    let (sent, done) = set_anew(&w, "mallory@evil.test", new).await;
    assert_eq!((sent, done.path().as_str()), (1, "/account/recovered"), "{}", done.body);
    let (sent, done) = set_anew(&w, "vera@example.test", PASSWORD).await;
    assert_eq!(
        (sent, done.path().ends_with("/reset")),
        (0, true),
        "no code was sent, and none is right: {}",
        done.url
    );
    // The victim signs up, forgets, and completes a reset: an account of her own.
    w.sign_up("vera@example.test").await;
    let (sent, done) = set_anew(&w, "vera@example.test", "quite another set of words").await;
    assert_eq!(
        (sent, done.path().as_str(), w.accounts().await),
        (1, "/account", 2),
        "{}",
        done.body
    );
    let v = w.browser();
    assert_eq!(
        v.password("vera@example.test", "quite another set of words").await.path(),
        "/account"
    );
    assert_eq!(v.methods().await, ["Password"]);
    for (key, who) in [("harbour", "h-1"), ("atlas", "a-mallory")] {
        let b = w.browser();
        b.sign_in(key, who).await;
        assert_eq!(
            b.methods().await,
            ["Harbour", "Atlas", "Password"],
            "the attacker's own account"
        );
    }
    assert_ne!(w.browser().password("vera@example.test", new).await.path(), "/account");
    w.healthy().await;
}

/// Shows PH-10: codes are really typed, and only the one whose purpose is the address makes it proved and owned.
#[tokio::test(flavor = "multi_thread")]
async fn ph_10_a_code_proves_an_address_only_where_that_is_what_it_is_for() {
    let w = World::new("goss").await;
    let holder = w.browser();
    holder.sign_in("atlas", "a-vera").await;
    let flags = async || {
        let l = w.ligature();
        let all = storage::accounts::list_holders(
            &mut l.store.read().await.unwrap(),
            l.org,
            "vera@example.test",
        )
        .await
        .unwrap();
        let mut flags: Vec<(String, bool)> = all
            .into_iter()
            .map(|(_, e)| (e.proof.to_string().split(':').next().unwrap().to_owned(), e.owner))
            .collect();
        flags.sort();
        flags
    };
    let by_provider = ("provider".to_owned(), false);
    assert_eq!(flags().await, std::slice::from_ref(&by_provider));
    // The code of a link to the account: right, linked, and nothing is owned by it.
    let b = w.browser();
    let page = b.pick(&b.sign_in("meridian", "m-vera").await, "add_to_existing").await;
    assert_eq!(b.code(&page, &newest_code(&w, "vera@example.test").await).await.path(), "/account");
    assert_eq!((w.links("m-vera").await, flags().await), (1, vec![by_provider.clone()]));
    // The code that confirms a session.
    w.pass(11 * 60);
    let page = b.post("/fn/account/confirm/code", &[("to", "/account")]).await;
    let done = b.code(&page, &newest_code(&w, "vera@example.test").await).await;
    assert_eq!(
        (done.path().as_str(), flags().await),
        ("/account", vec![by_provider.clone()]),
        "{}",
        done.body
    );
    // The code of somebody else's sign-up for the same address: theirs is owned, this one is what it was.
    w.sign_up("vera@example.test").await;
    assert_eq!(flags().await, [("code".to_owned(), true), by_provider.clone()]);
    // And of a reset, which there is one for now.
    let (sent, done) = set_anew(&w, "vera@example.test", "four quite unrelated words").await;
    assert_eq!((sent, done.path().as_str()), (1, "/account"));
    assert_eq!(flags().await, [("code".to_owned(), true), by_provider]);
    // What is for the address makes it so.
    let page = b.post("/fn/account/email", &[("email", "vera.two@example.test")]).await;
    b.code(&page, &newest_code(&w, "vera.two@example.test").await).await;
    assert_eq!(w.rows("account_email", "canonical", "vera.two@example.test").await, 1);
    let l = w.ligature();
    assert!(
        storage::accounts::find_owner(
            &mut l.store.read().await.unwrap(),
            l.org,
            "vera.two@example.test"
        )
        .await
        .unwrap()
        .is_some()
    );
    w.healthy().await;
}

/// Shows PH-04: whoever recovers sees first what else opens the account; what they do not say is theirs goes by itself,
/// and what went opens nothing.
#[tokio::test(flavor = "multi_thread")]
async fn ph_04_recovery_shows_every_other_way_in_and_removes_it() {
    let w = World::new("recommended").await;
    // The attacker was in the account, and left a way in.
    let attacker = w.sign_up("vera@example.test").await;
    attacker.add("harbour", "h-1").await;
    let back = w.browser();
    assert_eq!(back.sign_in("harbour", "h-1").await.path(), "/account", "it opens the account");
    let v = w.browser();
    let page = v.post("/fn/reset/ask", &[("email", "vera@example.test")]).await;
    let code = newest_code(&w, "vera@example.test").await;
    let seen = v
        .post(
            "/fn/reset/set",
            &[
                ("attempt", &page.attempt()),
                ("code", &code),
                ("password", "four quite unrelated words"),
            ],
        )
        .await;
    assert!(
        seen.path() == "/account/recovered"
            && seen.has("Tick what is yours")
            && seen.has("Harbour"),
        "{}",
        seen.body
    );
    assert!(!back.is_signed_in().await && !attacker.is_signed_in().await);
    // Nothing is ticked: what is not said to be theirs goes.
    assert!(
        seen.body.contains("type=\"checkbox\"") && !seen.body.contains("checked"),
        "{}",
        seen.body
    );
    assert_eq!(v.post("/fn/account/recovered", &[]).await.path(), "/account");
    assert_eq!(v.methods().await, ["Password"]);
    let b = w.browser();
    let page = b.sign_in("harbour", "h-1").await;
    assert!(!b.get("/account").await.has("vera@example.test"), "{}", page.url);
    assert_ne!(w.browser().password("vera@example.test", PASSWORD).await.path(), "/account");
    w.healthy().await;
}

/// Shows SB-13.
#[tokio::test(flavor = "multi_thread")]
async fn no_cookie_before_the_last_step_is_a_session() {
    let w = World::new("goss").await;
    w.sign_up("vera@example.test").await;
    let b = w.browser();
    let mut seen = vec![b.cookies()];
    let chooser = b.sign_in("atlas", "a-vera").await;
    seen.push(b.cookies());
    let code = b.pick(&chooser, "add_to_existing").await;
    assert!(code.path().ends_with("/code"));
    seen.push(b.cookies());
    let sign_up = w.browser();
    sign_up
        .post("/fn/signup", &[("email", "new@example.test"), ("name", "N"), ("password", PASSWORD)])
        .await;
    seen.push(sign_up.cookies());
    for cookies in seen {
        let replay = w.browser();
        for cookie in cookies.split("; ").filter(|c| !c.is_empty()) {
            replay.set_cookie(cookie);
        }
        assert!(!replay.is_signed_in().await, "{cookies}");
    }
}

/// Shows RL-03. What guards the sign-in page guards the binding page: one limiter, looked at when the answer comes.
#[tokio::test(flavor = "multi_thread")]
async fn the_binding_page_has_the_same_limiter_as_the_sign_in_page() {
    let w = World::new("recommended").await;
    w.provider("harbour", json!({"association": "ask_binding"})).await;
    w.sign_up("cleo@example.test").await;
    let b = w.browser();
    let chooser = b.sign_in("harbour", "h-1").await;
    let bind = b.pick(&chooser, "enter_account").await;
    assert!(bind.path().ends_with("/bind"), "half-open before the limit");
    for _ in 0..11 {
        w.browser().password("cleo@example.test", "wrong wrong wrong").await;
    }
    let page = b
        .post(
            "/fn/attempt/password",
            &[("attempt", &bind.attempt()), ("email", "cleo@example.test"), ("password", PASSWORD)],
        )
        .await;
    assert_eq!(page.refusal(), "rate.limited", "{}", page.body);
    assert_eq!(w.links("h-1").await, 0);
}
