//! `GET` and `POST /logout`: the end-session endpoint (OpenID Connect RP-Initiated Logout §2).
use app::{
    context::{Context, WebRequest},
    outcome::refuse,
    paths,
    signed_out::signed_out,
};
use axum::{
    Extension, Form,
    extract::{Query, State},
    response::{IntoResponse, Redirect, Response},
};
use service::oidc_provider::LogoutAsked;
use url::form_urlencoded::Serializer;

type Parameters = Vec<(String, String)>;

pub async fn logout(
    State(context): State<Context>,
    Extension(web): Extension<WebRequest>,
    Query(parameters): Query<Parameters>,
) -> Response {
    match context.ligature.logout().end_session_asked(&web.ctx, &parameters, false).await {
        Ok(LogoutAsked::Ask(out)) => app::oidc::logout::ask(&context, &web, out, &parameters).await,
        Ok(LogoutAsked::Done(out)) => signed_out(&context, &web, out).await.answer(&context),
        Err(error) => refuse(&error).answer(&context),
    }
}

/// A post from another site comes without the session's cookie; asked again as a GET the browser brings it.
pub async fn logout_form(Form(parameters): Form<Parameters>) -> Response {
    let query = Serializer::new(String::new()).extend_pairs(parameters).finish();
    Redirect::to(&format!("{}?{query}", paths::LOGOUT)).into_response()
}
