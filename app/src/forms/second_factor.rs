//! The second factor in My Account and in the console: begin, remove.
use domain::Refusal;
use leptos::prelude::*;
use service::LoginOutcome;

use crate::{
    context::asked,
    outcome::{Code, Flash, SeeOther, leave, redirect_with_flash, refuse, respond, turned_away},
    paths,
};

fn failed(fault: &service::Error, page: &str) -> SeeOther {
    match fault.refusal() {
        Refusal::NotRecent => SeeOther::local(paths::confirm(page)),
        Refusal::AttemptStep => SeeOther::local(page),
        _ => refuse(fault),
    }
}

#[server(prefix = "/fn", endpoint = "account/second-factor/begin")]
pub async fn begin_second_factor(#[server(default)] to: String, #[server(default)] entry: String) -> Result<(), Code> {
    let (context, web) = asked();
    let page = paths::safe(&paths::on_the_way(&to, &entry));
    let next = match context.ligature.second_factors().begin_second_factor(&web.ctx).await {
        Ok(()) => SeeOther::local(page),
        Err(fault) => failed(&fault, &page),
    };
    respond(&context, &next);
    Ok(())
}

/// The second factor was set up on the way to an application: the way goes on.
#[server(prefix = "/fn", endpoint = "account/second-factor/go-on")]
pub async fn go_on_with_factor(entry: String) -> Result<(), Code> {
    let (context, web) = asked();
    let next = match web.ctx.session.clone() {
        Some(caller) => leave(&context, Ok(LoginOutcome::Continue { caller: Box::new(caller), continuation: web.continuation(&context.ligature, &entry) })).await,
        None => refuse(&Refusal::SessionEnded.into()),
    };
    respond(&context, &next);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "account/second-factor/remove")]
pub async fn remove_second_factor() -> Result<(), Code> {
    let (context, web) = asked();
    let next = match context.ligature.second_factors().remove_second_factor(&web.ctx).await {
        Ok(()) => redirect_with_flash(&context, &web, paths::SECOND_FACTOR, Flash::notice("factor-off")).await,
        Err(fault) => failed(&fault, paths::SECOND_FACTOR),
    };
    respond(&context, &next);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "admin/account/second-factor")]
pub async fn admin_remove_second_factor(account: String) -> Result<(), Code> {
    let (context, web) = asked();
    let removed = match account.parse() {
        Ok(id) => context.ligature.second_factors().admin_remove_second_factor(&web.ctx, id).await,
        Err(_) => Err(Refusal::NotFound.into()),
    };
    let next = match removed {
        Ok(()) => redirect_with_flash(&context, &web, &paths::admin_account(&account), Flash::notice("factor-off")).await,
        Err(fault) => turned_away(&fault, &paths::admin_account(&account)),
    };
    respond(&context, &next);
    Ok(())
}
