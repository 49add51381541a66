//! Applications in the console: the list, and a form for each.
use crate::{
    components::{Check, Field, Lines, Moment, Notice, Radios, Rows},
    context::asked,
    form_input::bounded,
    i18n::{Lang, t, ta},
    outcome::{Code, Flash, redirect_with_flash, refuse, respond, turned_away, turned_back},
    page_request::{Answer, PageRequest},
    paths,
    render::{Head, Layout, page},
};
use axum::extract::Path;
use domain::{Refusal, Right};
use leptos::{prelude::*, server_fn::ServerFn};
use serde::Deserialize;
use service::oidc_provider::{
    Algorithm, ApplicationForm, ApplicationKind, ApplicationSettings, ApplicationView, Brand,
    Grant, RegistrationTokenView,
};
use std::collections::BTreeMap;

pub async fn applications(req: PageRequest) -> Answer {
    let req = &req;
    let list = req.context.ligature.applications().admin_applications(&req.web.ctx).await?;
    let tokens = req.context.ligature.applications().registration_tokens(&req.web.ctx).await?;
    let changes = req.may(Right::ChangeApplications).await?;
    let (l, flash) = (req.web.lang, req.flash.clone());
    Ok(page(&req.context, &req.web, Head::new(t(l, "admin-applications"), Layout::Admin(paths::ADMIN_APPLICATIONS)), move || {
        view! {
            <h1>{t(l, "admin-applications")}</h1>
            {list.is_empty().then(|| view! { <p>{t(l, "applications-none")}</p> })}
            <Rows>{list.into_iter().map(|a| row(l, a)).collect_view()}</Rows>
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
                <span class="row-main"><strong>{token.label}</strong><span class="muted small">{ta(l, "registration-left", &[("n", &token.uses_left.to_string())])}" "<Moment l=l at={token.expires_at}/></span></span>
                <form method="post" action=EndRegistration::url()><input type="hidden" name="id" value=token.id/><button class="quiet" aria-label=end>{t(l, "registration-end")}</button></form>
            </li>
        }
    });
    let rows = rows.collect_view();
    let input = |name: &'static str, kind, value: &str, problem| {
        let typed = flash.typed(name);
        let value = if typed.is_empty() { value.to_owned() } else { typed };
        view! { <Field name=name label={t(l, &format!("registration-{name}"))} kind=kind value=value problem=problem autocomplete="off" required=true max=60/> }.into_any()
    };
    let problem = flash.problem("registration").map(|key| t(l, key));
    let open = !made.is_empty() || problem.is_some();
    view! {
        <details class="section" open=open><summary>{t(l, "registration-title")}</summary>
            <p class="muted">{t(l, "registration-lead")}</p>
            {(!made.is_empty()).then(|| view! { <div class="notice good" role="status"><p>{t(l, "registration-made")}</p><p><code class="secret">{made.clone()}</code></p></div> })}
            <Rows>{rows}</Rows>
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

pub async fn application(Path(client_id): Path<String>, req: PageRequest) -> Answer {
    let req = &req;
    let create = client_id == "new";
    let found = req
        .context
        .ligature
        .applications()
        .admin_applications(&req.web.ctx)
        .await?
        .into_iter()
        .find(|a| a.client_id == client_id);
    let shown = match found {
        Some(found) => found,
        None if create => ApplicationView {
            client_id: String::new(),
            name: String::new(),
            redirect_uris: Vec::new(),
            active: true,
            settings: ApplicationSettings::default(),
            secrets: Vec::new(),
        },
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
            {(flash.notice == "saved").then(|| view! { <Notice kind="good" text={t(l, "saved")}/> }.into_any())}
            {(!flash.problems.is_empty()).then(|| view! { <Notice kind="bad" text={t(l, "form-problems")}/> }.into_any())}
            {(!secret.is_empty()).then(|| view! { <div class="notice good" role="status"><p>{t(l, "application-registered")}</p><p><code class="secret">{secret.clone()}</code></p></div> })}
            {form(l, create, changes, &shown, &flash)}
            {(changes && !create).then(|| crate::admin::brand::logo(l, &shown.settings.brand.logo, &shown.client_id, &shown.name, &flash))}
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
            Some(at) => {
                view! { <li>{t(l, "application-secret-until")}" "<Moment l=l at={*at}/></li> }
                    .into_any()
            }
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
    let on =
        |name: &'static str, there: bool| if sent { !flash.typed(name).is_empty() } else { there };
    let s = &shown.settings;
    let input = |name: &'static str, there: String, hint: bool, max: u32| {
        let key = format!("app-{}", name.replace('_', "-"));
        let problem = flash.problem(name).map(|key| t(l, key));
        let hint = if hint { t(l, &format!("{key}-hint")) } else { String::new() };
        view! { <Field name={format!("fields[{name}]")} id=name label={t(l, &key)} kind="text" value={text(name, there)} hint=hint problem=problem autocomplete="off" max=max/> }.into_any()
    };
    let tick = |name: &'static str, there: bool, hint: bool| {
        let key = format!("app-{}", name.replace('_', "-"));
        let hint = if hint { t(l, &format!("{key}-hint")) } else { String::new() };
        view! { <Check id=name name={format!("fields[{name}]")} label={t(l, &key)} hint=hint checked={on(name, there)}/> }.into_any()
    };
    let kinds = ApplicationKind::ALL
        .into_iter()
        .map(|k| (k.name(), t(l, &kind_key(k)), t(l, &format!("{}-hint", kind_key(k)))))
        .collect();
    let algorithms = Algorithm::ALL
        .into_iter()
        .map(|a| (a.name(), a.name().to_owned(), String::new()))
        .collect();
    let has = |grant| s.grants.contains(&grant);
    let kind = text("application_kind", s.kind.name().to_owned());
    let claims = s
        .claims
        .iter()
        .map(|(name, expression)| format!("{name} = {expression}"))
        .collect::<Vec<_>>()
        .join("\n");
    let algorithm = text("algorithm", s.algorithm.name().to_owned());
    view! {
        <form method="post" action=SaveApplication::url() class="stack wide">
            {create.then(|| view! { <input type="hidden" name="create" value="on"/> })}
            {input("name", shown.name.clone(), false, 80)}
            {if create { input("client_id", shown.client_id.clone(), true, 60) } else { view! { <input type="hidden" name="fields[client_id]" value=shown.client_id.clone()/> <p class="muted">{t(l, "app-client-id")}" "<code>{shown.client_id.clone()}</code></p> }.into_any() }}
            <Radios name="fields[application_kind]" legend={t(l, "application-kind")} options=kinds chosen={kind.clone()}/>
            {input("redirect_uris", shown.redirect_uris.join(" "), true, 2000)}
            {tick("first_party", s.first_party, true)}
            {s.unchecked_name.then(|| tick("unchecked_name", true, true))}
            {tick("active", shown.active, false)}
            <details class="section" open=sent><summary>{t(l, "section-people")}</summary>
                {input("providers", s.providers.iter().cloned().collect::<Vec<_>>().join(" "), true, 2000)}
                {input("sender", s.sender.clone(), true, 254)}
                {input("colour", if s.brand.colour.is_empty() { String::new() } else { format!("#{}", s.brand.colour) }, true, 7)}
                <Lines id="claims" name="fields[claims]" label={t(l, "app-claims")} hint={t(l, "app-claims-hint")} value={text("claims", claims)} problem={flash.problem("claims").map(|key| t(l, key))}/>
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
                <Radios name="fields[algorithm]" legend={t(l, "app-algorithm")} options=algorithms chosen={algorithm.clone()}/>
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
    if let Err(error) =
        context.ligature.admin_rights().allowed(&web.ctx, domain::Right::ChangeApplications).await
    {
        respond(&context, &refuse(&error));
        return Ok(());
    }
    let create = !create.is_empty();
    let form = read(&fields);
    let (page, client_id) = (
        if create {
            paths::ADMIN_APPLICATION_NEW.to_owned()
        } else {
            paths::admin_application(&form.client_id)
        },
        form.client_id.clone(),
    );
    let mut typed: Vec<(String, String)> =
        fields.iter().take(40).map(|(k, v)| (bounded(k, 40), bounded(v, 2000))).collect();
    typed.push(("sent".into(), "on".into()));
    let problems = match context.ligature.applications().application_problems(&form).await {
        Ok(problems) => problems,
        Err(error) => {
            respond(&context, &refuse(&error));
            return Ok(());
        }
    };
    let again = |problems: Vec<(String, String)>| Flash { problems, typed, ..Flash::default() };
    let next = if problems.is_empty() {
        match context.ligature.applications().save_application(&web.ctx, form, create).await {
            // Shown once, then gone with the flash row; the database keeps a hash.
            Ok(Some(secret)) => {
                redirect_with_flash(
                    &context,
                    &web,
                    &paths::admin_application(&client_id),
                    Flash {
                        notice: "application-registered".into(),
                        typed: vec![("secret".into(), secret)],
                        ..Flash::default()
                    },
                )
                .await
            }
            Ok(None) => {
                redirect_with_flash(
                    &context,
                    &web,
                    &paths::admin_application(&client_id),
                    Flash::notice("saved"),
                )
                .await
            }
            Err(error) if error.refusal() == Refusal::BadRequest => {
                redirect_with_flash(
                    &context,
                    &web,
                    &page,
                    again(vec![("client_id".into(), "field-client-id-taken".into())]),
                )
                .await
            }
            Err(error) => turned_back(&context, &web, &error, &page, again(Vec::new())).await,
        }
    } else {
        let problems = problems
            .into_iter()
            .map(|field| (field.to_owned(), format!("field-app-{}", field.replace('_', "-"))))
            .collect();
        redirect_with_flash(&context, &web, &page, again(problems)).await
    };
    respond(&context, &next);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "admin/application/secret")]
pub async fn rotate_secret(client_id: String) -> Result<(), Code> {
    let (context, web) = asked();
    let next = match context.ligature.applications().rotate_secret(&web.ctx, &client_id).await {
        Ok(secret) => {
            redirect_with_flash(
                &context,
                &web,
                &paths::admin_application(&client_id),
                Flash { typed: vec![("secret".into(), secret)], ..Flash::default() },
            )
            .await
        }
        Err(error) => turned_away(&error, &paths::safe(&paths::admin_application(&client_id))),
    };
    respond(&context, &next);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "admin/registration")]
