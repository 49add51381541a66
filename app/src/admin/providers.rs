//! Identity providers: the list, and each one's form.
#![expect(clippy::too_many_arguments, reason = "a form has as many fields as it has")]
use crate::{
    admin::overview::{head, message},
    components::{Check, Field, Mark, Problems, Radios},
    context::{Context, WebRequest, asked},
    form_input::bounded,
    i18n::{Lang, t, ta},
    outcome::{Code, Flash, SeeOther, redirect_with_flash, respond, turned_back},
    page_request::{Answer, PageRequest},
    paths,
    render::{Head, Layout, page},
};
use axum::extract::Path;
use domain::{Refusal, Right, policy::ProofMethod};
use leptos::{prelude::*, server_fn::ServerFn};
use serde_json::json;
use service::{
    Error,
    admin::{
        ProviderForm, ProviderView, SaveProblem,
        association::{Association, Mode},
    },
};

pub(crate) async fn saved(
    context: &Context,
    web: &WebRequest,
    result: Result<(), SaveProblem>,
    good: (&str, &str),
    bad: &str,
    typed: Vec<(String, String)>,
) -> SeeOther {
    match result {
        Ok(()) => redirect_with_flash(context, web, good.0, Flash::notice(good.1)).await,
        Err(SaveProblem::Field(field, message)) => {
            redirect_with_flash(
                context,
                web,
                bad,
                Flash { problems: vec![(field.into(), message.into())], typed, ..Flash::default() },
            )
            .await
        }
        // The page shows the number, and a box to tick.
        Err(SaveProblem::Unconfirmed(links)) => {
            let typed =
                typed.into_iter().chain([("links".to_owned(), links.to_string())]).collect();
            redirect_with_flash(
                context,
                web,
                bad,
                Flash {
                    problems: vec![("confirmed".into(), "field-confirm-source".into())],
                    typed,
                    ..Flash::default()
                },
            )
            .await
        }
        Err(SaveProblem::Policy(problem)) => {
            redirect_with_flash(
                context,
                web,
                bad,
                Flash {
                    notice: "policy-problem".into(),
                    typed: vec![(
                        "policy".into(),
                        format!(
                            "{}: {} — {}",
                            problem.path,
                            problem.value,
                            crate::i18n::t(web.lang, &format!("problem-{}", problem.remedy))
                        ),
                    )],
                    ..Flash::default()
                },
            )
            .await
        }
        Err(SaveProblem::Error(fault)) => {
            turned_back(context, web, &fault, bad, Flash { typed, ..Flash::default() }).await
        }
    }
}

