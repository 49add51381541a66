//! Who may try how often: a stranger's failures never keep the owner out, and tell nothing of the account.
use crate::world::{Browser, PASSWORD, Page, World};
use domain::{AccountId, policy::Document};
use rehearsal::provider::Knobs;
use reqwest::Method;
use serde_json::json;

const VERA: &str = "vera@example.test";
const SECOND: &str = "second@example.test";
const NUMBER: &str = "+4930123456";
const WRONG: &str = "wrong wrong wrong";

/// Changes the instance's policy, from the recommended one.
async fn policy(w: &World, change: impl FnOnce(&mut serde_json::Value)) {
    let mut document: serde_json::Value =
        serde_json::from_str(domain::policy::preset_text("recommended").unwrap()).unwrap();
    change(&mut document);
    w.ligature()
        .policy_admin()
        .use_document("instance", Document::parse(&document.to_string()).unwrap())
        .await
        .unwrap();
}

/// A password from an address of a network of its own.
async fn from(b: &Browser, network: usize, email: &str, password: &str) -> Page {
    let form = [("email", email), ("password", password)];
    let request = b
        .request(Method::POST, "/fn/signin/password")
        .header("origin", &b.base)
        .header("sec-fetch-site", "same-origin");
    let page =
        b.send(request.header("x-forwarded-for", format!("198.51.{network}.7")).form(&form)).await;
    b.follow(page).await
}

/// Providers go by the machine's clock; ours was moved.
fn agree_on_the_time(w: &World) {
    let now = w.ligature().now() / 1_000_000;
    w.knobs(
        &w.harbour,
        Knobs { id_token: json!({"iat": now, "exp": now + 300}), ..Knobs::default() },
    );
}

/// The account of an address.
async fn account_of(w: &World, email: &str) -> AccountId {
    storage::accounts::find_owner(
        &mut w.ligature().store.read().await.unwrap(),
        w.ligature().org,
        email,
    )
    .await
    .unwrap()
    .unwrap()
}

