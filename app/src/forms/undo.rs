//! Taking a change back, by a notice's link or in My Account.
use domain::Refusal;
use leptos::prelude::*;

use crate::{
    context::asked,
    outcome::{Code, Flash, Leave, back, go, refuse},
    pages::undo_key,
    paths,
};

#[server(prefix = "/fn", endpoint = "undo")]
pub async fn take_back(secret: String) -> Result<(), Code> {
    let (context, asker) = asked();
    let next = match context.ligature.undo(&secret).await {
        Ok(what) => back(&context, &asker, paths::LOGIN_STAY, Flash::notice(&format!("undone-{}", undo_key(what)))).await,
        Err(fault) => refuse(&fault),
    };
    go(&context, &next);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "account/undo")]
pub async fn take_own_back(id: String) -> Result<(), Code> {
    let (context, asker) = asked();
    let next = match context.ligature.undo_own(&asker.visitor, &id).await {
        Ok(what) => back(&context, &asker, paths::LOGIN_STAY, Flash::notice(&format!("undone-{}", undo_key(what)))).await.with(context.cookies.session("")),
        Err(fault) if fault.refusal() == Refusal::NotRecent => Leave::local(paths::confirm(paths::ACTIVITY)),
        Err(fault) => refuse(&fault),
    };
    go(&context, &next);
    Ok(())
}
