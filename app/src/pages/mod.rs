//! Pages, one file a journey; handlers load, views draw.
mod account;
mod account_change;
mod admin;
mod admin_applications;
mod admin_brand;
mod admin_organisations;
mod attempt;
mod complete;
mod confirm;
mod consent;
mod device;
pub mod logout;
mod merge;
mod own_applications;
mod passkeys;
mod phone;
mod policy;
pub mod refused;
mod second_factor;
mod setup;
mod sign_in;
mod story;
mod undo;

pub use refused::{not_found, refusal_page};

use axum::{
    Extension, Router,
    extract::State,
    response::Response,
    routing::{get, post},
};
use serde::Deserialize;
use service::Fault;

use crate::{
    context::{Asker, Context},
    outcome::Flash,
};

/// Query parameters that pages read.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Query {
    /// Flash row.
    pub f: String,
    /// Entry cookie of an application's request.
    pub entry: String,
    pub stay: String,
    /// Support code on a refusal.
    #[serde(rename = "ref")]
    pub reference: String,
    /// A word of ours that a refusal happened elsewhere.
    pub told: String,
    pub token: String,
    /// Where a confirmation leads.
    pub to: String,
    pub q: String,
    pub kind: String,
    pub before: String,
    pub scope: String,
    pub version: String,
    pub bucket: String,
    pub application: String,
    pub provider: String,
    /// A device's short code.
    pub code: String,
    /// The end of a sign-out, sealed.
    pub o: String,
}

/// Everything that a page handler is given.
#[derive(Clone)]
pub struct Visit {
    pub context: Context,
    pub asker: Asker,
    pub query: Query,
    pub flash: Flash,
}

impl Visit {
    /// Whether the person may do something in the console; buttons that would be refused are not shown.
    ///
    /// # Errors
    /// Without a session.
    pub(crate) async fn may(&self, right: domain::Right) -> Result<bool, Fault> {
        Ok(self.context.ligature.rights(&self.asker.visitor).await?.contains(&right))
    }
}

impl<S> axum::extract::FromRequestParts<S> for Visit
where
    Context: axum::extract::FromRef<S>,
    S: Send + Sync,
{
    type Rejection = Response;

    async fn from_request_parts(parts: &mut axum::http::request::Parts, state: &S) -> Result<Self, Response> {
        let State(context) = State::<Context>::from_request_parts(parts, state).await.map_err(|_| plain_error())?;
        let Extension(asker) = Extension::<Asker>::from_request_parts(parts, state).await.map_err(|_| plain_error())?;
        let axum::extract::Query(query) = axum::extract::Query::<Query>::from_request_parts(parts, state).await.unwrap_or_default();
        let flash = if query.f.is_empty() {
            Flash::default()
        } else {
            let kept = context.ligature.flash(&asker.visitor, &query.f).await.ok().flatten();
            kept.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
        };
        Ok(Self { context, asker, query, flash })
    }
}

fn plain_error() -> Response {
    let mut response = Response::new(axum::body::Body::from("Internal error"));
    *response.status_mut() = http::StatusCode::INTERNAL_SERVER_ERROR;
    response
}

/// A page, or the refusal's page.
pub(crate) async fn or_refuse(visit: &Visit, result: Result<Response, Fault>) -> Response {
    match result {
        Ok(response) => response,
        Err(fault) => {
            if !matches!(fault, Fault::Refused { .. }) {
                tracing::error!(error = %fault, "a page failed");
            }
            refusal_page(&visit.context, &visit.asker, fault.refusal(), fault.support()).await
        }
    }
}

/// Routes of all pages.
pub fn routes() -> Router<Context> {
    Router::new()
        .route("/", get(|| async { axum::response::Redirect::to("/account") }))
        .route("/login", get(sign_in::login))
        .route("/login/code", get(sign_in::by_code))
        .route("/signup", get(sign_in::sign_up))
        .route("/reset", get(sign_in::reset))
        .route("/attempt/{id}/{page}", get(attempt::attempt))
        .route("/refused/{code}", get(refused::refused))
        .route("/account", get(account::methods))
        .route("/account/recovered", get(account::recovered))
        .route("/account/email", get(account_change::email))
        .route("/account/password", get(account_change::password))
        .route("/account/second-factor", get(second_factor::second_factor))
        .route("/account/second-factor/on", post(second_factor::switch_on))
        .route("/account/second-factor/codes", post(second_factor::renew))
        .route("/account/passkeys", get(passkeys::passkeys))
        .route("/account/phone", get(phone::phone))
        .route("/account/applications", get(own_applications::applications))
        .route("/consent", get(consent::consent))
        .route("/address", get(consent::address))
        .route("/device", get(device::device))
        .route("/logout/done", get(logout::done))
        .route("/account/merge", get(merge::merge))
        .route("/account/export", get(account_change::export))
        .route("/account/delete", get(account_change::delete))
        .route("/undo/{secret}", get(undo::undo))
        .route("/account/confirm", get(confirm::confirm))
        .route("/account/methods/{link}/remove", get(account::remove))
        .route("/account/sessions", get(account::sessions))
        .route("/account/activity", get(account::activity))
        .route("/setup", get(setup::setup))
        .route("/admin", get(admin::overview))
        .route("/admin/providers", get(admin::providers))
        .route("/admin/providers/{key}", get(admin::provider))
        .route("/admin/policy", get(policy::policy))
        .route("/admin/policy/document", get(policy::document))
        .route("/admin/policy/effective", get(policy::effective))
        .route("/admin/policy/try", get(policy::attempt))
        .route("/admin/policy/presets/{name}", get(policy::preset))
        .route("/admin/policy/versions/{version}", get(policy::version))
        .route("/admin/policy/versions/{version}/replay", get(policy::replay))
        .route("/admin/accounts", get(admin::accounts))
        .route("/admin/accounts/{id}", get(admin::account))
        .route("/admin/applications", get(admin_applications::applications))
        .route("/admin/applications/{client_id}", get(admin_applications::application))
        .route("/admin/organisations", get(admin_organisations::organisations))
        .route("/admin/organisations/{slug}", get(admin_organisations::organisation))
        .route("/admin/brand", get(admin_brand::brand))
        .route("/admin/audit", get(admin::audit))
}
