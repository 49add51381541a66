//! Deleting one's account.
use crate::{
    account::signed_in::{entered, head},
    components::GoOrLeave,
    context::asked,
    i18n::t,
    outcome::{Code, Flash, SeeOther, redirect_with_flash, refuse, respond},
    page_request::{Answer, PageRequest},
    paths,
    render::page,
};
use domain::Refusal;
use leptos::{prelude::*, server_fn::ServerFn};

#[server(prefix = "/fn", endpoint = "account/delete")]
pub async fn delete_account() -> Result<(), Code> {
    let (context, web) = asked();
    let next = match context.ligature.account_settings().close_account(&web.ctx).await {
        Ok(()) => {
            redirect_with_flash(&context, &web, paths::LOGIN_STAY, Flash::notice("delete-done"))
                .await
                .with(context.cookies.session(""))
        }
        Err(error) if error.refusal() == Refusal::NotRecent => {
            SeeOther::local(paths::confirm(paths::DELETE))
        }
        Err(error) => refuse(&error),
    };
    respond(&context, &next)
}

pub async fn delete(req: PageRequest) -> Answer {
    let req = &req;
    let allowed = req.context.ligature.account_settings().may_close(&req.web.ctx).await;
    if let Some(response) = entered(req, paths::DELETE, allowed).await? {
        return Ok(response);
    }
    let l = req.web.lang;
    Ok(page(&req.context, &req.web, head(l, "delete-title"), move || {
        view! {
            <h1>{t(l, "delete-title")}</h1>
            <p>{t(l, "delete-lead")}</p>
            <ul class="points"><li>{t(l, "delete-now")}</li><li>{t(l, "delete-grace")}</li><li>{t(l, "delete-after")}</li></ul>
            <p><a href=paths::EXPORT>{t(l, "delete-export-first")}</a></p>
            <form method="post" action=DeleteAccount::url() class="row-actions"><GoOrLeave l=l go={t(l, "delete-go")} leave={t(l, "delete-keep")} danger=true/></form>
        }
    })
    .await)
}
