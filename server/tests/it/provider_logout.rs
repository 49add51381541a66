//! Sign-outs at a provider end sessions here, and a sign-out here leads to the provider's own (OC-16, CF-03).
use rehearsal::provider::{Knobs, Provider};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    op::register,
    world::{Browser, PASSWORD, Page, World},
};

/// Posts to the back channel of a provider as it would.
async fn post(w: &World, key: &str, token: &str) -> Page {
    let program = w.browser();
    let path = format!("/callback/{key}/backchannel-logout");
    program.send(program.request(Method::POST, &path).form(&[("logout_token", token)])).await
}

async fn tell(w: &World, at: &Provider, claims: Value) -> u16 {
    let page = post(w, "meridian", &at.logout_token(&claims, "").unwrap()).await;
    assert!(page.header("cache-control").contains("no-store"));
    page.status
}

/// Sessions in which the provider names its own.
fn named(w: &World, sid: &str) {
    w.meridian.set(Knobs { id_token: json!({ "sid": sid }), ..Knobs::default() });
}

async fn signed_in(w: &World, sid: &str, who: &str) -> Browser {
    named(w, sid);
    let b = w.browser();
    assert_eq!(b.sign_in("meridian", who).await.path(), "/account");
    b
}

/// Shows OC-16.
#[tokio::test(flavor = "multi_thread")]
async fn oc_16_a_logout_token_ends_the_sessions_that_it_names_and_no_others() {
    let w = World::new("goss").await;
    let (one, two) = (signed_in(&w, "t-1", "m-vera").await, signed_in(&w, "t-2", "m-vera").await);
    let ben = signed_in(&w, "t-3", "m-ben").await;
    assert_eq!(tell(&w, &w.meridian, json!({"sub": "m-vera", "sid": "t-1"})).await, 200);
    assert!(!one.is_signed_in().await && two.is_signed_in().await && ben.is_signed_in().await);
    // By the session alone, then by the person alone.
    assert_eq!(tell(&w, &w.meridian, json!({"sid": "t-2"})).await, 200);
    assert!(!two.is_signed_in().await && ben.is_signed_in().await);
    let (three, four) =
        (signed_in(&w, "t-4", "m-vera").await, signed_in(&w, "t-5", "m-vera").await);
    assert_eq!(tell(&w, &w.meridian, json!({"sub": "m-vera"})).await, 200);
    assert!(!three.is_signed_in().await && !four.is_signed_in().await && ben.is_signed_in().await);
    // One that ended already is as good as ended.
    assert_eq!(tell(&w, &w.meridian, json!({"sub": "m-vera"})).await, 200);
    assert_eq!(tell(&w, &w.meridian, json!({"sub": "nobody"})).await, 200);
    assert_eq!(w.rows("audit_event", "actor", "provider").await, 3);
    // A session of which the provider's name is not known ends with any of the person's.
    w.meridian.set(Knobs::default());
    let unnamed = w.browser();
    unnamed.sign_in("meridian", "m-vera").await;
    assert_eq!(tell(&w, &w.meridian, json!({"sub": "m-vera", "sid": "t-9"})).await, 200);
    assert!(!unnamed.is_signed_in().await);
    w.healthy().await;
}

/// Shows OC-16: a session keeps the provider's name of it under its new ids, and one by another method never had it.
#[tokio::test(flavor = "multi_thread")]
async fn oc_16_what_stands_on_another_method_stays_and_what_goes_on_under_a_new_id_ends() {
    let w = World::new("authing_ask").await;
    let local = w.sign_up("theo@example.test").await;
    assert_eq!(local.add("meridian", "m-ben").await.path(), "/account");
    let vera = w.sign_up("v@example.test").await;
    assert_eq!(vera.add("meridian", "m-vera").await.path(), "/account");
    let b = signed_in(&w, "t-1", "m-vera").await;
    let before = b.session_cookie();
    // Adding a provider gives the session a new id.
    assert_eq!(b.add("harbour", "h-1").await.path(), "/account");
    assert_ne!(b.session_cookie(), before);
    let other = w.browser();
    assert_eq!(other.sign_in("harbour", "h-1").await.path(), "/account");
    assert_eq!(tell(&w, &w.meridian, json!({"sub": "m-vera", "sid": "t-1"})).await, 200);
    assert!(!b.is_signed_in().await, "the same session, whatever its id");
    assert!(other.is_signed_in().await && local.is_signed_in().await);
}

