//! What leaves the process beside its answers: the log of the real binary at its most talkative, a dump of the database, a
//! backup taken under load.
use std::{
    collections::BTreeMap,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use crate::world::{Browser, PASSWORD, World};
use rehearsal::{
    mailbox::{Mail, Mailbox},
    provider::{Knobs, Person, Provider},
};
use reqwest::Method;
use serde_json::{Value, json};

const SECOND_PASSWORD: &str = "another phrase of four words";
const WRONG_PASSWORD: &str = "a wrong guess that is nobody's";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const APPLICATION_SECRET: &str = "secret-of-the-application-for-tests";

/// Where somebody walks through everything.
struct Place<'a> {
    url: String,
    mailbox: &'a Mailbox,
    meridian: &'a Provider,
    atlas: &'a Provider,
}

/// What was said on the way, by what it is.
#[derive(Default)]
struct Canaries(BTreeMap<String, String>);

impl Canaries {
    fn note(&mut self, what: &str, value: impl Into<String>) -> String {
        let value = value.into();
        assert!(value.len() >= 6, "{what}: {value:?} could be anything");
        self.0.insert(format!("{what} {}", self.0.len()), value.clone());
        value
    }

    /// The parameters of an address, those that are worth something.
    fn address(&mut self, what: &str, address: &str) {
        for (name, value) in url::Url::parse(address).unwrap().query_pairs() {
            if ["code", "state", "nonce", "code_challenge", "entry"].contains(&name.as_ref())
                && value != CHALLENGE
            {
                self.note(&format!("{what}: {name}"), value);
            }
        }
    }
}

const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

