//! A step of an attempt: the second factor.
use crate::{
    components::Field,
    context::asked,
    i18n::{Lang, t},
    outcome::{Code, leave, respond},
};
use leptos::{prelude::*, server_fn::ServerFn};

/// The code of the authenticator app, or a recovery code.
#[component]
pub fn FactorForm(l: Lang, attempt: String) -> AnyView {
    view! {
        <form method="post" action=EnterFactor::url() class="stack">
            <input type="hidden" name="attempt" value=attempt/>
            <Field name="code" label={t(l, "factor-code")} kind="text" hint={t(l, "factor-code-hint")} autocomplete="one-time-code" required=true max=16/>
            <button class="primary">{t(l, "code-go")}</button>
        </form>
        <p class="muted small">{t(l, "factor-lost")}</p>
    }
    .into_any()
}

#[server(prefix = "/fn", endpoint = "attempt/factor")]
pub async fn enter_factor(attempt: String, code: String) -> Result<(), Code> {
    let (context, web) = asked();
    let entered = context.ligature.attempt_steps().enter_factor(&web.ctx, &attempt, &code).await;
    respond(&context, &leave(&context, entered).await)
}