/// Shows OC-16: sign-ins that are not finished end with the provider's session too.
#[tokio::test(flavor = "multi_thread")]
async fn oc_16_half_open_sign_ins_of_the_identity_end_too() {
    let w = World::new("goss").await;
    w.sign_up("vera@example.test").await;
    for (n, claims) in
        [json!({"sub": "m-vera"}), json!({"sid": "t-1"}), json!({"sub": "m-vera", "sid": "t-1"})]
            .into_iter()
            .enumerate()
    {
        named(&w, "t-1");
        let (b, other) = (w.browser(), w.browser());
        let page = b.sign_in("meridian", "m-vera").await;
        assert!(page.path().ends_with("/choose"), "{}", page.url);
        w.meridian.set(Knobs {
            id_token: json!({"sid": "t-2", "email": "ben@example.test"}),
            ..Knobs::default()
        });
        let untouched = other.sign_in("atlas", "a-vera").await;
        assert!(b.get(&page.url).await.path().ends_with("/choose"), "it waits");
        assert_eq!(tell(&w, &w.meridian, claims.clone()).await, 200);
        let over = b.pick(&page, "create_new").await;
        assert_eq!(over.refusal(), "attempt.expired", "{n}: {claims} {}", over.body);
        assert!(other.get(&untouched.url).await.path().ends_with("/choose"), "another's goes on");
    }
    assert_eq!(w.links("m-vera").await, 0);
}

/// Shows OC-16: everything but a good token changes nothing.
#[tokio::test(flavor = "multi_thread")]
async fn oc_16_bad_and_used_tokens_are_400_and_end_nothing() {
    let w = World::new("goss").await;
    let b = signed_in(&w, "t-1", "m-vera").await;
    let sub = |more: Value| {
        let mut all = json!({"sub": "m-vera"});
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        all
    };
    for (claims, how) in [
        (sub(json!({})), "none"),
        (sub(json!({})), "hs256"),
        (sub(json!({})), "wrong_key"),
        (sub(json!({})), "es256_header"),
        (sub(json!({"aud": "another"})), ""),
        (sub(json!({"iss": "https://evil.test"})), ""),
        (sub(json!({"events": {"other": {}}})), ""),
        (sub(json!({"events": null})), ""),
        (sub(json!({"nonce": "n"})), ""),
        (sub(json!({"jti": null})), ""),
        (json!({}), ""),
    ] {
        let token = w.meridian.logout_token(&claims, how).unwrap();
        assert_eq!(post(&w, "meridian", &token).await.status, 400, "{claims} {how}");
    }
    let good = w.meridian.logout_token(&sub(json!({})), "").unwrap();
    for (key, token) in
        [("atlas", good.as_str()), ("nobody", &good), ("meridian", ""), ("meridian", "x.y.z")]
    {
        assert_eq!(post(&w, key, token).await.status, 400, "{key}");
    }
    let get = b.send(b.request(Method::GET, "/callback/meridian/backchannel-logout")).await;
    assert!(get.status == 404 || get.status == 405);
    assert!(b.is_signed_in().await);
    assert_eq!(post(&w, "meridian", &good).await.status, 200, "the same token, sent as it should");
    assert!(!b.is_signed_in().await);
    // Sent once more, it ends no later session.
    let again = signed_in(&w, "t-2", "m-vera").await;
    assert_eq!(post(&w, "meridian", &good).await.status, 400);
    assert!(again.is_signed_in().await);
}

