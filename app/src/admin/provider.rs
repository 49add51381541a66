//! A provider's page: its state, its connection, and how it meets accounts. Each form sends its own part,
//! and what a form does not send stays as it is.
use std::collections::BTreeMap;

use crate::{
    admin::{
        association_form::{AssociationForm, BINDS, KEPT, kept},
        overview::Message,
        provider_groups::{GroupsSection, ShownGroups},
        provider_health::HealthSection,
        provider_logout::LogoutAddresses,
        provider_profile::ProfileSection,
        provider_source::SourceConfirmation,
        provider_test::{TestProvider, TestResults},
        providers::find,
        saml_addresses::SamlAddresses,
        saved::{Ways, saved},
    },
    components::{
        Check, Field, Lines, Notice, Problems, ProviderMark, Radios, SaveOrRead, SettingField,
    },
    confirm::{Act, ask, ask_again},
    context::{Context, WebRequest, asked},
    form_input::{bounded, longest},
    i18n::{Lang, t, ta},
    outcome::{Code, Flash, SeeOther, respond},
    page_request::{Answer, PageRequest},
    paths,
    render::{Head, Layout, page},
};
use axum::extract::Path;
use domain::{Right, continuity::Consent, policy::ProofMethod};
use leptos::{prelude::*, server_fn::ServerFn};
use serde::{Deserialize, Serialize};
use service::admin::{
    ProviderEdit, ProviderView, SaveProblem, SettingsEdit,
    association::{Association, Mode},
    profile_mapping::ProfileMapping,
    providers::{Capability, Setting, presets},
};

/// What a form of a provider's page sends.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ProviderForm {
    pub key: String,
    pub name: Option<String>,
    pub position: Option<String>,
    pub secret: String,
    pub settings: BTreeMap<String, String>,
    pub enabled: Option<bool>,
    pub shared: Option<bool>,
    pub association: Option<AssociationForm>,
    pub confirmed: Option<String>,
}

/// Changes what was sent of a provider.
#[server(prefix = "/fn", endpoint = "admin/provider")]
pub async fn save_provider(form: ProviderForm) -> Result<(), Code> {
    let (context, web) = asked();
    let next = provider_saved(&context, &web, form, None).await;
    respond(&context, &next)
}

impl ProviderForm {
    /// What the form changes.
    pub fn edit(&self) -> ProviderEdit {
        let form = self.clone();
        ProviderEdit {
            name: form.name,
            settings: SettingsEdit::Typed(form.settings),
            secret: form.secret,
            enabled: form.enabled,
            position: form.position.map(|text| text.trim().parse().unwrap_or(0)),
            shared: form.shared,
            association: form.association.map(Association::from),
            confirmed: form.confirmed.and_then(|number| number.parse().ok()),
            key: form.key,
            ..ProviderEdit::default()
        }
    }
}

/// Saves what was sent of a provider, or asks first. `consent`: what somebody agreed to on the page that asked.
pub(crate) async fn provider_saved(
    context: &Context,
    web: &WebRequest,
    form: ProviderForm,
    consent: Option<Consent>,
) -> SeeOther {
    let edit = ProviderEdit { consent, ..form.edit() };
    let association = edit.association.clone();
    let typed = [("name", form.name.as_ref()), ("position", form.position.as_ref())]
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?.clone())))
        .chain(form.settings.clone())
        .chain(form.enabled.map(|on| ("enabled".to_owned(), on.to_string())))
        .take(60)
        .map(|(name, value)| (bounded(&name, 60), bounded(&value, longest(&name))))
        .chain(association.as_ref().and_then(kept))
        .collect();
    let page = paths::safe(&paths::admin_provider(&edit.key));
    let result = context.ligature.provider_admin().save_provider(&web.ctx, edit, false).await;
    if let Err(SaveProblem::NotAgreed(_)) = &result {
        // A secret stands in no address, not even sealed: its form takes nothing from anybody.
        let act = Act::Provider(Box::new(ProviderForm { secret: String::new(), ..form }));
        return match consent {
            None => ask(context, web, &act).await,
            Some(_) => ask_again(context, web, &act).await,
        };
    }
    let ways = Ways { good: (&page, Flash::notice("saved")), bad: &page };
    saved(context, web, result, ways, typed).await
}

