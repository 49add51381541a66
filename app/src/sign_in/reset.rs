//! A new password by a code.
use crate::{
    components::{Field, NewPasswordField},
    context::asked,
    form_input::{bounded, password_problem},
    i18n::{Lang, t, ta},
    outcome::{Code, Flash, leave, redirect_with_flash, respond},
    page_request::{EntryQuery, PageRequest},
    paths,
    render::{Head, Layout, page},
    sign_in::code::SendAgain,
};
use axum::response::Response;
use domain::Refusal;
use leptos::{prelude::*, server_fn::ServerFn};

pub async fn show_reset(req: PageRequest<EntryQuery>) -> Response {
    let l = req.web.lang;
    let head = Head::new(t(l, "reset-title"), Layout::Narrow);
    let (flash, entry) = (req.flash.clone(), req.query.entry.clone());
    page(&req.context, &req.web, head, move || {
        view! {
            <h1>{t(l, "reset-title")}</h1>
            <p class="muted">{t(l, "reset-lead")}</p>
            <form method="post" action=AskReset::url() class="stack">
                <input type="hidden" name="entry" value=entry.clone()/>
                <Field name="email" label={t(l, "email")} kind="email" value={flash.typed("email")} problem={flash.problem("email").map(|key| t(l, key))} autocomplete="email" required=true max=254/>
                <button class="primary">{t(l, "reset-go")}</button>
            </form>
            <p class="links"><a href=paths::with_entry(paths::LOGIN_STAY, &entry)>{t(l, "back-to-login")}</a></p>
        }
    })
    .await
}

#[server(prefix = "/fn", endpoint = "reset/ask")]
pub async fn ask_reset(email: String, #[server(default)] entry: String) -> Result<(), Code> {
    let (context, web) = asked();
    let continuation = web.continuation(&context.ligature, &entry).await;
    let next = match context.ligature.sign_in().ask_reset(&web.ctx, &email, continuation).await {
        Err(error) if error.refusal() == Refusal::BadRequest => {
            let typed = vec![("email".into(), bounded(&email, 254))];
            let flash = Flash { typed, ..Flash::wrong("email", "field-email") };
            redirect_with_flash(&context, &web, &paths::with_entry(paths::RESET, &entry), flash)
                .await
        }
        other => leave(&context, other).await,
    };
    respond(&context, &next)
}

/// The code that was sent, and the new password.
#[component]
pub fn NewPassword(l: Lang, attempt: String, tries_left: i32, flash: Flash) -> AnyView {
    let problem = flash.problem("password").map(|key| t(l, key));
    view! {
        <form method="post" action=SetPassword::url() class="stack">
            <input type="hidden" name="attempt" value=attempt.clone()/>
            <Field name="code" label={t(l, "code")} kind="text" value={flash.typed("code")} hint={ta(l, "code-hint", &[("tries", &tries_left.to_string())])} autocomplete="one-time-code" required=true max=16/>
            <NewPasswordField l=l label={t(l, "password-new")} problem=problem/>
            <button class="primary">{t(l, "reset-set-go")}</button>
        </form>
        <SendAgain l=l attempt=attempt/>
    }
    .into_any()
}

#[server(prefix = "/fn", endpoint = "reset/set")]
pub async fn set_password(attempt: String, code: String, password: String) -> Result<(), Code> {
    let (context, web) = asked();
    let next = match context.ligature.sign_in().reset(&web.ctx, &attempt, &code, &password).await {
        Err(error) if let Some(problem) = password_problem(error.refusal()) => {
            let typed = vec![("code".into(), bounded(&code, 16))];
            let flash = Flash { typed, ..Flash::wrong("password", problem) };
            redirect_with_flash(&context, &web, &paths::attempt(&attempt, "reset"), flash).await
        }
        other => leave(&context, other).await,
    };
    respond(&context, &next)
}
