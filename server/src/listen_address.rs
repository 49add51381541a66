//! The addresses to listen at, as the settings write them: an address and port, or a Unix socket; several with commas.
use std::{net::SocketAddr, path::PathBuf};

/// One place to listen at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    Tcp(SocketAddr),
    /// A Unix socket, for a proxy on this machine.
    Socket(PathBuf),
}

/// Reads `127.0.0.1:8080, [::1]:8080, unix:/run/ligature/http.sock`; `None` if one of them is no place, or there is none.
#[must_use]
pub fn places(listen: &str) -> Option<Vec<Place>> {
    let place = |one: &str| match one.strip_prefix("unix:") {
        Some(path) if path.starts_with('/') => Some(Place::Socket(path.into())),
        Some(_) => None,
        None => one.parse().ok().map(Place::Tcp),
    };
    let all: Option<Vec<Place>> = listen.split(',').map(|one| place(one.trim())).collect();
    all.filter(|all| !all.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_places_are_read_and_what_is_none_is_refused() {
        assert_eq!(
            places("127.0.0.1:8080, [::1]:8080,unix:/run/ligature/http.sock").unwrap(),
            [
                Place::Tcp("127.0.0.1:8080".parse().unwrap()),
                Place::Tcp("[::1]:8080".parse().unwrap()),
                Place::Socket("/run/ligature/http.sock".into())
            ]
        );
        for bad in ["", "localhost", "127.0.0.1", "127.0.0.1:8080,", "unix:relative.sock", "unix:"]
        {
            assert_eq!(places(bad), None, "{bad}");
        }
    }
}
