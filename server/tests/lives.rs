//! How accounts live on: more ways in, ways lost, ways that somebody else had prepared.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests may panic")]

mod world;

use serde_json::json;
use world::{PASSWORD, World};

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
async fn who_came_by_a_provider_gets_a_password_by_the_reset_and_keeps_the_profile_of_the_first_day() {
    let w = World::new("nevis").await;
    let b = w.browser();
    let page = b.sign_in("atlas", "a-new").await;
    let done = b.code(&page, &newest_code(&w, "new@example.test").await).await;
    assert!(done.path() == "/account" && done.has("Hello New"), "{}", done.body);
    assert!(done.has("from atlas"), "what the provider gave, with its source: {}", done.body);
    let reset = w.browser();
    let page = reset.post("/fn/reset/ask", &[("email", "new@example.test")]).await;
    let code = newest_code(&w, "new@example.test").await;
    let set = reset.post("/fn/reset/set", &[("attempt", &page.attempt()), ("code", &code), ("password", PASSWORD)]).await;
    assert!(set.path() == "/account/recovered" && set.has("Remove what is not yours") && set.has("Atlas"), "{}", set.body);
    assert_eq!(reset.methods().await, ["Atlas", "Password"]);
    assert_eq!(w.browser().password("new@example.test", PASSWORD).await.path(), "/account");
    // A person without anything at the provider has a profile of what there is.
    let harbour = w.browser();
    harbour.sign_in("harbour", "h-1").await;
    assert!(!harbour.get("/account").await.has("from atlas"));
    w.healthy().await;
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
    assert!(ben.path().ends_with("/choose") || w.accounts().await == 2, "not the account of before: {}", ben.body);
    w.healthy().await;
}

/// Shows PH-04, PH-09, PH-10. Somebody opens an account with the victim's address, adds their own ways in and drives
/// every mail that there is; the victim's account is another one, and theirs alone.
#[tokio::test(flavor = "multi_thread")]
async fn an_account_with_a_claimed_address_gives_nothing_of_the_owners_later_account() {
    let w = World::new("recommended").await;
    let attacker = w.browser();
    let chooser = attacker.sign_in("pigeon", "p-vera").await;
    if chooser.path().ends_with("/choose") {
        attacker.pick(&chooser, "create_new").await;
    }
    attacker.add("harbour", "h-1").await;
    assert!(attacker.is_signed_in().await);
    let proofs = async || w.rows("account_email", "proof", "none").await;
    assert_eq!(proofs().await, 1);
    // Every flow that mails the address, except the one that proves it, leaves it unproved.
    let victim = w.browser();
    victim.post("/fn/reset/ask", &[("email", "vera@example.test")]).await;
    attacker.post("/fn/account/email", &[("email", "vera@example.test")]).await;
    attacker.post("/fn/account/confirm/code", &[]).await;
    assert_eq!(proofs().await, 1);
    // A reset is worth nothing: there is no owner. The victim signs up, by the code from the mailbox.
    w.mails("vera@example.test").await;
    w.sign_up("vera@example.test").await;
    assert_eq!(w.accounts().await, 2);
    let owner = w.browser();
    owner.password("vera@example.test", PASSWORD).await;
    assert_eq!(owner.methods().await, ["Password"], "none of the attacker's ways in");
    for (key, who) in [("pigeon", "p-vera"), ("harbour", "h-1")] {
        let b = w.browser();
        b.sign_in(key, who).await;
        assert_eq!(b.methods().await, ["Pigeon", "Harbour"], "the attacker's own account");
    }
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
    sign_up.post("/fn/signup", &[("email", "new@example.test"), ("name", "N"), ("password", PASSWORD)]).await;
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
    let page = b.post("/fn/attempt/password", &[("attempt", &bind.attempt()), ("email", "cleo@example.test"), ("password", PASSWORD)]).await;
    assert_eq!(page.refusal(), "rate.limited", "{}", page.body);
    assert_eq!(w.links("h-1").await, 0);
}
