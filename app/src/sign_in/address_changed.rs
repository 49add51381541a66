//! A step of an attempt: the provider knows another address than the account has.
use crate::{
    components::StepChoice,
    context::asked,
    i18n::{Lang, t, ta},
    outcome::{Code, leave, respond},
};
use domain::Refusal;
use leptos::{prelude::*, server_fn::ServerFn};

/// The provider knows another address than the account has.
#[component]
pub fn AddressChanged(
    l: Lang,
    attempt: String,
    address: String,
    /// The account's own, or empty.
    current: String,
) -> AnyView {
    let ignore = if current.is_empty() {
        t(l, "email-ignore-none")
    } else {
        ta(l, "email-ignore", &[("address", &current)])
    };
    let choices = [
        ("update", ta(l, "email-update", &[("address", &address)]), t(l, "email-update-why")),
        ("ignore", ignore, t(l, "email-ignore-why")),
        ("later", t(l, "email-later"), t(l, "email-later-why")),
    ];
    view! {
        <div class="choices">{choices.into_iter().map(|(pick, title, why)| view! {
            <StepChoice attempt=attempt.clone() action=EmailChanged::url() pick=pick title=title why=why/>
        }).collect_view()}</div>
    }
    .into_any()
}

#[server(prefix = "/fn", endpoint = "attempt/email")]
pub async fn email_changed(attempt: String, pick: String) -> Result<(), Code> {
    let (context, web) = asked();
    let steps = context.ligature.attempt_steps();
    let done = match pick.as_str() {
        "update" => steps.ask_email_code(&web.ctx, &attempt).await,
        "ignore" => steps.ignore_email(&web.ctx, &attempt).await,
        "later" => steps.leave_email(&web.ctx, &attempt).await,
        _ => Err(Refusal::AttemptStep.into()),
    };
    respond(&context, &leave(&context, done).await)
}
