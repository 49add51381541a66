//! Taking changes back, by a notice's link or from My Account.
use domain::Refusal;
use leptos::prelude::*;
use service::{Error, account::undo::Undone};

use crate::{
    context::{Context, WebRequest, asked},
    forms::bounded,
    outcome::{Code, Flash, SeeOther, redirect_with_flash, refuse, respond},
    paths,
};

/// Back to the link's page, with what went wrong if the person can mend it there.
async fn again(context: &Context, web: &WebRequest, secret: &str, result: Result<(), Error>) -> SeeOther {
    let page = paths::undo(&bounded(secret, 64));
    match result {
        Ok(()) => SeeOther::local(page),
        Err(fault) if matches!(fault.refusal(), Refusal::CredentialsWrong | Refusal::PasskeyWrong) => redirect_with_flash(context, web, &page, Flash::notice("undo-wrong")).await,
        Err(fault) if fault.refusal() == Refusal::UndoCredential => redirect_with_flash(context, web, &page, Flash::notice("undo-not-before")).await,
        Err(fault) if fault.refusal() == Refusal::CodeWrong => redirect_with_flash(context, web, &page, Flash::notice("undo-code-wrong")).await,
        Err(fault) => refuse(&fault),
    }
}

#[server(prefix = "/fn", endpoint = "undo")]
pub async fn begin_undo(secret: String) -> Result<(), Code> {
    let (context, web) = asked();
    let next = match context.ligature.rewinds().begin_undo(&web.ctx, &secret).await {
        Ok(_) => SeeOther::local(paths::undo(&secret)),
        Err(fault) => refuse(&fault),
    };
    respond(&context, &next);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "undo/password")]
pub async fn undo_password(secret: String, password: String) -> Result<(), Code> {
    let (context, web) = asked();
    let result = context.ligature.rewinds().undo_by_password(&web.ctx, &secret, &password).await;
    let next = again(&context, &web, &secret, result).await;
    respond(&context, &next);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "undo/passkey")]
pub async fn undo_passkey(secret: String, ceremony: String, #[server(default)] credential: String) -> Result<(), Code> {
    let (context, web) = asked();
    let result = context.ligature.rewinds().undo_by_passkey(&web.ctx, &secret, &ceremony, &credential).await;
    let next = again(&context, &web, &secret, result).await;
    respond(&context, &next);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "undo/finish")]
pub async fn finish_undo(secret: String, #[server(default)] first: String, #[server(default)] code: String, #[server(default)] answer: String) -> Result<(), Code> {
    let (context, web) = asked();
    let ligature = &context.ligature;
    let result = if answer == "keep" {
        ligature.rewinds().keep_changes(&web.ctx, &secret, &code).await.map(|()| "undone-kept")
    } else {
        let done = ligature.rewinds().finish_undo(&web.ctx, &secret, first.parse().ok(), &code).await;
        done.map(|done| match done {
            Undone::Back => "undone",
            Undone::Barred => "undone-gone",
        })
    };
    let next = match result {
        Ok(text) => redirect_with_flash(&context, &web, paths::LOGIN_STAY, Flash::notice(text)).await,
        Err(fault) => again(&context, &web, &secret, Err(fault)).await,
    };
    respond(&context, &next);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "account/undo")]
pub async fn ask_own_undo(change: String) -> Result<(), Code> {
    let (context, web) = asked();
    let next = match context.ligature.rewinds().ask_own_undo(&web.ctx, change.parse().unwrap_or_default()).await {
        Ok(secret) => SeeOther::local(paths::undo(&secret)),
        Err(fault) => refuse(&fault),
    };
    respond(&context, &next);
    Ok(())
}
