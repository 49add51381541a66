//! A step of an attempt: the password of a new account.
use crate::{
    components::NewPasswordField,
    context::asked,
    form_input::password_problem,
    i18n::{Lang, t},
    outcome::{Code, Flash, leave, redirect_with_flash, respond},
    paths,
};
use leptos::{prelude::*, server_fn::ServerFn};

/// The new account gets a password.
#[component]
pub fn Finish(l: Lang, attempt: String, flash: Flash) -> AnyView {
    let problem = flash.problem("password").map(|key| t(l, key));
    view! {
        <form method="post" action=FinishSignUp::url() class="stack">
            <input type="hidden" name="attempt" value=attempt/>
            <NewPasswordField l=l label={t(l, "password-new")} problem=problem/>
            <button class="primary">{t(l, "finish-go")}</button>
        </form>
    }
    .into_any()
}

#[server(prefix = "/fn", endpoint = "attempt/finish")]
pub async fn finish_sign_up(attempt: String, password: String) -> Result<(), Code> {
    let (context, web) = asked();
    let steps = context.ligature.attempt_steps();
    let next = match steps.finish_with_password(&web.ctx, &attempt, &password).await {
        Err(error) if let Some(problem) = password_problem(error.refusal()) => {
            let flash = Flash::wrong("password", problem);
            redirect_with_flash(&context, &web, &paths::attempt(&attempt, "finish"), flash).await
        }
        other => leave(&context, other).await,
    };
    respond(&context, &next)
}
