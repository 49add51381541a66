//! The only way out: no redirects, no private addresses unless allowed, bounded in size and time (OC-11, OC-12).
pub mod address;
pub mod answer;
pub mod json;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use ::http::{Response, StatusCode};
use futures_util::{FutureExt, TryFutureExt, future::BoxFuture};
use oauth2::{HttpRequest, HttpResponse};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::time::timeout;
use url::{Host, Url};

use self::address::is_public;
use crate::{
    error::{Part, Trouble, UpstreamError},
    outside::Outside,
};

/// Bounds of every call.
#[derive(Debug, Clone, Copy)]
pub struct SafeHttpOptions {
    /// Allow loopback and private addresses, and plain http: for tests, demos and closed networks.
    pub allow_private: bool,
    pub timeout: Duration,
    pub max_bytes: usize,
}

impl Default for SafeHttpOptions {
    fn default() -> Self {
        Self { allow_private: false, timeout: Duration::from_secs(5), max_bytes: 1 << 20 }
    }
}

/// The guarded client.
#[derive(Clone)]
pub struct SafeHttpClient {
    client: reqwest::Client,
    options: SafeHttpOptions,
    /// `https://HOST/PATH` is asked of this loopback port instead, as `/HOST/PATH`.
    #[cfg(test)]
    reroute: Option<u16>,
    outside: Arc<Outside>,
    look_up: LookUp,
}

/// A call that was refused or failed.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct CallError(String);

impl SafeHttpClient {
    /// # Errors
    /// When the TLS set-up fails.
    pub fn new(options: SafeHttpOptions) -> Result<Self, CallError> {
        Self::through(options, Outside::default())
    }

    /// By a way out of a closed network.
    ///
    /// # Errors
    /// When the TLS set-up fails.
    pub fn through(options: SafeHttpOptions, outside: Outside) -> Result<Self, CallError> {
        Self::built(
            options,
            Arc::new(outside),
            Arc::new(|name| tokio::net::lookup_host((name, 0)).map_ok(Iterator::collect).boxed()),
        )
    }

    /// With other bounds, by the same way out.
    ///
    /// # Errors
    /// When the TLS set-up fails.
    pub fn bounded(&self, options: SafeHttpOptions) -> Result<Self, CallError> {
        Self::built(options, Arc::clone(&self.outside), Arc::clone(&self.look_up))
    }

    /// With another way to look names up.
    #[cfg(test)]
    fn with_names(options: SafeHttpOptions, look_up: LookUp) -> Result<Self, CallError> {
        Self::built(options, Arc::default(), look_up)
    }

    pub(crate) fn built(
        options: SafeHttpOptions,
        outside: Arc<Outside>,
        look_up: LookUp,
    ) -> Result<Self, CallError> {
        let mut builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(options.timeout)
            .connect_timeout(options.timeout)
            .user_agent("ligature")
            .pool_max_idle_per_host(8);
        if !options.allow_private {
            builder = builder.dns_resolver(Arc::new(ProxyToo {
                inner: PublicOnly { look_up: Arc::clone(&look_up) },
                outside: Arc::clone(&outside),
            }));
        }
        let client = outside
            .apply(builder)
            .and_then(reqwest::ClientBuilder::build)
            .map_err(|e| CallError(e.to_string()))?;
        Ok(Self {
            client,
            options,
            outside,
            look_up,
            #[cfg(test)]
            reroute: None,
        })
    }

    /// Sends a request; the answer's body is complete and within the limit.
    ///
    /// # Errors
    /// When the address may not be called, on time-out and for bodies over the limit.
    pub async fn send(&self, request: HttpRequest) -> Result<HttpResponse, CallError> {
        #[cfg(test)]
        let request = self.rerouted(request);
        let request = reqwest::Request::try_from(request).map_err(|e| CallError(e.to_string()))?;
        self.allowed(request.url())?;
        self.leads_outside(request.url()).await?;
        let mut answer = self
            .client
            .execute(request)
            .await
            .map_err(|e| CallError(e.without_url().to_string()))?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        if status.is_server_error() {
            return Err(CallError(format!("status {}", status.as_u16())));
        }
        let mut body = Vec::new();
        while let Some(chunk) =
            answer.chunk().await.map_err(|e| CallError(e.without_url().to_string()))?
        {
            if body.len() + chunk.len() > self.options.max_bytes {
                return Err(CallError("the answer is too large".into()));
            }
            body.extend_from_slice(&chunk);
        }
        let mut response = Response::new(body);
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        Ok(response)
    }

