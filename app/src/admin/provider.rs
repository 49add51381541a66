//! A provider's page: its state and a test, its connection, how it meets accounts, and its end. Each form sends its own part,
//! and what a form does not send stays as it is.
use std::collections::BTreeMap;

use crate::{
    admin::{
        overview::message,
        saved::{Ways, saved},
    },
    components::{Check, Field, Notice, Problems, ProviderMark, Radios, SettingField},
    context::asked,
    form_input::bounded,
    i18n::{Lang, t, ta},
    outcome::{Code, Flash, redirect_with_flash, respond, turned_away},
    page_request::{Answer, PageRequest},
    paths,
    render::{Head, Layout, page},
};
use axum::extract::Path;
use domain::{Refusal, Right, policy::ProofMethod};
use leptos::{prelude::*, server_fn::ServerFn};
use serde::{Deserialize, Serialize};
use service::admin::{
    ProviderEdit, ProviderView, SettingsEdit,
    association::{Association, Mode},
    providers::{self as known, Found, NotDeleted, Setting, presets},
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

/// The switches of an association. A box that is not ticked sends nothing: here that says no.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct AssociationForm {
    pub mode: String,
    pub login_only: bool,
    pub as_source: bool,
    pub as_target: bool,
    pub verified_counts: bool,
    pub domains: String,
    pub own_directory: bool,
    pub bind_methods: Vec<String>,
}

/// A provider by its key.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ProviderKey {
    pub key: String,
}

/// Changes what was sent of a provider.
#[server(prefix = "/fn", endpoint = "admin/provider")]
pub async fn save_provider(form: ProviderForm) -> Result<(), Code> {
    let (context, web) = asked();
    let association = form.association.map(Association::from);
    let typed = [("name", form.name.as_ref()), ("position", form.position.as_ref())]
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?.clone())))
        .chain(form.settings.clone())
        .chain(form.enabled.map(|on| ("enabled".to_owned(), on.to_string())))
        .take(60)
        .map(|(name, value)| (bounded(&name, 60), bounded(&value, 2000)))
        .chain(association.as_ref().and_then(kept))
        .collect();
    let edit = ProviderEdit {
        name: form.name,
        settings: SettingsEdit::Typed(form.settings),
        secret: form.secret,
        enabled: form.enabled,
        position: form.position.map(|text| text.trim().parse().unwrap_or(0)),
        shared: form.shared,
        association,
        confirmed: form.confirmed.and_then(|number| number.parse().ok()),
        key: form.key,
    };
    let page = paths::safe(&paths::admin_provider(&edit.key));
    let result = context.ligature.provider_admin().save_provider(&web.ctx, edit, false).await;
    let ways = Ways { good: (&page, Flash::notice("saved")), bad: &page };
    let next = saved(&context, &web, result, ways, typed).await;
    respond(&context, &next);
    Ok(())
}

/// Tries a provider without anybody who signs in.
#[server(prefix = "/fn", endpoint = "admin/provider/test")]
pub async fn test_provider(form: ProviderKey) -> Result<(), Code> {
    let (context, web) = asked();
    let page = paths::safe(&paths::admin_provider(&form.key));
    let next = match context.ligature.provider_admin().check_provider(&web.ctx, &form.key).await {
        Ok(checks) => {
            let flash = Flash { typed: tested(&checks), ..Flash::default() };
            redirect_with_flash(&context, &web, &page, flash).await
        }
        Err(error) => turned_away(&error, &page),
    };
    respond(&context, &next);
    Ok(())
}

/// Deletes a provider by which nothing is linked.
#[server(prefix = "/fn", endpoint = "admin/provider/delete")]
pub async fn delete_provider(form: ProviderKey) -> Result<(), Code> {
    let (context, web) = asked();
    let page = paths::safe(&paths::admin_provider(&form.key));
    let next = match context.ligature.provider_admin().delete_provider(&web.ctx, &form.key).await {
        Ok(Ok(())) => {
            let flash = Flash::notice("provider-deleted");
            redirect_with_flash(&context, &web, paths::ADMIN_PROVIDERS, flash).await
        }
        Ok(Err(why)) => {
            let (key, count) = match why {
                NotDeleted::Linked(count) => ("provider-delete-linked", count),
                NotDeleted::Adopted(count) => ("provider-delete-adopted", count),
            };
            let text = ta(web.lang, key, &[("count", &count.to_string())]);
            let typed = vec![("refused".to_owned(), text)];
            redirect_with_flash(&context, &web, &page, Flash { typed, ..Flash::default() }).await
        }
        Err(error) => turned_away(&error, &page),
    };
    respond(&context, &next);
    Ok(())
}

