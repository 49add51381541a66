//! Signing in: the page, the password form, and the buttons of providers.
use crate::{
    components::{CeremonyForm, ContactField, Field, Notice, ProviderButton, Said},
    context::{asked, is_request},
    form_input::bounded,
    i18n::{Lang, t, ta},
    outcome::{Code, Flash, granted, leave, redirect_with_flash, respond, to_provider},
    page_request::{Answer, PageRequest},
    paths,
    render::{Head, Layout, page},
    sign_in::{provider_down::provider_down, reset::AskReset},
    signed_out::{SITE, STILL},
};
use axum::response::{IntoResponse, Redirect, Response};
use domain::{Refusal, path::AuthorizeRequest};
use leptos::{prelude::*, server_fn::ServerFn};
use serde::Deserialize;
use service::{
    Purpose, account::passkeys::Ceremony, oidc_provider::Granted, policy::providers::Button,
};

#[server(prefix = "/fn", endpoint = "signin/passkey")]
pub async fn sign_in_passkey(
    ceremony: String,
    #[server(default)] credential: String,
    #[server(default)] entry: String,
) -> Result<(), Code> {
    let (context, web) = asked();
    let continuation = web.continuation(&context.ligature, &entry).await;
    let next = match context
        .ligature
        .passkeys()
        .sign_in_by_passkey(&web.ctx, &ceremony, &credential, continuation)
        .await
    {
        Err(error)
            if matches!(error.refusal(), Refusal::PasskeyWrong | Refusal::AttemptExpired) =>
        {
            redirect_with_flash(
                &context,
                &web,
                &paths::with_entry(paths::LOGIN_STAY, &entry),
                Flash::notice("passkey-wrong"),
            )
            .await
        }
        other => leave(&context, other).await,
    };
    respond(&context, &next)
}

/// What the page reads from its address.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct LoginQuery {
    /// The id of the application's request that waits.
    pub entry: String,
    /// Not empty: the page is shown, whatever it could do by itself.
    pub stay: String,
}

pub async fn login(req: PageRequest<LoginQuery>) -> Answer {
    let req = &req;
    if req.web.ctx.session.is_some() && req.query.entry.is_empty() && req.query.stay.is_empty() {
        return Ok(Redirect::to(paths::ACCOUNT).into_response());
    }
    let ligature = &req.context.ligature;
    let waiting = match req.query.entry.as_str() {
        entry if !is_request(entry) => None,
        entry if req.query.stay.is_empty() => Some(req.web.entry(ligature, entry).await?),
        entry => req.web.entry_if_any(ligature, entry).await?,
    };
    if req.query.stay.is_empty()
        && let Some(onward) = signed_in_meanwhile(req, waiting.as_ref()).await?
    {
        return Ok(onward);
    }
    let client = req.web.client_of(&req.query.entry);
    let entered = req
        .context
        .ligature
        .configuration()
        .entrance(client.as_deref(), !req.query.stay.is_empty())
        .await?;
    if let Some(key) = &entered.straight_to {
        return straight_to(req, key).await;
    }
    let ceremony = if entered.passkey {
        Some(req.context.ligature.passkeys().begin_passkey_sign_in(&req.web.ctx)?)
    } else {
        None
    };
    let local = Local {
        password: entered.password,
        code: entered.code || entered.phone_code,
        phones: entered.phones,
        passkey: ceremony,
    };
    let mut buttons = entered.buttons;
    let last = req.web.last.clone().unwrap_or_default();
    // The one used last in this browser first; the others keep the administrator's order.
    buttons.sort_by_key(|b| b.key != last);
    let l = req.web.lang;
    let entry = req.query.entry.clone();
    let (title, hint) = waiting.map_or_else(
        || (t(l, "login-title"), String::new()),
        |r| (ta(l, "login-title-application", &[("name", &r.application_name)]), r.login_hint),
    );
    let head = Head::new(title.clone(), Layout::Narrow);
    let said = req.flash.notice.clone();
    let still =
        Some((req.flash.typed(STILL), req.flash.typed(SITE))).filter(|(name, _)| !name.is_empty());
    let typed = Some(req.flash.typed("email")).filter(|t| !t.is_empty()).unwrap_or(hint);
    Ok(page(&req.context, &req.web, head, move || {
        view! { <LoginPage l=l title=title said=said still=still buttons=buttons last=last local=local typed=typed entry=entry/> }
    })
    .await)
}

