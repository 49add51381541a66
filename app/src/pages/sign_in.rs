//! Sign-in, sign-up, and asking for a new password.
use axum::response::{IntoResponse, Redirect, Response};
use leptos::{prelude::*, server_fn::ServerFn};
use service::{Error, account::passkeys::Ceremony, policy::providers::Button};

use crate::{
    fields::{Field, field, notice},
    forms::{
        passkeys::SignInPasskey,
        sign_in::{AskReset, AskSignInCode, SignInPassword, SignUp},
    },
    i18n::{Lang, t, ta},
    outcome::Flash,
    pages::{PageRequest, or_refuse, passkeys::ceremony_form},
    paths,
    render::{Head, Layout, page},
};

/// Origins that a form on a sign-in page may lead to.
pub(crate) fn destinations(req: &PageRequest, buttons: &[Button]) -> Vec<String> {
    let application = req.web.entry(&req.context.ligature, &req.query.entry).and_then(|r| origin(&r.redirect_uri));
    buttons.iter().filter_map(|b| b.origin.clone()).chain(application).collect()
}

/// Scheme and host of a URL.
pub(crate) fn origin(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let host: String = rest.chars().take_while(|c| !matches!(c, '/' | '?' | '#')).collect();
    (!host.is_empty() && !host.contains('@')).then(|| format!("{scheme}://{host}"))
}

pub async fn login(req: PageRequest) -> Response {
    let result = login_page(&req).await;
    or_refuse(&req, result).await
}

async fn login_page(req: &PageRequest) -> Result<Response, Error> {
    let application = req.web.entry(&req.context.ligature, &req.query.entry).map(|r| r.application_name);
    if req.web.ctx.session.is_some() && req.query.entry.is_empty() && req.query.stay.is_empty() {
        return Ok(Redirect::to(paths::ACCOUNT).into_response());
    }
    let client = req.web.client_of(&req.context.ligature, &req.query.entry);
    let entered = req.context.ligature.configuration().entrance(client.as_deref(), !req.query.stay.is_empty()).await?;
    if let Some(key) = &entered.straight_to {
        return straight_to(req, key).await;
    }
    let ceremony = if entered.passkey { Some(req.context.ligature.passkeys().begin_passkey_sign_in(&req.web.ctx)?) } else { None };
    let local = Local { password: entered.password, code: entered.code || entered.phone_code, phones: entered.phones, passkey: ceremony };
    let mut buttons = entered.buttons;
    let last = req.web.last.clone().unwrap_or_default();
    // The one used last in this browser first; the others keep the administrator's order.
    buttons.sort_by_key(|b| b.key != last);
    let l = req.web.lang;
    let title = application.map_or_else(|| t(l, "login-title"), |name| ta(l, "login-title-application", &[("name", &name)]));
    let head = Head::new(title.clone(), Layout::Narrow).origins(destinations(req, &buttons));
    let (mut flash, entry) = (req.flash.clone(), req.query.entry.clone());
    if let Some(hint) = req.web.entry(&req.context.ligature, &entry).map(|r| r.login_hint).filter(|h| !h.is_empty() && flash.typed("email").is_empty()) {
        flash.typed.push(("email".into(), hint));
    }
    Ok(page(&req.context, &req.web, head, move || login_view(l, title, buttons, local, &last, &flash, &entry)).await)
}

/// With one provider and no password there is nothing to ask (ZI-12). When it does not answer, the refusal leads to the page.
async fn straight_to(req: &PageRequest, key: &str) -> Result<Response, Error> {
    let continuation = req.web.continuation(&req.context.ligature, &req.query.entry);
    let started = req.context.ligature.sign_in().start(&req.web.ctx, key, service::Purpose::SignIn, continuation).await?;
    let cookie = req.context.cookies.header(&req.context.cookies.start(&started.id, &started.cookie));
    Ok(([(http::header::SET_COOKIE, cookie)], Redirect::to(&started.url)).into_response())
}