/// Shows OC-16: bad tokens are limited by network, and the limit never keeps the provider out.
#[tokio::test(flavor = "multi_thread")]
async fn oc_16_floods_of_bad_tokens_are_limited_and_a_good_one_counts_all_the_same() {
    let w = World::new("goss").await;
    let b = signed_in(&w, "t-1", "m-vera").await;
    for _ in 0..domain::limits::LOGOUT_TOKENS {
        assert_eq!(post(&w, "meridian", "x.y.z").await.status, 400);
    }
    assert_eq!(post(&w, "meridian", "x.y.z").await.status, 429);
    assert!(b.is_signed_in().await);
    assert_eq!(tell(&w, &w.meridian, json!({"sub": "m-vera"})).await, 200);
    assert!(!b.is_signed_in().await);
    w.pass(3601);
    assert_eq!(post(&w, "meridian", "x.y.z").await.status, 400);
}

/// Shows OC-16: applications hear of it as of every end of a session.
#[tokio::test(flavor = "multi_thread")]
async fn oc_16_applications_hear_of_a_session_that_ended_at_the_provider() {
    let w = World::new("goss").await;
    let (uri, heard) = crate::conformance_op::listener().await;
    let rp = register(&w, "rp", json!({"backchannel_logout_uri": uri})).await;
    let b = signed_in(&w, "t-1", "m-vera").await;
    let tokens = rp.token(&rp.code(&b, &[]).await, &[]).await;
    let claims = rp.verified(&tokens.text("id_token")).await;
    assert_eq!(tell(&w, &w.meridian, json!({"sub": "m-vera"})).await, 200);
    let told = crate::conformance_op::heard(&heard, 1).await[0].clone();
    assert_eq!(rp.verified(&told).await["sid"], claims["sid"]);
}

/// Shows OC-16: what one organisation is told ends nothing in another, where the same person has the same identity.
#[tokio::test(flavor = "multi_thread")]
async fn oc_16_a_provider_of_two_organisations_ends_sessions_of_the_one_that_it_tells() {
    let w = World::new("goss").await;
    let second = w.organisation("second", "goss").await;
    let there = Browser::new(&second.settings.public_url);
    named(&w, "t-1");
    assert_eq!(there.sign_in("meridian", "m-vera").await.path(), "/account");
    let here = signed_in(&w, "t-1", "m-vera").await;
    assert_eq!(tell(&w, &w.meridian, json!({"sub": "m-vera", "sid": "t-1"})).await, 200);
    assert!(!here.is_signed_in().await && there.is_signed_in().await);
}

/// `oidcc-client-test-rp-frontchannel-rpinitlogout`: a frame of the provider in the person's browser, where the browser brings
/// our cookie.
/// Shows CF-03.
#[tokio::test(flavor = "multi_thread")]
async fn oidcc_client_test_rp_frontchannel_rpinitlogout() {
    let w = World::new("goss").await;
    let b = signed_in(&w, "t-1", "m-vera").await;
    let frame = async |b: &Browser, iss: &str, sid: &str| {
        let path = "/callback/meridian/frontchannel-logout";
        b.send(b.request(Method::GET, path).query(&[("iss", iss), ("sid", sid)])).await.status
    };
    let issuer = w.meridian.issuer.clone();
    assert_eq!(frame(&b, &issuer, "t-2").await, 200);
    assert_eq!(frame(&b, "https://evil.test", "t-1").await, 400);
    assert_eq!(frame(&b, &issuer, "").await, 400);
    // Without our cookie, as in a frame of another site: nobody's session is this browser's.
    assert_eq!(frame(&w.browser(), &issuer, "t-1").await, 200);
    assert!(b.is_signed_in().await);
    assert_eq!(frame(&b, &issuer, "t-1").await, 200);
    assert!(!b.is_signed_in().await && b.session_cookie().is_none());
}

