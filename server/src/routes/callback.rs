//! `GET /callback/{key}`: a provider's answer comes in, a clean address goes out.
use app::{
    context::{Context, WebRequest},
    cookies::read,
    outcome::leave,
};
use axum::{
    Extension,
    extract::{Path, Query, State},
    http::HeaderMap,
    response::Response,
};
use serde::Deserialize;
use service::{Callback, sign_in::start::cookie_id};

use crate::routes::see_other;

/// Parameters of the answer. Texts of the provider (`error_description`, `error_uri`) are not even read (OC-14).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Answer {
    state: Option<String>,
    code: Option<String>,
    error: Option<String>,
    iss: Option<String>,
}

pub async fn callback(
    State(context): State<Context>,
    Extension(web): Extension<WebRequest>,
    Path(key): Path<String>,
    headers: HeaderMap,
    answer: Result<Query<Answer>, axum::extract::rejection::QueryRejection>,
) -> Response {
    let Query(answer) = answer.unwrap_or_default();
    let id = answer.state.as_deref().map(cookie_id).unwrap_or_default();
    let cookie = read(&headers, &context.cookies.start_name(&id));
    let bounded = |text: Option<String>| text.filter(|t| t.len() <= 4096);
    let answer = Callback { state: bounded(answer.state), code: bounded(answer.code), error: answer.error, iss: bounded(answer.iss) };
    let result = context.ligature.sign_in().callback(&web.ctx, &key, answer, cookie.as_deref()).await;
    let mut next = leave(&context, result).await;
    if cookie.is_some() {
        next = next.with(context.cookies.start(&id, ""));
    }
    see_other(&context, &next)
}
