//! An application in the console: its form, its logo and its secrets.
use crate::{
    admin::{application_settings::SettingsForm, brand::Logo, saved::done},
    components::{Moment, Notice},
    context::asked,
    i18n::{Lang, t},
    outcome::{Code, Flash, respond},
    page_request::{Answer, PageRequest},
    paths,
    render::{Head, Layout, page},
};
use std::collections::BTreeSet;

use axum::extract::Path;
use domain::{Refusal, Right};
use leptos::{prelude::*, server_fn::ServerFn};
use service::oidc_provider::{ApplicationSettings, ApplicationView};

pub async fn application(Path(client_id): Path<String>, req: PageRequest) -> Answer {
    let req = &req;
    let create = client_id == "new";
    let list = req.context.ligature.applications().admin_applications(&req.web.ctx).await?;
    let shown = match list.into_iter().find(|a| a.client_id == client_id) {
        Some(found) => found,
        None if create => ApplicationView {
            client_id: String::new(),
            name: String::new(),
            redirect_uris: Vec::new(),
            active: true,
            settings: ApplicationSettings::default(),
            secrets: Vec::new(),
        },
        None => return Err(Refusal::NotFound.into()),
    };
    let changes = req.may(Right::ChangeApplications).await?;
    let (l, flash) = (req.web.lang, req.flash.clone());
    let title = if create { t(l, "application-new") } else { shown.name.clone() };
    let head = Head::new(title.clone(), Layout::Admin(paths::ADMIN_APPLICATIONS));
    Ok(page(&req.context, &req.web, head, move || {
        let secret = flash.typed("secret");
        let rotates = changes && !create && !shown.settings.kind.is_public();
        view! {
            <h1>{title}</h1>
            {(flash.notice == "saved").then(|| view! { <Notice kind="good" text={t(l, "saved")}/> })}
            {(!flash.problems.is_empty()).then(|| view! { <Notice kind="bad" text={t(l, "form-problems")}/> })}
            {(!secret.is_empty()).then(|| view! { <div class="notice good" role="status"><p>{t(l, "application-registered")}</p><p><code class="secret">{secret}</code></p></div> })}
            {(!create).then(|| view! { <WhoIsLetIn l=l groups={shown.settings.groups.clone()}/> })}
            <SettingsForm l=l create=create changes=changes shown={shown.clone()} flash={flash.clone()}/>
            {(changes && !create).then(|| view! { <Logo l=l logo={shown.settings.brand.logo} client={shown.client_id.clone()} name={shown.name} flash=flash/> })}
            {rotates.then(|| view! { <Secrets l=l client_id={shown.client_id} ends={shown.secrets}/> })}
        }
    })
    .await)
}

/// Everybody, or members of groups.
#[component]
fn WhoIsLetIn(l: Lang, groups: BTreeSet<String>) -> AnyView {
    if groups.is_empty() {
        return view! { <p class="muted">{t(l, "app-open-to-all")}</p> }.into_any();
    }
    let link = |key: String| view! { " "<a class="tag" href=paths::admin_group(&key, "")>{key.clone()}</a> };
    view! { <p>{t(l, "app-open-to")}{groups.into_iter().map(link).collect_view()}</p> }.into_any()
}

/// The secrets that count, and a new one.
#[component]
fn Secrets(
    l: Lang,
    client_id: String,
    /// When each ends; `None`: never.
    ends: Vec<Option<domain::Micros>>,
) -> AnyView {
    let row = |end: Option<domain::Micros>| match end {
        Some(at) => {
            view! { <li>{t(l, "application-secret-until")}" "<Moment l=l at=at/></li> }.into_any()
        }
        None => view! { <li>{t(l, "application-secret-current")}</li> }.into_any(),
    };
    view! {
        <section><h2>{t(l, "application-secrets")}</h2>
            <p class="muted">{t(l, "application-secrets-lead")}</p>
            <ul class="points">{ends.into_iter().map(row).collect_view()}</ul>
            <form method="post" action=RotateSecret::url()><input type="hidden" name="client_id" value=client_id/><button>{t(l, "application-secret-new")}</button></form>
        </section>
    }
    .into_any()
}

#[server(prefix = "/fn", endpoint = "admin/application/secret")]
pub async fn rotate_secret(client_id: String) -> Result<(), Code> {
    let (context, web) = asked();
    let secret = context.ligature.applications().rotate_secret(&web.ctx, &client_id).await;
    let secret = secret.map(|secret| Flash::shown("secret", secret));
    let page = paths::safe(&paths::admin_application(&client_id));
    let next = done(&context, &web, &page, secret).await;
    respond(&context, &next)
}