/// What the page offers beside providers.
struct Local {
    password: bool,
    /// A code to the mailbox or the phone.
    code: bool,
    phones: bool,
    passkey: Option<Ceremony>,
}

fn login_view(l: Lang, title: String, buttons: Vec<Button>, Local { password, code, phones, passkey }: Local, last: &str, flash: &Flash, entry: &str) -> impl IntoView + use<> {
    let message = (!flash.notice.is_empty()).then(|| notice(if ["login-wrong", "passkey-wrong"].contains(&flash.notice.as_str()) { "bad" } else { "good" }, t(l, &flash.notice)));
    let any = !buttons.is_empty();
    let last = last.to_owned();
    let entry = entry.to_owned();
    // The browser offers passkeys in this field by itself.
    let username = if passkey.is_some() { "username webauthn" } else { "username" };
    let nothing = !any && !password && !code && passkey.is_none();
    let by_passkey = passkey.map(|c| {
        let entry = view! { <input type="hidden" name="entry" value=entry.clone()/> }.into_any();
        ceremony_form(l, SignInPasskey::url(), if flash.notice == "passkey-wrong" { "again" } else { "get" }, c, &t(l, "login-by-passkey"), entry)
    });
    view! {
        <h1>{title}</h1>
        {message}
        {by_passkey}
        <div class="buttons">{buttons.into_iter().map(|b| provider_button(l, &b, b.key == last, &entry)).collect_view()}</div>
        {nothing.then(|| notice("warn", t(l, "login-nothing")))}
        {(any && password).then(|| view! { <p class="divider"><span>{t(l, "or")}</span></p> })}
        {password.then(|| view! {
        <form method="post" action=SignInPassword::url() class="stack">
            <input type="hidden" name="entry" value=entry.clone()/>
            {field(Field { value: flash.typed("email"), autocomplete: username, ..contact_field(l, true, phones) })}
            {field(Field { name: "password".into(), label: t(l, "password"), kind: "password", autocomplete: "current-password", required: true, max: 256, ..Field::default() })}
            <button class="primary">{t(l, "sign-in")}</button>
        </form>
        <p class="links"><a href=paths::with_entry(paths::SIGN_UP, &entry)>{t(l, "login-new")}</a><a href=paths::with_entry(paths::RESET, &entry)>{t(l, "login-forgot")}</a></p>
        })}
        {code.then(|| view! { <p class="links"><a href=paths::with_entry(paths::LOGIN_CODE, &entry)>{t(l, "login-by-code")}</a></p> })}
    }
}

fn provider_button(l: Lang, button: &Button, last: bool, entry: &str) -> AnyView {
    let label = ta(l, "login-with", &[("provider", &button.name)]);
    view! {
        <form method="post" action=paths::start(&button.key)>
            <input type="hidden" name="entry" value=entry.to_owned()/>
            <button class="provider">{crate::fields::mark(&button.name)}<span>{label}</span>{last.then(|| view! { <span class="tag">{t(l, "login-last")}</span> })}</button>
        </form>
    }
    .into_any()
}

/// The field for an address, a number, or either; it is called `email` in every case.
pub(crate) fn contact_field(l: Lang, address: bool, phone: bool) -> Field {
    let (label, kind) = match (address, phone) {
        (true, true) => ("email-or-phone", "text"),
        (false, true) => ("phone", "tel"),
        (_, false) => ("email", "email"),
    };
    let hint = if phone { t(l, "phone-hint") } else { String::new() };
    Field { name: "email".into(), label: t(l, label), kind, hint, autocomplete: "username", required: true, max: 254, ..Field::default() }
}

pub async fn by_code(req: PageRequest) -> Response {
    let result = by_code_page(&req).await;
    or_refuse(&req, result).await
}

