//! The steps of an attempt: choose, type the code, show a password, go back.
use std::collections::BTreeMap;

use domain::{facts::UserAction, policy::Target};
use leptos::prelude::*;

use crate::{
    context::asked,
    forms::{bounded, password_problem},
    outcome::{Code, Flash, SeeOther, leave, redirect_with_flash, refuse, respond},
    paths,
};

#[server(prefix = "/fn", endpoint = "attempt/pick")]
pub async fn pick(attempt: String, pick: String, #[server(default)] account: String) -> Result<(), Code> {
    let (context, web) = asked();
    let act = match (pick.as_str(), account.parse().ok()) {
        ("use_existing", _) => Some(UserAction::UseExisting),
        ("add_to_existing", target) => Some(UserAction::AddTo(target)),
        ("enter_account", _) => Some(UserAction::EnterAccount),
        ("create_new", _) => Some(UserAction::CreateNew),
        _ => None,
    };
    let next = match act {
        Some(act) => leave(&context, context.ligature.attempt_steps().pick(&web.ctx, &attempt, act).await).await,
        None => refuse(&domain::Refusal::AttemptStep.into()),
    };
    respond(&context, &next);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "attempt/code")]
pub async fn enter_code(attempt: String, code: String) -> Result<(), Code> {
    let (context, web) = asked();
    let next = leave(&context, context.ligature.attempt_steps().enter_code(&web.ctx, &attempt, &code).await).await;
    respond(&context, &next);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "attempt/resend")]
pub async fn resend(attempt: String) -> Result<(), Code> {
    let (context, web) = asked();
    let next = leave(&context, context.ligature.attempt_steps().resend(&web.ctx, &attempt).await).await;
    respond(&context, &next);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "attempt/password")]
pub async fn bind_by_password(attempt: String, #[server(default)] email: String, password: String) -> Result<(), Code> {
    let (context, web) = asked();
    let next = leave(&context, context.ligature.attempt_steps().bind_by_password(&web.ctx, &attempt, &email, &password).await).await;
    respond(&context, &next);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "attempt/cancel")]
pub async fn cancel(attempt: String) -> Result<(), Code> {
    let (context, web) = asked();
    let next = leave(&context, context.ligature.attempt_steps().cancel(&web.ctx, &attempt).await).await;
    respond(&context, &next);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "attempt/name")]
pub async fn bind_by_code(attempt: String, email: String) -> Result<(), Code> {
    let (context, web) = asked();
    let next = match context.ligature.attempt_steps().bind_by_code(&web.ctx, &attempt, &email).await {
        Err(fault) if fault.refusal() == domain::Refusal::BadRequest => {
            let problem = if context.ligature.configuration().has_texts() { "field-contact" } else { "field-email" };
            let flash = Flash { problems: vec![("email".into(), problem.into())], typed: vec![("email".into(), bounded(&email, 254))], ..Flash::default() };
            redirect_with_flash(&context, &web, &paths::attempt(&attempt, "bind"), flash).await
        }
        other => leave(&context, other).await,
    };
    respond(&context, &next);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "attempt/finish")]
pub async fn finish_sign_up(attempt: String, password: String) -> Result<(), Code> {
    let (context, web) = asked();
    let next = match context.ligature.attempt_steps().finish_with_password(&web.ctx, &attempt, &password).await {
        Err(fault) if let Some(problem) = password_problem(fault.refusal()) => {
            let flash = Flash { problems: vec![("password".into(), problem.into())], ..Flash::default() };
            redirect_with_flash(&context, &web, &paths::attempt(&attempt, "finish"), flash).await
        }
        other => leave(&context, other).await,
    };
    respond(&context, &next);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "attempt/email")]
pub async fn email_changed(attempt: String, pick: String) -> Result<(), Code> {
    let (context, web) = asked();
    let ligature = &context.ligature;
    let next = match pick.as_str() {
        "update" => leave(&context, ligature.attempt_steps().ask_email_code(&web.ctx, &attempt).await).await,
        "ignore" => leave(&context, ligature.attempt_steps().ignore_email(&web.ctx, &attempt).await).await,
        "later" => leave(&context, ligature.attempt_steps().leave_email(&web.ctx, &attempt).await).await,
        _ => refuse(&domain::Refusal::AttemptStep.into()),
    };
    respond(&context, &next);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "attempt/factor")]
pub async fn enter_factor(attempt: String, code: String) -> Result<(), Code> {
    let (context, web) = asked();
    let next = leave(&context, context.ligature.attempt_steps().enter_factor(&web.ctx, &attempt, &code).await).await;
    respond(&context, &next);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "attempt/details")]
pub async fn enter_details(attempt: String, #[server(default)] agreed: BTreeMap<String, String>, #[server(default)] fields: BTreeMap<String, String>) -> Result<(), Code> {
    let (context, web) = asked();
    let agreed: Vec<String> = agreed.into_values().take(50).collect();
    let typed = fields.iter().take(50).map(|(name, value)| (name.clone(), bounded(value, 120))).chain(agreed.iter().map(|a| (format!("agree.{a}"), "on".into()))).collect();
    let fields = fields.into_iter().filter_map(|(name, value)| Target::try_from(name).ok().map(|target| (target, value))).collect();
    let details = service::Details { agreed, fields };
    let next = match context.ligature.attempt_steps().details_problems(&web.ctx, &attempt, &details).await {
        Ok(problems) if problems.is_empty() => leave(&context, context.ligature.attempt_steps().enter_details(&web.ctx, &attempt, &details).await).await,
        Ok(problems) => {
            let problems = problems.into_iter().map(|(field, key)| (field, key.to_owned())).collect();
            redirect_with_flash(&context, &web, &paths::attempt(&attempt, "details"), Flash { problems, typed, ..Flash::default() }).await
        }
        Err(fault) => refuse(&fault),
    };
    respond(&context, &next);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "attempt/restore")]
pub async fn restore_account(attempt: String) -> Result<(), Code> {
    let (context, web) = asked();
    let next = leave(&context, context.ligature.attempt_steps().restore_account(&web.ctx, &attempt).await).await;
    respond(&context, &next);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "attempt/merge")]
pub async fn confirm_merge(attempt: String) -> Result<(), Code> {
    let (context, web) = asked();
    let next = match context.ligature.merges().confirm_merge(&web.ctx, &attempt).await {
        Err(fault) => refuse(&fault),
        Ok(arrival) => {
            let left = leave(&context, Ok(arrival)).await;
            let told = redirect_with_flash(&context, &web, paths::ACCOUNT, Flash::notice("merge-done")).await;
            SeeOther { to: told.to, cookies: left.cookies }
        }
    };
    respond(&context, &next);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "attempt/back")]
pub async fn back_to_application(attempt: String) -> Result<(), Code> {
    let (context, web) = asked();
    let next = match context.ligature.attempts().back_to_application(&web.ctx, &attempt).await {
        Ok(uri) => SeeOther { to: service::Destination::Application(uri), cookies: Vec::new() },
        Err(fault) => refuse(&fault),
    };
    respond(&context, &next);
    Ok(())
}
