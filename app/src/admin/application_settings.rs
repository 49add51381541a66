//! Everything that can be said about an application but its logo: the form, and saving it.
use crate::{
    components::{Check, Field, Lines, Radios},
    context::{Context, WebRequest, asked},
    form_input::bounded,
    i18n::{Lang, t},
    outcome::{Code, Flash, SeeOther, redirect_with_flash, refuse, respond, turned_back},
    paths,
};
use domain::{Refusal, Right};
use leptos::{prelude::*, server_fn::ServerFn};
use serde::Deserialize;
use service::{
    Error,
    oidc_provider::{
        Algorithm, ApplicationForm, ApplicationKind, ApplicationSettings, ApplicationView, Brand,
        Grant,
    },
};
use std::collections::{BTreeMap, BTreeSet};

/// The key of the name of a kind of application.
pub(crate) fn kind_key(kind: ApplicationKind) -> String {
    format!("application-kind-{}", kind.name().replace('_', "-"))
}

/// What the form shows: what was typed, after one that could not be saved; otherwise what there is.
#[derive(Clone, Copy)]
struct Filled {
    l: Lang,
    flash: StoredValue<Flash>,
}

impl Filled {
    fn sent(self) -> bool {
        !self.typed("sent").is_empty()
    }

    fn typed(self, name: &str) -> String {
        self.flash.with_value(|flash| flash.typed(name))
    }

    fn text(self, name: &str, there: String) -> String {
        if self.sent() { self.typed(name) } else { there }
    }

    fn problem(self, name: &str) -> Option<String> {
        self.flash.with_value(|flash| flash.problem(name).map(|key| t(self.l, key)))
    }
}

/// A line of the form; its texts go by its name.
#[component]
fn Text(
    form: Filled,
    name: &'static str,
    there: String,
    /// It has a hint.
    #[prop(optional)]
    hint: bool,
    max: u32,
) -> AnyView {
    let key = format!("app-{}", name.replace('_', "-"));
    let hint = if hint { t(form.l, &format!("{key}-hint")) } else { String::new() };
    view! { <Field name={format!("fields[{name}]")} id=name label={t(form.l, &key)} kind="text" value={form.text(name, there)} hint=hint problem={form.problem(name)} autocomplete="off" max=max/> }
        .into_any()
}

/// A box of the form; its texts go by its name.
#[component]
fn Tick(
    form: Filled,
    name: &'static str,
    there: bool,
    /// It has a hint.
    #[prop(optional)]
    hint: bool,
) -> AnyView {
    let key = format!("app-{}", name.replace('_', "-"));
    let hint = if hint { t(form.l, &format!("{key}-hint")) } else { String::new() };
    let checked = if form.sent() { !form.typed(name).is_empty() } else { there };
    view! { <Check id=name name={format!("fields[{name}]")} label={t(form.l, &key)} hint=hint checked=checked/> }
        .into_any()
}

/// Everything that can be said about an application but its logo.
#[component]
pub fn SettingsForm(
    l: Lang,
    create: bool,
    /// The person may change it.
    changes: bool,
    shown: ApplicationView,
    flash: Flash,
) -> AnyView {
    let form = Filled { l, flash: StoredValue::new(flash) };
    let ApplicationView { client_id, name, redirect_uris, active, settings, .. } = shown;
    let kinds = ApplicationKind::ALL
        .into_iter()
        .map(|k| (k.name(), t(l, &kind_key(k)), t(l, &format!("{}-hint", kind_key(k)))))
        .collect();
    let kind = form.text("application_kind", settings.kind.name().to_owned());
    view! {
        <form method="post" action=SaveApplication::url() class="stack wide">
            {create.then(|| view! { <input type="hidden" name="create" value="on"/> })}
            <Text form=form name="name" there=name max=80/>
            {if create {
                view! { <Text form=form name="client_id" there=client_id hint=true max=60/> }.into_any()
            } else {
                view! { <input type="hidden" name="fields[client_id]" value=client_id.clone()/> <p class="muted">{t(l, "app-client-id")}" "<code>{client_id}</code></p> }.into_any()
            }}
            <Radios name="fields[application_kind]" legend={t(l, "application-kind")} options=kinds chosen=kind/>
            <Text form=form name="redirect_uris" there={redirect_uris.join(" ")} hint=true max=2000/>
            <Tick form=form name="first_party" there={settings.first_party} hint=true/>
            {settings.unchecked_name.then(|| view! { <Tick form=form name="unchecked_name" there=true hint=true/> })}
            <Tick form=form name="active" there=active/>
            <PeopleFields l=l form=form settings={settings.clone()}/>
            <LogoutFields l=l form=form settings={settings.clone()}/>
            <TokenFields l=l form=form settings=settings/>
            <div class="row-actions">{changes.then(|| view! { <button class="primary">{t(l, "save")}</button> })}<a class="button quiet" href=paths::ADMIN_APPLICATIONS>{t(l, "back")}</a></div>
            {(!changes).then(|| view! { <p class="muted">{t(l, "read-only")}</p> })}
        </form>
    }
    .into_any()
}

