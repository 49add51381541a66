//! The client's address: the socket's peer, or what trusted proxies say; and a limit on requests from it.
use std::{
    net::{IpAddr, SocketAddr},
    num::NonZeroU32,
    sync::Arc,
};

use axum::{
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header::RETRY_AFTER},
    middleware::Next,
    response::{IntoResponse, Response},
};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use ipnet::IpNet;

/// The client's address, in the request's extensions.
#[derive(Debug, Clone, Copy)]
pub struct Client(pub IpAddr);

/// Trusted proxies and the limiter.
#[derive(Clone)]
pub struct Addresses {
    trusted: Arc<Vec<IpNet>>,
    limiter: Arc<DefaultKeyedRateLimiter<IpAddr>>,
}

impl Addresses {
    #[must_use]
    pub fn new(trusted: &[String], per_second: u32, burst: u32) -> Self {
        let one = NonZeroU32::MIN;
        let quota = Quota::per_second(NonZeroU32::new(per_second).unwrap_or(one)).allow_burst(NonZeroU32::new(burst).unwrap_or(one));
        Self { trusted: Arc::new(trusted.iter().filter_map(|n| n.parse().ok()).collect()), limiter: Arc::new(RateLimiter::keyed(quota)) }
    }

    /// Whether a peer is one of our proxies.
    #[must_use]
    pub fn trusts(&self, peer: IpAddr) -> bool {
        self.trusted.iter().any(|n| n.contains(&peer.to_canonical()))
    }

    /// From the right, the first hop that is no trusted proxy (PX-02). What cannot be read ends the walk at the hop before.
    /// A mapped address is its IPv4 address (RFC 4291 §2.5.5.2), as a socket for both gives it.
    #[must_use]
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let peer = peer.to_canonical();
        if !self.trusts(peer) {
            return peer;
        }
        let hops: Vec<&str> = headers.get_all("x-forwarded-for").iter().filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(',')).map(str::trim).collect();
        let mut client = peer;
        for hop in hops.iter().rev() {
            let Ok(ip) = hop.parse::<IpAddr>().map(|ip| ip.to_canonical()) else { break };
            client = ip;
            if !self.trusts(ip) {
                break;
            }
        }
        client
    }

    /// Forgets addresses that have been quiet.
    pub fn tidy(&self) {
        self.limiter.retain_recent();
    }
}

/// Finds the address and counts the request. An IPv6 client is its /64.
pub async fn address(State(addresses): State<Addresses>, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map_or(IpAddr::from([0, 0, 0, 0]), |c| c.0.ip());
    let client = addresses.client(peer, request.headers());
    // A page of a guarded host asks once for each of its files; a proxy that we trust may.
    let asks = request.uri().path().starts_with("/forward-auth/") && addresses.trusts(peer);
    if !asks && addresses.limiter.check_key(&network(client, 32, 64).addr()).is_err() {
        let mut response = (StatusCode::TOO_MANY_REQUESTS, "Too many requests. Wait a minute, then go on.\n").into_response();
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("10"));
        return response;
    }
    request.extensions_mut().insert(Client(client));
    next.run(request).await
}

/// The network of an address.
#[must_use]
pub fn network(ip: IpAddr, v4: u8, v6: u8) -> IpNet {
    let ip = ip.to_canonical();
    let bits = if ip.is_ipv4() { v4 } else { v6 };
    IpNet::new(ip, bits).map_or_else(|_| IpNet::from(ip), |n| n.trunc())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(trusted: &[&str], peer: &str, forwarded: &[&str]) -> String {
        let addresses = Addresses::new(&trusted.iter().map(ToString::to_string).collect::<Vec<_>>(), 1, 1);
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", HeaderValue::from_str(value).unwrap());
        }
        addresses.client(peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn fr_13_a_mapped_address_is_its_ipv4_address_everywhere() {
        let loopback = ["127.0.0.0/8"];
        assert_eq!(client(&loopback, "127.0.0.1", &["203.0.113.7"]), "203.0.113.7");
        assert_eq!(client(&loopback, "::ffff:127.0.0.1", &["203.0.113.7"]), "203.0.113.7");
        assert_eq!(client(&loopback, "::ffff:127.0.0.1", &["203.0.113.7, ::ffff:127.0.0.9"]), "203.0.113.7");
        assert_eq!(client(&[], "::ffff:198.51.100.7", &["1.1.1.1"]), "198.51.100.7");
        // Two of them are two clients, and a network that people recognise.
        let net = |ip: &str| network(ip.parse().unwrap(), 24, 64).to_string();
        assert_eq!((net("::ffff:203.0.113.7").as_str(), net("2001:db8::1").as_str()), ("203.0.113.0/24", "2001:db8::/64"));
        assert_ne!(net("::ffff:127.0.0.2"), net("::ffff:198.51.100.3"));
    }

    #[test]
    fn px_02_the_right_most_hop_that_is_no_trusted_proxy_is_the_client() {
        let trusted = ["10.0.0.0/8"];
        assert_eq!(client(&trusted, "10.0.0.1", &["1.1.1.1, 203.0.113.9, 10.0.0.2"]), "203.0.113.9");
        assert_eq!(client(&trusted, "10.0.0.1", &["1.1.1.1", "203.0.113.9, 10.0.0.2"]), "203.0.113.9");
        assert_eq!(client(&trusted, "198.51.100.7", &["1.1.1.1"]), "198.51.100.7");
        assert_eq!(client(&[], "198.51.100.7", &["1.1.1.1"]), "198.51.100.7");
        assert_eq!(client(&trusted, "10.0.0.1", &["1.1.1.1, what?"]), "10.0.0.1");
    }
}
