//! The process is killed while people sign in, at one instant after the other.
use std::{
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use rehearsal::provider::{Person, Provider};
use serde_json::json;

use crate::{
    cluster::file,
    commands::{ligature, text},
    world::Browser,
};

const CYCLES: usize = 40;
const AT_ONCE: usize = 6;

fn serve(dir: &Path, environment: &[(&str, &str)]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_ligature"))
        .arg("serve")
        .current_dir(dir)
        .envs(environment.iter().copied())
        .env("LIGATURE__DEMO", "true")
        .env("LIGATURE__LOG__LEVEL", "error")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Waits until the process answers; bounded.
async fn ready(base: &str) {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    for _ in 0..1000 {
        if client.get(format!("{base}/readyz")).send().await.is_ok_and(|r| r.status() == 200) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{base} does not answer");
}

fn ask(dir: &Path, sql: &str) -> String {
    let done = Command::new("sqlite3").arg(dir.join("ligature.db")).arg(sql).output().unwrap();
    assert!(done.status.success(), "{sql}: {}", text(&done));
    String::from_utf8_lossy(&done.stdout).trim().to_owned()
}

/// What no instant may leave behind.
const NEVER: [(&str, &str); 5] = [
    (
        "an identity with two links",
        "SELECT subject FROM link WHERE active GROUP BY provider_id, namespace, subject HAVING count(*) > 1",
    ),
    (
        "an account without a link",
        "SELECT hex(id) FROM account a WHERE NOT EXISTS (SELECT 1 FROM link l WHERE l.account_id = a.id)",
    ),
    (
        "a link without an account",
        "SELECT subject FROM link l WHERE NOT EXISTS (SELECT 1 FROM account a WHERE a.id = l.account_id)",
    ),
    (
        "an account without its event",
        "SELECT hex(id) FROM account a WHERE NOT EXISTS (SELECT 1 FROM audit_event e WHERE e.account_id = a.id AND e.kind = 'account.created')",
    ),
    (
        "a session without its event",
        "SELECT hex(s.hash) FROM session s WHERE (SELECT count(*) FROM audit_event e WHERE e.account_id = s.account_id AND e.kind IN ('account.created', 'session.started')) < (SELECT count(*) FROM session o WHERE o.account_id = s.account_id)",
    ),
];

/// Shows RB-01 in small: accounts that providers open, killed by time and not by system call; no codes and no mails.
/// It does not show RB-10: what a killed process wrote, the kernel keeps, whether or not the disk was told to.
#[tokio::test(flavor = "multi_thread")]
async fn rb_01_killed_at_any_instant_it_keeps_what_it_answered_and_leaves_nothing_by_halves() {
    let people = (0..CYCLES * AT_ONCE)
        .map(|n| Person {
            sub: format!("k-{n}"),
            claims: json!({"name": "K", "email": format!("k{n}@example.test"), "email_verified": true}),
        })
        .collect();
    let provider = Provider::serve(0, "Meridian", people).await.unwrap();
    let dir = tempfile::tempdir().unwrap();
    let listen =
        std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let base = format!("http://{listen}");
    let environment = [
        ("LIGATURE__SERVER__LISTEN", listen.as_str()),
        ("LIGATURE__SERVER__PUBLIC_URL", base.as_str()),
        ("LIGATURE__HTTP_CLIENT__ALLOW_PRIVATE", "true"),
        ("LIGATURE__LIMITS__REQUESTS_PER_SECOND", "10000"),
        ("LIGATURE__LIMITS__BURST", "10000"),
    ];
    let run = |arguments: &[&str]| {
        let done = ligature(dir.path(), arguments, &environment, "");
        assert!(done.status.success(), "{arguments:?}: {}", text(&done));
    };
    let seed = json!({"preset": "goss", "providers": [{"key": "meridian", "name": "Meridian", "secret": "rehearsal-secret", "verified_counts": true, "settings": {"kind": "oidc", "issuer": provider.issuer, "client_id": "ligature"}}]});
    let seed = file(dir.path(), "seed.json", &seed.to_string());
    run(&["init"]);
    run(&["migrate"]);
    run(&["seed", &seed]);
    let (mut answered, mut callbacks): (Vec<String>, Vec<(Browser, String)>) = (vec![], vec![]);
    for cycle in 0..CYCLES {
        let mut server = serve(dir.path(), &environment);
        ready(&base).await;
        // What was spent before the kill stays spent.
        for (browser, callback) in callbacks.drain(..) {
            let before = ask(dir.path(), "SELECT count(*) FROM session");
            browser.get(&callback).await;
            assert_eq!(ask(dir.path(), "SELECT count(*) FROM session"), before, "cycle {cycle}");
        }
        let people: Vec<_> = (0..AT_ONCE)
            .map(|n| {
                let (browser, who) = (Browser::new(&base), format!("k-{}", cycle * AT_ONCE + n));
                tokio::spawn(async move {
                    let callback =
                        browser.at_provider(&browser.start("meridian").await, &who).await;
                    let page = browser.get(&callback).await;
                    (page.path() == "/account").then_some((who, browser, callback))
                })
            })
            .collect();
        let instant = u64::try_from(2 + cycle * 2).unwrap();
        tokio::time::sleep(Duration::from_millis(instant)).await;
        server.kill().unwrap();
        server.wait().unwrap();
        for one in people {
            if let Ok(Some((who, browser, callback))) = one.await {
                answered.push(who);
                callbacks.push((browser, callback));
            }
        }
        assert_eq!(ask(dir.path(), "PRAGMA integrity_check"), "ok");
        for (what, sql) in NEVER {
            assert_eq!(ask(dir.path(), sql), "", "{what}, killed after {instant} ms");
        }
        for who in &answered {
            let links = format!("SELECT count(*) FROM link WHERE active AND subject = '{who}'");
            assert_eq!(
                ask(dir.path(), &links),
                "1",
                "{who} was answered, then killed after {instant} ms"
            );
        }
    }
    let links = ask(dir.path(), "SELECT count(*) FROM link");
    let all = CYCLES * AT_ONCE;
    assert!(
        !answered.is_empty() && answered.len() < all,
        "{} of {all}: the instants miss",
        answered.len()
    );
    println!(
        "figure: {CYCLES} kills; {} of {all} sign-ins were answered, {links} links are there",
        answered.len()
    );
    let well = ligature(dir.path(), &["doctor", "--json"], &[], "");
    assert!(well.status.success(), "{}", text(&well));
}
