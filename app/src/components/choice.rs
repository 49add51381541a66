//! Checkboxes, radio buttons and lists to pick from.
use leptos::prelude::*;

use super::field::described;

/// A checkbox with its label and a sentence on what it does.
#[component]
pub fn Check(
    #[prop(into)] name: String,
    /// Empty: the name.
    #[prop(optional)]
    id: &'static str,
    label: String,
    #[prop(optional)] hint: String,
    checked: bool,
    /// What is sent when it is ticked.
    #[prop(default = "on")]
    value: &'static str,
    #[prop(default = None)] problem: Option<String>,
) -> AnyView {
    let id = if id.is_empty() { name.clone() } else { id.to_owned() };
    let (hint_id, problem_id) = (format!("{id}-hint"), format!("{id}-problem"));
    let described = described(&id, !hint.is_empty(), problem.is_some());
    view! {
        <div class="check">
            <input type="checkbox" id=id.clone() name=name value=value checked=checked aria-invalid=problem.is_some().then_some("true") aria-describedby=described/>
            <div>
                <label for=id>{label}</label>
                {(!hint.is_empty()).then(|| view! { <p class="hint" id=hint_id>{hint}</p> })}
                {problem.map(|text| view! { <p class="problem" id=problem_id>{text}</p> })}
            </div>
        </div>
    }
    .into_any()
}

/// A group of choices of which one holds: value, label and what it means.
#[component]
pub fn Radios(
    #[prop(into)] name: String,
    /// What the ids of the choices begin with; empty: the name.
    #[prop(optional)]
    id: &'static str,
    legend: String,
    options: Vec<(&'static str, String, String)>,
    #[prop(into)] chosen: String,
) -> AnyView {
    let id = if id.is_empty() { name.clone() } else { id.to_owned() };
    view! {
        <fieldset class="radios">
            <legend>{legend}</legend>
            {options.into_iter().map(|(value, label, hint)| {
                let id = format!("{id}-{value}");
                view! { <div class="check"><input type="radio" id=id.clone() name=name.clone() value=value checked={value == chosen}/><div><label for=id>{label}</label><p class="hint">{hint}</p></div></div> }
            }).collect_view()}
        </fieldset>
    }
    .into_any()
}

/// A labelled list to pick one from: value and name.
#[component]
pub fn Select(
    #[prop(into)] name: String,
    /// Empty: the name.
    #[prop(optional)]
    id: &'static str,
    label: String,
    #[prop(optional)] hint: String,
    options: Vec<(String, String)>,
    #[prop(into)] chosen: String,
    #[prop(default = None)] problem: Option<String>,
) -> AnyView {
    let id = if id.is_empty() { name.clone() } else { id.to_owned() };
    let (hint_id, problem_id) = (format!("{id}-hint"), format!("{id}-problem"));
    let described = described(&id, !hint.is_empty(), problem.is_some());
    let invalid = problem.is_some().then_some("true");
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            {(!hint.is_empty()).then(|| view! { <p class="hint" id=hint_id>{hint}</p> })}
            <select id=id name=name aria-describedby=described aria-invalid=invalid>{options.into_iter().map(|(value, text)| view! { <option value=value.clone() selected={value == chosen}>{text}</option> }).collect_view()}</select>
            {problem.map(|text| view! { <p class="problem" id=problem_id>{text}</p> })}
        </div>
    }
    .into_any()
}
