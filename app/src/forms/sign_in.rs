//! Sign-in by password, sign-up, and asking for a new password.
use domain::Refusal;
use leptos::prelude::*;
use service::NewPerson;

use crate::{
    context::asked,
    forms::{bounded, password_problem},
    outcome::{Code, Flash, leave, redirect_with_flash, respond},
    paths,
};

#[server(prefix = "/fn", endpoint = "signin/password")]
pub async fn sign_in_password(email: String, password: String, #[server(default)] entry: String) -> Result<(), Code> {
    let (context, web) = asked();
    let continuation = web.continuation(&context.ligature, &entry);
    let result = context.ligature.sign_in().sign_in_by_password(&web.ctx, &email, &password, continuation).await;
    let next = match result {
        Err(fault) if fault.refusal() == Refusal::CredentialsWrong => {
            let flash = Flash { notice: "login-wrong".into(), typed: vec![("email".into(), bounded(&email, 254))], ..Flash::default() };
            redirect_with_flash(&context, &web, &paths::with_entry(paths::LOGIN_STAY, &entry), flash).await
        }
        other => leave(&context, other).await,
    };
    respond(&context, &next);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "signup")]
pub async fn sign_up(email: String, name: String, password: String, #[server(default)] entry: String) -> Result<(), Code> {
    let (context, web) = asked();
    let person = NewPerson { email, name, password };
    let mut problems = person.problems();
    if problems.is_empty() && context.ligature.passwords().is_leaked(&person.password).await {
        problems.push(("password", "field-password-leaked"));
    }
    let next = if problems.is_empty() {
        let continuation = web.continuation(&context.ligature, &entry);
        leave(&context, context.ligature.sign_in().sign_up(&web.ctx, person, continuation).await).await
    } else {
        let flash = Flash {
            problems: problems.into_iter().map(|(f, m)| (f.into(), m.into())).collect(),
            typed: vec![("email".into(), bounded(&person.email, 254)), ("name".into(), bounded(&person.name, 80))],
            ..Flash::default()
        };
        redirect_with_flash(&context, &web, &paths::with_entry(paths::SIGN_UP, &entry), flash).await
    };
    respond(&context, &next);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "reset/ask")]
pub async fn ask_reset(email: String, #[server(default)] entry: String) -> Result<(), Code> {
    let (context, web) = asked();
    let continuation = web.continuation(&context.ligature, &entry);
    let next = match context.ligature.sign_in().ask_reset(&web.ctx, &email, continuation).await {
        Err(fault) if fault.refusal() == Refusal::BadRequest => {
            let flash = Flash { problems: vec![("email".into(), "field-email".into())], typed: vec![("email".into(), bounded(&email, 254))], ..Flash::default() };
            redirect_with_flash(&context, &web, &paths::with_entry(paths::RESET, &entry), flash).await
        }
        other => leave(&context, other).await,
    };
    respond(&context, &next);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "signin/code")]
pub async fn ask_sign_in_code(email: String, #[server(default)] entry: String) -> Result<(), Code> {
    let (context, web) = asked();
    let continuation = web.continuation(&context.ligature, &entry);
    let next = match context.ligature.sign_in().ask_sign_in_code(&web.ctx, &email, continuation).await {
        Err(fault) if fault.refusal() == Refusal::BadRequest => {
            let problem = if context.ligature.configuration().has_texts() { "field-contact" } else { "field-email" };
            let flash = Flash { problems: vec![("email".into(), problem.into())], typed: vec![("email".into(), bounded(&email, 254))], ..Flash::default() };
            redirect_with_flash(&context, &web, &paths::with_entry(paths::LOGIN_CODE, &entry), flash).await
        }
        other => leave(&context, other).await,
    };
    respond(&context, &next);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "reset/set")]
pub async fn set_password(attempt: String, code: String, password: String) -> Result<(), Code> {
    let (context, web) = asked();
    let next = match context.ligature.sign_in().reset(&web.ctx, &attempt, &code, &password).await {
        Err(fault) if let Some(problem) = password_problem(fault.refusal()) => {
            let flash = Flash { problems: vec![("password".into(), problem.into())], typed: vec![("code".into(), bounded(&code, 16))], ..Flash::default() };
            redirect_with_flash(&context, &web, &paths::attempt(&attempt, "reset"), flash).await
        }
        other => leave(&context, other).await,
    };
    respond(&context, &next);
    Ok(())
}
