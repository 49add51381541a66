//! Taking changes back, by a notice's link or from My Account.
use domain::Refusal;
use leptos::prelude::*;
use service::{Fault, account::undo::Undone};

use crate::{
    context::{Asker, Context, asked},
    forms::bounded,
    outcome::{Code, Flash, Leave, back, go, refuse},
    paths,
};

/// Back to the link's page, with what went wrong if the person can mend it there.
async fn again(context: &Context, asker: &Asker, secret: &str, result: Result<(), Fault>) -> Leave {
    let page = paths::undo(&bounded(secret, 64));
    match result {
        Ok(()) => Leave::local(page),
        Err(fault) if matches!(fault.refusal(), Refusal::CredentialsWrong | Refusal::PasskeyWrong) => back(context, asker, &page, Flash::notice("undo-wrong")).await,
        Err(fault) if fault.refusal() == Refusal::UndoCredential => back(context, asker, &page, Flash::notice("undo-not-before")).await,
        Err(fault) if fault.refusal() == Refusal::CodeWrong => back(context, asker, &page, Flash::notice("undo-code-wrong")).await,
        Err(fault) => refuse(&fault),
    }
}

#[server(prefix = "/fn", endpoint = "undo")]
pub async fn begin_undo(secret: String) -> Result<(), Code> {
    let (context, asker) = asked();
    let next = match context.ligature.begin_undo(&asker.visitor, &secret).await {
        Ok(_) => Leave::local(paths::undo(&secret)),
        Err(fault) => refuse(&fault),
    };
    go(&context, &next);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "undo/password")]
pub async fn undo_password(secret: String, password: String) -> Result<(), Code> {
    let (context, asker) = asked();
    let result = context.ligature.undo_by_password(&asker.visitor, &secret, &password).await;
    let next = again(&context, &asker, &secret, result).await;
    go(&context, &next);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "undo/passkey")]
pub async fn undo_passkey(secret: String, ceremony: String, #[server(default)] credential: String) -> Result<(), Code> {
    let (context, asker) = asked();
    let result = context.ligature.undo_by_passkey(&asker.visitor, &secret, &ceremony, &credential).await;
    let next = again(&context, &asker, &secret, result).await;
    go(&context, &next);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "undo/finish")]
pub async fn finish_undo(secret: String, #[server(default)] first: String, #[server(default)] code: String, #[server(default)] answer: String) -> Result<(), Code> {
    let (context, asker) = asked();
    let ligature = &context.ligature;
    let result = if answer == "keep" {
        ligature.keep_changes(&asker.visitor, &secret, &code).await.map(|()| "undone-kept")
    } else {
        let done = ligature.finish_undo(&asker.visitor, &secret, first.parse().ok(), &code).await;
        done.map(|done| match done {
            Undone::Back => "undone",
            Undone::Barred => "undone-gone",
        })
    };
    let next = match result {
        Ok(text) => back(&context, &asker, paths::LOGIN_STAY, Flash::notice(text)).await,
        Err(fault) => again(&context, &asker, &secret, Err(fault)).await,
    };
    go(&context, &next);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "account/undo")]
pub async fn ask_own_undo(change: String) -> Result<(), Code> {
    let (context, asker) = asked();
    let next = match context.ligature.ask_own_undo(&asker.visitor, change.parse().unwrap_or_default()).await {
        Ok(secret) => Leave::local(paths::undo(&secret)),
        Err(fault) => refuse(&fault),
    };
    go(&context, &next);
    Ok(())
}
