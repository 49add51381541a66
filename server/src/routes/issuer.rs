//! The OpenID Provider's endpoints.
use app::{
    context::{Context, WebRequest},
    outcome::{SeeOther, refuse, sign_in_for},
    paths,
};
use axum::{
    Extension, Form, Json,
    extract::{
        Query, State,
        rejection::{FormRejection, JsonRejection},
    },
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use issuer::{ClientCredentials, ClientProblem};
use serde_json::{Value, json};
use service::{
    Destination, Error,
    oidc_provider::{Authorized, RegisterProblem, Scheme, Shown, TokenProblem},
};

type Parameters = Vec<(String, String)>;
type Posted = Result<Form<Parameters>, FormRejection>;

/// `GET /authorize`.
pub async fn authorize(
    State(context): State<Context>,
    Extension(web): Extension<WebRequest>,
    Query(parameters): Query<Parameters>,
) -> Response {
    answer(context, web, parameters).await
}

/// The longest request that comes around as a GET.
const AROUND: usize = 4000;

/// `POST /authorize` (OpenID Connect Core §3.1.2.1): it only shows a page or goes back, so it may come from anywhere.
pub async fn authorize_form(
    State(context): State<Context>,
    Extension(web): Extension<WebRequest>,
    Form(parameters): Form<Parameters>,
) -> Response {
    // A post from another site comes without the session's cookie; asked again as a GET the browser brings it.
    let query =
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&parameters).finish();
    if web.ctx.session.is_none() && query.len() <= AROUND {
        return Redirect::to(&format!("/authorize?{query}")).into_response();
    }
    answer(context, web, parameters).await
}

async fn answer(context: Context, web: WebRequest, parameters: Parameters) -> Response {
    let leave = match context.ligature.authorization().authorize(&web.ctx, &parameters).await {
        Ok(authorized) => {
            lead(&context, &web, authorized).await.unwrap_or_else(|error| refuse(&error))
        }
        Err(error) => refuse(&error),
    };
    leave.answer(&context)
}

/// Back to the application, or to the page that comes first.
async fn lead(
    context: &Context,
    web: &WebRequest,
    authorized: Authorized,
) -> Result<SeeOther, Error> {
    let (request, page) = match authorized {
        Authorized::Application(uri) => {
            return Ok(SeeOther { to: Destination::Application(uri), cookies: Vec::new() });
        }
        Authorized::SignIn(request, wanted) => {
            let leave = sign_in_for(context, &web.ctx.network, request, paths::LOGIN).await?;
            // What the person chose, or their browser asks for, comes before the application's wish.
            return Ok(match web.preferred_by(&wanted) {
                Some(tag) => leave.with(context.cookies.language(tag)),
                None => leave,
            });
        }
        Authorized::SetUpFactor(request) => (request, paths::SECOND_FACTOR),
        Authorized::Consent(request) => (request, paths::CONSENT),
        Authorized::Address(request) => (request, paths::ADDRESS),
        Authorized::NotAMember(request) => (request, paths::NO_ACCESS),
    };
    sign_in_for(context, &web.ctx.network, request, page).await
}

/// Reads form and credentials of an endpoint for applications.
fn shown(
    headers: &HeaderMap,
    form: Posted,
) -> Result<(ClientCredentials, Parameters), TokenProblem> {
    let Ok(Form(form)) = form else { return Err(TokenProblem::Code("invalid_request")) };
    if issuer::is_any_repeated(&form) {
        return Err(TokenProblem::Code("invalid_request"));
    }
    let authorization = headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok());
    match issuer::client_credentials(authorization, &form) {
        Ok(credentials) => Ok((credentials, form)),
        Err(ClientProblem::Twice) => Err(TokenProblem::Code("invalid_request")),
        Err(ClientProblem::Missing | ClientProblem::Malformed) => Err(TokenProblem::InvalidClient),
    }
}

