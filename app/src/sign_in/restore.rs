//! A step of an attempt: the account is being deleted.
use crate::{
    context::asked,
    i18n::{Lang, t},
    outcome::{Code, leave, respond},
};
use leptos::{prelude::*, server_fn::ServerFn};

/// It stays, or nothing happens.
#[component]
pub fn RestoreForm(l: Lang, attempt: String) -> AnyView {
    view! {
        <form method="post" action=RestoreAccount::url() class="stack">
            <input type="hidden" name="attempt" value=attempt/>
            <button class="primary">{t(l, "restore-go")}</button>
        </form>
        <p class="muted small">{t(l, "restore-leave")}</p>
    }
    .into_any()
}

#[server(prefix = "/fn", endpoint = "attempt/restore")]
pub async fn restore_account(attempt: String) -> Result<(), Code> {
    let (context, web) = asked();
    let restored = context.ligature.attempt_steps().restore_account(&web.ctx, &attempt).await;
    respond(&context, &leave(&context, restored).await)
}
