//! A step of an attempt: what the organisation wants to know and to be agreed to.
use crate::{
    account::profile::field_name,
    components::Field,
    context::asked,
    form_input::bounded,
    i18n::{Lang, t},
    outcome::{Code, Flash, leave, redirect_with_flash, refuse, respond},
    paths,
};
use domain::policy::{Agreement, Field as Wanted, ProfileAttribute};
use leptos::{prelude::*, server_fn::ServerFn};
use service::Details;
use std::collections::BTreeMap;

/// What the organisation wants to know and to be agreed to.
#[component]
pub fn DetailsForm(
    l: Lang,
    attempt: String,
    agreements: Vec<Agreement>,
    fields: Vec<Wanted>,
    flash: Flash,
) -> AnyView {
    view! {
        <form method="post" action=EnterDetails::url() class="stack">
            <input type="hidden" name="attempt" value=attempt/>
            {fields.into_iter().map(|wanted| view! { <WantedField l=l wanted=wanted flash={flash.clone()}/> }).collect_view()}
            {agreements.into_iter().enumerate().map(|(n, agreement)| view! { <AgreementBox l=l n=n agreement=agreement flash={flash.clone()}/> }).collect_view()}
            <button class="primary">{t(l, "details-go")}</button>
        </form>
    }
    .into_any()
}

#[component]
fn AgreementBox(
    l: Lang,
    /// Its place among the boxes.
    n: usize,
    agreement: Agreement,
    flash: Flash,
) -> AnyView {
    let a = agreement;
    let (id, what) = (format!("agree-{n}"), a.what());
    let problem_id = format!("{id}-problem");
    let problem = flash.problem(&format!("agree.{what}")).map(|key| t(l, key));
    let described = problem.is_some().then(|| problem_id.clone());
    let ticked = !flash.typed(&format!("agree.{what}")).is_empty();
    view! {
        <div class="check">
            <input type="checkbox" id=id.clone() name=format!("agreed[{n}]") value=what checked=ticked required=true aria-invalid=described.is_some().then_some("true") aria-describedby=described/>
            <div>
                <label for=id>{t(l, "details-agree")}" "{a.title}</label>
                <p class="hint"><a href=a.url target="_blank" rel="noopener">{t(l, "details-read")}</a></p>
                {problem.map(|text| view! { <p class="problem" id=problem_id>{text}</p> })}
            </div>
        </div>
    }
    .into_any()
}

#[component]
fn WantedField(l: Lang, wanted: Wanted, flash: Flash) -> AnyView {
    let name = wanted.field.name();
    let autocomplete = match wanted.field {
        ProfileAttribute::GivenName => "given-name",
        ProfileAttribute::FamilyName => "family-name",
        ProfileAttribute::Name => "name",
        ProfileAttribute::Phone => "tel",
        ProfileAttribute::Email
        | ProfileAttribute::Locale
        | ProfileAttribute::Username
        | ProfileAttribute::Own(_) => "off",
    };
    let label = field_name(l, &name);
    let label = if wanted.required { label } else { format!("{label} ({})", t(l, "optional")) };
    view! { <Field name={format!("fields[{name}]")} id={name.clone()} label=label kind="text" value={flash.typed(&name)} problem={flash.problem(&name).map(|key| t(l, key))} autocomplete=autocomplete required={wanted.required} max=120/> }.into_any()
}

#[server(prefix = "/fn", endpoint = "attempt/details")]
pub async fn enter_details(
    attempt: String,
    #[server(default)] agreed: BTreeMap<String, String>,
    #[server(default)] fields: BTreeMap<String, String>,
) -> Result<(), Code> {
    let (context, web) = asked();
    let agreed: Vec<String> = agreed.into_values().take(50).collect();
    let typed = fields
        .iter()
        .take(50)
        .map(|(name, value)| (name.clone(), bounded(value, 120)))
        .chain(agreed.iter().map(|a| (format!("agree.{a}"), "on".into())))
        .collect();
    let fields = fields
        .into_iter()
        .filter_map(|(name, value)| {
            ProfileAttribute::try_from(name).ok().map(|field| (field, value))
        })
        .collect();
    let details = Details { agreed, fields };
    let steps = context.ligature.attempt_steps();
    let next = match steps.details_problems(&web.ctx, &attempt, &details).await {
        Ok(problems) if problems.is_empty() => {
            leave(&context, steps.enter_details(&web.ctx, &attempt, &details).await).await
        }
        Ok(problems) => {
            let problems =
                problems.into_iter().map(|(field, key)| (field, key.to_owned())).collect();
            let flash = Flash { problems, typed, ..Flash::default() };
            redirect_with_flash(&context, &web, &paths::attempt(&attempt, "details"), flash).await
        }
        Err(error) => refuse(&error),
    };
    respond(&context, &next)
}
