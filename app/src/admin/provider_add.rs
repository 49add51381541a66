//! Adding a provider: for each vendor the redirect address first, then what it gave, and nothing else.
use std::collections::BTreeMap;

use crate::{
    admin::{
        overview::Message,
        provider_gallery::{GalleryQuery, gallery},
        provider_source::SourceConfirmation,
        provider_test::tested,
        saml_addresses::SamlAddresses,
        saved::{Ways, saved},
    },
    components::{Check, Field, Lines, Problems, ProviderMark, SettingField},
    context::asked,
    form_input::{bounded, longest},
    i18n::{Lang, t, ta},
    outcome::{Code, Flash, respond},
    page_request::{Answer, PageRequest},
    paths,
    render::{Head, Layout, page},
};
use domain::{Refusal, Right};
use leptos::{prelude::*, server_fn::ServerFn};
use serde::{Deserialize, Serialize};
use service::admin::{
    ProviderEdit, SaveProblem, SettingsEdit,
    providers::{Capability, Preset, Settings, new_settings, presets},
};

/// What the form of a new provider sends.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct NewProvider {
    pub preset: String,
    pub key: String,
    pub name: String,
    pub client_id: String,
    pub secret: String,
    /// Not only after a test.
    pub enabled: bool,
    /// The number of linked identities for which somebody said that they mean it (DL-01).
    pub confirmed: String,
    /// What stands for the words in braces of the vendor's addresses.
    pub places: BTreeMap<String, String>,
    pub settings: BTreeMap<String, String>,
}

/// Creates a provider, switched off unless it is to be on at once, and tries it.
#[server(prefix = "/fn", endpoint = "admin/provider/add")]
pub async fn add_provider(form: NewProvider) -> Result<(), Code> {
    let (context, web) = asked();
    let preset = presets::choices().find(|preset| preset.key == form.preset);
    let bad = preset.map_or_else(
        || paths::ADMIN_PROVIDER_NEW.to_owned(),
        |preset| paths::admin_provider_new(preset.key),
    );
    let page = paths::safe(&paths::admin_provider(&form.key));
    let typed = typed(&form);
    let admin = context.ligature.provider_admin();
    let result = match preset
        .map(|preset| new_settings(preset, &form.client_id, &form.places, &form.settings))
    {
        None => Err(SaveProblem::Error(Refusal::NotFound.into())),
        Some(Err(problem)) => Err(SaveProblem::field(problem.field, problem.remedy)),
        Some(Ok(settings)) => {
            let edit = ProviderEdit {
                key: form.key.clone(),
                name: Some(form.name),
                settings: SettingsEdit::Whole(Box::new(settings)),
                secret: form.secret,
                enabled: Some(form.enabled),
                confirmed: form.confirmed.parse().ok(),
                ..ProviderEdit::default()
            };
            admin.save_provider(&web.ctx, edit, true).await
        }
    };
    let good = match &result {
        Ok(()) if !form.enabled => {
            let checks = admin.check_provider(&web.ctx, &form.key).await.unwrap_or_default();
            Flash { typed: tested(&checks), ..Flash::notice("provider-added") }
        }
        _ => Flash::notice("saved"),
    };
    let next = saved(&context, &web, result, Ways { good: (&page, good), bad: &bad }, typed).await;
    respond(&context, &next)
}

/// What was typed, for the form that comes back; the secret never.
fn typed(form: &NewProvider) -> Vec<(String, String)> {
    let plain = [
        ("key", form.key.as_str()),
        ("name", &form.name),
        ("client_id", &form.client_id),
        ("enabled", if form.enabled { "true" } else { "" }),
    ];
    plain
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .chain(form.places.clone())
        .chain(form.settings.clone())
        .take(60)
        .map(|(name, value)| (bounded(&name, 60), bounded(&value, longest(&name))))
        .collect()
}

pub async fn new_provider(req: PageRequest<GalleryQuery>) -> Answer {
    if !req.may(Right::ChangeProviders).await? {
        return Err(Refusal::Forbidden.into());
    }
    if req.query.preset.is_empty() {
        return Ok(gallery(&req).await);
    }
    let preset = presets::choices()
        .find(|preset| preset.key == req.query.preset)
        .ok_or(Refusal::NotFound)?;
    let key = match Some(req.flash.typed("key")).filter(|key| !key.is_empty()) {
        Some(typed) => typed,
        None => {
            req.context.ligature.provider_admin().free_key(&req.web.ctx, &key_for(preset)).await?
        }
    };
    let trusts = req.may(Right::ChangeTrust).await?;
    let redirect_uri = req.context.ligature.configuration().redirect_uri(&key);
    let (l, flash) = (req.web.lang, req.flash.clone());
    let title = ta(l, "provider-add-title", &[("name", preset.name)]);
    let layout = Layout::Admin(paths::ADMIN_PROVIDERS);
    Ok(page(&req.context, &req.web, Head::new(title.clone(), layout), move || {
        view! {
            <p class="crumbs"><a href=paths::ADMIN_PROVIDERS>{t(l, "admin-providers")}</a>" › "<a href=paths::ADMIN_PROVIDER_NEW>{t(l, "provider-new")}</a></p>
            <h1 class="with-mark"><ProviderMark preset=preset.key name=preset.name/>{title}</h1>
            <p class="muted">{t(l, "provider-add-lead")}</p>
            <Message l=l flash={flash.clone()}/>
            <Problems l=l flash={flash.clone()}/>
            <AddForm l=l preset=preset key=key redirect_uri=redirect_uri trusts=trusts flash=flash/>
        }
    })
    .await)
}

