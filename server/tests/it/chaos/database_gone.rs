//! PostgreSQL is cut off, or its answer to a COMMIT is lost.
use std::time::{Duration, Instant};

use reqwest::Method;

use super::proxy::{Proxy, Way};
use crate::{cluster::Cluster, world::World};

const TRUST: &str = "local all all trust\nhost all all 127.0.0.1/32 trust\n";

async fn behind(proxy: &Proxy, database: &str) -> World {
    let url = format!("postgres://ligature@127.0.0.1:{}/{database}", proxy.port);
    World::with("goss", |c| c.database.url = url).await
}

/// Shows RB-04 by pages, probes and the start of a sign-in.
#[tokio::test(flavor = "multi_thread")]
async fn rb_04_without_its_database_it_says_so_at_once_lets_nobody_in_and_comes_back() {
    let Some(server) = Cluster::start(TRUST, "max_connections = 200", &[]) else { return };
    let proxy = Proxy::to(server.port).await;
    let w = behind(&proxy, "postgres").await;
    let vera = w.browser();
    assert_eq!(vera.sign_in("meridian", "m-vera").await.path(), "/account");
    let one = w.browser();
    proxy.set(Way::Cut);
    let probe = async |path: &str| {
        let begun = Instant::now();
        let page = vera.send(vera.request(Method::GET, path)).await;
        (page, begun.elapsed())
    };
    assert_eq!(probe("/healthz").await.0.status, 200, "the process lives");
    assert_eq!(probe("/readyz").await.0.status, 503);
    for path in ["/account", "/account/email", "/admin", "/login"] {
        let (page, took) = probe(path).await;
        assert!(took < Duration::from_secs(1), "{path}: {took:?}");
        assert!(
            page.status == 503 && !page.header("retry-after").is_empty(),
            "{path}: {} {}",
            page.status,
            page.header("location")
        );
    }
    let begun = Instant::now();
    let page = one.post("/fn/signin/provider", &[("provider", "meridian")]).await;
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    assert!(
        page.status == 503 && !page.header("retry-after").is_empty(),
        "{}: {}",
        page.status,
        page.header("retry-after")
    );
    // An organisation's address that cannot be looked up is not one that nobody has.
    let asked = one.request(Method::GET, "/login").header("host", "other.localhost");
    assert_eq!(one.send(asked).await.status, 503);
    proxy.set(Way::Hole);
    let (alive, took) = probe("/healthz").await;
    assert!(alive.status == 200 && took < Duration::from_secs(1), "{} {took:?}", alive.status);
    proxy.set(Way::Cut);
    proxy.set(Way::Open);
    let back = Instant::now();
    while !one.sign_in("meridian", "m-ben").await.path().starts_with("/account") {
        assert!(back.elapsed() < Duration::from_secs(5), "not back");
    }
    assert!(vera.is_signed_in().await);
    println!("figure: back {} ms after the database", back.elapsed().as_millis());
    w.healthy().await;
}

/// Shows RB-05: whichever COMMIT of adding a provider it is whose answer is lost.
#[tokio::test(flavor = "multi_thread")]
async fn rb_05_a_link_whose_commit_went_unanswered_is_there_once_after_the_next_try() {
    let Some(server) = Cluster::start(TRUST, "max_connections = 200", &[]) else { return };
    let mut losses = 0;
    for nth in 0..2 {
        let proxy = Proxy::to(server.port).await;
        server.ask(&format!("CREATE DATABASE lost{nth}"));
        let w = behind(&proxy, &format!("lost{nth}")).await;
        let vera = w.browser();
        assert_eq!(vera.sign_in("meridian", "m-vera").await.path(), "/account");
        let callback = vera.at_provider(&vera.start_add("harbour").await, "h-1").await;
        proxy.set(Way::LoseCommit(nth));
        let first = vera.get(&callback).await;
        proxy.set(Way::Open);
        losses += proxy.lost();
        if proxy.lost() == 0 {
            assert_eq!(first.path(), "/account", "nothing was lost");
        }
        let retried = vera.get(&callback).await;
        if w.links("h-1").await == 0 {
            assert_ne!(retried.path(), "/account", "what is not linked is not told as done");
            assert_eq!(vera.add("harbour", "h-1").await.path(), "/account");
        }
        assert_eq!(w.links("h-1").await, 1, "COMMIT {nth}");
        // The answer that was lost may have brought a new cookie. What was added opens the same account.
        assert_eq!(w.browser().sign_in("harbour", "h-1").await.path(), "/account");
        assert_eq!(w.accounts().await, 1, "COMMIT {nth}");
        w.healthy().await;
    }
    assert!(losses > 0, "no COMMIT was ever lost");
    println!("figure: {losses} answers to a COMMIT were lost");
}
