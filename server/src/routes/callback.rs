//! `GET /callback/{key}`: a provider's answer comes in, a clean address goes out. `POST /callback/{key}`: an answer that the
//! provider's page posts comes without our cookies; it is sealed, and brought again from `/callback/{key}/resume` (OC-15).
//! `GET /saml/{key}/metadata`: what a SAML provider has to be told of us.
use app::{
    context::{Context, WebRequest},
    cookies::read,
    outcome::{SeeOther, leave, refuse},
    sign_in::provider_down::provider_down_for,
};
use axum::{
    Extension, Form,
    extract::{Path, Query, State},
    http::{
        HeaderMap, StatusCode,
        header::{CACHE_CONTROL, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
};
use domain::Refusal;
use serde::Deserialize;
use service::{
    Callback, Destination, Error,
    sign_in::start::{cookie_id, is_state},
};

/// Parameters of the answer. Texts of the provider (`error_description`, `error_uri`) are not even read (OC-14).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Answer {
    state: Option<String>,
    code: Option<String>,
    error: Option<String>,
    iss: Option<String>,
    user: Option<String>,
    /// A SAML response, and the state of its start (SAML 2.0 Bindings §3.5.3).
    #[serde(rename = "SAMLResponse")]
    saml_response: Option<String>,
    #[serde(rename = "RelayState")]
    relay_state: Option<String>,
}

/// The longest SAML response, as base64.
const LONGEST: usize = 256 * 1024;

impl From<Answer> for Callback {
    fn from(answer: Answer) -> Self {
        let bounded = |text: Option<String>| text.filter(|t| t.len() <= 4096);
        Self {
            state: bounded(answer.state),
            code: bounded(answer.code),
            error: bounded(answer.error),
            iss: bounded(answer.iss),
            user: None,
            not_kept: None,
        }
    }
}

pub async fn callback(
    State(context): State<Context>,
    Extension(web): Extension<WebRequest>,
    Path(key): Path<String>,
    headers: HeaderMap,
    answer: Result<Query<Answer>, axum::extract::rejection::QueryRejection>,
) -> Response {
    let Query(answer) = answer.unwrap_or_default();
    finish(&context, &web, &key, &headers, answer.into()).await
}

async fn finish(
    context: &Context,
    web: &WebRequest,
    key: &str,
    headers: &HeaderMap,
    answer: Callback,
) -> Response {
    let id = answer.state.as_deref().map(cookie_id).unwrap_or_default();
    let cookie = read(headers, &context.cookies.start_name(&id));
    let result =
        context.ligature.sign_in().callback(&web.ctx, key, answer, cookie.as_deref()).await;
    let mut next = match result {
        Err(error) if error.refusal() == Refusal::ProviderDown => {
            provider_down_for(context, &error, key, cookie.as_deref()).await
        }
        other => leave(context, other).await,
    };
    if cookie.is_some() {
        next = next.with(context.cookies.start(&id, ""));
    }
    next.answer(context)
}

/// A form that a page of the provider posts. It comes from another site, so none of our cookies is there to believe it by.
pub async fn posted(
    State(context): State<Context>,
    Path(key): Path<String>,
    answer: Result<Form<Answer>, axum::extract::rejection::FormRejection>,
) -> Response {
    let Form(mut answer) = answer.unwrap_or_default();
    let saml = answer.saml_response.take().filter(|text| text.len() <= LONGEST);
    if saml.is_some() {
        answer.state = answer.relay_state.take().filter(|state| is_state(state));
        if answer.state.is_none() {
            let error = Error::from(Refusal::StartedElsewhere);
            return refused(&context, &error).answer(&context);
        }
    }
    let id = answer.state.as_deref().map(cookie_id).unwrap_or_default();
    let user = answer.user.take().filter(|user| user.len() <= 1024);
    let answer = Callback { user, ..answer.into() };
    let answer = Callback { code: saml.or(answer.code), ..answer };
    let next = match context.ligature.sign_in().seal_answer(&key, answer).await {
        Ok(sealed) => {
            let resume = Destination::Application(format!(
                "{}/resume?id={id}",
                context.ligature.configuration().redirect_uri(&key)
            ));
            SeeOther { to: resume, cookies: vec![context.cookies.posted(&id, &sealed)] }
        }
        Err(error) => refused(&context, &error),
    };
    next.answer(&context)
}

/// To the refusal's page, with the cookie by which the browser shows that it happened to it: other routes have a layer that
/// sets it.
fn refused(context: &Context, error: &Error) -> SeeOther {
    let cookie = context.cookies.refused(error.refusal().code(), error.support());
    refuse(error).with(cookie)
}

/// Which posted answer it is.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Posted {
    id: String,
}

/// The browser brings the posted answer again, from our own site: with every cookie.
pub async fn resume(
    State(context): State<Context>,
    Extension(web): Extension<WebRequest>,
    Path(key): Path<String>,
    headers: HeaderMap,
    posted: Result<Query<Posted>, axum::extract::rejection::QueryRejection>,
) -> Response {
    let Query(Posted { id }) = posted.unwrap_or_default();
    let id = cookie_id(&id);
    let answer = match read(&headers, &context.cookies.posted_name(&id)) {
        Some(sealed) => context.ligature.sign_in().open_answer(&key, &sealed).await,
        None => Ok(None),
    };
    let mut response = match answer {
        Ok(answer) => finish(&context, &web, &key, &headers, answer.unwrap_or_default()).await,
        Err(error) => refuse(&error).answer(&context),
    };
    if let Ok(gone) = context.cookies.header(&context.cookies.posted(&id, "")).parse() {
        response.headers_mut().append(axum::http::header::SET_COOKIE, gone);
    }
    response
}

/// What is published for a provider that has to be told of us (SAML 2.0 Metadata §4.1).
pub async fn metadata(State(context): State<Context>, Path(key): Path<String>) -> Response {
    match context.ligature.configuration().published(&key).await {
        Ok(Some(xml)) => {
            ([(CONTENT_TYPE, "application/samlmetadata+xml"), (CACHE_CONTROL, "no-store")], xml)
                .into_response()
        }
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => StatusCode::from_u16(error.refusal().status())
            .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
            .into_response(),
    }
}
