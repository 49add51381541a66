//! The client's address: the socket's peer, or what trusted proxies say; and a limit on requests from it.
use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
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

/// Who the other end of a connection is: in the request's extensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peer {
    At(IpAddr),
    /// A process of this machine, by a Unix socket: a proxy, since browsers know none.
    Socket,
    Unknown,
}

/// Trusted proxies and the limiter.
#[derive(Clone)]
pub struct Addresses {
    trusted: Arc<Vec<IpNet>>,
    /// The proxies write `Forwarded` (RFC 7239) instead of `X-Forwarded-For`.
    forwarded: bool,
    limiter: Arc<DefaultKeyedRateLimiter<IpAddr>>,
}

impl Addresses {
    #[must_use]
    pub fn new(trusted: &[String], per_second: u32, burst: u32) -> Self {
        let one = NonZeroU32::MIN;
        let quota = Quota::per_second(NonZeroU32::new(per_second).unwrap_or(one))
            .allow_burst(NonZeroU32::new(burst).unwrap_or(one));
        Self {
            trusted: Arc::new(trusted.iter().filter_map(|n| n.parse().ok()).collect()),
            forwarded: false,
            limiter: Arc::new(RateLimiter::keyed(quota)),
        }
    }

    /// Reads `Forwarded` instead of `X-Forwarded-For`. Only one of them counts: proxies hand the other one through as it came.
    #[must_use]
    pub fn reading(self, forwarded: bool) -> Self {
        Self { forwarded, ..self }
    }

    /// Whether a peer is one of our proxies.
    #[must_use]
    pub fn trusts(&self, peer: IpAddr) -> bool {
        self.trusted.iter().any(|n| n.contains(&peer.to_canonical()))
    }

    /// Whether the other end is one of our proxies.
    #[must_use]
    pub fn trusts_peer(&self, peer: Peer) -> bool {
        match peer {
            Peer::At(ip) => self.trusts(ip),
            Peer::Socket => true,
            Peer::Unknown => false,
        }
    }