    /// Sends a request to a part of a provider.
    ///
    /// # Errors
    /// [`UpstreamError::Down`] without an answer.
    pub(crate) async fn ask(
        &self,
        part: Part,
        request: HttpRequest,
    ) -> Result<HttpResponse, UpstreamError> {
        // A little less than everything together may take, so that it is known which part hung.
        let most = self.options.timeout.saturating_sub(self.options.timeout / 10);
        timeout(most, self.send(request))
            .await
            .unwrap_or_else(|_| Err(CallError("no answer in time".into())))
            .map_err(|CallError(what)| UpstreamError::Down(Trouble::new(part, what)))
    }

    /// Runs all that somebody waits for at a provider, within the time that one call may take (OP-04).
    ///
    /// # Errors
    /// Those of the work; [`UpstreamError::Down`] when it takes longer.
    pub(crate) async fn in_all<T>(
        &self,
        part: Part,
        work: impl Future<Output = Result<T, UpstreamError>>,
    ) -> Result<T, UpstreamError> {
        timeout(self.options.timeout, work).await.unwrap_or_else(|_| {
            Err(UpstreamError::Down(Trouble::new(part, "no answer in time, all parts together")))
        })
    }

    /// Fetches with `Accept: application/json`; `bearer` is the access token.
    ///
    /// # Errors
    /// [`UpstreamError::Down`] without an answer.
    pub(crate) async fn get(
        &self,
        part: Part,
        url: &str,
        bearer: Option<&str>,
    ) -> Result<HttpResponse, UpstreamError> {
        let mut request = ::http::Request::get(url).header("accept", "application/json");
        if let Some(token) = bearer {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let request = request.body(Vec::new()).map_err(|_| {
            UpstreamError::answer(part, "its address or the access token cannot be sent")
        })?;
        self.ask(part, request).await
    }

    /// Fetches a JSON document with a status of 2xx.
    ///
    /// # Errors
    /// [`UpstreamError::Down`] without one, [`UpstreamError::Answer`] where it is malformed.
    pub(crate) async fn json(
        &self,
        part: Part,
        url: &str,
    ) -> Result<serde_json::Value, UpstreamError> {
        let answer = self.get(part, url, None).await?;
        if !answer.status().is_success() {
            return Err(UpstreamError::Down(Trouble::new(
                part,
                format!("status {}", answer.status().as_u16()),
            )));
        }
        json::read(answer.body())
            .map_err(|malformed| UpstreamError::answer(part, malformed.to_string()))
    }

    /// Fetches a text with status 200, with one more header.
    ///
    /// # Errors
    /// An error without one.
    pub async fn text(&self, url: &str, (name, value): (&str, &str)) -> Result<String, CallError> {
        let request = ::http::Request::get(url)
            .header(name, value)
            .body(Vec::new())
            .map_err(|e| CallError(e.to_string()))?;
        let answer = self.send(request).await?;
        if answer.status() != StatusCode::OK {
            return Err(CallError(format!("status {}", answer.status())));
        }
        String::from_utf8(answer.into_body()).map_err(|e| CallError(e.to_string()))
    }

    /// Whether a browser may be sent there: https, or http where plain providers are allowed.
    pub(crate) fn may_show(&self, url: &Url) -> bool {
        url.has_host()
            && (url.scheme() == "https" || self.options.allow_private && url.scheme() == "http")
    }

    /// Posts a form; anything but 2xx is an error.
    ///
    /// # Errors
    /// As [`SafeHttpClient::send`].
    pub async fn post_form(&self, url: &str, body: String) -> Result<(), CallError> {
        let request = ::http::Request::post(url)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("cache-control", "no-store");
        let answer = self
            .send(request.body(body.into_bytes()).map_err(|e| CallError(e.to_string()))?)
            .await?;
        if answer.status().is_success() {
            Ok(())
        } else {
            Err(CallError(format!("status {}", answer.status())))
        }
    }

    /// For tests: every https address is served by this port of loopback.
    #[cfg(test)]
    pub(crate) fn rerouting(port: u16) -> Self {
        // A busy machine is no slow vendor.
        let options = SafeHttpOptions {
            allow_private: true,
            timeout: Duration::from_secs(60),
            ..SafeHttpOptions::default()
        };
        Self { reroute: Some(port), ..Self::new(options).unwrap() }
    }

    #[cfg(test)]
    fn rerouted(&self, mut request: HttpRequest) -> HttpRequest {
        if let Some((port, rest)) =
            self.reroute.zip(request.uri().to_string().strip_prefix("https://"))
        {
            *request.uri_mut() = format!("http://127.0.0.1:{port}/{rest}").parse().unwrap();
        }
        request
    }

    /// A proxy looks names up itself: those that lead inside as far as we know are not given to it. What only it knows is.
    async fn leads_outside(&self, url: &Url) -> Result<(), CallError> {
        let Some(Host::Domain(name)) = url.host() else { return Ok(()) };
        if self.options.allow_private || !self.outside.is_proxied() {
            return Ok(());
        }
        match (self.look_up)(name.to_owned()).await {
            Ok(found) if !found.is_empty() && !found.iter().any(|a| is_public(a.ip())) => {
                Err(CallError("this address may not be called".into()))
            }
            _ => Ok(()),
        }
    }

    /// Addresses of a directory: public ones, and private ones of the hosts that an operator named.
    ///
    /// # Errors
    /// Without any that may be called.
    pub(crate) async fn directory_addresses(
        &self,
        host: &str,
        port: u16,
    ) -> Result<Vec<SocketAddr>, CallError> {
        let inside = self.options.allow_private || self.outside.is_directory(host);
        let found = match host.trim_matches(['[', ']']).parse() {
            Ok(ip) => vec![SocketAddr::new(ip, port)],
            Err(_) => (self.look_up)(host.to_owned())
                .await
                .map_err(|e| CallError(e.to_string()))?
                .into_iter()
                .map(|address| SocketAddr::new(address.ip(), port))
                .collect(),
        };
        let may: Vec<_> = found.into_iter().filter(|a| inside || is_public(a.ip())).collect();
        if may.is_empty() {
            return Err(CallError(format!(
                "no address that may be called: an operator can name {host} in http_client.directories"
            )));
        }
        Ok(may)
    }

    /// Bounds of every call.
    pub(crate) fn options(&self) -> SafeHttpOptions {
        self.options
    }

    /// Authorities beside those of the system.
    pub(crate) fn roots(&self) -> &[rustls::pki_types::CertificateDer<'static>] {
        self.outside.roots()
    }

    fn allowed(&self, url: &Url) -> Result<(), CallError> {
        if self.options.allow_private {
            return Ok(());
        }
        let public = match url.host() {
            Some(Host::Ipv4(ip)) => is_public(ip.into()),
            Some(Host::Ipv6(ip)) => is_public(ip.into()),
            Some(Host::Domain(_)) => true,
            None => false,
        };
        if public && url.scheme() == "https" {
            Ok(())
        } else {
            Err(CallError("this address may not be called".into()))
        }
    }
}

/// Looks a name up.
pub(crate) type LookUp =
    Arc<dyn Fn(String) -> BoxFuture<'static, std::io::Result<Vec<SocketAddr>>> + Send + Sync>;

/// Resolves names, and keeps only addresses of the public internet; rebinding changes nothing, the check is on what is used.
struct PublicOnly {
    look_up: LookUp,
}

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        let found = (self.look_up)(name.as_str().to_owned());
        Box::pin(async move {
            let public: Vec<SocketAddr> =
                found.await?.into_iter().filter(|a| is_public(a.ip())).collect();
            if public.is_empty() {
                return Err("no public address".into());
            }
            let addresses: Addrs = Box::new(public.into_iter());
            Ok(addresses)
        })
    }
}