pub async fn provider(Path(key): Path<String>, req: PageRequest) -> Answer {
    let found = find(&key, &req).await?;
    let shows = Shows {
        texts: req.context.ligature.configuration().has_texts(),
        changes: req.may(Right::ChangeProviders).await?,
        trusts: req.may(Right::ChangeTrust).await?,
        shares: req.may(Right::RunInstance).await?,
    };
    let admin = req.context.ligature.group_admin();
    let groups = ShownGroups {
        there: admin.provider_groups(&req.web.ctx, &key).await?,
        groups: admin.group_names(&req.web.ctx).await?,
        tells_none: presets::find(found.settings.preset())
            .is_some_and(|preset| !preset.can.contains(&Capability::Groups)),
        trusts: shows.trusts,
    };
    let (l, flash) = (req.web.lang, req.flash.clone());
    let layout = Layout::Admin(paths::ADMIN_PROVIDERS);
    Ok(page(&req.context, &req.web, Head::new(found.name.clone(), layout), move || {
        let refused = Some(flash.typed("refused")).filter(|text| !text.is_empty());
        let (preset, name) = (found.settings.preset().to_owned(), found.name.clone());
        view! {
            <p class="crumbs"><a href=paths::ADMIN_PROVIDERS>{t(l, "admin-providers")}</a></p>
            <div class="title"><h1 class="with-mark"><ProviderMark preset=preset name=name.clone()/>{name}</h1><span class=if found.enabled { "tag good" } else { "tag" }>{t(l, if found.enabled { "provider-on" } else { "provider-off" })}</span></div>
            <Message l=l flash={flash.clone()}/>
            {refused.map(|text| view! { <Notice kind="bad" text=text/> })}
            <Problems l=l flash={flash.clone()}/>
            <HealthSection l=l health={found.health.clone()}/>
            {if found.offered {
                view! { <TakenForms l=l found=found groups=groups shows=shows flash=flash/> }.into_any()
            } else {
                view! { <OwnForms l=l found=found groups=groups shows=shows flash=flash/> }.into_any()
            }}
        }
    })
    .await)
}

/// What of a provider's page is there.
#[derive(Clone, Copy)]
struct Shows {
    /// Texts can be sent.
    texts: bool,
    /// The person may change providers; others only read.
    changes: bool,
    /// The person may say whose word counts, and where it is asked.
    trusts: bool,
    /// The person may offer one to every organisation.
    shares: bool,
}

