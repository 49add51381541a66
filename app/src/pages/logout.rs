//! Signing out for an application: asked where nothing shows whose session it speaks of, and the way back.
use axum::response::{IntoResponse, Redirect, Response};
use leptos::{prelude::*, server_fn::ServerFn};
use service::oidc_provider::Out;

use crate::{
    context::{Context, WebRequest},
    fields::notice,
    forms::account::SignOutAsked,
    i18n::{t, ta},
    pages::{PageRequest, sign_in::origin},
    paths,
    render::{Head, Layout, page},
};

/// "Sign out of everything?", with the request's parameters kept for the answer.
pub async fn ask(context: &Context, web: &WebRequest, out: Out, parameters: &[(String, String)]) -> Response {
    let l = web.lang;
    let kept: Vec<(String, String)> = parameters.iter().filter(|(k, _)| ["client_id", "post_logout_redirect_uri", "state"].contains(&k.as_str())).cloned().collect();
    let head = Head::new(t(l, "logout-title"), Layout::Narrow).origins(out.to.as_deref().and_then(origin));
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

/// `GET /logout/done`: applications forget the session in frames, then it goes on.
pub async fn done(req: PageRequest) -> Response {
    let Some(out) = req.context.ligature.logout().open_out(&req.query.o) else { return Redirect::to(paths::LOGIN_STAY).into_response() };
    let l = req.web.lang;
    let mut head = Head::new(t(l, "logout-done"), Layout::Narrow);
    head.frames = out.frames.iter().filter_map(|f| origin(f)).collect();
    head.onward.clone_from(&out.to);
    page(&req.context, &req.web, head, move || {
        let to = out.to.clone().unwrap_or_else(|| paths::LOGIN_STAY.to_owned());
        let label = if out.to.is_some() { ta(l, "logout-back", &[("application", &out.application)]) } else { t(l, "back-to-login") };
        view! {
            <h1>{t(l, "logout-done")}</h1>
            {notice("good", t(l, "signed-out"))}
            <p class="links"><a href=to>{label}</a></p>
            {out.frames.into_iter().map(|src| view! { <iframe src=src hidden=true title="" aria-hidden="true"></iframe> }).collect_view()}
        }
    })
    .await
}
