//! "May this application know you?": asked once for each scope, answered with a code or a no.
use axum::response::{IntoResponse, Redirect, Response};
use domain::Refusal;
use leptos::{prelude::*, server_fn::ServerFn};
use service::{Fault, applications::ConsentView};

use crate::{
    forms::consent::Consent,
    i18n::{Lang, t, ta},
    pages::{Visit, or_refuse, sign_in::origin},
    paths,
    render::{Head, Layout, page},
};

pub async fn consent(visit: Visit) -> Response {
    let result = consent_page(&visit).await;
    or_refuse(&visit, result).await
}

async fn consent_page(visit: &Visit) -> Result<Response, Fault> {
    let request = visit.asker.entry(&visit.context.ligature, &visit.query.entry).ok_or(Refusal::AttemptExpired)?;
    if visit.asker.visitor.session.is_none() {
        return Ok(Redirect::to(&paths::with_entry(paths::LOGIN, &visit.query.entry)).into_response());
    }
    let ConsentView { application, scope, known } = visit.context.ligature.consent_view(&visit.asker.visitor, &request).await?;
    let name = visit.asker.visitor.session.as_ref().map(|c| c.name.clone()).unwrap_or_default();
    let (l, entry) = (visit.asker.lang, visit.query.entry.clone());
    let title = ta(l, "consent-title", &[("application", &application)]);
    let head = Head::new(title.clone(), Layout::Narrow).origins(origin(&request.redirect_uri));
    Ok(page(&visit.context, &visit.asker, head, move || {
        view! {
            <h1>{title}</h1>
            <p class="lead">{ta(l, "consent-lead", &[("application", &application), ("name", &name)])}</p>
            {scopes(l, &scope, &known)}
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

/// What an application asks for, in words.
pub(crate) fn scopes(l: Lang, scope: &[String], known: &[String]) -> AnyView {
    if scope.is_empty() {
        return view! { <p>{t(l, "scope-nothing")}</p> }.into_any();
    }
    let row = |s: &String| {
        let before = known.contains(s).then(|| view! { " "<span class="tag">{t(l, "consent-before")}</span> });
        view! { <li>{scope_words(l, s)}{before}</li> }
    };
    view! { <ul class="points">{scope.iter().map(row).collect_view()}</ul> }.into_any()
}

/// A scope in words; one of the organisation's own by its name.
fn scope_words(l: Lang, scope: &str) -> String {
    match scope {
        "profile" | "email" | "phone" | "address" | "roles" | "identities" => t(l, &format!("scope-{scope}")),
        "offline_access" => t(l, "scope-offline"),
        own => own.to_owned(),
    }
}
