//! Requests for another host are not ours (PX-03). Only the configured public address counts (PX-01).
use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{StatusCode, header::HOST},
    middleware::Next,
    response::{IntoResponse, Response},
};

/// The authority of the public URL, and whether people come by https.
#[derive(Clone)]
pub struct PublicHost(pub Arc<str>);

/// Answers 421 for any other host; health probes come by address.
pub async fn host(State(PublicHost(ours)): State<PublicHost>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if path == "/healthz" || path == "/readyz" {
        return next.run(request).await;
    }
    let asked = request.uri().authority().map(|a| a.as_str().to_owned()).or_else(|| request.headers().get(HOST).and_then(|h| h.to_str().ok()).map(str::to_owned));
    if asked.as_deref().is_some_and(|h| h.eq_ignore_ascii_case(&ours)) { next.run(request).await } else { (StatusCode::MISDIRECTED_REQUEST, "This host is not served here.\n").into_response() }
}
