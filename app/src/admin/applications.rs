//! The list of applications.
use crate::{
    admin::{application_settings::kind_key, overview::head, registration::RegistrationTokens},
    components::Rows,
    i18n::{Lang, t},
    page_request::{Answer, PageRequest},
    paths,
    render::page,
};
use domain::Right;
use leptos::prelude::*;
use service::oidc_provider::ApplicationView;

pub async fn applications(req: PageRequest) -> Answer {
    let req = &req;
    let list = req.context.ligature.applications().admin_applications(&req.web.ctx).await?;
    let tokens = req.context.ligature.applications().registration_tokens(&req.web.ctx).await?;
    let changes = req.may(Right::ChangeApplications).await?;
    let (l, flash) = (req.web.lang, req.flash.clone());
    let head = head(l, "admin-applications", paths::ADMIN_APPLICATIONS);
    Ok(page(&req.context, &req.web, head, move || {
        view! {
            <h1>{t(l, "admin-applications")}</h1>
            {list.is_empty().then(|| view! { <p>{t(l, "applications-none")}</p> })}
            <Rows>{list.into_iter().map(|a| view! { <ApplicationRow l=l application=a/> }).collect_view()}</Rows>
            {changes.then(|| view! {
                <p><a class="button primary" href=paths::ADMIN_APPLICATION_NEW>{t(l, "application-new")}</a></p>
                <RegistrationTokens l=l tokens=tokens flash=flash/>
            })}
        }
    })
    .await)
}

#[component]
fn ApplicationRow(l: Lang, application: ApplicationView) -> AnyView {
    let a = application;
    view! {
        <li>
            <span class="row-main"><a href=paths::admin_application(&a.client_id)><strong>{a.name}</strong></a><span class="muted"><code>{a.client_id}</code></span><span class="muted small">{a.redirect_uris.join(" ")}</span></span>
            <span class="tag">{t(l, &kind_key(a.settings.kind))}</span>
            {(!a.active).then(|| view! { <span class="tag">{t(l, "application-off")}</span> })}
        </li>
    }
    .into_any()
}
