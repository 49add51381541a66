//! "Confirm that it is you": the session's person signs in once more, and goes on to what needed it.
use crate::{
    components::{CeremonyForm, Field, NeedsScript, ProviderButton, Said},
    context::asked,
    i18n::{Lang, t, ta},
    outcome::{Code, Flash, leave, redirect_with_flash, respond, to_provider},
    page_request::{Answer, PageRequest},
    paths,
    render::{Head, Layout, page},
};
use axum::response::{IntoResponse, Redirect, Response};
use domain::{
    Refusal,
    path::{Continuation, SafePath},
};
use leptos::{prelude::*, server_fn::ServerFn};
use serde::Deserialize;
use service::{Error, Purpose, account::reauthenticate::ConfirmView};

/// The confirmation that comes before a page, or nothing when the last sign-in is recent.
pub(crate) async fn first<Q>(req: &PageRequest<Q>, to: &str) -> Result<Option<Response>, Error> {
    Ok((!req.context.ligature.reauthentication().is_recent(&req.web.ctx).await?)
        .then(|| Redirect::to(&paths::confirm(to)).into_response()))
}

/// What the page reads from its address.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct ConfirmQuery {
    /// Where a confirmation leads.
    pub to: String,
}

/// `GET /account/confirm?to=`
pub async fn confirm(req: PageRequest<ConfirmQuery>) -> Answer {
    if req.web.ctx.session.is_none() {
        return Ok(Redirect::to(paths::LOGIN_STAY).into_response());
    }
    let req = &req;
    let view = req.context.ligature.reauthentication().confirm_view(&req.web.ctx).await?;
    let to =
        SafePath::parse(&req.query.to).map_or_else(|_| paths::ACCOUNT.to_owned(), String::from);
    let (l, said) = (req.web.lang, req.flash.notice.clone());
    let head = Head::new(t(l, "confirm-title"), Layout::Narrow);
    Ok(page(
        &req.context,
        &req.web,
        head,
        move || view! { <ConfirmPage l=l ways=view to=to said=said/> },
    )
    .await)
}

#[component]
fn ConfirmPage(
    l: Lang,
    ways: ConfirmView,
    /// Where it leads.
    to: String,
    said: String,
) -> AnyView {
    let ConfirmView { password, passkey, code_to, providers } = ways;
    let by_passkey_alone = !password && code_to.is_none() && providers.is_empty();
    let none = by_passkey_alone && passkey.is_none();
    let hidden = || view! { <input type="hidden" name="to" value=to.clone()/> };
    view! {
        <h1>{t(l, "confirm-title")}</h1>
        <p class="lead">{t(l, if none { "confirm-none" } else { "confirm-lead" })}</p>
        <Said l=l key=said kind="bad"/>
        {password.then(|| view! {
            <form method="post" action=ConfirmPassword::url() class="stack">
                {hidden()}
                <Field name="password" label={t(l, "password")} kind="password" autocomplete="current-password" required=true max=256/>
                <button class="primary">{t(l, "code-go")}</button>
            </form>
        })}
        {(passkey.is_some() && by_passkey_alone).then(|| view! { <NeedsScript l=l/> })}
        {passkey.map(|c| {
            let to = hidden();
            view! { <CeremonyForm l=l action=ConfirmPasskey::url() kind="again" ceremony=c label={t(l, "confirm-passkey")}>{to}</CeremonyForm> }
        })}
        <div class="buttons">
            {providers.into_iter().map(|b| {
                let label = ta(l, "confirm-with", &[("provider", &b.name)]);
                view! { <ProviderButton l=l provider=b action=ConfirmByProvider::url() label=label with=vec![("to", to.clone())]/> }
            }).collect_view()}
            {code_to.map(|address| view! {
                <form method="post" action=AskConfirmCode::url()>{hidden()}<button class="provider">{ta(l, "confirm-code", &[("address", &address)])}</button></form>
            })}
        </div>
        <p class="links"><a href=paths::ACCOUNT>{t(l, "confirm-leave")}</a></p>
    }
    .into_any()
}

/// Where a confirmation leads: a path of ours, or My Account.
fn after(to: &str) -> Continuation {
    SafePath::parse(to).map_or(Continuation::Account, Continuation::Path)
}

#[server(prefix = "/fn", endpoint = "account/confirm/password")]
pub async fn confirm_password(password: String, #[server(default)] to: String) -> Result<(), Code> {
    let (context, web) = asked();
    let next = match context
        .ligature
        .reauthentication()
        .confirm_by_password(&web.ctx, &password, after(&to))
        .await
    {
        Err(error) if error.refusal() == Refusal::CredentialsWrong => {
            redirect_with_flash(
                &context,
                &web,
                &paths::confirm(&paths::safe(&to)),
                Flash::notice("confirm-wrong"),
            )
            .await
        }
        other => leave(&context, other).await,
    };
    respond(&context, &next)
}

#[server(prefix = "/fn", endpoint = "account/confirm/passkey")]
pub async fn confirm_passkey(
    ceremony: String,
    #[server(default)] credential: String,
    #[server(default)] to: String,
) -> Result<(), Code> {
    let (context, web) = asked();
    let next = match context
        .ligature
        .reauthentication()
        .confirm_by_passkey(&web.ctx, &ceremony, &credential, after(&to))
        .await
    {
        Err(error)
            if matches!(
                error.refusal(),
                Refusal::PasskeyWrong | Refusal::AttemptExpired | Refusal::OtherAccount
            ) =>
        {
            redirect_with_flash(
                &context,
                &web,
                &paths::confirm(&paths::safe(&to)),
                Flash::notice("passkey-wrong"),
            )
            .await
        }
        other => leave(&context, other).await,
    };
    respond(&context, &next)
}

#[server(prefix = "/fn", endpoint = "account/confirm/provider")]
pub async fn confirm_by_provider(
    provider: String,
    #[server(default)] to: String,
) -> Result<(), Code> {
    let (context, web) = asked();
    let started =
        context.ligature.sign_in().start(&web.ctx, &provider, Purpose::Confirm, after(&to)).await;
    respond(&context, &to_provider(&context, started))
}

#[server(prefix = "/fn", endpoint = "account/confirm/code")]
pub async fn ask_confirm_code(#[server(default)] to: String) -> Result<(), Code> {
    let (context, web) = asked();
    let result = context.ligature.reauthentication().ask_confirm_code(&web.ctx, after(&to)).await;
    let next = leave(&context, result).await;
    respond(&context, &next)
}
