//! Signing out, here and of applications.
use crate::{
    components::Notice,
    context::{Context, WebRequest, asked},
    i18n::{t, ta},
    outcome::{Code, Flash, SeeOther, redirect_with_flash, refuse, respond},
    page_request::PageRequest,
    paths,
    render::{Head, Layout, page},
};
use axum::response::{IntoResponse, Redirect, Response};
use leptos::{prelude::*, server_fn::ServerFn};
use serde::Deserialize;
use service::{
    Destination,
    oidc_provider::{LogoutAsked, Out},
};

/// After the question of the end-session endpoint.
#[server(prefix = "/fn", endpoint = "signout/asked")]
pub async fn sign_out_asked(
    #[server(default)] client_id: String,
    #[server(default)] post_logout_redirect_uri: String,
    #[server(default)] state: String,
) -> Result<(), Code> {
    let (context, web) = asked();
    let parameters: Vec<(String, String)> = [
        ("client_id", client_id),
        ("post_logout_redirect_uri", post_logout_redirect_uri),
        ("state", state),
    ]
    .into_iter()
    .map(|(k, v)| (k.to_owned(), v))
    .collect();
    let next = match context.ligature.logout().end_session_asked(&web.ctx, &parameters, true).await
    {
        Ok(LogoutAsked::Done(out) | LogoutAsked::Ask(out)) => signed_out(&context, &web, out).await,
        Err(error) => refuse(&error),
    };
    respond(&context, &next)
}

/// Where a sign-out leads: straight back, or over the page with the applications' frames.
pub async fn signed_out(context: &Context, web: &WebRequest, out: Out) -> SeeOther {
    let leave = match (&out.to, out.frames.is_empty()) {
        (Some(to), true) => {
            SeeOther { to: Destination::Application(to.clone()), cookies: Vec::new() }
        }
        (None, true) => {
            redirect_with_flash(context, web, paths::LOGIN_STAY, Flash::notice("signed-out")).await
        }
        (_, false) => match context.ligature.logout().seal_out(&out) {
            Ok(sealed) => SeeOther::local(paths::signed_out(&sealed)),
            Err(error) => refuse(&error),
        },
    };
    leave.with(context.cookies.session(""))
}

/// "Sign out of everything?", with the request's parameters kept for the answer.
pub async fn ask(
    context: &Context,
    web: &WebRequest,
    out: Out,
    parameters: &[(String, String)],
) -> Response {
    let l = web.lang;
    let kept: Vec<(String, String)> = parameters
        .iter()
        .filter(|(k, _)| ["client_id", "post_logout_redirect_uri", "state"].contains(&k.as_str()))
        .cloned()
        .collect();
    let head = Head::new(t(l, "logout-title"), Layout::Narrow);
    page(context, web, head, move || {
        let lead = if out.application.is_empty() { t(l, "logout-lead") } else { ta(l, "logout-lead-application", &[("application", &out.application)]) };
        view! {
            <h1>{t(l, "logout-title")}</h1>
            <p class="lead">{lead}</p>
            <form method="post" action=SignOutAsked::url() class="stack">
                {kept.into_iter().map(|(name, value)| view! { <input type="hidden" name=name value=value/> }).collect_view()}
                <button class="primary">{t(l, "sign-out")}</button>
            </form>
            <p class="links"><a href=paths::ACCOUNT>{t(l, "logout-stay")}</a></p>
        }
    })
    .await
}

/// What the page reads from its address.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct DoneQuery {
    /// The end of a sign-out, sealed.
    pub o: String,
}

/// `GET /logout/done`: applications forget the session in frames, then it goes on.
pub async fn done(req: PageRequest<DoneQuery>) -> Response {
    let Some(out) = req.context.ligature.logout().open_out(&req.query.o) else {
        return Redirect::to(paths::LOGIN_STAY).into_response();
    };
    let l = req.web.lang;
    let mut head = Head::new(t(l, "logout-done"), Layout::Narrow);
    head.frames = out.frames.iter().filter_map(|f| origin(f)).collect();
    head.onward.clone_from(&out.to);
    page(&req.context, &req.web, head, move || {
        let to = out.to.clone().unwrap_or_else(|| paths::LOGIN_STAY.to_owned());
        let label = if out.to.is_some() { ta(l, "logout-back", &[("application", &out.application)]) } else { t(l, "back-to-login") };
        view! {
            <h1>{t(l, "logout-done")}</h1>
            <Notice kind="good" text={t(l, "signed-out")}/>
            <p class="links"><a href=to>{label}</a></p>
            {out.frames.into_iter().map(|src| view! { <iframe src=src hidden=true title="" aria-hidden="true"></iframe> }).collect_view()}
        }
    })
    .await
}

/// Scheme and host of a URL, for the page's `frame-src`.
fn origin(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let host: String = rest.chars().take_while(|c| !matches!(c, '/' | '?' | '#')).collect();
    (!host.is_empty() && !host.contains('@')).then(|| format!("{scheme}://{host}"))
}