/// A provider's form, one field each.
#[server(prefix = "/fn", endpoint = "admin/provider")]
pub async fn save_provider(
    create: String,
    key: String,
    name: String,
    kind: String,
    #[server(default)] issuer: String,
    client_id: String,
    #[server(default)] secret: String,
    #[server(default)] auth: String,
    #[server(default)] scopes: String,
    #[server(default)] authorization_url: String,
    #[server(default)] token_url: String,
    #[server(default)] userinfo_url: String,
    #[server(default)] subject_path: String,
    #[server(default)] email_path: String,
    #[server(default)] email_verified_path: String,
    #[server(default)] name_path: String,
    #[server(default)] web_url: String,
    #[server(default)] api_url: String,
    #[server(default)] enabled: String,
    #[server(default)] position: String,
    #[server(default)] shared: String,
    #[server(default)] association: String,
    #[server(default)] login_only: String,
    #[server(default)] as_source: String,
    #[server(default)] as_target: String,
    #[server(default)] verified_counts: String,
    #[server(default)] domains: String,
    #[server(default)] own_directory: String,
    #[server(default)] bind_password: String,
    #[server(default)] bind_email_code: String,
    #[server(default)] bind_phone_code: String,
    #[server(default)] bind_passkey: String,
    #[server(default)] bind_identity: String,
    #[server(default)] confirmed: String,
) -> Result<(), Code> {
    let (context, web) = asked();
    let auth = if auth == "post" { "post" } else { "basic" };
    let scopes = words(&scopes);
    let settings = match kind.as_str() {
        "oauth2" => {
            json!({"kind": "oauth2", "client_id": client_id, "authorization_url": authorization_url, "token_url": token_url, "userinfo_url": userinfo_url, "auth": auth, "scopes": scopes, "subject_path": subject_path, "email_path": email_path, "email_verified_path": email_verified_path, "name_path": name_path})
        }
        "github" if web_url.is_empty() || api_url.is_empty() => {
            json!({"kind": "github", "client_id": client_id})
        }
        "github" => {
            json!({"kind": "github", "client_id": client_id, "web_url": web_url, "api_url": api_url})
        }
        _ if scopes.is_empty() => {
            json!({"kind": "oidc", "issuer": issuer, "client_id": client_id, "auth": auth})
        }
        _ => {
            json!({"kind": "oidc", "issuer": issuer, "client_id": client_id, "auth": auth, "scopes": scopes})
        }
    };
    let create = create == "yes";
    let page = if create {
        paths::ADMIN_PROVIDER_NEW.to_owned()
    } else {
        paths::safe(&paths::admin_provider(&key))
    };
    let binds = [&bind_password, &bind_email_code, &bind_phone_code, &bind_passkey, &bind_identity];
    let association = association_of(
        &association,
        [&login_only, &as_source, &as_target, &verified_counts, &own_directory],
        &domains,
        binds,
    );
    let (auth_typed, scopes_typed) = (auth.to_owned(), scopes.join(" "));
    let typed = [
        ("key", &key),
        ("name", &name),
        ("kind", &kind),
        ("issuer", &issuer),
        ("client_id", &client_id),
        ("authorization_url", &authorization_url),
        ("token_url", &token_url),
        ("userinfo_url", &userinfo_url),
        ("subject_path", &subject_path),
        ("email_path", &email_path),
        ("email_verified_path", &email_verified_path),
        ("name_path", &name_path),
        ("web_url", &web_url),
        ("api_url", &api_url),
        ("position", &position),
        ("auth", &auth_typed),
        ("scopes", &scopes_typed),
        ("enabled", &enabled),
        ("shared", &shared),
    ]
    .into_iter()
    .map(|(f, v)| (f.to_owned(), bounded(v, 300)))
    .chain(kept(&association))
    .collect();
    let result = match serde_json::from_value(settings) {
        Ok(settings) => {
            let form = ProviderForm {
                key,
                name,
                settings,
                secret,
                enabled: !enabled.is_empty(),
                position: position.parse().unwrap_or(0),
                shared: !shared.is_empty(),
                association,
                confirmed: confirmed.parse().ok(),
            };
            context.ligature.provider_admin().save_provider(&web.ctx, form, create).await
        }
        Err(error) => Err(SaveProblem::Error(Error::from(error))),
    };
    let next = saved(&context, &web, result, (paths::ADMIN_PROVIDERS, "saved"), &page, typed).await;
    respond(&context, &next);
    Ok(())
}

/// A provider that the home organisation offers: its switch and its association here.
#[server(prefix = "/fn", endpoint = "admin/provider/take")]
pub async fn take_provider(
    key: String,
    #[server(default)] enabled: String,
    #[server(default)] association: String,
    #[server(default)] login_only: String,
    #[server(default)] as_source: String,
    #[server(default)] as_target: String,
    #[server(default)] verified_counts: String,
    #[server(default)] domains: String,
    #[server(default)] own_directory: String,
    #[server(default)] bind_password: String,
    #[server(default)] bind_email_code: String,
    #[server(default)] bind_phone_code: String,
    #[server(default)] bind_passkey: String,
    #[server(default)] bind_identity: String,
    #[server(default)] confirmed: String,
) -> Result<(), Code> {
    let (context, web) = asked();
    let binds = [&bind_password, &bind_email_code, &bind_phone_code, &bind_passkey, &bind_identity];
    let association = association_of(
        &association,
        [&login_only, &as_source, &as_target, &verified_counts, &own_directory],
        &domains,
        binds,
    );
    let page = paths::safe(&paths::admin_provider(&key));
    let typed =
        [("enabled".to_owned(), enabled.clone())].into_iter().chain(kept(&association)).collect();
    let result = context
        .ligature
        .provider_admin()
        .take_provider(&web.ctx, &key, !enabled.is_empty(), association, confirmed.parse().ok())
        .await;
    let next = saved(&context, &web, result, (paths::ADMIN_PROVIDERS, "saved"), &page, typed).await;
    respond(&context, &next);
    Ok(())
}

