//! The steps of an attempt: choose, type the code, show a password, go back.
use domain::facts::Act;
use leptos::prelude::*;

use crate::{
    context::asked,
    outcome::{Code, go, leave, refuse},
};

#[server(prefix = "/fn", endpoint = "attempt/pick")]
pub async fn pick(attempt: String, pick: String, #[server(default)] account: String) -> Result<(), Code> {
    let (context, asker) = asked();
    let act = match (pick.as_str(), account.parse().ok()) {
        ("use_existing", _) => Some(Act::UseExisting),
        ("add_to_existing", target) => Some(Act::AddTo(target)),
        ("enter_account", _) => Some(Act::EnterAccount),
        ("create_new", _) => Some(Act::CreateNew),
        _ => None,
    };
    let next = match act {
        Some(act) => leave(&context, context.ligature.pick(&asker.visitor, &attempt, act).await).await,
        None => refuse(&domain::Refusal::AttemptStep.into()),
    };
    go(&context, &next);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "attempt/code")]
pub async fn enter_code(attempt: String, code: String) -> Result<(), Code> {
    let (context, asker) = asked();
    let next = leave(&context, context.ligature.enter_code(&asker.visitor, &attempt, &code).await).await;
    go(&context, &next);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "attempt/resend")]
pub async fn resend(attempt: String) -> Result<(), Code> {
    let (context, asker) = asked();
    let next = leave(&context, context.ligature.resend(&asker.visitor, &attempt).await).await;
    go(&context, &next);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "attempt/password")]
pub async fn bind_by_password(attempt: String, #[server(default)] email: String, password: String) -> Result<(), Code> {
    let (context, asker) = asked();
    let next = leave(&context, context.ligature.bind_by_password(&asker.visitor, &attempt, &email, &password).await).await;
    go(&context, &next);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "attempt/cancel")]
pub async fn cancel(attempt: String) -> Result<(), Code> {
    let (context, asker) = asked();
    let next = leave(&context, context.ligature.cancel(&asker.visitor, &attempt).await).await;
    go(&context, &next);
    Ok(())
}
