//! What needs a recent sign-in, and what counts as one.
use crate::world::{Browser, PASSWORD, Page, World};
use rehearsal::provider::Knobs;
use serde_json::json;

const TO: &str = "/account";

/// What a provider whose clock goes with ours says: authenticated `ago` seconds before now.
fn asked(w: &World, ago: i64) -> Knobs {
    let now = w.ligature().now() / 1_000_000;
    Knobs {
        id_token: json!({"iat": now, "exp": now + 300, "auth_time": now - ago}),
        ..Knobs::default()
    }
}

async fn confirm_with(b: &Browser, key: &str, who: &str) -> Page {
    let started =
        b.post_only("/fn/account/confirm/provider", &[("provider", key), ("to", TO)]).await;
    let location = started.header("location");
    assert!(location.contains("max_age=0") && location.contains("prompt=login"), "{location}");
    let callback = b.at_provider(&location, who).await;
    b.get(&callback).await
}

/// Shows MA-09.
#[tokio::test(flavor = "multi_thread")]
async fn adding_and_removing_need_a_recent_sign_in_and_go_on_after_the_password() {
    let w = World::new("recommended").await;
    let b = w.sign_up("vera@example.test").await;
    assert_eq!(
        b.add("harbour", "h-1").await.path(),
        "/account",
        "just signed in: nothing is asked"
    );
    w.pass(11 * 60);
    let page = b.post("/fn/account/add", &[("provider", "meridian")]).await;
    assert_eq!(page.path(), "/account/confirm", "{}", page.body);
    assert!(
        page.has("Confirm that it is you") && page.has("Send a code to v•••@e•••.test"),
        "{}",
        page.body
    );
    let account = b.get("/account").await;
    let remove = account
        .body
        .split("href=\"")
        .find(|h| h.contains("/remove"))
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    let page = b.get(&remove).await;
    assert_eq!(page.path(), "/account/confirm");
    let link = remove.split('/').nth(3).unwrap().to_owned();
    let forced = b.post("/fn/account/remove", &[("link", &link)]).await;
    assert_eq!(forced.path(), "/account/confirm", "the form itself is refused too");
    assert_eq!(b.methods().await.len(), 2);
    let wrong = b
        .post("/fn/account/confirm/password", &[("password", "not the password"), ("to", &remove)])
        .await;
    assert!(
        wrong.path() == "/account/confirm" && wrong.has("the password of this account"),
        "{}",
        wrong.body
    );
    let before = b.session_cookie().unwrap();
    let question =
        b.post("/fn/account/confirm/password", &[("password", PASSWORD), ("to", &remove)]).await;
    assert!(question.path() == remove && question.has("Remove Harbour?"), "{}", question.body);
    assert_ne!(b.session_cookie().unwrap(), before, "the session's id changes");
    let old = w.browser();
    old.set_cookie(&before);
    assert!(!old.is_signed_in().await);
    assert!(
        b.post("/fn/account/remove", &[("link", &link)])
            .await
            .has("The sign-in method is removed.")
    );
    w.healthy().await;
}

/// Shows MA-09.
#[tokio::test(flavor = "multi_thread")]
async fn a_code_from_the_own_mailbox_confirms_in_the_session_that_asked_for_it() {
    let w = World::new("recommended").await;
    let b = w.sign_up("vera@example.test").await;
    w.pass(11 * 60);
    let sent = w.mails("vera@example.test").await;
    let page = b.post("/fn/account/confirm/code", &[("to", "/account/sessions")]).await;
    assert!(page.path().ends_with("/code") && page.has("v•••@e•••.test"), "{}", page.body);
    let code = w.mail("vera@example.test", sent + 1).await.code.unwrap();
    let wrong = b.code(&page, "ZZZZ-ZZZZ").await;
    assert!(wrong.path().ends_with("/code"), "{}", wrong.body);
    let done = b.code(&page, &code).await;
    assert_eq!(done.path(), "/account/sessions", "{}", done.body);
    assert!(w.ligature().reauthentication().is_recent(&ctx(&w, &b).await).await.unwrap());
    // The same code in a session of somebody else, in the same browser, is worth nothing.
    w.pass(11 * 60);
    let sent = w.mails("vera@example.test").await;
    let page = b.post("/fn/account/confirm/code", &[("to", TO)]).await;
    let code = w.mail("vera@example.test", sent + 1).await.code.unwrap();
    w.knobs(&w.meridian, asked(&w, 0));
    let chooser = b.sign_in("meridian", "m-ben").await;
    b.pick(&chooser, "create_new").await;
    assert!(b.get("/account").await.has("Hello Ben"));
    let refused = b.code(&page, &code).await;
    assert_eq!(refused.refusal(), "session.other_account", "{}", refused.body);
}