/// The association as the form had it, for a page that comes back with a problem: boxes that are not ticked send nothing.
pub(crate) fn kept(association: &Association) -> Option<(String, String)> {
    Some((KEPT.to_owned(), serde_json::to_string(association).ok()?))
}

/// Where a flash holds a form's association.
pub(crate) const KEPT: &str = "association";

fn words(text: &str) -> Vec<String> {
    text.split([' ', ',', '\n', '\r'])
        .map(str::trim)
        .filter(|s| !s.is_empty())
        .map(|s| bounded(s, 120))
        .take(40)
        .collect()
}

/// The switches of an association; `binds` in the order of the form.
fn association_of(
    mode: &str,
    [login_only, as_source, as_target, verified_counts, own_directory]: [&str; 5],
    domains: &str,
    binds: [&String; 5],
) -> Association {
    let methods = [
        ProofMethod::Password,
        ProofMethod::EmailCode,
        ProofMethod::PhoneCode,
        ProofMethod::Passkey,
        ProofMethod::Identity,
    ];
    Association {
        mode: Mode::parse(mode),
        login_only: !login_only.is_empty(),
        bind_methods: binds
            .into_iter()
            .zip(methods)
            .filter(|(on, _)| !on.is_empty())
            .map(|(_, method)| method)
            .collect(),
        as_source: !as_source.is_empty(),
        as_target: !as_target.is_empty(),
        verified_counts: !verified_counts.is_empty(),
        domains: words(domains),
        own_directory: !own_directory.is_empty(),
    }
}

pub async fn providers(req: PageRequest) -> Answer {
    let list = req.context.ligature.account_admin().admin_providers(&req.web.ctx).await?;
    let changes = req.may(Right::ChangeProviders).await?;
    let (l, flash) = (req.web.lang, req.flash.clone());
    Ok(page(&req.context, &req.web, head(l, "admin-providers", paths::ADMIN_PROVIDERS), move || {
        view! {
            <div class="title"><h1>{t(l, "admin-providers")}</h1>{changes.then(|| view! { <a class="button primary" href=paths::ADMIN_PROVIDER_NEW>{t(l, "provider-new")}</a> })}</div>
            {message(l, &flash)}
            {list.is_empty().then(|| view! { <p>{t(l, "providers-none")}</p> })}
            <ul class="rows">{list.into_iter().map(|p| view! {
                <li>
                    <Mark name={p.name.clone()}/>
                    <a class="row-main" href=paths::admin_provider(&p.key)><strong>{p.name.clone()}</strong><span class="muted">{t(l, &format!("kind-{}", p.settings.kind()))}" · "{t(l, &format!("association-{}", p.association.mode.name().replace('_', "-")))}" · "{ta(l, "provider-links", &[("count", &p.links.to_string())])}</span></a>
                    {(p.offered || p.shared).then(|| view! { <span class="tag">{t(l, if p.offered { "provider-offered" } else { "provider-shared" })}</span> })}
                    <span class=if p.enabled { "tag good" } else { "tag" }>{t(l, if p.enabled { "on" } else { "off" })}</span>
                </li>
            }).collect_view()}</ul>
        }
    })
    .await)
}

