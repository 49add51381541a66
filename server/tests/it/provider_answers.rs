//! Answers that a provider's page posts (OC-15), odd ones that work, and what administrators hear of bad ones.
use rehearsal::provider::Knobs;
use reqwest::Method;
use serde_json::json;

use crate::world::{Browser, Page, World};

/// What a page of the provider posts: from another site, so with none of our cookies.
async fn posted(w: &World, answer: &[(String, String)]) -> Page {
    let elsewhere = w.browser();
    elsewhere
        .send(
            elsewhere
                .request(Method::POST, "/callback/meridian")
                .header("origin", &w.meridian.issuer)
                .header("sec-fetch-site", "cross-site")
                .form(answer),
        )
        .await
}

/// The provider's answer, as parameters.
async fn answer(b: &Browser, who: &str) -> Vec<(String, String)> {
    let callback = b.at_provider(&b.start("meridian").await, who).await;
    url::Url::parse(&callback).unwrap().query_pairs().into_owned().collect()
}

fn carried(page: &Page) -> String {
    let all: Vec<_> =
        page.headers.get_all("set-cookie").iter().map(|v| v.to_str().unwrap().to_owned()).collect();
    assert!(
        all.iter()
            .all(|c| c.starts_with("lg_cb_") && c.contains("Max-Age=60") && c.contains("HttpOnly")),
        "nothing else is set: {all:?}"
    );
    all[0].split(';').next().unwrap().to_owned()
}

/// Shows OC-15: the answer comes without our cookies, and goes on with them.
#[tokio::test(flavor = "multi_thread")]
async fn oc_15_an_answer_that_is_posted_from_the_providers_page_signs_in() {
    let w = World::new("goss").await;
    let b = w.browser();
    let page = posted(&w, &answer(&b, "m-vera").await).await;
    assert_eq!(page.status, 303);
    let to = page.header("location");
    assert!(to.contains("/callback/meridian/resume?id=") && !to.contains("code="), "{to}");
    b.set_cookie(&carried(&page));
    assert_eq!(b.get(&to).await.path(), "/account");
    assert!(b.is_signed_in().await);
    // Once more: the answer is gone with its cookie, and the state is used up.
    assert_eq!(b.get(&to).await.refusal(), "attempt.state_missing");
}

/// Shows OC-01, OC-15: posting gives nobody an answer to a start of another browser, and it keeps for a minute.
#[tokio::test(flavor = "multi_thread")]
async fn oc_15_a_posted_answer_counts_for_the_browser_that_started_and_for_a_minute() {
    let w = World::new("goss").await;
    let b = w.browser();
    let page = posted(&w, &answer(&b, "m-vera").await).await;
    let (to, cookie) = (page.header("location"), carried(&page));
    let other = w.browser();
    other.set_cookie(&cookie);
    assert_eq!(other.get(&to).await.refusal(), "attempt.state_missing");
    assert_eq!(
        b.get(&to).await.refusal(),
        "attempt.state_missing",
        "without the cookie of the answer"
    );
    b.set_cookie(&cookie);
    w.pass(61);
    assert_eq!(b.get(&to).await.refusal(), "attempt.state_missing");
    assert_eq!(w.accounts().await, 0);
}

/// Shows FR-02, FR-12: an odd claim keeps nobody out; of a bad one administrators hear which part it was, and which field.
#[tokio::test(flavor = "multi_thread")]
async fn fr_12_administrators_hear_which_part_of_a_provider_it_was_and_which_field() {
    let w = World::new("goss").await;
    w.meridian.set(Knobs { id_token: json!({"updated_at": "2026-01-02T03:04:05.678Z", "amr": "pwd", "acr": 1, "address": "Main St 1"}), ..Knobs::default() });
    assert_eq!(w.browser().sign_in("meridian", "m-vera").await.path(), "/account");
    for (knobs, code, why) in [
        (
            Knobs { id_token: json!({"aud": 7}), ..Knobs::default() },
            "provider.answer",
            "check failed: ID token: aud: a number",
        ),
        (
            Knobs { down: true, ..Knobs::default() },
            "provider.down",
            "no answer: token endpoint: status 503",
        ),
        (
            Knobs { sign: "hs256".into(), ..Knobs::default() },
            "provider.answer",
            "check failed: ID token: is signed with HS256, which is not accepted from this provider",
        ),
    ] {
        w.meridian.set(knobs);
        assert_eq!(w.browser().sign_in("meridian", "m-vera").await.refusal(), code);
        assert_eq!(
            w.rows("audit_event", "detail", &json!({ "why": why }).to_string()).await,
            1,
            "{why}"
        );
    }
}