/// The key that is proposed for a vendor's first provider.
fn key_for(preset: &Preset) -> String {
    preset.key.replace('_', "-")
}

/// The three steps of adding a provider, beside what the vendor tells.
#[component]
fn AddForm(
    l: Lang,
    preset: &'static Preset,
    key: String,
    redirect_uri: String,
    /// The person may say where a provider's word comes from.
    trusts: bool,
    flash: Flash,
) -> AnyView {
    // A vendor is called by its name; without one the person's own provider is meant.
    let vendor = presets::find(preset.key).map(|_| button_name(preset));
    let called = vendor.clone().unwrap_or_else(|| t(l, "your-provider"));
    view! {
        <div class="beside">
        <form method="post" action=AddProvider::url() class="stack wide">
            <input type="hidden" name="form[preset]" value=preset.key/>
            <RegisterStep l=l preset=preset called={called.clone()} redirect_uri=redirect_uri/>
            <GivenStep l=l preset=preset called=called flash={flash.clone()}/>
            <NameStep l=l proposed={vendor.clone().unwrap_or_default()} key=key flash={flash.clone()}/>
            <SourceConfirmation l=l speaks_for=0 trusts=trusts flash=flash/>
            <div class="row-actions"><button class="primary">{t(l, "provider-save-test")}</button><a class="button quiet" href=paths::ADMIN_PROVIDER_NEW>{t(l, "back")}</a></div>
        </form>
        {vendor.map(|called| view! { <Tells l=l preset=preset called=called/> })}
        </div>
    }
    .into_any()
}

/// A directory knows nothing of us: somebody gives us an account there that may look people up.
fn is_directory(preset: &Preset) -> bool {
    preset.protocol() == "ldap"
}

/// A provider of SAML gives neither a client id nor a secret: its metadata say everything.
fn has_metadata(preset: &Preset) -> bool {
    preset.protocol() == "saml"
}

/// The settings that metadata fill in, for who has none.
const BY_HAND: [&str; 4] = ["idp_entity_id", "sso_url", "certificates", "sign_requests"];

/// First the vendor is told of this instance.
#[component]
fn RegisterStep(l: Lang, preset: &'static Preset, called: String, redirect_uri: String) -> AnyView {
    let vendor = key_for(preset);
    let (place, thing, note) = (
        t(l, &format!("vendor-{vendor}-place")),
        t(l, &format!("vendor-{vendor}-thing")),
        t(l, &format!("vendor-{vendor}-note")),
    );
    let directory = is_directory(preset);
    let saml = has_metadata(preset);
    let (title, copy) = if directory {
        ("provider-step-directory", "provider-step-directory-copy")
    } else if saml {
        ("provider-step-register", "provider-step-metadata")
    } else {
        ("provider-step-register", "provider-step-paste")
    };
    view! {
        <section class="section" aria-labelledby="step-1">
            <h2 id="step-1"><span class="number">"1"</span>{ta(l, title, &[("name", &called)])}</h2>
            {if saml {
                view! { <SamlAddresses l=l redirect_uri=redirect_uri published=false/> }.into_any()
            } else {
                (!directory).then(|| view! {
                    <p>{t(l, "provider-redirect")}</p>
                    <p><code class="copyable">{redirect_uri}</code></p>
                }).into_any()
            }}
            <ol class="steps">
                <li>{ta(l, "provider-step-open", &[("place", &place)])}</li>
                <li>{ta(l, "provider-step-create", &[("thing", &thing)])}</li>
                <li>{t(l, copy)}</li>
            </ol>
            <p class="muted">{note}</p>
        </section>
    }
    .into_any()
}

