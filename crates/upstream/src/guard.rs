//! The only way out: no redirects, no private addresses unless allowed, bounded in size and time (OC-11, OC-12).
use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use futures_util::{FutureExt, future::BoxFuture};
use http::Response;
use oauth2::{HttpRequest, HttpResponse};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use crate::UpstreamError;

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

impl Guard {
    /// # Errors
    /// When the TLS set-up fails.
    pub fn new(options: GuardOptions) -> Result<Self, CallError> {
        let mut builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(options.timeout)
            .connect_timeout(options.timeout)
            .user_agent("ligature")
            .no_proxy()
            .pool_max_idle_per_host(8);
        if !options.allow_private {
            builder = builder.dns_resolver(Arc::new(PublicOnly));
        }
        let client = builder.build().map_err(|e| CallError(e.to_string()))?;
        Ok(Self { client, options })
    }

    /// Sends a request; the answer's body is complete and within the limit.
    ///
    /// # Errors
    /// When the address may not be called, on time-out and for bodies over the limit.
    pub async fn send(&self, request: HttpRequest) -> Result<HttpResponse, CallError> {
        let request = reqwest::Request::try_from(request).map_err(|e| CallError(e.to_string()))?;
        self.allowed(request.url())?;
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
        serde_json::from_slice(answer.body()).map_err(|e| UpstreamError::Answer(e.to_string()))
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

/// The oauth2 and openidconnect crates call out through the guard too.
impl<'c> oauth2::AsyncHttpClient<'c> for Guard {
    type Error = CallError;
    type Future = BoxFuture<'c, Result<HttpResponse, CallError>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        self.send(request).boxed()
    }
}

/// Resolves names, and keeps only addresses of the public internet; rebinding changes nothing, the check is on what is used.
struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let all = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> = all.filter(|a| is_public(a.ip())).collect();
            if public.is_empty() {
                return Err("no public address".into());
            }
            let addresses: Addrs = Box::new(public.into_iter());
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
                let [first, second, ..] = ip.segments();
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