impl From<AssociationForm> for Association {
    fn from(form: AssociationForm) -> Self {
        Self {
            mode: Mode::parse(&form.mode),
            login_only: form.login_only,
            bind_methods: BINDS
                .into_iter()
                .filter(|(name, ..)| form.bind_methods.iter().any(|one| one == name))
                .map(|(_, method, _)| method)
                .collect(),
            as_source: form.as_source,
            as_target: form.as_target,
            verified_counts: form.verified_counts,
            domains: form
                .domains
                .split([' ', ',', '\n', '\r'])
                .filter(|word| !word.is_empty())
                .map(|word| bounded(word, 120))
                .take(40)
                .collect(),
            own_directory: form.own_directory,
        }
    }
}

/// What a binding page can ask for: what the form sends, and the label.
const BINDS: [(&str, ProofMethod, &str); 5] = [
    ("password", ProofMethod::Password, "bind-method-password"),
    ("email_code", ProofMethod::EmailCode, "bind-method-email-code"),
    ("phone_code", ProofMethod::PhoneCode, "bind-method-phone-code"),
    ("passkey", ProofMethod::Passkey, "bind-method-passkey"),
    ("identity", ProofMethod::Identity, "bind-method-identity"),
];

/// Where a flash holds a form's association.
const KEPT: &str = "association";

/// The association as the form had it, for a page that comes back with a problem: boxes that are not ticked send nothing.
fn kept(association: &Association) -> Option<(String, String)> {
    Some((KEPT.to_owned(), serde_json::to_string(association).ok()?))
}

/// What a test found, for the page that shows it.
pub(crate) fn tested(checks: &[known::Check]) -> Vec<(String, String)> {
    checks
        .iter()
        .map(|check| {
            let (state, what) = match &check.found {
                Found::Works(what) => ("works", what.clone()),
                Found::Unclear(what) => ("unclear", what.clone()),
                Found::Broken(error) => ("broken", error.trouble().what.clone()),
            };
            (format!("{TESTED}{state}"), format!("{}: {what}", check.part.name()))
        })
        .collect()
}

/// What the names of a test's results in a flash begin with.
const TESTED: &str = "tested-";

pub async fn provider(Path(key): Path<String>, req: PageRequest) -> Answer {
    let found = find(&key, &req).await?;
    let shows = Shows {
        texts: req.context.ligature.configuration().has_texts(),
        changes: req.may(Right::ChangeProviders).await?,
        trusts: req.may(Right::ChangeTrust).await?,
        shares: req.may(Right::RunInstance).await?,
    };
    let (l, flash) = (req.web.lang, req.flash.clone());
    let layout = Layout::Admin(paths::ADMIN_PROVIDERS);
    Ok(page(&req.context, &req.web, Head::new(found.name.clone(), layout), move || {
        let refused = Some(flash.typed("refused")).filter(|text| !text.is_empty());
        let (preset, name) = (found.settings.preset().to_owned(), found.name.clone());
        view! {
            <p class="crumbs"><a href=paths::ADMIN_PROVIDERS>{t(l, "admin-providers")}</a></p>
            <div class="title"><h1 class="with-mark"><ProviderMark preset=preset name=name.clone()/>{name}</h1><span class=if found.enabled { "tag good" } else { "tag" }>{t(l, if found.enabled { "provider-on" } else { "provider-off" })}</span></div>
            {message(l, &flash)}
            {refused.map(|text| view! { <Notice kind="bad" text=text/> })}
            <Problems l=l flash={flash.clone()}/>
            {if found.offered {
                view! { <TakenForms l=l found=found shows=shows flash=flash/> }.into_any()
            } else {
                view! { <OwnForms l=l found=found shows=shows flash=flash/> }.into_any()
            }}
        }
    })
    .await)
}

