//! The origin of a URL (RFC 6454).
use url::Url;

/// Scheme, host and port of a URL, without a path.
pub(crate) fn origin_of(url: &str) -> Option<String> {
    Url::parse(url).ok().map(|u| u.origin().ascii_serialization())
}
