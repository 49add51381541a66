//! Providers' answers, honest and forged.
use crate::world::{Page, World};
use rehearsal::provider::Knobs;
use serde_json::json;

/// Nothing came of it: a neutral page with a next step, nobody signed in, nothing made.
async fn refused(w: &World, page: &Page, code: &str) {
    assert!((400..500).contains(&page.status), "{} {}", page.status, page.url);
    assert_eq!(page.refusal(), code, "{}", page.url);
    assert!(page.has("class=\"next\"") && !page.has("<script"), "{}", page.body);
    assert_eq!((w.accounts().await, w.rows("session", "method", "").await), (0, 0));
}

fn token_requests(log: &[rehearsal::provider::Seen]) -> usize {
    log.iter().filter(|s| s.what == "token").count()
}

#[tokio::test(flavor = "multi_thread")]
async fn oc_01_a_missing_altered_foreign_or_old_state_is_refused_before_any_token_request() {
    let w = World::new("goss").await;
    let b = w.browser();
    let good = b.at_provider(&b.start("meridian").await, "m-vera").await;
    let missing = good.split("&state=").next().unwrap().to_owned();
    refused(&w, &b.get(&missing).await, "attempt.state_missing").await;
    let state = good.split("state=").nth(1).unwrap().split('&').next().unwrap().to_owned();
    let altered = good.replace(&state, &format!("{}x", &state[..state.len() - 1]));
    refused(&w, &b.get(&altered).await, "attempt.state_mismatch").await;
    refused(&w, &w.browser().get(&good).await, "attempt.state_missing").await;
    let late = w.browser();
    let old = late.at_provider(&late.start("meridian").await, "m-vera").await;
    w.pass(601);
    refused(&w, &late.get(&old).await, "attempt.state_mismatch").await;
    assert_eq!(token_requests(&w.meridian.log()), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn oc_01_a_state_is_used_up_even_by_a_failure() {
    let w = World::new("goss").await;
    let b = w.browser();
    let callback = b.at_provider(&b.start("meridian").await, "m-vera").await;
    let cookies = b.cookies();
    w.meridian.set(Knobs { down: true, ..Knobs::default() });
    let down = b.get(&callback).await;
    assert_eq!((down.status, down.refusal().as_str()), (503, "provider.down"));
    w.meridian.set(Knobs::default());
    // The same browser with its start cookie put back.
    let start = cookies.split("; ").find(|c| c.starts_with("lg_st_")).unwrap();
    b.set_cookie(start);
    refused(&w, &b.get(&callback).await, "attempt.state_replayed").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn oc_13_a_replayed_callback_makes_no_second_account_and_no_second_token_request() {
    let w = World::new("goss").await;
    let b = w.browser();
    let callback = b.at_provider(&b.start("meridian").await, "m-vera").await;
    let start = b.cookies().split("; ").find(|c| c.starts_with("lg_st_")).unwrap().to_owned();
    assert_eq!(b.get(&callback).await.path(), "/account");
    for with_cookie in [false, true] {
        if with_cookie {
            b.set_cookie(&start);
        }
        let again = b.get(&callback).await;
        assert_eq!(again.status, 400, "{}", again.url);
        assert!(again.has("class=\"next\""));
    }
    assert_eq!((token_requests(&w.meridian.log()), w.accounts().await), (1, 1));
    assert!(b.is_signed_in().await);
}

/// Shows LK-19, MA-03.
#[tokio::test(flavor = "multi_thread")]
async fn lk_19_ma_03_an_answer_that_nobody_in_this_browser_asked_for_is_refused() {
    let w = World::new("goss").await;
    let attacker = w.browser();
    let url = attacker.start("meridian").await;
    // The victim finishes what the attacker began.
    let victim = w.browser();
    let callback = victim.at_provider(&url, "m-vera").await;
    refused(&w, &victim.get(&callback).await, "attempt.state_missing").await;
    refused(
        &w,
        &w.browser().get("/callback/meridian?code=abc&state=zzzzzzzzzz").await,
        "attempt.state_missing",
    )
    .await;
    let posted = w.browser().post("/callback/meridian", &[("code", "abc"), ("state", "zzz")]).await;
    assert!(posted.status >= 400);
}

/// Shows OC-02, OC-07, OC-08.
#[tokio::test(flavor = "multi_thread")]
async fn oc_02_oc_07_oc_08_tokens_that_fail_any_check_open_nothing() {
    let cases = [
        ("nonce missing", json!({"nonce": null}), ""),
        ("nonce wrong", json!({"nonce": "x"}), ""),
        ("issuer wrong", json!({"iss": "https://evil.test"}), ""),
        ("issuer missing", json!({"iss": null}), ""),
        ("audience wrong", json!({"aud": "another-client"}), ""),
        ("audience missing", json!({"aud": null}), ""),
        ("a second audience", json!({"aud": ["ligature", "other"]}), ""),
        ("subject missing", json!({"sub": null}), ""),
        ("subject empty", json!({"sub": ""}), ""),
        ("issued-at missing", json!({"iat": null}), ""),
        ("issued in ten minutes", json!({"iat": 4_000_000_000_i64}), ""),
        ("expiry missing", json!({"exp": null}), ""),
        ("expired", json!({"exp": 1_600_000_000}), ""),
        ("alg none", json!({}), "none"),
        ("HS256 with the public key", json!({}), "hs256"),
        ("another key", json!({}), "wrong_key"),
        ("a key in the header", json!({}), "jwk_header"),
        ("ES256 in the header", json!({}), "es256_header"),
        ("an unknown kid", json!({}), "unknown_kid"),
    ];
    let w = World::new("goss").await;
    for (what, id_token, sign) in cases {
        w.meridian.set(Knobs { id_token, sign: sign.into(), ..Knobs::default() });
        let b = w.browser();
        let page = b.sign_in("meridian", "m-vera").await;
        assert_eq!((page.status, page.refusal().as_str()), (400, "provider.answer"), "{what}");
        assert!(!b.is_signed_in().await, "{what}");
    }
    assert_eq!(w.accounts().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn oc_07_without_a_kid_a_single_key_is_taken_and_several_are_refused() {
    let w = World::new("goss").await;
    w.meridian.set(Knobs { sign: "no_kid".into(), ..Knobs::default() });
    assert_eq!(w.browser().sign_in("meridian", "m-vera").await.path(), "/account");
    w.atlas.set(Knobs { sign: "no_kid".into(), second_key: true, ..Knobs::default() });
    assert_eq!(w.browser().sign_in("atlas", "a-new").await.refusal(), "provider.answer");
}

#[tokio::test(flavor = "multi_thread")]
async fn oc_08_a_minute_of_clock_difference_is_tolerated() {
    let w = World::new("goss").await;
    let now = w.ligature().now() / 1_000_000;
    w.meridian
        .set(Knobs { id_token: json!({"exp": now - 30, "iat": now + 30}), ..Knobs::default() });
    assert_eq!(w.browser().sign_in("meridian", "m-vera").await.path(), "/account");
}

#[tokio::test(flavor = "multi_thread")]
async fn oc_03_every_start_has_a_fresh_s256_challenge_and_an_injected_code_fails() {
    let w = World::new("goss").await;
    let (a, b) = (w.browser(), w.browser());
    let (one, two) = (a.start("meridian").await, b.start("meridian").await);
    let parameter = |url: &str, name: &str| {
        url::Url::parse(url)
            .unwrap()
            .query_pairs()
            .find(|(k, _)| k == name)
            .map(|(_, v)| v.into_owned())
            .unwrap()
    };
    for name in ["state", "nonce", "code_challenge"] {
        assert_ne!(parameter(&one, name), parameter(&two, name), "{name}");
    }
    assert_eq!(
        (
            parameter(&one, "code_challenge_method").as_str(),
            parameter(&one, "code_challenge").len()
        ),
        ("S256", 43)
    );
    let (from_a, from_b) =
        (a.at_provider(&one, "m-vera").await, b.at_provider(&two, "m-ben").await);
    let injected = from_b.replace(&parameter(&from_b, "code"), &parameter(&from_a, "code"));
    refused(&w, &b.get(&injected).await, "provider.answer").await;
    let verifiers: Vec<_> = w
        .meridian
        .log()
        .into_iter()
        .filter(|s| s.what == "token")
        .map(|s| s.parameters["code_verifier"].len())
        .collect();
    assert!(verifiers.iter().all(|n| (43..=128).contains(n)) && !verifiers.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn oc_04_a_missing_or_foreign_iss_is_refused_before_any_token_request() {
    let w = World::new("goss").await;
    w.meridian.set(Knobs { no_iss: true, ..Knobs::default() });
    refused(&w, &w.browser().sign_in("meridian", "m-vera").await, "provider.answer").await;
    w.meridian.set(Knobs { other_iss: Some(w.atlas.issuer.clone()), ..Knobs::default() });
    refused(&w, &w.browser().sign_in("meridian", "m-vera").await, "provider.answer").await;
    assert_eq!(token_requests(&w.meridian.log()), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn oc_05_a_code_of_one_provider_is_never_sent_to_another() {
    let w = World::new("goss").await;
    let b = w.browser();
    // The person starts at Pigeon, which sends the browser to Meridian with our client id and its own state.
    let at_pigeon = b.start("pigeon").await;
    let redirected = at_pigeon.replace(&w.pigeon.issuer, &w.meridian.issuer);
    let callback = b.at_provider(&redirected, "m-vera").await;
    assert!(callback.contains("/callback/pigeon"), "each provider has its own redirect URI");
    refused(&w, &b.get(&callback).await, "provider.answer").await;
    // And the other way round: Meridian's answer delivered to Pigeon's redirect URI.
    let c = w.browser();
    let honest = c.at_provider(&c.start("meridian").await, "m-vera").await;
    refused(
        &w,
        &c.get(&honest.replace("/callback/meridian", "/callback/pigeon")).await,
        "attempt.state_mismatch",
    )
    .await;
    assert_eq!((token_requests(&w.pigeon.log()), token_requests(&w.meridian.log())), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn oc_06_metadata_that_names_another_issuer_is_refused() {
    let w = World::new("goss").await;
    let issuer = w.meridian.issuer.clone();
    for other in [format!("{issuer}/"), issuer.to_uppercase(), "http://evil.test".into()] {
        w.meridian.set(Knobs { metadata_issuer: Some(other.clone()), ..Knobs::default() });
        let page = w.browser().post("/fn/signin/provider", &[("provider", "meridian")]).await;
        assert_eq!((page.status, page.refusal().as_str()), (400, "provider.answer"), "{other}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn oc_09_userinfo_of_somebody_else_is_refused() {
    let w = World::new("goss").await;
    for sub in [json!({"sub": "m-ben"}), json!({"sub": null})] {
        w.meridian.set(Knobs { email_in_userinfo: true, userinfo: sub, ..Knobs::default() });
        refused(&w, &w.browser().sign_in("meridian", "m-vera").await, "provider.answer").await;
    }
    w.meridian.set(Knobs { email_in_userinfo: true, ..Knobs::default() });
    assert!(w.browser().sign_in("meridian", "m-vera").await.has("vera@example.test"));
}

#[tokio::test(flavor = "multi_thread")]
async fn oc_10_rotated_keys_are_read_again_but_not_more_than_once_a_minute() {
    let w = World::new("goss").await;
    assert_eq!(w.browser().sign_in("meridian", "m-vera").await.path(), "/account");
    w.pass(61);
    w.meridian.rotate("k-next").unwrap();
    assert_eq!(w.browser().sign_in("meridian", "m-vera").await.path(), "/account");
    w.meridian.set(Knobs { sign: "unknown_kid".into(), ..Knobs::default() });
    let reads = w.meridian.jwks_reads();
    for _ in 0..5 {
        assert_eq!(w.browser().sign_in("meridian", "m-vera").await.refusal(), "provider.answer");
    }
    assert!(w.meridian.jwks_reads() <= reads + 1, "{} reads", w.meridian.jwks_reads() - reads);
}

#[tokio::test(flavor = "multi_thread")]
async fn oc_14_a_providers_error_texts_are_never_shown() {
    let w = World::new("goss").await;
    for error in ["access_denied", "strange<b>", "server_error"] {
        w.meridian.set(Knobs { error: Some(error.into()), ..Knobs::default() });
        let b = w.browser();
        let page = b.sign_in("meridian", "m-vera").await;
        refused(&w, &page, "provider.refused").await;
        assert!(
            !page.has("alert(1)") && !page.has("javascript:") && !page.has("strange"),
            "{}",
            page.body
        );
        assert!(
            page.way.iter().all(|u| u.starts_with(&w.url()) || u.starts_with(&w.meridian.issuer)),
            "{:?}",
            page.way
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sb_10_callbacks_answer_303_to_a_clean_address() {
    let w = World::new("goss").await;
    let b = w.browser();
    let callback = b.at_provider(&b.start("meridian").await, "m-vera").await;
    let page = b.send(b.request(reqwest::Method::GET, &callback)).await;
    assert_eq!(page.status, 303);
    assert_eq!(page.header("location"), "/account");
    assert!(page.header("cache-control").contains("no-store"));
}
