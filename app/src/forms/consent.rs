//! The person's word on what an application or a device may have.
use domain::Refusal;
use leptos::prelude::*;

use crate::{
    context::asked,
    forms::bounded,
    outcome::{Code, Flash, SeeOther, granted, leave, redirect_with_flash, refuse, respond},
    paths,
};

#[server(prefix = "/fn", endpoint = "consent")]
pub async fn consent(entry: String, answer: String) -> Result<(), Code> {
    let (context, web) = asked();
    let next = match web.entry(&context.ligature, &entry) {
        None => refuse(&Refusal::AttemptExpired.into()),
        Some(request) => match context.ligature.authorization().consent(&web.ctx, &request, answer == "allow").await {
            Ok(next) => granted(&context, next).unwrap_or_else(|fault| refuse(&fault)),
            Err(fault) if fault.refusal() == Refusal::SessionEnded => SeeOther::local(paths::with_entry(paths::LOGIN, &entry)),
            Err(fault) => refuse(&fault),
        },
    };
    respond(&context, &next);
    Ok(())
}

/// The person proves the address that an application wants to know, or goes on without.
#[server(prefix = "/fn", endpoint = "address")]
pub async fn prove_address(entry: String, answer: String) -> Result<(), Code> {
    let (context, web) = asked();
    let ligature = &context.ligature;
    let next = match (web.entry(ligature, &entry), answer.as_str()) {
        (None, _) => refuse(&Refusal::AttemptExpired.into()),
        (Some(_), _) if web.ctx.session.is_none() => SeeOther::local(paths::with_entry(paths::LOGIN, &entry)),
        (Some(request), "send") => leave(&context, ligature.authorization().ask_address_code(&web.ctx, &request).await).await,
        (Some(request), _) => match ligature.authorization().go_without_address(&web.ctx, &request).await {
            Ok(next) => granted(&context, next).unwrap_or_else(|fault| refuse(&fault)),
            Err(fault) => refuse(&fault),
        },
    };
    respond(&context, &next);
    Ok(())
}

/// On without the address, from the page that awaits its code.
#[server(prefix = "/fn", endpoint = "attempt/without")]
pub async fn leave_address(attempt: String) -> Result<(), Code> {
    let (context, web) = asked();
    let next = match context.ligature.authorization().leave_address(&web.ctx, &attempt).await {
        Ok(next) => granted(&context, next).unwrap_or_else(|fault| refuse(&fault)),
        Err(fault) => refuse(&fault),
    };
    respond(&context, &next);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "device")]
pub async fn settle_device(code: String, answer: String) -> Result<(), Code> {
    let (context, web) = asked();
    let next = match context.ligature.tokens().settle_device(&web.ctx, &code, answer == "allow").await {
        Ok(()) => redirect_with_flash(&context, &web, paths::DEVICE, Flash::notice(if answer == "allow" { "device-allowed" } else { "device-denied" })).await,
        Err(fault) if fault.refusal() == Refusal::SessionEnded => SeeOther::local(paths::LOGIN_STAY),
        // The page says who has to sign in once more, and for what.
        Err(fault) if fault.refusal() == Refusal::NotAllowed => SeeOther::local(format!("{}?code={}", paths::DEVICE, bounded(&code, 20))),
        Err(fault) if fault.refusal() == Refusal::CodeWrong => {
            let flash = Flash { problems: vec![("code".into(), "device-unknown".into())], typed: vec![("code".into(), bounded(&code, 20))], ..Flash::default() };
            redirect_with_flash(&context, &web, paths::DEVICE, flash).await
        }
        Err(fault) => refuse(&fault),
    };
    respond(&context, &next);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "account/application/revoke")]
pub async fn revoke_application(client_id: String) -> Result<(), Code> {
    let (context, web) = asked();
    let next = match context.ligature.applications().revoke_application(&web.ctx, &client_id).await {
        Ok(()) => redirect_with_flash(&context, &web, paths::APPLICATIONS, Flash::notice("application-revoked")).await,
        Err(fault) => refuse(&fault),
    };
    respond(&context, &next);
    Ok(())
}