/// Then this instance is told what the vendor gave.
#[component]
fn GivenStep(l: Lang, preset: &'static Preset, called: String, flash: Flash) -> AnyView {
    let problem = |field: &str| flash.problem(field).map(|m| t(l, m));
    let place = |word| view! { <Field id=word name={format!("form[places][{word}]")} label={t(l, &format!("place-{word}"))} kind="text" hint={t(l, &format!("place-{word}-hint"))} value={flash.typed(word)} problem={problem(word)} autocomplete="off" required=true max=200/> };
    let base = preset.settings("", &BTreeMap::new());
    let asks = |name: &&'static str| view! { <AskedSetting l=l base={base.clone()} name={*name} flash={flash.clone()}/> };
    let secret_is_key = preset.key == "apple";
    let directory = is_directory(preset);
    let saml = has_metadata(preset);
    let by_hand = BY_HAND.iter().any(|name| flash.problem(name).is_some());
    let (title, secret) = if directory {
        ("provider-step-directory-given", "directory-password")
    } else {
        ("provider-step-given", "client-secret")
    };
    view! {
        <section class="section" aria-labelledby="step-2">
            <h2 id="step-2"><span class="number">"2"</span>{ta(l, title, &[("name", &called)])}</h2>
            {preset.inputs().into_iter().map(place).collect_view()}
            {preset.asks.iter().filter(|name| **name == "issuer").map(asks).collect_view()}
            {if saml {
                ().into_any()
            } else if directory {
                preset.asks.iter().filter(|name| **name == "bind_dn").map(asks).collect_view().into_any()
            } else {
                view! { <Field id="client_id" name="form[client_id]" label={t(l, "setting-client-id")} kind="text" value={flash.typed("client_id")} problem={problem("client_id")} autocomplete="off" required=true max=300/> }.into_any()
            }}
            {if saml {
                ().into_any()
            } else if secret_is_key {
                view! { <Lines id="secret" name="form[secret]" label={t(l, "provider-private-key")} hint={t(l, "provider-private-key-hint")} value={String::new()} problem={problem("secret")}/> }.into_any()
            } else {
                view! { <Field id="secret" name="form[secret]" label={t(l, secret)} kind="password" hint={t(l, "provider-secret-none")} problem={problem("secret")} autocomplete="off" max=5000/> }.into_any()
            }}
            {preset.asks.iter().filter(|name| !["issuer", "bind_dn"].contains(name)).map(asks).collect_view()}
            {saml.then(|| view! {
                <details open=by_hand><summary>{t(l, "saml-by-hand")}</summary><div class="stack">{BY_HAND.iter().map(asks).collect_view()}</div></details>
            })}
        </section>
    }
    .into_any()
}

/// Last, what the provider is called here.
#[component]
fn NameStep(
    l: Lang,
    /// Its name unless somebody says otherwise; empty: none.
    proposed: String,
    key: String,
    flash: Flash,
) -> AnyView {
    let name = Some(flash.typed("name")).filter(|name| !name.is_empty()).unwrap_or(proposed);
    let problem = |field: &str| flash.problem(field).map(|m| t(l, m));
    view! {
        <section class="section" aria-labelledby="step-3">
            <h2 id="step-3"><span class="number">"3"</span>{t(l, "provider-step-name")}</h2>
            <Field id="name" name="form[name]" label={t(l, "provider-name")} kind="text" hint={t(l, "provider-name-hint")} value=name problem={problem("name")} autocomplete="off" required=true max=60/>
            <details open=flash.problem("key").is_some()><summary>{t(l, "provider-key-more")}</summary>
                <Field id="key" name="form[key]" label={t(l, "provider-key")} kind="text" hint={t(l, "provider-key-hint")} value=key problem={problem("key")} autocomplete="off" required=true max=40/>
            </details>
            <Check id="enabled" name="form[enabled]" value="true" label={t(l, "provider-enable-now")} hint={t(l, "provider-enable-now-hint")} checked={!flash.typed("enabled").is_empty()}/>
        </section>
    }
    .into_any()
}

/// What the vendor tells of people, and what it does not.
#[component]
fn Tells(l: Lang, preset: &'static Preset, called: String) -> AnyView {
    let row = |capability| {
        let can = preset.can(capability);
        view! { <li class=if can { "yes" } else { "no" }><span class="sr">{t(l, if can { "yes" } else { "no" })}": "</span>{t(l, text_key(capability))}</li> }
    };
    view! {
        <aside class="section">
            <h2>{ta(l, "provider-tells", &[("name", &called)])}</h2>
            <ul class="can">{Capability::ALL.into_iter().map(row).collect_view()}</ul>
        </aside>
    }
    .into_any()
}

/// What the button says unless somebody says otherwise: the vendor's name without what only administrators tell apart.
fn button_name(preset: &Preset) -> String {
    preset.name.split(',').next().unwrap_or(preset.name).to_owned()
}

/// A setting that the vendor asks for, as it was typed or as the preset has it.
#[component]
fn AskedSetting(l: Lang, base: Settings, name: &'static str, flash: Flash) -> AnyView {
    let setting = base.inputs().iter().find(|setting| setting.name == name).copied();
    let typed = flash.typed.iter().find(|(typed, _)| typed == name);
    let value = typed.map_or_else(|| base.typed(name), |(_, value)| value.clone());
    let problem = flash.problem(name).map(|m| t(l, m));
    setting
        .map(|setting| view! { <SettingField l=l setting=setting value=value problem=problem/> })
        .into_any()
}

/// The key of a capability's text.
fn text_key(capability: Capability) -> &'static str {
    match capability {
        Capability::Email => "capability-email",
        Capability::VerifiedEmail => "capability-verified-email",
        Capability::Phone => "capability-phone",
        Capability::UserName => "capability-user-name",
        Capability::StableSubject => "capability-stable-subject",
        Capability::Groups => "capability-groups",
        Capability::Logout => "capability-logout",
        Capability::Reauthentication => "capability-reauthentication",
    }
}
