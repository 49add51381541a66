//! The person's word on what an application or a device may have.
use domain::Refusal;
use leptos::prelude::*;
use service::Destination;

use crate::{
    context::asked,
    forms::bounded,
    outcome::{Code, Flash, Leave, back, go, refuse},
    paths,
};

#[server(prefix = "/fn", endpoint = "consent")]
pub async fn consent(entry: String, answer: String) -> Result<(), Code> {
    let (context, asker) = asked();
    let next = match asker.entry(&context.ligature, &entry) {
        None => refuse(&Refusal::AttemptExpired.into()),
        Some(request) => match context.ligature.consent(&asker.visitor, &request, answer == "allow").await {
            Ok(uri) => Leave { to: Destination::Application(uri), cookies: Vec::new() },
            Err(fault) if fault.refusal() == Refusal::SessionEnded => Leave::local(paths::with_entry(paths::LOGIN, &entry)),
            Err(fault) => refuse(&fault),
        },
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