/// A provider of the organisation.
#[component]
fn OwnForms(
    l: Lang,
    found: ProviderView,
    groups: ShownGroups,
    shows: Shows,
    flash: Flash,
) -> AnyView {
    let key = found.key.clone();
    let switch = if found.enabled { "false" } else { "true" };
    view! {
        <section class="section" aria-labelledby="state">
            <h2 id="state">{t(l, "section-state")}</h2>
            <p>{t(l, if found.enabled { "provider-on-why" } else { "provider-off-why" })}</p>
            <TestResults l=l flash={flash.clone()}/>
            {shows.changes.then(|| view! {
                <div class="row-actions">
                    <form method="post" action=TestProvider::url()><input type="hidden" name="form[key]" value=key.clone()/><button>{t(l, "provider-test")}</button></form>
                    <a class="button" href=paths::admin_provider_test(&key)>{t(l, "test-sign-in")}</a>
                    <form method="post" action=SaveProvider::url()><input type="hidden" name="form[key]" value=key.clone()/><input type="hidden" name="form[enabled]" value=switch/><button class=if found.enabled { "" } else { "primary" }>{t(l, if found.enabled { "turn-off" } else { "turn-on" })}</button></form>
                </div>
            })}
            <OurAddresses l=l kind={found.settings.kind()} redirect_uri={found.redirect_uri.clone()}/>
            {found.logout_uris.clone().map(|uris| view! { <LogoutAddresses l=l uris=uris/> })}
        </section>
        <ConnectionForm l=l found={found.clone()} shows=shows flash={flash.clone()}/>
        <AssociationSection l=l key={found.key.clone()} matches={found.settings.can_match()} association={found.association.clone()} shows=shows flash={flash.clone()}/>
        <WhatItSays l=l found={found.clone()} groups=groups shows=shows flash=flash/>
        {(shows.shares && shows.changes).then(|| {
            let (count, next) = (found.adopters.to_string(), if found.shared { "false" } else { "true" });
            view! {
                <form method="post" action=SaveProvider::url() class="section">
                    <h2>{t(l, "provider-share")}</h2>
                    <p>{ta(l, "provider-share-hint", &[("count", &count)])}</p>
                    <input type="hidden" name="form[key]" value=key.clone()/><input type="hidden" name="form[shared]" value=next/>
                    <div><button>{t(l, if found.shared { "provider-share-end" } else { "provider-share-begin" })}</button></div>
                </form>
            }
        })}
        {(shows.trusts && found.links > 0).then(|| view! {
            <section class="section">
                <h2>{t(l, "provider-move")}</h2>
                <p>{t(l, "provider-move-hint")}</p>
                <div><a class="button" href=paths::admin_provider_move(&found.key)>{t(l, "provider-move")}</a></div>
            </section>
        })}
        {shows.changes.then(|| view! {
            <section class="section">
                <h2>{t(l, "provider-delete")}</h2>
                <p>{t(l, "provider-delete-lead")}</p>
                <div><a class="button danger" href=paths::admin_provider_delete(&found.key)>{t(l, "provider-delete-ask")}</a></div>
            </section>
        })}
    }
    .into_any()
}

/// What its word gives: groups, and fields of profiles.
#[component]
fn WhatItSays(
    l: Lang,
    found: ProviderView,
    groups: ShownGroups,
    shows: Shows,
    flash: Flash,
) -> AnyView {
    let scopes = found.settings.typed("scopes");
    let there = ProfileMapping::read(&found.policy);
    view! {
        <GroupsSection l=l key={found.key.clone()} shown=groups flash={flash.clone()}/>
        <ProfileSection l=l key={found.key} there=there scopes=scopes trusts=shows.trusts flash=flash/>
    }
    .into_any()
}

/// What the provider is told of us.
#[component]
fn OurAddresses(l: Lang, kind: &'static str, redirect_uri: String) -> AnyView {
    match kind {
        // A directory is told nothing.
        "ldap" => ().into_any(),
        "saml" => view! { <SamlAddresses l=l redirect_uri=redirect_uri published=true/> }.into_any(),
        _ => view! { <p class="muted">{t(l, "provider-redirect")}<br/><code class="copyable">{redirect_uri}</code></p> }.into_any(),
    }
}

/// A provider that the home organisation offers: its settings are there, its switch and association here.
#[component]
fn TakenForms(
    l: Lang,
    found: ProviderView,
    groups: ShownGroups,
    shows: Shows,
    flash: Flash,
) -> AnyView {
    let switch = if found.enabled { "false" } else { "true" };
    let problem = flash.problem("enabled").map(|m| t(l, m));
    view! {
        <p>{t(l, "provider-offered-lead")}</p>
        <OurAddresses l=l kind={found.settings.kind()} redirect_uri={found.redirect_uri.clone()}/>
        {found.logout_uris.clone().map(|uris| view! { <LogoutAddresses l=l uris=uris/> })}
        <form method="post" action=SaveProvider::url() class="section">
            <h2>{t(l, "provider-take")}</h2>
            <p>{t(l, "provider-take-hint")}</p>
            <input type="hidden" name="form[key]" value=found.key.clone()/>
            <input type="hidden" name="form[enabled]" value=switch/>
            {problem.map(|text| view! { <p class="problem" id="enabled">{text}</p> })}
            <SourceConfirmation l=l speaks_for=0 trusts=shows.trusts flash={flash.clone()}/>
            {shows.changes.then(|| view! { <div class="row-actions"><button class=if found.enabled { "" } else { "primary" }>{t(l, if found.enabled { "turn-off" } else { "turn-on" })}</button><a class="button" href=paths::admin_provider_test(&found.key)>{t(l, "test-sign-in")}</a></div> })}
        </form>
        <AssociationSection l=l key={found.key.clone()} matches={found.settings.can_match()} association={found.association.clone()} shows=shows flash={flash.clone()}/>
        <WhatItSays l=l found=found groups=groups shows=shows flash=flash/>
    }
    .into_any()
}

