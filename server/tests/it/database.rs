//! Databases as they are met: PostgreSQL by TLS, by sockets and by several hosts; servers and files that take no writes.
use std::time::Duration;

use domain::OrgId;
use storage::{Error, Store, policy::organisations, postgres::Encryption};

use crate::{
    cluster::{Authority, Cluster, file},
    commands::{ligature, text},
};

async fn reach(url: &str) -> Result<Encryption, String> {
    let store = Store::open(url, 2, Duration::from_secs(5)).map_err(|e| e.to_string())?;
    store.read().await.map_err(|e| e.to_string())?;
    Ok(store.postgres().unwrap().encryption())
}

async fn add(store: &Store, n: u8) -> Result<(), Error> {
    store
        .write::<_, Error, _>(move |c| {
            Box::pin(async move {
                organisations::add_organisation(
                    c,
                    OrgId([n; 16]),
                    &format!("o{n}"),
                    "O",
                    &format!("https://o{n}.test"),
                    1,
                )
                .await
            })
        })
        .await
        .map(|_added| ())
}

/// A server as managed ones are: TLS or nothing over the network, and one role that needs a certificate.
fn demanding(authority: &Authority) -> Option<Cluster> {
    let (cert, key) = authority.sign("localhost");
    let rules = "local all all trust\nhostssl all card 127.0.0.1/32 cert\nhostssl all all 127.0.0.1/32 trust\n";
    let settings = "ssl = on\nssl_cert_file = 'server.crt'\nssl_key_file = 'server.key'\nssl_ca_file = 'ca.crt'";
    Cluster::start(
        rules,
        settings,
        &[("server.crt", &cert), ("server.key", &key), ("ca.crt", &authority.pem())],
    )
}

/// Shows FR-08.
#[tokio::test(flavor = "multi_thread")]
async fn fr_08_a_server_that_demands_tls_is_reached_and_each_mode_does_what_it_says() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let Some(server) = demanding(&authority) else { return };
    let files = tempfile::tempdir().unwrap();
    let (ca, other) = (
        file(files.path(), "ca.pem", &authority.pem()),
        file(files.path(), "other.pem", &stranger.pem()),
    );
    let (cert, key) = authority.sign("card");
    let (cert, key) = (file(files.path(), "card.pem", &cert), file(files.path(), "card.key", &key));
    server.ask("CREATE ROLE card LOGIN");
    let port = server.port;
    let store = Store::open(
        &format!(
            "postgres://ligature@localhost:{port}/postgres?sslmode=verify-full&sslrootcert={ca}"
        ),
        2,
        Duration::from_secs(5),
    )
    .unwrap();
    let kept = store.read().await.unwrap();
    assert_eq!(server.ask("SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'ligature'"), "t", "the server says so too");
    drop(kept);
    for query in ["", "?sslmode=prefer", "?sslmode=require"] {
        assert_eq!(
            reach(&format!("postgres://ligature@127.0.0.1:{port}/postgres{query}")).await,
            Ok(Encryption::Tls),
            "{query}"
        );
    }
    assert_eq!(
        reach(&format!(
            "postgres://ligature@127.0.0.1:{port}/postgres?sslmode=verify-ca&sslrootcert={ca}"
        ))
        .await,
        Ok(Encryption::Tls),
        "no name is looked at"
    );
    assert_eq!(reach(&format!("postgres://card@localhost:{port}/postgres?sslmode=verify-full&sslrootcert={ca}&sslcert={cert}&sslkey={key}")).await, Ok(Encryption::Tls));
    let socket = server.folder.path().display().to_string().replace('/', "%2F");
    assert_eq!(
        reach(&format!("postgres://ligature@{socket}:{port}/postgres?sslmode=require")).await,
        Ok(Encryption::Clear),
        "nobody listens in on a socket"
    );
    for (host, query, says) in [
        ("ligature@localhost", "sslmode=disable".to_owned(), "sslmode=require"),
        ("ligature@localhost", "sslmode=verify-full".to_owned(), "give sslrootcert"),
        (
            "ligature@localhost",
            format!("sslmode=verify-full&sslrootcert={other}"),
            "no known authority",
        ),
        (
            "ligature@localhost",
            format!("sslmode=verify-ca&sslrootcert={other}"),
            "no known authority",
        ),
        (
            "ligature@localhost",
            format!("sslmode=require&sslrootcert={other}"),
            "no known authority",
        ),
        ("ligature@127.0.0.1", format!("sslmode=verify-full&sslrootcert={ca}"), "for another host"),
        ("card@localhost", "sslmode=require".to_owned(), "give sslcert and sslkey"),
        ("ligature@localhost", format!("sslmode=verify-full&sslrootcert={key}"), "no certificate"),
        (
            "card@localhost",
            format!("sslmode=require&sslcert={cert}&sslkey={cert}"),
            "private key cannot be read",
        ),
        ("card@localhost", format!("sslmode=require&sslcert={ca}&sslkey={key}"), "does not belong"),
    ] {
        let refused =
            reach(&format!("postgres://{host}:{port}/postgres?{query}")).await.unwrap_err();
        assert!(refused.contains(says), "{host} {query}: {refused}");
    }
}

