//! A labelled input, with its hint and its problem wired to screen readers.
use std::borrow::Cow;

use leptos::{prelude::*, server_fn::ServerFn};

use crate::{
    i18n::{Lang, t},
    password_meter::MeasurePassword,
};

/// The ids of what describes a field, for `aria-describedby`.
pub(super) fn described(id: &str, hint: bool, problem: bool) -> Option<String> {
    let ids: Vec<String> = [(hint, "hint"), (problem, "problem")]
        .into_iter()
        .filter(|(there, _)| *there)
        .map(|(_, part)| format!("{id}-{part}"))
        .collect();
    (!ids.is_empty()).then(|| ids.join(" "))
}

/// A labelled input.
#[component]
pub fn Field(
    #[prop(into)] name: Cow<'static, str>,
    /// Empty: the name. Two fields of one name on a page need two.
    #[prop(optional, into)]
    id: Cow<'static, str>,
    label: String,
    /// `text`, `email`, `tel`, `password`.
    kind: &'static str,
    #[prop(optional)] value: String,
    #[prop(optional)] hint: String,
    /// The problem's text.
    #[prop(default = None)]
    problem: Option<String>,
    #[prop(optional)] autocomplete: &'static str,
    #[prop(optional)] required: bool,
    /// The most characters that it takes.
    max: u32,
    /// The name of the bar that shows how hard a new password is to guess, where it has one.
    #[prop(default = None)]
    meter: Option<String>,
) -> AnyView {
    let class = if name == "code" { "code" } else { "" };
    let name = name.into_owned();
    let id = if id.is_empty() { name.clone() } else { id.into_owned() };
    let (hint_id, problem_id) = (format!("{id}-hint"), format!("{id}-problem"));
    let described = described(&id, !hint.is_empty(), problem.is_some());
    let measured = meter.is_some().then(MeasurePassword::url);
    let invalid = problem.is_some().then_some("true");
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            {(!hint.is_empty()).then(|| view! { <p class="hint" id=hint_id>{hint}</p> })}
            <input id=id class=class name=name type=kind value=value autocomplete=autocomplete required=required maxlength=max aria-invalid=invalid aria-describedby=described spellcheck="false" autocapitalize="none" data-meter=measured/>
            {meter.map(|name| view! { <div class="meter" id="meter" hidden=true><meter min="0" max="4" low="2" high="3" optimum="4" aria-label=name></meter><span class="hint" role="status"></span></div> })}
            {problem.map(|text| view! { <p class="problem" id=problem_id>{text}</p> })}
        </div>
    }
    .into_any()
}

/// The field for an address, a number, or either; it is called `email` in every case.
#[component]
pub fn ContactField(
    l: Lang,
    /// An address may be typed.
    address: bool,
    /// A number may be typed.
    phone: bool,
    #[prop(optional, into)] id: Cow<'static, str>,
    #[prop(optional)] value: String,
    #[prop(default = None)] problem: Option<String>,
    #[prop(default = "username")] autocomplete: &'static str,
) -> AnyView {
    let (label, kind) = match (address, phone) {
        (true, true) => ("email-or-phone", "text"),
        (false, true) => ("phone", "tel"),
        (_, false) => ("email", "email"),
    };
    let hint = if phone { t(l, "phone-hint") } else { String::new() };
    view! { <Field name="email" id=id label=t(l, label) kind=kind value=value hint=hint problem=problem autocomplete=autocomplete required=true max=254/> }.into_any()
}

/// The field for a password that is new here, with the bar that shows how hard it is to guess.
#[component]
pub fn NewPasswordField(
    l: Lang,
    label: String,
    #[prop(default = None)] problem: Option<String>,
) -> AnyView {
    view! { <Field name="password" label=label kind="password" hint={t(l, "password-hint")} problem=problem autocomplete="new-password" required=true max=256 meter={Some(t(l, "meter"))}/> }.into_any()
}

/// A labelled text of many lines, for documents.
#[component]
pub fn TextArea(name: &'static str, label: String, hint: String, value: String) -> AnyView {
    view! { <Lines id=name name=name.to_owned() label=label hint=hint value=value rows="28"/> }
        .into_any()
}

/// A labelled text of a few lines; it may be sent under another name than its id.
#[component]
pub fn Lines(
    id: &'static str,
    #[prop(into)] name: String,
    label: String,
    hint: String,
    value: String,
    #[prop(default = None)] problem: Option<String>,
    #[prop(default = "4")] rows: &'static str,
) -> AnyView {
    let (hint_id, problem_id) = (format!("{id}-hint"), format!("{id}-problem"));
    let described = described(id, true, problem.is_some());
    view! {
        <div class="field">
            <label for=id>{label}</label>
            <p class="hint" id=hint_id>{hint}</p>
            <textarea id=id name=name rows=rows aria-describedby=described aria-invalid=problem.is_some().then_some("true") spellcheck="false" autocapitalize="none" autocomplete="off" class="document">{value}</textarea>
            {problem.map(|text| view! { <p class="problem" id=problem_id>{text}</p> })}
        </div>
    }
    .into_any()
}
