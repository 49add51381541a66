//! What a policy would decide, with its reasons.
use crate::{
    admin::story::{Trace, outcome_text, sentences},
    i18n::{Lang, t, ta},
};

use leptos::prelude::*;
use service::admin::simulate::Decided;

/// One outcome; several stand below each other where accounts are only supposed.
#[component]
pub fn DecidedSection(l: Lang, decided: Decided) -> AnyView {
    let Decided { supposed, outcome, reasons, found, policy_version } = decided;
    let id = supposed.map_or_else(|| "outcome".to_owned(), |s| format!("outcome-{}", s.name()));
    let labelled = id.clone();
    view! {
        <section aria-labelledby=labelled>
            {supposed.map(|s| view! { <p class="muted">{t(l, &format!("supposed-{}", s.name()))}</p> })}
            <h2 id=id>{outcome_text(l, &outcome)}</h2>
            <Trace sentences={sentences(l, &reasons)}/>
            {(!found.is_empty()).then(|| view! { <p class="muted">{ta(l, "try-found", &[("names", &found.join(", "))])}</p> })}
            <p class="muted small">{ta(l, "policy-version", &[("version", &policy_version.to_string())])}</p>
        </section>
    }
    .into_any()
}
