//! The `database.url` of a PostgreSQL server, with libpq's words for TLS (`sslmode`, `sslrootcert`, `sslcert`, `sslkey`), which
//! tokio-postgres does not read (PostgreSQL, "SSL Support" of libpq).
use std::{
    net::IpAddr,
    sync::atomic::{AtomicU8, Ordering},
    time::Duration,
};

use diesel::ConnectionError;
use diesel_async::AsyncPgConnection;
use percent_encoding::percent_decode_str;
use tokio_postgres::config::{Host, SslMode};

use crate::postgres::{
    causes::explained,
    connector::{Connector, client_config},
    ssl_parameters::{Mode, SslParameters},
    url_problem::{UrlProblem, problem},
};

/// What the last connection got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encryption {
    /// There was no connection yet.
    Unknown,
    Clear,
    Tls,
}

/// A server, or several of which one takes writes, and how to reach it.
pub struct Address {
    config: tokio_postgres::Config,
    mode: Mode,
    tls: Option<Connector>,
    /// As [`Encryption`]: 0 unknown, 1 clear, 2 TLS.
    got: AtomicU8,
}

impl Address {
    /// Reads the URL and the files that it names.
    ///
    /// # Errors
    /// [`UrlProblem`]: a parameter that is unknown or has no such value, a file that cannot be read.
    pub fn parse(url: &str) -> Result<Self, UrlProblem> {
        let (before, query) = url.split_once('?').unwrap_or((url, ""));
        let mut ours = SslParameters::default();
        let mut rest = Vec::new();
        for pair in query.split('&').filter(|p| !p.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let value = percent_decode_str(value).decode_utf8_lossy().into_owned();
            match name {
                "sslmode" => ours.mode = Some(value),
                "sslrootcert" => ours.root = Some(value),
                "sslcert" => ours.cert = Some(value),
                "sslkey" => ours.key = Some(value),
                _ => rest.push(pair),
            }
        }
        let stripped = if rest.is_empty() {
            before.to_owned()
        } else {
            format!("{before}?{}", rest.join("&"))
        };
        let mut config: tokio_postgres::Config = stripped
            .parse()
            .map_err(|e: tokio_postgres::Error| problem(rest.join("&"), remedy_of(&e)))?;
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            return Err(problem(
                "",
                "name the host, or the folder of the Unix socket: postgres://user@%2Frun%2Fpostgresql/name",
            ));
        }
        let on_sockets = config.get_hosts().iter().all(|h| matches!(h, Host::Unix(_)))
            && config.get_hostaddrs().is_empty();
        let mode = ours.mode(on_sockets)?;
        config.ssl_mode(match mode {
            Mode::Disable => SslMode::Disable,
            Mode::Prefer => SslMode::Prefer,
            Mode::Require | Mode::VerifyCa | Mode::VerifyFull => SslMode::Require,
        });
        if config.get_application_name().is_none() {
            config.application_name("ligature");
        }
        let tls = if mode == Mode::Disable {
            None
        } else {
            Some(Connector::new(client_config(mode, &ours.roots(), ours.identity()?)?))
        };
        Ok(Self { config, mode, tls, got: AtomicU8::new(0) })
    }

    /// Shares the time for a connection among the hosts, so that a first one that is gone leaves time for the next.
    pub(crate) fn patient(mut self, wait: Duration) -> Self {
        let hosts = u32::try_from(self.config.get_hosts().len().max(1)).unwrap_or(1);
        if self.config.get_connect_timeout().is_none() {
            self.config.connect_timeout(wait / hosts);
        }
        self
    }

    /// Some host is another machine.
    #[must_use]
    pub fn is_remote(&self) -> bool {
        let other = |ip: &IpAddr| !ip.to_canonical().is_loopback();
        self.config.get_hostaddrs().iter().any(other)
            || self.config.get_hosts().iter().any(|host| match host {
                Host::Tcp(name) => {
                    name.parse::<IpAddr>().map_or_else(|_| name != "localhost", |ip| other(&ip))
                }
                Host::Unix(_) => false,
            })
    }

    /// What the last connection got.
    #[must_use]
    pub fn encryption(&self) -> Encryption {
        match self.got.load(Ordering::Relaxed) {
            0 => Encryption::Unknown,
            1 => Encryption::Clear,
            _ => Encryption::Tls,
        }
    }

    pub(crate) async fn connect(&self) -> Result<AsyncPgConnection, ConnectionError> {
        let broken =
            |e: &tokio_postgres::Error| ConnectionError::BadConnection(explained(&in_full(e)));
        let Some(tls) = &self.tls else {
            let (client, connection) =
                self.config.connect(tokio_postgres::NoTls).await.map_err(|e| broken(&e))?;
            self.note(false);
            return AsyncPgConnection::try_from_client_and_connection(client, connection).await;
        };
        let (connector, by_tls) = tls.noting();
        let (client, connection) = self.config.connect(connector).await.map_err(|e| broken(&e))?;
        self.note(by_tls.load(Ordering::Relaxed));
        AsyncPgConnection::try_from_client_and_connection(client, connection).await
    }

    /// Says in the log what was got, when it changes.
    fn note(&self, by_tls: bool) {
        let before = self.got.swap(if by_tls { 2 } else { 1 }, Ordering::Relaxed);
        match (by_tls, before) {
            (true, 0 | 1) if matches!(self.mode, Mode::VerifyCa | Mode::VerifyFull) => {
                tracing::info!("the database is reached by TLS, and its certificate is verified")
            }
            (true, 0 | 1) => tracing::info!(
                "the database is reached by TLS, but its certificate is not verified: sslmode=verify-full does"
            ),
            (false, 0 | 2) if self.is_remote() => tracing::warn!(
                "the database on another machine is reached in clear: sslmode=require or verify-full prevents it"
            ),
            (false, 0 | 2) => tracing::info!("the database is reached in clear, on this machine"),
            _ => {}
        }
    }
}

