//! The second factor in My Account and in the console: begin, remove.
use domain::Refusal;
use leptos::prelude::*;

use crate::{
    context::asked,
    outcome::{Code, Flash, Leave, back, go, refuse},
    paths,
};

fn failed(fault: &service::Fault) -> Leave {
    match fault.refusal() {
        Refusal::NotRecent => Leave::local(paths::confirm(paths::SECOND_FACTOR)),
        Refusal::AttemptStep => Leave::local(paths::SECOND_FACTOR),
        _ => refuse(fault),
    }
}

#[server(prefix = "/fn", endpoint = "account/second-factor/begin")]
pub async fn begin_second_factor() -> Result<(), Code> {
    let (context, asker) = asked();
    let next = match context.ligature.begin_second_factor(&asker.visitor).await {
        Ok(()) => Leave::local(paths::SECOND_FACTOR),
        Err(fault) => failed(&fault),
    };
    go(&context, &next);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "account/second-factor/remove")]
pub async fn remove_second_factor() -> Result<(), Code> {
    let (context, asker) = asked();
    let next = match context.ligature.remove_second_factor(&asker.visitor).await {
        Ok(()) => back(&context, &asker, paths::SECOND_FACTOR, Flash::notice("factor-off")).await,
        Err(fault) => failed(&fault),
    };
    go(&context, &next);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "admin/account/second-factor")]
pub async fn admin_remove_second_factor(account: String) -> Result<(), Code> {
    let (context, asker) = asked();
    let removed = match account.parse() {
        Ok(id) => context.ligature.admin_remove_second_factor(&asker.visitor, id).await,
        Err(_) => Err(Refusal::NotFound.into()),
    };
    let next = match removed {
        Ok(()) => back(&context, &asker, &paths::admin_account(&account), Flash::notice("factor-off")).await,
        Err(fault) => refuse(&fault),
    };
    go(&context, &next);
    Ok(())
}
