//! Speed and size of the release binary against the rehearsal provider: printed, never judged. Started by `cargo xtask bench`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::print_stdout,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a bench may panic, and prints"
)]

#[path = "parts/bare.rs"]
mod bare;

use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use domain::{AccountId, linking::facts::AccountState};
use rehearsal::provider::{Person, Provider};
use serde_json::json;
use storage::Store;

const ACCOUNTS: u64 = 100_000;
/// For look-ups.
const MANY: u64 = 1_000_000;
const PEOPLE: usize = 200;

struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Milliseconds of CPU that a process, and what it waited for, used.
fn cpu(pid: u32, with_children: bool) -> f64 {
    let read = |pid: u32| {
        let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let fields: Vec<f64> = text
            .rsplit(')')
            .next()
            .unwrap_or_default()
            .split_whitespace()
            .map(|f| f.parse().unwrap_or(0.0))
            .collect();
        if fields.len() < 16 {
            0.0
        } else {
            (fields[11] + fields[12] + if with_children { fields[13] + fields[14] } else { 0.0 })
                * 10.0
        }
    };
    let children = || {
        std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"))
            .unwrap_or_default()
            .split_whitespace()
            .filter_map(|c| c.parse().ok())
            .map(read)
            .sum::<f64>()
    };
    read(pid) + if with_children { children() } else { 0.0 }
}

fn rss_mib(pid: u32) -> f64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    text.lines()
        .find_map(|l| l.strip_prefix("VmRSS:"))
        .and_then(|l| l.split_whitespace().next())
        .and_then(|n| n.parse::<f64>().ok())
        .unwrap_or(0.0)
        / 1024.0
}

fn percentile(sorted: &[f64], p: f64) -> f64 {
    sorted.get(((sorted.len() as f64 - 1.0) * p) as usize).copied().unwrap_or(0.0)
}

/// Accounts `from..to` with an address and an identity each, made by the database itself.
async fn fill(
    url: &str,
    issuer: &str,
    org: domain::OrgId,
    provider: domain::ProviderId,
    (from, to): (u64, u64),
) {
    let hex = |id: [u8; 16]| format!("{:032x}", u128::from_be_bytes(id));
    let postgres = !url.starts_with("sqlite://");
    let blob =
        |id| if postgres { format!("'\\x{}'::bytea", hex(id)) } else { format!("x'{}'", hex(id)) };
    let id = |kind: u64| {
        if postgres {
            format!("decode('{kind:016x}' || lpad(to_hex(i + 1), 16, '0'), 'hex')")
        } else {
            format!("unhex(printf('{kind:016x}%016x', i + 1))")
        }
    };
    let series = if postgres {
        format!("generate_series({from}, {to} - 1) AS s(i)")
    } else {
        format!(
            "(WITH RECURSIVE s(i) AS (SELECT {from} UNION ALL SELECT i + 1 FROM s WHERE i < {to} - 1) SELECT i FROM s)"
        )
    };
    let (org, provider) = (blob(org.0), blob(provider.0));
    let claims = if postgres { "'\\x00'::bytea" } else { "x'00'" };
    let statements = [
        format!(
            "INSERT INTO account (id, organisation_id, state, rev, name, locale, profile, created_at) SELECT {}, {org}, 'active', 1, 'Bench', 'en', '{{}}', 1 FROM {series}",
            id(1)
        ),
        format!(
            "INSERT INTO account_subject (sub, organisation_id, account_id, sector) SELECT 'bench-' || i, {org}, {}, '' FROM {series}",
            id(1)
        ),
        format!(
            "INSERT INTO account_email (id, organisation_id, account_id, canonical, typed, proof, owner, is_primary, created_at) SELECT {}, {org}, {}, 'p' || i || '@bench.test', 'p' || i || '@bench.test', 'code', true, true, 1 FROM {series}",
            id(2),
            id(1)
        ),
        format!(
            "INSERT INTO link (id, organisation_id, account_id, provider_id, namespace, subject, claims, evidence, label, active, barred, created_at, used_at) SELECT {}, {org}, {}, {provider}, 'oidc:{issuer}', 's-' || i, {claims}, '{{}}', '', true, false, 1, 1 FROM {series}",
            id(3),
            id(1)
        ),
    ];
    if let Some(path) = url.strip_prefix("sqlite://") {
        use diesel::{Connection, connection::SimpleConnection};
        let mut conn = diesel::SqliteConnection::establish(path).unwrap();
        conn.batch_execute("PRAGMA busy_timeout=5000; PRAGMA cache_size=-262144; BEGIN").unwrap();
        statements.iter().for_each(|s| conn.batch_execute(s).unwrap());
        conn.batch_execute("COMMIT; ANALYZE").unwrap();
    } else {
        use diesel_async::{AsyncConnection, SimpleAsyncConnection};
        let mut conn = diesel_async::AsyncPgConnection::establish(url).await.unwrap();
        for statement in statements.iter().map(String::as_str).chain(["ANALYZE"]) {
            conn.batch_execute(statement).await.unwrap();
        }
    }
}

