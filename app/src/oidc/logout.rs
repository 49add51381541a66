//! Signing out, here and of applications.
use crate::{
    components::Notice,
    context::{Context, WebRequest, asked},
    cookies::read,
    i18n::{Lang, t, ta},
    outcome::{Code, refuse, respond},
    page_request::PageRequest,
    paths,
    render::{Head, Layout, page},
    signed_out::{OUT, signed_out},
};
use axum::response::{IntoResponse, Redirect, Response};
use http::HeaderMap;
use leptos::{prelude::*, server_fn::ServerFn};
use serde::Deserialize;
use service::{
    oidc_provider::{LogoutAsked, Out},
    sign_in::still_there::StillThere,
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

/// `GET /logout/done`: what is still open, and the way on; applications forget the session in frames.
pub async fn done(req: PageRequest) -> Response {
    let Some(out) = req.context.ligature.logout().open_out(&req.flash.typed(OUT)) else {
        return Redirect::to(paths::LOGIN_STAY).into_response();
    };
    let l = req.web.lang;
    let mut head = Head::new(t(l, "logout-done"), Layout::Narrow);
    head.frames = out.frames.iter().filter_map(|f| origin(f)).collect();
    let there = out.there.clone();
    let at_once = there.as_ref().filter(|t| t.at_once).and_then(|t| t.sign_out.clone());
    // Whoever may choose between two ways is not sent off on one of them.
    let offered = there.as_ref().is_some_and(|t| t.sign_out.is_some() && !t.at_once);
    head.onward = at_once.or_else(|| out.to.clone().filter(|_| !offered));
    page(&req.context, &req.web, head, move || {
        view! {
            <h1>{t(l, "logout-done")}</h1>
            <Notice kind="good" text={t(l, "signed-out")}/>
            {there.map(|there| view! { <StillOpen l=l there=there/> })}
            <WayOn l=l application=out.application to=out.to/>
            {out.frames.into_iter().map(|src| view! { <iframe src=src hidden=true title="" aria-hidden="true"></iframe> }).collect_view()}
        }
    })
    .await
}

/// The session at the provider, in words, with the way to end it.
#[component]
fn StillOpen(l: Lang, there: StillThere) -> AnyView {
    let name = there.provider;
    let way = match (there.sign_out, there.site) {
        (Some(url), _) => Some((url, ta(l, "logout-there", &[("provider", &name)]))),
        (None, Some(site)) => Some((site, ta(l, "logout-there-site", &[("provider", &name)]))),
        (None, None) => None,
    };
    let lead = if there.at_once { "logout-there-now" } else { "logout-still-there" };
    view! {
        <p>{ta(l, lead, &[("provider", &name)])}</p>
        {way.map(|(href, label)| view! { <p><a class="button" href=href rel="noreferrer">{label}</a></p> })}
    }
    .into_any()
}

/// Back to the application, or to signing in.
#[component]
fn WayOn(l: Lang, application: String, to: Option<String>) -> AnyView {
    let label = match &to {
        Some(_) => ta(l, "logout-back", &[("application", &application)]),
        None => t(l, "back-to-login"),
    };
    let href = to.unwrap_or_else(|| paths::LOGIN_STAY.to_owned());
    view! { <p class="links"><a href=href>{label}</a></p> }.into_any()
}

/// What a provider's sign-out brings back.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct ReturnedQuery {
    pub state: String,
}

/// `GET /logout/returned`: back from the provider's sign-out. With another state, or none, nobody was sent there from this
/// browser: it is the sign-in page, whatever is open stays so, and nobody is sent on.
pub async fn returned(headers: HeaderMap, req: PageRequest<ReturnedQuery>) -> Response {
    let kept = read(&headers, &req.context.cookies.left_name());
    let state = &req.query.state;
    let logout = req.context.ligature.logout();
    let Some(back) = kept.and_then(|sealed| logout.open_left(&sealed, state)) else {
        return Redirect::to(paths::LOGIN_STAY).into_response();
    };
    let l = req.web.lang;
    let mut head = Head::new(t(l, "logout-done"), Layout::Narrow);
    head.onward.clone_from(&back.to);
    let mut response = page(&req.context, &req.web, head, move || {
        view! {
            <h1>{t(l, "logout-done")}</h1>
            <Notice kind="good" text={ta(l, "logout-both", &[("provider", &back.provider)])}/>
            <WayOn l=l application=back.application to=back.to/>
        }
    })
    .await;
    // It counts once.
    if let Ok(gone) = req.context.cookies.header(&req.context.cookies.left("")).parse() {
        response.headers_mut().append(http::header::SET_COOKIE, gone);
    }
    response
}

/// Scheme and host of a URL, for the page's `frame-src`.
fn origin(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let host: String = rest.chars().take_while(|c| !matches!(c, '/' | '?' | '#')).collect();
    (!host.is_empty() && !host.contains('@')).then(|| format!("{scheme}://{host}"))
}
