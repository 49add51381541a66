//! Why a decision came out as it did, as a short story: what the provider said, who was looked for, what was asked.
use crate::i18n::{Lang, t, ta};
use domain::linking::Reason;
use leptos::prelude::*;
use serde_json::Value;

/// The sentences of a decision's reasons.
pub(crate) fn sentences(l: Lang, reasons: &[Reason]) -> Vec<String> {
    reasons
        .iter()
        .map(|r| {
            let count = r.count.map(|n| n.to_string()).unwrap_or_default();
            let value = match r.code.as_str() {
                "claim" => t(l, &format!("trust-{}", r.value.replace('_', "-"))),
                "disclosure" => t(l, &format!("disclosure-{}", r.value.replace('_', "-"))),
                "email-differs" => t(l, &format!("email-step-{}", r.value)),
                "refused" | "not-eligible" => {
                    t(l, &format!("refusal-{}-title", r.value.replace(['.', '_'], "-")))
                }
                _ => r.value.clone(),
            };
            ta(
                l,
                &format!("trace-{}", r.code),
                &[("rule", &r.rule), ("count", &count), ("value", &value)],
            )
        })
        .collect()
}

/// The story of a recorded event: its reasons, and what came of them. Events of the first version kept plain texts.
pub(crate) fn story(l: Lang, provider: &str, detail: &Value) -> Vec<String> {
    let Some(reasons) = detail.get("reasons").and_then(Value::as_array) else {
        // A provider that did not do its work: which part, and what it said.
        let why = detail.get("why").and_then(Value::as_str);
        return why.map(|why| ta(l, "trace-why", &[("value", why)])).into_iter().collect();
    };
    let read: Vec<Reason> = reasons
        .iter()
        .filter_map(|r| match r {
            Value::String(text) => {
                Some(Reason { code: "plain".into(), value: text.clone(), ..Reason::default() })
            }
            other => serde_json::from_value(other.clone()).ok(),
        })
        .collect();
    if read.is_empty() {
        return Vec::new();
    }
    let mut all = Vec::new();
    if !provider.is_empty() {
        all.push(ta(l, "trace-provider", &[("value", provider)]));
    }
    all.extend(sentences(l, &read));
    if let Some(outcome) = detail.get("outcome").and_then(Value::as_str).filter(|o| *o != "refuse")
    {
        all.push(outcome_text(l, outcome));
    }
    all
}

/// What a decision comes to.
pub(crate) fn outcome_text(l: Lang, name: &str) -> String {
    t(l, &format!("outcome-{}", name.replace('_', "-")))
}

/// The sentences behind a "why"; the children stand below them.
#[component]
pub fn Story(
    l: Lang,
    sentences: Vec<String>,
    #[prop(optional)] open: bool,
    #[prop(optional)] children: Option<Children>,
) -> AnyView {
    view! { <details open=open><summary>{t(l, "audit-why")}</summary><Trace sentences=sentences/>{children.map(|children| children())}</details> }
        .into_any()
}

/// Sentences, one after the other.
#[component]
pub fn Trace(sentences: Vec<String>) -> AnyView {
    view! { <ol class="trace">{sentences.into_iter().map(|s| view! { <li>{s}</li> }).collect_view()}</ol> }
        .into_any()
}
