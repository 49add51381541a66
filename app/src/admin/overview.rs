//! The console's first page.
use crate::{
    components::Notice,
    i18n::{Lang, t, ta},
    outcome::Flash,
    page_request::{Answer, PageRequest},
    paths,
    render::{Head, Layout, page},
};
use leptos::prelude::*;

/// The head of a page of the console, by the key of its title.
pub(crate) fn head(l: Lang, key: &str, section: &'static str) -> Head {
    Head::new(t(l, key), Layout::Admin(section))
}

/// What the form before this page left to be said, with what is wrong with the policy, if that is it.
#[component]
pub fn Message(l: Lang, flash: Flash) -> AnyView {
    let detail = flash.typed("policy");
    let good = detail.is_empty() && flash.problems.is_empty();
    let text = match t(l, &flash.notice) {
        text if detail.is_empty() => text,
        text => format!("{text} {detail}"),
    };
    (!flash.notice.is_empty())
        .then(|| view! { <Notice kind={if good { "good" } else { "bad" }} text=text/> })
        .into_any()
}

pub async fn overview(req: PageRequest) -> Answer {
    let figures = req.context.ligature.account_admin().figures(&req.web.ctx).await?;
    let l = req.web.lang;
    Ok(page(&req.context, &req.web, head(l, "admin-overview", paths::ADMIN), move || {
        view! {
            <h1>{t(l, "admin-overview")}</h1>
            {figures.unsafe_permit.then(|| view! { <Notice kind="bad" text={t(l, "policy-unsafe-on")}/> })}
            {figures.mail_stuck.then(|| view! { <Notice kind="warn" text={t(l, "admin-mail-stuck")}/> })}
            {(!figures.unavailable.is_empty()).then(|| view! { <Notice kind="warn" text={ta(l, "overview-unavailable", &[("count", &figures.unavailable.len().to_string()), ("names", &figures.unavailable.join(", "))])}/> })}
            <dl class="figures">
                <div><dt>{t(l, "admin-accounts")}</dt><dd>{figures.accounts}</dd></div>
                <div><dt>{t(l, "figure-sessions")}</dt><dd>{figures.sessions}</dd></div>
                <div><dt>{t(l, "admin-providers")}</dt><dd>{figures.providers}</dd></div>
                <div><dt>{t(l, "figure-shared")}</dt><dd>{figures.shared_addresses}</dd></div>
            </dl>
        }
    })
    .await)
}