pub async fn provider(Path(key): Path<String>, req: PageRequest) -> Answer {
    let req = &req;
    let list = req.context.ligature.account_admin().admin_providers(&req.web.ctx).await?;
    let found = list.into_iter().find(|p| p.key == key);
    if found.is_none() && key != "new" {
        return Err(Refusal::NotFound.into());
    }
    let (l, flash, texts) =
        (req.web.lang, req.flash.clone(), req.context.ligature.configuration().has_texts());
    let shows = Shows {
        texts,
        changes: req.may(Right::ChangeProviders).await?,
        trusts: req.may(Right::ChangeTrust).await?,
        shares: req.may(Right::RunInstance).await?,
    };
    let title = found.as_ref().map_or_else(|| t(l, "provider-new"), |p| p.name.clone());
    Ok(page(&req.context, &req.web, Head::new(title.clone(), Layout::Admin(paths::ADMIN_PROVIDERS)), move || {
        view! {
            <h1>{title}</h1>
            {message(l, &flash)}
            <Problems l=l flash={flash.clone()}/>
            {found.as_ref().map(|p| view! { <p class="muted">{t(l, "provider-redirect")}" "<code>{p.redirect_uri.clone()}</code></p> })}
            {match found {
                Some(found) if found.offered => taken_form(l, found, &shows, &flash),
                found => provider_form(l, found, &shows, &flash),
            }}
        }
    })
    .await)
}

/// What of a provider's form is there.
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

/// How a provider meets accounts.
fn association_fields(l: Lang, association: &Association, texts: bool, flash: &Flash) -> AnyView {
    let binds = association.bind_methods.clone();
    let has = |method: ProofMethod| {
        binds.is_empty() && method != ProofMethod::Identity || binds.contains(&method)
    };
    let modes = [Mode::Inherit, Mode::Off, Mode::FieldMatch, Mode::AskBinding]
        .map(|m| {
            (
                m.name(),
                t(l, &format!("association-{}", m.name().replace('_', "-"))),
                t(l, &format!("association-{}-hint", m.name().replace('_', "-"))),
            )
        })
        .to_vec();
    let domains = Some(flash.typed("domains"))
        .filter(|v| !v.is_empty())
        .unwrap_or_else(|| association.domains.join(" "));
    view! {
        <fieldset class="section"><legend>{t(l, "section-association")}</legend>
            <Radios name="association" legend={t(l, "association")} options=modes chosen={association.mode.name()}/>
            <Check name="bind_password" label={t(l, "bind-method-password")} checked={has(ProofMethod::Password)}/>
            <Check name="bind_email_code" label={t(l, "bind-method-email-code")} checked={has(ProofMethod::EmailCode)}/>
            <Check name="bind_phone_code" label={t(l, "bind-method-phone-code")} hint={if texts { String::new() } else { t(l, "danger-phone-why") }} checked={has(ProofMethod::PhoneCode)}/>
            <Check name="bind_passkey" label={t(l, "bind-method-passkey")} checked={has(ProofMethod::Passkey)}/>
            <Check name="bind_identity" label={t(l, "bind-method-identity")} hint={t(l, "bind-methods-hint")} checked={has(ProofMethod::Identity)}/>
            <Check name="login_only" label={t(l, "login-only")} hint={t(l, "login-only-hint")} checked={association.login_only}/>
            <Check name="as_source" label={t(l, "as-source")} hint={t(l, "as-source-hint")} checked={association.as_source}/>
            <Check name="as_target" label={t(l, "as-target")} hint={t(l, "as-target-hint")} checked={association.as_target}/>
            <Check name="verified_counts" label={t(l, "verified-counts")} hint={t(l, "verified-counts-hint")} checked={association.verified_counts} problem={flash.problem("verified_counts").map(|m| t(l, m))}/>
            <Field name="domains" label={t(l, "domains")} kind="text" hint={t(l, "domains-hint")} value=domains problem={flash.problem("domains").map(|m| t(l, m))} autocomplete="off" max=300/>
            <Check name="own_directory" label={t(l, "own-directory")} hint={t(l, "own-directory-hint")} checked={association.own_directory} problem={flash.problem("own_directory").map(|m| t(l, m))}/>
        </fieldset>
    }
    .into_any()
}

