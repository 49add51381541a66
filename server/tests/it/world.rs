//! A world for black-box tests: nodes, providers, mailbox, browsers; all on loopback, nothing shared between tests.
#![allow(clippy::print_stdout, reason = "what a node says is in the output of a test that fails")]

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use rehearsal::{
    mailbox::{Mail, Mailbox},
    provider::{Knobs, Person, Provider},
};
use reqwest::{Method, RequestBuilder, header::HeaderMap};
use serde_json::json;
use server::{config::Config, seed, serve};
use service::{
    Clock, Ligature, MasterKey, NewPerson,
    admin::organisations::{OrganisationForm, Organisations},
};
use tokio::{net::TcpListener, sync::watch};

pub const PASSWORD: &str = "a long enough password";

/// One server process, or what stands for one.
pub struct Node {
    pub url: String,
    pub ligature: Ligature,
    pub organisations: Organisations,
    pub config: Config,
    /// Requests that it answered.
    served: Arc<AtomicU64>,
}

impl Node {
    /// How many requests it has answered; a test of two nodes looks at it, so that neither stands idle.
    pub fn served(&self) -> u64 {
        self.served.load(Ordering::SeqCst)
    }
}

pub struct World {
    pub nodes: Vec<Node>,
    /// Verifies addresses, and its flag counts.
    pub meridian: Provider,
    /// Says anything.
    pub pigeon: Provider,
    /// Verifies too, and its flag counts.
    pub atlas: Provider,
    /// Gives no e-mail.
    pub harbour: Provider,
    pub mailbox: Mailbox,
    pub clock: Arc<AtomicI64>,
    pub database: String,
    pub key: String,
    dir: tempfile::TempDir,
    stop: watch::Sender<bool>,
}

/// A database of its own: a file, or a fresh one in the cluster that `cargo xtask test` started.
fn database(dir: &tempfile::TempDir) -> String {
    match std::env::var("LIGATURE_TEST_POSTGRES") {
        Ok(base) if std::env::var("LIGATURE_TEST_DB").as_deref() == Ok("postgres") => {
            let name =
                format!("t_{}", rehearsal::token::random().to_lowercase().replace(['-', '_'], "x"));
            let (server, _) = base.rsplit_once('/').unwrap();
            let made = std::process::Command::new("psql")
                .args([&base, "-qc", &format!("CREATE DATABASE {name}")])
                .status()
                .unwrap();
            assert!(made.success());
            format!("{server}/{name}")
        }
        _ => format!("sqlite://{}/ligature.db", dir.path().display()),
    }
}

/// Runs statements on a PostgreSQL database.
pub fn psql(database: &str, statements: &str) {
    assert!(
        std::process::Command::new("psql")
            .args([database, "-qc", statements])
            .stdout(std::process::Stdio::null())
            .status()
            .unwrap()
            .success()
    );
}

fn verified(name: &str, email: &str) -> serde_json::Value {
    json!({"name": name, "email": email, "email_verified": true})
}

impl World {
    /// One node with a preset.
    pub async fn new(preset: &str) -> Self {
        Self::with(preset, |_| {}).await
    }