    /// From the right, the first hop that is no trusted proxy (PX-02). What cannot be read ends the walk at the hop before.
    /// A mapped address is its IPv4 address (RFC 4291 §2.5.5.2), as a socket for both gives it.
    #[must_use]
    pub fn client(&self, peer: Peer, headers: &HeaderMap) -> IpAddr {
        let here = match peer {
            Peer::At(ip) => ip.to_canonical(),
            // Without a word of it: the proxy itself.
            Peer::Socket => Ipv4Addr::LOCALHOST.into(),
            Peer::Unknown => Ipv4Addr::UNSPECIFIED.into(),
        };
        if !self.trusts_peer(peer) {
            return here;
        }
        let of = |name| {
            headers.get_all(name).iter().filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(','))
        };
        let hops: Vec<Option<IpAddr>> = if self.forwarded {
            of("forwarded").map(forwarded_for).collect()
        } else {
            of("x-forwarded-for").map(hop).collect()
        };
        let mut client = here;
        for hop in hops.into_iter().rev() {
            let Some(ip) = hop else { break };
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

/// An address as proxies write it: perhaps with a port, IPv6 perhaps in brackets.
fn hop(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')).unwrap_or(text);
    bare.parse()
        .ok()
        .or_else(|| text.parse::<SocketAddr>().ok().map(|a| a.ip()))
        .map(|ip: IpAddr| ip.to_canonical())
}

/// The `for` of one element of `Forwarded` (RFC 7239 §4). A name instead of an address is none.
fn forwarded_for(element: &str) -> Option<IpAddr> {
    let value = element.split(';').find_map(|pair| {
        pair.split_once('=')
            .filter(|(name, _)| name.trim().eq_ignore_ascii_case("for"))
            .map(|(_, value)| value.trim())
    })?;
    hop(value.trim_matches('"'))
}

/// Finds the address and counts the request. An IPv6 client is its /64.
pub async fn address(
    State(addresses): State<Addresses>,
    mut request: Request,
    next: Next,
) -> Response {
    let told = request.extensions().get::<Peer>().copied();
    let peer = told
        .or_else(|| {
            request.extensions().get::<ConnectInfo<SocketAddr>>().map(|c| Peer::At(c.0.ip()))
        })
        .unwrap_or(Peer::Unknown);
    let client = addresses.client(peer, request.headers());
    // A page of a guarded host asks once for each of its files; a proxy that we trust may.
    let asks = request.uri().path().starts_with("/forward-auth/") && addresses.trusts_peer(peer);
    if !asks && addresses.limiter.check_key(&network(client, 32, 64).addr()).is_err() {
        let mut response =
            (StatusCode::TOO_MANY_REQUESTS, "Too many requests. Wait a minute, then go on.\n")
                .into_response();
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
        let addresses =
            Addresses::new(&trusted.iter().map(ToString::to_string).collect::<Vec<_>>(), 1, 1);
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", HeaderValue::from_str(value).unwrap());
        }
        addresses.client(Peer::At(peer.parse().unwrap()), &headers).to_string()
    }

    #[test]
    fn fr_13_a_mapped_address_is_its_ipv4_address_everywhere() {
        let loopback = ["127.0.0.0/8"];
        assert_eq!(client(&loopback, "127.0.0.1", &["203.0.113.7"]), "203.0.113.7");
        assert_eq!(client(&loopback, "::ffff:127.0.0.1", &["203.0.113.7"]), "203.0.113.7");
        assert_eq!(
            client(&loopback, "::ffff:127.0.0.1", &["203.0.113.7, ::ffff:127.0.0.9"]),
            "203.0.113.7"
        );
        assert_eq!(client(&[], "::ffff:198.51.100.7", &["1.1.1.1"]), "198.51.100.7");
        // Two of them are two clients, and a network that people recognise.
        let net = |ip: &str| network(ip.parse().unwrap(), 24, 64).to_string();
        assert_eq!(
            (net("::ffff:203.0.113.7").as_str(), net("2001:db8::1").as_str()),
            ("203.0.113.0/24", "2001:db8::/64")
        );
        assert_ne!(net("::ffff:127.0.0.2"), net("::ffff:198.51.100.3"));
    }

    /// Shows PX-02 for what else proxies write.
    #[test]
    fn px_02_ports_brackets_and_the_standard_header_are_read_and_the_other_header_is_not() {
        let proxy = ["10.0.0.0/8"];
        for (written, ip) in [
            ("203.0.113.7:4711", "203.0.113.7"),
            ("[2001:db8::7]:4711", "2001:db8::7"),
            ("[2001:db8::7]", "2001:db8::7"),
            ("unknown", "10.0.0.1"),
            ("203.0.113.7:x", "10.0.0.1"),
        ] {
            assert_eq!(client(&proxy, "10.0.0.1", &[written]), ip, "{written}");
        }
        let standard = Addresses::new(&["10.0.0.0/8".to_owned()], 1, 1).reading(true);
        let by = |forwarded: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("forwarded", HeaderValue::from_str(forwarded).unwrap());
            headers.insert("x-forwarded-for", HeaderValue::from_static("198.51.100.66"));
            standard.client(Peer::At("10.0.0.1".parse().unwrap()), &headers).to_string()
        };
        assert_eq!(by("for=203.0.113.7;proto=https;by=10.0.0.1"), "203.0.113.7");
        assert_eq!(by("For=\"[2001:db8::7]:4711\""), "2001:db8::7");
        assert_eq!(by("for=1.1.1.1, for=203.0.113.9, for=10.0.0.2"), "203.0.113.9");
        assert_eq!(by("for=_hidden"), "10.0.0.1");
        assert_eq!(by("proto=https"), "10.0.0.1");
    }

    #[test]
    fn px_02_the_right_most_hop_that_is_no_trusted_proxy_is_the_client() {
        let trusted = ["10.0.0.0/8"];
        assert_eq!(
            client(&trusted, "10.0.0.1", &["1.1.1.1, 203.0.113.9, 10.0.0.2"]),
            "203.0.113.9"
        );
        assert_eq!(
            client(&trusted, "10.0.0.1", &["1.1.1.1", "203.0.113.9, 10.0.0.2"]),
            "203.0.113.9"
        );
        assert_eq!(client(&trusted, "198.51.100.7", &["1.1.1.1"]), "198.51.100.7");
        assert_eq!(client(&[], "198.51.100.7", &["1.1.1.1"]), "198.51.100.7");
        assert_eq!(client(&trusted, "10.0.0.1", &["1.1.1.1, what?"]), "10.0.0.1");
    }
}
