//! The origin of a URL (RFC 6454).
use url::Url;

/// The origin of a URL, as `form-action` wants it.
pub(crate) fn origin_of(url: &str) -> Option<String> {
    Url::parse(url).ok().map(|u| u.origin().ascii_serialization())
}
