//! The audit trail.
use crate::{
    account::activity::event_key,
    admin::{
        overview::head,
        story::{Story, story},
    },
    components::{Field, Moment, Rows, method_name},
    form_input::cursor,
    i18n::{Lang, t, ta},
    page_request::{Answer, PageRequest},
    paths,
    render::page,
};
use leptos::prelude::*;
use serde::Deserialize;
use service::rows::AuditEvent;

/// Events as rows.
#[component]
pub fn EventRows(
    l: Lang,
    events: Vec<AuditEvent>,
    /// Their stories are open, as for a support code that was looked up.
    #[prop(optional)]
    open: bool,
) -> AnyView {
    view! { <Rows>{events.into_iter().map(|event| view! { <EventRow l=l event=event open=open/> }).collect_view()}</Rows> }
        .into_any()
}

#[component]
fn EventRow(l: Lang, event: AuditEvent, open: bool) -> AnyView {
    let e = event;
    let detail: serde_json::Value = serde_json::from_str(&e.detail).unwrap_or_default();
    let story = story(l, &e.provider, &detail);
    let version = detail.get("policy_version").and_then(serde_json::Value::as_i64);
    view! {
        <li>
            <span class="row-main">
                <strong>{t(l, &event_key(&e.kind))}</strong>
                <span class="muted">{method_name(l, &e.provider)}{(!e.code.is_empty()).then(|| view! { " "<code>{e.code}</code> })}{(!e.support_code.is_empty()).then(|| view! { " "<code>{e.support_code}</code> })}</span>
                {(!story.is_empty()).then(|| view! {
                    <Story l=l sentences=story open=open>{version.map(|v| view! { <p class="muted small">{ta(l, "policy-version", &[("version", &v.to_string())])}</p> })}</Story>
                })}
            </span>
            <Moment l=l at={e.at}/>
        </li>
    }
    .into_any()
}

/// What the trail is filtered by.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct AuditQuery {
    /// A support code or an account's address.
    pub q: String,
    /// Kind of event.
    pub kind: String,
    /// The event that the page goes on after.
    pub before: String,
}

pub async fn audit(req: PageRequest<AuditQuery>) -> Answer {
    let text = |s: &str| (!s.trim().is_empty()).then(|| s.trim().to_owned());
    let filter = service::rows::AuditFilter {
        kind: text(&req.query.kind),
        support_code: text(&req.query.q).map(|c| domain::one_time_code::fold(&c)),
        before: cursor(&req.query.before)?,
        account: None,
    };
    let list = req.context.ligature.account_admin().admin_audit(&req.web.ctx, filter).await?;
    let (l, q) = (req.web.lang, req.query.q.clone());
    let open = !q.trim().is_empty();
    let older = (list.len() == 100).then(|| list.last().map(|e| e.at)).flatten();
    Ok(page(&req.context, &req.web, head(l, "admin-audit", paths::ADMIN_AUDIT), move || {
        view! {
            <h1>{t(l, "admin-audit")}</h1>
            <form method="get" action=paths::ADMIN_AUDIT class="search">
                <Field name="q" label={t(l, "audit-support")} kind="search" value=q autocomplete="off" max=20/>
                <button>{t(l, "search")}</button>
            </form>
            {list.is_empty().then(|| view! { <p>{t(l, "audit-none")}</p> })}
            <EventRows l=l events=list open=open/>
            {older.map(|at| view! { <p><a class="button" href=format!("{}?before={at}", paths::ADMIN_AUDIT)>{t(l, "audit-older")}</a></p> })}
        }
    })
    .await)
}