/// Name, order, client and settings.
#[component]
fn ConnectionForm(l: Lang, found: ProviderView, shows: Shows, flash: Flash) -> AnyView {
    let value = |name: &str, stored: String| {
        flash.typed.iter().find(|(typed, _)| typed == name).map_or(stored, |(_, v)| v.clone())
    };
    let problem = |name: &str| flash.problem(name).map(|m| t(l, m));
    let settings = found.settings.clone();
    let asks: &[&str] = presets::choices()
        .find(|preset| {
            preset.key == settings.preset()
                || settings.preset().is_empty() && preset.key == settings.kind()
        })
        .map_or(&[], |preset| preset.asks);
    // Those that every provider needs, then those that its kind asks for; the rest is one click away.
    let first = |setting: &&Setting| {
        const NEEDED: [&str; 7] = [
            "issuer",
            "client_id",
            "scopes",
            "servers",
            "idp_entity_id",
            "sso_url",
            "certificates",
        ];
        NEEDED.contains(&setting.name) || asks.contains(&setting.name)
    };
    let (plain, more): (Vec<&Setting>, Vec<&Setting>) = settings.inputs().iter().partition(first);
    let open = more.iter().any(|setting| flash.problem(setting.name).is_some());
    let field = |setting: &Setting| view! { <SettingField l=l setting={*setting} value={value(setting.name, settings.typed(setting.name))} problem={problem(setting.name)}/> };
    // What is special about the vendor (GO-51).
    let note = presets::find(settings.preset())
        .map(|preset| t(l, &format!("vendor-{}-note", preset.key.replace('_', "-"))));
    let secret = match settings.kind() {
        "ldap" => "directory-password",
        "saml" => "saml-key",
        _ => "client-secret",
    };
    let secret_hint = match found.secret_set_at {
        _ if settings.kind() == "saml" => t(l, "saml-key-hint"),
        Some(_) => t(l, "provider-secret-set"),
        None => t(l, "provider-secret-none"),
    };
    view! {
        <form method="post" action=SaveProvider::url() class="section" id="connection">
            <h2>{t(l, "section-connection")}</h2>
            {note.map(|text| view! { <p class="muted">{text}</p> })}
            <input type="hidden" name="form[key]" value=found.key.clone()/>
            <Field id="name" name="form[name]" label={t(l, "provider-name")} kind="text" hint={t(l, "provider-name-hint")} value={value("name", found.name.clone())} problem={problem("name")} autocomplete="off" max=60/>
            <Field id="position" name="form[position]" label={t(l, "provider-position")} kind="text" hint={t(l, "provider-position-hint")} value={value("position", found.position.to_string())} problem={problem("position")} autocomplete="off" max=9/>
            {plain.into_iter().map(field).collect_view()}
            {if settings.kind() == "saml" {
                view! { <Lines id="secret" name="form[secret]" label={t(l, secret)} hint=secret_hint value={String::new()} problem={problem("secret")}/> }.into_any()
            } else {
                view! { <Field id="secret" name="form[secret]" label={t(l, secret)} kind="password" hint=secret_hint problem={problem("secret")} autocomplete="off" max=5000/> }.into_any()
            }}
            {(!more.is_empty()).then(|| view! { <details open=open><summary>{t(l, "more-settings")}</summary><div class="stack">{more.into_iter().map(field).collect_view()}</div></details> })}
            <SourceConfirmation l=l speaks_for={found.speaks_for} trusts=shows.trusts flash={flash.clone()}/>
            <SaveOrRead l=l go={t(l, "save")} may=shows.changes/>
        </form>
    }
    .into_any()
}