/// What depends on where a provider is asked: for owners with a box to tick, which states the number (DL-01).
fn source_confirmation(l: Lang, speaks_for: i64, trusts: bool, flash: &Flash) -> Option<AnyView> {
    let links = flash.typed("links").parse().unwrap_or(speaks_for);
    let count = links.to_string();
    let text = |key: &str| ta(l, key, &[("count", &count)]);
    let problem = flash.problem("confirmed").map(|m| t(l, m));
    (links > 0).then(|| match trusts {
        false => view! { <p class="muted">{text("provider-source-owner")}</p> }.into_any(),
        true => view! {
            <fieldset class="section danger"><legend>{t(l, "provider-source")}</legend>
                <div class="check">
                    <input type="checkbox" id="confirmed" name="confirmed" value=count.clone() aria-invalid=problem.is_some().then_some("true") aria-describedby="confirmed-hint confirmed-problem"/>
                    <div>
                        <label for="confirmed">{text("provider-source-confirm")}</label>
                        <p class="hint" id="confirmed-hint">{t(l, "provider-source-hint")}</p>
                        <p class="problem" id="confirmed-problem">{problem}</p>
                    </div>
                </div>
            </fieldset>
        }
        .into_any(),
    })
}

/// The association that a form came back with, or the stored one.
fn shown(flash: &Flash, stored: Association) -> Association {
    serde_json::from_str(&flash.typed(KEPT)).unwrap_or(stored)
}

/// A box's state: as the form came back, or as it is stored.
fn ticked(flash: &Flash, name: &str, stored: bool) -> bool {
    if flash.typed(KEPT).is_empty() { stored } else { !flash.typed(name).is_empty() }
}

/// Saving, where the person may.
fn save_actions(l: Lang, changes: bool) -> AnyView {
    view! {
        <div class="row-actions">{changes.then(|| view! { <button class="primary">{t(l, "save")}</button> })}<a class="button quiet" href=paths::ADMIN_PROVIDERS>{t(l, "back")}</a></div>
        {(!changes).then(|| view! { <p class="muted">{t(l, "read-only")}</p> })}
    }
    .into_any()
}

/// A provider that the home organisation offers: its settings are there, its switch and association here.
fn taken_form(l: Lang, found: ProviderView, shows: &Shows, flash: &Flash) -> AnyView {
    view! {
        <p>{t(l, "provider-offered-lead")}</p>
        <form method="post" action=TakeProvider::url() class="stack wide">
            <input type="hidden" name="key" value=found.key.clone()/>
            <Check name="enabled" label={t(l, "provider-take")} hint={t(l, "provider-take-hint")} checked={ticked(flash, "enabled", found.enabled)} problem={flash.problem("enabled").map(|m| t(l, m))}/>
            {association_fields(l, &shown(flash, found.association), shows.texts, flash)}
            {source_confirmation(l, 0, shows.trusts, flash)}
            {save_actions(l, shows.changes)}
        </form>
    }
    .into_any()
}