pub async fn deletion(Path(key): Path<String>, req: PageRequest) -> Answer {
    let found = find(&key, &req).await?;
    if !req.may(Right::ChangeProviders).await? || found.offered {
        return Err(Refusal::Forbidden.into());
    }
    let l = req.web.lang;
    let title = ta(l, "provider-delete-title", &[("name", &found.name)]);
    let layout = Layout::Admin(paths::ADMIN_PROVIDERS);
    Ok(page(&req.context, &req.web, Head::new(title.clone(), layout), move || {
        let count = found.speaks_for.to_string();
        let back = paths::admin_provider(&found.key);
        view! {
            <h1>{title}</h1>
            {if found.speaks_for > 0 {
                view! {
                    <p>{ta(l, "provider-delete-linked", &[("count", &count)])}</p>
                    <div class="row-actions"><a class="button" href=back>{t(l, "back")}</a></div>
                }.into_any()
            } else {
                view! {
                    <p>{t(l, "provider-delete-lead")}</p>
                    <form method="post" action=DeleteProvider::url() class="row-actions">
                        <input type="hidden" name="form[key]" value=found.key/>
                        <button class="danger">{t(l, "provider-delete")}</button>
                        <a class="button quiet" href=back>{t(l, "back")}</a>
                    </form>
                }.into_any()
            }}
        }
    })
    .await)
}

async fn find(key: &str, req: &PageRequest) -> Result<ProviderView, service::Error> {
    let list = req.context.ligature.account_admin().admin_providers(&req.web.ctx).await?;
    list.into_iter().find(|p| p.key == key).ok_or_else(|| Refusal::NotFound.into())
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
fn OwnForms(l: Lang, found: ProviderView, shows: Shows, flash: Flash) -> AnyView {
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
                    <form method="post" action=SaveProvider::url()><input type="hidden" name="form[key]" value=key.clone()/><input type="hidden" name="form[enabled]" value=switch/><button class=if found.enabled { "" } else { "primary" }>{t(l, if found.enabled { "turn-off" } else { "turn-on" })}</button></form>
                </div>
            })}
            {(found.settings.kind() != "ldap").then(|| view! { <p class="muted">{t(l, "provider-redirect")}<br/><code class="copyable">{found.redirect_uri.clone()}</code></p> })}
        </section>
        <ConnectionForm l=l found={found.clone()} shows=shows flash={flash.clone()}/>
        <AssociationSection l=l key={found.key.clone()} matches={found.settings.can_match()} association={found.association.clone()} shows=shows flash={flash.clone()}/>
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

/// What the last test found, part by part.
#[component]
fn TestResults(l: Lang, flash: Flash) -> AnyView {
    let found: Vec<_> = flash
        .typed
        .iter()
        .filter_map(|(name, what)| {
            let class = match name.strip_prefix(TESTED)? {
                "works" => ("good", "tested-works"),
                "unclear" => ("warn", "tested-unclear"),
                _ => ("bad", "tested-broken"),
            };
            Some((class, what.clone()))
        })
        .collect();
    view! { <div role="status"><ul class="tested">{found.into_iter().map(|((class, word), what)| view! { <li><span class=format!("tag {class}")>{t(l, word)}</span>" "<span lang="en">{what}</span></li> }).collect_view()}</ul></div> }.into_any()
}

