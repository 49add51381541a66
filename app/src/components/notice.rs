//! Messages: above a form, and about its fields.
use leptos::prelude::*;

use crate::{
    i18n::{Lang, t},
    outcome::Flash,
};

/// A message above a form; `kind`: `good`, `warn` or `bad`, which is read out at once.
#[component]
pub fn Notice(kind: &'static str, text: String) -> AnyView {
    view! { <p class=format!("notice {kind}") role=if kind == "bad" { "alert" } else { "status" }>{text}</p> }.into_any()
}

/// What the form before this page left to be said: the key of a message, or empty.
#[component]
pub fn Said(
    l: Lang,
    key: String,
    /// As a [`Notice`] has it.
    #[prop(default = "good")]
    kind: &'static str,
) -> AnyView {
    (!key.is_empty()).then(|| view! { <Notice kind=kind text={t(l, &key)}/> }).into_any()
}

/// What is wrong with a form, above it: each with the way to its field, whose id is its name. It has the focus.
#[component]
pub fn Problems(l: Lang, flash: Flash) -> impl IntoView {
    let rows = flash
        .problems
        .iter()
        .map(|(name, key)| view! { <li><a href=format!("#{name}")>{t(l, key)}</a></li> })
        .collect_view();
    (!flash.problems.is_empty()).then(|| view! { <div class="notice bad" role="alert" tabindex="-1" autofocus=true><p>{t(l, "form-problems")}</p><ul class="points">{rows}</ul></div> }.into_any())
}
