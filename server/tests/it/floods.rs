//! Many at once, and none of them honest: codes sprayed over accounts, starts that nobody finishes, connections that
//! say nothing. And what is left of all of it after a while.
use std::time::Duration;

use crate::world::{Browser, Page, World};
use server::serve;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// Rows of every table together, without what only counts.
async fn rows(w: &World) -> i64 {
    let mut all = 0;
    for table in [
        "account",
        "link",
        "attempt",
        "challenge",
        "session",
        "flash",
        "outbox",
        "audit_event",
        "consumed_state",
        "auth_code",
    ] {
        all += storage::maintenance::doctor::count_rows(
            &mut w.ligature().store.read().await.unwrap(),
            table,
        )
        .await
        .unwrap();
    }
    all
}

/// So many accounts, each with an address that it owns.
async fn people(w: &World, many: u8) -> Vec<String> {
    let ligature = w.ligature();
    let (org, now) = (ligature.org, ligature.now());
    let addresses: Vec<String> = (0..many).map(|n| format!("person{n}@example.test")).collect();
    let all = addresses.clone();
    let made = ligature.store.write::<_, storage::Error, _>(move |c| {
        Box::pin(async move {
            for address in all {
                let id = domain::AccountId(service::random_bytes::<16>());
                storage::accounts::add_account(
                    c,
                    org,
                    id,
                    domain::linking::facts::AccountState::Active,
                    "Someone",
                    "en",
                    &address,
                    now,
                )
                .await?;
                let email = storage::accounts::NewEmail {
                    address: domain::email_address::Canonical::parse(&address).unwrap(),
                    proof: storage::accounts::EmailProof::Code,
                    owner: true,
                    primary: true,
                };
                storage::accounts::add_email(c, org, id, &email, id.0, now).await?;
            }
            Ok(())
        })
    });
    made.await.unwrap();
    addresses
}

/// A stranger at the code page of an account.
async fn at_the_code(w: &World, address: &str) -> (Browser, Page) {
    let b = w.browser();
    let page = b.post("/fn/signin/code", &[("email", address)]).await;
    assert!(page.path().ends_with("/code"), "{}", page.body);
    (b, page)
}

/// Shows RL-06: two wrong codes an account, which no account's own count could tell from a person who mistypes.
#[tokio::test(flavor = "multi_thread")]
async fn rl_06_codes_sprayed_over_many_accounts_raise_an_alarm_and_make_codes_longer_with_one_try()
{
    let w = World::new("recommended").await;
    let mut document: serde_json::Value =
        serde_json::from_str(domain::policy::preset_text("recommended").unwrap()).unwrap();
    document["permits"]["email_code_sign_in"] = true.into();
    w.ligature()
        .policy_admin()
        .use_document("instance", domain::policy::Document::parse(&document.to_string()).unwrap())
        .await
        .unwrap();
    let owner = w.owner().await;
    let people = people(&w, 52).await;
    let (victims, others) = people.split_at(50);
    // Without a spray codes have eight characters and three tries.
    let (b, page) = at_the_code(&w, &others[0]).await;
    let usual = w.mail(&others[0], 1).await.code.unwrap();
    assert!(usual.replace('-', "").len() == 8 && page.has("Tries left: 3"), "{usual}");
    for (n, victim) in victims.iter().enumerate() {
        let (b, page) = at_the_code(&w, victim).await;
        assert!(page.has("Tries left: 3"), "person {n}");
        for _ in 0..2 {
            assert_eq!(w.rows("audit_event", "kind", "code.spray").await, 0, "person {n}");
            assert!(b.code(&page, "ZZZZ-ZZZZ").await.path().ends_with("/code"), "person {n}");
        }
    }
    assert_eq!(w.rows("audit_event", "kind", "code.spray").await, 1);
    assert!(owner.get("/admin/audit").await.has("Many wrong codes in an hour"));
    // Nobody is kept out: a code from before works, and the next one, of an account that nobody guessed at, is longer,
    // has one try, and works too.
    assert_eq!(b.code(&page, &usual).await.path(), "/account");
    let (c, page) = at_the_code(&w, &others[1]).await;
    let code = w.mail(&others[1], 1).await.code.unwrap();
    assert_eq!(code.replace('-', "").len(), 12, "{code}");
    assert!(page.has("Tries left: 1"), "{}", page.body);
    assert_eq!(c.code(&page, &code).await.path(), "/account");
    let (d, page) = at_the_code(&w, &victims[0]).await;
    assert_eq!(d.code(&page, "ZZZZ-ZZZZ").await.refusal(), "code.exhausted");
    assert_eq!(w.rows("audit_event", "kind", "code.spray").await, 1, "one alarm an hour");
    // An hour later everything is as before.
    w.pass(3700);
    let (_, page) = at_the_code(&w, &others[1]).await;
    assert!(
        w.mail(&others[1], 2).await.code.unwrap().replace('-', "").len() == 8
            && page.has("Tries left: 3")
    );
}

