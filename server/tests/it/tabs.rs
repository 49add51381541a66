//! What people do with a sign-in for an application that is begun: another tab, lunch, an answer that is posted.
use crate::{
    op::{CALLBACK, Rp, register},
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
    let fresh = begun(&rp, &b, &[("prompt", "login"), ("state", "three")]).await;
    assert_eq!(b.get(&second).await.status, 200, "nobody has signed in: the page");
    assert!(Rp::back(&submitted(&b, &first).await).contains_key("code"));
    // Reloaded, the second tab goes on by itself.
    let reloaded = b.send(b.request(Method::GET, &second)).await;
    let back = Rp::back(&reloaded);
    assert!(back.contains_key("code") && back["state"] == "two", "{back:?}");
    // Its password form works as well, and so does the page that was asked for on purpose.
    assert_eq!(Rp::back(&submitted(&b, &second).await)["state"], "two");
    // One that wants a new sign-in keeps its page, however often it is loaded.
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