/// A provider that the home organisation offers: its settings are there, its switch and association here.
#[component]
fn TakenForms(l: Lang, found: ProviderView, shows: Shows, flash: Flash) -> AnyView {
    let switch = if found.enabled { "false" } else { "true" };
    let problem = flash.problem("enabled").map(|m| t(l, m));
    view! {
        <p>{t(l, "provider-offered-lead")}</p>
        {(found.settings.kind() != "ldap").then(|| view! { <p class="muted">{t(l, "provider-redirect")}<br/><code class="copyable">{found.redirect_uri.clone()}</code></p> })}
        <form method="post" action=SaveProvider::url() class="section">
            <h2>{t(l, "provider-take")}</h2>
            <p>{t(l, "provider-take-hint")}</p>
            <input type="hidden" name="form[key]" value=found.key.clone()/>
            <input type="hidden" name="form[enabled]" value=switch/>
            {problem.map(|text| view! { <p class="problem" id="enabled">{text}</p> })}
            <SourceConfirmation l=l speaks_for=0 trusts=shows.trusts flash={flash.clone()}/>
            {shows.changes.then(|| view! { <div><button class=if found.enabled { "" } else { "primary" }>{t(l, if found.enabled { "turn-off" } else { "turn-on" })}</button></div> })}
        </form>
        <AssociationSection l=l key={found.key} matches={found.settings.can_match()} association={found.association} shows=shows flash=flash/>
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
        ["issuer", "client_id", "scopes", "servers"].contains(&setting.name)
            || asks.contains(&setting.name)
    };
    let (plain, more): (Vec<&Setting>, Vec<&Setting>) = settings.inputs().iter().partition(first);
    let open = more.iter().any(|setting| flash.problem(setting.name).is_some());
    let field = |setting: &Setting| view! { <SettingField l=l setting={*setting} value={value(setting.name, settings.typed(setting.name))} problem={problem(setting.name)}/> };
    // What is special about the vendor (GO-51).
    let note = presets::find(settings.preset())
        .map(|preset| t(l, &format!("vendor-{}-note", preset.key.replace('_', "-"))));
    let secret = if settings.kind() == "ldap" { "directory-password" } else { "client-secret" };
    let secret_hint = match found.secret_set_at {
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
            <Field id="secret" name="form[secret]" label={t(l, secret)} kind="password" hint=secret_hint problem={problem("secret")} autocomplete="off" max=5000/>
            {(!more.is_empty()).then(|| view! { <details open=open><summary>{t(l, "more-settings")}</summary><div class="stack">{more.into_iter().map(field).collect_view()}</div></details> })}
            <SourceConfirmation l=l speaks_for={found.speaks_for} trusts=shows.trusts flash={flash.clone()}/>
            <SaveActions l=l changes=shows.changes/>
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
    let has = |method: ProofMethod| {
        shown.bind_methods.is_empty() && method != ProofMethod::Identity
            || shown.bind_methods.contains(&method)
    };
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
            <fieldset class="stack"><legend>{t(l, "bind-methods")}</legend>
            {BINDS.map(|(name, method, label)| {
                let hint = match method {
                    ProofMethod::PhoneCode if !shows.texts => t(l, "danger-phone-why"),
                    ProofMethod::Identity => t(l, "bind-methods-hint"),
                    _ => String::new(),
                };
                view! { <Check id=label name="form[association][bind_methods][]" value=name label={t(l, label)} hint=hint checked={has(method)}/> }
            }).collect_view()}
            </fieldset>
            {tick("login_only", "login-only", "login-only-hint", shown.login_only)}
            {tick("as_source", "as-source", "as-source-hint", shown.as_source)}
            {tick("as_target", "as-target", "as-target-hint", shown.as_target)}
            {tick("verified_counts", "verified-counts", "verified-counts-hint", shown.verified_counts)}
            <Field id="domains" name="form[association][domains]" label={t(l, "domains")} kind="text" hint={t(l, "domains-hint")} value=domains problem={flash.problem("domains").map(|m| t(l, m))} autocomplete="off" max=300/>
            {tick("own_directory", "own-directory", "own-directory-hint", shown.own_directory)}
            <SaveActions l=l changes=shows.changes/>
        </form>
    }
    .into_any()
}

/// What depends on where a provider is asked: for owners with a box to tick, which states the number (DL-01).
#[component]
pub(crate) fn SourceConfirmation(l: Lang, speaks_for: i64, trusts: bool, flash: Flash) -> AnyView {
    let links = flash.typed("links").parse().unwrap_or(speaks_for);
    if links == 0 {
        return ().into_any();
    }
    let count = links.to_string();
    let text = |key: &str| ta(l, key, &[("count", &count)]);
    if !trusts {
        return view! { <p class="muted">{text("provider-source-owner")}</p> }.into_any();
    }
    let problem = flash.problem("confirmed").map(|m| t(l, m));
    view! {
        <fieldset class="section danger"><legend>{t(l, "provider-source")}</legend>
            <div class="check">
                <input type="checkbox" id="confirmed" name="form[confirmed]" value=count.clone() aria-invalid=problem.is_some().then_some("true") aria-describedby="confirmed-hint confirmed-problem"/>
                <div>
                    <label for="confirmed">{text("provider-source-confirm")}</label>
                    <p class="hint" id="confirmed-hint">{t(l, "provider-source-hint")}</p>
                    <p class="problem" id="confirmed-problem">{problem}</p>
                </div>
            </div>
        </fieldset>
    }
    .into_any()
}

/// Saving, where the person may.
#[component]
fn SaveActions(l: Lang, changes: bool) -> AnyView {
    match changes {
        true => {
            view! { <div class="row-actions"><button class="primary">{t(l, "save")}</button></div> }
                .into_any()
        }
        false => view! { <p class="muted">{t(l, "read-only")}</p> }.into_any(),
    }
}
