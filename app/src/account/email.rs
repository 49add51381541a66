//! Another primary address.
use crate::{
    account::signed_in::{entered, head},
    components::{Field, GoOrLeave},
    context::asked,
    form_input::bounded,
    i18n::t,
    outcome::{Code, Flash, SeeOther, leave, redirect_with_flash, respond},
    page_request::{Answer, PageRequest},
    paths,
    render::page,
};
use domain::Refusal;
use leptos::{prelude::*, server_fn::ServerFn};

#[server(prefix = "/fn", endpoint = "account/email")]
pub async fn change_email(email: String) -> Result<(), Code> {
    let (context, web) = asked();
    let next = match context.ligature.account_settings().ask_new_email(&web.ctx, &email).await {
        Err(error) if error.refusal() == Refusal::BadRequest => {
            let flash = Flash {
                problems: vec![("email".into(), "field-email".into())],
                typed: vec![("email".into(), bounded(&email, 254))],
                ..Flash::default()
            };
            redirect_with_flash(&context, &web, paths::EMAIL, flash).await
        }
        Err(error) if error.refusal() == Refusal::NotRecent => {
            SeeOther::local(paths::confirm(paths::EMAIL))
        }
        other => leave(&context, other).await,
    };
    respond(&context, &next)
}

pub async fn email(req: PageRequest) -> Answer {
    let req = &req;
    let allowed = req.context.ligature.account_settings().may_change_email(&req.web.ctx).await;
    if let Some(response) = entered(req, paths::EMAIL, allowed).await? {
        return Ok(response);
    }
    let (l, flash) = (req.web.lang, req.flash.clone());
    Ok(page(&req.context, &req.web, head(l, "own-email-title"), move || {
        let problem = flash.problem("email").map(|key| t(l, key));
        view! {
            <h1>{t(l, "own-email-title")}</h1>
            <p class="muted">{t(l, "own-email-lead")}</p>
            <form method="post" action=ChangeEmail::url() class="stack wide">
                <Field name="email" label={t(l, "own-email-new")} kind="email" value={flash.typed("email")} problem=problem autocomplete="email" required=true max=254/>
                <div class="row-actions"><GoOrLeave l=l go={t(l, "bind-code-go")}/></div>
            </form>
        }
    })
    .await)
}
