//! Applications in the console: the list, and a form for each.
use axum::{extract::Path, response::Response};
use domain::{Refusal, Right};
use leptos::{prelude::*, server_fn::ServerFn};
use service::{
    Error,
    oidc_provider::{Algorithm, ApplicationKind, ApplicationSettings, ApplicationView, Grant, RegistrationTokenView},
};

use crate::{
    fields::{self, Field, check_of, field, moment, notice, radios},
    forms::applications::{EndRegistration, OpenRegistration, RotateSecret, SaveApplication},
    i18n::{Lang, t, ta},
    outcome::Flash,
    pages::{PageRequest, or_refuse},
    paths,
    render::{Head, Layout, page},
};

pub async fn applications(req: PageRequest) -> Response {
    let result = applications_page(&req).await;
    or_refuse(&req, result).await
}

async fn applications_page(req: &PageRequest) -> Result<Response, Error> {
    let list = req.context.ligature.applications().admin_applications(&req.web.ctx).await?;
    let tokens = req.context.ligature.applications().registration_tokens(&req.web.ctx).await?;
    let changes = req.may(Right::ChangeApplications).await?;
    let (l, flash) = (req.web.lang, req.flash.clone());
    Ok(page(&req.context, &req.web, Head::new(t(l, "admin-applications"), Layout::Admin(paths::ADMIN_APPLICATIONS)), move || {
        view! {
            <h1>{t(l, "admin-applications")}</h1>
            {list.is_empty().then(|| view! { <p>{t(l, "applications-none")}</p> })}
            <ul class="rows">{list.into_iter().map(|a| row(l, a)).collect_view()}</ul>
            {changes.then(|| view! { <p><a class="button primary" href=paths::ADMIN_APPLICATION_NEW>{t(l, "application-new")}</a></p> })}
            {changes.then(|| registration(l, tokens, &flash))}
        }
    })
    .await)
}

/// Initial access tokens: those that count, and a new one.
fn registration(l: Lang, tokens: Vec<RegistrationTokenView>, flash: &Flash) -> AnyView {
    let made = flash.typed("registration_token");
    let rows = tokens.into_iter().map(|token| {
        let end = ta(l, "registration-end-of", &[("name", &token.label)]);
        view! {
            <li>
                <span class="row-main"><strong>{token.label}</strong><span class="muted small">{ta(l, "registration-left", &[("n", &token.uses_left.to_string())])}" "{moment(l, token.expires_at)}</span></span>
                <form method="post" action=EndRegistration::url()><input type="hidden" name="id" value=token.id/><button class="quiet" aria-label=end>{t(l, "registration-end")}</button></form>
            </li>
        }
    });
    let rows = rows.collect_view();
    let input = |name: &'static str, kind, value: &str, problem| {
        let typed = flash.typed(name);
        let value = if typed.is_empty() { value.to_owned() } else { typed };
        field(Field { name: name.into(), label: t(l, &format!("registration-{name}")), kind, value, problem, autocomplete: "off", required: true, max: 60, ..Field::default() })
    };
    let problem = flash.problem("registration").map(|key| t(l, key));
    let open = !made.is_empty() || problem.is_some();
    view! {
        <details class="section" open=open><summary>{t(l, "registration-title")}</summary>
            <p class="muted">{t(l, "registration-lead")}</p>
            {(!made.is_empty()).then(|| view! { <div class="notice good" role="status"><p>{t(l, "registration-made")}</p><p><code class="secret">{made.clone()}</code></p></div> })}
            <ul class="rows">{rows}</ul>
            <form method="post" action=OpenRegistration::url() class="stack wide">
                {input("label", "text", "", problem)}
                {input("uses", "number", "1", None)}
                {input("days", "number", "7", None)}
                <button>{t(l, "registration-new")}</button>
            </form>
        </details>
    }
    .into_any()
}

fn row(l: Lang, a: ApplicationView) -> AnyView {
    view! {
        <li>
            <span class="row-main"><a href=paths::admin_application(&a.client_id)><strong>{a.name}</strong></a><span class="muted"><code>{a.client_id}</code></span><span class="muted small">{a.redirect_uris.join(" ")}</span></span>
            <span class="tag">{t(l, &kind_key(a.settings.kind))}</span>
            {(!a.active).then(|| view! { <span class="tag">{t(l, "application-off")}</span> })}
        </li>
    }
    .into_any()
}

