//! Passkeys: the browser's answers, as fields of ordinary forms.
use domain::Refusal;
use leptos::prelude::*;

use crate::{
    context::asked,
    forms::bounded,
    outcome::{Code, Flash, SeeOther, leave, redirect_with_flash, refuse, respond},
    paths,
};

#[server(prefix = "/fn", endpoint = "signin/passkey")]
pub async fn sign_in_passkey(ceremony: String, #[server(default)] credential: String, #[server(default)] entry: String) -> Result<(), Code> {
    let (context, web) = asked();
    let continuation = web.continuation(&context.ligature, &entry);
    let next = match context.ligature.passkeys().sign_in_by_passkey(&web.ctx, &ceremony, &credential, continuation).await {
        Err(fault) if matches!(fault.refusal(), Refusal::PasskeyWrong | Refusal::AttemptExpired) => {
            redirect_with_flash(&context, &web, &paths::with_entry(paths::LOGIN_STAY, &entry), Flash::notice("passkey-wrong")).await
        }
        other => leave(&context, other).await,
    };
    respond(&context, &next);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "attempt/passkey")]
pub async fn bind_by_passkey(attempt: String, ceremony: String, #[server(default)] credential: String) -> Result<(), Code> {
    let (context, web) = asked();
    let next = leave(&context, context.ligature.attempt_steps().bind_by_passkey(&web.ctx, &attempt, &ceremony, &credential).await).await;
    respond(&context, &next);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "account/passkey")]
pub async fn add_passkey(ceremony: String, #[server(default)] credential: String, #[server(default)] nickname: String) -> Result<(), Code> {
    let (context, web) = asked();
    let next = match context.ligature.passkeys().add_passkey(&web.ctx, &ceremony, &credential, &bounded(&nickname, 40)).await {
        Ok(()) => redirect_with_flash(&context, &web, paths::PASSKEYS, Flash::notice("passkey-added")).await,
        Err(fault) => match fault.refusal() {
            Refusal::PasskeyWrong | Refusal::AttemptExpired => redirect_with_flash(&context, &web, paths::PASSKEYS, Flash::notice("passkey-failed")).await,
            Refusal::NotRecent => SeeOther::local(paths::confirm(paths::PASSKEYS)),
            _ => refuse(&fault),
        },
    };
    respond(&context, &next);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "account/passkey/remove")]
pub async fn remove_passkey(id: String) -> Result<(), Code> {
    let (context, web) = asked();
    let next = match context.ligature.passkeys().remove_passkey(&web.ctx, &id).await {
        Ok(()) => redirect_with_flash(&context, &web, paths::PASSKEYS, Flash::notice("passkey-removed")).await,
        Err(fault) if fault.refusal() == Refusal::NotRecent => SeeOther::local(paths::confirm(paths::PASSKEYS)),
        Err(fault) => refuse(&fault),
    };
    respond(&context, &next);
    Ok(())
}
