//! A provider that fails: nobody waits for it, the other ways lead in, and it comes back by itself (OP-04, ZI-07).
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use rehearsal::provider::{Knobs, Provider};
use serde_json::json;

use crate::{
    op::register,
    world::{Browser, PASSWORD, Page, World},
};

const MARK: &str = "Unavailable right now";

/// A world in which nobody waits long.
async fn world(preset: &str) -> World {
    World::with(preset, |config| config.http_client.timeout_ms = 600).await
}

fn token_requests(at: &Provider) -> usize {
    at.log().iter().filter(|s| s.what == "token").count()
}

/// Starts at a provider and comes back from it.
async fn try_in(w: &World, key: &str, who: &str) -> Page {
    w.browser().sign_in(key, who).await
}

/// So many times the provider gives no answer to somebody's code.
async fn fail(w: &World, at: &Provider, knobs: Knobs, times: usize) {
    let browsers: Vec<Browser> = (0..times).map(|_| w.browser()).collect();
    let back = join_all(
        browsers.iter().map(async |b| b.at_provider(&b.start("meridian").await, "m-vera").await),
    );
    let back = back.await;
    at.set(knobs);
    for (b, callback) in browsers.iter().zip(back) {
        assert_eq!(b.get(&callback).await.refusal(), "provider.down");
    }
}

async fn events(w: &World) -> (i64, i64) {
    (
        w.rows("audit_event", "kind", "provider.unavailable").await,
        w.rows("audit_event", "kind", "provider.available").await,
    )
}

/// Shows OP-04, ZI-07.
#[tokio::test(flavor = "multi_thread")]
async fn op_04_zi_07_a_provider_that_hangs_is_not_waited_for_while_the_other_ways_lead_in_and_it_comes_back()
 {
    let w = world("recommended").await;
    let vera = w.sign_up("vera@example.test").await;
    assert_eq!(vera.add("meridian", "m-vera").await.path(), "/account");
    assert_eq!(try_in(&w, "meridian", "m-vera").await.path(), "/account", "it works");
    // Somebody is at the provider when it begins to hang.
    let late = w.browser();
    let answer = late.at_provider(&late.start("meridian").await, "m-vera").await;
    fail(&w, &w.meridian, Knobs { hold: true, ..Knobs::default() }, 2).await;
    assert_eq!(events(&w).await, (0, 0), "twice may be an accident");
    w.meridian.set(Knobs::default());
    fail(&w, &w.meridian, Knobs { hold: true, ..Knobs::default() }, 1).await;
    assert_eq!(events(&w).await, (1, 0));

    let asked = token_requests(&w.meridian);
    let refused = late.get(&answer).await;
    assert_eq!((refused.status, refused.refusal().as_str()), (503, "provider.down"));
    assert_eq!(token_requests(&w.meridian), asked, "nobody asks it");
    assert!(
        refused.offers("/fn/signin/provider", "atlas")
            && !refused.offers("/fn/signin/provider", "meridian")
            && refused.has("Other ways to sign in"),
        "{}",
        refused.body
    );
    let page = w.browser().post("/fn/signin/provider", &[("provider", "meridian")]).await;
    assert_eq!(page.refusal(), "provider.down");
    assert_eq!(events(&w).await, (1, 0), "one event, not one for each person");

    let page = w.browser().get("/login").await;
    assert!(page.offers("/fn/signin/provider", "meridian"), "it can be tried all the same");
    assert_eq!(page.body.matches(MARK).count(), 1, "{}", page.body);
    assert!(
        page.has("Meridian can&#39;t be reached right now")
            || page.has("Meridian can't be reached right now"),
        "{}",
        page.body
    );
    assert_eq!(w.browser().password("vera@example.test", PASSWORD).await.path(), "/account");
    assert!(try_in(&w, "atlas", "a-new").await.path().contains("/attempt/"));

    let owner = w.owner().await;
    let home = owner.get("/admin").await;
    assert!(home.has("right now: 1 (Meridian)"), "{}", home.body);
    assert!(owner.get("/admin/providers").await.has(MARK));
    let detail = owner.get("/admin/providers/meridian").await;
    assert!(detail.has(MARK) && detail.has("no answer: token endpoint"), "{}", detail.body);
    assert!(owner.get("/admin/audit").await.has("Provider unavailable"));

    // It hangs still when the next one tries: the half minute begins anew, and nobody hears of it twice.
    w.pass(31);
    assert_eq!(w.browser().get("/login").await.body.matches(MARK).count(), 0, "it can be tried");
    let (b, c) = (w.browser(), w.browser());
    let back = b.at_provider(&b.start("meridian").await, "m-vera").await;
    let other = c.at_provider(&c.start("meridian").await, "m-vera").await;
    assert_eq!(b.get(&back).await.refusal(), "provider.down");
    let asked = token_requests(&w.meridian);
    assert_eq!(c.get(&other).await.refusal(), "provider.down");
    assert_eq!((token_requests(&w.meridian), events(&w).await), (asked, (1, 0)));
    w.pass(31);
    w.meridian.set(Knobs::default());
    assert_eq!(try_in(&w, "meridian", "m-vera").await.path(), "/account");
    assert_eq!(events(&w).await, (1, 1));
    assert!(!owner.get("/admin/providers").await.has(MARK));
    w.healthy().await;
}

