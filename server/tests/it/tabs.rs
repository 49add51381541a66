//! What people do with a sign-in for an application that is begun: another tab, lunch, an answer that is posted.
use crate::{
    op::{CALLBACK, Rp, register, register_single},
    world::{Browser, PASSWORD, Page, World},
};
use reqwest::Method;
use serde_json::json;

async fn world() -> (World, Rp) {
    let w = World::new("recommended").await;
    w.sign_up("vera@example.test").await;
    let rp = register(&w, "rp", json!({})).await;
    (w, rp)
}

/// The address of the sign-in page that an application's request leads to.
async fn begun(rp: &Rp, b: &Browser, changes: &[(&str, &str)]) -> String {
    let to = rp.authorize(b, changes).await.header("location");
    assert!(to.starts_with("/login?entry="), "{to}");
    to
}

/// The password form of a sign-in page, sent without following where it leads.
async fn submitted(b: &Browser, login: &str) -> Page {
    let entry = login.split_once("entry=").unwrap().1;
    let form = [("email", "vera@example.test"), ("password", PASSWORD), ("entry", entry)];
    b.post_only("/fn/signin/password", &form).await
}

#[tokio::test(flavor = "multi_thread")]
async fn fr_35_the_other_tab_goes_on_to_the_application_with_the_session_of_the_first() {
    let (_w, rp) = world().await;
    let b = _w.browser();
    let (first, second) = (begun(&rp, &b, &[]).await, begun(&rp, &b, &[("state", "two")]).await);
    assert_eq!(b.get(&second).await.status, 200, "nobody has signed in: the page");
    assert!(Rp::back(&submitted(&b, &first).await).contains_key("code"));
    // Reloaded, the second tab goes on by itself.
    let reloaded = b.send(b.request(Method::GET, &second)).await;
    let back = Rp::back(&reloaded);
    assert!(back.contains_key("code") && back["state"] == "two", "{back:?}");
    // Its password form works as well, and so does the page that was asked for on purpose.
    assert_eq!(Rp::back(&submitted(&b, &second).await)["state"], "two");
    // One that wants a new sign-in after that keeps its page, however often it is loaded.
    let fresh = begun(&rp, &b, &[("prompt", "login"), ("state", "three")]).await;
    for _ in 0..2 {
        let page = b.send(b.request(Method::GET, &fresh)).await;
        assert!(page.status == 200 && page.has("type=\"password\""), "{}", page.body);
    }
    assert_eq!(Rp::back(&submitted(&b, &fresh).await)["state"], "three");
}