struct Flow {
    base: String,
    next: AtomicUsize,
}

impl Flow {
    fn client(&self) -> reqwest::Client {
        reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .cookie_store(true)
            .no_proxy()
            .build()
            .unwrap()
    }

    /// Start, provider, callback, one authenticated page.
    async fn sign_in(&self) -> reqwest::Client {
        let client = self.client();
        let who = self.next.fetch_add(1, Ordering::Relaxed) % PEOPLE;
        let place = |r: &reqwest::Response| r.headers()["location"].to_str().unwrap().to_owned();
        let started = client
            .post(format!("{}/fn/signin/provider", self.base))
            .header("origin", &self.base)
            .form(&[("provider", "bench"), ("entry", "")])
            .send()
            .await
            .unwrap();
        let back = client.get(format!("{}&_who=s-{who}", place(&started))).send().await.unwrap();
        let done = client.get(place(&back)).send().await.unwrap();
        assert_eq!(place(&done), "/account");
        let page = client.get(format!("{}/account/sessions", self.base)).send().await.unwrap();
        assert_eq!(page.status(), 200);
        client
    }
}

async fn run(name: &str, url: &str, database_pid: Option<u32>) {
    println!("\n## {name}");
    let dir = tempfile::tempdir().unwrap();
    let people = (0..PEOPLE)
        .map(|n| Person {
            sub: format!("s-{n}"),
            claims: json!({"email": format!("p{n}@bench.test"), "email_verified": true}),
        })
        .collect();
    let provider = Provider::serve(0, "Bench", people).await.unwrap();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let base = format!("http://127.0.0.1:{port}");
    let url = if url.is_empty() {
        format!("sqlite://{}/bench.db", dir.path().display())
    } else {
        url.to_owned()
    };
    let ligature = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ligature"));
        command
            .args(arguments)
            .current_dir(dir.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit());
        for (key, value) in [
            ("SERVER__PUBLIC_URL", base.as_str()),
            ("SERVER__LISTEN", &format!("127.0.0.1:{port}")),
            ("DATABASE__URL", &url),
            ("HTTP_CLIENT__ALLOW_PRIVATE", "true"),
            ("LIMITS__REQUESTS_PER_SECOND", "1000000"),
            ("LIMITS__BURST", "1000000"),
            ("LIMITS__WRONG_PASSWORDS", "1000000"),
            ("LOG__LEVEL", "error"),
        ] {
            command.env(format!("LIGATURE__{key}"), value);
        }
        command
    };
    assert!(ligature(&["init"]).stdout(Stdio::null()).status().unwrap().success());
    std::fs::write(
        dir.path().join("seed.json"),
        json!({
            "preset": "goss",
            "providers": [{"key": "bench", "name": "Bench", "secret": "rehearsal-secret", "settings": {"kind": "oidc", "issuer": provider.issuer, "client_id": "ligature"}}],
            "applications": [{"client_id": "rp", "name": "RP", "secret": "rp-secret", "redirect_uris": [CALLBACK], "settings": {"pkce_optional": true, "grants": ["authorization_code", "refresh_token", "client_credentials"], "own_scopes": ["a"]}}],
        })
        .to_string(),
    )
    .unwrap();
    assert!(ligature(&["seed", "seed.json"]).stdout(Stdio::null()).status().unwrap().success());
    let store = Store::open(&url, 2, Duration::from_secs(5)).unwrap();
    let org = storage::policy::organisations::find_organisation(
        &mut store.read().await.unwrap(),
        "default",
    )
    .await
    .unwrap()
    .unwrap();
    let row =
        storage::policy::providers::find_provider(&mut store.read().await.unwrap(), org, "bench")
            .await
            .unwrap()
            .unwrap();
    let filled = Instant::now();
    fill(&url, &provider.issuer, org, row.id, (0, ACCOUNTS)).await;
    println!("{ACCOUNTS} accounts made in {:.1} s", filled.elapsed().as_secs_f64());

    let begun = Instant::now();
    let mut server = Server(ligature(&["serve"]).spawn().unwrap());
    let output = server.0.stdout.take().unwrap();
    std::thread::spawn(move || BufReader::new(output).lines().for_each(drop));
    let probe = reqwest::Client::builder().no_proxy().build().unwrap();
    while probe.get(format!("{base}/healthz")).send().await.is_err() {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    println!("start to first answer   {:>8.0} ms", begun.elapsed().as_secs_f64() * 1000.0);
    let pid = server.0.id();
    println!("RSS idle                {:>8.1} MiB", rss_mib(pid));

    let flow = Arc::new(Flow { base: base.clone(), next: AtomicUsize::new(0) });
    for _ in 0..20 {
        flow.sign_in().await;
    }
    println!("returning federated sign-in (start, callback, session, one authenticated page):");
    println!("  at once   a second   p50 ms   p99 ms   server CPU ms   database CPU ms");
    for (at_once, total) in [(1_usize, 200_usize), (16, 800), (64, 800)] {
        let (before, database) = (cpu(pid, false), database_pid.map_or(0.0, |p| cpu(p, true)));
        let begun = Instant::now();
        let tasks: Vec<_> = (0..at_once)
            .map(|_| {
                let flow = flow.clone();
                tokio::spawn(async move {
                    let mut times = Vec::new();
                    for _ in 0..total / at_once {
                        let one = Instant::now();
                        flow.sign_in().await;
                        times.push(one.elapsed().as_secs_f64() * 1000.0);
                    }
                    times
                })
            })
            .collect();
        let mut times = Vec::new();
        for task in tasks {
            times.extend(task.await.unwrap());
        }
        times.sort_by(f64::total_cmp);
        let n = times.len() as f64;
        let (used, by_database) =
            (cpu(pid, false) - before, database_pid.map_or(0.0, |p| cpu(p, true)) - database);
        println!(
            "  {at_once:>7} {:>10.0} {:>8.1} {:>8.1} {:>15.2} {:>17.2}",
            n / begun.elapsed().as_secs_f64(),
            percentile(&times, 0.5),
            percentile(&times, 0.99),
            used / n,
            by_database / n
        );
    }
    let signed_in = flow.sign_in().await;
    // Signed in, /login answers a redirect at once: little more than the session check.
    for (what, path, client) in [
        ("session check", "/login", &signed_in),
        ("sessions page", "/account/sessions", &signed_in),
        ("login page", "/login?stay=1", &probe),
    ] {
        let (before, n) = (cpu(pid, false), 2000);
        let begun = Instant::now();
        for _ in 0..n {
            client.get(format!("{base}{path}")).send().await.unwrap().bytes().await.unwrap();
        }
        println!(
            "{what:<40} {:>7.0} a second, {:.3} ms CPU each",
            f64::from(n) / begun.elapsed().as_secs_f64(),
            (cpu(pid, false) - before) / f64::from(n)
        );
    }
    endpoints(&flow, &signed_in, pid, &url).await;
    println!("RSS after load          {:>8.1} MiB", rss_mib(pid));
    flood(&base, &probe, pid).await;
    starts(&flow).await;
    let login = probe.get(format!("{base}/login")).send().await.unwrap().text().await.unwrap();
    let sheet =
        login.split("href=\"/assets/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let css =
        probe.get(format!("{base}/assets/{sheet}")).send().await.unwrap().bytes().await.unwrap();
    let packed = probe
        .get(format!("{base}/assets/{sheet}"))
        .header("accept-encoding", "gzip")
        .send()
        .await
        .unwrap()
        .bytes()
        .await
        .unwrap();
    println!(
        "login page {} B, style sheet {} B ({} B compressed), scripts {}",
        login.len(),
        css.len(),
        packed.len(),
        login.matches("<script").count()
    );
}

/// Nobody answers here: a redirect to it is looked at, not followed.
const CALLBACK: &str = "https://rp.example.test/cb";

/// The bare routes beside ours, on the same database.
fn bare_routes(url: &str) -> (Server, String) {
    let mut server = Server(
        Command::new(std::env::current_exe().unwrap())
            .env(bare::DATABASE, url)
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap(),
    );
    let mut line = String::new();
    BufReader::new(server.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    (server, line.trim().to_owned())
}

/// The endpoints for applications, sixteen requests at once, and the same of bare routes.
async fn endpoints(flow: &Arc<Flow>, signed_in: &reqwest::Client, pid: u32, url: &str) {
    let base = &flow.base;
    let (bare, bare_base) = bare_routes(url);
    let bare_pid = bare.0.id();
    let plain = flow.client();
    let authorize = format!(
        "{base}/authorize?response_type=code&client_id=rp&scope=openid+email+offline_access&redirect_uri={CALLBACK}"
    );
    let code = || async {
        let back = signed_in.get(&authorize).send().await.unwrap().headers()["location"]
            .to_str()
            .unwrap()
            .to_owned();
        back.split("code=").nth(1).unwrap().split('&').next().unwrap().to_owned()
    };
    let trade = |form: Vec<(&'static str, String)>| {
        let request =
            plain.post(format!("{base}/token")).basic_auth("rp", Some("rp-secret")).form(&form);
        async move {
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status(), 200);
            answer.json::<serde_json::Value>().await.unwrap()
        }
    };
    let by_code = |code: String| {
        vec![
            ("grant_type", "authorization_code".to_owned()),
            ("code", code),
            ("redirect_uri", CALLBACK.to_owned()),
        ]
    };
    let access = trade(by_code(code().await)).await["access_token"].as_str().unwrap().to_owned();
    // A second, and milliseconds of CPU each.
    let rate = |n: u32, begun: Instant, pid: u32, before: f64| {
        (f64::from(n) / begun.elapsed().as_secs_f64(), (cpu(pid, false) - before) / f64::from(n))
    };
    let beside = |what: &str, (ours, cost): (f64, f64), (theirs, theirs_cost): (f64, f64)| {
        println!(
            "{what:<40} {ours:>7.0} a second, {cost:.3} ms CPU each; bare route {theirs:.0}, {theirs_cost:.3}: {:.0} %",
            100.0 * ours / theirs
        );
    };
    type Ask<'a> = Box<dyn Fn(&str) -> reqwest::RequestBuilder + 'a>;
    let asks: [(&str, Ask<'_>); 3] = [
        ("userinfo", Box::new(|base| plain.get(format!("{base}/userinfo")).bearer_auth(&access))),
        (
            "introspection",
            Box::new(|base| {
                plain
                    .post(format!("{base}/introspect"))
                    .basic_auth("rp", Some("rp-secret"))
                    .form(&[("token", access.as_str())])
            }),
        ),
        (
            "token by own credentials",
            Box::new(|base| {
                plain
                    .post(format!("{base}/token"))
                    .basic_auth("rp", Some("rp-secret"))
                    .form(&[("grant_type", "client_credentials")])
            }),
        ),
    ];
    for (what, request) in asks {
        let mut found = Vec::new();
        for (base, pid) in [(base.as_str(), pid), (bare_base.as_str(), bare_pid)] {
            let (begun, before, rounds) = (Instant::now(), cpu(pid, false), 125_u32);
            for _ in 0..rounds {
                let all: Vec<_> = (0..16).map(|_| tokio::spawn(request(base).send())).collect();
                for one in all {
                    assert_eq!(one.await.unwrap().unwrap().status(), 200);
                }
            }
            found.push(rate(rounds * 16, begun, pid, before));
        }
        beside(what, found[0], found[1]);
    }
    let (begun, before, n) = (Instant::now(), cpu(pid, false), 500_u32);
    for _ in 0..n {
        trade(by_code(code().await)).await;
    }
    let (ours, cost) = rate(n, begun, pid, before);
    println!(
        "{:<40} {ours:>7.0} a second, {cost:.3} ms CPU each",
        "application: code, tokens with RS256"
    );
    let mut refresh =
        trade(by_code(code().await)).await["refresh_token"].as_str().unwrap().to_owned();
    let mut found = Vec::new();
    for (base, pid) in [(base.as_str(), pid), (bare_base.as_str(), bare_pid)] {
        let (begun, before) = (Instant::now(), cpu(pid, false));
        for _ in 0..n {
            let form = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
            let answer = plain
                .post(format!("{base}/token"))
                .basic_auth("rp", Some("rp-secret"))
                .form(&form)
                .send()
                .await
                .unwrap();
            assert_eq!(answer.status(), 200);
            let answer: serde_json::Value = answer.json().await.unwrap();
            refresh = answer["refresh_token"].as_str().unwrap().to_owned();
        }
        found.push(rate(n, begun, pid, before));
    }
    beside("refresh with RS256", found[0], found[1]);
    round_trips(flow, pid).await;
}

/// From the application's request by way of the provider back to the application, and its tokens: nobody is signed in.
async fn round_trips(flow: &Arc<Flow>, pid: u32) {
    let place = |r: &reqwest::Response| r.headers()["location"].to_str().unwrap().to_owned();
    let (begun, before, n) = (Instant::now(), cpu(pid, false), 300_u32);
    for _ in 0..n {
        let (client, who) = (flow.client(), flow.next.fetch_add(1, Ordering::Relaxed) % PEOPLE);
        let base = &flow.base;
        let authorize = format!(
            "{base}/authorize?response_type=code&client_id=rp&scope=openid+email&redirect_uri={CALLBACK}"
        );
        let login = place(&client.get(authorize).send().await.unwrap());
        client.get(format!("{base}{login}")).send().await.unwrap().bytes().await.unwrap();
        let entry = login.split("entry=").nth(1).unwrap().to_owned();
        let started = client
            .post(format!("{base}/fn/signin/provider"))
            .header("origin", base)
            .form(&[("provider", "bench"), ("entry", &entry)])
            .send()
            .await
            .unwrap();
        let back = client.get(format!("{}&_who=s-{who}", place(&started))).send().await.unwrap();
        let done = place(&client.get(place(&back)).send().await.unwrap());
        let code = done
            .split("code=")
            .nth(1)
            .unwrap_or_else(|| panic!("{done}"))
            .split('&')
            .next()
            .unwrap()
            .to_owned();
        let tokens = client
            .post(format!("{base}/token"))
            .basic_auth("rp", Some("rp-secret"))
            .form(&[
                ("grant_type", "authorization_code"),
                ("code", &code),
                ("redirect_uri", CALLBACK),
            ])
            .send()
            .await
            .unwrap();
        assert_eq!(tokens.status(), 200);
    }
    println!(
        "{:<40} {:>7.0} a second, {:.3} ms CPU each",
        "application, provider, and back",
        f64::from(n) / begun.elapsed().as_secs_f64(),
        (cpu(pid, false) - before) / f64::from(n)
    );
}

/// RL-09: 200 password sign-ins at once, and what the other pages and the memory make of it.
async fn flood(base: &str, probe: &reqwest::Client, pid: u32) {
    let at_once: Vec<_> = (0..200)
        .map(|n| {
            let (url, origin, client) = (
                format!("{base}/fn/signin/password"),
                base.to_owned(),
                reqwest::Client::builder()
                    .redirect(reqwest::redirect::Policy::none())
                    .no_proxy()
                    .build()
                    .unwrap(),
            );
            tokio::spawn(async move {
                let form = [
                    ("email", format!("flood-{n}@bench.test")),
                    ("password", "some wrong password".to_owned()),
                ];
                let answer =
                    client.post(url).header("origin", origin).form(&form).send().await.unwrap();
                answer.headers()["location"].to_str().unwrap().contains("server.busy")
            })
        })
        .collect();
    let (mut times, mut peak) = (Vec::new(), 0.0_f64);
    while times.len() < 20 || !at_once.iter().all(tokio::task::JoinHandle::is_finished) {
        let one = Instant::now();
        probe.get(format!("{base}/login?stay=1")).send().await.unwrap().bytes().await.unwrap();
        times.push(one.elapsed().as_secs_f64() * 1000.0);
        peak = peak.max(rss_mib(pid));
    }
    let mut busy = 0;
    for task in at_once {
        busy += usize::from(task.await.unwrap());
    }
    times.sort_by(f64::total_cmp);
    println!(
        "200 password sign-ins at once: {busy} told to wait, login page p50 {:.1} ms, p99 {:.1} ms, RSS {peak:.0} MiB",
        percentile(&times, 0.5),
        percentile(&times, 0.99)
    );
}

/// RL-10: 500 starts a second that nobody finishes, and what sign-ins beside them make of it.
async fn starts(flow: &Arc<Flow>) {
    let alone = p99(flow).await;
    let (stop, flooding) =
        (Arc::new(std::sync::atomic::AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let task = {
        let (flow, stop, flooding) = (flow.clone(), stop.clone(), flooding.clone());
        tokio::spawn(async move {
            let client = reqwest::Client::builder()
                .redirect(reqwest::redirect::Policy::none())
                .no_proxy()
                .build()
                .unwrap();
            let mut beat = tokio::time::interval(Duration::from_millis(2));
            while !stop.load(Ordering::Relaxed) {
                beat.tick().await;
                let request = client
                    .post(format!("{}/fn/signin/provider", flow.base))
                    .header("origin", &flow.base)
                    .form(&[("provider", "bench"), ("entry", "")]);
                let flooding = flooding.clone();
                tokio::spawn(async move {
                    assert_eq!(request.send().await.unwrap().status(), 303);
                    flooding.fetch_add(1, Ordering::Relaxed);
                });
            }
        })
    };
    let (begun, beside) = (Instant::now(), p99(flow).await);
    let rate = flooding.load(Ordering::Relaxed) as f64 / begun.elapsed().as_secs_f64();
    stop.store(true, Ordering::Relaxed);
    task.await.unwrap();
    println!("sign-in beside {rate:.0} starts a second: p99 {beside:.1} ms, alone {alone:.1} ms");
}

/// The 99th percentile of 300 sign-ins one after another, in milliseconds.
async fn p99(flow: &Flow) -> f64 {
    let mut times = Vec::new();
    for _ in 0..300 {
        let one = Instant::now();
        flow.sign_in().await;
        times.push(one.elapsed().as_secs_f64() * 1000.0);
    }
    times.sort_by(f64::total_cmp);
    percentile(&times, 0.99)
}

fn decision() {
    use domain::{
        Facts, Policy, ProviderId, Trust, decide,
        linking::facts::{Candidate, Intent, ProviderFacts, RuleFacts, RuleState},
        policy::preset,
    };
    let mut document = preset("recommended").unwrap();
    let rules = document.choices.rules.as_mut().unwrap();
    while rules.len() < 10 {
        let mut more = rules[0].clone();
        more.id = format!("email-{}", rules.len());
        rules.insert(0, more);
    }
    let policy = Policy::merge(1, &[&document]);
    let candidate = |n: u8| Candidate {
        account: AccountId([n; 16]),
        rule: "email".into(),
        state: AccountState::Active,
        owner: n == 1,
        verified: true,
        administrator: false,
        methods: 2,
        target_methods: 2,
        of_this_provider: 0,
        barred: false,
        released: false,
        same_email: false,
        foreign_domain: false,
        mailbox: true,
        second_factor: false,
        contested: false,
    };
    let rules = policy
        .choices
        .rules
        .iter()
        .map(|r| RuleFacts { rule: r.id.clone(), state: RuleState::Looked, values: Vec::new() })
        .collect();
    let provider = Some(ProviderFacts {
        id: ProviderId([1; 16]),
        enabled: true,
        filter: Some(true),
        second_factor: false,
    });
    let facts = Facts {
        provider,
        trust: Some(Trust::Authoritative),
        rules,
        candidates: vec![candidate(1), candidate(2), candidate(3)],
        ..Facts::local(Intent::SignIn, None)
    };
    let n = 200_000_u32;
    let begun = Instant::now();
    for _ in 0..n {
        std::hint::black_box(decide(std::hint::black_box(&facts), std::hint::black_box(&policy)));
    }
    println!(
        "decide with 10 rules and 3 candidates: {:.2} µs",
        begun.elapsed().as_secs_f64() * 1e6 / f64::from(n)
    );
}

/// What the policy costs: a dry run over all accounts, one look-up with its decision, one expression.
async fn policy(name: &str, url: &str) {
    use server::{config::Config, serve};
    use service::{MasterKey, admin::simulate::SampleAssertion};
    println!("\n## policy, {name}, {ACCOUNTS} accounts");
    let dir = tempfile::tempdir().unwrap();
    let mut config = Config::default();
    config.server.public_url = "http://127.0.0.1:1".into();
    config.database.url = if url.is_empty() {
        format!("sqlite://{}/policy.db", dir.path().display())
    } else {
        url.to_owned()
    };
    config.http_client.allow_private = true;
    serve::store(&config).unwrap().migrate().await.unwrap();
    let master = MasterKey::parse(&MasterKey::generate()).unwrap();
    let ligature = serve::ligature(&config, &master, serve::system_clock()).await.unwrap();
    let provider = |key: &str| json!({"key": key, "name": key, "secret": "x", "verified_counts": true, "settings": {"kind": "oidc", "issuer": format!("http://127.0.0.1:1/{key}"), "client_id": "x"}});
    let seed =
        json!({"preset": "recommended", "providers": [provider("bench"), provider("other")]});
    server::seed::apply(&ligature, serde_json::from_value(seed).unwrap()).await.unwrap();
    let owner = service::NewPerson {
        email: "owner@bench.test".into(),
        name: "Owner".into(),
        password: "a long enough password".into(),
    };
    ligature.setup().create_owner(owner).await.unwrap();
    let row = storage::policy::providers::find_provider(
        &mut ligature.store.read().await.unwrap(),
        ligature.org,
        "bench",
    )
    .await
    .unwrap()
    .unwrap();
    fill(&config.database.url, "http://127.0.0.1:1/bench", ligature.org, row.id, (0, ACCOUNTS))
        .await;
    let draft = domain::policy::preset_text("nevis").unwrap().to_owned();
    let org = ligature.org;
    let version = ligature
        .store
        .write::<_, storage::Error, _>(move |c| {
            Box::pin(async move {
                storage::policy::documents::add_policy_version(
                    c, org, "instance", &draft, "draft", "bench", 1,
                )
                .await
            })
        })
        .await
        .unwrap();
    let (before, begun) = (rss_mib(std::process::id()), Instant::now());
    let counts = ligature.dry_runs().dry_run_now(version).await.unwrap();
    println!(
        "dry run                 {:>8.2} s, memory {:+.1} MiB, {counts:?}",
        begun.elapsed().as_secs_f64(),
        rss_mib(std::process::id()) - before
    );
    let ctx = service::RequestContext {
        browser: vec![1],
        locale: "en".into(),
        ..service::RequestContext::default()
    };
    let arrival = ligature
        .sign_in()
        .sign_in_by_password(
            &ctx,
            "owner@bench.test",
            "a long enough password",
            domain::path::Continuation::Admin,
        )
        .await
        .unwrap();
    let service::LoginOutcome::SignedIn { secret, .. } = arrival else { panic!("{arrival:?}") };
    let ctx = service::RequestContext {
        session: ligature.sessions().session(&secret).await.unwrap(),
        ..ctx
    };
    let made = SampleAssertion {
        provider: "other".into(),
        email: "p77777@bench.test".into(),
        email_verified: true,
        ..SampleAssertion::default()
    };
    for (accounts, more) in [(ACCOUNTS, (0, 0)), (MANY, (ACCOUNTS, MANY))] {
        if more.1 > 0 {
            fill(&config.database.url, "http://127.0.0.1:1/bench", ligature.org, row.id, more)
                .await;
        }
        let n = 3000_u32;
        for _ in 0..200 {
            ligature.simulations().try_policy(&ctx, &made).await.unwrap();
        }
        let begun = Instant::now();
        for _ in 0..n {
            assert_eq!(
                ligature.simulations().try_policy(&ctx, &made).await.unwrap()[0]
                    .facts
                    .candidates
                    .len(),
                1
            );
        }
        println!(
            "{accounts} accounts: role check, look-ups, evaluation, decision: {:.0} µs",
            begun.elapsed().as_secs_f64() * 1e6 / f64::from(n)
        );
        let mut conn = ligature.store.read().await.unwrap();
        let (begun, mut at) = (Instant::now(), 1_u64);
        for _ in 0..n {
            // Another account each time, so that pages and rows are not all warm.
            at = at.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let address = format!("p{}@bench.test", (at >> 33) % accounts);
            let found =
                storage::accounts::snapshots::list_holders(&mut conn, org, &address).await.unwrap();
            assert_eq!(
                storage::accounts::snapshots::load_snapshots(&mut conn, org, &found)
                    .await
                    .unwrap()
                    .len(),
                1
            );
        }
        println!(
            "{accounts} accounts: candidates of an address, with what is counted: {:.0} µs",
            begun.elapsed().as_secs_f64() * 1e6 / f64::from(n)
        );
    }
    let variables = expr::Variables {
        claims: json!({"kind": "staff", "no": "7", "groups": ["a", "b", "c"]}),
        last: json!({}),
        identities: json!({}),
        account: json!({}),
        application: json!({}),
        provider: json!({"key": "other"}),
    };
    let expression = expr::Expression::parse(
        "claims.kind == 'staff' && 'b' in claims.groups && provider.key == 'other'",
    )
    .unwrap();
    let n = 50_000_u32;
    let begun = Instant::now();
    let scope = expr::Scope::new(&variables).unwrap();
    for _ in 0..n {
        assert_eq!(std::hint::black_box(&expression).holds(&scope), Ok(true));
    }
    println!("an expression: {:.2} µs", begun.elapsed().as_secs_f64() * 1e6 / f64::from(n));
    let begun = Instant::now();
    for _ in 0..n {
        std::hint::black_box(expr::Scope::new(std::hint::black_box(&variables)).unwrap());
    }
    println!("its variables: {:.2} µs", begun.elapsed().as_secs_f64() * 1e6 / f64::from(n));
}

/// A database of its own beside that of a URL.
async fn beside(url: &str) -> String {
    use diesel_async::{AsyncConnection, SimpleAsyncConnection};
    let mut conn = diesel_async::AsyncPgConnection::establish(url).await.unwrap();
    conn.batch_execute("CREATE DATABASE bench_policy").await.unwrap();
    let (front, query) = url.split_once('?').map_or((url, ""), |(f, q)| (f, q));
    let (server, _) = front.rsplit_once('/').unwrap();
    if query.is_empty() {
        format!("{server}/bench_policy")
    } else {
        format!("{server}/bench_policy?{query}")
    }
}

fn fsync() {
    let dir = tempfile::tempdir_in(".").unwrap();
    let mut file = std::fs::File::create(dir.path().join("f")).unwrap();
    let begun = Instant::now();
    for _ in 0..100 {
        file.write_all(&[0; 4096]).unwrap();
        file.sync_data().unwrap();
    }
    println!("fdatasync of 4 KiB: {:.2} ms", begun.elapsed().as_secs_f64() * 10.0);
}

#[tokio::main]
async fn main() {
    if let Ok(url) = std::env::var(bare::DATABASE) {
        return bare::serve(&url).await;
    }
    fsync();
    decision();
    policy("SQLite", "").await;
    if let Ok(url) = std::env::var("LIGATURE_TEST_POSTGRES") {
        policy("PostgreSQL", &beside(&url).await).await;
    }
    run("SQLite, 100,000 accounts", "", None).await;
    match (std::env::var("LIGATURE_TEST_POSTGRES"), std::env::var("LIGATURE_BENCH_PG_PID")) {
        (Ok(url), Ok(pid)) => run("PostgreSQL, 100,000 accounts", &url, pid.parse().ok()).await,
        _ => println!("\nSKIPPED: PostgreSQL is not there"),
    }
}