/// Gives an account another proved address, and a number.
async fn give(w: &World, account: AccountId, address: &'static str, number: &'static str) {
    let (ligature, now) = (w.ligature(), w.ligature().now());
    let org = ligature.org;
    ligature
        .store
        .write::<_, storage::Error, _>(move |c| {
            Box::pin(async move {
                if !address.is_empty() {
                    let email = storage::accounts::NewEmail {
                        address: domain::email_address::Canonical::parse(address).unwrap(),
                        proof: storage::accounts::EmailProof::Code,
                        owner: true,
                        primary: false,
                    };
                    assert!(
                        storage::accounts::add_email(
                            c,
                            org,
                            account,
                            &email,
                            service::random_bytes::<16>(),
                            now
                        )
                        .await?
                    );
                }
                if !number.is_empty() {
                    storage::accounts::attributes::set_attribute(
                        c,
                        org,
                        account,
                        "phone",
                        number,
                        number,
                        storage::accounts::attributes::BY_CODE,
                        now,
                    )
                    .await?;
                }
                Ok(())
            })
        })
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn lo_01_two_hundred_wrong_passwords_from_forty_addresses_keep_the_owner_out_nowhere() {
    let w =
        World::with("recommended", |c| c.server.trusted_proxies = vec!["127.0.0.0/8".into()]).await;
    let v = w.sign_up(VERA).await;
    v.add("harbour", "h-1").await;
    v.post("/fn/signout", &[]).await;
    // Without an attack every browser gets in.
    assert_eq!(v.password(VERA, PASSWORD).await.path(), "/account");
    assert_eq!(w.browser().password(VERA, PASSWORD).await.path(), "/account");
    v.post("/fn/signout", &[]).await;
    let mut answers = Vec::new();
    for n in 0..200 {
        answers.push(from(&w.browser(), n % 40, VERA, WRONG).await.refusal());
    }
    assert_eq!(
        answers.iter().filter(|a| a.is_empty()).count(),
        10,
        "ten are looked at, and the rest counts nothing"
    );
    // The known browser gets in at once, a new one by any other way, and after the short wait.
    assert_eq!(v.password(VERA, PASSWORD).await.path(), "/account");
    let new = w.browser();
    let page = new.password(VERA, PASSWORD).await;
    assert!(
        page.refusal() == "rate.limited"
            && page.has("You can use another way to sign in right now"),
        "{}",
        page.body
    );
    assert_eq!(w.browser().sign_in("harbour", "h-1").await.path(), "/account");
    w.pass(15 * 60 + 1);
    assert_eq!(new.password(VERA, PASSWORD).await.path(), "/account");
    w.healthy().await;
}

/// Shows LO-01, RL-01: slowly and from everywhere, a hundred in a row are looked at.
#[tokio::test(flavor = "multi_thread")]
async fn lo_01_rl_01_after_a_hundred_wrong_passwords_strangers_need_another_way_and_no_page_shows_it()
 {
    let w = World::new("recommended").await;
    let v = w.sign_up(VERA).await;
    v.add("harbour", "h-1").await;
    v.post("/fn/signout", &[]).await;
    for n in 1..=99 {
        if n % 10 == 1 {
            w.pass(3601);
        }
        assert!(w.browser().password(VERA, WRONG).await.has("Wrong email or password"), "{n}");
    }
    assert_eq!(
        w.browser().password(VERA, PASSWORD).await.path(),
        "/account",
        "the hundredth is looked at; it was right, and the row is over"
    );
    for n in 0..100 {
        if n % 9 == 0 {
            w.pass(3601);
        }
        assert!(w.browser().password(VERA, WRONG).await.has("Wrong email or password"), "{n}");
    }
    w.pass(3601);
    let right = w.browser().password(VERA, PASSWORD).await;
    assert!(
        right.has("Wrong email or password")
            && right.has("only in browsers where you signed in during the last 90 days"),
        "{}",
        right.body
    );
    assert_eq!(
        plain(&right, VERA),
        plain(&w.browser().password(VERA, WRONG).await, VERA),
        "like a wrong one"
    );
    assert_eq!(
        plain(&right, VERA),
        plain(&w.browser().password("nobody@example.test", WRONG).await, "nobody@example.test"),
        "and like anybody's"
    );
    // It stays so for days, and locks nobody: the known browser, the provider, the mailbox.
    w.pass(3 * 86_400);
    assert!(w.browser().password(VERA, PASSWORD).await.has("Wrong email or password"));
    assert_eq!(v.password(VERA, PASSWORD).await.path(), "/account");
    assert!(
        w.browser().password(VERA, PASSWORD).await.has("Wrong email or password"),
        "what the known browser did is not the strangers' success"
    );
    agree_on_the_time(&w);
    let b = w.browser();
    assert_eq!(b.sign_in("harbour", "h-1").await.path(), "/account");
    assert_eq!(
        w.browser().password(VERA, PASSWORD).await.path(),
        "/account",
        "a stranger got in by another way: that ends it"
    );
    // Or a new password, by the mailbox.
    for n in 0..100 {
        if n % 9 == 0 {
            w.pass(3601);
        }
        w.browser().password(VERA, WRONG).await;
    }
    w.pass(3601);
    assert!(w.browser().password(VERA, PASSWORD).await.has("Wrong email or password"));
    let (c, sent) = (w.browser(), w.mails(VERA).await);
    let page = c.post("/fn/reset/ask", &[("email", VERA)]).await;
    let code = w.mail(VERA, sent + 1).await.code.unwrap();
    c.post(
        "/fn/reset/set",
        &[("attempt", &page.attempt()), ("code", &code), ("password", "another long password")],
    )
    .await;
    assert_eq!(w.browser().password(VERA, "another long password").await.path(), "/account");
    w.healthy().await;
}

/// Shows LO-01, RL-01: what known browsers guess is theirs, and limited too.
#[tokio::test(flavor = "multi_thread")]
async fn lo_01_wrong_passwords_of_a_known_browser_stop_that_browser_and_no_stranger() {
    let w = World::new("recommended").await;
    let v = w.sign_up(VERA).await;
    v.post("/fn/signout", &[]).await;
    for _ in 0..10 {
        assert!(v.password(VERA, WRONG).await.has("Wrong email or password"));
    }
    assert_eq!(v.password(VERA, PASSWORD).await.refusal(), "rate.limited");
    assert_eq!(
        w.browser().password(VERA, PASSWORD).await.path(),
        "/account",
        "a new browser has tries of its own"
    );
    w.pass(901);
    assert_eq!(v.password(VERA, PASSWORD).await.path(), "/account");
    v.post("/fn/signout", &[]).await;
    for n in 0..100 {
        if n % 9 == 0 {
            w.pass(3601);
        }
        assert!(v.password(VERA, WRONG).await.has("Wrong email or password"), "{n}");
    }
    w.pass(3601);
    assert!(
        v.password(VERA, PASSWORD).await.has("Wrong email or password"),
        "a hundred in a row, of a known browser as well"
    );
    assert_eq!(w.browser().password(VERA, PASSWORD).await.path(), "/account");
}

/// Shows LO-01, RL-02: in a network where somebody else guesses.
#[tokio::test(flavor = "multi_thread")]
async fn lo_01_a_network_that_somebody_used_up_does_not_stop_a_known_browser() {
    let w = World::with("recommended", |c| c.limits.wrong_passwords = 1).await;
    let v = w.sign_up(VERA).await;
    v.post("/fn/signout", &[]).await;
    // Right ones use nothing up.
    for _ in 0..25 {
        assert_eq!(w.browser().password(VERA, PASSWORD).await.path(), "/account");
    }
    for n in 0..20 {
        assert_eq!(
            w.browser().password(&format!("person{n}@example.test"), WRONG).await.refusal(),
            ""
        );
    }
    assert_eq!(w.browser().password(VERA, PASSWORD).await.refusal(), "rate.limited");
    assert_eq!(v.password(VERA, PASSWORD).await.path(), "/account");
}

/// Shows LO-01: what makes a browser known, and what ends it.
#[tokio::test(flavor = "multi_thread")]
async fn lo_01_a_browser_is_known_for_ninety_days_and_no_longer_after_signing_out_everywhere_or_a_recovery()
 {
    let w = World::with("recommended", |c| c.limits.wrong_passwords = 1).await;
    let v = w.sign_up(VERA).await;
    let known = |b: Browser| {
        let w = &w;
        async move {
            // Strangers use their try up; whoever gets in all the same is known.
            w.pass(3601);
            w.browser().password(VERA, WRONG).await;
            assert_eq!(w.browser().password(VERA, PASSWORD).await.refusal(), "rate.limited");
            b.post("/fn/signout", &[]).await;
            b.password(VERA, PASSWORD).await.path() == "/account"
        }
    };
    assert!(known(v.clone()).await);
    // Signing out is not forgetting; another account's sign-in in the same browser changes nothing.
    v.post("/fn/signout", &[]).await;
    w.sign_up("theo@example.test").await;
    assert_eq!(v.password("theo@example.test", PASSWORD).await.path(), "/account");
    assert!(known(v.clone()).await);
    let half = w.browser();
    half.post("/fn/reset/ask", &[("email", VERA)]).await;
    assert!(!known(half).await, "a sign-in that was not finished");
    w.pass(90 * 86_400);
    assert!(!known(v.clone()).await, "ninety days");
    let (other, mine) = (w.browser(), w.browser());
    w.pass(3601);
    for b in [&other, &mine] {
        assert_eq!(b.password(VERA, PASSWORD).await.path(), "/account");
    }
    mine.post("/fn/account/sessions/end-others", &[]).await;
    assert!(!known(other.clone()).await, "all others are forgotten");
    assert!(known(mine.clone()).await, "and the one at hand is not");
    w.pass(3601);
    assert_eq!(other.password(VERA, PASSWORD).await.path(), "/account");
    mine.post("/fn/account/sessions/end-all", &[]).await;
    assert!(!known(mine.clone()).await && !known(other.clone()).await, "everywhere is everywhere");
    w.pass(3601);
    assert_eq!(mine.password(VERA, PASSWORD).await.path(), "/account");
    let sent = w.mails(VERA).await;
    let page = other.post("/fn/reset/ask", &[("email", VERA)]).await;
    let code = w.mail(VERA, sent + 1).await.code.unwrap();
    other
        .post(
            "/fn/reset/set",
            &[("attempt", &page.attempt()), ("code", &code), ("password", PASSWORD)],
        )
        .await;
    assert!(!known(mine).await, "recovered elsewhere");
    assert!(known(other).await, "where it was recovered");
}

/// Shows LO-01: whoever has a session's cookie cannot have more tries by calling itself another browser each time.
#[tokio::test(flavor = "multi_thread")]
async fn lo_01_a_session_has_its_tries_once_whatever_browser_it_says_it_is() {
    let w = World::with("recommended", |c| c.limits.wrong_passwords = 3).await;
    let v = w.sign_up(VERA).await;
    // Without another cookie: three tries, and after the wait the right one.
    let confirm = async |b: &Browser, password: &str| {
        b.post("/fn/account/confirm/password", &[("password", password), ("to", "/account")]).await
    };
    let cookie = v.session_cookie().unwrap();
    let mut answers = Vec::new();
    for _ in 0..5 {
        let thief = w.browser();
        thief.set_cookie(&format!("{cookie}; Path=/"));
        answers.push(confirm(&thief, WRONG).await.refusal());
    }
    assert_eq!(answers, ["", "", "", "rate.limited", "rate.limited"]);
    assert_eq!(
        confirm(&v, PASSWORD).await.path(),
        "/account",
        "the known browser has tries of its own"
    );
    w.healthy().await;
}

/// A reset that somebody asks for; answers the page and whether a mail went out.
async fn asks(w: &World, b: &Browser, email: &str) -> (Page, bool) {
    let sent = w.mails(email).await;
    let page = b.post("/fn/reset/ask", &[("email", email)]).await;
    assert!(page.path().ends_with("/reset"), "{}", page.body);
    (page, w.mails(email).await > sent)
}

#[tokio::test(flavor = "multi_thread")]
async fn lo_02_codes_that_strangers_used_up_are_not_the_owners_and_the_page_says_what_to_do() {
    let w = World::with("recommended", |c| (c.limits.mails_an_hour, c.limits.codes_a_day) = (3, 5))
        .await;
    let v = w.sign_up(VERA).await;
    v.post("/fn/signout", &[]).await;
    w.pass(24 * 3600);
    assert!(asks(&w, &w.browser(), VERA).await.1, "without an attack any browser gets one");
    // The hour's mails, then the day's codes.
    let mut sent = 1;
    for n in 0..12 {
        sent += u32::from(asks(&w, &w.browser(), VERA).await.1);
        assert!(sent <= 3 || n > 5, "three an hour");
        if n == 5 {
            w.pass(3601);
        }
    }
    assert_eq!(sent, 5, "five a day");
    let (page, mailed) = asks(&w, &w.browser(), VERA).await;
    assert!(
        !mailed && page.has("ask in a browser where you signed in during the last 90 days"),
        "{}",
        page.body
    );
    let (nobody, _) = asks(&w, &w.browser(), "nobody@example.test").await;
    assert_eq!(plain(&page, "v•••@e•••"), plain(&nobody, "n•••@e•••"), "whoever it is");
    // The known browser has its own, and it works.
    let (page, mailed) = asks(&w, &v, VERA).await;
    assert!(mailed);
    let code = w.mail(VERA, w.mails(VERA).await).await.code.unwrap();
    let done = v
        .post(
            "/fn/reset/set",
            &[("attempt", &page.attempt()), ("code", &code), ("password", "another long password")],
        )
        .await;
    assert_eq!(done.path(), "/account", "{}", done.body);
    // And so has whoever is signed in.
    w.pass(11 * 60);
    let sent = w.mails(VERA).await;
    let page = v.post("/fn/account/confirm/code", &[]).await;
    let code = w.mail(VERA, sent + 1).await.code.unwrap();
    assert_eq!(v.code(&page, &code).await.path(), "/account");
    w.healthy().await;
}

/// A page without what differs by nature: ids, and what was typed.
fn plain(page: &Page, typed: &str) -> String {
    let flash = page.url.split("f=").nth(1).unwrap_or_default().to_owned();
    let support = page
        .body
        .split("<code>")
        .nth(2)
        .and_then(|r| r.split('<').next())
        .unwrap_or_default()
        .to_owned();
    let own = [page.attempt(), flash, support, typed.to_owned(), typed.replace('+', "%2B")];
    own.iter()
        .filter(|own| !own.is_empty())
        .fold(page.body.clone(), |body, own| body.replace(own.as_str(), "OWN"))
}

/// A page with a masked address on it.
fn masked(page: &Page) -> String {
    let body = page.body.replace(&page.attempt(), "ID");
    ["v•••", "s•••", "o•••", "t•••"].iter().fold(body, |body, mask| body.replace(mask, "x•••"))
}

#[tokio::test(flavor = "multi_thread")]
async fn lo_03_two_addresses_and_a_number_of_one_account_answer_a_stranger_like_three_accounts() {
    let w = World::with("recommended", |c| {
        c.sms.webhook_token = rehearsal::mailbox::TOKEN.into();
        (c.limits.wrong_passwords, c.limits.mails_an_hour, c.limits.codes_a_day) = (10, 3, 5);
    })
    .await;
    policy(&w, |d| {
        (d["permits"]["email_code_sign_in"], d["permits"]["phone_code_sign_in"]) =
            (true.into(), true.into())
    })
    .await;
    w.sign_up(VERA).await;
    give(&w, account_of(&w, VERA).await, SECOND, NUMBER).await;
    for email in ["one@example.test", "two@example.test", "three@example.test"] {
        w.sign_up(email).await;
    }
    give(&w, account_of(&w, "three@example.test").await, "", "+4930999956").await;
    // Each of the three finds its account.
    for typed in [VERA, SECOND, NUMBER, "+4930999956"] {
        assert_eq!(w.browser().password(typed, PASSWORD).await.path(), "/account", "{typed}");
    }
    let together = [VERA, SECOND, NUMBER];
    let apart = ["one@example.test", "two@example.test", "+4930999956"];
    let mut said = Vec::new();
    for three in [together, apart] {
        let mut answers = Vec::new();
        // More than a hundred for the account that has all three, at the same moments of the clock.
        for round in 0..5 {
            w.pass(3601);
            for typed in three {
                for _ in 0..(9 + round) {
                    let page = w.browser().password(typed, WRONG).await;
                    answers.push((page.status, plain(&page, typed)));
                }
            }
        }
        for typed in three {
            let mut waits = 0;
            while w.browser().password(typed, WRONG).await.status == 429 {
                w.pass(300);
                waits += 1;
            }
            answers.push((waits, String::new()));
        }
        // Codes, of every kind that a stranger can ask for.
        for _ in 0..3 {
            for typed in three {
                let page = w.browser().post("/fn/signin/code", &[("email", typed)]).await;
                answers.push((page.status, masked(&page)));
            }
            for typed in &three[..2] {
                let page = w.browser().post("/fn/reset/ask", &[("email", typed)]).await;
                answers.push((page.status, masked(&page)));
            }
        }
        said.push(answers);
        // The next three begin with what the first ones began with.
        w.pass(86_400);
    }
    assert_eq!(said[0].len(), said[1].len());
    for (n, (together, apart)) in said[0].iter().zip(&said[1]).enumerate() {
        assert_eq!(together, apart, "answer {n}");
    }
    assert!(said[0].iter().any(|(status, _)| *status == 429), "waiting is part of it");
}

/// Shows RL-15, RL-05: one count over every kind of code, whichever address or number they go to.
#[tokio::test(flavor = "multi_thread")]
async fn rl_15_an_account_has_one_count_of_codes_for_every_kind_address_and_number() {
    let w = World::with("recommended", |c| {
        c.sms.webhook_token = rehearsal::mailbox::TOKEN.into();
        c.limits.codes_a_day = 5;
    })
    .await;
    policy(&w, |d| {
        (d["permits"]["email_code_sign_in"], d["permits"]["phone_code_sign_in"]) =
            (true.into(), true.into())
    })
    .await;
    let v = w.sign_up(VERA).await;
    give(&w, account_of(&w, VERA).await, SECOND, NUMBER).await;
    w.pass(86_400);
    let mailed = || async { w.mails(VERA).await + w.mails(SECOND).await + w.mails(NUMBER).await };
    // Sign-in by a code works, to each of them.
    let b = w.browser();
    let (page, sent) =
        (b.post("/fn/signin/code", &[("email", SECOND)]).await, w.mails(SECOND).await);
    assert_eq!(sent, 1);
    assert_eq!(b.code(&page, &w.mail(SECOND, 1).await.code.unwrap()).await.path(), "/account");
    w.pass(86_400);
    // A reset, a sign-in to the other address, one to the number, and two links of an identity: five, with wrong codes.
    let before = mailed().await;
    for (path, typed) in
        [("/fn/reset/ask", VERA), ("/fn/signin/code", SECOND), ("/fn/signin/code", NUMBER)]
    {
        let b = w.browser();
        let page = b.post(path, &[("email", typed)]).await;
        for _ in 0..2 {
            if path.ends_with("code") {
                assert!(b.code(&page, "ZZZZ-ZZZZ").await.has("isn't right"), "{path}");
            } else {
                b.post(
                    "/fn/reset/set",
                    &[
                        ("attempt", &page.attempt()),
                        ("code", "ZZZZ-ZZZZ"),
                        ("password", "another long password"),
                    ],
                )
                .await;
            }
        }
    }
    let now = w.ligature().now() / 1_000_000;
    for provider in [&w.pigeon, &w.atlas] {
        w.knobs(
            provider,
            Knobs { id_token: json!({"iat": now, "exp": now + 300}), ..Knobs::default() },
        );
    }
    for (key, who) in [("pigeon", "p-vera"), ("atlas", "a-vera")] {
        let b = w.browser();
        let page = b.pick(&b.sign_in(key, who).await, "add_to_existing").await;
        assert!(page.path().ends_with("/code"), "{}", page.body);
        assert!(b.code(&page, "ZZZZ-ZZZZ").await.has("isn't right"));
    }
    assert_eq!(mailed().await - before, 5);
    // The sixth, of any kind and to any of them: the same page, no message, and nothing that answers.
    for (path, typed) in [
        ("/fn/reset/ask", SECOND),
        ("/fn/reset/ask", VERA),
        ("/fn/signin/code", VERA),
        ("/fn/signin/code", NUMBER),
    ] {
        let b = w.browser();
        let decoys = w.rows("challenge", "kind", "decoy").await;
        let page = b.post(path, &[("email", typed)]).await;
        assert!(
            page.path().ends_with(if path.ends_with("code") { "/code" } else { "/reset" }),
            "{}",
            page.body
        );
        assert_eq!(
            (mailed().await - before, w.rows("challenge", "kind", "decoy").await),
            (5, decoys + 1),
            "{path} {typed}"
        );
        // Asking that page for a new code opens nothing either.
        b.post("/fn/attempt/resend", &[("attempt", &page.attempt())]).await;
        assert_eq!(
            (mailed().await - before, w.rows("challenge", "kind", "decoy").await),
            (5, decoys + 2),
            "{path} {typed}"
        );
    }
    let b = w.browser();
    let chooser = b.sign_in("atlas", "a-vera").await;
    assert!(b.pick(&chooser, "add_to_existing").await.path().ends_with("/code"));
    assert_eq!(mailed().await - before, 5);
    // What the owner asks for in the own session counts apart.
    v.post("/fn/signout", &[]).await;
    assert_eq!(v.password(VERA, PASSWORD).await.path(), "/account");
    w.pass(11 * 60);
    let page = v.post("/fn/account/confirm/code", &[]).await;
    assert_eq!(mailed().await - before, 6);
    let newest = w.mailbox.to(VERA).last().unwrap().code.clone().unwrap();
    assert_eq!(v.code(&page, &newest).await.path(), "/account");
    // And a day later strangers' codes go out again.
    w.pass(86_400);
    assert!(asks(&w, &w.browser(), VERA).await.1);
    w.ligature().maintenance().tidy().await.unwrap();
    w.healthy().await;
}

/// Shows RL-15, RL-05: beyond the budget of mails there is no challenge that a guess could answer.
#[tokio::test(flavor = "multi_thread")]
async fn rl_15_what_is_beyond_the_mail_budget_opens_no_challenge() {
    let w = World::with("recommended", |c| c.limits.mails_an_hour = 1).await;
    w.sign_up(VERA).await;
    w.pass(86_400);
    let opened = || async { w.rows("challenge", "kind", "account_code").await };
    let before = opened().await;
    let b = w.browser();
    let (page, mailed) = asks(&w, &b, VERA).await;
    assert!(mailed && opened().await == before + 1);
    for _ in 0..3 {
        assert!(!asks(&w, &w.browser(), VERA).await.1);
    }
    assert_eq!(opened().await, before + 1);
    // A new code for the open one is beyond the hour too.
    b.post("/fn/attempt/resend", &[("attempt", &page.attempt())]).await;
    assert_eq!((w.mails(VERA).await, opened().await), (2, before + 1));
    // Sign-up codes for an address that nobody has are no exception.
    for n in 0..3 {
        let page = w
            .browser()
            .post(
                "/fn/signup",
                &[("email", "new@example.test"), ("name", "N"), ("password", PASSWORD)],
            )
            .await;
        assert!(page.path().ends_with("/code"), "{n}");
    }
    assert_eq!((w.mails("new@example.test").await, opened().await), (1, before + 2));
    // The code that went out is still good.
    let code = w.mail(VERA, 2).await.code.unwrap();
    let done = b
        .post(
            "/fn/reset/set",
            &[("attempt", &page.attempt()), ("code", &code), ("password", "another long password")],
        )
        .await;
    assert_eq!(done.path(), "/account", "{}", done.body);
}

/// The page says how many tries there are, and it has no more and no fewer.
async fn takes(tries: i64, name: &str, b: &Browser, page: Page) {
    assert!(page.has(&format!("Tries left: {tries}.")), "{name}: {} {}", page.path(), page.body);
    for left in (0..tries).rev() {
        let form = [
            ("attempt", page.attempt()),
            ("code", "ZZZZ-ZZZZ".to_owned()),
            ("password", "another long password".to_owned()),
        ];
        let form: Vec<(&str, &str)> = form.iter().map(|(k, v)| (*k, v.as_str())).collect();
        let wrong = if page.path().ends_with("/reset") {
            b.post("/fn/reset/set", &form).await
        } else {
            b.post("/fn/attempt/code", &form[..2]).await
        };
        if left > 0 {
            assert!(wrong.has(&format!("Tries left: {left}.")), "{name}: {}", wrong.body);
        } else {
            assert!(
                wrong.refusal() == "code.exhausted" && wrong.has("Too many wrong codes"),
                "{name}: {}",
                wrong.body
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pl_02_every_code_page_takes_the_tries_of_the_policy_and_says_how_many_are_left() {
    for tries in [3_i64, 1] {
        let w =
            World::with("recommended", |c| c.sms.webhook_token = rehearsal::mailbox::TOKEN.into())
                .await;
        policy(&w, |d| {
            (d["permits"]["email_code_sign_in"], d["permits"]["phone_code_sign_in"]) =
                (true.into(), true.into());
            d["floors"]["pin_tries"] = tries.into();
        })
        .await;
        let v = w.sign_up(VERA).await;
        give(&w, account_of(&w, VERA).await, "", NUMBER).await;
        v.add("meridian", "m-vera").await;
        takes(
            tries,
            "own address",
            &v,
            v.post("/fn/account/email", &[("email", "other@example.test")]).await,
        )
        .await;
        takes(
            tries,
            "own number",
            &v,
            v.post("/fn/account/phone", &[("phone", "+49 30 777777")]).await,
        )
        .await;
        for (path, typed) in [
            ("/fn/reset/ask", VERA),
            ("/fn/signin/code", VERA),
            ("/fn/signin/code", NUMBER),
            ("/fn/signin/code", "nobody@example.test"),
        ] {
            let b = w.browser();
            takes(tries, typed, &b, b.post(path, &[("email", typed)]).await).await;
        }
        let b = w.browser();
        takes(
            tries,
            "sign-up",
            &b,
            b.post(
                "/fn/signup",
                &[("email", "new@example.test"), ("name", "N"), ("password", PASSWORD)],
            )
            .await,
        )
        .await;
        let b = w.browser();
        takes(
            tries,
            "link",
            &b,
            b.pick(&b.sign_in("atlas", "a-vera").await, "add_to_existing").await,
        )
        .await;
        w.meridian.set(Knobs {
            id_token: json!({"email": "moved@example.test", "email_verified": true}),
            ..Knobs::default()
        });
        let b = w.browser();
        let question = b.sign_in("meridian", "m-vera").await;
        takes(
            tries,
            "changed address",
            &b,
            b.post("/fn/attempt/email", &[("attempt", &question.attempt()), ("pick", "update")])
                .await,
        )
        .await;
        w.pass(11 * 60);
        takes(tries, "confirming", &v, v.post("/fn/account/confirm/code", &[]).await).await;
    }
}
