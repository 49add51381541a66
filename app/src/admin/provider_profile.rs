//! Part of a provider's page: which of its attributes fills which field of a profile, and when.
use std::collections::BTreeMap;

use crate::{
    admin::saved::part_saved,
    components::{SaveOrRead, Table},
    context::asked,
    form_input::bounded,
    i18n::{Lang, t, ta},
    outcome::{Code, Flash, respond},
};
use domain::policy::{AttributeUse, ProfileAttribute};
use leptos::{prelude::*, server_fn::ServerFn};
use serde::{Deserialize, Serialize};
use service::admin::profile_mapping::{FilledField, ProfileMapping};

/// Where a flash holds the form.
const KEPT: &str = "provider_profile";
/// Lines to fill in.
const EMPTY_LINES: usize = 2;

/// A line of the table. A box that is not ticked sends nothing: here that says no.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SentField {
    pub field: String,
    pub attribute: String,
    pub on_create: bool,
    pub on_login: bool,
    pub on_link: bool,
}

/// What the form sends.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SentProfile {
    pub key: String,
    pub fields: BTreeMap<String, SentField>,
}

impl From<SentProfile> for ProfileMapping {
    fn from(sent: SentProfile) -> Self {
        let mut fields: Vec<FilledField> = sent
            .fields
            .into_values()
            .filter(|one| !one.field.trim().is_empty())
            .map(|one| FilledField {
                field: bounded(one.field.trim(), 60),
                attribute: bounded(one.attribute.trim(), 1100),
                on_create: one.on_create,
                on_login: one.on_login,
                on_link: one.on_link,
            })
            .collect();
        // As what is in force is read, so that an unchanged form is seen to be one.
        fields.sort_by_key(|one| ProfileAttribute::try_from(one.field.clone()).ok());
        Self(fields)
    }
}

#[component]
pub(super) fn ProfileSection(
    l: Lang,
    key: String,
    there: ProfileMapping,
    /// The scopes that the provider is asked for.
    scopes: String,
    /// The person may say whose word counts.
    trusts: bool,
    flash: Flash,
) -> AnyView {
    // As the form came back, or as it is in force.
    let ProfileMapping(fields) = serde_json::from_str(&flash.typed(KEPT)).unwrap_or(there);
    let problem = flash.problem("profile").map(|key| t(l, key));
    let known: Vec<String> = ProfileAttribute::ALL
        .iter()
        .filter(|one| one.allows(AttributeUse::Fill))
        .map(ProfileAttribute::name)
        .collect();
    let option = |name: String| {
        let label = t(l, &format!("profile-{}", name.replace('_', "-")));
        view! { <option value=name>{label}</option> }
    };
    view! {
        <form method="post" action=SaveProviderProfile::url() class="section" id="profile">
            <h2>{t(l, "section-profile")}</h2>
            <p>{t(l, "provider-profile-lead")}</p>
            {(!scopes.is_empty()).then(|| view! { <p class="muted">{t(l, "provider-profile-scopes")}" "<code>{scopes}</code></p> })}
            <input type="hidden" name="form[key]" value=key/>
            <datalist id="profile-fields">{known.into_iter().map(option).collect_view()}</datalist>
            <Fields l=l fields=fields adds=trusts/>
            {problem.map(|text| view! { <p class="problem" id="profile-problem">{text}</p> })}
            {if trusts {
                view! { <SaveOrRead l=l go={t(l, "save")} may=true/> }.into_any()
            } else {
                view! { <p class="muted">{t(l, "owners-only")}</p> }.into_any()
            }}
        </form>
    }
    .into_any()
}

#[component]
fn Fields(
    l: Lang,
    fields: Vec<FilledField>,
    /// The person may add some.
    adds: bool,
) -> AnyView {
    let empty = if adds { EMPTY_LINES } else { 0 };
    let line = |(place, one): (usize, FilledField)| {
        let number = (place + 1).to_string();
        let name = |part: &str| format!("form[fields][{place}][{part}]");
        let named = |key: &str| ta(l, key, &[("n", &number)]);
        let tick = |part: &'static str, key: &str, checked: bool| {
            let label = format!("{} ({number})", t(l, key));
            view! { <td data-label=t(l, key)><input type="checkbox" name=name(part) value="true" checked=checked aria-label=label/></td> }
        };
        view! {
            <tr>
                <td data-label=t(l, "profile-column-field")><input type="text" list="profile-fields" name=name("field") value=one.field aria-label=named("profile-column-field-of") maxlength="60" autocomplete="off" spellcheck="false" autocapitalize="none"/></td>
                <td data-label=t(l, "profile-column-attribute")><input type="text" name=name("attribute") value=one.attribute aria-label=named("profile-column-attribute-of") maxlength="1100" autocomplete="off" spellcheck="false" autocapitalize="none"/></td>
                {tick("on_create", "profile-column-create", one.on_create)}
                {tick("on_login", "profile-column-login", one.on_login)}
                {tick("on_link", "profile-column-link", one.on_link)}
            </tr>
        }
    };
    let lines = fields.into_iter().chain(std::iter::repeat_n(FilledField::default(), empty));
    let rows = lines.enumerate().map(line).collect_view();
    let columns = [
        "profile-column-field",
        "profile-column-attribute",
        "profile-column-create",
        "profile-column-login",
        "profile-column-link",
    ];
    let columns = columns.map(|key| t(l, key).into_any()).into();
    view! {
        <p class="hint">{t(l, "provider-profile-hint")}</p>
        <Table label={t(l, "section-profile")} columns=columns stacked=true>{rows}</Table>
    }
    .into_any()
}

/// Says what a provider fills in profiles.
#[server(prefix = "/fn", endpoint = "admin/provider/profile")]
pub async fn save_provider_profile(form: SentProfile) -> Result<(), Code> {
    let (context, web) = asked();
    let (key, edit) = (bounded(&form.key, 60), ProfileMapping::from(form));
    let saving =
        context.ligature.provider_admin().save_profile_mapping(&web.ctx, &key, edit.clone());
    let next = part_saved(&context, &web, &key, (KEPT, &edit), saving.await).await;
    respond(&context, &next)
}