#[tokio::test(flavor = "multi_thread")]
async fn fr_36_who_comes_back_after_lunch_is_told_which_application_to_open_again() {
    let (w, rp) = world().await;
    let b = w.browser();
    let login = begun(&rp, &b, &[]).await;
    w.pass(59 * 60);
    assert_eq!(b.get(&login).await.status, 200);
    w.pass(2 * 60);
    for page in [b.get(&login).await, b.follow(submitted(&b, &login).await).await] {
        assert_eq!((page.status, page.refusal().as_str()), (410, "attempt.expired"));
        assert!(
            page.has("You were on your way to The rp") && page.has("https://rp.example.test/\""),
            "{}",
            page.body
        );
        assert!(!page.has(CALLBACK), "its callback is no page for people");
    }
    // Their cookies gone with the day: nobody knows the application, and nobody invents one.
    let other = w.browser();
    let page = other.get(&login).await;
    assert!(page.status == 410 && !page.has("on your way"), "{}", page.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn fr_36_a_code_that_is_typed_after_lunch_leads_to_the_application_too() {
    let (w, rp) = world().await;
    let b = w.browser();
    let login = begun(&rp, &b, &[]).await;
    let entry = login.split_once("entry=").unwrap().1;
    let page = b
        .post(
            "/fn/signup",
            &[
                ("email", "late@example.test"),
                ("name", "Late"),
                ("password", PASSWORD),
                ("entry", entry),
            ],
        )
        .await;
    let code = w.mail("late@example.test", 1).await.code.unwrap();
    w.pass(61 * 60);
    let over = b.post("/fn/attempt/code", &[("attempt", &page.attempt()), ("code", &code)]).await;
    assert!(
        over.refusal() == "attempt.expired" && over.has("You were on your way to The rp"),
        "{}",
        over.body
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn fr_23_an_answer_that_is_posted_stands_in_a_form_and_in_no_address() {
    let (w, rp) = world().await;
    let b = w.browser();
    let login = begun(&rp, &b, &[("response_mode", "form_post"), ("state", "a\"><b>")]).await;
    let leaves = submitted(&b, &login).await.header("location");
    assert!(leaves.starts_with(&format!("{}/authorize/reply?a=", w.url())), "{leaves}");
    let path = leaves.strip_prefix(&w.url()).unwrap();
    let page = b.get(path).await;
    let field = |name: &str| {
        let rest = page.body.split(&format!("name=\"{name}\" value=\"")).nth(1)?;
        rest.split('"').next().map(str::to_owned)
    };
    assert!(page.has(&format!("action=\"{CALLBACK}\"")) && page.has("/submit.js"), "{}", page.body);
    assert!(!page.header("content-security-policy").contains("form-action"));
    assert_eq!(field("state").as_deref(), Some("a&quot;&gt;&lt;b&gt;"));
    assert_eq!(field("iss").as_deref(), Some(w.url().as_str()));
    let code = field("code").unwrap();
    assert!(!leaves.contains(&code), "the code is sealed in the address");
    assert_eq!(rp.token(&code, &[]).await.status, 200);
    // A minute later, or changed, it is nobody's answer.
    let changed = format!("{}A", &path[..path.len() - 1]);
    assert_eq!(b.get(&changed).await.refusal(), "attempt.expired");
    w.pass(61);
    assert_eq!(b.get(path).await.refusal(), "attempt.expired");
    // Errors are posted as well.
    let error = rp
        .authorize(&w.browser(), &[("response_mode", "form_post"), ("prompt", "none")])
        .await
        .header("location");
    let page = b.get(error.strip_prefix(&w.url()).unwrap()).await;
    assert!(page.has("name=\"error\" value=\"login_required\""), "{}", page.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn fr_58_a_hint_that_shows_nothing_is_no_hint_and_the_person_still_gets_out_and_back() {
    let (w, rp) = world().await;
    let b = w.browser();
    b.password("vera@example.test", PASSWORD).await;
    let hint = rp.token(&rp.code(&b, &[]).await, &[]).await.text("id_token");
    let out = "https://rp.example.test/out";
    // Cut off by one character, with a changed head, and nothing at all.
    let (head, rest) = hint.split_once('.').unwrap();
    let moved = format!("{head}A.{rest}");
    for text in [moved.as_str(), &hint[..hint.len() - 1], "x.y.z"] {
        let query = [
            ("id_token_hint", text),
            ("post_logout_redirect_uri", out),
            ("client_id", "rp"),
            ("state", "s"),
        ];
        let asked = b.send(b.request(Method::GET, "/logout").query(&query)).await;
        assert!(asked.status == 200 && asked.has("asks to sign you out"), "{}", asked.body);
        assert!(b.is_signed_in().await);
    }
    let form = [("client_id", "rp"), ("post_logout_redirect_uri", out), ("state", "s")];
    let gone = b.post_only("/fn/signout/asked", &form).await;
    assert_eq!(gone.header("location"), format!("{out}?state=s"));
    assert!(!b.is_signed_in().await);
}

/// What one line of a request's head may come to before proxies refuse it.
const LINE: usize = 8_000;

/// Eight tabs of one browser on their way to an application, and eight at a provider: each ends at its own page.
#[tokio::test(flavor = "multi_thread")]
async fn fr_34_eight_tabs_each_end_where_they_began() {
    let (w, rp) = world().await;
    let b = w.browser();
    let mut tabs = Vec::new();
    for n in 0..8 {
        tabs.push(begun(&rp, &b, &[("state", &format!("tab-{n}"))]).await);
    }
    // Signed in in the first, though seven began after it.
    assert_eq!(Rp::back(&submitted(&b, &tabs[0]).await)["state"], "tab-0");
    for (n, tab) in tabs.iter().enumerate().skip(1) {
        let back = Rp::back(&b.send(b.request(Method::GET, tab)).await);
        assert!(back.contains_key("code") && back["state"] == format!("tab-{n}"), "{back:?}");
    }
    // At a provider: all leave before the first comes back.
    let b = w.browser();
    let mut away = Vec::new();
    for n in 0..8 {
        let entry = begun(&rp, &b, &[("state", &format!("there-{n}"))]).await;
        let entry = entry.split_once("entry=").unwrap().1.to_owned();
        let form = [("provider", "atlas"), ("entry", entry.as_str())];
        away.push(b.post_only("/fn/signin/provider", &form).await.header("location"));
    }
    assert!(b.cookies().len() < LINE, "{}", b.cookies().len());
    for (n, url) in away.iter().enumerate() {
        let callback = b.at_provider(url, "a-vera").await;
        let page = b.send(b.request(Method::GET, callback.strip_prefix(&w.url()).unwrap())).await;
        let back = Rp::back(&ended(&b, page).await);
        assert!(back.contains_key("code") && back["state"] == format!("there-{n}"), "{back:?}");
    }
}

/// From a provider's answer to the application: a first sign-in becomes an account on the way.
async fn ended(b: &Browser, page: Page) -> Page {
    if !page.header("location").starts_with("/attempt") {
        return page;
    }
    let shown = b.follow(page).await;
    let form =
        [("attempt", shown.attempt()), ("pick", "create_new".into()), ("account", String::new())];
    let form = form.each_ref().map(|(name, value)| (*name, value.as_str()));
    b.post_only("/fn/attempt/pick", &form).await
}

/// What applications send along comes back whole, signed in or not, by GET or POST; and the cookies stay small.
#[tokio::test(flavor = "multi_thread")]
async fn fr_52_a_long_state_comes_back_whole_and_never_makes_a_long_cookie() {
    let (w, rp) = world().await;
    let hint = "h".repeat(1_000);
    let claims: serde_json::Map<String, serde_json::Value> =
        (0..50).map(|n| (format!("claim_number_{n}"), json!(null))).collect();
    let claims = json!({"userinfo": claims}).to_string();
    let signed_in = w.browser();
    signed_in.password("vera@example.test", PASSWORD).await;
    for length in [1_500, 2_000, 2_500, 3_000, 6_000] {
        let state = "s".repeat(length);
        let changes =
            [("state", state.as_str()), ("login_hint", hint.as_str()), ("claims", claims.as_str())];
        let back = Rp::back(&rp.authorize(&signed_in, &changes).await);
        assert_eq!(back["state"], state, "signed in, {length}");
        let b = w.browser();
        let mut form = rp.request(&changes);
        form.retain(|(name, _)| name != "prompt");
        for method in [Method::GET, Method::POST] {
            let request = match method {
                Method::GET => b.request(Method::GET, "/authorize").query(&form),
                _ => b.request(Method::POST, "/authorize").form(&form),
            };
            let mut page = b.send(request).await;
            if page.header("location").starts_with("/authorize?") {
                page = b.send(b.request(Method::GET, &page.header("location"))).await;
            }
            let login = page.header("location");
            assert!(login.starts_with("/login?entry="), "{length} {method}: {login}");
        }
        for n in 0..4 {
            let (state, text) = (format!("{n}{state}"), claims.as_str());
            let login = begun(&rp, &b, &[("state", &state), ("claims", text)]).await;
            let entry = login.split_once("entry=").unwrap().1.to_owned();
            let form = [("provider", "atlas"), ("entry", entry.as_str())];
            b.post_only("/fn/signin/provider", &form).await;
            if n == 3 {
                assert!(b.cookies().len() < LINE, "{}", b.cookies().len());
                let back = Rp::back(&submitted(&b, &login).await);
                assert!(back.contains_key("code") && back["state"] == state, "{length}");
            }
        }
    }
    // What nobody needs is refused, and the application hears it with the very same state.
    let state = "s".repeat(20_000);
    let back = Rp::back(&rp.authorize(&w.browser(), &[("state", &state)]).await);
    assert!(back["error"] == "invalid_request" && back["state"] == state);
}

/// RFC 9126 §4: a reload goes on in the browser that opened the request, and nowhere else; with its code it is over.
#[tokio::test(flavor = "multi_thread")]
async fn fr_37_a_pushed_request_can_be_reloaded_by_its_browser_until_its_code_is_made() {
    let (w, two) = world().await;
    let rp = register_single(&w, "single").await;
    let pushed = async || {
        let form = rp.request(&[]);
        let form: Vec<(&str, &str)> = form.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        rp.post("/par", &form).await.text("request_uri")
    };
    let open = async |b: &Browser, uri: &str| {
        let query = [("client_id", "single"), ("request_uri", uri)];
        b.send(b.request(Method::GET, "/authorize").query(&query)).await
    };
    let over = |page: &Page| Rp::back(page).get("error").cloned().unwrap_or_default();
    let (b, other) = (w.browser(), w.browser());
    b.get("/login").await;
    let uri = pushed().await;
    let first = open(&b, &uri).await.header("location");
    let second = open(&b, &uri).await.header("location");
    assert!(first.starts_with("/login?entry=") && second.starts_with("/login?entry="), "{second}");
    assert_eq!(over(&open(&other, &uri).await), "invalid_request_uri", "another browser");
    assert!(Rp::back(&submitted(&b, &second).await).contains_key("code"));
    assert_eq!(over(&open(&b, &uri).await), "invalid_request_uri", "its code was made");
    // The minute is for opening it; a sign-in may take longer.
    let slow = pushed().await;
    let login = open(&other, &slow).await.header("location");
    w.pass(61);
    assert_eq!(over(&open(&other, &slow).await), "invalid_request_uri", "its minute is over");
    assert!(Rp::back(&submitted(&other, &login).await).contains_key("code"));
    // Where an application may be told in two places, it is told in none.
    let none = [("request_uri", "urn:ietf:params:oauth:request_uri:x")];
    assert_eq!(other.follow(two.authorize(&other, &none).await).await.refusal(), "attempt.expired");
}

/// A browser that is stuck gets rid of what it began, and nothing else.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_browser_began_can_be_cleared_and_its_session_stays() {
    let (w, rp) = world().await;
    let b = w.browser();
    b.password("vera@example.test", PASSWORD).await;
    let login = begun(&rp, &b, &[("prompt", "login")]).await;
    let page = b.get("/login/clear").await;
    assert!(
        page.status == 200 && page.has("Unfinished sign-ins in this browser: 1"),
        "{}",
        page.body
    );
    let cleared = b.post("/fn/signin/clear", &[]).await;
    assert!(cleared.has("Cleared.") && !b.cookies().contains("lg_en_"), "{}", cleared.body);
    assert!(b.is_signed_in().await);
    assert_eq!(b.get(&login).await.refusal(), "attempt.expired");
    assert!(b.get("/login/clear").await.has("No unfinished sign-ins"));
}