impl Place<'_> {
    fn browser(&self) -> Browser {
        Browser::new(&self.url)
    }

    /// What is found in a mail to the address, of those after the first `after`.
    async fn mailed<T>(&self, to: &str, after: usize, find: impl Fn(&Mail) -> Option<T>) -> T {
        for _ in 0..500 {
            if let Some(found) = self.mailbox.to(to).iter().skip(after).find_map(&find) {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!(
            "nothing of it in {:?}",
            self.mailbox.to(to).iter().map(|m| &m.subject).collect::<Vec<_>>()
        );
    }

    /// The next code to an address, as it is typed and as it is kept.
    async fn code(&self, seen: &mut Canaries, to: &str, after: usize) -> String {
        let code = seen.note("code", self.mailed(to, after, |m| m.code.clone()).await);
        seen.note("code", code.replace('-', ""));
        code
    }

    fn session(&self, seen: &mut Canaries, b: &Browser) {
        for cookie in b.cookies().split("; ") {
            let (name, value) = cookie.split_once('=').unwrap();
            if value.len() >= 16 {
                seen.note(&format!("cookie {name}"), value);
            }
        }
    }

    /// Every kind of secret, said once at least, in what works and in what fails.
    async fn walk(&self) -> Canaries {
        let mut seen = Canaries::default();
        for (what, value) in [
            ("password", PASSWORD),
            ("password", SECOND_PASSWORD),
            ("wrong password", WRONG_PASSWORD),
            ("verifier", VERIFIER),
            ("secret", APPLICATION_SECRET),
            ("secret", "rehearsal-secret"),
        ] {
            seen.note(what, value);
        }
        // A sign-up, a wrong password, a wrong code.
        let v = self.browser();
        let page = v
            .post(
                "/fn/signup",
                &[
                    ("email", "canary.vera@example.test"),
                    ("name", "Canary Vera"),
                    ("password", PASSWORD),
                ],
            )
            .await;
        let code = self.code(&mut seen, "canary.vera@example.test", 0).await;
        v.code(&page, "ZZZZ-ZZZZ").await;
        assert_eq!(v.code(&page, &code).await.path(), "/account");
        self.session(&mut seen, &v);
        self.browser().password("canary.vera@example.test", WRONG_PASSWORD).await;
        assert_eq!(
            self.browser().password("canary.vera@example.test", PASSWORD).await.path(),
            "/account"
        );
        // A provider: a code to add, a replayed answer, a broken one.
        let b = self.browser();
        let started = b.start("atlas").await;
        seen.address("start", &started);
        let callback = b.at_provider(&started, "canary-a-vera").await;
        seen.address("callback", &callback);
        let chooser = b.get(&callback).await;
        let sent = self.mailbox.to("canary.vera@example.test").len();
        let page = b.pick(&chooser, "add_to_existing").await;
        let code = self.code(&mut seen, "canary.vera@example.test", sent).await;
        assert_eq!(b.code(&page, &code).await.path(), "/account", "{}", page.body);
        self.session(&mut seen, &b);
        b.get(&callback).await;
        for knobs in [
            Knobs { sign: "wrong_key".into(), ..Knobs::default() },
            Knobs { down: true, ..Knobs::default() },
            Knobs { error: Some("access_denied".into()), ..Knobs::default() },
        ] {
            self.atlas.set(knobs);
            let failing = self.browser();
            let started = failing.start("atlas").await;
            let callback = failing.at_provider(&started, "canary-a-vera").await;
            seen.address("failing", &callback);
            assert!(failing.get(&callback).await.status >= 400);
        }
        self.atlas.set(Knobs::default());
        // Another address at the provider is ignored for good.
        self.meridian.set(Knobs::default());
        let m = self.browser();
        assert_eq!(m.sign_in("meridian", "canary-m-ben").await.path(), "/account");
        self.meridian.set(Knobs {
            id_token: json!({"email": "canary.ignored@example.test"}),
            ..Knobs::default()
        });
        let page = m.sign_in("meridian", "canary-m-ben").await;
        assert!(page.path().ends_with("/email"), "{} {}", page.url, page.body);
        assert_eq!(
            m.post("/fn/attempt/email", &[("attempt", &page.attempt()), ("pick", "ignore")])
                .await
                .path(),
            "/account"
        );
        // A second factor, and its recovery codes.
        let page = v.post("/fn/account/second-factor/begin", &[]).await;
        let key = page
            .body
            .split("<code class=\"secret\">")
            .nth(1)
            .unwrap()
            .split('<')
            .next()
            .unwrap()
            .replace(' ', "");
        seen.note("second factor", &key);
        let totp = totp_rs::Builder::new()
            .with_secret(totp_rs::Secret::try_from_base32(key).unwrap())
            .build()
            .unwrap();
        let now = u64::try_from(server::serve::system_clock()() / 1_000_000).unwrap();
        let on = v
            .post("/fn/account/second-factor/on", &[("code", &totp.generate(now).to_string())])
            .await;
        assert!(on.has("The second factor is on"), "{}", on.body);
        for code in on.body.split("<li><code>").skip(1).map(|r| r.split('<').next().unwrap()) {
            seen.note("recovery code", code);
        }
        // A notice whose link is opened, and used.
        let notice = self
            .mailed("canary.vera@example.test", 0, |m| {
                m.text.split_whitespace().find(|t| t.contains("/undo/")).map(str::to_owned)
            })
            .await;
        let secret = notice.rsplit('/').next().unwrap().to_owned();
        seen.note("undo", &secret);
        assert_eq!(self.browser().get(&format!("/undo/{secret}")).await.status, 200);
        self.browser().post("/fn/undo", &[("secret", &secret)]).await;
        // An application: code, tokens, what is refused.
        let page = m
            .send(m.request(Method::GET, "/authorize").query(&[
                ("response_type", "code"),
                ("client_id", "canary"),
                ("redirect_uri", "http://127.0.0.1:9/back"),
                ("scope", "openid profile offline_access"),
                ("state", "canary-state-of-the-application"),
                ("nonce", "canary-nonce-of-the-application"),
                ("code_challenge", CHALLENGE),
                ("code_challenge_method", "S256"),
            ]))
            .await;
        seen.note("state", "canary-state-of-the-application");
        seen.note("nonce", "canary-nonce-of-the-application");
        let location = page.header("location");
        assert!(location.starts_with("http://127.0.0.1:9/back?"), "{location} {}", page.body);
        seen.address("application", &location);
        let code = url::Url::parse(&location)
            .unwrap()
            .query_pairs()
            .find(|(n, _)| n == "code")
            .unwrap()
            .1
            .into_owned();
        let programs = crate::world::client(&self.url).build().unwrap();
        let trade = |form: Vec<(&'static str, String)>| {
            let request = programs
                .post(format!("{}/token", self.url))
                .basic_auth("canary", Some(APPLICATION_SECRET))
                .form(&form);
            async move {
                let answer = request.send().await.unwrap();
                (answer.status().as_u16(), answer.json::<Value>().await.unwrap())
            }
        };
        let form = vec![
            ("grant_type", "authorization_code".to_owned()),
            ("code", code),
            ("redirect_uri", "http://127.0.0.1:9/back".to_owned()),
            ("code_verifier", VERIFIER.to_owned()),
        ];
        let (status, tokens) = trade(form.clone()).await;
        assert_eq!(status, 200, "{tokens}");
        for name in ["access_token", "refresh_token", "id_token"] {
            seen.note(name, tokens[name].as_str().unwrap());
        }
        let userinfo = programs
            .get(format!("{}/userinfo", self.url))
            .bearer_auth(tokens["access_token"].as_str().unwrap())
            .send()
            .await
            .unwrap();
        assert_eq!(userinfo.status(), 200);
        let (status, fresh) = trade(vec![
            ("grant_type", "refresh_token".to_owned()),
            ("refresh_token", tokens["refresh_token"].as_str().unwrap().to_owned()),
        ])
        .await;
        assert_eq!(status, 200, "{fresh}");
        seen.note("refresh_token", fresh["refresh_token"].as_str().unwrap());
        assert_eq!(trade(form).await.0, 400, "a code works once");
        // The password is forgotten, and set anew.
        let r = self.browser();
        let sent = self.mailbox.to("canary.vera@example.test").len();
        let page = r.post("/fn/reset/ask", &[("email", "canary.vera@example.test")]).await;
        let code = self.code(&mut seen, "canary.vera@example.test", sent).await;
        r.post(
            "/fn/reset/set",
            &[("attempt", &page.attempt()), ("code", &code), ("password", SECOND_PASSWORD)],
        )
        .await;
        self.session(&mut seen, &r);
        let issued: Vec<String> =
            [self.meridian, self.atlas].into_iter().flat_map(Provider::issued).collect();
        assert!(issued.len() >= 4, "providers gave tokens out: {}", issued.len());
        for token in issued {
            seen.note("a provider's token", token);
        }
        seen
    }
}

fn people() -> [Vec<Person>; 2] {
    let one = |sub: &str, email: &str| Person {
        sub: sub.into(),
        claims: json!({"name": "Canary Person", "email": email, "email_verified": true}),
    };
    [
        vec![one("canary-m-ben", "canary.ben@example.test")],
        vec![one("canary-a-vera", "canary.vera@example.test")],
    ]
}

fn seed(meridian: &Provider, atlas: &Provider) -> Value {
    let provider = |key: &str, at: &Provider| json!({"key": key, "name": key, "secret": "rehearsal-secret", "verified_counts": true, "settings": {"kind": "oidc", "issuer": at.issuer, "client_id": "ligature"}});
    json!({
        "preset": "goss",
        "providers": [provider("meridian", meridian), provider("atlas", atlas)],
        "applications": [{"client_id": "canary", "name": "Canary", "secret": APPLICATION_SECRET, "redirect_uris": ["http://127.0.0.1:9/back"]}],
    })
}

/// The binary, until it is dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Shows GD-02: the whole walk, works and failures, against the real binary with its log at `trace` in both formats; then every
/// secret, address and identity that was said is looked for in what it logged.
#[tokio::test(flavor = "multi_thread")]
async fn gd_02_no_secret_and_no_address_is_in_the_log_even_at_trace() {
    for format in ["text", "json"] {
        let dir = tempfile::tempdir().unwrap();
        let [m, a] = people();
        let (meridian, atlas, mailbox) = (
            Provider::serve(0, "Meridian", m).await.unwrap(),
            Provider::serve(0, "Atlas", a).await.unwrap(),
            Mailbox::serve(0).await.unwrap(),
        );
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let url = format!("http://{free}");
        let log = dir.path().join("log");
        let ligature = |arguments: &[&str]| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_ligature"));
            let log = std::fs::OpenOptions::new().create(true).append(true).open(&log).unwrap();
            command
                .args(arguments)
                .current_dir(dir.path())
                .env_remove("LIGATURE_CONFIG")
                .env("RUST_BACKTRACE", "1");
            for (name, value) in [
                ("LOG__LEVEL", "trace"),
                ("LOG__FORMAT", format),
                ("DEMO", "true"),
                ("LIMITS__HASH_KIB", "1024"),
                ("LIMITS__REQUESTS_PER_SECOND", "10000"),
                ("LIMITS__BURST", "10000"),
                ("LIMITS__MAILS_AN_HOUR", "100"),
                ("LIMITS__CODES_A_DAY", "100"),
                ("HTTP_CLIENT__ALLOW_PRIVATE", "true"),
                ("MAIL__SMTP_URL", mailbox.smtp.as_str()),
                ("SERVER__LISTEN", &free.to_string()),
                ("SERVER__PUBLIC_URL", &url),
            ] {
                command.env(format!("LIGATURE__{name}"), value);
            }
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
            command
        };
        assert!(ligature(&["init"]).status().unwrap().success());
        std::fs::write(dir.path().join("seed.json"), seed(&meridian, &atlas).to_string()).unwrap();
        assert!(ligature(&["seed", "seed.json"]).status().unwrap().success());
        let running = Running(ligature(&["serve"]).spawn().unwrap());
        let place =
            Place { url: url.clone(), mailbox: &mailbox, meridian: &meridian, atlas: &atlas };
        let mut ready = false;
        for _ in 0..500 {
            ready = crate::world::client(&url)
                .build()
                .unwrap()
                .get(format!("{url}/readyz"))
                .send()
                .await
                .is_ok_and(|r| r.status() == 200);
            if ready {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert!(ready, "{}", std::fs::read_to_string(&log).unwrap());
        let mut seen = place.walk().await;
        drop(running);
        for (what, value) in [
            ("address", "canary.vera"),
            ("address", "canary.ben"),
            ("address", "canary.ignored"),
            ("subject", "canary-a-vera"),
            ("subject", "canary-m-ben"),
            ("name", "Canary Vera"),
            ("name", "Canary Person"),
        ] {
            seen.note(what, value);
        }
        let logged = std::fs::read_to_string(&log).unwrap();
        // It really was talkative: each request with its route, and what the libraries say.
        for expected in ["TRACE", "DEBUG", "/fn/attempt/code", "/callback/", "/undo/", "/token"] {
            assert!(
                logged.contains(expected),
                "{format}: {expected} is not logged: the test would see nothing"
            );
        }
        assert!(seen.0.len() > 50, "{}", seen.0.len());
        let found: Vec<String> = seen
            .0
            .iter()
            .filter(|(_, value)| logged.contains(value.as_str()))
            .map(|(what, value)| {
                let line = logged.lines().find(|l| l.contains(value.as_str())).unwrap();
                format!("{what} ({value}): {}", line.chars().take(400).collect::<String>())
            })
            .collect();
        assert!(found.is_empty(), "{format}:\n{}", found.join("\n"));
    }
}

/// Everything that the database holds, as somebody who took it would see it.
async fn dump(w: &World) -> Vec<u8> {
    if w.database.starts_with("sqlite://") {
        let file = w.database.trim_start_matches("sqlite://");
        let mut all = Vec::new();
        // The file, its log, and a compact copy: what was deleted may stand in the first two.
        let copy = format!("{file}.copy");
        w.ligature().store.backup_to(copy.as_ref(), 1).await.unwrap();
        for part in [file.to_owned(), format!("{file}-wal"), copy] {
            all.extend(std::fs::read(part).unwrap_or_default());
        }
        all
    } else {
        let dumped = Command::new("pg_dump").args(["--no-owner", &w.database]).output().unwrap();
        assert!(dumped.status.success(), "{}", String::from_utf8_lossy(&dumped.stderr));
        dumped.stdout
    }
}

/// Shows GD-05, OC-18: after the whole walk nothing in the database is worth anything by itself: no password, code, token, a provider's tokens included, cookie or
/// key, neither as it was said nor as the bytes that it stands for, and the ignored address is a hash.
#[tokio::test(flavor = "multi_thread")]
async fn gd_05_a_dump_of_the_database_holds_no_secret_in_clear() {
    use base64::Engine;
    let w = World::new("goss").await;
    for (at, people) in [&w.meridian, &w.atlas].into_iter().zip(people()) {
        for person in people {
            at.person(&person.sub, person.claims);
        }
    }
    w.apply(seed(&w.meridian, &w.atlas)).await;
    let place = Place { url: w.url(), mailbox: &w.mailbox, meridian: &w.meridian, atlas: &w.atlas };
    let mut seen = place.walk().await;
    seen.note("ignored", "canary.ignored");
    let key = w.key.lines().next().unwrap().rsplit(':').next().unwrap().to_owned();
    seen.note("master key", key);
    let dumped = dump(&w).await;
    let bytewise = |bytes: &[u8]| bytes.iter().map(|b| char::from(*b)).collect::<String>();
    let dumped = bytewise(&dumped);
    // The dump is the database: what is meant to be there is.
    assert!(dumped.contains("canary.vera@example.test") && dumped.contains("canary-a-vera"));
    let mut found = Vec::new();
    // What an application sends along of its own is no secret of ours.
    for (what, value) in seen.0.iter().filter(|(_, value)| !value.starts_with("canary-")) {
        let stands_for = base64::engine::general_purpose::URL_SAFE_NO_PAD
            .decode(value)
            .ok()
            .filter(|b| b.len() >= 16);
        let hex =
            stands_for.as_ref().map(|b| b.iter().map(|x| format!("{x:02x}")).collect::<String>());
        if [Some(value.clone()), stands_for.map(|b| bytewise(&b)), hex]
            .into_iter()
            .flatten()
            .any(|form| dumped.contains(&form))
        {
            found.push(format!("{what}: {value}"));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Shows RB-12: the copy is taken while people sign up and in; while they go on, `doctor` finds nothing in the copy, and a server
/// that is opened on it lets everybody in who was there.
#[tokio::test(flavor = "multi_thread")]
async fn rb_12_a_backup_under_load_passes_doctor_and_opens() {
    let w = Arc::new(World::new("goss").await);
    if w.ligature().store.is_postgres() {
        assert!(
            w.ligature().store.backup_to("x".as_ref(), 1).await.is_err(),
            "PostgreSQL has its own tools"
        );
        return;
    }
    w.sign_up("vera@example.test").await;
    let (over, done, failed) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicU64::new(0)),
        Arc::new(AtomicU64::new(0)),
    );
    let load: Vec<_> = (0..6)
        .map(|n| {
            let (w, over, done, failed) = (w.clone(), over.clone(), done.clone(), failed.clone());
            tokio::spawn(async move {
                let mut round = 0_u32;
                while !over.load(Ordering::SeqCst) {
                    let (who, b) = (format!("m-load-{n}-{round}"), w.browser());
                    w.meridian.person(&who, json!({"name": who, "email": format!("{who}@example.test"), "email_verified": true}));
                    let signed_in = b.sign_in("meridian", &who).await.path() == "/account" && b.add("harbour", "h-1").await.status != 503;
                    let counter = if signed_in { &done } else { &failed };
                    counter.fetch_add(1, Ordering::SeqCst);
                    round += 1;
                }
            })
        })
        .collect();
    let after = async |n: u64| {
        for _ in 0..1500 {
            if done.load(Ordering::SeqCst) >= n {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the load stands still at {done:?}");
    };
    after(10).await;
    let file = format!("{}.copy", w.database.trim_start_matches("sqlite://"));
    let before = w.accounts().await;
    w.ligature().store.backup_to(file.as_ref(), 1).await.unwrap();
    let running = done.load(Ordering::SeqCst);
    let mut config = w.nodes[0].config.clone();
    config.database.url = format!("sqlite://{file}");
    assert!(server::serve::store(&config).unwrap().migrate().await.unwrap().is_empty());
    let copy = server::serve::ligature(
        &config,
        &service::MasterKey::parse(&w.key).unwrap(),
        server::serve::system_clock(),
    )
    .await
    .unwrap();
    assert!(
        copy.maintenance().settle_recovery().await.unwrap().is_some(),
        "it says that it is a copy"
    );
    assert_eq!(copy.maintenance().examine().await.unwrap(), vec![]);
    let copied = storage::accounts::count_accounts(&mut copy.store.read().await.unwrap(), copy.org)
        .await
        .unwrap();
    // The load went on all the while, and the copy is of one moment of it.
    after(running + 10).await;
    over.store(true, Ordering::SeqCst);
    for task in load {
        task.await.unwrap();
    }
    assert_eq!(failed.load(Ordering::SeqCst), 0);
    assert!(before <= copied && copied <= w.accounts().await && copied > 10, "{before} {copied}");
    w.healthy().await;
    assert_eq!(copy.maintenance().examine().await.unwrap(), vec![]);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    config.server.public_url = format!("http://{}", listener.local_addr().unwrap());
    let restored = server::serve::ligature(
        &config,
        &service::MasterKey::parse(&w.key).unwrap(),
        server::serve::system_clock(),
    )
    .await
    .unwrap();
    let (router, _) = server::serve::application(
        service::admin::organisations::Organisations::new(restored),
        &config,
    )
    .await
    .unwrap();
    tokio::spawn(async move {
        axum::serve(listener, router.into_make_service_with_connect_info::<std::net::SocketAddr>())
            .await
    });
    let b = Browser::new(&config.server.public_url);
    assert_eq!(b.password("vera@example.test", PASSWORD).await.path(), "/account");
}

/// Shows AD-02: a secret goes in and never comes out, not on a page, in a file, in a form that comes back or in the trail; only
/// that there is one is told.
#[tokio::test(flavor = "multi_thread")]
async fn ad_02_secrets_of_providers_and_applications_are_written_and_never_read() {
    const PROVIDER: &str = "write-only-secret-of-the-provider";
    const DIRECTORY: &str = "write-only-secret-of-the-directory";
    const APPLICATION: &str = "write-only-secret-of-the-application";
    const TYPED: &str = "write-only-secret-that-was-not-saved";
    let w = World::new("recommended").await;
    w.apply(json!({
        "providers": [
            {"key": "kept", "name": "Kept", "secret": PROVIDER, "settings": {"kind": "oidc", "issuer": w.meridian.issuer, "client_id": "c"}},
            {"key": "ldap", "name": "Directory", "secret": DIRECTORY, "settings": {"kind": "ldap", "servers": ["ldaps://dc1.example.test"], "bind_dn": "cn=reader", "base_dn": "dc=example", "login_filter": "(uid={login})", "subject_attribute": "entryUUID"}},
        ],
        "applications": [{"client_id": "kept", "name": "Kept", "secret": APPLICATION, "redirect_uris": ["https://rp.example.test/cb"]}],
    }))
    .await;
    let owner = w.owner().await;
    // A form that cannot be saved comes back without it, and with the rest.
    let form = [("form[key]", "kept"), ("form[name]", ""), ("form[secret]", TYPED)];
    let mut pages = vec![owner.post("/fn/admin/provider", &form).await];
    assert!(pages[0].has("id=\"name\""), "{}", pages[0].body);
    for path in [
        "/admin",
        "/admin/providers",
        "/admin/providers/kept",
        "/admin/providers/ldap",
        "/admin/applications",
        "/admin/applications/kept",
        "/admin/policy",
        "/admin/policy/document",
        "/admin/policy/effective",
        "/admin/accounts",
        "/admin/organisations",
        "/admin/brand",
        "/admin/audit",
        "/account",
        "/account/activity",
        "/login",
        "/.well-known/openid-configuration",
    ] {
        pages.push(owner.get(path).await);
    }
    for key in ["kept", "ldap"] {
        let page = owner.get(&format!("/admin/providers/{key}")).await;
        assert!(page.has("A secret is stored"), "{}", page.body);
    }
    pages.push(owner.post("/fn/admin/provider/test", &[("form[key]", "kept")]).await);
    pages.push(owner.post("/fn/account/export", &[]).await);
    let master = w.key.lines().next().unwrap().rsplit(':').next().unwrap().to_owned();
    for page in pages {
        assert!(page.status < 500, "{} {}", page.url, page.status);
        for secret in [PROVIDER, DIRECTORY, APPLICATION, TYPED, master.as_str()] {
            assert!(!page.body.contains(secret), "{}: {secret}", page.url);
        }
    }
    let audit = owner.get("/admin/audit").await;
    assert!(audit.has("Provider created"), "what was done is told");
}
