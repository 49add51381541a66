//! Security headers on every answer, errors included.
use axum::{
    extract::{Request, State},
    http::{HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};

use crate::config::Config;

/// What `Strict-Transport-Security` says (RFC 6797); nothing where people do not come by https.
#[derive(Debug, Clone, Copy)]
pub struct Hsts(Option<&'static str>);

impl Hsts {
    /// Of this host alone, unless the operator says that every host below it is served by https too (§14.4, FR-59).
    #[must_use]
    pub fn of(secure: bool, config: &Config) -> Self {
        let said = if config.server.hsts_subdomains {
            "max-age=63072000; includeSubDomains"
        } else {
            "max-age=63072000"
        };
        Self(secure.then_some(said))
    }
}

const ALWAYS: [(HeaderName, &str); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    // no-referrer would make Chromium send `Origin: null` with our own forms.
    (header::REFERRER_POLICY, "same-origin"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
];

/// Adds what is always sent, and what is sent unless the route said otherwise.
pub async fn headers(State(Hsts(hsts)): State<Hsts>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let redirects = response.status().is_redirection();
    let headers = response.headers_mut();
    for (name, value) in ALWAYS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Some(said) = hsts {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(said));
    }
    // Browsers hold each redirect's value against the page that opened a pop-up; a redirect has nothing to protect (FR-07).
    if !redirects {
        headers
            .entry(HeaderName::from_static("cross-origin-opener-policy"))
            .or_insert(HeaderValue::from_static("same-origin"));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static("default-src 'none'; script-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"));
    response
}