/// A world whose provider has a sign-out of its own, and a setting that says what becomes of it.
async fn leaving(wish: &str) -> World {
    let w = World::new("goss").await;
    w.provider("meridian", json!({"settings": {"kind": "oidc", "issuer": w.meridian.issuer, "client_id": "ligature", "sign_out_too": wish}})).await;
    w.meridian.set(Knobs { end_session: true, ..Knobs::default() });
    w
}

async fn inside(w: &World) -> Browser {
    let b = w.browser();
    assert_eq!(b.sign_in("meridian", "m-vera").await.path(), "/account");
    b
}

/// The provider's sign-out as the page links to it.
fn sign_out_there(w: &World, page: &Page) -> Option<String> {
    let start = format!("href=\"{}/end_session?", w.meridian.issuer);
    let rest = page.body.split_once(&start)?.1.split('"').next()?;
    Some(format!("{}/end_session?{}", w.meridian.issuer, rest.replace("&amp;", "&")))
}

fn parameter(url: &str, name: &str) -> Option<String> {
    let url = url::Url::parse(url).unwrap();
    url.query_pairs().find(|(k, _)| k == name).map(|(_, v)| v.into_owned())
}

/// `oidcc-client-test-rp-init-logout`: to the provider's sign-out with our client and a state, and back.
/// Shows CF-03.
#[tokio::test(flavor = "multi_thread")]
async fn oidcc_client_test_rp_init_logout() {
    let w = leaving("offer").await;
    let b = inside(&w).await;
    let out = b.post("/fn/signout", &[]).await;
    assert_eq!(out.path(), "/logout/done");
    assert!(out.has("You are still signed in at Meridian in this browser"), "{}", out.body);
    assert!(!out.has("http-equiv=\"refresh\"") && !b.is_signed_in().await);
    let url = sign_out_there(&w, &out).unwrap();
    assert_eq!(parameter(&url, "client_id").as_deref(), Some("ligature"));
    let back = format!("{}/logout/returned", w.url());
    assert_eq!(parameter(&url, "post_logout_redirect_uri"), Some(back));
    assert_eq!(parameter(&url, "id_token_hint"), None, "no ID token is kept");
    let done = b.get(&url).await;
    assert_eq!(done.path(), "/logout/returned");
    assert!(done.has("signed out here and at Meridian"), "{}", done.body);
    assert_eq!(b.get(&done.url).await.path(), "/login", "it counts once");
}

/// `oidcc-client-test-rp-init-logout-other-state`: nobody was sent there by this browser.
/// Shows CF-03.
#[tokio::test(flavor = "multi_thread")]
async fn oidcc_client_test_rp_init_logout_other_state() {
    returned_with(Some("another-state")).await;
}

/// `oidcc-client-test-rp-init-logout-no-state`
/// Shows CF-03.
#[tokio::test(flavor = "multi_thread")]
async fn oidcc_client_test_rp_init_logout_no_state() {
    returned_with(Some("")).await;
}

async fn returned_with(state: Option<&str>) {
    let w = leaving("offer").await;
    let b = inside(&w).await;
    let out = b.post("/fn/signout", &[]).await;
    let url = sign_out_there(&w, &out).unwrap();
    let knobs =
        Knobs { end_session: true, other_state: state.map(str::to_owned), ..Knobs::default() };
    w.meridian.set(knobs);
    let back = b.get(&url).await;
    assert_eq!(back.path(), "/login", "{}", back.url);
    assert!(!back.has("signed out here and at"), "{}", back.body);
    // In a browser that is signed in nothing ends by it.
    let other = inside(&w).await;
    other.get("/logout/returned?state=x").await;
    assert!(other.is_signed_in().await);
}

