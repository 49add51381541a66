//! "May this application know you?": asked once for each thing that is told, answered with a code or a no.
use crate::{
    components::Notice,
    context::asked,
    i18n::{Lang, t, ta},
    outcome::{Code, SeeOther, granted_or_refused, refuse, respond},
    page_request::{Answer, EntryQuery, PageRequest},
    paths,
    render::{Head, Layout, page},
};
use axum::response::{IntoResponse, Redirect};
use domain::Refusal;
use leptos::{prelude::*, server_fn::ServerFn};
use service::oidc_provider::{ConsentView, Line, Next, ToldLine};

pub async fn show_consent(req: PageRequest<EntryQuery>) -> Answer {
    let req = &req;
    let request = req.web.entry(&req.context.ligature, &req.query.entry).await?;
    if req.web.ctx.session.is_none() {
        return Ok(Redirect::to(&paths::with_entry(paths::LOGIN, &req.query.entry)).into_response());
    }
    let ConsentView { application, lines, next, unchecked } =
        req.context.ligature.authorization().consent_view(&req.web.ctx, &request).await?;
    let name = req.web.ctx.session.as_ref().map(|c| c.name.clone()).unwrap_or_default();
    let (l, entry) = (req.web.lang, req.query.entry.clone());
    let title = ta(l, "consent-title", &[("application", &application)]);
    let head = Head::new(title.clone(), Layout::Narrow);
    Ok(page(&req.context, &req.web, head, move || {
        view! {
            <h1>{title}</h1>
            {unchecked.then(|| view! { <Notice kind="warn" text={t(l, "consent-unchecked")}/> })}
            <p class="lead">{ta(l, if name.is_empty() { "consent-lead-nameless" } else { "consent-lead" }, &[("application", &application), ("name", &name)])}</p>
            <Told l=l lines=lines/>
            <p>{next_words(l, &next)}</p>
            <form method="post" action=Consent::url() class="stack">
                <input type="hidden" name="entry" value=entry/>
                <AllowOrDeny l=l/>
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
#[component]
pub fn Told(l: Lang, lines: Vec<ToldLine>) -> AnyView {
    if lines.is_empty() {
        return view! { <p>{t(l, "scope-nothing")}</p> }.into_any();
    }
    let row = |shown: ToldLine| {
        let words = match &shown.line {
            Line::Text(text) => t(l, &format!("scope-{text}")),
            Line::Own(claim) => ta(l, "scope-own", &[("claim", claim)]),
        };
        view! { <li>{words}{shown.before.then(|| view! { " "<span class="tag">{t(l, "consent-before")}</span> })}</li> }
    };
    view! { <ul class="points">{lines.into_iter().map(row).collect_view()}</ul> }.into_any()
}

/// The two answers of a form.
#[component]
pub fn AllowOrDeny(l: Lang) -> AnyView {
    view! {
        <button class="primary" name="answer" value="allow">{t(l, "consent-allow")}</button>
        <button name="answer" value="deny">{t(l, "consent-deny")}</button>
    }
    .into_any()
}

#[server(prefix = "/fn", endpoint = "consent")]
pub async fn consent(entry: String, answer: String) -> Result<(), Code> {
    let (context, web) = asked();
    let next = match web.entry(&context.ligature, &entry).await {
        Err(error) => refuse(&error),
        Ok(request) => {
            let authorization = context.ligature.authorization();
            match authorization.consent(&web.ctx, &request, answer == "allow").await {
                Err(error) if error.refusal() == Refusal::SessionEnded => {
                    SeeOther::local(paths::with_entry(paths::LOGIN, &entry))
                }
                result => granted_or_refused(&context, result).await,
            }
        }
    };
    respond(&context, &next)
}
