//! A step of an attempt: the code that was sent.
use crate::{
    components::{Field, StepLink},
    context::asked,
    i18n::{Lang, t, ta},
    outcome::{Code, leave, respond},
    sign_in::bind::PasswordForm,
};
use leptos::{prelude::*, server_fn::ServerFn};

/// A code is typed.
#[component]
pub fn CodeForm(
    l: Lang,
    attempt: String,
    tries_left: i32,
    /// The account's password does as well.
    #[prop(optional)]
    password_too: bool,
) -> AnyView {
    view! {
        <form method="post" action=EnterCode::url() class="stack">
            <input type="hidden" name="attempt" value=attempt.clone()/>
            <Field name="code" label={t(l, "code")} kind="text" hint={ta(l, "code-hint", &[("tries", &tries_left.to_string())])} autocomplete="one-time-code" required=true max=16/>
            <button class="primary">{t(l, "code-go")}</button>
        </form>
        <SendAgain l=l attempt={attempt.clone()}/>
        {password_too.then(|| view! {
            <details><summary>{t(l, "bind-instead")}</summary>
                <PasswordForm l=l attempt=attempt second=true/>
            </details>
        })}
    }
    .into_any()
}

/// For whom no code has come.
#[component]
pub fn SendAgain(l: Lang, attempt: String) -> AnyView {
    view! {
        <StepLink attempt=attempt action=Resend::url() label={t(l, "code-again")}/>
        <p class="muted small">{t(l, "code-none")}</p>
    }
    .into_any()
}

#[server(prefix = "/fn", endpoint = "attempt/code")]
pub async fn enter_code(attempt: String, code: String) -> Result<(), Code> {
    let (context, web) = asked();
    let entered = context.ligature.attempt_steps().enter_code(&web.ctx, &attempt, &code).await;
    respond(&context, &leave(&context, entered).await)
}

#[server(prefix = "/fn", endpoint = "attempt/resend")]
pub async fn resend(attempt: String) -> Result<(), Code> {
    let (context, web) = asked();
    let sent = context.ligature.attempt_steps().resend(&web.ctx, &attempt).await;
    respond(&context, &leave(&context, sent).await)
}
