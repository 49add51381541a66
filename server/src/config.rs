//! Configuration: TOML and environment, read once, validated whole, passed in.
use std::path::{Path, PathBuf};

use config::{Config as Source, Environment, File, Source as _};
use ipnet::IpNet;
use lettre::transport::smtp::client::Certificate;
use serde::{Deserialize, Serialize};
use service::admin::organisations::{is_address, is_loopback};
use storage::postgres::Address;
use upstream::{Outside, OutsideProblem};
use url::Url;

use crate::listen_address::{Place, places};

/// Everything that an operator sets. What administrators change at run time is in the database.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
pub struct Config {
    pub server: Server,
    pub database: Database,
    pub keys: Keys,
    pub mail: Mail,
    pub sms: Sms,
    pub http_client: HttpClient,
    pub session: Session,
    pub limits: Limits,
    pub passwords: Passwords,
    pub audit: Audit,
    pub log: Log,
    /// Marks every page as a demo.
    pub demo: bool,
}

/// `[server]`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Server {
    /// The address that people and applications use, without a trailing slash. The only source of links and redirect URIs.
    pub public_url: String,
    /// Where to listen: address and port, or `unix:/run/ligature/http.sock` for a proxy on this machine; several with commas. Unix sockets are never TLS.
    pub listen: String,
    /// PEM files, if this server ends TLS itself.
    pub tls_cert: Option<PathBuf>,
    pub tls_key: Option<PathBuf>,
    /// Networks whose `X-Forwarded-For` is believed, for example `10.0.0.0/8`. Whoever comes by a Unix socket is believed too.
    pub trusted_proxies: Vec<String>,
    /// The header in which they say who asks: `x-forwarded-for`, or `forwarded` (RFC 7239).
    pub forwarded_by: String,
    /// Connections of trusted proxies begin with a PROXY protocol header (version 1 or 2), which says who asks; those without one are ended. Others are taken as they are.
    pub proxy_protocol: bool,
    /// Seconds that open requests get after a stop signal.
    pub drain_seconds: u64,
    /// Seconds in which a connection must send the head of a request, also the next one on a connection that is kept open.
    pub header_seconds: u64,
    /// Seconds that a whole request may take, its body and our work included.
    pub request_seconds: u64,
    /// Where to answer `/metrics` (OpenMetrics, for Prometheus) and `/health` (which parts are well), plain and without limits: an address that only your monitoring reaches. Empty: nowhere.
    pub metrics_listen: String,
    /// Browsers are told to use https for every host below this one too (`includeSubDomains`). Whoever signs in once at `ex.test` can then open `http://printer.ex.test` no more.
    pub hsts_subdomains: bool,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            public_url: "http://127.0.0.1:8080".into(),
            listen: "127.0.0.1:8080".into(),
            tls_cert: None,
            tls_key: None,
            trusted_proxies: Vec::new(),
            forwarded_by: "x-forwarded-for".into(),
            proxy_protocol: false,
            drain_seconds: 10,
            header_seconds: 10,
            request_seconds: 30,
            metrics_listen: String::new(),
            hsts_subdomains: false,
        }
    }
}

/// `[database]`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Database {
    /// `sqlite://path` or `postgres://user:password@host/name`, with `sslmode`, `sslrootcert`, `sslcert` and `sslkey` as libpq has them, several hosts with `target_session_attrs=read-write`, or the folder of a Unix socket as host. See docs/how-to/use-postgresql.md.
    pub url: String,
    /// Connections for reading (SQLite) or in all (PostgreSQL).
    pub pool_size: usize,
    /// Milliseconds to wait for a connection before answering 503.
    pub acquire_ms: u64,
    /// PostgreSQL: commits wait for the standby that would be promoted (`synchronous_commit`), so a promotion loses nothing and people stay signed in.
    pub synchronous_standby: bool,
}

impl Default for Database {
    fn default() -> Self {
        Self {
            url: "sqlite://ligature.db".into(),
            pool_size: 8,
            acquire_ms: 2000,
            synchronous_standby: false,
        }
    }
}

/// `[keys]`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Keys {
    /// The file with the master key, made by `ligature init`, mode 0600.
    pub file: PathBuf,
}

impl Default for Keys {
    fn default() -> Self {
        Self { file: "ligature.key".into() }
    }
}