fn kind_key(kind: ApplicationKind) -> String {
    format!("application-kind-{}", kind.name().replace('_', "-"))
}

pub async fn application(Path(client_id): Path<String>, req: PageRequest) -> Response {
    let result = application_page(&req, client_id).await;
    or_refuse(&req, result).await
}

async fn application_page(req: &PageRequest, client_id: String) -> Result<Response, Error> {
    let create = client_id == "new";
    let found = req.context.ligature.applications().admin_applications(&req.web.ctx).await?.into_iter().find(|a| a.client_id == client_id);
    let shown = match found {
        Some(found) => found,
        None if create => ApplicationView { client_id: String::new(), name: String::new(), redirect_uris: Vec::new(), active: true, settings: ApplicationSettings::default(), secrets: Vec::new() },
        None => return Err(Refusal::NotFound.into()),
    };
    let changes = req.may(Right::ChangeApplications).await?;
    let (l, flash) = (req.web.lang, req.flash.clone());
    let title = if create { t(l, "application-new") } else { shown.name.clone() };
    Ok(page(&req.context, &req.web, Head::new(title.clone(), Layout::Admin(paths::ADMIN_APPLICATIONS)), move || {
        let secret = flash.typed("secret");
        let rotate = (changes && !create && !shown.settings.kind.is_public()).then(|| secrets(l, &shown));
        view! {
            <h1>{title}</h1>
            {(flash.notice == "saved").then(|| notice("good", t(l, "saved")))}
            {(!flash.problems.is_empty()).then(|| notice("bad", t(l, "form-problems")))}
            {(!secret.is_empty()).then(|| view! { <div class="notice good" role="status"><p>{t(l, "application-registered")}</p><p><code class="secret">{secret.clone()}</code></p></div> })}
            {form(l, create, changes, &shown, &flash)}
            {(changes && !create).then(|| super::admin_brand::logo(l, &shown.settings.brand.logo, &shown.client_id, &shown.name, &flash))}
            {rotate}
        }
    })
    .await)
}

/// The secrets that count, and a new one.
fn secrets(l: Lang, shown: &ApplicationView) -> AnyView {
    let ends: Vec<AnyView> = shown
        .secrets
        .iter()
        .map(|end| match end {
            Some(at) => view! { <li>{t(l, "application-secret-until")}" "{moment(l, *at)}</li> }.into_any(),
            None => view! { <li>{t(l, "application-secret-current")}</li> }.into_any(),
        })
        .collect();
    view! {
        <section><h2>{t(l, "application-secrets")}</h2>
            <p class="muted">{t(l, "application-secrets-lead")}</p>
            <ul class="points">{ends}</ul>
            <form method="post" action=RotateSecret::url()><input type="hidden" name="client_id" value=shown.client_id.clone()/><button>{t(l, "application-secret-new")}</button></form>
        </section>
    }
    .into_any()
}