/// Shows FR-08: `check-config` and `doctor` name the cause, and a database in clear on another machine.
#[test]
fn fr_08_the_commands_name_what_is_wrong_with_the_way_to_the_database() {
    let authority = Authority::new();
    let dir = tempfile::tempdir().unwrap();
    ligature(dir.path(), &["init"], &[], "");
    let run = |command: &str, url: &str| {
        ligature(dir.path(), &[command], &[("LIGATURE__DATABASE__URL", url)], "")
    };
    assert!(
        run("check-config", "postgres://u:secret@db.example.com/x?sslmode=require")
            .status
            .success()
    );
    for (query, says) in [
        ("sslmode=verify_full", "disable, prefer, require"),
        ("sslmode=verify-full&sslrootcert=/no/such.pem", "cannot be read"),
        ("poolmode=x", "poolmode=x"),
    ] {
        let refused = run("check-config", &format!("postgres://u:secret@db.example.com/x?{query}"));
        let said = text(&refused);
        assert!(
            !refused.status.success()
                && said.contains("database.url")
                && said.contains(says)
                && !said.contains("secret"),
            "{query}: {said}"
        );
    }
    let Some(server) = demanding(&authority) else { return };
    let url =
        |query: &str| format!("postgres://ligature@localhost:{}/postgres?{query}", server.port);
    let well = run("doctor", &url("sslmode=require"));
    assert!(well.status.success(), "{}", text(&well));
    for (query, says) in
        [("sslmode=disable", "sslmode=require"), ("sslmode=verify-full", "give sslrootcert")]
    {
        let refused = run("doctor", &url(query));
        assert!(
            !refused.status.success() && text(&refused).contains(says),
            "{query}: {}",
            text(&refused)
        );
    }
    let Some(plain) =
        Cluster::start("local all all trust\nhost all all 127.0.0.1/32 trust\n", "", &[])
    else {
        return;
    };
    let here = run("doctor", &format!("postgres://ligature@127.0.0.1:{}/postgres", plain.port));
    assert!(here.status.success(), "{}", text(&here));
    let there = run(
        "doctor",
        &format!("postgres://ligature@db.example.com:{}/postgres?hostaddr=127.0.0.1", plain.port),
    );
    assert!(
        !there.status.success() && text(&there).contains("reached in clear"),
        "{}",
        text(&there)
    );
    let wanted = run(
        "doctor",
        &format!("postgres://ligature@127.0.0.1:{}/postgres?sslmode=require", plain.port),
    );
    assert!(
        !wanted.status.success() && text(&wanted).contains("the server has no TLS"),
        "{}",
        text(&wanted)
    );
}

/// Shows RB-06 in small: of several hosts the one that takes writes is used, and the other one as soon as they change places.
#[tokio::test(flavor = "multi_thread")]
async fn rb_06_writes_follow_the_server_that_takes_them() {
    let rules = "local all all trust\nhost all all 127.0.0.1/32 trust\n";
    let Some(first) = Cluster::start(rules, "default_transaction_read_only = on", &[]) else {
        return;
    };
    let second = Cluster::start(rules, "", &[]).unwrap();
    let of = |server: &Cluster| {
        format!(
            "postgres://ligature@127.0.0.1:{}/postgres?options=-c%20default_transaction_read_only%3Doff",
            server.port
        )
    };
    for server in [&first, &second] {
        Store::open(&of(server), 2, Duration::from_secs(5)).unwrap().migrate().await.unwrap();
    }
    let both = format!(
        "postgres://ligature@127.0.0.1:{},127.0.0.1:{}/postgres?target_session_attrs=read-write",
        first.port, second.port
    );
    let store = Store::open(&both, 4, Duration::from_secs(5)).unwrap();
    add(&store, 1).await.unwrap();
    assert_eq!(second.ask("SELECT count(*) FROM organisation WHERE slug = 'o1'"), "1");
    let switch = |server: &Cluster, to: &str| {
        server.ask(&format!("ALTER SYSTEM SET default_transaction_read_only = {to}"));
        server.ask("SELECT pg_reload_conf()");
    };
    switch(&second, "on");
    switch(&first, "off");
    // The setting reaches running connections a moment later. Each refusal drops every connection to the server that is read-only now.
    for n in 2..60 {
        drop(add(&store, n).await);
        if first.ask("SELECT count(*) FROM organisation") != "0" {
            return;
        }
    }
    panic!("nothing was ever written to the server that takes writes");
}