/// `[mail]`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mail {
    /// `smtps://user:password@host`, or `smtp://host?tls=required`. Empty: mails wait in the outbox.
    pub smtp_url: String,
    /// The sender.
    pub from: String,
    /// Milliseconds that a mail server may take for each step.
    pub timeout_ms: u64,
    /// The name that we greet the mail server with (EHLO): one that leads to this machine. Empty: the host of `server.public_url`.
    pub hello: String,
    /// A PEM file of authorities that are trusted beside the system's, for the mail server's certificate.
    pub ca_file: Option<PathBuf>,
}

impl Default for Mail {
    fn default() -> Self {
        Self {
            smtp_url: String::new(),
            from: "Ligature <no-reply@localhost.invalid>".into(),
            timeout_ms: 10_000,
            hello: String::new(),
            ca_file: None,
        }
    }
}

/// `[sms]`: text messages, for codes to phones.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sms {
    /// An address that takes `{"id", "to", "body"}` by POST and sends the text. Empty: no codes go to phones.
    pub webhook_url: String,
    /// Sent along as a bearer token.
    pub webhook_token: String,
    /// Country codes that texts may go to, like `+49`. Empty: all.
    pub prefixes: Vec<String>,
    /// Milliseconds that the address may take.
    pub timeout_ms: u64,
}

impl Default for Sms {
    fn default() -> Self {
        Self {
            webhook_url: String::new(),
            webhook_token: String::new(),
            prefixes: Vec::new(),
            timeout_ms: 10_000,
        }
    }
}

/// `[http_client]`: calls to providers.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HttpClient {
    /// Allow private addresses and plain http: for tests and closed networks only.
    pub allow_private: bool,
    pub timeout_ms: u64,
    pub max_bytes: usize,
    /// The proxy that leads out of a closed network, like `http://proxy.example.com:3128`: for providers, texts, applications that are told of a sign-out, and lists of leaked passwords. The proxy looks names up, so let it refuse what is inside. `HTTPS_PROXY` is not read.
    pub proxy: String,
    /// Hosts, domains and networks that are called without it, as in `NO_PROXY`.
    pub no_proxy: Vec<String>,
    /// A PEM file of authorities that are trusted beside the system's, for the same calls.
    pub ca_file: Option<PathBuf>,
    /// Hosts of LDAP directories that may have private addresses, like `dc1.corp.example`. Other directories are reached at public addresses only.
    pub directories: Vec<String>,
}

impl Default for HttpClient {
    fn default() -> Self {
        Self {
            allow_private: false,
            timeout_ms: 5000,
            max_bytes: 1 << 20,
            proxy: String::new(),
            no_proxy: Vec::new(),
            ca_file: None,
            directories: Vec::new(),
        }
    }
}

/// `[session]`: seconds.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Session {
    /// Without a request for this long a session is over.
    pub idle: i64,
    /// Every session is over after this time.
    pub absolute: i64,
}

impl Default for Session {
    fn default() -> Self {
        Self { idle: 12 * 3600, absolute: 30 * 86_400 }
    }
}

/// `[limits]`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Requests a second from one address, and how many may come at once.
    pub requests_per_second: u32,
    pub burst: u32,
    /// Messages with a code to one address or number that strangers can cause in an hour, and ten for each three of them in a day; as many again for browsers that are known to the account.
    pub mails_an_hour: i64,
    /// Texts an hour, over all numbers: they cost money.
    pub texts_an_hour: i64,
    /// Codes that strangers can ask for one account in a day, of every kind and to whichever of its addresses and numbers; as many again for browsers that are known to it. Beyond it the page is the same and no code is right.
    pub codes_a_day: i64,
    /// Wrong passwords of strangers for one address or number in a quarter of an hour, later in up to an hour; as many again for each known browser, and twenty times as many for one network. After 100 in a row for one account strangers need another method first.
    pub wrong_passwords: i64,
    /// Argon2id: KiB, passes, lanes; and hashes at the same time (0: one a core).
    pub hash_kib: u32,
    pub hash_passes: u32,
    pub hash_lanes: u32,
    pub hash_slots: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            requests_per_second: 50,
            burst: 200,
            mails_an_hour: 3,
            texts_an_hour: 100,
            codes_a_day: 5,
            wrong_passwords: 10,
            hash_kib: 46 * 1024,
            hash_passes: 1,
            hash_lanes: 1,
            hash_slots: 0,
        }
    }
}

/// `[passwords]`: new ones that leaked somewhere are refused.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Passwords {
    /// A sorted file of `SHA-1:count` lines, as the Pwned Passwords download is. Empty: none.
    pub leaked_file: Option<PathBuf>,
    /// A service that is asked by the first five letters of the hash, like `https://api.pwnedpasswords.com/range/`. Empty: none.
    pub leaked_url: String,
}

