//! What an attempt still wants at the end: a code of the second factor, agreements, fields of a registration.
use domain::policy::{Agreement, Field as Wanted};
use leptos::{prelude::*, server_fn::ServerFn};

use crate::{
    fields::{Field, field},
    forms::attempt::{EnterDetails, EnterFactor, RestoreAccount},
    i18n::{Lang, t},
    outcome::Flash,
    pages::account::field_name,
};

pub fn factor(l: Lang, id: &str) -> AnyView {
    view! {
        <form method="post" action=EnterFactor::url() class="stack">
            <input type="hidden" name="attempt" value=id.to_owned()/>
            {field(Field { name: "code".into(), label: t(l, "factor-code"), kind: "text", hint: t(l, "factor-code-hint"), autocomplete: "one-time-code", required: true, max: 16, ..Field::default() })}
            <button class="primary">{t(l, "code-go")}</button>
        </form>
        <p class="muted small">{t(l, "factor-lost")}</p>
    }
    .into_any()
}

/// The account is being deleted: it stays, or nothing happens.
pub fn restore(l: Lang, id: &str) -> AnyView {
    view! {
        <form method="post" action=RestoreAccount::url() class="stack">
            <input type="hidden" name="attempt" value=id.to_owned()/>
            <button class="primary">{t(l, "restore-go")}</button>
        </form>
        <p class="muted small">{t(l, "restore-leave")}</p>
    }
    .into_any()
}

pub fn details(l: Lang, id: &str, agreements: Vec<Agreement>, fields: Vec<Wanted>, flash: &Flash) -> AnyView {
    let boxes: Vec<AnyView> = agreements.into_iter().enumerate().map(|(n, a)| agreement(l, n, &a, flash)).collect();
    let inputs: Vec<AnyView> = fields.into_iter().map(|w| input(l, &w, flash)).collect();
    view! {
        <form method="post" action=EnterDetails::url() class="stack">
            <input type="hidden" name="attempt" value=id.to_owned()/>
            {inputs}
            {boxes}
            <button class="primary">{t(l, "details-go")}</button>
        </form>
    }
    .into_any()
}

fn agreement(l: Lang, n: usize, a: &Agreement, flash: &Flash) -> AnyView {
    let (id, what) = (format!("agree-{n}"), a.what());
    let problem_id = format!("{id}-problem");
    let problem = flash.problem(&format!("agree.{what}")).map(|key| t(l, key));
    let described = problem.is_some().then(|| problem_id.clone());
    let ticked = !flash.typed(&format!("agree.{what}")).is_empty();
    view! {
        <div class="check">
            <input type="checkbox" id=id.clone() name=format!("agreed[{n}]") value=what checked=ticked required=true aria-invalid=described.is_some().then_some("true") aria-describedby=described/>
            <div>
                <label for=id>{t(l, "details-agree")}" "{a.title.clone()}</label>
                <p class="hint"><a href=a.url.clone() target="_blank" rel="noopener">{t(l, "details-read")}</a></p>
                {problem.map(|text| view! { <p class="problem" id=problem_id>{text}</p> })}
            </div>
        </div>
    }
    .into_any()
}

fn input(l: Lang, wanted: &Wanted, flash: &Flash) -> AnyView {
    let name = wanted.field.name();
    let autocomplete = match name.as_str() {
        "given_name" => "given-name",
        "family_name" => "family-name",
        "name" => "name",
        "phone" => "tel",
        _ => "off",
    };
    let label = field_name(l, &name);
    let label = if wanted.required { label } else { format!("{label} ({})", t(l, "optional")) };
    field(Field {
        name: format!("fields[{name}]").into(),
        id: name.clone().into(),
        label,
        kind: "text",
        value: flash.typed(&name),
        problem: flash.problem(&name).map(|key| t(l, key)),
        autocomplete,
        required: wanted.required,
        max: 120,
        ..Field::default()
    })
}
