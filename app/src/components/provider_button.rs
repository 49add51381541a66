//! The way to a provider.
use leptos::prelude::*;
use service::policy::providers::Button;

use super::ProviderMark;
use crate::i18n::{Lang, t};

/// A form of one button that leads to a provider, whose key the button sends.
#[component]
pub fn ProviderButton(
    l: Lang,
    provider: Button,
    /// The address of the server function that starts there.
    action: &'static str,
    label: String,
    /// Hidden fields that go along: name and value.
    #[prop(optional)]
    with: Vec<(&'static str, String)>,
    /// A word beside the label.
    #[prop(default = None)]
    tag: Option<String>,
) -> AnyView {
    let unavailable = provider.unavailable.then(|| view! { <Unavailable l=l/> });
    view! {
        <form method="post" action=action>
            {with.into_iter().map(|(name, value)| view! { <input type="hidden" name=name value=value/> }).collect_view()}
            <button class="provider" name="provider" value=provider.key><ProviderMark preset=provider.preset name=provider.name/><span>{label}</span>{tag.map(|text| view! { <span class="tag">{text}</span> })}{unavailable}</button>
        </form>
    }
    .into_any()
}

/// A sign and a word: it does not answer at the moment, and can be tried all the same.
#[component]
pub fn Unavailable(l: Lang) -> AnyView {
    view! {
        <span class="tag warn with-sign">
            <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round"><path d="M8 2 1.5 14h13Z"/><path d="M8 6.5v3.5M8 12v0"/></svg>
            {t(l, "unavailable-now")}
        </span>
    }
    .into_any()
}