/// Words of a set, as a field shows them.
fn joined(words: &BTreeSet<String>) -> String {
    words.iter().cloned().collect::<Vec<_>>().join(" ")
}

/// What people see of it, and what it is told about them.
#[component]
fn PeopleFields(l: Lang, form: Filled, settings: ApplicationSettings) -> AnyView {
    let colour = match settings.brand.colour.as_str() {
        "" => String::new(),
        colour => format!("#{colour}"),
    };
    let claims: Vec<String> =
        settings.claims.iter().map(|(name, expression)| format!("{name} = {expression}")).collect();
    view! {
        <details class="section" open=form.sent()><summary>{t(l, "section-people")}</summary>
            <Text form=form name="groups" there={joined(&settings.groups)} hint=true max=2000/>
            <Text form=form name="providers" there={joined(&settings.providers)} hint=true max=2000/>
            <Text form=form name="sender" there={settings.sender} hint=true max=254/>
            <Text form=form name="colour" there=colour hint=true max=7/>
            <Lines id="claims" name="fields[claims]" label={t(l, "app-claims")} hint={t(l, "app-claims-hint")} value={form.text("claims", claims.join("\n"))} problem={form.problem("claims")}/>
        </details>
    }
    .into_any()
}

/// Where it is told that somebody signed out.
#[component]
fn LogoutFields(l: Lang, form: Filled, settings: ApplicationSettings) -> AnyView {
    let s = settings;
    view! {
        <details class="section" open=form.sent()><summary>{t(l, "section-logout")}</summary>
            <Text form=form name="post_logout_redirect_uris" there={s.post_logout_redirect_uris.join(" ")} hint=true max=2000/>
            <Text form=form name="backchannel_logout_uri" there={s.backchannel_logout_uri} hint=true max=500/>
            <Text form=form name="frontchannel_logout_uri" there={s.frontchannel_logout_uri} hint=true max=500/>
        </details>
    }
    .into_any()
}

/// How it gets tokens, and what they are like.
#[component]
fn TokenFields(l: Lang, form: Filled, settings: ApplicationSettings) -> AnyView {
    let s = settings;
    let has = |grant| s.grants.contains(&grant);
    let algorithms = Algorithm::ALL
        .into_iter()
        .map(|a| (a.name(), a.name().to_owned(), String::new()))
        .collect();
    let algorithm = form.text("algorithm", s.algorithm.name().to_owned());
    view! {
        <details class="section" open=form.sent()><summary>{t(l, "section-tokens")}</summary>
            {form.problem("grants").map(|text| view! { <p class="problem">{text}</p> })}
            <Tick form=form name="grant_code" there={has(Grant::AuthorizationCode)}/>
            <Tick form=form name="grant_refresh" there={has(Grant::RefreshToken)} hint=true/>
            <Tick form=form name="grant_client" there={has(Grant::ClientCredentials)} hint=true/>
            <Tick form=form name="grant_device" there={has(Grant::DeviceCode)} hint=true/>
            <Text form=form name="own_scopes" there={joined(&s.own_scopes)} hint=true max=1000/>
            <Text form=form name="token_seconds" there={s.token_seconds.to_string()} max=10/>
            <Text form=form name="refresh_seconds" there={s.refresh_seconds.to_string()} max=10/>
            <Radios name="fields[algorithm]" legend={t(l, "app-algorithm")} options=algorithms chosen=algorithm/>
            <Tick form=form name="pkce_optional" there={s.pkce_optional} hint=true/>
            <Tick form=form name="plain_oauth" there={s.plain_oauth} hint=true/>
            <Tick form=form name="any_scheme" there={s.any_scheme} hint=true/>
            <Tick form=form name="dpop" there={s.dpop} hint=true/>
            <Tick form=form name="pairwise" there={s.pairwise} hint=true/>
            <Tick form=form name="identities" there={s.identities} hint=true/>
            <Tick form=form name="unproved_contacts" there={s.unproved_contacts} hint=true/>
            <Tick form=form name="resource_server" there={s.resource_server} hint=true/>
        </details>
    }
    .into_any()
}

/// Words separated by white space, a bounded number of them.
fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).take(30).collect()
}

/// Lines of `name = expression`; a line without a name or an expression stays as what it is, and is told.
fn claims(text: &str) -> BTreeMap<String, String> {
    let lines = text.lines().map(str::trim).filter(|l| !l.is_empty()).take(30);
    lines
        .map(|line| {
            line.split_once('=').map_or((line.to_owned(), String::new()), |(name, expression)| {
                (name.trim().to_owned(), expression.trim().to_owned())
            })
        })
        .collect()
}

