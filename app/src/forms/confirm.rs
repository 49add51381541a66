//! Signing in once more in a session.
use domain::{
    Refusal,
    path::{Continuation, SafePath},
};
use leptos::prelude::*;

use crate::{
    context::asked,
    outcome::{Code, Flash, leave, redirect_with_flash, respond},
    paths,
};

/// Where a confirmation leads: a path of ours, or My Account.
#[must_use]
pub fn after(to: &str) -> Continuation {
    SafePath::parse(to).map_or(Continuation::Account, Continuation::Path)
}

#[server(prefix = "/fn", endpoint = "account/confirm/password")]
pub async fn confirm_password(password: String, #[server(default)] to: String) -> Result<(), Code> {
    let (context, web) = asked();
    let next = match context.ligature.reauthentication().confirm_by_password(&web.ctx, &password, after(&to)).await {
        Err(fault) if fault.refusal() == Refusal::CredentialsWrong => redirect_with_flash(&context, &web, &paths::confirm(&paths::safe(&to)), Flash::notice("confirm-wrong")).await,
        other => leave(&context, other).await,
    };
    respond(&context, &next);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "account/confirm/passkey")]
pub async fn confirm_passkey(ceremony: String, #[server(default)] credential: String, #[server(default)] to: String) -> Result<(), Code> {
    let (context, web) = asked();
    let next = match context.ligature.reauthentication().confirm_by_passkey(&web.ctx, &ceremony, &credential, after(&to)).await {
        Err(fault) if matches!(fault.refusal(), Refusal::PasskeyWrong | Refusal::AttemptExpired | Refusal::OtherAccount) => {
            redirect_with_flash(&context, &web, &paths::confirm(&paths::safe(&to)), Flash::notice("passkey-wrong")).await
        }
        other => leave(&context, other).await,
    };
    respond(&context, &next);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "account/confirm/code")]
pub async fn ask_confirm_code(#[server(default)] to: String) -> Result<(), Code> {
    let (context, web) = asked();
    let result = context.ligature.reauthentication().ask_confirm_code(&web.ctx, after(&to)).await;
    let next = leave(&context, result).await;
    respond(&context, &next);
    Ok(())
}