/// `[audit]`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Audit {
    /// Days after which events of the audit trail are removed, in whole sealed batches; the seals stay. `0`: never.
    pub keep_days: u16,
}

/// `[log]`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// A filter like `info` or `ligature=debug`.
    pub level: String,
    /// `text` or `json`.
    pub format: String,
}

impl Default for Log {
    fn default() -> Self {
        Self { level: "info".into(), format: "text".into() }
    }
}

/// A setting that cannot work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub path: &'static str,
    pub value: String,
    pub remedy: &'static str,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} = {:?}: {}", self.path, self.value, self.remedy)
    }
}

impl Config {
    /// Reads the file, if there is one, and the environment (`LIGATURE__SECTION__KEY`), where lists are written with commas
    /// and everything else stands byte for byte as it is (FR-17).
    ///
    /// # Errors
    /// A file that cannot be read, an unknown key, a wrong type.
    pub fn read(file: Option<&Path>) -> anyhow::Result<Self> {
        Self::read_with(file, Environment::with_prefix("LIGATURE"))
    }

    fn read_with(file: Option<&Path>, environment: Environment) -> anyhow::Result<Self> {
        let mut builder = Source::builder();
        if let Some(file) = file {
            builder = builder.add_source(File::from(file));
        } else {
            builder = builder.add_source(File::from(Path::new("ligature.toml")).required(false));
        }
        let defaults = serde_json::to_value(Self::default())?;
        for (key, value) in environment.prefix_separator("__").separator("__").collect()? {
            let is_list = defaults
                .pointer(&format!("/{}", key.replace('.', "/")))
                .is_some_and(serde_json::Value::is_array);
            builder = if is_list {
                let parts: Vec<String> = value
                    .into_string()?
                    .split(',')
                    .map(|part| part.trim().to_owned())
                    .filter(|part| !part.is_empty())
                    .collect();
                builder.set_override(key, parts)?
            } else {
                builder.set_override(key, value)?
            };
        }
        Ok(builder.build()?.try_deserialize()?)
    }

