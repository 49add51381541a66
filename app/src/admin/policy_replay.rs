//! Recorded sign-ins, decided again under another version.
use crate::{
    admin::{
        overview::head,
        story::{Story, outcome_text, sentences},
    },
    components::{Moment, Notice, Rows},
    i18n::{Lang, t, ta},
    page_request::{Answer, PageRequest},
    paths,
    render::page,
};
use axum::extract::Path;
use leptos::prelude::*;
use service::admin::replay::Replay;

pub async fn replay(Path(number): Path<i64>, req: PageRequest) -> Answer {
    let replay = req.context.ligature.policy_admin().replay(&req.web.ctx, number).await?;
    let l = req.web.lang;
    Ok(page(&req.context, &req.web, head(l, "replay-title", paths::ADMIN_POLICY), move || {
        view! { <ReplayPage l=l version=number replay=replay/> }
    })
    .await)
}

#[component]
fn ReplayPage(l: Lang, version: i64, replay: Replay) -> AnyView {
    let (compared, skipped) = (replay.compared.to_string(), replay.skipped.to_string());
    view! {
        <h1>{t(l, "replay-title")}</h1>
        <p class="muted">{ta(l, "replay-lead", &[("version", &version.to_string()), ("compared", &compared), ("skipped", &skipped)])}</p>
        {replay.differences.is_empty().then(|| view! { <Notice kind="good" text={t(l, "replay-same")}/> })}
        <Rows>{replay.differences.into_iter().map(|d| view! {
            <li><span class="row-main"><strong>{outcome_text(l, &d.was)}" → "{outcome_text(l, d.would_be)}</strong><span class="muted">{d.provider}" "<code>{d.support}</code></span>
                <Story l=l sentences={sentences(l, &d.reasons)}/></span><Moment l=l at={d.at}/></li>
        }).collect_view()}</Rows>
        <p class="links"><a href=paths::policy_version(version)>{t(l, "back")}</a></p>
    }
    .into_any()
}
