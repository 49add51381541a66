//! The linking attempt under attack: guesses, late codes, other browsers, other nodes, races.
use crate::world::{Browser, Page, World};
use serde_json::json;

/// A chooser of an unknown identity whose address belongs to an account, moved on to the code page.
async fn at_code(w: &World) -> (Browser, Page, String) {
    w.browser().sign_in("meridian", "m-vera").await;
    let b = w.browser();
    let chooser = b.sign_in("atlas", "a-vera").await;
    let before = w.mailbox.to("vera@example.test").len();
    let page = b.pick(&chooser, "add_to_existing").await;
    let code = w.mail("vera@example.test", before + 1).await.code.unwrap();
    (b, page, code)
}

/// Shows LK-07, GO-37.
#[tokio::test(flavor = "multi_thread")]
async fn lk_07_go_37_three_wrong_codes_end_the_attempt_even_for_the_right_one() {
    let w = World::new("goss").await;
    let (b, page, code) = at_code(&w).await;
    for n in 1..=2 {
        let wrong = b.code(&page, "ZZZZ-ZZZZ").await;
        assert!(wrong.path().ends_with("/code") && wrong.has("isn't right"), "{n}: {}", wrong.body);
    }
    let third = b.code(&page, "ZZZZ-ZZZZ").await;
    assert_eq!((third.status, third.refusal().as_str()), (403, "code.exhausted"));
    let right = b.code(&page, &code).await;
    assert!(right.status >= 400, "{}", right.url);
    assert_eq!(w.links("a-vera").await, 0);
    assert!(!b.is_signed_in().await);
    // A resend does not give tries back either.
    let resent = b.post("/fn/attempt/resend", &[("attempt", &page.attempt())]).await;
    assert_eq!(resent.refusal(), "attempt.expired");
    w.healthy().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resend_makes_a_new_code_and_keeps_the_count() {
    let w = World::new("goss").await;
    let (b, page, code) = at_code(&w).await;
    b.code(&page, "ZZZZ-ZZZZ").await;
    b.code(&page, "ZZZZ-ZZZZ").await;
    let again = b.post("/fn/attempt/resend", &[("attempt", &page.attempt())]).await;
    assert!(again.has("Tries left: 1"), "{}", again.body);
    let newer = w.mail("vera@example.test", 2).await.code.unwrap();
    assert_ne!(code, newer);
    assert_eq!(b.code(&page, &newer).await.path(), "/account");
}

#[tokio::test(flavor = "multi_thread")]
async fn lk_08_a_code_works_for_ten_minutes_and_not_a_second_longer() {
    for (seconds, works) in [(599, true), (601, false)] {
        let w = World::new("goss").await;
        let (b, page, code) = at_code(&w).await;
        w.pass(seconds);
        let done = b.code(&page, &code).await;
        assert_eq!(done.path() == "/account", works, "{seconds}: {}", done.url);
        assert_eq!(w.links("a-vera").await, i64::from(works));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lk_09_a_code_works_once_here_and_on_another_node() {
    let mut w = World::new("goss").await;
    w.add_node().await;
    let (b, page, code) = at_code(&w).await;
    assert_eq!(b.code(&page, &code).await.path(), "/account");
    let again = b.code(&page, &code).await;
    assert_eq!((again.status, again.refusal().as_str()), (410, "attempt.expired"));
    let other = on_other_node(&w, &b, &page, &code).await;
    assert_eq!(
        other.header("location"),
        "/refused/attempt.expired".to_owned()
            + other.header("location").strip_prefix("/refused/attempt.expired").unwrap_or("!")
    );
    assert_eq!(
        (w.links("a-vera").await, w.rows("audit_event", "kind", "link.added").await),
        (1, 1)
    );
    w.healthy().await;
}

/// Posts the code to the second node, as a load balancer would.
async fn on_other_node(w: &World, b: &Browser, page: &Page, code: &str) -> Page {
    let served = w.nodes[1].served();
    let answer = w
        .moved(b, 1)
        .post_only("/fn/attempt/code", &[("attempt", page.attempt().as_str()), ("code", code)])
        .await;
    assert_eq!(w.nodes[1].served(), served + 1);
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn rb_13_a_code_of_one_node_works_on_the_other_and_tries_are_counted_together() {
    let mut w = World::new("goss").await;
    w.add_node().await;
    let (b, page, code) = at_code(&w).await;
    b.code(&page, "ZZZZ-ZZZZ").await;
    on_other_node(&w, &b, &page, "ZZZZ-ZZZZ").await;
    assert!(b.get(&page.path()).await.has("Tries left: 1"));
    let done = on_other_node(&w, &b, &page, &code).await;
    assert_eq!(done.header("location"), "/account");
    assert_eq!(w.links("a-vera").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn lk_10_another_browser_can_do_nothing_with_the_page_or_the_code() {
    let w = World::new("goss").await;
    let (b, page, code) = at_code(&w).await;
    let thief = w.browser();
    let seen = thief.get(&page.path()).await;
    assert_eq!((seen.status, seen.refusal().as_str()), (404, "attempt.unknown"));
    assert!(!seen.has("v•••") && !seen.has("vera"), "{}", seen.body);
    let posted = thief.code(&page, &code).await;
    assert_eq!((posted.status, posted.refusal().as_str()), (404, "attempt.unknown"));
    assert_eq!(w.links("a-vera").await, 0);
    assert_eq!(b.code(&page, &code).await.path(), "/account");
}

#[tokio::test(flavor = "multi_thread")]
async fn lk_11_a_code_of_one_attempt_is_worth_nothing_in_another() {
    let w = World::new("goss").await;
    w.atlas.person("a-vera-2", json!({"email": "vera@example.test", "email_verified": true}));
    let (b, _, code) = at_code(&w).await;
    // The same browser, provider and account; another subject.
    let chooser = b.sign_in("atlas", "a-vera-2").await;
    let other = b.pick(&chooser, "add_to_existing").await;
    assert!(b.code(&other, &code).await.path().ends_with("/code"));
    // The same identity in another browser.
    let c = w.browser();
    let chooser = c.sign_in("atlas", "a-vera").await;
    let other = c.pick(&chooser, "add_to_existing").await;
    assert!(c.code(&other, &code).await.path().ends_with("/code"));
    // Another provider.
    let chooser = b.sign_in("pigeon", "p-vera").await;
    let other = b.pick(&chooser, "add_to_existing").await;
    assert!(b.code(&other, &code).await.path().ends_with("/code"));
    // Another action: a reset's code field.
    let reset = b.post("/fn/reset/ask", &[("email", "vera@example.test")]).await;
    let set = b
        .post(
            "/fn/reset/set",
            &[("attempt", &reset.attempt()), ("code", &code), ("password", crate::world::PASSWORD)],
        )
        .await;
    assert!(set.path().ends_with("/reset"), "{}", set.url);
    assert_eq!(
        (w.links("a-vera-2").await, w.links("a-vera").await, w.links("p-vera").await),
        (0, 0, 0)
    );
}

/// What a form of the flow sends without the right code: everything that is known, and nothing that was proved. A function
/// that is not here fails the test.
fn without_proof<'a>(path: &'a str, id: &'a str, target: &'a str) -> Vec<(&'a str, &'a str)> {
    let mut form = vec![("attempt", id)];
    form.extend(match path {
        "/fn/attempt/pick" => vec![("pick", "add_to_existing"), ("account", target)],
        "/fn/attempt/code" | "/fn/attempt/factor" => vec![("code", "")],
        "/fn/attempt/password" => vec![("email", "vera@example.test"), ("password", "")],
        "/fn/attempt/name" => vec![("email", "vera@example.test")],
        "/fn/attempt/finish" => vec![("password", crate::world::PASSWORD)],
        "/fn/attempt/email" => vec![("pick", "update")],
        "/fn/attempt/details" => vec![("fields[given_name]", "V")],
        "/fn/attempt/provider" => vec![("provider", "meridian")],
        "/fn/attempt/passkey" => vec![("ceremony", "x"), ("credential", "{}")],
        "/fn/attempt/back"
        | "/fn/attempt/cancel"
        | "/fn/attempt/merge"
        | "/fn/attempt/resend"
        | "/fn/attempt/restore"
        | "/fn/attempt/without" => Vec::new(),
        "/fn/reset/set" => vec![("code", ""), ("password", crate::world::PASSWORD)],
        other => panic!("{other} is a function of the flow: say what it sends"),
    });
    form
}

/// Shows LK-12, for every function that takes an attempt: all orders of two, and of three and four a third that no two
/// neighbours of the list begin alike.
#[tokio::test(flavor = "multi_thread")]
async fn lk_12_no_order_of_calls_without_the_right_code_gives_a_link_or_a_session() {
    // What all these orders lack is the code alone.
    let good = World::new("goss").await;
    let (b, page, code) = at_code(&good).await;
    assert_eq!(b.code(&page, &code).await.path(), "/account");
    let w = World::with("goss", |c| {
        (c.limits.codes_a_day, c.limits.mails_an_hour) = (100_000, 100_000)
    })
    .await;
    w.browser().sign_in("meridian", "m-vera").await;
    let functions = server::router::function_paths();
    let calls: Vec<&str> = functions
        .iter()
        .copied()
        .filter(|p| p.starts_with("/fn/attempt/") || *p == "/fn/reset/set")
        .collect();
    assert!(calls.len() >= 15, "{calls:?}");
    let n = calls.len();
    let mut orders: Vec<Vec<usize>> =
        (0..n).flat_map(|i| (0..n).filter(move |j| *j != i).map(move |j| vec![i, j])).collect();
    for i in 0..n {
        for step in 1..6 {
            orders.push(vec![i, (i + step) % n, (i + 2 * step + 1) % n]);
            orders.push(vec![i, (i + step) % n, (i + 3 * step + 1) % n, (i + 2 * step) % n]);
        }
    }
    let tasks: Vec<_> = orders
        .chunks(orders.len().div_ceil(8))
        .map(|part| {
            let (part, calls, base) =
                (part.to_vec(), calls.iter().map(|c| (*c).to_owned()).collect::<Vec<_>>(), w.url());
            tokio::spawn(async move {
                for order in part {
                    let b = Browser::new(&base);
                    let chooser = b.sign_in("atlas", "a-vera").await;
                    let (id, target) = (chooser.attempt(), chooser.accounts().pop().unwrap());
                    for call in &order {
                        b.post_only(&calls[*call], &without_proof(&calls[*call], &id, &target))
                            .await;
                    }
                    assert!(
                        b.session_cookie().is_none(),
                        "{:?}",
                        order.iter().map(|i| &calls[*i]).collect::<Vec<_>>()
                    );
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!((w.links("a-vera").await, w.accounts().await), (0, 1));
    w.healthy().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lk_14_changed_claims_and_targets_in_the_form_change_nothing() {
    let w = World::new("goss").await;
    w.browser().sign_in("meridian", "m-ben").await;
    w.browser().sign_in("meridian", "m-vera").await;
    let b = w.browser();
    let chooser = b.sign_in("atlas", "a-vera").await;
    let bens = storage::accounts::list_holders(
        &mut w.ligature().store.read().await.unwrap(),
        w.ligature().org,
        "ben@example.test",
    )
    .await
    .unwrap()[0]
        .0
        .id
        .to_string();
    let forged = b
        .post(
            "/fn/attempt/pick",
            &[
                ("attempt", &chooser.attempt()),
                ("pick", "add_to_existing"),
                ("account", &bens),
                ("email", "ben@example.test"),
                ("provider", "meridian"),
            ],
        )
        .await;
    assert_eq!(forged.refusal(), "attempt.step");
    assert_eq!(w.mails("ben@example.test").await, 0);
    let page = b.pick(&chooser, "add_to_existing").await;
    let code = w.mail("vera@example.test", 1).await.code.unwrap();
    let done = b
        .post(
            "/fn/attempt/code",
            &[("attempt", &page.attempt()), ("code", &code), ("account", &bens), ("sub", "m-ben")],
        )
        .await;
    assert!(done.has("Hello Vera"));
}

#[tokio::test(flavor = "multi_thread")]
async fn lk_20_what_the_administrator_switches_off_counts_for_attempts_that_are_open() {
    let w = World::new("goss").await;
    let (b, page, code) = at_code(&w).await;
    w.provider("atlas", json!({"enabled": false})).await;
    let late = b.code(&page, &code).await;
    assert_eq!((late.status, late.refusal().as_str()), (403, "provider.disabled"), "{}", late.url);
    assert_eq!(w.links("a-vera").await, 0);
}

/// Rounds of a race; `LIGATURE_ROUNDS=100` runs the long version.
fn rounds(usual: i32) -> i32 {
    std::env::var("LIGATURE_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(usual)
}

#[tokio::test(flavor = "multi_thread")]
async fn rb_02_fifty_first_sign_ins_of_one_identity_at_once_make_one_account() {
    // A pool as large as the crowd, so that the transactions really run side by side.
    let w = World::with("goss", |c| c.database.pool_size = 60).await;
    for round in 1..=rounds(3) {
        let sub = format!("m-race-{round}");
        w.meridian.person(
            &sub,
            json!({"email": format!("race-{round}@example.test"), "email_verified": true}),
        );
        let mut ready = Vec::new();
        for _ in 0..50 {
            let b = w.browser();
            let callback = b.at_provider(&b.start("meridian").await, &sub).await;
            ready.push((b, callback));
        }
        let tasks: Vec<_> = ready
            .into_iter()
            .map(|(b, callback)| tokio::spawn(async move { b.get(&callback).await }))
            .collect();
        for task in tasks {
            let page = task.await.unwrap();
            assert_eq!(page.path(), "/account", "{}", page.body);
        }
        assert_eq!((w.accounts().await, w.links(&sub).await), (i64::from(round), 1));
    }
    w.healthy().await;
}

/// Shows RB-03, GO-05.
#[tokio::test(flavor = "multi_thread")]
async fn rb_03_go_05_two_people_who_add_one_identity_at_once_have_one_winner() {
    let w = World::new("goss").await;
    for round in 0..rounds(20) {
        let sub = format!("h-race-{round}");
        w.harbour.person(&sub, json!({}));
        let (a, b) = (w.browser(), w.browser());
        a.sign_in("meridian", "m-vera").await;
        b.sign_in("meridian", "m-ben").await;
        let one = a.at_provider(&a.start_add("harbour").await, &sub).await;
        let two = b.at_provider(&b.start_add("harbour").await, &sub).await;
        let (one, two) = tokio::join!(a.get(&one), b.get(&two));
        let mut results = [(one.status, one.refusal()), (two.status, two.refusal())];
        results.sort();
        assert_eq!(
            (results[0].0, results[1].0, results[1].1.as_str()),
            (200, 409, "link.already_in_use")
        );
        assert_eq!(w.links(&sub).await, 1);
    }
    w.healthy().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn op_01_with_the_mail_server_down_the_page_says_so_and_the_code_arrives_later() {
    let w = World::new("goss").await;
    w.browser().sign_in("meridian", "m-vera").await;
    w.mailbox.set_down(true);
    let b = w.browser();
    let chooser = b.sign_in("atlas", "a-vera").await;
    let page = b.pick(&chooser, "add_to_existing").await;
    let mut told = false;
    for _ in 0..200 {
        told = b.get(&page.path()).await.has("delayed right now");
        if told {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert!(told, "the page tells that mail is delayed");
    w.mailbox.set_down(false);
    let code = w.mail("vera@example.test", 1).await.code.unwrap();
    assert_eq!(b.code(&page, &code).await.path(), "/account");
    assert_eq!(w.mails("vera@example.test").await, 1);
    w.healthy().await;
}

/// Shows LK-14, LK-16: on a page that asks for a code a passkey is no answer, whatever a form says.
#[tokio::test(flavor = "multi_thread")]
async fn lk_14_a_passkey_is_shown_on_the_binding_page_and_on_no_other() {
    let w = World::new("goss").await;
    w.browser().sign_in("meridian", "m-vera").await;
    let b = w.browser();
    let chooser = b.sign_in("atlas", "a-vera").await;
    let page = b.pick(&chooser, "add_to_existing").await;
    assert!(page.path().ends_with("/code"), "{}", page.body);
    let form = [("attempt", page.attempt()), ("ceremony", "x".into()), ("credential", "{}".into())];
    let form: Vec<(&str, &str)> = form.iter().map(|(k, v)| (*k, v.as_str())).collect();
    assert_eq!(b.post("/fn/attempt/passkey", &form).await.refusal(), "attempt.step");
    assert_eq!(
        b.post("/fn/attempt/name", &[("attempt", &page.attempt()), ("email", "vera@example.test")])
            .await
            .refusal(),
        "attempt.step"
    );
    assert_eq!(w.links("a-vera").await, 0);
}