    /// One node with a preset and changed configuration.
    pub async fn with(preset: &str, change: impl FnOnce(&mut Config)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let database = database(&dir);
        let meridian = Provider::serve(
            0,
            "Meridian",
            vec![
                Person { sub: "m-vera".into(), claims: verified("Vera", "vera@example.test") },
                Person { sub: "m-ben".into(), claims: verified("Ben", "ben@example.test") },
            ],
        )
        .await
        .unwrap();
        let pigeon = Provider::serve(
            0,
            "Pigeon",
            vec![
                Person { sub: "p-vera".into(), claims: json!({"name": "V", "email": "Vera@Example.test", "email_verified": false}) },
                Person { sub: "p-new".into(), claims: json!({"name": "New", "email": "new@example.test"}) },
            ],
        )
        .await
        .unwrap();
        let atlas = Provider::serve(
            0,
            "Atlas",
            vec![
                Person { sub: "a-vera".into(), claims: verified("Vera A", "vera@example.test") },
                Person { sub: "a-new".into(), claims: verified("New", "new@example.test") },
            ],
        )
        .await
        .unwrap();
        let harbour = Provider::serve(
            0,
            "Harbour",
            vec![
                Person { sub: "h-1".into(), claims: json!({"name": "周小明"}) },
                Person { sub: "h-2".into(), claims: json!({"email": ""}) },
                Person { sub: "h-3".into(), claims: json!({"email": null}) },
            ],
        )
        .await
        .unwrap();
        let mailbox = Mailbox::serve(0).await.unwrap();
        let (stop, _) = watch::channel(false);
        let mut world = Self {
            nodes: Vec::new(),
            meridian,
            pigeon,
            atlas,
            harbour,
            mailbox,
            clock: Arc::new(AtomicI64::new(0)),
            database,
            key: MasterKey::generate(),
            dir,
            stop,
        };
        let mut config = Config::default();
        config.database.url = world.database.clone();
        config.http_client.allow_private = true;
        config.mail.smtp_url = world.mailbox.smtp.clone();
        config.limits.hash_kib = 1024;
        config.limits.requests_per_second = 10_000;
        config.limits.burst = 10_000;
        config.limits.mails_an_hour = 100;
        config.limits.codes_a_day = 100;
        change(&mut config);
        // A world with a token has a gateway for texts.
        if !config.sms.webhook_token.is_empty() {
            config.sms.webhook_url = world.mailbox.texts.clone();
        }
        world.start_node(config).await;
        world.seed(preset).await;
        world
    }

    async fn start_node(&mut self, mut config: Config) {
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let address = listener.local_addr().unwrap();
        // A second node stands behind the same public address: requests for it name the first one's host.
        config.server.public_url = self
            .nodes
            .first()
            .map_or_else(|| format!("http://{address}"), |n| n.config.server.public_url.clone());
        let offset = self.clock.clone();
        let system = serve::system_clock();
        let clock: Clock = Arc::new(move || system() + offset.load(Ordering::SeqCst));
        serve::store(&config).unwrap().migrate().await.unwrap();
        let ligature =
            serve::ligature(&config, &MasterKey::parse(&self.key).unwrap(), clock).await.unwrap();
        let organisations = Organisations::new(ligature.clone());
        let (router, _) = serve::application(organisations.clone(), &config).await.unwrap();
        let served = Arc::new(AtomicU64::new(0));
        let counted = served.clone();
        let router =
            router.layer(axum::middleware::map_request(move |request: axum::extract::Request| {
                counted.fetch_add(1, Ordering::SeqCst);
                std::future::ready(request)
            }));
        tokio::spawn(async move {
            axum::serve(listener, router.into_make_service_with_connect_info::<SocketAddr>()).await
        });
        let mut stopped = self.stop.subscribe();
        let (mut over, mut ended) = (self.stop.subscribe(), self.stop.subscribe());
        tokio::spawn(server::outbox::tell_of_ends(organisations.clone(), async move {
            drop(ended.wait_for(|s| *s).await)
        }));
        tokio::spawn(server::outbox::send_mails(
            organisations.clone(),
            config.mail.clone(),
            async move { drop(stopped.wait_for(|s| *s).await) },
        ));
        tokio::spawn(server::outbox::send_texts(
            organisations.clone(),
            config.sms.clone(),
            async move { drop(over.wait_for(|s| *s).await) },
        ));
        self.nodes.push(Node {
            url: format!("http://{address}"),
            ligature,
            organisations,
            config,
            served,
        });
    }

    /// Another node on the same database.
    pub async fn add_node(&mut self) {
        let config = self.nodes[0].config.clone();
        self.start_node(config).await;
    }

