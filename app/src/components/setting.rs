//! A setting of a provider, as a form shows it.
use leptos::prelude::*;
use service::admin::providers::{Input, Setting};

use super::{Field, Lines, Select};
use crate::i18n::{Lang, t};

/// The field of a setting, with its label and hint; what it sends is `form[settings][<name>]`.
#[component]
pub fn SettingField(
    l: Lang,
    setting: Setting,
    value: String,
    #[prop(default = None)] problem: Option<String>,
) -> AnyView {
    let id = setting.name;
    let name = format!("form[settings][{id}]");
    let key = id.replace('_', "-");
    let (label, hint) = (t(l, &format!("setting-{key}")), t(l, &format!("setting-{key}-hint")));
    let choice = |options: Vec<(String, String)>| {
        let (name, label, hint) = (name.clone(), label.clone(), hint.clone());
        let (value, problem) = (value.clone(), problem.clone());
        view! { <Select id=id name=name label=label hint=hint options=options chosen=value problem=problem/> }.into_any()
    };
    match setting.input {
        Input::Text | Input::Url | Input::Words => view! { <Field id=id name=name label=label kind="text" hint=hint value=value problem=problem autocomplete="off" max=2000/> }.into_any(),
        Input::Pairs => view! { <Lines id=id name=name label=label hint=hint value=value problem=problem rows="3"/> }.into_any(),
        Input::Lines => view! { <Lines id=id name=name label=label hint=hint value=value problem=problem rows="6"/> }.into_any(),
        Input::Choice(values) => choice(
            values
                .iter()
                .map(|one| {
                    let value = format!("{key}_{one}").replace('_', "-");
                    ((*one).to_owned(), t(l, &format!("setting-{value}")))
                })
                .collect(),
        ),
        Input::YesNo => choice(vec![("true".into(), t(l, "yes")), ("false".into(), t(l, "no"))]),
        Input::Known => choice(vec![
            (String::new(), t(l, "setting-reports-auth-time-unset")),
            ("true".into(), t(l, "yes")),
            ("false".into(), t(l, "no")),
        ]),
    }
}
