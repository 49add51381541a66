//! A new password.
use crate::{
    account::signed_in::{entered, head},
    components::{GoOrLeave, NewPasswordField},
    context::asked,
    form_input::password_problem,
    i18n::t,
    outcome::{Code, Flash, SeeOther, redirect_with_flash, refuse, respond},
    page_request::{Answer, PageRequest},
    paths,
    render::page,
};
use domain::Refusal;
use leptos::{prelude::*, server_fn::ServerFn};

#[server(prefix = "/fn", endpoint = "account/password")]
pub async fn change_password(password: String) -> Result<(), Code> {
    let (context, web) = asked();
    let next = match context.ligature.account_settings().set_own_password(&web.ctx, &password).await
    {
        Ok(()) => {
            redirect_with_flash(&context, &web, paths::ACCOUNT, Flash::notice("own-password-done"))
                .await
        }
        Err(error) if let Some(problem) = password_problem(error.refusal()) => {
            let flash =
                Flash { problems: vec![("password".into(), problem.into())], ..Flash::default() };
            redirect_with_flash(&context, &web, paths::PASSWORD, flash).await
        }
        Err(error) if error.refusal() == Refusal::NotRecent => {
            SeeOther::local(paths::confirm(paths::PASSWORD))
        }
        Err(error) => refuse(&error),
    };
    respond(&context, &next)
}

pub async fn password(req: PageRequest) -> Answer {
    let req = &req;
    let there = req.context.ligature.account_settings().own_password(&req.web.ctx).await;
    let changing = *there.as_ref().unwrap_or(&false);
    if let Some(response) = entered(req, paths::PASSWORD, there.map(drop)).await? {
        return Ok(response);
    }
    let (l, flash) = (req.web.lang, req.flash.clone());
    let title = if changing { "own-password-change" } else { "own-password-set" };
    Ok(page(&req.context, &req.web, head(l, title), move || {
        let problem = flash.problem("password").map(|key| t(l, key));
        view! {
            <h1>{t(l, title)}</h1>
            <p class="muted">{t(l, "own-password-lead")}</p>
            <form method="post" action=ChangePassword::url() class="stack wide">
                <NewPasswordField l=l label={t(l, "own-password-new")} problem=problem/>
                <div class="row-actions"><GoOrLeave l=l go={t(l, "own-password-go")}/></div>
            </form>
        }
    })
    .await)
}
