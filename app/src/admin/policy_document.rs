//! A policy document as text, what is in force, and the presets.
use crate::{
    admin::{
        overview::head,
        policy_effects::{Changes, Dangers, Trouble, scope_name, trouble},
    },
    components::{Select, Table, TextArea},
    context::asked,
    i18n::{Lang, t, ta},
    outcome::{Code, Flash, redirect_with_flash, refuse, respond, turned_back},
    page_request::{Answer, PageRequest},
    paths,
    render::{Head, Layout, page},
};
use axum::extract::Path;
use domain::{
    Right,
    policy::{Effective, Kind},
};
use leptos::{prelude::*, server_fn::ServerFn};
use serde::Deserialize;
use service::admin::{
    SaveProblem,
    policy::{EffectiveView, PresetView},
};

#[server(prefix = "/fn", endpoint = "admin/policy/draft")]
pub async fn save_draft(scope: String, document: String) -> Result<(), Code> {
    let (context, web) = asked();
    let saved = context.ligature.policy_admin().save_draft(&web.ctx, &scope, &document).await;
    let bad = paths::policy_document(&scope, None);
    let next = match saved {
        Ok(version) => {
            let page = paths::policy_version(version);
            redirect_with_flash(&context, &web, &page, Flash::notice("draft-saved")).await
        }
        // What was typed is kept, to be mended.
        Err(SaveProblem::Policy(problem)) => {
            redirect_with_flash(&context, &web, &bad, trouble(problem, document)).await
        }
        Err(SaveProblem::Fields(_) | SaveProblem::Unconfirmed(_) | SaveProblem::NotAgreed(_)) => {
            refuse(&domain::Refusal::BadRequest.into())
        }
        Err(SaveProblem::Error(error)) => {
            turned_back(&context, &web, &error, &bad, Flash::shown("document", document)).await
        }
    };
    respond(&context, &next)
}

/// Which document.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct DocumentQuery {
    /// Its scope.
    pub scope: String,
    /// The version to begin with; empty: the one in force.
    pub version: String,
}

/// The editor of one scope's document: it saves drafts, nothing else.
pub async fn document(req: PageRequest<DocumentQuery>) -> Answer {
    let scope = if req.query.scope.is_empty() { "instance" } else { &req.query.scope };
    let view = req
        .context
        .ligature
        .policy_admin()
        .document_view(&req.web.ctx, scope, req.query.version.parse().ok())
        .await?;
    let may_change = req.may(Right::ChangePolicy).await?;
    let (l, flash) = (req.web.lang, req.flash.clone());
    let title = ta(l, "draft-title", &[("scope", &scope_name(l, &view.scope))]);
    Ok(page(&req.context, &req.web, Head::new(title.clone(), Layout::Admin(paths::ADMIN_POLICY)), move || {
        let typed = flash.typed("document");
        let text = if typed.is_empty() { view.text.clone() } else { typed };
        let scopes = view.scopes.iter().map(|s| (s.clone(), scope_name(l, s))).collect();
        view! {
            <h1>{title}</h1>
            <Trouble l=l flash=flash/>
            <p>{t(l, "draft-lead")}</p>
            <form method="get" action=paths::ADMIN_POLICY_DOCUMENT class="search">
                <Select name="scope" label={t(l, "policy-scope")} options=scopes chosen={view.scope.clone()}/>
                <button>{t(l, "draft-open")}</button>
            </form>
            <form method="post" action=SaveDraft::url() class="stack wide">
                <input type="hidden" name="scope" value=view.scope.clone()/>
                <TextArea name="document" label={t(l, "draft-document")} hint={t(l, "draft-document-hint")} value=text/>
                <div class="row-actions">{may_change.then(|| view! { <button class="primary">{t(l, "draft-save")}</button> })}<a class="button quiet" href=paths::ADMIN_POLICY>{t(l, "back")}</a></div>
            </form>
        }
    })
    .await)
}

/// Whose policy.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct EffectiveQuery {
    /// Client id; empty: none.
    pub application: String,
    /// Provider key; empty: none.
    pub provider: String,
}

