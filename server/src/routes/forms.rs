//! Server functions behind one door: whatever is not a 303 becomes a page of ours.
use app::{
    context::{Context, WebRequest},
    sign_in::refused::refusal_page,
};
use axum::{
    Extension, RequestExt,
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use domain::Refusal;
use leptos::prelude::provide_context;

/// `POST /fn/…`.
pub async fn function(State(context): State<Context>, request: Request) -> Response {
    leptos_axum::handle_server_fns_with_context(move || provide_context(context.clone()), request)
        .await
        .into_response()
}

/// Without `Accept: text/html` and `Referer` the framework adds no redirect and no error text of its own.
pub async fn forms(
    State(context): State<Context>,
    Extension(web): Extension<WebRequest>,
    mut request: Request,
    next: Next,
) -> Response {
    let headers = request.headers_mut();
    headers.remove(header::REFERER);
    headers.insert(header::ACCEPT, HeaderValue::from_static("*/*"));
    // Functions under this path answer a module of ours; all others lead on to a page.
    let answers = request.uri().path().starts_with("/fn/ask/");
    let response = next.run(request).await;
    if response.status() == StatusCode::SEE_OTHER || (answers && response.status().is_success()) {
        return response;
    }
    // Arguments that are missing, unreadable or too long are the sender's fault; an Ok without a redirect is ours.
    let refusal =
        if response.status().is_success() { Refusal::Internal } else { Refusal::BadRequest };
    refusal_page(&context, &web, refusal, "").await
}

fn content_type(request: &Request) -> &str {
    let value = request.headers().get(header::CONTENT_TYPE);
    value.and_then(|v| v.to_str().ok()).unwrap_or_default()
}

/// Only fields of a form, or nothing.
pub async fn takes_fields(request: Request, next: Next) -> Response {
    let fields = content_type(&request).starts_with("application/x-www-form-urlencoded");
    let length = request.headers().get(header::CONTENT_LENGTH);
    if !fields && length.is_some_and(|v| v != "0") {
        return StatusCode::UNSUPPORTED_MEDIA_TYPE.into_response();
    }
    next.run(request).await
}

/// Only a form with a file: the framework panics without the boundary of its parts, and reads such a body to its end
/// whatever the limit says.
pub async fn takes_files(request: Request, next: Next) -> Response {
    if multer::parse_boundary(content_type(&request)).is_err() {
        return StatusCode::UNSUPPORTED_MEDIA_TYPE.into_response();
    }
    next.run(request.with_limited_body()).await
}
