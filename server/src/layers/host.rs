//! Requests for another host are not ours (PX-03). Only the configured public address counts (PX-01).
use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{StatusCode, header::HOST},
    middleware::Next,
    response::{IntoResponse, Response},
};
use service::admin::organisations::is_at;

/// The public URL.
#[derive(Clone)]
pub struct PublicUrl(pub Arc<str>);

/// The host that a request is for.
pub fn asked(request: &Request) -> Option<&str> {
    request
        .uri()
        .authority()
        .map(|a| a.as_str())
        .or_else(|| request.headers().get(HOST).and_then(|h| h.to_str().ok()))
}

/// Answers 421 for any other host, with the address that is served; health probes come by address.
pub async fn host(
    State(PublicUrl(ours)): State<PublicUrl>,
    request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path();
    if path == "/healthz" || path == "/readyz" {
        return next.run(request).await;
    }
    if asked(&request).is_some_and(|host| is_at(&ours, host)) {
        next.run(request).await
    } else {
        (StatusCode::MISDIRECTED_REQUEST, format!("This host is not served here. Use {ours}\n"))
            .into_response()
    }
}