/// A form of strings as settings; what is no number stays out of range, and is told.
fn read(fields: &BTreeMap<String, String>) -> ApplicationForm {
    let text = |name: &str| fields.get(name).map(|v| v.trim()).unwrap_or_default();
    let on = |name: &str| !text(name).is_empty();
    let number = |name: &str| text(name).parse().unwrap_or(-1);
    let named = |name: &str| serde_json::Value::String(text(name).to_owned());
    let grants = [
        ("grant_code", Grant::AuthorizationCode),
        ("grant_refresh", Grant::RefreshToken),
        ("grant_client", Grant::ClientCredentials),
        ("grant_device", Grant::DeviceCode),
    ];
    let settings = ApplicationSettings {
        kind: ApplicationKind::deserialize(named("application_kind"))
            .unwrap_or(ApplicationKind::Web),
        grants: grants.into_iter().filter(|(name, _)| on(name)).map(|(_, grant)| grant).collect(),
        first_party: on("first_party"),
        pkce_optional: on("pkce_optional"),
        plain_oauth: on("plain_oauth"),
        any_scheme: on("any_scheme"),
        post_logout_redirect_uris: words(text("post_logout_redirect_uris")),
        backchannel_logout_uri: text("backchannel_logout_uri").to_owned(),
        frontchannel_logout_uri: text("frontchannel_logout_uri").to_owned(),
        algorithm: Algorithm::deserialize(named("algorithm")).unwrap_or(Algorithm::Rs256),
        pairwise: on("pairwise"),
        token_seconds: number("token_seconds"),
        refresh_seconds: number("refresh_seconds"),
        own_scopes: words(text("own_scopes")).into_iter().collect(),
        resource_server: on("resource_server"),
        dpop: on("dpop"),
        identities: on("identities"),
        unproved_contacts: on("unproved_contacts"),
        unchecked_name: on("unchecked_name"),
        providers: words(text("providers")).into_iter().collect(),
        groups: words(text("groups")).into_iter().collect(),
        sender: text("sender").to_owned(),
        claims: claims(text("claims")),
        brand: Brand { colour: text("colour").to_owned(), logo: String::new() },
    };
    ApplicationForm {
        client_id: text("client_id").to_owned(),
        name: text("name").to_owned(),
        redirect_uris: words(text("redirect_uris")),
        settings,
        active: on("active"),
    }
}

#[server(prefix = "/fn", endpoint = "admin/application")]
pub async fn save_application(
    #[server(default)] create: String,
    #[server(default)] fields: BTreeMap<String, String>,
) -> Result<(), Code> {
    let (context, web) = asked();
    let next = save(&context, &web, !create.is_empty(), &fields).await;
    respond(&context, &next.unwrap_or_else(|error| refuse(&error)))
}

/// Saves what the form sent; what is wrong with it goes back to the form, with what was typed.
async fn save(
    context: &Context,
    web: &WebRequest,
    create: bool,
    fields: &BTreeMap<String, String>,
) -> Result<SeeOther, Error> {
    context.ligature.admin_rights().allowed(&web.ctx, Right::ChangeApplications).await?;
    let applications = context.ligature.applications();
    let form = read(fields);
    let page = paths::admin_application(&form.client_id);
    let bad = if create { paths::ADMIN_APPLICATION_NEW } else { &page };
    let typed = fields
        .iter()
        .take(40)
        .map(|(name, value)| (bounded(name, 40), bounded(value, 2000)))
        .chain([("sent".into(), "on".into())])
        .collect();
    let problems: Vec<(String, String)> = applications
        .application_problems(&form)
        .await?
        .into_iter()
        .map(|field| (field.to_owned(), format!("field-app-{}", field.replace('_', "-"))))
        .collect();
    if !problems.is_empty() {
        let flash = Flash { problems, typed, ..Flash::default() };
        return Ok(redirect_with_flash(context, web, bad, flash).await);
    }
    Ok(match applications.save_application(&web.ctx, form, create).await {
        // Shown once; the database keeps a hash.
        Ok(Some(secret)) => {
            let notice = "application-registered".into();
            let flash = Flash { notice, ..Flash::shown("secret", secret) };
            redirect_with_flash(context, web, &page, flash).await
        }
        Ok(None) => redirect_with_flash(context, web, &page, Flash::notice("saved")).await,
        Err(error) if error.refusal() == Refusal::BadRequest => {
            let flash = Flash { typed, ..Flash::wrong("client_id", "field-client-id-taken") };
            redirect_with_flash(context, web, bad, flash).await
        }
        Err(error) => {
            turned_back(context, web, &error, bad, Flash { typed, ..Flash::default() }).await
        }
    })
}
