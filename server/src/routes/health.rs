//! Probes: alive, and ready to work. They say nothing else.
use app::context::Context;
use axum::{extract::State, http::StatusCode};

/// `GET /healthz`: the process answers.
pub async fn alive() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: the database answers.
pub async fn ready(State(context): State<Context>) -> (StatusCode, &'static str) {
    match context.ligature.page_state().organisation_name().await {
        Ok(_) => (StatusCode::OK, "ready\n"),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "not ready\n"),
    }
}
