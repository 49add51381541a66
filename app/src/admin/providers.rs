//! The list of identity providers.
use crate::{
    admin::{
        overview::{Message, head},
        provider_health::HealthTag,
    },
    components::ProviderMark,
    i18n::{t, ta},
    page_request::{Answer, PageRequest},
    paths,
    render::page,
};
use domain::{Refusal, Right};
use leptos::prelude::*;
use service::{Error, admin::ProviderView};

pub async fn providers(req: PageRequest) -> Answer {
    let list = req.context.ligature.account_admin().admin_providers(&req.web.ctx).await?;
    let changes = req.may(Right::ChangeProviders).await?;
    let (l, flash) = (req.web.lang, req.flash.clone());
    Ok(page(&req.context, &req.web, head(l, "admin-providers", paths::ADMIN_PROVIDERS), move || {
        let add = |class: &'static str| view! { <a class=class href=paths::ADMIN_PROVIDER_NEW>{t(l, "provider-new")}</a> };
        view! {
            <div class="title"><h1>{t(l, "admin-providers")}</h1>{(changes && !list.is_empty()).then(|| add("button primary"))}</div>
            <Message l=l flash={flash.clone()}/>
            {list.is_empty().then(|| view! { <div class="section"><p>{t(l, "providers-none")}</p>{changes.then(|| view! { <p>{add("button primary")}</p> })}</div> })}
            <ul class="rows">{list.into_iter().map(|p| view! {
                <li>
                    <ProviderMark preset={p.settings.preset().to_owned()} name={p.name.clone()}/>
                    <a class="row-main" href=paths::admin_provider(&p.key)><strong>{p.name.clone()}</strong><span class="muted">{t(l, &format!("kind-{}", p.settings.kind()))}" · "{ta(l, "provider-association", &[("mode", &t(l, &format!("association-{}", p.association.mode.name().replace('_', "-"))))])}" · "{ta(l, "provider-links", &[("count", &p.links.to_string())])}</span></a>
                    {(p.offered || p.shared).then(|| view! { <span class="tag">{t(l, if p.offered { "provider-offered" } else { "provider-shared" })}</span> })}
                    {p.enabled.then(|| view! { <HealthTag l=l health={p.health.clone()}/> })}
                    <span class=if p.enabled { "tag good" } else { "tag" }>{t(l, if p.enabled { "provider-on" } else { "provider-off" })}</span>
                </li>
            }).collect_view()}</ul>
        }
    })
    .await)
}

/// One of the list.
pub(crate) async fn find(key: &str, req: &PageRequest) -> Result<ProviderView, Error> {
    let list = req.context.ligature.account_admin().admin_providers(&req.web.ctx).await?;
    list.into_iter().find(|p| p.key == key).ok_or_else(|| Refusal::NotFound.into())
}