    /// A copy of the database as it is now, by the tool that operators use. People may go on with the original.
    pub async fn back_up(&self) -> String {
        let ligature = self.ligature();
        if ligature.store.is_postgres() {
            let copy = format!(
                "{}/c_{}",
                self.database.rsplit_once('/').unwrap().0,
                rehearsal::token::random().to_lowercase().replace(['-', '_'], "x")
            );
            let name = copy.rsplit_once('/').unwrap().1;
            psql(&self.database, &format!("CREATE DATABASE {name}"));
            let piped = format!(
                "pg_dump '{}' | psql -q -v ON_ERROR_STOP=1 '{copy}' >/dev/null",
                self.database
            );
            assert!(
                std::process::Command::new("bash")
                    .args(["-o", "pipefail", "-c", &piped])
                    .status()
                    .unwrap()
                    .success()
            );
            return copy;
        }
        let file = self.dir.path().join(format!("{}.db", rehearsal::token::random()));
        ligature.store.backup_to(&file, ligature.now()).await.unwrap();
        format!("sqlite://{}", file.display())
    }

    /// A copy that does not say that it is one: what a standby holds, or a snapshot of a file system. On PostgreSQL it is of an
    /// older timeline of the same cluster, as a standby is at the moment of its promotion.
    pub async fn standby(&self) -> String {
        if self.ligature().store.is_postgres() {
            let copy = self.back_up().await;
            psql(&copy, "UPDATE instance SET place = '', timeline = '00000000'");
            return copy;
        }
        let to = format!("{}/{}.db", self.dir.path().display(), rehearsal::token::random());
        for more in ["", "-wal"] {
            std::fs::copy(
                format!("{}{more}", self.database.strip_prefix("sqlite://").unwrap()),
                format!("{to}{more}"),
            )
            .unwrap();
        }
        format!("sqlite://{to}")
    }

    /// Everybody is served from another database from now on, at a new address.
    pub async fn move_to(&mut self, database: String, change: impl FnOnce(&mut Config)) {
        let mut config = self.nodes[0].config.clone();
        config.database.url.clone_from(&database);
        change(&mut config);
        self.database = database;
        self.nodes.clear();
        self.start_node(config).await;
    }

    async fn seed(&self, preset: &str) {
        let provider = |key: &str, name: &str, at: &Provider, counts: bool| json!({"key": key, "name": name, "secret": "rehearsal-secret", "verified_counts": counts, "settings": {"kind": "oidc", "issuer": at.issuer, "client_id": "ligature"}});
        let text = json!({
            "preset": preset,
            "providers": [provider("meridian", "Meridian", &self.meridian, true), provider("pigeon", "Pigeon", &self.pigeon, false), provider("atlas", "Atlas", &self.atlas, true), provider("harbour", "Harbour", &self.harbour, false)],
        });
        self.apply(text).await;
    }

    /// Applies a seed file's text.
    pub async fn apply(&self, text: serde_json::Value) {
        seed::apply(&self.ligature(), serde_json::from_value(text).unwrap()).await.unwrap();
    }

    /// Changes a provider by its seed: association and flags.
    pub async fn provider(&self, key: &str, more: serde_json::Value) {
        let at = match key {
            "meridian" => &self.meridian,
            "pigeon" => &self.pigeon,
            "atlas" => &self.atlas,
            _ => &self.harbour,
        };
        let mut seed = json!({"key": key, "name": format!("{}{}", key[..1].to_uppercase(), &key[1..]), "secret": "rehearsal-secret", "verified_counts": key == "meridian" || key == "atlas", "settings": {"kind": "oidc", "issuer": at.issuer, "client_id": "ligature"}});
        for (k, v) in more.as_object().unwrap() {
            seed[k] = v.clone();
        }
        self.apply(json!({ "providers": [seed] })).await;
    }

    pub fn ligature(&self) -> Ligature {
        self.nodes[0].ligature.clone()
    }