/// As [`PublicOnly`], but for the proxy's own name, which an operator gave.
struct ProxyToo {
    inner: PublicOnly,
    outside: Arc<Outside>,
}

impl Resolve for ProxyToo {
    fn resolve(&self, name: Name) -> Resolving {
        if !self.outside.is_proxy(name.as_str()) {
            return self.inner.resolve(name);
        }
        let found = (self.inner.look_up)(name.as_str().to_owned());
        Box::pin(async move {
            let addresses: Addrs = Box::new(found.await?.into_iter());
            Ok(addresses)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::*;
    use crate::testing::Server;

    fn private() -> SafeHttpClient {
        SafeHttpClient::new(SafeHttpOptions { allow_private: true, ..SafeHttpOptions::default() })
            .unwrap()
    }

    /// Each status that redirects, by every way out.
    #[tokio::test]
    async fn oc_11_an_answer_that_leads_elsewhere_is_not_followed() {
        let server = Server::start();
        server.says("/there", "{}");
        server.says("/here", r#"{"a":1}"#);
        assert_eq!(
            private().json(Part::Keys, &server.url("/here")).await.unwrap(),
            serde_json::json!({"a": 1})
        );
        for status in [301, 302, 303, 307, 308] {
            server.leads("/here", status, "/there");
            assert!(
                matches!(
                    private().json(Part::Keys, &server.url("/here")).await,
                    Err(UpstreamError::Down(_))
                ),
                "{status}"
            );
            assert_eq!(
                private()
                    .get(Part::Userinfo, &server.url("/here"), Some("secret"))
                    .await
                    .unwrap()
                    .status()
                    .as_u16(),
                status
            );
            assert!(
                private().text(&server.url("/here"), ("accept", "text/plain")).await.is_err(),
                "{status}"
            );
            assert!(
                private().post_form(&server.url("/here"), "a=b".into()).await.is_err(),
                "{status}"
            );
            let request =
                ::http::Request::post(server.url("/here")).body(b"code=secret".to_vec()).unwrap();
            assert_eq!(
                private().ask(Part::Token, request).await.unwrap().status().as_u16(),
                status,
                "nothing to read, and nothing else was asked"
            );
        }
        assert!(!server.asked().contains(&"/there".to_owned()), "{:?}", server.asked());
    }

    /// Where names come from is the resolver's business; what they lead to is looked at when it is used.
    #[tokio::test]
    async fn oc_11_a_name_that_leads_inside_is_not_called_nor_one_that_leads_inside_the_second_time()
     {
        let server = Server::start();
        let url = format!("https://provider.test:{}/here", server.port);
        // With the switch on, names are looked up as the system does; `localhost` is one that leads inside.
        let local = format!("http://localhost:{}/here", server.port);
        server.says("/here", "{}");
        assert!(private().json(Part::Keys, &local).await.is_ok());
        assert_eq!(server.asked(), ["/here"]);
        let asked = || async {
            SafeHttpClient::new(SafeHttpOptions::default())
                .unwrap()
                .json(Part::Keys, &local.replace("http:", "https:"))
                .await
        };
        assert!(matches!(asked().await, Err(UpstreamError::Down(_))));
        for inside in
            ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1", "fd00::1"]
        {
            let ip: IpAddr = inside.parse().unwrap();
            let names: LookUp =
                Arc::new(move |_| std::future::ready(Ok(vec![SocketAddr::new(ip, 0)])).boxed());
            let guard = SafeHttpClient::with_names(
                SafeHttpOptions {
                    timeout: Duration::from_millis(500),
                    ..SafeHttpOptions::default()
                },
                names,
            )
            .unwrap();
            let error = guard.json(Part::Keys, &url).await.unwrap_err().to_string();
            assert!(!error.contains("127.0.0.1"), "{error}");
        }
        // Rebinding: the first answer is public, the next is not. A public address beside a private one does not let it in.
        let public: IpAddr = "93.184.216.34".parse().unwrap();
        let resolver = |first: Vec<IpAddr>, then: Vec<IpAddr>| {
            let turns = std::sync::Mutex::new(vec![then, first]);
            PublicOnly {
                look_up: Arc::new(move |_| {
                    std::future::ready(Ok(turns
                        .lock()
                        .unwrap()
                        .pop()
                        .unwrap_or_default()
                        .into_iter()
                        .map(|ip| SocketAddr::new(ip, 0))
                        .collect()))
                    .boxed()
                }),
            }
        };
        let found = async |resolver: &PublicOnly| {
            resolver
                .resolve("provider.test".parse().unwrap())
                .await
                .map(|all| all.map(|a| a.ip()).collect::<Vec<_>>())
                .unwrap_or_default()
        };
        let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let rebound = resolver(vec![loopback, public], vec![loopback]);
        assert_eq!((found(&rebound).await, found(&rebound).await), (vec![public], vec![]));
        assert_eq!(server.asked(), ["/here"], "nothing reached the server");
    }

    /// Shows OP-04.
    #[tokio::test]
    async fn op_04_all_parts_of_a_provider_together_take_no_longer_than_one_may() {
        let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/x", silent.local_addr().unwrap());
        let guard = SafeHttpClient::new(SafeHttpOptions {
            allow_private: true,
            timeout: Duration::from_millis(400),
            ..SafeHttpOptions::default()
        })
        .unwrap();
        let one = guard.in_all(Part::Token, guard.json(Part::Keys, &url)).await.unwrap_err();
        assert_eq!(one.to_string(), "no answer: key set: no answer in time");
        let both = guard.in_all(Part::Token, async {
            drop(guard.json(Part::Keys, &url).await);
            guard.json(Part::Userinfo, &url).await
        });
        let late = both.await.unwrap_err().to_string();
        assert_eq!(late, "no answer: token endpoint: no answer in time, all parts together");
    }

    #[test]
    fn oc_11_literal_addresses_and_plain_http_are_checked_too() {
        let guard = SafeHttpClient::new(SafeHttpOptions::default()).unwrap();
        for bad in [
            "https://127.0.0.1/x",
            "https://[::1]/x",
            "http://example.com/x",
            "https://169.254.169.254/latest",
        ] {
            assert!(guard.allowed(&Url::parse(bad).unwrap()).is_err(), "{bad}");
        }
        assert!(guard.allowed(&Url::parse("https://example.com/x").unwrap()).is_ok());
    }
}
