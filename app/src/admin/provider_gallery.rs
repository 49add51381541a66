//! The gallery of vendors, from which a provider is added.
use crate::{
    admin::overview::{Message, head},
    components::{Field, ProviderMark},
    form_input::bounded,
    i18n::{Lang, t},
    page_request::PageRequest,
    paths,
    render::page,
};
use axum::response::Response;
use leptos::prelude::*;
use serde::Deserialize;
use service::admin::providers::{Preset, presets};

/// Which vendor; empty: the gallery.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct GalleryQuery {
    pub preset: String,
    /// What the name begins with or holds.
    pub q: String,
}

/// Every vendor.
pub(crate) async fn gallery(req: &PageRequest<GalleryQuery>) -> Response {
    let (l, flash, q) = (req.web.lang, req.flash.clone(), bounded(&req.query.q, 60));
    page(&req.context, &req.web, head(l, "provider-new", paths::ADMIN_PROVIDERS), move || {
        view! {
            <p class="crumbs"><a href=paths::ADMIN_PROVIDERS>{t(l, "admin-providers")}</a></p>
            <h1>{t(l, "provider-new")}</h1>
            <p class="muted">{t(l, "gallery-lead")}</p>
            <Message l=l flash={flash.clone()}/>
            <Gallery l=l q=q/>
        }
    })
    .await
}

/// Every vendor, narrowed by a word.
#[component]
fn Gallery(l: Lang, q: String) -> AnyView {
    let wanted = q.to_lowercase();
    let found: Vec<&Preset> = presets::choices()
        .filter(|preset| preset.name.to_lowercase().contains(wanted.trim()))
        .collect();
    let none = found.is_empty();
    view! {
        <form method="get" action=paths::ADMIN_PROVIDER_NEW class="search" role="search">
            <Field name="q" label={t(l, "gallery-search")} kind="search" value=q autocomplete="off" max=60/>
            <button>{t(l, "search")}</button>
        </form>
        {none.then(|| view! { <p>{t(l, "gallery-none")}" "<a href=paths::admin_provider_new("oidc")>{t(l, "vendor-oidc-name")}</a></p> })}
        <ul class="gallery">{found.into_iter().map(|preset| view! {
            <li><a class="card" href=paths::admin_provider_new(preset.key)>
                <ProviderMark preset=preset.key name=preset.name/>
                <span><strong>{display_name(l, preset)}</strong><span class="muted small">{t(l, &format!("kind-{}", preset.protocol()))}</span></span>
            </a></li>
        }).collect_view()}</ul>
    }
    .into_any()
}

/// The vendor's own name; those without one are told in the reader's language.
fn display_name(l: Lang, preset: &Preset) -> String {
    match preset.key {
        "oidc" => t(l, "vendor-oidc-name"),
        "oauth2" => t(l, "vendor-oauth2-name"),
        "ldap" => t(l, "vendor-ldap-name"),
        "saml" => t(l, "vendor-saml-name"),
        _ => preset.name.to_owned(),
    }
}
