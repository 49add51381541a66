//! What operators see: files that are theirs alone, findings for programs, what runs.
use std::{
    io::{Read, Write},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Stdio},
};

use axum::{Router, body::Body, extract::Request};
use server::metrics::Metrics;
use tower::ServiceExt;

use crate::{
    commands::{ligature, text},
    world::{PASSWORD, World},
};

fn mode(file: &Path) -> u32 {
    std::fs::metadata(file).unwrap().permissions().mode() & 0o777
}

/// Shows FS-01: also with an umask that forbids nothing, and secrets in the environment.
#[test]
fn fs_01_what_we_write_is_its_owners_alone_whatever_the_umask() {
    let dir = tempfile::tempdir().unwrap();
    let script = "umask 000; \"$0\" init && \"$0\" migrate && \"$0\" backup copy.db && \"$0\" master-key add";
    let made = Command::new("sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_ligature")])
        .current_dir(dir.path())
        .envs([
            (
                "LIGATURE__MAIL__SMTP_URL",
                "smtps://user:hunter2-in-the-environment@mail.example.com",
            ),
            ("LIGATURE__SMS__WEBHOOK_TOKEN", "hunter2-in-the-environment"),
        ])
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", text(&made));
    for name in ["ligature.key", "ligature.toml", "ligature.db", "copy.db"] {
        assert_eq!(format!("{name} {:o}", mode(&dir.path().join(name))), format!("{name} 600"));
    }
    for entry in std::fs::read_dir(dir.path()).unwrap().flatten() {
        assert_eq!(mode(&entry.path()) & 0o077, 0, "{}", entry.path().display());
        let bytes = std::fs::read(entry.path()).unwrap();
        assert!(
            !bytes.windows(7).any(|w| w == b"hunter2"),
            "{} holds a secret of the environment",
            entry.path().display()
        );
    }
    let run = |arguments: &[&str]| ligature(dir.path(), arguments, &[], "");
    assert!(run(&["doctor"]).status.success(), "{}", text(&run(&["doctor"])));
    for name in ["ligature.key", "ligature.db", "ligature.toml"] {
        std::fs::set_permissions(dir.path().join(name), std::fs::Permissions::from_mode(0o644))
            .unwrap();
        let found = run(&["doctor"]);
        assert!(
            !found.status.success()
                && text(&found).contains(&format!("{name}: others may read this file (mode 644)")),
            "{}",
            text(&found)
        );
        std::fs::set_permissions(dir.path().join(name), std::fs::Permissions::from_mode(0o600))
            .unwrap();
    }
    // A group may read the settings.
    std::fs::set_permissions(
        dir.path().join("ligature.toml"),
        std::fs::Permissions::from_mode(0o640),
    )
    .unwrap();
    assert!(run(&["doctor"]).status.success());
    let other = dir.path().join("other.toml");
    assert!(
        run(&["--config", "other.toml", "init"]).status.success() && mode(&other) == 0o600,
        "the file that is asked for is made"
    );
    assert!(!run(&["--config", "nowhere.toml", "doctor"]).status.success());
}

#[test]
fn doctor_answers_programs_too() {
    let dir = tempfile::tempdir().unwrap();
    let run = |environment: &[(&str, &str)]| {
        let done = ligature(dir.path(), &["doctor", "--json"], environment, "");
        (
            done.status.success(),
            serde_json::from_slice::<serde_json::Value>(&done.stdout)
                .unwrap_or_else(|e| panic!("{e}: {}", text(&done))),
        )
    };
    assert_eq!(
        run(&[]).1["findings"][0]["id"],
        "start",
        "without a key nothing can be examined, and that is said"
    );
    ligature(dir.path(), &["init"], &[], "");
    assert_eq!(run(&[]), (true, serde_json::json!({"ok": true, "findings": []})));
    let (well, found) = run(&[("LIGATURE__HTTP_CLIENT__ALLOW_PRIVATE", "true")]);
    assert!(!well && found["ok"] == false, "{found}");
    assert_eq!(
        (&found["findings"][0]["id"], &found["findings"][0]["level"]),
        (&serde_json::json!("http_client.allow_private"), &serde_json::json!("warning"))
    );
}

#[test]
fn the_version_names_its_commit() {
    let dir = tempfile::tempdir().unwrap();
    let said = text(&ligature(dir.path(), &["--version"], &[], ""));
    let (name, rest) = said.trim().split_once(' ').unwrap();
    assert_eq!(name, "ligature");
    assert!(rest.starts_with(env!("CARGO_PKG_VERSION")) && rest.contains(" ("), "{said}");
}

