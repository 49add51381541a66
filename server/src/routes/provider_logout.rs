//! Sign-outs at a provider that end sessions here: `POST /callback/{key}/backchannel-logout` by the provider itself (OpenID
//! Connect Back-Channel Logout 1.0 §2.5 to §2.8), `GET /callback/{key}/frontchannel-logout` by a frame in the person's
//! browser (Front-Channel Logout 1.0 §3).
use app::context::{Context, WebRequest};
use axum::{
    Extension, Form, Json,
    extract::{
        Path, Query, State,
        rejection::{FormRejection, QueryRejection},
    },
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::Refusal;
use serde::Deserialize;
use serde_json::json;
use service::Error;

use crate::layers::address::{Client, network};

/// What the provider posts.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Posted {
    logout_token: String,
}

/// 200 when it is done, also where nothing was open; 400 for everything that is no logout token for us. Bad ones are
/// counted by network.
pub async fn by_token(
    State(context): State<Context>,
    Path(key): Path<String>,
    client: Option<Extension<Client>>,
    form: Result<Form<Posted>, FormRejection>,
) -> Response {
    let Form(Posted { logout_token }) = form.unwrap_or_default();
    let network =
        client.map(|Extension(Client(ip))| network(ip, 24, 48).to_string()).unwrap_or_default();
    let sessions = context.ligature.sessions();
    told(sessions.end_by_provider(&network, &key, &logout_token).await)
}

/// What the frame's address says.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Framed {
    iss: String,
    sid: String,
}

/// The browser's own session, if it is of that issuer's session. Browsers send our cookie into a frame only where the
/// provider is of our own site, so elsewhere this ends nothing.
pub async fn by_frame(
    State(context): State<Context>,
    Extension(web): Extension<WebRequest>,
    Path(key): Path<String>,
    query: Result<Query<Framed>, QueryRejection>,
) -> Response {
    let Query(Framed { iss, sid }) = query.unwrap_or_default();
    let ended = context.ligature.sessions().end_in_browser(&web.ctx, &key, &iss, &sid).await;
    let over = matches!(ended, Ok(true));
    let mut response = told(ended.map(usize::from));
    if over && let Ok(gone) = context.cookies.header(&context.cookies.session("")).parse() {
        response.headers_mut().append(header::SET_COOKIE, gone);
    }
    response
}

/// The answer, which nobody may keep (Back-Channel Logout §2.8).
fn told(ended: Result<usize, Error>) -> Response {
    let mut response = match ended {
        Ok(_) => StatusCode::OK.into_response(),
        Err(Error::Refused { refusal: Refusal::RateLimited, .. }) => {
            (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, "60")]).into_response()
        }
        Err(Error::Refused { .. }) => {
            (StatusCode::BAD_REQUEST, Json(json!({"error": "invalid_request"}))).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "a provider's sign-out could not be followed");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