/// An error with everything behind it: the server's own words stand there.
fn in_full(error: &dyn std::error::Error) -> String {
    let behind = std::iter::successors(error.source(), |error| error.source());
    behind.fold(error.to_string(), |words, error| format!("{words}: {error}"))
}

/// The library names the parameter in its text; ours is a remedy that fits all.
fn remedy_of(_: &tokio_postgres::Error) -> &'static str {
    "write postgres://user:password@host:port/name, with signs like @ and / in the password as %40 and %2F; besides the ssl parameters \
     target_session_attrs, connect_timeout, application_name, options, keepalives and load_balance_hosts are known"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(url: &str) -> UrlProblem {
        Address::parse(url).err().unwrap()
    }

    #[test]
    fn fr_08_every_mode_of_libpq_is_known_or_named() {
        for (url, mode) in [
            ("postgres://u@db.example.com/x", Mode::Prefer),
            ("postgres://u@db.example.com/x?sslmode=prefer", Mode::Prefer),
            ("postgres://u@db.example.com/x?sslmode=disable", Mode::Disable),
            ("postgres://u@db.example.com/x?sslmode=require", Mode::Require),
            (
                "postgresql://u:p%40@db.example.com:5433/x?sslmode=verify-ca&connect_timeout=3",
                Mode::VerifyCa,
            ),
            (
                "postgres://u@a.example.com,b.example.com:5433/x?target_session_attrs=read-write&sslmode=verify-full",
                Mode::VerifyFull,
            ),
            // There is no TLS on a socket of this machine.
            ("postgres://u@%2Frun%2Fpostgresql/x?sslmode=require", Mode::Disable),
            ("postgres:///x?host=/run/postgresql&user=u", Mode::Disable),
        ] {
            let address = Address::parse(url).unwrap_or_else(|e| panic!("{url}: {e:?}"));
            assert_eq!(address.mode, mode, "{url}");
        }
        for (url, value) in [
            ("postgres://u:secret@db/x?sslmode=verify_full", "sslmode=verify_full"),
            ("postgres://u:secret@db/x?sslmode=allow", "sslmode=allow"),
            ("postgres://u:secret@db/x?sslrootcert=/ca.pem", "sslrootcert"),
            (
                "postgres://u:secret@db/x?sslmode=verify-full&sslrootcert=/no/such.pem",
                "sslrootcert=/no/such.pem",
            ),
            ("postgres://u:secret@db/x?sslmode=require&sslcert=/c.pem", "sslcert=/c.pem"),
            ("postgres://u:secret@db/x?sslmode=require&sslkey=/k.pem", "sslkey=/k.pem"),
            ("postgres://u:secret@db/x?poolmode=transaction", "poolmode=transaction"),
            ("postgres:///x", ""),
        ] {
            let problem = refused(url);
            assert_eq!(problem.value, value, "{url}");
            assert!(!format!("{problem:?}").contains("secret"), "{problem:?}");
        }
    }

    #[test]
    fn fr_08_another_machine_is_told_from_this_one() {
        let remote =
            |url: &str| Address::parse(url).unwrap_or_else(|e| panic!("{url}: {e:?}")).is_remote();
        for here in [
            "postgres://u@localhost/x",
            "postgres://u@127.0.0.1/x",
            "postgres://u@[::1]/x",
            "postgres:///x?host=/run/postgresql&user=u",
        ] {
            assert!(!remote(here), "{here}");
        }
        for there in [
            "postgres://u@db.example.com/x",
            "postgres://u@10.0.0.3/x",
            "postgres://u@localhost,10.0.0.3/x",
            "postgres://u@localhost/x?hostaddr=10.0.0.3",
        ] {
            assert!(remote(there), "{there}");
        }
    }
}