pub async fn effective(req: PageRequest<EffectiveQuery>) -> Answer {
    let some = |s: &str| (!s.is_empty()).then(|| s.to_owned());
    let (client, provider) = (some(&req.query.application), some(&req.query.provider));
    let view = req
        .context
        .ligature
        .policy_admin()
        .effective_view(&req.web.ctx, client.as_deref(), provider.as_deref())
        .await?;
    let l = req.web.lang;
    Ok(page(&req.context, &req.web, head(l, "effective-title", paths::ADMIN_POLICY), move || {
        view! { <EffectivePage l=l view=view client={client.unwrap_or_default()} provider={provider.unwrap_or_default()}/> }
    })
    .await)
}

#[component]
fn EffectivePage(l: Lang, view: EffectiveView, client: String, provider: String) -> AnyView {
    let with_none = |none: &str, list: Vec<(String, String)>| {
        std::iter::once((String::new(), t(l, none))).chain(list).collect::<Vec<_>>()
    };
    let kinds = [
        (Kind::Permit, "effective-permits"),
        (Kind::Floor, "effective-floors"),
        (Kind::Choice, "effective-choices"),
    ];
    let EffectiveView { fields, dangers, providers, applications } = view;
    view! {
        <h1>{t(l, "effective-title")}</h1>
        <p class="muted">{t(l, "effective-lead")}</p>
        <form method="get" action=paths::ADMIN_POLICY_EFFECTIVE class="search">
            <Select name="application" label={t(l, "admin-application")} options={with_none("effective-own-pages", applications)} chosen=client/>
            <Select name="provider" label={t(l, "admin-provider")} options={with_none("effective-local", providers)} chosen=provider/>
            <button>{t(l, "effective-show")}</button>
        </form>
        {kinds.map(|(kind, title)| {
            let fields = fields.iter().filter(|field| field.kind == kind).cloned().collect();
            view! { <EffectiveFields l=l title=title fields=fields/> }
        }).collect_view()}
        <Dangers l=l all=dangers/>
    }
    .into_any()
}

/// Fields of one kind, with their values and where those come from.
#[component]
fn EffectiveFields(l: Lang, title: &'static str, fields: Vec<Effective>) -> AnyView {
    let columns = ["policy-field", "policy-value", "policy-origin"].map(|key| t(l, key).into_any());
    view! {
        <section><h2>{t(l, title)}</h2><p class="muted">{t(l, &format!("{title}-law"))}</p>
        <Table label={t(l, title)} columns={columns.into()}>
        {fields.into_iter().map(|f| view! { <tr><th scope="row"><code>{f.field}</code></th><td><code>{f.value.to_string()}</code></td><td>{scope_name(l, &f.origin)}{f.pinned.then(|| view! { " "<span class="tag">{t(l, "policy-pinned")}</span> })}</td></tr> }).collect_view()}</Table></section>
    }
    .into_any()
}

pub async fn preset(Path(name): Path<String>, req: PageRequest) -> Answer {
    let view = req.context.ligature.policy_admin().preset_view(&req.web.ctx, &name).await?;
    let l = req.web.lang;
    let title = t(l, &format!("preset-{}", view.name));
    Ok(page(
        &req.context,
        &req.web,
        Head::new(title.clone(), Layout::Admin(paths::ADMIN_POLICY)),
        move || view! { <PresetPage l=l title=title view=view/> },
    )
    .await)
}

#[component]
fn PresetPage(l: Lang, title: String, view: PresetView) -> AnyView {
    view! {
        <h1>{title}</h1>
        <p>{t(l, &format!("preset-{}-hint", view.name))}</p>
        <section><h2>{t(l, "deviations-title")}</h2>
            {view.deviations.is_empty().then(|| view! { <p class="muted">{t(l, "deviations-none")}</p> })}
            <ul>{view.deviations.into_iter().map(|d| view! { <li>{t(l, &format!("deviation-{d}"))}</li> }).collect_view()}</ul>
        </section>
        <Changes l=l title={t(l, "preset-differences")} against={t(l, "preset-recommended")} rows={view.differences}/>
        <Dangers l=l all={view.dangers}/>
        <details open=true><summary>{t(l, "policy-text")}</summary><pre>{view.text.clone()}</pre></details>
        <form method="post" action=SaveDraft::url()><input type="hidden" name="scope" value="instance"/><input type="hidden" name="document" value=view.text/><button class="primary">{t(l, "preset-draft")}</button></form>
    }
    .into_any()
}
