//! "May this application know you?": asked once for each thing that is told, answered with a code or a no.
use axum::response::{IntoResponse, Redirect, Response};
use domain::Refusal;
use leptos::{prelude::*, server_fn::ServerFn};
use service::{
    Error,
    oidc_provider::{AddressView, ConsentView, Line, Next, ToldLine},
};

use crate::{
    fields::notice,
    forms::consent::{Consent, ProveAddress},
    i18n::{Lang, t, ta},
    pages::{PageRequest, or_refuse, sign_in::origin},
    paths,
    render::{Head, Layout, page},
};

pub async fn consent(req: PageRequest) -> Response {
    let result = consent_page(&req).await;
    or_refuse(&req, result).await
}

async fn consent_page(req: &PageRequest) -> Result<Response, Error> {
    let request = req.web.entry(&req.context.ligature, &req.query.entry).ok_or(Refusal::AttemptExpired)?;
    if req.web.ctx.session.is_none() {
        return Ok(Redirect::to(&paths::with_entry(paths::LOGIN, &req.query.entry)).into_response());
    }
    let ConsentView { application, lines, next, unchecked } = req.context.ligature.authorization().consent_view(&req.web.ctx, &request).await?;
    let name = req.web.ctx.session.as_ref().map(|c| c.name.clone()).unwrap_or_default();
    let (l, entry) = (req.web.lang, req.query.entry.clone());
    let title = ta(l, "consent-title", &[("application", &application)]);
    let head = Head::new(title.clone(), Layout::Narrow).origins(origin(&request.redirect_uri));
    Ok(page(&req.context, &req.web, head, move || {
        view! {
            <h1>{title}</h1>
            {unchecked.then(|| notice("warn", t(l, "consent-unchecked")))}
            <p class="lead">{ta(l, if name.is_empty() { "consent-lead-nameless" } else { "consent-lead" }, &[("application", &application), ("name", &name)])}</p>
            {told(l, &lines)}
            <p>{next_words(l, &next)}</p>
            <form method="post" action=Consent::url() class="stack">
                <input type="hidden" name="entry" value=entry.clone()/>
                <button class="primary" name="answer" value="allow">{t(l, "consent-allow")}</button>
                <button name="answer" value="deny">{t(l, "consent-deny")}</button>
            </form>
            <p class="muted small">{t(l, "consent-later")}</p>
        }
    })
    .await)
}

/// Where the browser goes next.
fn next_words(l: Lang, next: &Next) -> String {
    match next {
        Next::Host(host) => ta(l, "consent-next", &[("host", host)]),
        Next::Here => t(l, "consent-next-here"),
        Next::Scheme(scheme) => ta(l, "consent-next-scheme", &[("scheme", scheme)]),
    }
}

/// What an application is told and may do, in words.
pub(crate) fn told(l: Lang, lines: &[ToldLine]) -> AnyView {
    if lines.is_empty() {
        return view! { <p>{t(l, "scope-nothing")}</p> }.into_any();
    }
    let row = |shown: &ToldLine| {
        let words = match &shown.line {
            Line::Text(text) => t(l, &format!("scope-{text}")),
            Line::Own(claim) => ta(l, "scope-own", &[("claim", claim)]),
        };
        let before = shown.before.then(|| view! { " "<span class="tag">{t(l, "consent-before")}</span> });
        view! { <li>{words}{before}</li> }
    };
    view! { <ul class="points">{lines.iter().map(row).collect_view()}</ul> }.into_any()
}

/// An application wants an address, and none is proved to be the account's own.
pub async fn address(req: PageRequest) -> Response {
    let result = address_page(&req).await;
    or_refuse(&req, result).await
}

async fn address_page(req: &PageRequest) -> Result<Response, Error> {
    let request = req.web.entry(&req.context.ligature, &req.query.entry).ok_or(Refusal::AttemptExpired)?;
    if req.web.ctx.session.is_none() {
        return Ok(Redirect::to(&paths::with_entry(paths::LOGIN, &req.query.entry)).into_response());
    }
    let shown = req.context.ligature.authorization().address_view(&req.web.ctx, &request).await?;
    let (l, entry) = (req.web.lang, req.query.entry.clone());
    let AddressView { application, address } = shown.clone().unwrap_or(AddressView { application: request.application_name.clone(), address: String::new() });
    let head = Head::new(t(l, "address-title"), Layout::Narrow).origins(origin(&request.redirect_uri));
    Ok(page(&req.context, &req.web, head, move || {
        let lead = if shown.is_some() { ta(l, "address-lead", &[("application", &application), ("address", &address)]) } else { ta(l, "address-there", &[("application", &application)]) };
        view! {
            <h1>{t(l, "address-title")}</h1>
            <p class="lead">{lead}</p>
            <form method="post" action=ProveAddress::url() class="stack">
                <input type="hidden" name="entry" value=entry.clone()/>
                {match shown {
                    Some(_) => view! {
                        <button class="primary" name="answer" value="send">{t(l, "address-send")}</button>
                        <button name="answer" value="without">{t(l, "address-without")}</button>
                    }.into_any(),
                    None => view! { <button class="primary" name="answer" value="on">{ta(l, "address-on", &[("application", &application)])}</button> }.into_any(),
                }}
            </form>
        }
    })
    .await)
}