pub async fn open_registration(label: String, uses: String, days: String) -> Result<(), Code> {
    let (context, web) = asked();
    let number = |text: &str| text.trim().parse::<i32>().unwrap_or(0);
    let next = match context
        .ligature
        .applications()
        .make_registration_token(&web.ctx, &label, number(&uses), number(&days).into())
        .await
    {
        // Shown once, then gone with the flash row; the database keeps a hash.
        Ok(token) => {
            redirect_with_flash(
                &context,
                &web,
                paths::ADMIN_APPLICATIONS,
                Flash { typed: vec![("registration_token".into(), token)], ..Flash::default() },
            )
            .await
        }
        Err(error) if error.refusal() == Refusal::BadRequest => {
            let typed = [("label", label), ("uses", uses), ("days", days)]
                .into_iter()
                .map(|(k, v)| (k.to_owned(), bounded(&v, 60)))
                .collect();
            redirect_with_flash(
                &context,
                &web,
                paths::ADMIN_APPLICATIONS,
                Flash {
                    problems: vec![("registration".into(), "field-registration".into())],
                    typed,
                    ..Flash::default()
                },
            )
            .await
        }
        Err(error) => turned_away(&error, paths::ADMIN_APPLICATIONS),
    };
    respond(&context, &next);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "admin/registration/end")]
pub async fn end_registration(id: String) -> Result<(), Code> {
    let (context, web) = asked();
    let next = match context.ligature.applications().end_registration_token(&web.ctx, &id).await {
        Ok(()) => {
            redirect_with_flash(&context, &web, paths::ADMIN_APPLICATIONS, Flash::default()).await
        }
        Err(error) => turned_away(&error, paths::ADMIN_APPLICATIONS),
    };
    respond(&context, &next);
    Ok(())
}
