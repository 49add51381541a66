//! My Account: remove a method, end sessions, sign out.
use std::collections::BTreeMap;

use domain::{LinkId, Refusal};
use leptos::prelude::*;
use service::{
    Destination, Error,
    account::recovered::Mine,
    oidc_provider::{LogoutAsked, Out},
};

use crate::{
    context::{Context, WebRequest, asked},
    forms::{bounded, password_problem},
    outcome::{Code, Flash, SeeOther, leave, onward_with, redirect_with_flash, refuse, respond},
    paths,
};

async fn done(context: &Context, web: &WebRequest, result: Result<(), Error>, path: &str, notice: &str) -> SeeOther {
    match result {
        Ok(()) => redirect_with_flash(context, web, path, Flash::notice(notice)).await,
        // What was asked for is done after signing in once more (MA-09).
        Err(fault) if fault.refusal() == Refusal::NotRecent => SeeOther::local(paths::confirm(path)),
        Err(fault) => refuse(&fault),
    }
}

#[server(prefix = "/fn", endpoint = "account/remove")]
pub async fn remove_method(link: String) -> Result<(), Code> {
    let (context, web) = asked();
    let which = if link == "password" { Ok(None) } else { link.parse::<LinkId>().map(Some).map_err(|_| Error::from(Refusal::MethodUnknown)) };
    let result = match which {
        Ok(link) => context.ligature.account_settings().remove_method(&web.ctx, link).await,
        Err(fault) => Err(fault),
    };
    let next = done(&context, &web, result, paths::ACCOUNT, "method-removed").await;
    respond(&context, &next);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "account/email/remove")]
pub async fn remove_email(address: String, #[server(default)] foreign: String) -> Result<(), Code> {
    let (context, web) = asked();
    let result = context.ligature.account_settings().remove_own_email(&web.ctx, &address, !foreign.is_empty()).await;
    let next = done(&context, &web, result, paths::ACCOUNT, "address-removed").await;
    respond(&context, &next);
    Ok(())
}

/// From the page that shows what else opens a recovered account, on to the application: what is not ticked goes (PH-04).
#[server(prefix = "/fn", endpoint = "account/recovered")]
pub async fn leave_recovered(#[server(default)] entry: String, #[server(default)] mine: BTreeMap<String, String>) -> Result<(), Code> {
    let (context, web) = asked();
    let ticked = |kind: &str| mine.keys().take(200).filter_map(|key| key.strip_prefix(kind).map(str::to_owned)).collect::<Vec<_>>();
    let mine = Mine {
        links: ticked("link-").iter().filter_map(|id| id.parse().ok()).collect(),
        passkeys: ticked("passkey-").into_iter().collect(),
        addresses: ticked("address-").iter().filter_map(|name| address_of(name)).collect(),
    };
    let next = match context.ligature.account_settings().keep_only(&web.ctx, mine).await {
        Ok(()) => onward_with(&context, web.continuation(&context.ligature, &entry), web.ctx.session.clone()).await,
        Err(fault) if fault.refusal() == Refusal::LastAddress => redirect_with_flash(&context, &web, &paths::with_entry(paths::RECOVERED, &entry), Flash::notice("recovered-tick")).await,
        Err(fault) if fault.refusal() == Refusal::NotRecent => SeeOther::local(paths::confirm(paths::RECOVERED)),
        Err(fault) => refuse(&fault),
    };
    respond(&context, &next);
    Ok(())
}

/// An address in a field's name.
pub fn address_name(canonical: &str) -> String {
    canonical.bytes().map(|b| format!("{b:02x}")).collect()
}

fn address_of(name: &str) -> Option<String> {
    let digits: Vec<char> = name.chars().take(700).collect();
    let bytes: Option<Vec<u8>> = digits.chunks(2).map(|pair| u8::from_str_radix(&pair.iter().collect::<String>(), 16).ok()).collect();
    String::from_utf8(bytes?).ok()
}

#[server(prefix = "/fn", endpoint = "account/name")]
pub async fn name_method(link: String, #[server(default)] nickname: String) -> Result<(), Code> {
    let (context, web) = asked();
    let result = match link.parse::<LinkId>() {
        Ok(link) => context.ligature.account_settings().name_method(&web.ctx, link, &nickname).await,
        Err(_) => Err(Error::from(Refusal::MethodUnknown)),
    };
    let next = done(&context, &web, result, paths::ACCOUNT, "method-named").await;
    respond(&context, &next);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "account/sessions/end")]
pub async fn end_session(session: String) -> Result<(), Code> {
    let (context, web) = asked();
    let result = context.ligature.account_settings().end_sessions(&web.ctx, Some(session), false).await;
    let next = done(&context, &web, result, paths::SESSIONS, "session-ended").await;
    respond(&context, &next);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "account/sessions/end-others")]
pub async fn end_other_sessions() -> Result<(), Code> {
    let (context, web) = asked();
    let result = context.ligature.account_settings().end_sessions(&web.ctx, None, false).await;
    let next = done(&context, &web, result, paths::SESSIONS, "sessions-ended").await;
    respond(&context, &next);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "account/sessions/end-all")]
pub async fn end_all_sessions() -> Result<(), Code> {
    let (context, web) = asked();
    let next = match context.ligature.account_settings().end_sessions(&web.ctx, None, true).await {
        Ok(()) => redirect_with_flash(&context, &web, paths::LOGIN_STAY, Flash::notice("signed-out")).await.with(context.cookies.session("")),
        Err(fault) => refuse(&fault),
    };
    respond(&context, &next);
    Ok(())
}

