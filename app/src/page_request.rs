//! What every page handler is given.
use std::sync::Arc;

use crate::{
    context::{Context, WebRequest},
    outcome::Flash,
};
use axum::{
    Extension,
    extract::{Query, State},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, de::DeserializeOwned};
use service::Error;

/// A page that reads no parameters.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct NoQuery {}

/// A page on the way to an application.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct EntryQuery {
    /// The id of the application's request that waits.
    pub entry: String,
}

/// What a form kept for its page.
#[derive(Default, Deserialize)]
#[serde(default)]
struct FlashQuery {
    f: String,
}

/// Everything that a page handler is given.
#[derive(Clone)]
pub struct PageRequest<Q = NoQuery> {
    pub context: Context,
    pub web: WebRequest,
    /// The page's own parameters; those that cannot be read count as missing.
    pub query: Q,
    pub flash: Flash,
}

impl<Q> PageRequest<Q> {
    /// Whether the person may do something in the console; buttons that would be refused are not shown.
    ///
    /// # Errors
    /// Without a session.
    pub(crate) async fn may(&self, right: domain::Right) -> Result<bool, Error> {
        Ok(self.context.ligature.admin_rights().rights(&self.web.ctx).await?.contains(&right))
    }
}

impl<S, Q> axum::extract::FromRequestParts<S> for PageRequest<Q>
where
    Q: Default + DeserializeOwned + Send,
    Context: axum::extract::FromRef<S>,
    S: Send + Sync,
{
    type Rejection = Response;

    async fn from_request_parts(
        parts: &mut axum::http::request::Parts,
        state: &S,
    ) -> Result<Self, Response> {
        let State(context) =
            State::<Context>::from_request_parts(parts, state).await.map_err(|_| plain_error())?;
        let Extension(web) = Extension::<WebRequest>::from_request_parts(parts, state)
            .await
            .map_err(|_| plain_error())?;
        let Query(query) = Query::<Q>::try_from_uri(&parts.uri).unwrap_or_default();
        let Query(FlashQuery { f }) = Query::try_from_uri(&parts.uri).unwrap_or_default();
        let flash = if f.is_empty() {
            Flash::default()
        } else {
            let kept = context.ligature.page_state().flash(&web.ctx, &f).await.ok().flatten();
            kept.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
        };
        Ok(Self { context, web, query, flash })
    }
}

fn plain_error() -> Response {
    let mut response = Response::new(axum::body::Body::from("Internal error"));
    *response.status_mut() = http::StatusCode::INTERNAL_SERVER_ERROR;
    response
}

/// What a page's handler answers: a page, or an error that becomes the refusal's page.
pub type Answer = Result<Response, PageError>;

/// An error on the way to a page. It answers for itself: [`draw_refusals`] draws its page for whoever asked.
///
/// [`draw_refusals`]: crate::sign_in::refused::draw_refusals
#[derive(Debug, Clone)]
pub struct PageError(pub(crate) Arc<Error>);

impl<E: Into<Error>> From<E> for PageError {
    fn from(error: E) -> Self {
        Self(Arc::new(error.into()))
    }
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        let mut response = plain_error();
        response.extensions_mut().insert(self);
        response
    }
}
