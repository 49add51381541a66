//! The OpenID Provider's endpoints.
use app::{
    context::{Asker, Context},
    outcome::{Leave, refuse, sign_in_for},
};
use axum::{
    Extension, Form, Json,
    extract::{Query, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;
use service::{
    Destination,
    applications::{Authorized, TokenProblem},
};

use crate::routes::see_other;

type Parameters = Vec<(String, String)>;

/// `GET /authorize`.
pub async fn authorize(State(context): State<Context>, Extension(asker): Extension<Asker>, Query(parameters): Query<Parameters>) -> Response {
    answer(context, asker, parameters).await
}

/// `POST /authorize` (OpenID Connect Core §3.1.2.1): it only shows a page or goes back, so it may come from anywhere.
pub async fn authorize_form(State(context): State<Context>, Extension(asker): Extension<Asker>, Form(parameters): Form<Parameters>) -> Response {
    answer(context, asker, parameters).await
}

async fn answer(context: Context, asker: Asker, parameters: Parameters) -> Response {
    let leave = match context.ligature.authorize(&asker.visitor, &parameters).await {
        Ok(Authorized::Application(uri)) => Leave { to: Destination::Application(uri), cookies: Vec::new() },
        Ok(Authorized::SignIn(request)) => sign_in_for(&context, request, app::paths::LOGIN).unwrap_or_else(|fault| refuse(&fault)),
        Err(fault) => refuse(&fault),
    };
    see_other(&context, &leave)
}

/// `POST /token` (RFC 6749 §3.2).
pub async fn token(State(context): State<Context>, headers: HeaderMap, form: Result<Form<Parameters>, axum::extract::rejection::FormRejection>) -> Response {
    let Ok(Form(form)) = form else { return problem(&TokenProblem::InvalidRequest) };
    let authorization = headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok());
    let credentials = match issuer::client_credentials(authorization, &form) {
        Ok(credentials) => credentials,
        Err(issuer::ClientProblem::Twice) => return problem(&TokenProblem::InvalidRequest),
        Err(_) => return problem(&TokenProblem::InvalidClient),
    };
    match context.ligature.exchange(&credentials, &form).await {
        Ok(tokens) => ([(header::CACHE_CONTROL, "no-store"), (header::PRAGMA, "no-cache")], Json(tokens)).into_response(),
        Err(error) => problem(&error),
    }
}

fn problem(error: &TokenProblem) -> Response {
    let (status, code) = match error {
        TokenProblem::InvalidClient => (StatusCode::UNAUTHORIZED, "invalid_client"),
        TokenProblem::InvalidGrant => (StatusCode::BAD_REQUEST, "invalid_grant"),
        TokenProblem::InvalidRequest => (StatusCode::BAD_REQUEST, "invalid_request"),
        TokenProblem::UnsupportedGrantType => (StatusCode::BAD_REQUEST, "unsupported_grant_type"),
        TokenProblem::Fault(fault) => {
            tracing::error!(error = %fault, "the token endpoint failed");
            (StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable")
        }
    };
    let mut response = (status, [(header::CACHE_CONTROL, "no-store")], Json(json!({"error": code}))).into_response();
    if status == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"token\""));
    }
    response
}

/// `GET` and `POST /userinfo` (OpenID Connect Core §5.3); the token in the header only.
pub async fn userinfo(State(context): State<Context>, headers: HeaderMap) -> Response {
    let bearer =
        headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok()).and_then(|v| v.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, token)| token.trim());
    let challenge = |text: &'static str| {
        let mut response = StatusCode::UNAUTHORIZED.into_response();
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(text));
        response
    };
    let Some(bearer) = bearer else { return challenge("Bearer") };
    match context.ligature.userinfo(bearer).await {
        Ok(claims) => Json(claims).into_response(),
        Err(TokenProblem::Fault(fault)) => problem(&TokenProblem::Fault(fault)),
        Err(_) => challenge("Bearer error=\"invalid_token\""),
    }
}

/// `GET /jwks`.
pub async fn jwks(State(context): State<Context>) -> Response {
    public(Json(context.ligature.jwks()).into_response())
}

/// `GET /.well-known/openid-configuration`.
pub async fn discovery(State(context): State<Context>) -> Response {
    public(Json(issuer::discovery(&context.ligature.settings.public_url)).into_response())
}

/// Anybody may read it, scripts of other sites too, for five minutes.
fn public(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
    response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}