/// Shows RB-09: what takes no writes says so, as trouble that passes, and is read as before.
#[tokio::test(flavor = "multi_thread")]
async fn rb_09_a_database_that_takes_no_writes_says_why_and_is_read_as_before() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("l.db").display().to_string();
    let store = Store::open(&format!("sqlite://{path}"), 2, Duration::from_secs(5)).unwrap();
    store.migrate().await.unwrap();
    add(&store, 1).await.unwrap();
    let frozen =
        Store::open(&format!("sqlite://file:{path}?mode=ro"), 2, Duration::from_secs(5)).unwrap();
    let said = add(&frozen, 2).await.unwrap_err();
    assert!(
        matches!(&said, Error::Unavailable(why) if why.contains("may not be written to")),
        "{said}"
    );
    assert_eq!(
        organisations::list_organisations(&mut frozen.read().await.unwrap()).await.unwrap().len(),
        1
    );
    add(&store, 2).await.unwrap();
    let Some(server) =
        Cluster::start("local all all trust\nhost all all 127.0.0.1/32 trust\n", "", &[])
    else {
        return;
    };
    let url = format!("postgres://ligature@127.0.0.1:{}/postgres", server.port);
    Store::open(&url, 2, Duration::from_secs(5)).unwrap().migrate().await.unwrap();
    let frozen = Store::open(
        &format!("{url}?options=-c%20default_transaction_read_only%3Don"),
        2,
        Duration::from_secs(5),
    )
    .unwrap();
    let said = add(&frozen, 2).await.unwrap_err();
    assert!(
        matches!(&said, Error::Unavailable(why) if why.contains("the server is read-only")),
        "{said}"
    );
    assert!(
        organisations::list_organisations(&mut frozen.read().await.unwrap())
            .await
            .unwrap()
            .is_empty()
    );
}

/// Shows RB-09: a disk that is full ends a command in plain words, and what was there stays whole.
#[test]
fn rb_09_a_full_disk_is_told_in_plain_words() {
    let dir = tempfile::tempdir().unwrap();
    ligature(dir.path(), &["init"], &[], "");
    assert!(ligature(dir.path(), &["migrate"], &[], "").status.success());
    let fill = "trap '' XFSZ; ulimit -f 64; exec \"$0\" create-admin --email owner@example.test";
    let mut command = std::process::Command::new("sh");
    command
        .args(["-c", fill, env!("CARGO_BIN_EXE_ligature")])
        .current_dir(dir.path())
        .env("LIGATURE__DEMO", "true")
        .env("LIGATURE__LIMITS__HASH_KIB", "1024");
    command.stdin(
        std::fs::File::open(file(dir.path(), "password", "a long enough password\n")).unwrap(),
    );
    let full = command.output().unwrap();
    assert!(
        !full.status.success() && text(&full).contains("the disk of the database"),
        "{}",
        text(&full)
    );
    let well = ligature(
        dir.path(),
        &["create-admin", "--email", "owner@example.test"],
        &[],
        "a long enough password\n",
    );
    assert!(well.status.success(), "{}", text(&well));
    assert!(ligature(dir.path(), &["doctor"], &[], "").status.success());
}

/// Behind PgBouncer: nothing keeps a server for itself between transactions, and one that loses prepared statements (before 1.21) is
/// named with the remedy. In session mode every version works.
#[tokio::test(flavor = "multi_thread")]
async fn fr_61_behind_a_pooler_it_works_or_says_which_setting_is_missing() {
    let Some(server) =
        Cluster::start("local all all trust\nhost all all 127.0.0.1/32 trust\n", "", &[])
    else {
        return;
    };
    let Ok(version) = std::process::Command::new("pgbouncer").arg("--version").output() else {
        return;
    };
    let version = String::from_utf8_lossy(&version.stdout).into_owned();
    let minor: u32 = version
        .split_whitespace()
        .nth(1)
        .and_then(|v| v.split('.').nth(1))
        .and_then(|v| v.parse().ok())
        .unwrap();
    let prepared = if minor >= 21 { "max_prepared_statements = 200\n" } else { "" };
    for mode in ["session", "transaction"] {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let config = format!(
            "[databases]\n* = host=127.0.0.1 port={}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\npool_mode = {mode}\ndefault_pool_size = 3\n{prepared}",
            server.port
        );
        let file = file(
            server.folder.path(),
            &format!("{mode}.ini"),
            &config.replace("* =", "postgres = user=ligature"),
        );
        let mut pooler = server
            .command("pgbouncer".as_ref())
            .arg(&file)
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        let store = Store::open(
            &format!("postgres://ligature@127.0.0.1:{port}/postgres"),
            3,
            Duration::from_secs(5),
        )
        .unwrap();
        for _ in 0..200 {
            if tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let worked = async {
            store.migrate().await?;
            // More at once than there are servers.
            let all = (0..30u8).map(|n| {
                let store = store.clone();
                tokio::spawn(async move {
                    let mut conn = store.read().await?;
                    organisations::list_organisations(&mut conn).await?;
                    drop(conn);
                    add(&store, 100 + n)
                        .await
                        .or_else(|e| if matches!(e, Error::Duplicate) { Ok(()) } else { Err(e) })
                })
            });
            for one in all.collect::<Vec<_>>() {
                one.await.unwrap()?;
            }
            Ok::<_, Error>(())
        }
        .await;
        pooler.kill().unwrap();
        pooler.wait().unwrap();
        match worked {
            Ok(()) => {}
            Err(error) => assert!(
                mode == "transaction"
                    && minor < 21
                    && error.to_string().contains("max_prepared_statements"),
                "{mode}, PgBouncer {version}: {error}"
            ),
        }
    }
    // The lock of migrations is gone with its transaction, whoever held it.
    assert_eq!(server.ask("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"), "0");
}
