//! Passkeys: the browser's answers, as fields of ordinary forms.
use domain::Refusal;
use leptos::prelude::*;

use crate::{
    context::asked,
    forms::bounded,
    outcome::{Code, Flash, Leave, back, go, leave, refuse},
    paths,
};

#[server(prefix = "/fn", endpoint = "signin/passkey")]
pub async fn sign_in_passkey(ceremony: String, #[server(default)] credential: String, #[server(default)] entry: String) -> Result<(), Code> {
    let (context, asker) = asked();
    let continuation = asker.continuation(&context.ligature, &entry);
    let next = match context.ligature.sign_in_by_passkey(&asker.visitor, &ceremony, &credential, continuation).await {
        Err(fault) if matches!(fault.refusal(), Refusal::PasskeyWrong | Refusal::AttemptExpired) => {
            back(&context, &asker, &paths::with_entry(paths::LOGIN_STAY, &entry), Flash::notice("passkey-wrong")).await
        }
        other => leave(&context, other).await,
    };
    go(&context, &next);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "attempt/passkey")]
pub async fn bind_by_passkey(attempt: String, ceremony: String, #[server(default)] credential: String) -> Result<(), Code> {
    let (context, asker) = asked();
    let next = leave(&context, context.ligature.bind_by_passkey(&asker.visitor, &attempt, &ceremony, &credential).await).await;
    go(&context, &next);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "account/passkey")]
pub async fn add_passkey(ceremony: String, #[server(default)] credential: String, #[server(default)] nickname: String) -> Result<(), Code> {
    let (context, asker) = asked();
    let next = match context.ligature.add_passkey(&asker.visitor, &ceremony, &credential, &bounded(&nickname, 40)).await {
        Ok(()) => back(&context, &asker, paths::PASSKEYS, Flash::notice("passkey-added")).await,
        Err(fault) => match fault.refusal() {
            Refusal::PasskeyWrong | Refusal::AttemptExpired => back(&context, &asker, paths::PASSKEYS, Flash::notice("passkey-failed")).await,
            Refusal::NotRecent => Leave::local(paths::confirm(paths::PASSKEYS)),
            _ => refuse(&fault),
        },
    };
    go(&context, &next);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "account/passkey/remove")]
pub async fn remove_passkey(id: String) -> Result<(), Code> {
    let (context, asker) = asked();
    let next = match context.ligature.remove_passkey(&asker.visitor, &id).await {
        Ok(()) => back(&context, &asker, paths::PASSKEYS, Flash::notice("passkey-removed")).await,
        Err(fault) if fault.refusal() == Refusal::NotRecent => Leave::local(paths::confirm(paths::PASSKEYS)),
        Err(fault) => refuse(&fault),
    };
    go(&context, &next);
    Ok(())
}