async fn by_code_page(req: &PageRequest) -> Result<Response, Error> {
    let l = req.web.lang;
    let client = req.web.client_of(&req.context.ligature, &req.query.entry);
    let entered = req.context.ligature.configuration().entrance(client.as_deref(), true).await?;
    if !entered.code && !entered.phone_code {
        return Err(domain::Refusal::CodeOff.into());
    }
    let head = Head::new(t(l, "login-code-title"), Layout::Narrow).origins(destinations(req, &[]));
    let (flash, entry) = (req.flash.clone(), req.query.entry.clone());
    Ok(page(&req.context, &req.web, head, move || {
        let problem = flash.problem("email").map(|key| t(l, key));
        let lead = match (entered.code, entered.phone_code) {
            (true, true) => "login-code-lead-either",
            (false, true) => "login-code-lead-phone",
            (_, false) => "login-code-lead",
        };
        view! {
            <h1>{t(l, "login-code-title")}</h1>
            <p class="muted">{t(l, lead)}</p>
            <form method="post" action=AskSignInCode::url() class="stack">
                <input type="hidden" name="entry" value=entry.clone()/>
                {field(Field { value: flash.typed("email"), problem, ..contact_field(l, entered.code, entered.phone_code) })}
                <button class="primary">{t(l, "login-code-go")}</button>
            </form>
            <p class="links"><a href=paths::with_entry(paths::LOGIN_STAY, &entry)>{t(l, "back")}</a></p>
        }
    })
    .await)
}

pub async fn sign_up(req: PageRequest) -> Response {
    let l = req.web.lang;
    let head = Head::new(t(l, "signup-title"), Layout::Narrow).origins(destinations(&req, &[]));
    let (flash, entry) = (req.flash.clone(), req.query.entry.clone());
    page(&req.context, &req.web, head, move || {
        let problem = |name: &str| flash.problem(name).map(|key| t(l, key));
        view! {
            <h1>{t(l, "signup-title")}</h1>
            <p class="muted">{t(l, "signup-lead")}</p>
            <form method="post" action=SignUp::url() class="stack">
                <input type="hidden" name="entry" value=entry.clone()/>
                {field(Field { name: "name".into(), label: t(l, "name"), kind: "text", value: flash.typed("name"), problem: problem("name"), autocomplete: "name", required: true, max: 80, ..Field::default() })}
                {field(Field { name: "email".into(), label: t(l, "email"), kind: "email", value: flash.typed("email"), problem: problem("email"), autocomplete: "email", required: true, max: 254, ..Field::default() })}
                {field(Field { name: "password".into(), label: t(l, "password"), kind: "password", hint: t(l, "password-hint"), problem: problem("password"), autocomplete: "new-password", required: true, max: 256, meter: Some(t(l, "meter")), ..Field::default() })}
                <button class="primary">{t(l, "signup-go")}</button>
            </form>
            <p class="links"><a href=paths::with_entry(paths::LOGIN_STAY, &entry)>{t(l, "back-to-login")}</a></p>
        }
    })
    .await
}

pub async fn reset(req: PageRequest) -> Response {
    let l = req.web.lang;
    let head = Head::new(t(l, "reset-title"), Layout::Narrow).origins(destinations(&req, &[]));
    let (flash, entry) = (req.flash.clone(), req.query.entry.clone());
    page(&req.context, &req.web, head, move || {
        view! {
            <h1>{t(l, "reset-title")}</h1>
            <p class="muted">{t(l, "reset-lead")}</p>
            <form method="post" action=AskReset::url() class="stack">
                <input type="hidden" name="entry" value=entry.clone()/>
                {field(Field { name: "email".into(), label: t(l, "email"), kind: "email", value: flash.typed("email"), problem: flash.problem("email").map(|key| t(l, key)), autocomplete: "email", required: true, max: 254, ..Field::default() })}
                <button class="primary">{t(l, "reset-go")}</button>
            </form>
            <p class="links"><a href=paths::with_entry(paths::LOGIN_STAY, &entry)>{t(l, "back-to-login")}</a></p>
        }
    })
    .await
}