/// The same by another provider, which is not linked yet.
async fn at_the_other(w: &World) -> (Browser, Page) {
    let b = w.browser();
    let chooser = b.sign_in("atlas", "a-vera").await;
    let page = b.pick(&chooser, "add_to_existing").await;
    assert!(page.path().ends_with("/code"), "{}", page.body);
    (b, page)
}

/// Shows RL-10: the storage side; `cargo xtask bench` measures the sign-ins beside such a flood.
#[tokio::test(flavor = "multi_thread")]
async fn rl_10_starts_that_nobody_finishes_store_nothing_and_unfinished_attempts_are_cleaned() {
    let w = World::new("recommended").await;
    w.sign_up("vera@example.test").await;
    w.mails("vera@example.test").await;
    let before = rows(&w).await;
    // One browser that begins again and again keeps some cookies, not a head that proxies refuse.
    let b = w.browser();
    for _ in 0..2000 {
        let started = b.post_only("/fn/signin/provider", &[("provider", "meridian")]).await;
        assert_eq!(started.status, 303);
    }
    assert!(b.cookies().len() < 7_000, "{}", b.cookies().len());
    assert_eq!(rows(&w).await, before, "a start is a cookie");
    // Of begun requests of applications the oldest go; never the one that the page is about, whatever order they come in.
    let six: Vec<String> =
        (0..6).map(|n| format!("lg_en_entry-0{n}={}", "x".repeat(500))).collect();
    let page = b
        .send(
            reqwest::Client::new()
                .get(format!("{}/login?entry=entry-00", w.url()))
                .header("cookie", six.join("; ")),
        )
        .await;
    let gone: Vec<&str> = page
        .headers
        .get_all("set-cookie")
        .iter()
        .filter_map(|v| v.to_str().ok())
        .filter(|v| v.contains("Max-Age=0"))
        .map(|v| &v[..14])
        .collect();
    assert_eq!(gone, ["lg_en_entry-02", "lg_en_entry-01"]);
    // Whoever goes to the provider and stops at our question leaves one attempt, for a day and an hour at most.
    for _ in 0..20 {
        at_the_other(&w).await;
    }
    assert!(rows(&w).await > before);
    w.pass(26 * 3600);
    w.ligature().maintenance().tidy().await.unwrap();
    let left = |table: &'static str| {
        let ligature = w.ligature();
        async move {
            storage::maintenance::doctor::count_rows(
                &mut ligature.store.read().await.unwrap(),
                table,
            )
            .await
            .unwrap()
        }
    };
    assert_eq!(
        (left("attempt").await, left("challenge").await, left("consumed_state").await),
        (0, 0, 0)
    );
}