/// Shows OP-04: faults of other kinds are faults too, and each is told in words.
#[tokio::test(flavor = "multi_thread")]
async fn op_04_an_error_of_the_server_a_page_instead_of_tokens_and_a_closed_port_are_faults() {
    for (knobs, refusal, said) in [
        (Knobs { broken: 502, ..Knobs::default() }, "provider.down", "status 502"),
        (Knobs { broken: 200, ..Knobs::default() }, "provider.answer", "a page instead of JSON"),
    ] {
        let w = world("goss").await;
        assert!(try_in(&w, "meridian", "m-vera").await.path() == "/account");
        w.meridian.set(knobs);
        for _ in 0..3 {
            assert_eq!(try_in(&w, "meridian", "m-vera").await.refusal(), refusal);
        }
        assert_eq!(events(&w).await, (1, 0), "{said}");
        let detail = w.owner().await.get("/admin/providers/meridian").await;
        assert!(detail.has(said), "{}", detail.body);
    }
    let w = world("goss").await;
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    w.apply(json!({"providers": [{"key": "shut", "name": "Shut", "secret": "s", "settings": {"kind": "oidc", "issuer": format!("http://{closed}"), "client_id": "c"}}]})).await;
    let start = async || w.browser().post("/fn/signin/provider", &[("provider", "shut")]).await;
    // One request that failed is one fault, however many people hear of it.
    for _ in 0..5 {
        assert_eq!(start().await.refusal(), "provider.down");
    }
    assert_eq!(events(&w).await, (0, 0));
    for _ in 0..2 {
        w.pass(3);
        assert_eq!(start().await.refusal(), "provider.down");
    }
    assert_eq!(events(&w).await, (1, 0));
}

/// Shows OP-04: whoever sends made-up answers, cancels, or is told no makes nothing unavailable for others.
#[tokio::test(flavor = "multi_thread")]
async fn op_04_forged_answers_and_refused_codes_never_make_a_provider_unavailable() {
    let w = world("goss").await;
    assert_eq!(try_in(&w, "meridian", "m-vera").await.path(), "/account", "it works");
    let attacker = w.browser();
    for n in 0..6 {
        // A code of the attacker's own making, for a start that is real.
        let back = attacker.at_provider(&attacker.start("meridian").await, "m-ben").await;
        let code = back.split("code=").nth(1).unwrap().split('&').next().unwrap().to_owned();
        let page = attacker.get(&back.replace(&code, &format!("garbage-{n}"))).await;
        assert_eq!(page.refusal(), "provider.answer");
        // No start at all, another issuer, and an error that the browser brings.
        attacker.get("/callback/meridian?code=x&state=y").await;
        let back = attacker.at_provider(&attacker.start("meridian").await, "m-ben").await;
        attacker.get(&back.replace("iss=", "iss=https%3A%2F%2Fevil.test&was=")).await;
        let back = attacker.at_provider(&attacker.start("meridian").await, "m-ben").await;
        attacker.get(&back.replace("code=", "error=server_error&was=")).await;
    }
    for knobs in [
        Knobs { id_token: json!({"nonce": "another"}), ..Knobs::default() },
        Knobs { error: Some("access_denied".into()), ..Knobs::default() },
    ] {
        w.meridian.set(knobs);
        for _ in 0..4 {
            let refusal = try_in(&w, "meridian", "m-vera").await.refusal();
            assert!(["provider.answer", "provider.refused"].contains(&refusal.as_str()));
        }
    }
    w.meridian.set(Knobs::default());
    assert_eq!(try_in(&w, "meridian", "m-vera").await.path(), "/account");
    assert_eq!(events(&w).await, (0, 0));
    assert!(!w.browser().get("/login").await.has(MARK));
}

