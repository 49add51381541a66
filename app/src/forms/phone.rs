//! The telephone number of one's own account.
use domain::Refusal;
use leptos::prelude::*;

use crate::{
    context::asked,
    forms::bounded,
    outcome::{Code, Flash, SeeOther, leave, redirect_with_flash, refuse, respond},
    paths,
};

#[server(prefix = "/fn", endpoint = "account/phone")]
pub async fn change_phone(phone: String) -> Result<(), Code> {
    let (context, web) = asked();
    let next = match context.ligature.account_settings().ask_new_phone(&web.ctx, &phone).await {
        Err(fault) if let Some(problem) = problem(fault.refusal()) => {
            let flash = Flash { problems: vec![("phone".into(), problem.into())], typed: vec![("phone".into(), bounded(&phone, 40))], ..Flash::default() };
            redirect_with_flash(&context, &web, paths::PHONE, flash).await
        }
        Err(fault) if fault.refusal() == Refusal::NotRecent => SeeOther::local(paths::confirm(paths::PHONE)),
        other => leave(&context, other).await,
    };
    respond(&context, &next);
    Ok(())
}

/// What is said beside the field.
fn problem(refusal: Refusal) -> Option<&'static str> {
    match refusal {
        Refusal::BadRequest => Some("field-phone"),
        Refusal::NotAllowed => Some("field-phone-country"),
        _ => None,
    }
}

#[server(prefix = "/fn", endpoint = "account/phone/remove")]
pub async fn remove_phone() -> Result<(), Code> {
    let (context, web) = asked();
    let next = match context.ligature.account_settings().remove_phone(&web.ctx).await {
        Ok(()) => redirect_with_flash(&context, &web, paths::ACCOUNT, Flash::notice("phone-removed")).await,
        Err(fault) if fault.refusal() == Refusal::NotRecent => SeeOther::local(paths::confirm(paths::PHONE)),
        Err(fault) => refuse(&fault),
    };
    respond(&context, &next);
    Ok(())
}