    /// All problems at once.
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        let mut found = Vec::new();
        let mut say = |path, value: &str, remedy| {
            found.push(Problem { path, value: value.to_owned(), remedy })
        };
        if !is_address(&self.server.public_url) {
            say(
                "server.public_url",
                &self.server.public_url,
                "give https, host and perhaps port, like https://login.example.com, without a slash at the end; plain http is for loopback addresses only",
            );
        }
        let listen = places(&self.server.listen).unwrap_or_default();
        if listen.is_empty() {
            say(
                "server.listen",
                &self.server.listen,
                "give an address and a port, like 127.0.0.1:8080, or unix:/run/ligature/http.sock; several with commas",
            );
        }
        if !self.server.metrics_listen.is_empty() && places(&self.server.metrics_listen).is_none() {
            say(
                "server.metrics_listen",
                &self.server.metrics_listen,
                "give an address and a port that only your monitoring reaches, like 127.0.0.1:9090, or nothing",
            );
        }
        if self.server.forwarded_by != "x-forwarded-for" && self.server.forwarded_by != "forwarded"
        {
            say("server.forwarded_by", &self.server.forwarded_by, "x-forwarded-for or forwarded");
        }
        if self.server.proxy_protocol
            && self.server.trusted_proxies.is_empty()
            && !listen.iter().any(|p| matches!(p, Place::Socket(_)))
        {
            say(
                "server.proxy_protocol",
                "true",
                "name the proxies in server.trusted_proxies: only their word is taken",
            );
        }
        if self.server.tls_cert.is_some() != self.server.tls_key.is_some() {
            say("server.tls_cert", "", "give both tls_cert and tls_key, or neither");
        }
        for (path, file) in
            [("server.tls_cert", &self.server.tls_cert), ("server.tls_key", &self.server.tls_key)]
        {
            if let Some(file) = file.as_ref().filter(|f| std::fs::File::open(f).is_err()) {
                say(path, &file.display().to_string(), "give a PEM file that this user can read");
            }
        }
        if let Some(file) = self.passwords.leaked_file.as_ref().filter(|f| !f.is_file()) {
            say(
                "passwords.leaked_file",
                &file.display().to_string(),
                "give a file that can be read, or leave it out",
            );
        }
        let leaked = &self.passwords.leaked_url;
        let usable =
            leaked.is_empty() || leaked.starts_with("https://") || self.http_client.allow_private;
        if !usable {
            say("passwords.leaked_url", &self.passwords.leaked_url, "use https");
        }
        for network in &self.server.trusted_proxies {
            match network.parse::<IpNet>() {
                Err(_) => say(
                    "server.trusted_proxies",
                    network,
                    "give networks like 10.0.0.0/8 or 192.0.2.1/32",
                ),
                // Everybody could say where they come from, and no limit would find anybody.
                Ok(all) if all.prefix_len() == 0 => say(
                    "server.trusted_proxies",
                    network,
                    "name your proxies: a network of all addresses trusts everybody",
                ),
                Ok(_) => {}
            }
        }
        if !["sqlite://", "postgres://", "postgresql://"]
            .iter()
            .any(|s| self.database.url.starts_with(s))
        {
            let scheme = self.database.url.split_once("://").map_or("…", |(scheme, _)| scheme);
            say("database.url", scheme, "begin with sqlite:// or postgres://");
        } else if self.database.url.starts_with("postgres")
            && let Err(problem) = Address::parse(&self.database.url)
        {
            say("database.url", &problem.value, problem.remedy);
        }
        if !self.mail.smtp_url.is_empty() {
            match Url::parse(&self.mail.smtp_url) {
                Ok(url)
                    if url.scheme() == "smtps"
                        || url.scheme() == "smtp"
                            && (is_loopback(&url)
                                || url.query().is_some_and(|q| q.contains("tls=required"))) => {}
                _ => say(
                    "mail.smtp_url",
                    "…",
                    "use smtps://host, or smtp://host?tls=required; plain smtp is for loopback addresses only",
                ),
            }
        }
        if let Some(file) = self
            .mail
            .ca_file
            .as_ref()
            .filter(|f| !std::fs::read(f).is_ok_and(|pem| Certificate::from_pem(&pem).is_ok()))
        {
            say(
                "mail.ca_file",
                &file.display().to_string(),
                "give a PEM file of certificates that can be read",
            );
        }
        if let Err(problem) = self.outside() {
            match problem {
                OutsideProblem::Proxy => say(
                    "http_client.proxy",
                    "…",
                    "give http://host:port or https://host:port, with user:password@ before the host where it wants them",
                ),
                OutsideProblem::Authorities => say(
                    "http_client.ca_file",
                    &self
                        .http_client
                        .ca_file
                        .as_deref()
                        .unwrap_or(Path::new(""))
                        .display()
                        .to_string(),
                    "give a PEM file of certificates that can be read",
                ),
            }
        }
        if self.mail.from.parse::<lettre::message::Mailbox>().is_err() {
            say("mail.from", &self.mail.from, "give a sender like: Login <login@example.com>");
        }
        if !self.sms.webhook_url.is_empty()
            && !Url::parse(&self.sms.webhook_url)
                .is_ok_and(|u| u.scheme() == "https" || u.scheme() == "http" && is_loopback(&u))
        {
            say("sms.webhook_url", "…", "use https; plain http is for loopback addresses only");
        }
        for prefix in self.sms.prefixes.iter().filter(|p| {
            !p.strip_prefix('+').is_some_and(|d| {
                !d.is_empty() && d.len() <= 15 && d.bytes().all(|b| b.is_ascii_digit())
            })
        }) {
            say("sms.prefixes", prefix, "give country codes like +49");
        }
        if self.session.idle < 60
            || self.session.absolute < self.session.idle
            || self.session.absolute > 30 * 86_400
        {
            say(
                "session",
                &format!("{} / {}", self.session.idle, self.session.absolute),
                "idle at least 60 seconds, absolute at least idle and at most 30 days",
            );
        }
        if self.limits.hash_kib < 19 * 1024 && !self.demo {
            say("limits.hash_kib", &self.limits.hash_kib.to_string(), "at least 19456 KiB");
        }
        if self.limits.requests_per_second == 0 || self.limits.burst == 0 {
            say("limits.requests_per_second", "0", "at least 1, and burst too");
        }
        if self.log.format != "text" && self.log.format != "json" {
            say("log.format", &self.log.format, "text or json");
        }
        found
    }

    /// The way out of the network.
    ///
    /// # Errors
    /// A proxy that is none, a file that cannot be read.
    pub fn outside(&self) -> Result<Outside, OutsideProblem> {
        let authorities = match &self.http_client.ca_file {
            None => Vec::new(),
            // A file without a certificate in it is a mistake too.
            Some(file) => std::fs::read(file)
                .ok()
                .filter(|pem| pem.windows(11).any(|w| w == b"-----BEGIN "))
                .ok_or(OutsideProblem::Authorities)?,
        };
        let client = &self.http_client;
        Ok(Outside::new(&client.proxy, &client.no_proxy, &authorities)?
            .with_directories(&client.directories))
    }

    /// `[mail]`, with the name that we greet with.
    #[must_use]
    pub fn mail(&self) -> Mail {
        let host =
            Url::parse(&self.server.public_url).ok().and_then(|u| u.domain().map(str::to_owned));
        let hello = if self.mail.hello.is_empty() {
            host.unwrap_or_default()
        } else {
            self.mail.hello.clone()
        };
        Mail { hello, ..self.mail.clone() }
    }

    /// The public address is https: cookies are Secure and HSTS is sent.
    #[must_use]
    pub fn secure(&self) -> bool {
        self.server.public_url.starts_with("https://")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_valid() {
        assert_eq!(Config::default().problems(), vec![]);
    }

    #[test]
    fn go_03_plain_http_is_refused_except_on_loopback() {
        let mut config = Config::default();
        config.server.public_url = "http://login.example.com".into();
        assert_eq!(config.problems()[0].path, "server.public_url");
        config.server.public_url = "https://login.example.com".into();
        assert!(config.problems().is_empty() && config.secure());
    }

    #[test]
    fn all_problems_are_told_at_once() {
        let mut config = Config::default();
        config.server.listen = "nowhere".into();
        config.database.url = "mysql://x".into();
        config.mail.smtp_url = "smtp://mail.example.com".into();
        config.server.trusted_proxies = vec!["everybody".into()];
        let paths: Vec<_> = config.problems().into_iter().map(|p| p.path).collect();
        assert_eq!(
            paths,
            ["server.listen", "server.trusted_proxies", "database.url", "mail.smtp_url"]
        );
    }

    #[test]
    fn ad_08_a_hash_that_costs_nothing_is_refused() {
        let mut config = Config::default();
        config.limits.hash_kib = 19 * 1024;
        assert_eq!(config.problems(), vec![]);
        config.limits.hash_kib = 8;
        assert_eq!(
            config.problems().into_iter().map(|p| p.path).collect::<Vec<_>>(),
            ["limits.hash_kib"]
        );
    }

    #[test]
    fn plain_smtp_is_for_loopback_only() {
        let mut config = Config::default();
        config.mail.smtp_url = "smtp://127.0.0.1:25".into();
        assert!(config.problems().is_empty());
    }

    fn environment(pairs: &[(&str, &str)]) -> anyhow::Result<Config> {
        let pairs = pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        Config::read_with(None, Environment::with_prefix("LIGATURE").source(Some(pairs)))
    }

    #[test]
    fn fr_17_every_setting_can_come_from_the_environment_as_it_is_written() {
        let config = environment(&[
            ("LIGATURE__SERVER__TRUSTED_PROXIES", "10.0.0.0/8, 127.0.0.1/32"),
            ("LIGATURE__SMS__PREFIXES", "+49"),
            ("LIGATURE__SMS__WEBHOOK_TOKEN", "00123456"),
            ("LIGATURE__SERVER__DRAIN_SECONDS", "7"),
            ("LIGATURE__SERVER__HSTS_SUBDOMAINS", "true"),
            ("LIGATURE__SERVER__TLS_CERT", "/etc/1e5"),
        ])
        .unwrap();
        assert_eq!(config.server.trusted_proxies, ["10.0.0.0/8", "127.0.0.1/32"]);
        assert_eq!(
            (
                config.sms.prefixes.as_slice(),
                config.server.drain_seconds,
                config.server.hsts_subdomains
            ),
            (["+49".to_owned()].as_slice(), 7, true)
        );
        assert_eq!(config.server.tls_cert.as_deref(), Some(Path::new("/etc/1e5")));
        for token in ["00123456", "1e5", "true", "a,b"] {
            let config = environment(&[("LIGATURE__SMS__WEBHOOK_TOKEN", token)]).unwrap();
            assert_eq!(config.sms.webhook_token, token);
        }
        assert!(environment(&[("LIGATURE__SERVER__DRAIN_SECONDS", "soon")]).is_err());
        assert!(environment(&[("LIGATURE__SERVER__PUBLIC_ULR", "https://x.test")]).is_err());
    }

    #[test]
    fn unknown_keys_are_errors() {
        let dir = std::env::temp_dir().join(format!("ligature-config-{}.toml", std::process::id()));
        std::fs::write(&dir, "[server]\npublic_ulr = \"https://x.test\"\n").unwrap();
        let error = Config::read(Some(&dir)).unwrap_err().to_string();
        std::fs::remove_file(&dir).unwrap();
        assert!(error.contains("public_ulr"), "{error}");
    }
}