/// Shows CF-03: `oidcc-client-test-rp-backchannel-rpinitlogout`, whole: a sign-out here goes on to the provider, which tells
/// by the back channel, and every session of the person ends.
#[tokio::test(flavor = "multi_thread")]
async fn cf_03_a_sign_out_that_goes_on_to_the_provider_ends_the_persons_other_sessions() {
    let w = leaving("always").await;
    let uri = format!("{}/callback/meridian/backchannel-logout", w.url());
    w.meridian.set(Knobs { end_session: true, backchannel: Some(uri), ..Knobs::default() });
    let (b, elsewhere) = (inside(&w).await, inside(&w).await);
    let out = b.post("/fn/signout", &[]).await;
    let url = sign_out_there(&w, &out).unwrap();
    let onward = format!("content=\"2;url={}\"", url.replace('&', "&amp;"));
    assert!(out.has(&onward), "it goes on by itself: {}", out.body);
    assert!(elsewhere.is_signed_in().await);
    assert_eq!(b.get(&url).await.path(), "/logout/returned");
    assert!(!elsewhere.is_signed_in().await);
    let told = w.meridian.log().into_iter().find(|s| s.what == "told").unwrap();
    assert_eq!(told.parameters["status"], "200");
}

/// Shows CF-03: by default nobody is sent anywhere, and the page says what is still open.
#[tokio::test(flavor = "multi_thread")]
async fn cf_03_by_default_a_sign_out_stays_here_and_says_what_is_still_open() {
    let w = leaving("off").await;
    let b = inside(&w).await;
    let out = b.post("/fn/signout", &[]).await;
    assert!(out.has("You are still signed in at Meridian in this browser"), "{}", out.body);
    assert!(
        out.has(&format!("href=\"{}\"", w.meridian.issuer)) && sign_out_there(&w, &out).is_none()
    );
    // With a password there is nothing else to end.
    let local = w.sign_up("theo@example.test").await;
    assert_eq!(local.post("/fn/signout", &[]).await.path(), "/login");
    let page = local.password("theo@example.test", PASSWORD).await;
    assert_eq!(page.path(), "/account");
    // A provider that does not answer keeps nobody signed in here.
    let w = leaving("offer").await;
    let again = inside(&w).await;
    w.pass(3700);
    w.meridian.set(Knobs { hold_published: true, end_session: true, ..Knobs::default() });
    let out = again.post("/fn/signout", &[]).await;
    assert!(out.has("You are still signed in at Meridian"), "{}", out.body);
    assert!(!again.is_signed_in().await);
}

/// Shows CF-03: an application that asked for the sign-out gets its person back, after the provider too.
#[tokio::test(flavor = "multi_thread")]
async fn cf_03_an_application_that_asked_gets_its_person_back_over_the_providers_sign_out() {
    const OUT: &str = "https://rp.example.test/out";
    for (wish, over) in [("off", false), ("offer", true), ("always", true)] {
        let w = leaving(wish).await;
        let rp = register(&w, "rp", json!({"unproved_contacts": true})).await;
        let b = inside(&w).await;
        let tokens = rp.token(&rp.code(&b, &[]).await, &[]).await;
        let hint = tokens.text("id_token");
        let query =
            [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", OUT), ("state", "s")];
        let asked = b.send(b.request(Method::GET, "/logout").query(&query)).await;
        let to = format!("{OUT}?state=s");
        if !over {
            assert_eq!(asked.header("location"), to, "{wish}");
            continue;
        }
        let page = b.follow(asked).await;
        assert!(page.has(&format!("href=\"{to}\"")), "{wish}: {}", page.body);
        let back = b.get(&sign_out_there(&w, &page).unwrap()).await;
        assert!(back.has(&format!("content=\"2;url={to}\"")), "{wish}: {}", back.body);
    }
}

/// The addresses to register stand on the provider's page, and the setting in its form.
#[tokio::test(flavor = "multi_thread")]
async fn the_console_shows_the_addresses_for_signing_out() {
    let w = World::new("goss").await;
    let page = w.owner().await.get("/admin/providers/meridian").await;
    for uri in [
        "/callback/meridian/backchannel-logout",
        "/callback/meridian/frontchannel-logout",
        "/logout/returned",
    ] {
        assert!(
            page.has(&format!("<code class=\"copyable\">{}{uri}</code>", w.url())),
            "{uri}: {}",
            page.body
        );
    }
    assert!(page.has("form[settings][sign_out_too]"));
}
