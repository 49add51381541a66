//! The way to a provider.
use leptos::prelude::*;
use service::policy::providers::Button;

use super::ProviderMark;

/// A form of one button that leads to a provider, whose key the button sends.
#[component]
pub fn ProviderButton(
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
    view! {
        <form method="post" action=action>
            {with.into_iter().map(|(name, value)| view! { <input type="hidden" name=name value=value/> }).collect_view()}
            <button class="provider" name="provider" value=provider.key><ProviderMark preset=provider.preset name=provider.name/><span>{label}</span>{tag.map(|text| view! { <span class="tag">{text}</span> })}</button>
        </form>
    }
    .into_any()
}
