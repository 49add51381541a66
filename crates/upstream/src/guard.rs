//! The only way out: no redirects, no private addresses unless allowed, bounded in size and time (OC-11, OC-12).
use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use futures_util::{FutureExt, TryFutureExt, future::BoxFuture};
use http::Response;
use oauth2::{HttpRequest, HttpResponse};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use crate::{
    UpstreamError,
    json::{self, Malformed},
    outside::Outside,
};

/// Bounds of every call.
#[derive(Debug, Clone, Copy)]
pub struct GuardOptions {
    /// Allow loopback and private addresses, and plain http: for tests, demos and closed networks.
    pub allow_private: bool,
    pub timeout: Duration,
    pub max_bytes: usize,
}

impl Default for GuardOptions {
    fn default() -> Self {
        Self { allow_private: false, timeout: Duration::from_secs(5), max_bytes: 1 << 20 }
    }
}

/// The guarded client.
#[derive(Clone)]
pub struct Guard {
    client: reqwest::Client,
    options: GuardOptions,
    outside: Arc<Outside>,
    look_up: LookUp,
}

/// A call that was refused or failed.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct CallError(String);

impl From<CallError> for UpstreamError {
    fn from(error: CallError) -> Self {
        Self::Down(error.0)
    }
}

/// Why the protocol libraries get no answer.
#[derive(Debug, thiserror::Error)]
pub enum TokenCallError {
    #[error(transparent)]
    Call(#[from] CallError),
    #[error(transparent)]
    Malformed(#[from] Malformed),
}

impl From<TokenCallError> for UpstreamError {
    fn from(error: TokenCallError) -> Self {
        match error {
            TokenCallError::Call(error) => error.into(),
            TokenCallError::Malformed(error) => error.into(),
        }
    }
}

impl From<Malformed> for UpstreamError {
    fn from(error: Malformed) -> Self {
        Self::Answer(error.to_string())
    }
}

impl Guard {
    /// # Errors
    /// When the TLS set-up fails.
    pub fn new(options: GuardOptions) -> Result<Self, CallError> {
        Self::through(options, Outside::default())
    }

    /// By a way out of a closed network.
    ///
    /// # Errors
    /// When the TLS set-up fails.
    pub fn through(options: GuardOptions, outside: Outside) -> Result<Self, CallError> {
        Self::built(options, Arc::new(outside), Arc::new(|name| tokio::net::lookup_host((name, 0)).map_ok(Iterator::collect).boxed()))
    }

    /// With other bounds, by the same way out.
    ///
    /// # Errors
    /// When the TLS set-up fails.
    pub fn bounded(&self, options: GuardOptions) -> Result<Self, CallError> {
        Self::built(options, Arc::clone(&self.outside), Arc::clone(&self.look_up))
    }

    /// With another way to look names up.
    #[cfg(test)]
    fn with_names(options: GuardOptions, look_up: LookUp) -> Result<Self, CallError> {
        Self::built(options, Arc::default(), look_up)
    }

    pub(crate) fn built(options: GuardOptions, outside: Arc<Outside>, look_up: LookUp) -> Result<Self, CallError> {
        let mut builder =
            reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).timeout(options.timeout).connect_timeout(options.timeout).user_agent("ligature").pool_max_idle_per_host(8);
        if !options.allow_private {
            builder = builder.dns_resolver(Arc::new(ProxyToo { inner: PublicOnly { look_up: Arc::clone(&look_up) }, outside: Arc::clone(&outside) }));
        }
        let client = outside.apply(builder).and_then(reqwest::ClientBuilder::build).map_err(|e| CallError(e.to_string()))?;
        Ok(Self { client, options, outside, look_up })
    }

    /// Sends a request; the answer's body is complete and within the limit.
    ///
    /// # Errors
    /// When the address may not be called, on time-out and for bodies over the limit.
    pub async fn send(&self, request: HttpRequest) -> Result<HttpResponse, CallError> {
        let request = reqwest::Request::try_from(request).map_err(|e| CallError(e.to_string()))?;
        self.allowed(request.url())?;
        self.leads_outside(request.url()).await?;
        let mut answer = self.client.execute(request).await.map_err(|e| CallError(e.without_url().to_string()))?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        if status.is_server_error() {
            return Err(CallError(format!("status {status}")));
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|e| CallError(e.without_url().to_string()))? {
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

    /// Fetches a JSON document with status 200.
    ///
    /// # Errors
    /// [`UpstreamError::Down`] without one.
    pub async fn json(&self, url: &str, bearer: Option<&str>) -> Result<serde_json::Value, UpstreamError> {
        let mut request = http::Request::get(url).header("accept", "application/json");
        if let Some(token) = bearer {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let request = request.body(Vec::new()).map_err(|e| UpstreamError::Answer(e.to_string()))?;
        let answer = self.send(request).await?;
        if answer.status() != http::StatusCode::OK {
            return Err(UpstreamError::Down(format!("status {}", answer.status())));
        }
        Ok(json::read(answer.body())?)
    }

    /// Fetches a text with status 200, with one more header.
    ///
    /// # Errors
    /// [`UpstreamError::Down`] without one.
    pub async fn text(&self, url: &str, (name, value): (&str, &str)) -> Result<String, UpstreamError> {
        let request = http::Request::get(url).header(name, value).body(Vec::new()).map_err(|e| UpstreamError::Answer(e.to_string()))?;
        let answer = self.send(request).await?;
        if answer.status() != http::StatusCode::OK {
            return Err(UpstreamError::Down(format!("status {}", answer.status())));
        }
        String::from_utf8(answer.into_body()).map_err(|e| UpstreamError::Answer(e.to_string()))
    }

    /// Posts a form; anything but 2xx is an error.
    ///
    /// # Errors
    /// As [`Guard::send`].
    pub async fn post_form(&self, url: &str, body: String) -> Result<(), CallError> {
        let request = http::Request::post(url).header("content-type", "application/x-www-form-urlencoded").header("cache-control", "no-store");
        let answer = self.send(request.body(body.into_bytes()).map_err(|e| CallError(e.to_string()))?).await?;
        if answer.status().is_success() { Ok(()) } else { Err(CallError(format!("status {}", answer.status()))) }
    }

    /// A proxy looks names up itself: those that lead inside as far as we know are not given to it. What only it knows is.
    async fn leads_outside(&self, url: &Url) -> Result<(), CallError> {
        let Some(Host::Domain(name)) = url.host() else { return Ok(()) };
        if self.options.allow_private || !self.outside.is_proxied() {
            return Ok(());
        }
        match (self.look_up)(name.to_owned()).await {
            Ok(found) if !found.is_empty() && !found.iter().any(|a| is_public(a.ip())) => Err(CallError("this address may not be called".into())),
            _ => Ok(()),
        }
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
        if public && url.scheme() == "https" { Ok(()) } else { Err(CallError("this address may not be called".into())) }
    }
}

/// The oauth2 and openidconnect crates call out through the guard too. They get what our own reader has read, written anew.
impl<'c> oauth2::AsyncHttpClient<'c> for Guard {
    type Error = TokenCallError;
    type Future = BoxFuture<'c, Result<HttpResponse, TokenCallError>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        async move {
            let mut answer = self.send(request).await?;
            *answer.body_mut() = json::read(answer.body())?.to_string().into_bytes();
            Ok(answer)
        }
        .boxed()
    }
}

/// Looks a name up.
pub(crate) type LookUp = Arc<dyn Fn(String) -> BoxFuture<'static, std::io::Result<Vec<SocketAddr>>> + Send + Sync>;

/// Resolves names, and keeps only addresses of the public internet; rebinding changes nothing, the check is on what is used.
struct PublicOnly {
    look_up: LookUp,
}

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        let found = (self.look_up)(name.as_str().to_owned());
        Box::pin(async move {
            let public: Vec<SocketAddr> = found.await?.into_iter().filter(|a| is_public(a.ip())).collect();
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

fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => public_v4(ip),
        IpAddr::V6(ip) => match ip.to_ipv4_mapped() {
            Some(v4) => public_v4(v4),
            None => {
                let [first, second, a, b, c, d, high, low] = ip.segments();
                // NAT64: the address that is embedded decides (RFC 6052 §2.1).
                if [first, second, a, b, c, d] == [0x64, 0xff9b, 0, 0, 0, 0] {
                    let [h, i] = high.to_be_bytes();
                    let [j, k] = low.to_be_bytes();
                    return public_v4(Ipv4Addr::new(h, i, j, k));
                }
                let global = first & 0xe000 == 0x2000;
                let special = first == 0x2001 && (second < 0x0200 || second == 0x0db8) || first == 0x2002;
                global && !special
            }
        },
    }
}

fn public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let special = ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_unspecified()
        || ip.is_broadcast()
        || ip.is_multicast()
        || ip.is_documentation()
        || a == 0
        || a >= 240
        || a == 100 && (64..128).contains(&b)
        || a == 192 && b == 0 && c == 0
        || a == 198 && (b == 18 || b == 19);
    !special
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Server;

    fn private() -> Guard {
        Guard::new(GuardOptions { allow_private: true, ..GuardOptions::default() }).unwrap()
    }

    /// Each status that redirects, by every way out.
    #[tokio::test]
    async fn oc_11_an_answer_that_leads_elsewhere_is_not_followed() {
        let server = Server::start();
        server.says("/there", "{}");
        server.says("/here", r#"{"a":1}"#);
        assert_eq!(private().json(&server.url("/here"), None).await.unwrap(), serde_json::json!({"a": 1}));
        for status in [301, 302, 303, 307, 308] {
            server.leads("/here", status, "/there");
            assert!(matches!(private().json(&server.url("/here"), Some("secret")).await, Err(UpstreamError::Down(_))), "{status}");
            assert!(private().text(&server.url("/here"), ("accept", "text/plain")).await.is_err(), "{status}");
            assert!(private().post_form(&server.url("/here"), "a=b".into()).await.is_err(), "{status}");
            let request = http::Request::post(server.url("/here")).body(b"code=secret".to_vec()).unwrap();
            let answer = oauth2::AsyncHttpClient::call(&private(), request).await;
            assert!(answer.is_err(), "{status}: nothing to read, and nothing else was asked");
        }
        assert!(!server.asked().contains(&"/there".to_owned()), "{:?}", server.asked());
    }

    /// Where names come from is the resolver's business; what they lead to is looked at when it is used.
    #[tokio::test]
    async fn oc_11_a_name_that_leads_inside_is_not_called_nor_one_that_leads_inside_the_second_time() {
        let server = Server::start();
        let url = format!("https://provider.test:{}/here", server.port);
        // With the switch on, names are looked up as the system does; `localhost` is one that leads inside.
        let local = format!("http://localhost:{}/here", server.port);
        server.says("/here", "{}");
        assert!(private().json(&local, None).await.is_ok());
        assert_eq!(server.asked(), ["/here"]);
        let asked = || async { Guard::new(GuardOptions::default()).unwrap().json(&local.replace("http:", "https:"), None).await };
        assert!(matches!(asked().await, Err(UpstreamError::Down(_))));
        for inside in ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1", "fd00::1"] {
            let ip: IpAddr = inside.parse().unwrap();
            let names: LookUp = Arc::new(move |_| std::future::ready(Ok(vec![SocketAddr::new(ip, 0)])).boxed());
            let guard = Guard::with_names(GuardOptions { timeout: Duration::from_millis(500), ..GuardOptions::default() }, names).unwrap();
            let error = guard.json(&url, None).await.unwrap_err().to_string();
            assert!(!error.contains("127.0.0.1"), "{error}");
        }
        // Rebinding: the first answer is public, the next is not. A public address beside a private one does not let it in.
        let public: IpAddr = "93.184.216.34".parse().unwrap();
        let resolver = |first: Vec<IpAddr>, then: Vec<IpAddr>| {
            let turns = std::sync::Mutex::new(vec![then, first]);
            PublicOnly { look_up: Arc::new(move |_| std::future::ready(Ok(turns.lock().unwrap().pop().unwrap_or_default().into_iter().map(|ip| SocketAddr::new(ip, 0)).collect())).boxed()) }
        };
        let found = async |resolver: &PublicOnly| resolver.resolve("provider.test".parse().unwrap()).await.map(|all| all.map(|a| a.ip()).collect::<Vec<_>>()).unwrap_or_default();
        let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let rebound = resolver(vec![loopback, public], vec![loopback]);
        assert_eq!((found(&rebound).await, found(&rebound).await), (vec![public], vec![]));
        assert_eq!(server.asked(), ["/here"], "nothing reached the server");
    }

    #[test]
    fn fr_41_behind_nat64_the_embedded_address_decides() {
        assert!(is_public("64:ff9b::8c52:7903".parse().unwrap()), "140.82.121.3");
        for inside in ["64:ff9b::a9fe:a9fe", "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::8c52:7903"] {
            assert!(!is_public(inside.parse().unwrap()), "{inside}");
        }
    }

    #[test]
    fn oc_11_addresses_inside_are_not_called() {
        for inside in
            ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0", "100.64.0.1", "::1", "fe80::1", "fc00::1", "::ffff:127.0.0.1", "2002:7f00:1::", "2001:db8::1"]
        {
            assert!(!is_public(inside.parse().unwrap()), "{inside}");
        }
        for outside in ["93.184.216.34", "2606:2800:220:1::1"] {
            assert!(is_public(outside.parse().unwrap()), "{outside}");
        }
    }

    #[test]
    fn oc_11_literal_addresses_and_plain_http_are_checked_too() {
        let guard = Guard::new(GuardOptions::default()).unwrap();
        for bad in ["https://127.0.0.1/x", "https://[::1]/x", "http://example.com/x", "https://169.254.169.254/latest"] {
            assert!(guard.allowed(&Url::parse(bad).unwrap()).is_err(), "{bad}");
        }
        assert!(guard.allowed(&Url::parse("https://example.com/x").unwrap()).is_ok());
    }
}
