//! The person's word on what an application or a device may have.
use domain::Refusal;
use leptos::prelude::*;

use crate::{
    context::asked,
    forms::bounded,
    outcome::{Code, Flash, Leave, back, go, granted, leave, refuse},
    paths,
};

#[server(prefix = "/fn", endpoint = "consent")]
pub async fn consent(entry: String, answer: String) -> Result<(), Code> {
    let (context, asker) = asked();
    let next = match asker.entry(&context.ligature, &entry) {
        None => refuse(&Refusal::AttemptExpired.into()),
        Some(request) => match context.ligature.consent(&asker.visitor, &request, answer == "allow").await {
            Ok(next) => granted(&context, next).unwrap_or_else(|fault| refuse(&fault)),
            Err(fault) if fault.refusal() == Refusal::SessionEnded => Leave::local(paths::with_entry(paths::LOGIN, &entry)),
            Err(fault) => refuse(&fault),
        },
    };
    go(&context, &next);
    Ok(())
}

/// The person proves the address that an application wants to know, or goes on without.
#[server(prefix = "/fn", endpoint = "address")]
pub async fn prove_address(entry: String, answer: String) -> Result<(), Code> {
    let (context, asker) = asked();
    let ligature = &context.ligature;
    let next = match (asker.entry(ligature, &entry), answer.as_str()) {
        (None, _) => refuse(&Refusal::AttemptExpired.into()),
        (Some(_), _) if asker.visitor.session.is_none() => Leave::local(paths::with_entry(paths::LOGIN, &entry)),
        (Some(request), "send") => leave(&context, ligature.ask_address_code(&asker.visitor, &request).await).await,
        (Some(request), _) => match ligature.go_without_address(&asker.visitor, &request).await {
            Ok(next) => granted(&context, next).unwrap_or_else(|fault| refuse(&fault)),
            Err(fault) => refuse(&fault),
        },
    };
    go(&context, &next);
    Ok(())
}

/// On without the address, from the page that awaits its code.
#[server(prefix = "/fn", endpoint = "attempt/without")]
pub async fn leave_address(attempt: String) -> Result<(), Code> {
    let (context, asker) = asked();
    let next = match context.ligature.leave_address(&asker.visitor, &attempt).await {
        Ok(next) => granted(&context, next).unwrap_or_else(|fault| refuse(&fault)),
        Err(fault) => refuse(&fault),
    };
    go(&context, &next);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "device")]
pub async fn settle_device(code: String, answer: String) -> Result<(), Code> {
    let (context, asker) = asked();
    let next = match context.ligature.settle_device(&asker.visitor, &code, answer == "allow").await {
        Ok(()) => back(&context, &asker, paths::DEVICE, Flash::notice(if answer == "allow" { "device-allowed" } else { "device-denied" })).await,
        Err(fault) if fault.refusal() == Refusal::SessionEnded => Leave::local(paths::LOGIN_STAY),
        // The page says who has to sign in once more, and for what.
        Err(fault) if fault.refusal() == Refusal::NotAllowed => Leave::local(format!("{}?code={}", paths::DEVICE, bounded(&code, 20))),
        Err(fault) if fault.refusal() == Refusal::CodeWrong => {
            let flash = Flash { problems: vec![("code".into(), "device-unknown".into())], typed: vec![("code".into(), bounded(&code, 20))], ..Flash::default() };
            back(&context, &asker, paths::DEVICE, flash).await
        }
        Err(fault) => refuse(&fault),
    };
    go(&context, &next);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "account/application/revoke")]
pub async fn revoke_application(client_id: String) -> Result<(), Code> {
    let (context, asker) = asked();
    let next = match context.ligature.revoke_application(&asker.visitor, &client_id).await {
        Ok(()) => back(&context, &asker, paths::APPLICATIONS, Flash::notice("application-revoked")).await,
        Err(fault) => refuse(&fault),
    };
    go(&context, &next);
    Ok(())
}
