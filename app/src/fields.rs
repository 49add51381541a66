//! The parts that forms are made of: one place for labels, hints, errors and their wiring to screen readers.
use std::borrow::Cow;

use leptos::{prelude::*, server_fn::ServerFn};

use crate::{
    forms::measure::MeasurePassword,
    i18n::{Lang, t},
    outcome::Flash,
};

/// A labelled input.
#[derive(Debug, Clone, Default)]
pub struct Field {
    pub name: Cow<'static, str>,
    /// Empty: the name. Two fields of one name on a page need two.
    pub id: Cow<'static, str>,
    pub label: String,
    /// `text`, `email`, `tel`, `password`.
    pub kind: &'static str,
    pub value: String,
    pub hint: String,
    /// The problem's text.
    pub problem: Option<String>,
    pub autocomplete: &'static str,
    pub required: bool,
    pub max: u32,
    /// The name of the bar that shows how hard a new password is to guess, where it has one.
    pub meter: Option<String>,
}

/// Draws a field.
pub fn field(f: Field) -> AnyView {
    let class = if f.name == "code" { "code" } else { "" };
    let name = f.name.into_owned();
    let id = if f.id.is_empty() { name.clone() } else { f.id.into_owned() };
    let (hint_id, problem_id) = (format!("{id}-hint"), format!("{id}-problem"));
    let mut described = Vec::new();
    if !f.hint.is_empty() {
        described.push(hint_id.clone());
    }
    if f.problem.is_some() {
        described.push(problem_id.clone());
    }
    let described = (!described.is_empty()).then(|| described.join(" "));
    let meter = f.meter.is_some().then(MeasurePassword::url);
    let invalid = f.problem.is_some().then_some("true");
    view! {
        <div class="field">
            <label for=id.clone()>{f.label}</label>
            {(!f.hint.is_empty()).then(|| view! { <p class="hint" id=hint_id>{f.hint}</p> })}
            <input id=id class=class name=name type=f.kind value=f.value autocomplete=f.autocomplete required=f.required maxlength=f.max aria-invalid=invalid aria-describedby=described spellcheck="false" autocapitalize="none" data-meter=meter/>
            {f.meter.map(|name| view! { <div class="meter" id="meter" hidden=true><meter min="0" max="4" low="2" high="3" optimum="4" aria-label=name></meter><span class="hint" role="status"></span></div> })}
            {f.problem.map(|text| view! { <p class="problem" id=problem_id>{text}</p> })}
        </div>
    }
    .into_any()
}

/// A checkbox with its label and a sentence on what it does.
pub fn check(name: &'static str, label: String, hint: String, on: bool) -> AnyView {
    checkbox(name, name.to_owned(), label, hint, on, None)
}

/// A checkbox that is sent under another name than its id.
pub fn check_of(id: &'static str, name: String, label: String, hint: String, on: bool) -> AnyView {
    checkbox(id, name, label, hint, on, None)
}

/// A checkbox with what is wrong with it.
pub fn check_with(name: &'static str, label: String, hint: String, on: bool, problem: Option<String>) -> AnyView {
    checkbox(name, name.to_owned(), label, hint, on, problem)
}

fn checkbox(id: &'static str, name: String, label: String, hint: String, on: bool, problem: Option<String>) -> AnyView {
    let (hint_id, problem_id) = (format!("{id}-hint"), format!("{id}-problem"));
    let mut described = Vec::new();
    if !hint.is_empty() {
        described.push(hint_id.clone());
    }
    if problem.is_some() {
        described.push(problem_id.clone());
    }
    let described = (!described.is_empty()).then(|| described.join(" "));
    view! {
        <div class="check">
            <input type="checkbox" id=id name=name value="on" checked=on aria-invalid=problem.is_some().then_some("true") aria-describedby=described/>
            <div>
                <label for=id>{label}</label>
                {(!hint.is_empty()).then(|| view! { <p class="hint" id=hint_id>{hint}</p> })}
                {problem.map(|text| view! { <p class="problem" id=problem_id>{text}</p> })}
            </div>
        </div>
    }
    .into_any()
}

/// A group of choices of which one holds.
pub fn radios(name: &'static str, legend: String, options: Vec<(&'static str, String, String)>, chosen: &str) -> AnyView {
    let chosen = chosen.to_owned();
    view! {
        <fieldset class="radios">
            <legend>{legend}</legend>
            {options.into_iter().map(|(value, label, hint)| {
                let id = format!("{name}-{value}");
                view! { <div class="check"><input type="radio" id=id.clone() name=name value=value checked={value == chosen}/><div><label for=id>{label}</label><p class="hint">{hint}</p></div></div> }
            }).collect_view()}
        </fieldset>
    }
    .into_any()
}

/// A message above a form.
pub fn notice(kind: &'static str, text: String) -> AnyView {
    view! { <p class=format!("notice {kind}") role=if kind == "bad" { "alert" } else { "status" }>{text}</p> }.into_any()
}

/// What is wrong with a form, above it: each with the way to its field, whose id is its name. It has the focus.
pub fn problems(l: Lang, flash: &Flash) -> Option<AnyView> {
    let rows = flash.problems.iter().map(|(name, key)| view! { <li><a href=format!("#{name}")>{t(l, key)}</a></li> }).collect_view();
    (!flash.problems.is_empty()).then(|| view! { <div class="notice bad" role="alert" tabindex="-1" autofocus=true><p>{t(l, "form-problems")}</p><ul class="points">{rows}</ul></div> }.into_any())
}

/// A moment, for people and machines.
pub fn moment(l: Lang, at: domain::Micros) -> AnyView {
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

/// A round mark with the first letter of a name.
pub fn mark(name: &str) -> AnyView {
    let letter: String = name.chars().next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
    view! { <span class="badge" aria-hidden="true">{letter}</span> }.into_any()
}

/// A labelled list to pick one from: value and name.
pub fn select(name: &'static str, label: String, options: Vec<(String, String)>, chosen: &str) -> AnyView {
    let chosen = chosen.to_owned();
    view! {
        <div class="field">
            <label for=name>{label}</label>
            <select id=name name=name>{options.into_iter().map(|(value, text)| view! { <option value=value.clone() selected={value == chosen}>{text}</option> }).collect_view()}</select>
        </div>
    }
    .into_any()
}

/// A labelled text of many lines, for documents.
pub fn area(name: &'static str, label: String, hint: String, value: String) -> AnyView {
    let hint_id = format!("{name}-hint");
    view! {
        <div class="field">
            <label for=name>{label}</label>
            <p class="hint" id=hint_id.clone()>{hint}</p>
            <textarea id=name name=name rows="28" aria-describedby=hint_id spellcheck="false" autocapitalize="none" autocomplete="off" class="document">{value}</textarea>
        </div>
    }
    .into_any()
}

/// A labelled text of a few lines, sent under another name than its id.
pub fn lines(id: &'static str, name: String, label: String, hint: String, value: String, problem: Option<String>) -> AnyView {
    let (hint_id, problem_id) = (format!("{id}-hint"), format!("{id}-problem"));
    let described = if problem.is_some() { format!("{hint_id} {problem_id}") } else { hint_id.clone() };
    view! {
        <div class="field">
            <label for=id>{label}</label>
            <p class="hint" id=hint_id>{hint}</p>
            <textarea id=id name=name rows="4" aria-describedby=described aria-invalid=problem.is_some().then_some("true") spellcheck="false" autocapitalize="none" autocomplete="off" class="document">{value}</textarea>
            {problem.map(|text| view! { <p class="problem" id=problem_id>{text}</p> })}
        </div>
    }
    .into_any()
}