/// Where somebody goes who signed in in another tab meanwhile: on to the application, unless it wants a new sign-in (FR-35).
async fn signed_in_meanwhile(
    req: &PageRequest<LoginQuery>,
    waiting: Option<&AuthorizeRequest>,
) -> Result<Option<Response>, service::Error> {
    let (Some(session), Some(request)) = (&req.web.ctx.session, waiting) else {
        return Ok(None);
    };
    Ok(match req.context.ligature.authorization().grant(session, request.clone()).await {
        Ok(Granted::SignIn(_)) => None,
        Ok(other) => Some(granted(&req.context, other).await?.answer(&req.context)),
        Err(error) if error.refusal() == Refusal::SessionEnded => None,
        Err(error) => return Err(error),
    })
}

/// With one provider and no password there is nothing to ask (ZI-12). When it does not answer, the refusal leads to the page.
async fn straight_to(req: &PageRequest<LoginQuery>, key: &str) -> Answer {
    let continuation = req.web.continuation(&req.context.ligature, &req.query.entry).await;
    let started = req
        .context
        .ligature
        .sign_in()
        .start(&req.web.ctx, key, Purpose::SignIn, continuation)
        .await;
    let started = match started {
        Err(error) if error.refusal() == Refusal::ProviderDown => {
            let page = provider_down(&error, key, &req.query.entry).location();
            return Ok(Redirect::to(&page).into_response());
        }
        other => other?,
    };
    let cookie =
        req.context.cookies.header(&req.context.cookies.start(&started.id, &started.cookie));
    Ok(([(http::header::SET_COOKIE, cookie)], Redirect::to(started.url.as_str())).into_response())
}

/// What the page offers beside providers.
struct Local {
    password: bool,
    /// A code to the mailbox or the phone.
    code: bool,
    phones: bool,
    passkey: Option<Ceremony>,
}

#[component]
fn LoginPage(
    l: Lang,
    title: String,
    /// What a form left to be said.
    said: String,
    /// After signing out: the provider at which the person is still signed in, and its site.
    still: Option<(String, String)>,
    buttons: Vec<Button>,
    /// The method that this browser used last.
    last: String,
    local: Local,
    /// The address that was typed, or that the application hints at.
    typed: String,
    /// The id of the application's request that waits.
    entry: String,
) -> AnyView {
    let Local { password, code, phones, passkey } = local;
    let kind =
        if ["login-wrong", "passkey-wrong"].contains(&said.as_str()) { "bad" } else { "good" };
    let ceremony = if said == "passkey-wrong" { "again" } else { "get" };
    // Whoever came by a provider only has no password yet; to everybody else it is said just the same.
    let first = Some(typed.clone()).filter(|typed| said == "login-wrong" && typed.contains('@'));
    let (any, passkeys) = (!buttons.is_empty(), passkey.is_some());
    let nothing = !any && !password && !code && !passkeys;
    let down = buttons.iter().filter(|b| b.unavailable).map(|b| b.name.clone()).collect::<Vec<_>>();
    view! {
        <h1>{title}</h1>
        <Said l=l key=said kind=kind/>
        {first.map(|email| view! { <FirstPassword l=l email=email entry=entry.clone()/> })}
        {still.map(|(name, site)| view! { <p class="notice warn">{ta(l, "logout-still-there", &[("provider", &name)])}{site.contains("://").then(|| view! { " "<a href=site rel="noreferrer">{ta(l, "logout-there-site", &[("provider", &name)])}</a> })}</p> })}
        {(!down.is_empty()).then(|| view! { <Notice kind="warn" text={ta(l, "login-unavailable", &[("providers", &down.join(", "))])}/> })}
        {passkey.map(|c| {
            let entry = entry.clone();
            view! {
                <CeremonyForm l=l action=SignInPasskey::url() kind=ceremony ceremony=c label={t(l, "login-by-passkey")}>
                    <input type="hidden" name="entry" value=entry/>
                </CeremonyForm>
            }
        })}
        <div class="buttons">{buttons.into_iter().map(|b| {
            let label = ta(l, "login-with", &[("provider", &b.name)]);
            let tag = (b.key == last).then(|| t(l, "login-last"));
            view! { <ProviderButton l=l provider=b action=SignInWithProvider::url() label=label with=vec![("entry", entry.clone())] tag=tag/> }
        }).collect_view()}</div>
        {nothing.then(|| view! { <Notice kind="warn" text={t(l, "login-nothing")}/> })}
        {(any && password).then(|| view! { <p class="divider"><span>{t(l, "or")}</span></p> })}
        {password.then(|| view! { <PasswordForm l=l phones=phones passkeys=passkeys typed=typed entry=entry.clone()/> })}
        {code.then(|| view! { <p class="links"><a href=paths::with_entry(paths::LOGIN_CODE, &entry)>{t(l, "login-by-code")}</a></p> })}
    }
    .into_any()
}