fn form(l: Lang, create: bool, changes: bool, shown: &ApplicationView, flash: &Flash) -> AnyView {
    // After a form that could not be saved, what was typed; otherwise what there is.
    let sent = !flash.typed("sent").is_empty();
    let text = |name: &'static str, there: String| if sent { flash.typed(name) } else { there };
    let on = |name: &'static str, there: bool| if sent { !flash.typed(name).is_empty() } else { there };
    let s = &shown.settings;
    let input = |name: &'static str, there: String, hint: bool, max: u32| {
        let key = format!("app-{}", name.replace('_', "-"));
        let problem = flash.problem(name).map(|key| t(l, key));
        let hint = if hint { t(l, &format!("{key}-hint")) } else { String::new() };
        field(Field { name: format!("fields[{name}]").into(), id: name.into(), label: t(l, &key), kind: "text", value: text(name, there), hint, problem, autocomplete: "off", max, ..Field::default() })
    };
    let tick = |name: &'static str, there: bool, hint: bool| {
        let key = format!("app-{}", name.replace('_', "-"));
        let hint = if hint { t(l, &format!("{key}-hint")) } else { String::new() };
        check_of(name, format!("fields[{name}]"), t(l, &key), hint, on(name, there))
    };
    let kinds = ApplicationKind::ALL.into_iter().map(|k| (k.name(), t(l, &kind_key(k)), t(l, &format!("{}-hint", kind_key(k))))).collect();
    let algorithms = Algorithm::ALL.into_iter().map(|a| (a.name(), a.name().to_owned(), String::new())).collect();
    let has = |grant| s.grants.contains(&grant);
    let kind = text("application_kind", s.kind.name().to_owned());
    let claims = s.claims.iter().map(|(name, expression)| format!("{name} = {expression}")).collect::<Vec<_>>().join("\n");
    let lines = fields::lines("claims", "fields[claims]".into(), t(l, "app-claims"), t(l, "app-claims-hint"), text("claims", claims), flash.problem("claims").map(|key| t(l, key)));
    let algorithm = text("algorithm", s.algorithm.name().to_owned());
    view! {
        <form method="post" action=SaveApplication::url() class="stack wide">
            {create.then(|| view! { <input type="hidden" name="create" value="on"/> })}
            {input("name", shown.name.clone(), false, 80)}
            {if create { input("client_id", shown.client_id.clone(), true, 60) } else { view! { <input type="hidden" name="fields[client_id]" value=shown.client_id.clone()/> <p class="muted">{t(l, "app-client-id")}" "<code>{shown.client_id.clone()}</code></p> }.into_any() }}
            {radios("fields[application_kind]", t(l, "application-kind"), kinds, &kind)}
            {input("redirect_uris", shown.redirect_uris.join(" "), true, 2000)}
            {tick("first_party", s.first_party, true)}
            {s.unchecked_name.then(|| tick("unchecked_name", true, true))}
            {tick("active", shown.active, false)}
            <details class="section" open=sent><summary>{t(l, "section-people")}</summary>
                {input("providers", s.providers.iter().cloned().collect::<Vec<_>>().join(" "), true, 2000)}
                {input("sender", s.sender.clone(), true, 254)}
                {input("colour", if s.brand.colour.is_empty() { String::new() } else { format!("#{}", s.brand.colour) }, true, 7)}
                {lines}
            </details>
            <details class="section" open=sent><summary>{t(l, "section-logout")}</summary>
                {input("post_logout_redirect_uris", s.post_logout_redirect_uris.join(" "), true, 2000)}
                {input("backchannel_logout_uri", s.backchannel_logout_uri.clone(), true, 500)}
                {input("frontchannel_logout_uri", s.frontchannel_logout_uri.clone(), true, 500)}
            </details>
            <details class="section" open=sent><summary>{t(l, "section-tokens")}</summary>
                {flash.problem("grants").map(|key| view! { <p class="problem">{t(l, key)}</p> })}
                {tick("grant_code", has(Grant::AuthorizationCode), false)}
                {tick("grant_refresh", has(Grant::RefreshToken), true)}
                {tick("grant_client", has(Grant::ClientCredentials), true)}
                {tick("grant_device", has(Grant::DeviceCode), true)}
                {input("own_scopes", s.own_scopes.iter().cloned().collect::<Vec<_>>().join(" "), true, 1000)}
                {input("token_seconds", s.token_seconds.to_string(), false, 10)}
                {input("refresh_seconds", s.refresh_seconds.to_string(), false, 10)}
                {radios("fields[algorithm]", t(l, "app-algorithm"), algorithms, &algorithm)}
                {tick("pkce_optional", s.pkce_optional, true)}
                {tick("dpop", s.dpop, true)}
                {tick("pairwise", s.pairwise, true)}
                {tick("identities", s.identities, true)}
                {tick("unproved_contacts", s.unproved_contacts, true)}
                {tick("resource_server", s.resource_server, true)}
            </details>
            <div class="row-actions">{changes.then(|| view! { <button class="primary">{t(l, "save")}</button> })}<a class="button quiet" href=paths::ADMIN_APPLICATIONS>{t(l, "back")}</a></div>
            {(!changes).then(|| view! { <p class="muted">{t(l, "read-only")}</p> })}
        </form>
    }
    .into_any()
}