/// The proof of a key that came along (RFC 9449 §4.3): one, or none.
fn proof(headers: &HeaderMap, method: &'static str, path: &'static str) -> Shown {
    let mut all = headers.get_all("dpop").iter();
    let proof = match (all.next(), all.next()) {
        (None, _) => None,
        (Some(one), None) => Some(one.to_str().unwrap_or_default().to_owned()),
        (Some(_), Some(_)) => Some(String::new()),
    };
    Shown { proof, method, path }
}

fn told(status: StatusCode, answer: Result<Value, TokenProblem>) -> Response {
    match answer {
        Ok(answer) => (
            status,
            [(header::CACHE_CONTROL, "no-store"), (header::PRAGMA, "no-cache")],
            Json(answer),
        )
            .into_response(),
        Err(error) => problem(&error),
    }
}

/// `POST /token` (RFC 6749 §3.2).
pub async fn token(State(context): State<Context>, headers: HeaderMap, form: Posted) -> Response {
    match shown(&headers, form) {
        Ok((credentials, form)) => told(
            StatusCode::OK,
            context
                .ligature
                .tokens()
                .exchange(&credentials, &form, &proof(&headers, "POST", "/token"))
                .await,
        ),
        Err(error) => problem(&error),
    }
}

/// `POST /introspect` (RFC 7662).
pub async fn introspect(
    State(context): State<Context>,
    headers: HeaderMap,
    form: Posted,
) -> Response {
    match shown(&headers, form) {
        Ok((credentials, form)) => {
            told(StatusCode::OK, context.ligature.tokens().introspect(&credentials, &form).await)
        }
        Err(error) => problem(&error),
    }
}

/// `POST /revoke` (RFC 7009).
pub async fn revoke(State(context): State<Context>, headers: HeaderMap, form: Posted) -> Response {
    match shown(&headers, form) {
        Ok((credentials, form)) => {
            match context.ligature.tokens().revoke(&credentials, &form).await {
                Ok(()) => StatusCode::OK.into_response(),
                Err(error) => problem(&error),
            }
        }
        Err(error) => problem(&error),
    }
}

/// `POST /par` (RFC 9126).
pub async fn push(State(context): State<Context>, headers: HeaderMap, form: Posted) -> Response {
    match shown(&headers, form) {
        Ok((credentials, form)) => {
            told(StatusCode::CREATED, context.ligature.tokens().push(&credentials, &form).await)
        }
        Err(error) => problem(&error),
    }
}

/// `POST /device_authorization` (RFC 8628 §3.1).
pub async fn device(State(context): State<Context>, headers: HeaderMap, form: Posted) -> Response {
    match shown(&headers, form) {
        Ok((credentials, form)) => {
            told(StatusCode::OK, context.ligature.tokens().begin_device(&credentials, &form).await)
        }
        Err(error) => problem(&error),
    }
}