/// Shows GD-03.
#[tokio::test(flavor = "multi_thread")]
async fn gd_03_codes_attempts_networks_and_deleted_accounts_are_kept_no_longer_than_promised() {
    let w = World::with("recommended", |c| c.limits.wrong_passwords = 1).await;
    let v = w.sign_up("vera@example.test").await;
    at_the_other(&w).await;
    // Guessing from one network over many accounts writes that network down.
    for n in 0..21 {
        w.browser().password(&format!("nobody-{n}@example.test"), "wrong").await;
    }
    assert_eq!(w.rows("audit_event", "kind", "signin.stuffing").await, 1);
    let mine = w.browser();
    assert!(mine.sign_in("meridian", "m-ben").await.path().ends_with("/choose"));
    let network = "127.0.0.0/24";
    let seen = |w: &World| {
        let ligature = w.ligature();
        async move {
            let mut c = ligature.store.read().await.unwrap();
            let sessions =
                storage::maintenance::doctor::count_text(&mut c, "session", "network", network)
                    .await
                    .unwrap();
            let events = storage::maintenance::audit::list_audit_events(
                &mut c,
                ligature.org,
                &storage::maintenance::audit::AuditFilter::default(),
                1000,
            )
            .await
            .unwrap();
            (sessions, events.iter().filter(|e| e.detail.contains(network)).count())
        }
    };
    let (sessions, events) = seen(&w).await;
    assert!(sessions > 0 && events == 1, "{sessions} {events}");
    v.post("/fn/account/delete", &[]).await;
    let count = |table: &'static str| {
        let ligature = w.ligature();
        async move {
            storage::maintenance::doctor::count_rows(
                &mut ligature.store.read().await.unwrap(),
                table,
            )
            .await
            .unwrap()
        }
    };
    assert!(count("challenge").await > 0 && count("attempt").await > 0);
    w.pass(24 * 3600 + 60);
    w.ligature().maintenance().tidy().await.unwrap();
    assert_eq!(count("challenge").await, 0, "codes: a day");
    w.pass(6 * 24 * 3600);
    w.ligature().maintenance().tidy().await.unwrap();
    assert_eq!(count("attempt").await, 0, "attempts: a week at most");
    assert_eq!(w.rows("account", "state", "closing").await, 1, "two weeks to change one's mind");
    w.pass(24 * 24 * 3600);
    w.ligature().maintenance().tidy().await.unwrap();
    assert_eq!(seen(&w).await, (0, 0), "networks: thirty days");
    assert_eq!(
        (
            w.rows("account", "state", "closing").await,
            w.rows("account_email", "canonical", "vera@example.test").await
        ),
        (0, 0)
    );
    w.healthy().await;
}

/// Shows RL-12.
#[tokio::test(flavor = "multi_thread")]
async fn rl_12_five_hundred_slow_connections_are_closed_and_nobody_waits_for_them() {
    let w = World::new("recommended").await;
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let mut config = w.nodes[0].config.clone();
    config.server.listen = format!("127.0.0.1:{port}");
    config.server.public_url = format!("http://127.0.0.1:{port}");
    (config.server.header_seconds, config.server.request_seconds) = (1, 2);
    let ligature = serve::ligature(
        &config,
        &service::MasterKey::parse(&w.key).unwrap(),
        serve::system_clock(),
    )
    .await
    .unwrap();
    let serving = tokio::spawn(async move { serve::serve(&config, ligature).await });
    let at = format!("127.0.0.1:{port}");
    let b = Browser::new(&format!("http://{at}"));
    for _ in 0..200 {
        if TcpStream::connect(&at).await.is_ok() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let head = format!("GET /login HTTP/1.1\r\nHost: {at}\r\nX-Slow: ");
    let body = format!(
        "POST /fn/signin/password HTTP/1.1\r\nHost: {at}\r\nOrigin: http://{at}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\nemail="
    );
    let mut slow = Vec::new();
    for n in 0..500 {
        let mut connection = TcpStream::connect(&at).await.unwrap();
        let text = match n % 3 {
            0 => head.as_str(),
            1 => body.as_str(),
            _ => "",
        };
        connection.write_all(text.as_bytes()).await.unwrap();
        slow.push(connection);
    }
    // Others are served at once, while all of them are open.
    for _ in 0..20 {
        assert_eq!(b.get("/login").await.status, 200);
    }
    let mut answers = [0, 0, 0];
    for (n, mut connection) in slow.into_iter().enumerate() {
        let mut said = Vec::new();
        let closed =
            tokio::time::timeout(Duration::from_secs(20), connection.read_to_end(&mut said)).await;
        assert!(
            closed.is_ok(),
            "connection {n} is still open; it said {:?}",
            String::from_utf8_lossy(&said)
        );
        answers[n % 3] += usize::from(String::from_utf8_lossy(&said).starts_with("HTTP/1.1 503"));
    }
    assert_eq!(answers[1], 167, "a body that does not come is answered");
    assert_eq!(b.get("/login").await.status, 200);
    serving.abort();
}