/// From a password that is not right to one that is set by a code: for the first time, or anew (NE-04).
#[component]
fn FirstPassword(l: Lang, email: String, entry: String) -> AnyView {
    view! {
        <form method="post" action=AskReset::url() class="stack">
            <p class="muted">{t(l, "login-first-password")}</p>
            <input type="hidden" name="email" value=email/>
            <input type="hidden" name="entry" value=entry/>
            <button>{t(l, "login-first-password-go")}</button>
        </form>
    }
    .into_any()
}

/// Address and password, and what leads on for who has none.
#[component]
fn PasswordForm(
    l: Lang,
    phones: bool,
    /// The browser offers passkeys in the address's field by itself.
    passkeys: bool,
    typed: String,
    entry: String,
) -> AnyView {
    let username = if passkeys { "username webauthn" } else { "username" };
    view! {
        <form method="post" action=SignInPassword::url() class="stack">
            <input type="hidden" name="entry" value=entry.clone()/>
            <ContactField l=l address=true phone=phones value=typed autocomplete=username/>
            <Field name="password" label={t(l, "password")} kind="password" autocomplete="current-password" required=true max=256/>
            <button class="primary">{t(l, "sign-in")}</button>
        </form>
        <p class="links"><a href=paths::with_entry(paths::SIGN_UP, &entry)>{t(l, "login-new")}</a><a href=paths::with_entry(paths::RESET, &entry)>{t(l, "login-forgot")}</a></p>
    }
    .into_any()
}

/// Off to a provider, perhaps on the way to an application.
#[server(prefix = "/fn", endpoint = "signin/provider")]
pub async fn sign_in_with_provider(
    provider: String,
    #[server(default)] entry: String,
) -> Result<(), Code> {
    let (context, web) = asked();
    let continuation = web.continuation(&context.ligature, &entry).await;
    let started =
        context.ligature.sign_in().start(&web.ctx, &provider, Purpose::SignIn, continuation).await;
    let next = match started {
        Err(error) if error.refusal() == Refusal::ProviderDown => {
            provider_down(&error, &provider, &entry)
        }
        started => to_provider(&context, started),
    };
    respond(&context, &next)
}

#[server(prefix = "/fn", endpoint = "signin/password")]
pub async fn sign_in_password(
    email: String,
    password: String,
    #[server(default)] entry: String,
) -> Result<(), Code> {
    let (context, web) = asked();
    let continuation = web.continuation(&context.ligature, &entry).await;
    let result = context
        .ligature
        .sign_in()
        .sign_in_by_password(&web.ctx, &email, &password, continuation)
        .await;
    let next = match result {
        Err(error) if error.refusal() == Refusal::CredentialsWrong => {
            let flash = Flash {
                notice: "login-wrong".into(),
                typed: vec![("email".into(), bounded(&email, 254))],
                ..Flash::default()
            };
            redirect_with_flash(
                &context,
                &web,
                &paths::with_entry(paths::LOGIN_STAY, &entry),
                flash,
            )
            .await
        }
        other => leave(&context, other).await,
    };
    respond(&context, &next)
}