    /// Another organisation of the instance with a preset and the provider `meridian`, at an address of its own.
    pub async fn organisation(&self, slug: &str, preset: &str) -> Ligature {
        let port = self.url().rsplit_once(':').unwrap().1.to_owned();
        let form = OrganisationForm {
            slug: slug.into(),
            name: format!("The {slug}"),
            address: format!("http://{slug}.localhost:{port}"),
            active: true,
        };
        self.ligature()
            .organisation_admin()
            .put_organisation(&service::Authority::Operator("test"), form, true)
            .await
            .unwrap()
            .unwrap();
        let one = self.ligature().organisation_admin().organisation(slug).await.unwrap();
        let meridian = json!({"key": "meridian", "name": "Meridian", "secret": "rehearsal-secret", "verified_counts": true, "settings": {"kind": "oidc", "issuer": self.meridian.issuer, "client_id": "ligature"}});
        seed::apply(
            &one,
            serde_json::from_value(json!({"preset": preset, "providers": [meridian]})).unwrap(),
        )
        .await
        .unwrap();
        // The list of organisations is believed for a second.
        self.pass(2);
        one
    }

    pub fn url(&self) -> String {
        self.nodes[0].config.server.public_url.clone()
    }

    pub fn browser(&self) -> Browser {
        Browser::new(&self.url())
    }

    /// A browser whose requests another node answers, as behind a load balancer: same address, same host, other process.
    pub fn browser_of(&self, node: usize) -> Browser {
        Browser::at(&self.url(), &self.nodes[node].url, Arc::default())
    }

    /// The same browser, cookies and all, whose next requests another node answers.
    pub fn moved(&self, browser: &Browser, node: usize) -> Browser {
        Browser::at(&browser.base, &self.nodes[node].url, browser.jar.clone())
    }

    /// Moves every node's clock.
    pub fn pass(&self, seconds: i64) {
        self.clock.fetch_add(seconds * 1_000_000, Ordering::SeqCst);
    }

    /// The owner of the instance, made as `ligature create-admin` does.
    pub async fn owner(&self) -> Browser {
        self.ligature()
            .setup()
            .create_owner(NewPerson {
                email: "owner@example.test".into(),
                name: "Owner".into(),
                password: PASSWORD.into(),
            })
            .await
            .unwrap();
        let browser = self.browser();
        let page = browser.password("owner@example.test", PASSWORD).await;
        assert_eq!(page.path(), "/account", "{}", page.body);
        browser
    }