/// Colour is for terminals: a file or a journal gets plain lines.
#[test]
fn lines_of_the_log_have_no_colour_where_there_is_no_terminal() {
    let dir = tempfile::tempdir().unwrap();
    ligature(dir.path(), &["init"], &[], "");
    let listen =
        std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let mut command = Command::new(env!("CARGO_BIN_EXE_ligature"));
    command
        .arg("serve")
        .current_dir(dir.path())
        .env("LIGATURE__SERVER__LISTEN", &listen)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let server = command.spawn().unwrap();
    for _ in 0..500 {
        let answered = std::net::TcpStream::connect(&listen).is_ok_and(|mut stream| {
            let mut answer = String::new();
            stream
                .write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
                .is_ok()
                && stream.read_to_string(&mut answer).is_ok()
                && answer.contains(" 200 ")
        });
        if answered {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert!(
        Command::new("kill").args(["-TERM", &server.id().to_string()]).status().unwrap().success()
    );
    let done = server.wait_with_output().unwrap();
    let said = text(&done);
    assert!(
        done.status.success()
            && said.contains(" INFO ")
            && said.contains("serving")
            && said.contains("stopping"),
        "{said}"
    );
    assert!(!said.contains('\u{1b}'), "{said}");
}

/// Figures without addresses, secrets or people; and a health report that tells the parts apart.
#[tokio::test(flavor = "multi_thread")]
async fn figures_are_counted_by_route_and_health_tells_what_is_not_well() {
    let w = World::new("goss").await;
    let metrics = Metrics::new(w.nodes[0].organisations.clone());
    let (router, _) =
        server::serve::application(w.nodes[0].organisations.clone(), &w.nodes[0].config)
            .await
            .unwrap();
    let (served, own) = (metrics.around(router), metrics.router());
    let ask = async |router: &Router, path: &str| {
        let host = w.url().replace("http://", "");
        let request = Request::get(path).header("host", host).body(Body::empty()).unwrap();
        let response = router.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        (
            status,
            String::from_utf8(
                axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap().to_vec(),
            )
            .unwrap(),
        )
    };
    assert_eq!(ask(&served, "/login").await.0, 200);
    ask(&served, "/undo/a-secret-of-somebody").await;
    let (status, text) = ask(&own, "/metrics").await;
    assert_eq!(status, 200);
    for line in [
        "ligature_http_requests_total{method=\"GET\",route=\"/login\",status=\"200\"} 1",
        "route=\"/undo/{secret}\"",
        "ligature_database_up 1",
        "ligature_build_info{version=",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    assert!(!text.contains("a-secret-of-somebody"), "{text}");
    assert_eq!(
        ask(&own, "/health").await,
        (200, r#"{"parts":{"database":"ok","mail":"ok"},"status":"ok"}"#.to_owned())
    );
    w.mailbox.set_down(true);
    w.browser()
        .post("/fn/signup", &[("email", "v@example.test"), ("name", "V"), ("password", PASSWORD)])
        .await;
    for _ in 0..400 {
        if w.ligature().notifications().mail_is_stuck().await.unwrap() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(
        ask(&own, "/health").await,
        (200, r#"{"parts":{"database":"ok","mail":"failing"},"status":"degraded"}"#.to_owned())
    );
}

/// Shows RB-15: a panic ends one request and tells nothing of the inside, and the process goes on.
#[tokio::test(flavor = "multi_thread")]
async fn rb_15_a_panic_ends_one_request_and_nothing_else() {
    let w = World::new("goss").await;
    let broken = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let (seen, system) = (broken.clone(), server::serve::system_clock());
    let clock: service::Clock = std::sync::Arc::new(move || {
        assert!(!seen.load(std::sync::atomic::Ordering::SeqCst), "words from the inside");
        system()
    });
    let (config, key) = (&w.nodes[0].config, service::MasterKey::parse(&w.key).unwrap());
    let ligature = server::serve::ligature(config, &key, clock).await.unwrap();
    let organisations = service::admin::organisations::Organisations::new(ligature);
    let (router, _) = server::serve::application(organisations, config).await.unwrap();
    let ask = async || {
        let form = "provider=meridian";
        let request = Request::post("/fn/signin/provider")
            .header("host", w.url().replace("http://", ""))
            .header("origin", w.url())
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(form))
            .unwrap();
        let response = router.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap().to_vec();
        (status, String::from_utf8(body).unwrap())
    };
    let well = ask().await.0;
    assert!(well < 400, "{well}");
    broken.store(true, std::sync::atomic::Ordering::SeqCst);
    for _ in 0..20 {
        let (status, body) = ask().await;
        assert_eq!(status, 500, "{body}");
        assert!(!body.contains("from the inside") && !body.contains(".rs"), "{body}");
    }
    broken.store(false, std::sync::atomic::Ordering::SeqCst);
    assert_eq!(ask().await.0, well);
}

/// Shows RB-08: while every connection is taken, whoever comes hears within the bound that it is busy, signed in or not;
/// probes that need no database go on, nothing is stuck, and it works on as soon as one is free.
#[tokio::test(flavor = "multi_thread")]
async fn rb_08_with_every_connection_taken_all_hear_so_and_it_comes_back_by_itself() {
    let w = World::with("recommended", |config| {
        config.database.pool_size = 2;
        config.database.acquire_ms = 300;
    })
    .await;
    let b = w.sign_up("vera@example.test").await;
    assert_eq!(b.get("/account").await.status, 200);
    let ligature = w.ligature();
    let store = &ligature.store;
    let held = [store.read().await.unwrap(), store.read().await.unwrap()];
    let crowd: Vec<_> = (0..60).map(|_| b.clone()).collect();
    let answers = futures_util::future::join_all(crowd.iter().map(|b| b.get("/account"))).await;
    for page in &answers {
        assert!(page.status == 503 && !page.header("retry-after").is_empty(), "{}", page.body);
        assert!(!page.has("type=\"password\""), "nobody is taken for signed out");
    }
    assert_eq!(w.browser().get("/login").await.status, 503);
    assert_eq!(w.browser().get("/healthz").await.status, 200);
    assert_eq!(w.browser().get("/readyz").await.status, 503);
    drop(held);
    let answers = futures_util::future::join_all(crowd.iter().map(|b| b.get("/account"))).await;
    assert!(answers.iter().all(|page| page.status == 200), "it comes back");
    assert_eq!(w.browser().get("/readyz").await.status, 200);
}