fn problem(error: &TokenProblem) -> Response {
    let (status, code) = match error {
        TokenProblem::InvalidClient => (StatusCode::UNAUTHORIZED, "invalid_client"),
        TokenProblem::Code(code) => (StatusCode::BAD_REQUEST, *code),
        TokenProblem::InvalidToken => (StatusCode::UNAUTHORIZED, "invalid_token"),
        TokenProblem::InvalidProof => (StatusCode::UNAUTHORIZED, "invalid_dpop_proof"),
        TokenProblem::InsufficientScope => (StatusCode::FORBIDDEN, "insufficient_scope"),
        TokenProblem::Error(error) => {
            tracing::error!(error = %error, "an endpoint for applications failed");
            (StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable")
        }
    };
    let mut response =
        (status, [(header::CACHE_CONTROL, "no-store")], Json(json!({"error": code})))
            .into_response();
    let challenge = match error {
        TokenProblem::InvalidClient => "Basic realm=\"token\"",
        TokenProblem::InvalidToken => "Bearer error=\"invalid_token\"",
        TokenProblem::InvalidProof => {
            "DPoP error=\"invalid_dpop_proof\", algs=\"ES256 EdDSA RS256\""
        }
        TokenProblem::InsufficientScope => "Bearer error=\"insufficient_scope\", scope=\"openid\"",
        TokenProblem::Code(_) | TokenProblem::Error(_) => return response,
    };
    response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
    response
}

/// `GET /userinfo` (OpenID Connect Core §5.3): the token in the header, never in the address.
pub async fn userinfo(State(context): State<Context>, headers: HeaderMap) -> Response {
    told_claims(&context, &headers, None, "GET").await
}

/// `POST /userinfo`: the token in the header, or in the form (RFC 6750 §2.2).
pub async fn userinfo_form(
    State(context): State<Context>,
    headers: HeaderMap,
    form: Posted,
) -> Response {
    let posted = form
        .ok()
        .and_then(|Form(form)| form.into_iter().find(|(k, _)| k == "access_token").map(|(_, v)| v));
    told_claims(&context, &headers, posted.as_deref(), "POST").await
}

async fn told_claims(
    context: &Context,
    headers: &HeaderMap,
    posted: Option<&str>,
    method: &'static str,
) -> Response {
    let shown = headers
        .get(header::AUTHORIZATION)
        .and_then(|v| v.to_str().ok())
        .and_then(|v| v.split_once(' '));
    let of = |name: &str, scheme: Scheme| {
        shown.filter(|(s, _)| s.eq_ignore_ascii_case(name)).map(|(_, token)| (token.trim(), scheme))
    };
    let in_header = of("bearer", Scheme::Bearer).or_else(|| of("dpop", Scheme::Dpop));
    match (in_header, posted.map(|access| (access, Scheme::Bearer))) {
        (Some((access, scheme)), None) | (None, Some((access, scheme))) => told(
            StatusCode::OK,
            context
                .ligature
                .tokens()
                .userinfo(access, scheme, &proof(headers, method, "/userinfo"))
                .await,
        ),
        (Some(_), Some(_)) => problem(&TokenProblem::Code("invalid_request")),
        (None, None) => {
            (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Bearer")]).into_response()
        }
    }
}

/// `GET /jwks`.
pub async fn jwks(State(context): State<Context>) -> Response {
    public(Json(context.ligature.key_rotation().jwks()).into_response())
}

/// `GET /.well-known/openid-configuration`.
pub async fn discovery(State(context): State<Context>) -> Response {
    let mut metadata = issuer::discovery(&context.ligature.settings.public_url);
    match (context.ligature.applications().takes_registrations().await, metadata.as_object_mut()) {
        (Ok(true), Some(fields)) => drop(fields.insert(
            "registration_endpoint".into(),
            json!(format!("{}/register", context.ligature.settings.public_url)),
        )),
        (Ok(_), _) => {}
        (Err(error), _) => {
            tracing::error!(error = %error, "whether programs may register is not known")
        }
    }
    public(Json(metadata).into_response())
}

/// `POST /register` (RFC 7591 §3).
pub async fn register(
    State(context): State<Context>,
    headers: HeaderMap,
    body: Result<Json<Value>, JsonRejection>,
) -> Response {
    let shown = headers
        .get(header::AUTHORIZATION)
        .and_then(|v| v.to_str().ok())
        .and_then(|v| v.split_once(' '));
    let initial = shown
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim())
        .unwrap_or_default();
    let metadata = body.map_or(Value::Null, |Json(metadata)| metadata);
    match context.ligature.applications().register(initial, &metadata).await {
        Ok(answer) => told(StatusCode::CREATED, Ok(answer)),
        Err(RegisterProblem::Token) => problem(&TokenProblem::InvalidToken),
        Err(RegisterProblem::Metadata(wrong)) => (
            StatusCode::BAD_REQUEST,
            [(header::CACHE_CONTROL, "no-store")],
            Json(json!({"error": wrong.error, "error_description": wrong.description})),
        )
            .into_response(),
        Err(RegisterProblem::Error(error)) => problem(&TokenProblem::Error(error)),
    }
}

/// Anybody may read it, scripts of other sites too, for five minutes.
fn public(mut response: Response) -> Response {
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
    response
        .headers_mut()
        .insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}
