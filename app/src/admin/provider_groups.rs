//! Part of a provider's page: which word of it gives which group, and whether its groups are mirrored.
use std::collections::BTreeMap;

use crate::{
    admin::saved::part_saved,
    components::{Check, Field, SaveOrRead, Table},
    context::asked,
    form_input::bounded,
    i18n::{Lang, t, ta},
    outcome::{Code, Flash, respond},
    paths,
};
use leptos::{prelude::*, server_fn::ServerFn};
use serde::{Deserialize, Serialize};
use service::admin::provider_groups::ProviderGroups;

/// Where a flash holds the form.
const KEPT: &str = "provider_groups";
/// Lines to fill in.
const EMPTY_LINES: usize = 3;

/// What a provider's page shows of its groups.
#[derive(Debug, Clone, Default)]
pub struct ShownGroups {
    pub there: ProviderGroups,
    /// Keys and names of the groups that there are.
    pub groups: Vec<(String, String)>,
    /// The provider's kind is known to tell no groups.
    pub tells_none: bool,
    /// The person may say whose word counts.
    pub trusts: bool,
}

/// A line of the table.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SentRule {
    pub value: String,
    pub group: String,
}

/// What the form sends.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SentGroups {
    pub key: String,
    pub mirrors: bool,
    pub attribute: String,
    pub rules: BTreeMap<String, SentRule>,
}

impl From<SentGroups> for ProviderGroups {
    fn from(sent: SentGroups) -> Self {
        Self {
            mirrors: sent.mirrors,
            attribute: bounded(&sent.attribute, 200),
            rules: sent
                .rules
                .into_values()
                .filter(|rule| !rule.value.trim().is_empty())
                .map(|rule| (bounded(rule.value.trim(), 260), bounded(&rule.group, 64)))
                .collect(),
        }
    }
}

#[component]
pub fn GroupsSection(l: Lang, key: String, shown: ShownGroups, flash: Flash) -> AnyView {
    let ShownGroups { there, groups, tells_none, trusts } = shown;
    // As the form came back, or as it is stored.
    let ProviderGroups { mirrors, attribute, rules } =
        serde_json::from_str(&flash.typed(KEPT)).unwrap_or(there);
    let problem = flash.problem("rules").map(|key| t(l, key));
    view! {
        <form method="post" action=SaveProviderGroups::url() class="section" id="groups">
            <h2>{t(l, "section-groups")}</h2>
            <p>{t(l, "provider-groups-lead")}</p>
            {tells_none.then(|| view! { <p class="muted">{t(l, "provider-groups-untold")}</p> })}
            <input type="hidden" name="form[key]" value=key/>
            <Field id="attribute" name="form[attribute]" label={t(l, "groups-attribute")} kind="text" hint={t(l, "groups-attribute-hint")} value=attribute autocomplete="off" max=200/>
            {if groups.is_empty() {
                view! { <p>{t(l, "provider-groups-none")}" "<a href=paths::ADMIN_GROUPS>{t(l, "admin-groups")}</a></p> }.into_any()
            } else {
                view! { <Rules l=l rules=rules groups=groups adds=trusts/> }.into_any()
            }}
            {problem.map(|text| view! { <p class="problem" id="rules">{text}</p> })}
            <Check id="mirrors" name="form[mirrors]" value="true" label={t(l, "groups-mirror")} hint={t(l, "groups-mirror-hint")} checked=mirrors/>
            {if trusts {
                view! { <SaveOrRead l=l go={t(l, "save")} may=true/> }.into_any()
            } else {
                view! { <p class="muted">{t(l, "owners-only")}</p> }.into_any()
            }}
        </form>
    }
    .into_any()
}

/// Values and the groups that they give.
#[component]
fn Rules(
    l: Lang,
    rules: Vec<(String, String)>,
    groups: Vec<(String, String)>,
    /// The person may add some.
    adds: bool,
) -> AnyView {
    let empty = if adds { EMPTY_LINES } else { 0 };
    let lines = rules.into_iter().chain(std::iter::repeat_n(Default::default(), empty));
    let line = |(place, (value, chosen)): (usize, (String, String))| {
        let number = (place + 1).to_string();
        let named = |key: &str| ta(l, key, &[("n", &number)]);
        let options = groups.iter().map(|(key, name)| {
            let chosen = key.eq_ignore_ascii_case(&chosen);
            view! { <option value=key.clone() selected=chosen>{name.clone()}</option> }
        });
        view! {
            <tr>
                <td data-label=t(l, "groups-value")><input type="text" name=format!("form[rules][{place}][value]") value=value aria-label=named("groups-value-of") maxlength="260" autocomplete="off" spellcheck="false" autocapitalize="none"/></td>
                <td data-label=t(l, "groups-gives")><select name=format!("form[rules][{place}][group]") aria-label=named("groups-gives-of")>{options.collect_view()}</select></td>
            </tr>
        }
    };
    let rows = lines.enumerate().map(line).collect_view();
    let columns = ["groups-value", "groups-gives"].map(|key| t(l, key).into_any()).into();
    view! {
        <p class="hint">{t(l, "groups-rules-hint")}</p>
        <Table label={t(l, "section-groups")} columns=columns stacked=true>{rows}</Table>
    }
    .into_any()
}

/// Says what a provider's groups are here.
#[server(prefix = "/fn", endpoint = "admin/provider/groups")]
pub async fn save_provider_groups(form: SentGroups) -> Result<(), Code> {
    let (context, web) = asked();
    let (key, edit) = (bounded(&form.key, 60), ProviderGroups::from(form));
    let saving = context.ligature.group_admin().save_provider_groups(&web.ctx, &key, edit.clone());
    let next = part_saved(&context, &web, &key, (KEPT, &edit), saving.await).await;
    respond(&context, &next)
}