/// How a provider meets accounts.
#[component]
fn AssociationSection(
    l: Lang,
    key: String,
    /// The provider tells something by which accounts can be found (AU-09).
    matches: bool,
    association: Association,
    shows: Shows,
    flash: Flash,
) -> AnyView {
    // As the form came back, or as it is stored.
    let shown: Association = serde_json::from_str(&flash.typed(KEPT)).unwrap_or(association);
    let modes = [Mode::Inherit, Mode::Off, Mode::FieldMatch, Mode::AskBinding]
        .into_iter()
        .filter(|m| matches || *m != Mode::FieldMatch || shown.mode == Mode::FieldMatch)
        .map(|m| {
            let key = m.name().replace('_', "-");
            let hint = t(l, &format!("association-{key}-hint"));
            (m.name(), t(l, &format!("association-{key}")), hint)
        })
        .collect();
    let tick = |name: &'static str, label: &str, hint: &str, checked: bool| {
        let (label, hint) = (t(l, label), t(l, hint));
        let problem = flash.problem(name).map(|m| t(l, m));
        view! { <Check id=name name={format!("form[association][{name}]")} value="true" label=label hint=hint checked=checked problem=problem/> }
    };
    let domains = shown.domains.join(" ");
    view! {
        <form method="post" action=SaveProvider::url() class="section" id="association">
            <h2>{t(l, "section-association")}</h2>
            <input type="hidden" name="form[key]" value=key/>
            {(!matches).then(|| view! { <p class="muted">{t(l, "match-nothing")}</p> })}
            <Radios id="association" name="form[association][mode]" legend={t(l, "association")} options=modes chosen={shown.mode.name()}/>
            <BindMethods l=l chosen={shown.bind_methods.clone()} texts=shows.texts/>
            {tick("login_only", "login-only", "login-only-hint", shown.login_only)}
            {tick("as_source", "as-source", "as-source-hint", shown.as_source)}
            {tick("as_target", "as-target", "as-target-hint", shown.as_target)}
            {tick("verified_counts", "verified-counts", "verified-counts-hint", shown.verified_counts)}
            <Field id="domains" name="form[association][domains]" label={t(l, "domains")} kind="text" hint={t(l, "domains-hint")} value=domains problem={flash.problem("domains").map(|m| t(l, m))} autocomplete="off" max=300/>
            {tick("own_directory", "own-directory", "own-directory-hint", shown.own_directory)}
            <SaveOrRead l=l go={t(l, "save")} may=shows.changes/>
        </form>
    }
    .into_any()
}

/// What a binding page can ask for.
#[component]
fn BindMethods(
    l: Lang,
    /// Empty: everything but another identity.
    chosen: Vec<ProofMethod>,
    /// Texts can be sent.
    texts: bool,
) -> AnyView {
    let has = |method: ProofMethod| match chosen.as_slice() {
        [] => method != ProofMethod::Identity,
        chosen => chosen.contains(&method),
    };
    view! {
        <fieldset class="stack"><legend>{t(l, "bind-methods")}</legend>
        {BINDS.map(|(name, method, label)| {
            let hint = match method {
                ProofMethod::PhoneCode if !texts => t(l, "danger-phone-why"),
                ProofMethod::Identity => t(l, "bind-methods-hint"),
                _ => String::new(),
            };
            view! { <Check id=label name="form[association][bind_methods][]" value=name label={t(l, label)} hint=hint checked={has(method)}/> }
        }).collect_view()}
        </fieldset>
    }
    .into_any()
}