/// Shows OP-04: twenty people at once hear within the time of one call, and others do not notice.
#[tokio::test(flavor = "multi_thread")]
async fn op_04_twenty_people_at_a_hanging_provider_hear_of_it_and_others_come_in_meanwhile() {
    let w = World::with("recommended", |config| config.http_client.timeout_ms = 2000).await;
    w.sign_up("vera@example.test").await;
    let browsers: Vec<Browser> = (0..20).map(|_| w.browser()).collect();
    let back = join_all(
        browsers.iter().map(async |b| b.at_provider(&b.start("meridian").await, "m-vera").await),
    );
    let back = back.await;
    w.meridian.set(Knobs { hold: true, ..Knobs::default() });
    let waiting = join_all(browsers.iter().zip(&back).map(async |(b, callback)| {
        let begun = Instant::now();
        (b.get(callback).await.refusal(), begun.elapsed())
    }));
    let others = async {
        while token_requests(&w.meridian) < 20 {
            tokio::task::yield_now().await;
        }
        let page = try_in(&w, "atlas", "a-new").await;
        let password = w.browser().password("vera@example.test", PASSWORD).await;
        (page.path(), password.path(), token_requests(&w.meridian))
    };
    let (heard, (atlas, password, asked)) = futures_util::future::join(waiting, others).await;
    assert!(atlas == "/account" || atlas.contains("/attempt/"), "{atlas}");
    assert_eq!((password.as_str(), asked), ("/account", 20));
    for (refusal, waited) in heard {
        assert_eq!(refusal, "provider.down");
        assert!(waited < Duration::from_secs(5), "{waited:?}");
    }
    assert_eq!(events(&w).await, (1, 0));
}

/// Shows OP-04, ZI-07: what an application wants is not forgotten on the way to another provider.
#[tokio::test(flavor = "multi_thread")]
async fn zi_07_the_page_of_a_provider_that_is_down_leads_on_to_the_application() {
    let w = world("goss").await;
    let rp = register(&w, "rp", json!({"unproved_contacts": true})).await;
    let b = w.browser();
    let login = b.follow(rp.authorize(&b, &[]).await).await;
    let entry = login.url.split("entry=").nth(1).unwrap().to_owned();
    let form = [("provider", "meridian"), ("entry", entry.as_str())];
    let started = b.post_only("/fn/signin/provider", &form).await;
    let back = b.at_provider(&started.header("location"), "m-vera").await;
    w.meridian.set(Knobs { down: true, ..Knobs::default() });
    let down = b.get(&back).await;
    assert_eq!(down.refusal(), "provider.down");
    let entry = down.body.split("name=\"entry\" value=\"").nth(1).unwrap();
    let entry = entry.split('"').next().unwrap();
    let form = [("provider", "atlas"), ("entry", entry)];
    let started = b.post_only("/fn/signin/provider", &form).await;
    let back = b.at_provider(&started.header("location"), "a-new").await;
    let done = b.send(b.request(reqwest::Method::GET, &back)).await;
    assert!(
        done.header("location").starts_with("https://rp.example.test/cb"),
        "{}",
        done.header("location")
    );
}

/// Shows OP-04: figures for monitoring, by the provider's key.
#[tokio::test(flavor = "multi_thread")]
async fn op_04_figures_tell_how_a_provider_does() {
    use tower::ServiceExt;
    let w = world("goss").await;
    let metrics = server::metrics::Metrics::new(w.nodes[0].organisations.clone()).router();
    let text = async || {
        let request = axum::extract::Request::get("/metrics").body(axum::body::Body::empty());
        let answer = metrics.clone().oneshot(request.unwrap()).await.unwrap();
        let body = axum::body::to_bytes(answer.into_body(), 1 << 20).await.unwrap();
        String::from_utf8(body.to_vec()).unwrap()
    };
    assert!(!text().await.contains("provider=\"meridian\""), "nobody asked it");
    try_in(&w, "meridian", "m-vera").await;
    let org = w.ligature().org;
    let line = |name: &str, value: u64| {
        format!(
            "ligature_provider_{name}{{organisation=\"{org}\",provider=\"meridian\"}} {value}\n"
        )
    };
    let said = text().await;
    for line in [line("up", 1), line("requests_total", 1), line("failures_total", 0)] {
        assert!(said.contains(&line), "{line}: {said}");
    }
    fail(&w, &w.meridian, Knobs { down: true, ..Knobs::default() }, 3).await;
    let said = text().await;
    for line in [line("up", 0), line("requests_total", 4), line("failures_total", 3)] {
        assert!(said.contains(&line), "{line}: {said}");
    }
}