/// After the question of the end-session endpoint.
#[server(prefix = "/fn", endpoint = "signout/asked")]
pub async fn sign_out_asked(#[server(default)] client_id: String, #[server(default)] post_logout_redirect_uri: String, #[server(default)] state: String) -> Result<(), Code> {
    let (context, web) = asked();
    let parameters: Vec<(String, String)> = [("client_id", client_id), ("post_logout_redirect_uri", post_logout_redirect_uri), ("state", state)].into_iter().map(|(k, v)| (k.to_owned(), v)).collect();
    let next = match context.ligature.logout().end_session_asked(&web.ctx, &parameters, true).await {
        Ok(LogoutAsked::Done(out) | LogoutAsked::Ask(out)) => signed_out(&context, &web, out).await,
        Err(fault) => refuse(&fault),
    };
    respond(&context, &next);
    Ok(())
}

/// Where a sign-out leads: straight back, or over the page with the applications' frames.
pub async fn signed_out(context: &Context, web: &WebRequest, out: Out) -> SeeOther {
    let leave = match (&out.to, out.frames.is_empty()) {
        (Some(to), true) => SeeOther { to: Destination::Application(to.clone()), cookies: Vec::new() },
        (None, true) => redirect_with_flash(context, web, paths::LOGIN_STAY, Flash::notice("signed-out")).await,
        (_, false) => match context.ligature.logout().seal_out(&out) {
            Ok(sealed) => SeeOther::local(paths::signed_out(&sealed)),
            Err(fault) => refuse(&fault),
        },
    };
    leave.with(context.cookies.session(""))
}

#[server(prefix = "/fn", endpoint = "signout")]
pub async fn sign_out() -> Result<(), Code> {
    let (context, web) = asked();
    let next = match context.ligature.sessions().sign_out(&web.ctx).await {
        Ok(()) => redirect_with_flash(&context, &web, paths::LOGIN_STAY, Flash::notice("signed-out")).await.with(context.cookies.session("")),
        Err(fault) => refuse(&fault),
    };
    respond(&context, &next);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "account/email")]
pub async fn change_email(email: String) -> Result<(), Code> {
    let (context, web) = asked();
    let next = match context.ligature.account_settings().ask_new_email(&web.ctx, &email).await {
        Err(fault) if fault.refusal() == Refusal::BadRequest => {
            let flash = Flash { problems: vec![("email".into(), "field-email".into())], typed: vec![("email".into(), bounded(&email, 254))], ..Flash::default() };
            redirect_with_flash(&context, &web, paths::EMAIL, flash).await
        }
        Err(fault) if fault.refusal() == Refusal::NotRecent => SeeOther::local(paths::confirm(paths::EMAIL)),
        other => leave(&context, other).await,
    };
    respond(&context, &next);
    Ok(())
}

/// "This mailbox is still mine", of an address that is contested (I13).
#[server(prefix = "/fn", endpoint = "account/email/keep")]
pub async fn keep_email(address: String) -> Result<(), Code> {
    let (context, web) = asked();
    let result = context.ligature.account_settings().keep_email(&web.ctx, &address).await;
    let next = done(&context, &web, result, paths::ACCOUNT, "address-kept").await;
    respond(&context, &next);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "account/password")]
pub async fn change_password(password: String) -> Result<(), Code> {
    let (context, web) = asked();
    let next = match context.ligature.account_settings().set_own_password(&web.ctx, &password).await {
        Ok(()) => redirect_with_flash(&context, &web, paths::ACCOUNT, Flash::notice("own-password-done")).await,
        Err(fault) if let Some(problem) = password_problem(fault.refusal()) => {
            let flash = Flash { problems: vec![("password".into(), problem.into())], ..Flash::default() };
            redirect_with_flash(&context, &web, paths::PASSWORD, flash).await
        }
        Err(fault) if fault.refusal() == Refusal::NotRecent => SeeOther::local(paths::confirm(paths::PASSWORD)),
        Err(fault) => refuse(&fault),
    };
    respond(&context, &next);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "account/merge")]
pub async fn merge_account(email: String, password: String) -> Result<(), Code> {
    let (context, web) = asked();
    let next = match context.ligature.merges().merge_by_password(&web.ctx, &email, &password).await {
        Err(fault) if fault.refusal() == Refusal::CredentialsWrong => {
            let flash = Flash { typed: vec![("email".into(), bounded(&email, 254))], ..Flash::notice("merge-wrong") };
            redirect_with_flash(&context, &web, paths::MERGE, flash).await
        }
        Err(fault) if fault.refusal() == Refusal::NotRecent => SeeOther::local(paths::confirm(paths::MERGE)),
        other => leave(&context, other).await,
    };
    respond(&context, &next);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "account/delete")]
pub async fn delete_account() -> Result<(), Code> {
    let (context, web) = asked();
    let next = match context.ligature.account_settings().close_account(&web.ctx).await {
        Ok(()) => redirect_with_flash(&context, &web, paths::LOGIN_STAY, Flash::notice("delete-done")).await.with(context.cookies.session("")),
        Err(fault) if fault.refusal() == Refusal::NotRecent => SeeOther::local(paths::confirm(paths::DELETE)),
        Err(fault) => refuse(&fault),
    };
    respond(&context, &next);
    Ok(())
}
