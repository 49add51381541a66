//! The second factor in My Account and in the console: begin, remove.
use domain::Refusal;
use leptos::prelude::*;
use service::Arrival;

use crate::{
    context::asked,
    outcome::{Code, Flash, Leave, back, go, leave, refuse, turned_away},
    paths,
};

fn failed(fault: &service::Fault, page: &str) -> Leave {
    match fault.refusal() {
        Refusal::NotRecent => Leave::local(paths::confirm(page)),
        Refusal::AttemptStep => Leave::local(page),
        _ => refuse(fault),
    }
}

#[server(prefix = "/fn", endpoint = "account/second-factor/begin")]
pub async fn begin_second_factor(#[server(default)] to: String, #[server(default)] entry: String) -> Result<(), Code> {
    let (context, asker) = asked();
    let page = paths::safe(&paths::on_the_way(&to, &entry));
    let next = match context.ligature.begin_second_factor(&asker.visitor).await {
        Ok(()) => Leave::local(page),
        Err(fault) => failed(&fault, &page),
    };
    go(&context, &next);
    Ok(())
}

/// The second factor was set up on the way to an application: the way goes on.
#[server(prefix = "/fn", endpoint = "account/second-factor/go-on")]
pub async fn go_on_with_factor(entry: String) -> Result<(), Code> {
    let (context, asker) = asked();
    let next = match asker.visitor.session.clone() {
        Some(caller) => leave(&context, Ok(Arrival::Continue { caller: Box::new(caller), continuation: asker.continuation(&context.ligature, &entry) })).await,
        None => refuse(&Refusal::SessionEnded.into()),
    };
    go(&context, &next);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "account/second-factor/remove")]
pub async fn remove_second_factor() -> Result<(), Code> {
    let (context, asker) = asked();
    let next = match context.ligature.remove_second_factor(&asker.visitor).await {
        Ok(()) => back(&context, &asker, paths::SECOND_FACTOR, Flash::notice("factor-off")).await,
        Err(fault) => failed(&fault, paths::SECOND_FACTOR),
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
        Err(fault) => turned_away(&fault, &paths::admin_account(&account)),
    };
    go(&context, &next);
    Ok(())
}
