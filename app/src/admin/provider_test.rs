//! Trying a provider without anybody who signs in.
use crate::{
    admin::saved::done,
    context::asked,
    i18n::{Lang, t},
    outcome::{Code, Flash, respond},
    paths,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use service::admin::providers::{Check, Found};

/// A provider by its key.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ProviderKey {
    pub key: String,
}

/// Tries a provider without anybody who signs in.
#[server(prefix = "/fn", endpoint = "admin/provider/test")]
pub async fn test_provider(form: ProviderKey) -> Result<(), Code> {
    let (context, web) = asked();
    let page = paths::safe(&paths::admin_provider(&form.key));
    let checks = context.ligature.provider_admin().check_provider(&web.ctx, &form.key).await;
    let found = checks.map(|checks| Flash { typed: tested(&checks), ..Flash::default() });
    let next = done(&context, &web, &page, found).await;
    respond(&context, &next)
}

/// What a test found, for the page that shows it.
pub(crate) fn tested(checks: &[Check]) -> Vec<(String, String)> {
    checks
        .iter()
        .map(|check| {
            let (state, what) = match &check.found {
                Found::Works(what) => ("works", what.clone()),
                Found::Unclear(what) => ("unclear", what.clone()),
                Found::Broken(error) => ("broken", error.trouble().what.clone()),
            };
            (format!("{TESTED}{state}"), format!("{}: {what}", check.part.name()))
        })
        .collect()
}

/// What the names of a test's results in a flash begin with.
const TESTED: &str = "tested-";

/// What the last test found, part by part.
#[component]
pub fn TestResults(l: Lang, flash: Flash) -> AnyView {
    let found: Vec<_> = flash
        .typed
        .iter()
        .filter_map(|(name, what)| {
            let class = match name.strip_prefix(TESTED)? {
                "works" => ("good", "tested-works"),
                "unclear" => ("warn", "tested-unclear"),
                _ => ("bad", "tested-broken"),
            };
            Some((class, what.clone()))
        })
        .collect();
    view! { <div role="status"><ul class="tested">{found.into_iter().map(|((class, word), what)| view! { <li><span class=format!("tag {class}")>{t(l, word)}</span>" "<span lang="en">{what}</span></li> }).collect_view()}</ul></div> }.into_any()
}
