//! The answer to an application that wants it posted (OAuth 2.0 Form Post Response Mode).
use crate::{
    i18n::t,
    page_request::{Answer, PageRequest},
    render::{Head, Layout, page},
};
use domain::Refusal;
use leptos::prelude::*;
use serde::Deserialize;

/// What the page reads from its address.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct ReplyQuery {
    /// The answer, sealed.
    pub a: String,
}

pub async fn reply(req: PageRequest<ReplyQuery>) -> Answer {
    let reply = req
        .context
        .ligature
        .authorization()
        .posted_reply(&req.query.a)
        .ok_or(Refusal::AttemptExpired)?;
    let l = req.web.lang;
    let head = Head::new(t(l, "reply-title"), Layout::Narrow);
    Ok(page(&req.context, &req.web, head, move || {
        view! {
            <h1>{t(l, "reply-title")}</h1>
            <form method="post" action=reply.to class="stack" data-submit="yes">
                {reply.fields.into_iter().map(|(name, value)| view! { <input type="hidden" name=name value=value/> }).collect_view()}
                <p class="lead">{t(l, "reply-lead")}</p>
                <button class="primary">{t(l, "code-go")}</button>
            </form>
        }
    })
    .await)
}
