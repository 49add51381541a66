//! Which addresses are of the public internet (OC-11).
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

pub fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => public_v4(ip),
        IpAddr::V6(ip) => match ip.to_ipv4_mapped().or_else(|| translated(ip)) {
            Some(v4) => public_v4(v4),
            None => {
                let [first, second, ..] = ip.segments();
                let global = first & 0xe000 == 0x2000;
                let special =
                    first == 0x2001 && (second < 0x0200 || second == 0x0db8) || first == 0x2002;
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

/// The IPv4 address inside one of the well-known prefix 64:ff9b::/96: it decides (RFC 6052 §2.1, FR-41).
fn translated(ip: Ipv6Addr) -> Option<Ipv4Addr> {
    let [a, b, c, d, e, f, high, low] = ip.segments();
    if [a, b, c, d, e, f] != [0x64, 0xff9b, 0, 0, 0, 0] {
        return None;
    }
    let ([w, x], [y, z]) = (high.to_be_bytes(), low.to_be_bytes());
    Some(Ipv4Addr::new(w, x, y, z))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn oc_11_addresses_inside_are_not_called() {
        for outside in ["93.184.216.34", "2606:2800:220:1::1"] {
            assert!(is_public(outside.parse().unwrap()), "{outside}");
        }
        for inside in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "0.0.0.0",
            "100.64.0.1",
            "::1",
            "fe80::1",
            "fc00::1",
            "::ffff:127.0.0.1",
            "2002:7f00:1::",
            "2001:db8::1",
        ] {
            assert!(!is_public(inside.parse().unwrap()), "{inside}");
        }
    }

    /// FR-41: a host with IPv6 only reaches IPv4 by translation.
    #[test]
    fn fr_41_a_translated_address_is_as_public_as_the_one_inside_it() {
        assert!(is_public("64:ff9b::8c52:7903".parse().unwrap()));
        for inside in
            ["64:ff9b::a9fe:a9fe", "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::8c52:7903"]
        {
            assert!(!is_public(inside.parse().unwrap()), "{inside}");
        }
    }
}