    /// Waits for the n-th mail (from 1) to an address; bounded.
    pub async fn mail(&self, to: &str, n: usize) -> Mail {
        for _ in 0..400 {
            if let Some(mail) = self.mailbox.to(to).get(n - 1) {
                return mail.clone();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!(
            "no mail number {n} to {to}; got {:?}",
            self.mailbox.all().iter().map(|m| (&m.to, &m.subject)).collect::<Vec<_>>()
        );
    }

    /// Lets the worker finish what is due, then counts.
    pub async fn mails(&self, to: &str) -> usize {
        for _ in 0..100 {
            if self.rows("outbox", "state", "waiting").await == 0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self.mailbox.to(to).len()
    }

    /// `doctor` finds nothing.
    pub async fn healthy(&self) {
        let found = self.ligature().maintenance().examine().await.unwrap();
        assert!(found.is_empty(), "{found:?}");
    }

    /// Rows of a table whose column holds a text.
    pub async fn rows(&self, table: &str, column: &str, text: &str) -> i64 {
        storage::maintenance::doctor::count_text(
            &mut self.ligature().store.read().await.unwrap(),
            table,
            column,
            text,
        )
        .await
        .unwrap()
    }

    /// Active links of an identity's subject.
    pub async fn links(&self, subject: &str) -> i64 {
        self.rows("link", "subject", subject).await
    }

    pub async fn accounts(&self) -> i64 {
        storage::accounts::count_accounts(
            &mut self.ligature().store.read().await.unwrap(),
            self.ligature().org,
        )
        .await
        .unwrap()
    }

    /// A person with a password account, signed up as people do.
    pub async fn sign_up(&self, email: &str) -> Browser {
        let browser = self.browser();
        let before = self.mailbox.to(email).len();
        let page = browser
            .post("/fn/signup", &[("email", email), ("name", "Someone"), ("password", PASSWORD)])
            .await;
        let code = self.mail(email, before + 1).await.code.unwrap();
        let page = browser
            .post("/fn/attempt/code", &[("attempt", &page.attempt()), ("code", &code)])
            .await;
        assert_eq!(page.path(), "/account", "{}", page.body);
        browser
    }

    pub fn knobs(&self, at: &Provider, knobs: Knobs) {
        at.set(knobs);
    }
}

/// Some answer, after redirects were followed.
#[derive(Debug, Clone)]
pub struct Page {
    pub status: u16,
    pub url: String,
    pub body: String,
    pub headers: HeaderMap,
    /// Every address on the way.
    pub way: Vec<String>,
}

impl Page {
    pub fn path(&self) -> String {
        url::Url::parse(&self.url).unwrap().path().to_owned()
    }

    /// The attempt's id in `/attempt/{id}/…`.
    pub fn attempt(&self) -> String {
        self.path().split('/').nth(2).unwrap_or_default().to_owned()
    }

    pub fn has(&self, text: &str) -> bool {
        self.body.contains(text)
    }

    pub fn header(&self, name: &str) -> String {
        self.headers
            .get_all(name)
            .iter()
            .filter_map(|v| v.to_str().ok())
            .collect::<Vec<_>>()
            .join("\n")
    }

    /// The refusal's code.
    pub fn refusal(&self) -> String {
        self.path()
            .strip_prefix("/refused/")
            .map(str::to_owned)
            .or_else(|| {
                self.body
                    .split("<code>")
                    .nth(1)
                    .and_then(|r| r.split('<').next())
                    .map(str::to_owned)
            })
            .unwrap_or_default()
    }

    /// Whether a button of the page leads to a provider by this function.
    pub fn offers(&self, function: &str, key: &str) -> bool {
        let (action, button) =
            (format!("action=\"{function}\""), format!("name=\"provider\" value=\"{key}\""));
        self.body.split("<form ").any(|form| form.contains(&action) && form.contains(&button))
    }

    /// The hidden account ids on a chooser's add buttons.
    pub fn accounts(&self) -> Vec<String> {
        self.body
            .split("name=\"account\" value=\"")
            .skip(1)
            .filter_map(|r| r.split('"').next())
            .filter(|v| v.len() == 32)
            .map(str::to_owned)
            .collect()
    }
}

/// A client that follows nothing by itself and finds an organisation's host on this machine.
pub fn client(base: &str) -> reqwest::ClientBuilder {
    let host = url::Url::parse(base).unwrap().host_str().unwrap().to_owned();
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .resolve(&host, SocketAddr::from(([127, 0, 0, 1], 0)))
}

/// A browser with its own cookies. It keeps cookies and follows redirects as browsers do, and sends `Origin` with posts.
#[derive(Clone)]
pub struct Browser {
    pub base: String,
    client: reqwest::Client,
    pub jar: Arc<reqwest::cookie::Jar>,
}

impl Browser {
    pub fn new(base: &str) -> Self {
        let jar = Arc::new(reqwest::cookie::Jar::default());
        let client = client(base).cookie_provider(jar.clone()).build().unwrap();
        Self { base: base.to_owned(), client, jar }
    }

    /// Everything for `base` goes to the listener at `node`; providers are reached directly.
    fn at(base: &str, node: &str, jar: Arc<reqwest::cookie::Jar>) -> Self {
        let (ours, node) =
            (url::Url::parse(base).unwrap().origin(), url::Url::parse(node).unwrap());
        let balancer =
            reqwest::Proxy::custom(move |url| (url.origin() == ours).then(|| node.clone()));
        let client = client(base).proxy(balancer).cookie_provider(jar.clone()).build().unwrap();
        Self { base: base.to_owned(), client, jar }
    }

    /// The same browser where the world is served now.
    pub fn now_at(&self, w: &World) -> Self {
        Self { base: w.url(), ..self.clone() }
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url =
            if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.base) };
        self.client.request(method, url)
    }

    /// Sends without following anything.
    pub async fn send(&self, request: RequestBuilder) -> Page {
        let response = request.send().await.unwrap();
        let (status, url, headers) =
            (response.status().as_u16(), response.url().to_string(), response.headers().clone());
        Page { status, way: vec![url.clone()], url, headers, body: response.text().await.unwrap() }
    }

    /// Follows redirects to the end.
    pub async fn follow(&self, mut page: Page) -> Page {
        for _ in 0..12 {
            let Some(to) = page
                .headers
                .get("location")
                .and_then(|l| l.to_str().ok())
                .filter(|_| (300..400).contains(&page.status))
            else {
                break;
            };
            let next = url::Url::parse(&page.url).unwrap().join(to).unwrap().to_string();
            let mut way = page.way.clone();
            page = self.send(self.client.get(next)).await;
            way.append(&mut page.way);
            page.way = way;
        }
        page
    }

    pub async fn get(&self, path: &str) -> Page {
        let page = self.send(self.request(Method::GET, path)).await;
        self.follow(page).await
    }

    pub async fn post_only(&self, path: &str, form: &[(&str, &str)]) -> Page {
        self.send(
            self.request(Method::POST, path)
                .header("origin", &self.base)
                .header("sec-fetch-site", "same-origin")
                .form(form),
        )
        .await
    }

    /// Sends a form, and says yes where a page asks whether it is meant. Tests of that page use [`Browser::asks`].
    pub async fn post(&self, path: &str, form: &[(&str, &str)]) -> Page {
        let page = self.asks(path, form).await;
        if page.path() == "/confirm" && page.status == 200 {
            return self.agree(&page, &[]).await;
        }
        page
    }

    /// Sends a form, to the page that follows, which may ask.
    pub async fn asks(&self, path: &str, form: &[(&str, &str)]) -> Page {
        let page = self.post_only(path, form).await;
        self.follow(page).await
    }

    /// Says yes on the page that asks, with boxes of its form.
    pub async fn agree(&self, page: &Page, boxes: &[(&str, &str)]) -> Page {
        let act = page
            .body
            .split("name=\"act\" value=\"")
            .nth(1)
            .and_then(|rest| rest.split('"').next())
            .unwrap_or_else(|| panic!("nothing is asked: {}", page.body));
        let form: Vec<(&str, &str)> = [("act", act)].into_iter().chain(boxes.to_vec()).collect();
        let done = self.post_only("/fn/confirm", &form).await;
        self.follow(done).await
    }

    /// Fills a provider's forms in: a new one's (`create` = `yes`), then that of its association where something of it is
    /// said. Fields have the names of settings and switches; a box that is on is `on`.
    pub async fn save_provider(&self, fields: &[(&str, &str)]) -> Page {
        let all: Vec<(String, String)> =
            fields.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        let create = fields.contains(&("create", "yes"));
        let sent = provider_form(&all, create);
        if create {
            let page = self.post("/fn/admin/provider/add", &pairs(&sent)).await;
            let usual = [("association", "inherit"), ("as_source", "on"), ("as_target", "on")];
            let says_more = fields.iter().any(|field| {
                SWITCHES.contains(&field.0) && !usual.contains(field) && !field.1.is_empty()
            });
            if !page.has("Saved") || !says_more {
                return page;
            }
            let again: Vec<(String, String)> = all
                .into_iter()
                .filter(|(n, _)| n == "key" || SWITCHES.contains(&n.as_str()))
                .collect();
            let sent = provider_form(&again, false);
            let sent: Vec<_> =
                sent.into_iter().filter(|(n, _)| !n.starts_with("form[enabled]")).collect();
            return self.post("/fn/admin/provider", &pairs(&sent)).await;
        }
        self.post("/fn/admin/provider", &pairs(&sent)).await
    }

    /// Starts at a provider: the provider's authorization address.
    pub async fn start(&self, key: &str) -> String {
        let page = self.post_only("/fn/signin/provider", &[("provider", key)]).await;
        page.header("location")
    }

    /// Starts adding a method.
    pub async fn start_add(&self, key: &str) -> String {
        self.post_only("/fn/account/add", &[("provider", key)]).await.header("location")
    }

    /// At the provider: picks a person; answers the callback's address without going there.
    pub async fn at_provider(&self, authorization: &str, who: &str) -> String {
        let page = self.send(self.client.get(format!("{authorization}&_who={who}"))).await;
        page.header("location")
    }

    /// Signs in through a provider as a person, to the end.
    pub async fn sign_in(&self, key: &str, who: &str) -> Page {
        let callback = self.at_provider(&self.start(key).await, who).await;
        self.get(&callback).await
    }

    /// Adds a provider in My Account.
    pub async fn add(&self, key: &str, who: &str) -> Page {
        let callback = self.at_provider(&self.start_add(key).await, who).await;
        self.get(&callback).await
    }

    pub async fn password(&self, email: &str, password: &str) -> Page {
        self.post("/fn/signin/password", &[("email", email), ("password", password)]).await
    }

    /// Puts the version of a page in force, as it was shown there.
    pub async fn activate(&self, page: &Page) -> Page {
        let hidden = |name: &str| {
            page.body
                .split(&format!("name=\"{name}\" value=\""))
                .nth(1)
                .and_then(|r| r.split('"').next())
                .unwrap_or_default()
                .to_owned()
        };
        self.post(
            "/fn/admin/policy/version",
            &[("version", &hidden("version")), ("seen", &hidden("seen")), ("becomes", "active")],
        )
        .await
    }

    /// Saves the switches of the policy page, and puts the difference in force where there is one.
    pub async fn switches(&self, form: &[(&str, &str)]) -> Page {
        let page = self.post("/fn/admin/policy", form).await;
        if page.path().starts_with("/admin/policy/versions/") {
            self.activate(&page).await
        } else {
            page
        }
    }

    pub async fn pick(&self, page: &Page, pick: &str) -> Page {
        let account = page.accounts().into_iter().next().unwrap_or_default();
        let account = if pick == "add_to_existing" { account } else { String::new() };
        self.post(
            "/fn/attempt/pick",
            &[("attempt", &page.attempt()), ("pick", pick), ("account", &account)],
        )
        .await
    }

    pub async fn code(&self, page: &Page, code: &str) -> Page {
        self.post("/fn/attempt/code", &[("attempt", &page.attempt()), ("code", code)]).await
    }

    /// By a notice's link: everybody is signed out, a password from before is shown, and it is taken back for good.
    pub async fn take_back(&self, path: &str, password: &str) -> Page {
        let secret = path.rsplit('/').next().unwrap();
        let begun = self.post("/fn/undo", &[("secret", secret)]).await;
        if begun.path() != format!("/undo/{secret}") {
            return begun;
        }
        let shown =
            self.post("/fn/undo/password", &[("secret", secret), ("password", password)]).await;
        if !shown.has("/fn/undo/finish") {
            return shown;
        }
        self.post("/fn/undo/finish", &[("secret", secret), ("answer", "back")]).await
    }

    /// The same, showing an identity from before.
    pub async fn take_back_by(&self, path: &str, key: &str, who: &str) -> Page {
        let secret = path.rsplit('/').next().unwrap();
        self.post("/fn/undo", &[("secret", secret)]).await;
        let started =
            self.post_only("/fn/undo/provider", &[("secret", secret), ("provider", key)]).await;
        let callback = self.at_provider(&started.header("location"), who).await;
        let shown = self.get(&callback).await;
        if !shown.has("/fn/undo/finish") {
            return shown;
        }
        self.post("/fn/undo/finish", &[("secret", secret), ("answer", "back")]).await
    }

    /// The cookies that go to the server, as one header.
    pub fn cookies(&self) -> String {
        use reqwest::cookie::CookieStore;
        self.jar
            .cookies(&self.base.parse().unwrap())
            .and_then(|v| v.to_str().ok().map(str::to_owned))
            .unwrap_or_default()
    }

    /// The session cookie's `name=value`.
    pub fn session_cookie(&self) -> Option<String> {
        self.cookies().split("; ").find(|c| c.starts_with("lg_s_")).map(str::to_owned)
    }

    pub fn set_cookie(&self, cookie: &str) {
        self.jar.add_cookie_str(cookie, &self.base.parse().unwrap());
    }

    /// Signed in, as My Account sees it.
    pub async fn is_signed_in(&self) -> bool {
        self.get("/account").await.path() == "/account"
    }

    /// The provider names on My Account.
    pub async fn methods(&self) -> Vec<String> {
        let page = self.get("/account").await;
        let list = page
            .body
            .split("<ul class=\"rows\">")
            .nth(1)
            .unwrap_or_default()
            .split("</ul>")
            .next()
            .unwrap_or_default()
            .to_owned();
        list.split("<strong>")
            .skip(1)
            .filter_map(|r| r.split('<').next())
            .map(str::to_owned)
            .collect()
    }
}

/// The fields of a provider's association.
const SWITCHES: [&str; 12] = [
    "association",
    "login_only",
    "as_source",
    "as_target",
    "verified_counts",
    "domains",
    "own_directory",
    "bind_password",
    "bind_email_code",
    "bind_phone_code",
    "bind_passkey",
    "bind_identity",
];

fn pairs(fields: &[(String, String)]) -> Vec<(&str, &str)> {
    fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect()
}

/// What the form of a provider sends for fields by their plain names.
fn provider_form(fields: &[(String, String)], create: bool) -> Vec<(String, String)> {
    let is_on = |name: &str| fields.iter().any(|(n, v)| n == name && !v.is_empty());
    let mut sent: Vec<(String, String)> = Vec::new();
    for (name, value) in fields {
        let name = match name.as_str() {
            "create" | "enabled" => continue,
            "kind" if create => "form[preset]".to_owned(),
            "kind" => continue,
            "shared" => {
                sent.push(("form[shared]".into(), (!value.is_empty()).to_string()));
                continue;
            }
            "client_id" if create => "form[client_id]".to_owned(),
            "key" | "name" | "secret" | "position" | "confirmed" => format!("form[{name}]"),
            "association" if create => continue,
            "association" => "form[association][mode]".to_owned(),
            "domains" if create => continue,
            "domains" => "form[association][domains]".to_owned(),
            switch if SWITCHES.contains(&switch) => {
                if !create && !value.is_empty() {
                    let way = switch.strip_prefix("bind_");
                    sent.push(match way {
                        Some(way) => ("form[association][bind_methods][]".into(), way.into()),
                        None => (format!("form[association][{switch}]"), "true".into()),
                    });
                }
                continue;
            }
            setting => format!("form[settings][{setting}]"),
        };
        sent.push((name, value.clone()));
    }
    if is_on("enabled") || !create {
        sent.push(("form[enabled]".into(), is_on("enabled").to_string()));
    }
    if create && !sent.iter().any(|(n, _)| n == "form[settings][auth]") && is_on("subject_path") {
        sent.push(("form[settings][auth]".into(), "basic".into()));
    }
    sent
}
