//! Moments, names of methods, and the mark of a name.
use leptos::prelude::*;

use crate::i18n::{Lang, t};

/// A moment, for people and machines.
#[component]
pub fn Moment(l: Lang, at: domain::Micros) -> AnyView {
    let date = chrono::DateTime::from_timestamp_micros(at).unwrap_or_default();
    view! { <time datetime=date.format("%Y-%m-%dT%H:%M:%SZ").to_string()>{moment_text(l, at)}</time> }.into_any()
}

/// A moment within a sentence.
pub fn moment_text(l: Lang, at: domain::Micros) -> String {
    let date = chrono::DateTime::from_timestamp_micros(at).unwrap_or_default();
    let shown = match l {
        Lang::En => date.format("%-d %b %Y, %H:%M UTC"),
        Lang::De => date.format("%d.%m.%Y, %H:%M UTC"),
        Lang::Zh => date.format("%Y-%m-%d %H:%M UTC"),
    };
    shown.to_string()
}

/// The name of a sign-in method: the provider's own, or "password" in the person's language.
pub fn method_name(l: Lang, name: &str) -> String {
    match name {
        "password" => t(l, "password"),
        "code" => t(l, "method-code"),
        "passkey" => t(l, "passkey"),
        "phone" => t(l, "method-phone"),
        _ => name.to_owned(),
    }
}

/// A provider's own mark, or the first letter of its name.
#[component]
pub fn ProviderMark(
    /// The preset of its settings; empty: none.
    #[prop(into)]
    preset: String,
    #[prop(into)] name: String,
) -> AnyView {
    match service::admin::providers::presets::mark(&preset) {
        Some(svg) => {
            view! { <span class="badge own" aria-hidden="true" inner_html=svg></span> }.into_any()
        }
        None => view! { <Mark name/> }.into_any(),
    }
}

/// A round mark with the first letter of a name.
#[component]
pub fn Mark(#[prop(into)] name: String) -> AnyView {
    let letter: String =
        name.chars().next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
    view! { <span class="badge" aria-hidden="true">{letter}</span> }.into_any()
}
