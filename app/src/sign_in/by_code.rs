//! Signing in by a code: asking for one.
use crate::{
    components::ContactField,
    context::asked,
    form_input::bounded,
    i18n::t,
    outcome::{Code, Flash, leave, redirect_with_flash, respond},
    page_request::{Answer, EntryQuery, PageRequest},
    paths,
    render::{Head, Layout, page},
};
use domain::Refusal;
use leptos::{prelude::*, server_fn::ServerFn};

pub async fn by_code(req: PageRequest<EntryQuery>) -> Answer {
    let req = &req;
    let l = req.web.lang;
    let client = req.web.client_of(&req.query.entry);
    let entered = req.context.ligature.configuration().entrance(client.as_deref(), true).await?;
    if !entered.code && !entered.phone_code {
        return Err(domain::Refusal::CodeOff.into());
    }
    let head = Head::new(t(l, "login-code-title"), Layout::Narrow);
    let (flash, entry) = (req.flash.clone(), req.query.entry.clone());
    Ok(page(&req.context, &req.web, head, move || {
        let problem = flash.problem("email").map(|key| t(l, key));
        let lead = match (entered.code, entered.phone_code) {
            (true, true) => "login-code-lead-either",
            (false, true) => "login-code-lead-phone",
            (_, false) => "login-code-lead",
        };
        view! {
            <h1>{t(l, "login-code-title")}</h1>
            <p class="muted">{t(l, lead)}</p>
            <form method="post" action=AskSignInCode::url() class="stack">
                <input type="hidden" name="entry" value=entry.clone()/>
                <ContactField l=l address={entered.code} phone={entered.phone_code} value={flash.typed("email")} problem=problem/>
                <button class="primary">{t(l, "login-code-go")}</button>
            </form>
            <p class="links"><a href=paths::with_entry(paths::LOGIN_STAY, &entry)>{t(l, "back")}</a></p>
        }
    })
    .await)
}

#[server(prefix = "/fn", endpoint = "signin/code")]
pub async fn ask_sign_in_code(email: String, #[server(default)] entry: String) -> Result<(), Code> {
    let (context, web) = asked();
    let continuation = web.continuation(&context.ligature, &entry).await;
    let next =
        match context.ligature.sign_in().ask_sign_in_code(&web.ctx, &email, continuation).await {
            Err(error) if error.refusal() == Refusal::BadRequest => {
                let problem = if context.ligature.configuration().has_texts() {
                    "field-contact"
                } else {
                    "field-email"
                };
                let flash = Flash {
                    problems: vec![("email".into(), problem.into())],
                    typed: vec![("email".into(), bounded(&email, 254))],
                    ..Flash::default()
                };
                redirect_with_flash(
                    &context,
                    &web,
                    &paths::with_entry(paths::LOGIN_CODE, &entry),
                    flash,
                )
                .await
            }
            other => leave(&context, other).await,
        };
    respond(&context, &next)
}
