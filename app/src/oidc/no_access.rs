//! An application that is open to groups, met by somebody who is in none of them: what to do next, and the way back.
use crate::{
    context::asked,
    i18n::{t, ta},
    outcome::{Code, granted_or_refused, respond},
    page_request::{Answer, EntryQuery, PageRequest},
    paths,
    render::{Head, Layout, page},
};
use axum::response::{IntoResponse, Redirect};
use domain::Refusal;
use leptos::{prelude::*, server_fn::ServerFn};

pub async fn no_access(req: PageRequest<EntryQuery>) -> Answer {
    let req = &req;
    let request = req.web.entry(&req.context.ligature, &req.query.entry).await?;
    if req.web.ctx.session.is_none() {
        return Ok(Redirect::to(&paths::with_entry(paths::LOGIN, &req.query.entry)).into_response());
    }
    let application = req.context.ligature.authorization().application_name(&request).await?;
    let (l, entry) = (req.web.lang, req.query.entry.clone());
    let title = ta(l, "no-access-title", &[("application", &application)]);
    let head =
        Head::new(title.clone(), Layout::Narrow).status(Refusal::NotAMember.status()).leads_out();
    Ok(page(&req.context, &req.web, head, move || {
        let named = [("application", application.as_str())];
        view! {
            <h1>{title}</h1>
            <p class="lead">{ta(l, "no-access-lead", &named)}</p>
            <ul class="next">
                <li>{t(l, "no-access-ask")}</li>
                <li><a class="button" href=paths::with_entry(paths::LOGIN_STAY, &entry)>{t(l, "no-access-other")}</a></li>
                <li><a class="button" href=paths::ACCOUNT>{t(l, "next-my-account")}</a></li>
            </ul>
            <form method="post" action=TurnAway::url()>
                <input type="hidden" name="entry" value=entry/>
                <button>{ta(l, "refusal-back-to", &[("name", &application)])}</button>
            </form>
            <p class="muted small">{t(l, "refusal-code")}" "<code>{Refusal::NotAMember.code()}</code></p>
        }
    })
    .await)
}

/// Back to the application, which is told that the person was not let in.
#[server(prefix = "/fn", endpoint = "no-access")]
pub async fn turn_away(entry: String) -> Result<(), Code> {
    let (context, web) = asked();
    let turned = web.entry(&context.ligature, &entry).await;
    let turned = turned.and_then(|r| context.ligature.authorization().turned_away(&r));
    let next = granted_or_refused(&context, turned).await;
    respond(&context, &next)
}