async fn ctx(w: &World, b: &Browser) -> service::RequestContext {
    let cookie = b.session_cookie().unwrap();
    let secret = cookie.split_once('=').unwrap().1.to_owned();
    service::RequestContext {
        session: w.ligature().sessions().session(&secret).await.unwrap(),
        ..service::RequestContext::default()
    }
}

/// Shows MA-09, MA-10.
#[tokio::test(flavor = "multi_thread")]
async fn a_provider_confirms_only_its_own_account_and_only_after_asking_anew() {
    let w = World::new("goss").await;
    w.browser().sign_in("meridian", "m-ben").await;
    let b = w.browser();
    b.sign_in("meridian", "m-vera").await;
    w.pass(11 * 60);
    let before = b.session_cookie();
    // Somebody else's identity: neither lifted nor switched.
    w.knobs(&w.meridian, asked(&w, 0));
    let other = confirm_with(&b, "meridian", "m-ben").await;
    assert_eq!(other.refusal(), "session.other_account", "{}", other.body);
    assert_eq!(b.session_cookie(), before);
    assert!(b.get("/account").await.has("Hello Vera"));
    // An identity that nobody has.
    w.knobs(&w.atlas, asked(&w, 0));
    assert_eq!(confirm_with(&b, "atlas", "a-new").await.refusal(), "session.other_account");
    assert_eq!(w.links("a-new").await, 0);
    // The provider waves the person through by an old session, or does not say.
    w.knobs(&w.meridian, asked(&w, 3600));
    assert_eq!(confirm_with(&b, "meridian", "m-vera").await.refusal(), "session.not_fresh");
    let mut silent = asked(&w, 0);
    silent.id_token["auth_time"] = json!(null);
    w.knobs(&w.meridian, silent);
    assert_eq!(confirm_with(&b, "meridian", "m-vera").await.refusal(), "session.not_fresh");
    assert!(!w.ligature().reauthentication().is_recent(&ctx(&w, &b).await).await.unwrap());
    w.knobs(&w.meridian, asked(&w, 0));
    let done = confirm_with(&b, "meridian", "m-vera").await;
    assert_eq!(done.path(), TO, "{}", done.body);
    assert!(w.ligature().reauthentication().is_recent(&ctx(&w, &b).await).await.unwrap());
}

/// Shows MA-10, MA-03.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_for_confirming_is_worth_nothing_in_another_session() {
    let w = World::new("goss").await;
    let b = w.browser();
    b.sign_in("meridian", "m-vera").await;
    w.pass(11 * 60);
    w.knobs(&w.meridian, asked(&w, 0));
    let location = b
        .post_only("/fn/account/confirm/provider", &[("provider", "meridian"), ("to", TO)])
        .await
        .header("location");
    let callback = b.at_provider(&location, "m-vera").await;
    b.sign_in("meridian", "m-ben").await;
    let page = b.get(&callback).await;
    assert_eq!(page.refusal(), "session.ended", "{}", page.body);
    assert!(b.get("/account").await.has("Hello Ben"));
    assert_eq!(
        w.browser()
            .post("/fn/account/confirm/provider", &[("provider", "meridian")])
            .await
            .refusal(),
        "session.ended"
    );
}
