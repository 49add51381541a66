//! Signing in: the page, the password form, and the buttons of providers.
use crate::{
    account::passkeys::ceremony_form,
    components::{ContactField, Field, Notice, ProviderButton},
    context::asked,
    form_input::bounded,
    i18n::{Lang, t, ta},
    outcome::{Code, Flash, leave, redirect_with_flash, respond, to_provider},
    page_request::{Answer, PageRequest},
    paths,
    render::{Head, Layout, page},
};
use axum::response::{IntoResponse, Redirect};
use domain::Refusal;
use leptos::{prelude::*, server_fn::ServerFn};
use serde::Deserialize;
use service::{Purpose, account::passkeys::Ceremony, policy::providers::Button};

#[server(prefix = "/fn", endpoint = "signin/passkey")]
pub async fn sign_in_passkey(
    ceremony: String,
    #[server(default)] credential: String,
    #[server(default)] entry: String,
) -> Result<(), Code> {
    let (context, web) = asked();
    let continuation = web.continuation(&context.ligature, &entry);
    let next = match context
        .ligature
        .passkeys()
        .sign_in_by_passkey(&web.ctx, &ceremony, &credential, continuation)
        .await
    {
        Err(fault)
            if matches!(fault.refusal(), Refusal::PasskeyWrong | Refusal::AttemptExpired) =>
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
    respond(&context, &next);
    Ok(())
}

/// Origins that a form on a sign-in page may lead to.
pub(crate) fn destinations<Q>(
    req: &PageRequest<Q>,
    entry: &str,
    buttons: &[Button],
) -> Vec<String> {
    let application =
        req.web.entry(&req.context.ligature, entry).and_then(|r| origin(&r.redirect_uri));
    buttons.iter().filter_map(|b| b.origin.clone()).chain(application).collect()
}

/// Scheme and host of a URL.
pub(crate) fn origin(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let host: String = rest.chars().take_while(|c| !matches!(c, '/' | '?' | '#')).collect();
    (!host.is_empty() && !host.contains('@')).then(|| format!("{scheme}://{host}"))
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
    let application =
        req.web.entry(&req.context.ligature, &req.query.entry).map(|r| r.application_name);
    if req.web.ctx.session.is_some() && req.query.entry.is_empty() && req.query.stay.is_empty() {
        return Ok(Redirect::to(paths::ACCOUNT).into_response());
    }
    let client = req.web.client_of(&req.context.ligature, &req.query.entry);
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
    let title = application.map_or_else(
        || t(l, "login-title"),
        |name| ta(l, "login-title-application", &[("name", &name)]),
    );
    let head = Head::new(title.clone(), Layout::Narrow).origins(destinations(
        req,
        &req.query.entry,
        &buttons,
    ));
    let (mut flash, entry) = (req.flash.clone(), req.query.entry.clone());
    if let Some(hint) = req
        .web
        .entry(&req.context.ligature, &entry)
        .map(|r| r.login_hint)
        .filter(|h| !h.is_empty() && flash.typed("email").is_empty())
    {
        flash.typed.push(("email".into(), hint));
    }
    Ok(page(&req.context, &req.web, head, move || {
        login_view(l, title, buttons, local, &last, &flash, &entry)
    })
    .await)
}

/// With one provider and no password there is nothing to ask (ZI-12). When it does not answer, the refusal leads to the page.
async fn straight_to(req: &PageRequest<LoginQuery>, key: &str) -> Answer {
    let continuation = req.web.continuation(&req.context.ligature, &req.query.entry);
    let started = req
        .context
        .ligature
        .sign_in()
        .start(&req.web.ctx, key, Purpose::SignIn, continuation)
        .await?;
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

fn login_view(
    l: Lang,
    title: String,
    buttons: Vec<Button>,
    Local { password, code, phones, passkey }: Local,
    last: &str,
    flash: &Flash,
    entry: &str,
) -> impl IntoView + use<> {
    let message = (!flash.notice.is_empty())
        .then(|| view! { <Notice kind={if ["login-wrong", "passkey-wrong"].contains(&flash.notice.as_str()) { "bad" } else { "good" }} text={t(l, &flash.notice)}/> }.into_any());
    let any = !buttons.is_empty();
    let last = last.to_owned();
    let entry = entry.to_owned();
    // The browser offers passkeys in this field by itself.
    let username = if passkey.is_some() { "username webauthn" } else { "username" };
    let nothing = !any && !password && !code && passkey.is_none();
    let by_passkey = passkey.map(|c| {
        let entry = view! { <input type="hidden" name="entry" value=entry.clone()/> }.into_any();
        ceremony_form(
            l,
            SignInPasskey::url(),
            if flash.notice == "passkey-wrong" { "again" } else { "get" },
            c,
            &t(l, "login-by-passkey"),
            entry,
        )
    });
    view! {
        <h1>{title}</h1>
        {message}
        {by_passkey}
        <div class="buttons">{buttons.into_iter().map(|b| {
            let label = ta(l, "login-with", &[("provider", &b.name)]);
            let tag = (b.key == last).then(|| t(l, "login-last"));
            view! { <ProviderButton provider=b action=SignInWithProvider::url() label=label with=vec![("entry", entry.clone())] tag=tag/> }
        }).collect_view()}</div>
        {nothing.then(|| view! { <Notice kind="warn" text={t(l, "login-nothing")}/> }.into_any())}
        {(any && password).then(|| view! { <p class="divider"><span>{t(l, "or")}</span></p> })}
        {password.then(|| view! {
        <form method="post" action=SignInPassword::url() class="stack">
            <input type="hidden" name="entry" value=entry.clone()/>
            <ContactField l=l address=true phone=phones value={flash.typed("email")} autocomplete=username/>
            <Field name="password" label={t(l, "password")} kind="password" autocomplete="current-password" required=true max=256/>
            <button class="primary">{t(l, "sign-in")}</button>
        </form>
        <p class="links"><a href=paths::with_entry(paths::SIGN_UP, &entry)>{t(l, "login-new")}</a><a href=paths::with_entry(paths::RESET, &entry)>{t(l, "login-forgot")}</a></p>
        })}
        {code.then(|| view! { <p class="links"><a href=paths::with_entry(paths::LOGIN_CODE, &entry)>{t(l, "login-by-code")}</a></p> })}
    }
}

/// Off to a provider, perhaps on the way to an application.
#[server(prefix = "/fn", endpoint = "signin/provider")]
pub async fn sign_in_with_provider(
    provider: String,
    #[server(default)] entry: String,
) -> Result<(), Code> {
    let (context, web) = asked();
    let continuation = web.continuation(&context.ligature, &entry);
    let started =
        context.ligature.sign_in().start(&web.ctx, &provider, Purpose::SignIn, continuation).await;
    respond(&context, &to_provider(&context, started));
    Ok(())
}

#[server(prefix = "/fn", endpoint = "signin/password")]
pub async fn sign_in_password(
    email: String,
    password: String,
    #[server(default)] entry: String,
) -> Result<(), Code> {
    let (context, web) = asked();
    let continuation = web.continuation(&context.ligature, &entry);
    let result = context
        .ligature
        .sign_in()
        .sign_in_by_password(&web.ctx, &email, &password, continuation)
        .await;
    let next = match result {
        Err(fault) if fault.refusal() == Refusal::CredentialsWrong => {
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
    respond(&context, &next);
    Ok(())
}