fn provider_form(
    l: Lang,
    found: Option<ProviderView>,
    shows_what: &Shows,
    flash: &Flash,
) -> AnyView {
    let settings =
        found.as_ref().and_then(|p| serde_json::to_value(&p.settings).ok()).unwrap_or_default();
    let stored = |name: &str| match settings.get(name) {
        Some(serde_json::Value::String(s)) => s.clone(),
        Some(serde_json::Value::Array(items)) => {
            items.iter().filter_map(|v| v.as_str()).collect::<Vec<_>>().join(" ")
        }
        _ => String::new(),
    };
    let value = |name: &'static str, fallback: String| {
        Some(flash.typed(name)).filter(|v| !v.is_empty()).unwrap_or(fallback)
    };
    let input = |name: &'static str, label: &str, hint: &str, fallback: String| {
        view! { <Field name=name label={t(l, label)} kind="text" hint={if hint.is_empty() { String::new() } else { t(l, hint) }} value={value(name, fallback)} problem={flash.problem(name).map(|m| t(l, m))} autocomplete="off" max=300/> }.into_any()
    };
    let setting =
        |name: &'static str, label: &str, hint: &str| input(name, label, hint, stored(name));
    let create = found.is_none();
    let kind = value(
        "kind",
        found.as_ref().map_or_else(|| "oidc".to_owned(), |p| p.settings.kind().to_owned()),
    );
    let association = shown(
        flash,
        found.as_ref().map_or(
            Association {
                mode: Mode::Inherit,
                login_only: false,
                bind_methods: Vec::new(),
                as_source: true,
                as_target: true,
                verified_counts: false,
                domains: Vec::new(),
                own_directory: false,
            },
            |p| p.association.clone(),
        ),
    );
    let secret_hint = match found.as_ref().and_then(|p| p.secret_set_at) {
        Some(_) => t(l, "provider-secret-set"),
        None => t(l, "provider-secret-none"),
    };
    let kinds = ["oidc", "oauth2", "github"]
        .map(|k| (k, t(l, &format!("kind-{k}")), t(l, &format!("kind-{k}-hint"))))
        .to_vec();
    let key_field = match &found {
        Some(p) => view! { <input type="hidden" name="key" value=p.key.clone()/> }.into_any(),
        None => input("key", "provider-key", "provider-key-hint", String::new()),
    };
    let kind_field = if create {
        view! { <Radios name="kind" legend={t(l, "provider-kind")} options=kinds chosen={kind.clone()}/> }.into_any()
    } else {
        view! { <input type="hidden" name="kind" value=kind.clone()/> }.into_any()
    };
    let shows = |wanted: &str| create || kind == wanted;
    view! {
        <form method="post" action=SaveProvider::url() class="stack wide">
            <input type="hidden" name="create" value=if create { "yes" } else { "no" }/>
            <fieldset class="section"><legend>{t(l, "section-basics")}</legend>
                {input("name", "name", "provider-name-hint", found.as_ref().map(|p| p.name.clone()).unwrap_or_default())}
                {key_field}
                {kind_field}
                <Check name="enabled" label={t(l, "provider-enabled")} hint={t(l, "provider-enabled-hint")} checked={ticked(flash, "enabled", found.as_ref().is_none_or(|p| p.enabled))}/>
                {shows_what.shares.then(|| view! { <Check name="shared" label={t(l, "provider-share")} hint={ta(l, "provider-share-hint", &[("count", &found.as_ref().map_or(0, |p| p.adopters).to_string())])} checked={ticked(flash, "shared", found.as_ref().is_some_and(|p| p.shared))}/> }.into_any())}
                {input("position", "provider-position", "provider-position-hint", found.as_ref().map_or(0, |p| p.position).to_string())}
            </fieldset>
            <fieldset class="section"><legend>{t(l, "section-connection")}</legend>
                {setting("client_id", "client-id", "")}
                <Field name="secret" label={t(l, "client-secret")} kind="password" hint=secret_hint problem={flash.problem("secret").map(|m| t(l, m))} autocomplete="off" max=500/>
                {shows("oidc").then(|| setting("issuer", "issuer", "issuer-hint"))}
                {(shows("oidc") || shows("oauth2")).then(|| setting("scopes", "scopes", "scopes-hint"))}
                {(shows("oidc") || shows("oauth2")).then(|| view! { <Radios name="auth" legend={t(l, "client-auth")} options={vec![("basic", t(l, "client-auth-basic"), String::new()), ("post", t(l, "client-auth-post"), String::new())]} chosen={if value("auth", stored("auth")) == "post" { "post" } else { "basic" }}/> }.into_any())}
            </fieldset>
            {shows("oauth2").then(|| view! {
                <details class="section" open=!create || kind == "oauth2"><summary>{t(l, "section-oauth2")}</summary>
                    {setting("authorization_url", "authorization-url", "")}
                    {setting("token_url", "token-url", "")}
                    {setting("userinfo_url", "userinfo-url", "")}
                    {setting("subject_path", "subject-path", "subject-path-hint")}
                    {setting("email_path", "email-path", "")}
                    {setting("email_verified_path", "email-verified-path", "")}
                    {setting("name_path", "name-path", "")}
                </details>
            })}
            {shows("github").then(|| view! {
                <details class="section" open=!create || kind == "github"><summary>{t(l, "section-github")}</summary>
                    {setting("web_url", "web-url", "github-url-hint")}
                    {setting("api_url", "api-url", "github-url-hint")}
                </details>
            })}
            {association_fields(l, &association, shows_what.texts, flash)}
            {source_confirmation(l, found.as_ref().map_or(0, |p| p.speaks_for), shows_what.trusts, flash)}
            {save_actions(l, shows_what.changes)}
        </form>
    }
    .into_any()
}
