//! The way out of a closed network: a proxy that calls go through, and authorities that only this network knows (FR-40).
use rustls::pki_types::{CertificateDer, pem::PemObject};
use url::Url;

/// How calls leave the network.
#[derive(Debug, Clone, Default)]
pub struct Outside {
    proxy: Option<Url>,
    direct: String,
    authorities: Vec<reqwest::Certificate>,
    /// The same, for what is no HTTP.
    roots: Vec<CertificateDer<'static>>,
    /// Hosts of directories that may stand inside the network.
    directories: Vec<String>,
}

/// A way out that cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OutsideProblem {
    #[error(
        "give the proxy as http://host:port or https://host:port, with user:password@ before the host where it wants them"
    )]
    Proxy,
    #[error("give a PEM file of certificates that can be read")]
    Authorities,
}

impl Outside {
    /// `proxy`: `http://[user:password@]host:port`, or empty. `direct`: hosts, domains and networks that are called without it,
    /// as in `NO_PROXY`. `pem`: authorities, beside those of the system; may be empty.
    ///
    /// # Errors
    /// [`OutsideProblem`].
    pub fn new(proxy: &str, direct: &[String], pem: &[u8]) -> Result<Self, OutsideProblem> {
        let proxy = match proxy {
            "" => None,
            text => Some(
                Url::parse(text)
                    .ok()
                    .filter(|u| {
                        matches!(u.scheme(), "http" | "https") && u.has_host() && u.path() == "/"
                    })
                    .ok_or(OutsideProblem::Proxy)?,
            ),
        };
        let authorities =
            reqwest::Certificate::from_pem_bundle(pem).map_err(|_| OutsideProblem::Authorities)?;
        let roots = CertificateDer::pem_slice_iter(pem)
            .collect::<Result<_, _>>()
            .map_err(|_| OutsideProblem::Authorities)?;
        Ok(Self { proxy, direct: direct.join(","), authorities, roots, directories: Vec::new() })
    }

    /// With hosts of LDAP directories that may have private addresses: names or addresses, without a port.
    #[must_use]
    pub fn with_directories(self, directories: &[String]) -> Self {
        Self { directories: directories.iter().map(|host| host.to_lowercase()).collect(), ..self }
    }

    /// Whether an operator named this host as one of a directory inside.
    pub(crate) fn is_directory(&self, host: &str) -> bool {
        self.directories.iter().any(|known| known.eq_ignore_ascii_case(host))
    }

    /// Authorities beside those of the system.
    pub(crate) fn roots(&self) -> &[CertificateDer<'static>] {
        &self.roots
    }

    /// Calls go through a proxy.
    pub(crate) fn is_proxied(&self) -> bool {
        self.proxy.is_some()
    }

    /// The proxy's own name may lead inside.
    pub(crate) fn is_proxy(&self, name: &str) -> bool {
        self.proxy
            .as_ref()
            .and_then(Url::host_str)
            .is_some_and(|host| host.eq_ignore_ascii_case(name))
    }

    /// What the environment says of proxies does not count: only the configuration does.
    pub(crate) fn apply(
        &self,
        mut builder: reqwest::ClientBuilder,
    ) -> reqwest::Result<reqwest::ClientBuilder> {
        builder = builder.no_proxy();
        if !self.authorities.is_empty() {
            builder = builder.tls_certs_merge(self.authorities.iter().cloned());
        }
        if let Some(proxy) = &self.proxy {
            builder = builder.proxy(
                reqwest::Proxy::all(proxy.as_str())?
                    .no_proxy(reqwest::NoProxy::from_string(&self.direct)),
            );
        }
        Ok(builder)
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::{BufRead, BufReader, Write},
        sync::Arc,
    };

    use futures_util::FutureExt;

    use super::*;
    use crate::{SafeHttpClient, SafeHttpOptions, http::LookUp, testing::Server};

    /// A proxy that answers everything itself, and what it was asked for.
    fn proxy() -> (u16, std::sync::mpsc::Receiver<String>) {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (told, asked) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let head: Vec<String> = BufReader::new(&stream)
                    .lines()
                    .map_while(Result::ok)
                    .take_while(|l| !l.is_empty())
                    .collect();
                let first = head.first().cloned().unwrap_or_default();
                let answer = if first.starts_with("CONNECT") {
                    "HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n"
                } else {
                    "HTTP/1.1 200 OK\r\ncontent-length: 7\r\nconnection: close\r\n\r\n{\"a\":2}"
                };
                stream.write_all(answer.as_bytes()).unwrap();
                told.send(first).unwrap();
            }
        });
        (port, asked)
    }

    /// Also hosts that are called directly, and what the guard forbids, with and without a name for it.
    #[tokio::test]
    async fn fr_40_calls_go_through_the_company_proxy_and_what_is_inside_stays_forbidden() {
        let (port, asked) = proxy();
        let server = Server::start();
        server.says("/here", r#"{"a":1}"#);
        let outside = |direct: &[&str]| {
            Outside::new(
                &format!("http://127.0.0.1:{port}"),
                &direct.iter().map(ToString::to_string).collect::<Vec<_>>(),
                b"",
            )
            .unwrap()
        };
        let free = SafeHttpOptions { allow_private: true, ..SafeHttpOptions::default() };
        let guard = SafeHttpClient::through(free, outside(&["127.0.0.1"])).unwrap();
        assert_eq!(
            guard.json(crate::Part::Keys, "http://provider.test/there").await.unwrap(),
            serde_json::json!({"a": 2})
        );
        assert_eq!(asked.recv().unwrap(), "GET http://provider.test/there HTTP/1.1");
        assert_eq!(
            guard.json(crate::Part::Keys, &server.url("/here")).await.unwrap(),
            serde_json::json!({"a": 1}),
            "directly"
        );
        // By default the proxy is asked for TLS only, and for no name that leads inside as far as we know.
        let names: LookUp = Arc::new(|name| {
            std::future::ready(if name == "localhost" {
                Ok(vec![([127, 0, 0, 1], 0).into()])
            } else {
                Err(std::io::ErrorKind::NotFound.into())
            })
            .boxed()
        });
        let strict =
            SafeHttpClient::built(SafeHttpOptions::default(), Arc::new(outside(&[])), names)
                .unwrap();
        assert!(strict.json(crate::Part::Keys, "https://provider.test/there").await.is_err());
        assert_eq!(asked.recv().unwrap(), "CONNECT provider.test:443 HTTP/1.1");
        for inside in ["https://localhost/x", "https://127.0.0.1/x", "http://provider.test/x"] {
            assert!(strict.json(crate::Part::Keys, inside).await.is_err(), "{inside}");
        }
        assert!(asked.try_recv().is_err(), "the proxy was not asked for those");
    }

    #[test]
    fn fr_40_what_is_no_proxy_and_no_authority_is_refused() {
        for bad in [
            "proxy.example.com:3128",
            "socks5://proxy.example.com",
            "http://",
            "http://proxy.example.com/path",
        ] {
            assert_eq!(Outside::new(bad, &[], b"").err(), Some(OutsideProblem::Proxy), "{bad}");
        }
        let broken = b"-----BEGIN CERTIFICATE-----\nAAAA\n";
        assert_eq!(Outside::new("", &[], broken).err(), Some(OutsideProblem::Authorities));
    }
}
