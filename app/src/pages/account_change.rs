//! Pages of My Account on which something changes: address, password, taking one's data along, deleting the account.
use axum::response::{IntoResponse, Redirect, Response};
use domain::Refusal;
use leptos::{prelude::*, server_fn::ServerFn};
use service::Error;

use crate::{
    fields::{Field, field},
    forms::account::{ChangeEmail, ChangePassword, DeleteAccount},
    i18n::{Lang, t},
    pages::{PageRequest, or_refuse},
    paths,
    render::{Head, Layout, page},
};

/// Before the page: the sign-in, and the confirmation where the last one is too long ago.
pub(crate) async fn entered(req: &PageRequest, to: &str, allowed: Result<(), Error>) -> Result<Option<Response>, Error> {
    match allowed {
        Err(fault) if fault.refusal() == Refusal::NotRecent => Ok(Some(Redirect::to(&paths::confirm(to)).into_response())),
        Err(fault) if fault.refusal() == Refusal::SessionEnded => Ok(Some(Redirect::to(paths::LOGIN_STAY).into_response())),
        Err(fault) => Err(fault),
        Ok(()) => super::confirm::first(req, to).await,
    }
}

pub(crate) fn head(l: Lang, key: &str) -> Head {
    Head::new(t(l, key), Layout::Account)
}

pub async fn email(req: PageRequest) -> Response {
    let result = email_page(&req).await;
    or_refuse(&req, result).await
}

async fn email_page(req: &PageRequest) -> Result<Response, Error> {
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
                {field(Field { name: "email".into(), label: t(l, "own-email-new"), kind: "email", value: flash.typed("email"), problem, autocomplete: "email", required: true, max: 254, ..Field::default() })}
                <div class="row-actions"><button class="primary">{t(l, "bind-code-go")}</button><a class="button quiet" href=paths::ACCOUNT>{t(l, "confirm-leave")}</a></div>
            </form>
        }
    })
    .await)
}

pub async fn password(req: PageRequest) -> Response {
    let result = password_page(&req).await;
    or_refuse(&req, result).await
}

async fn password_page(req: &PageRequest) -> Result<Response, Error> {
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
                {field(Field { name: "password".into(), label: t(l, "own-password-new"), kind: "password", hint: t(l, "password-hint"), problem, autocomplete: "new-password", required: true, max: 256, meter: Some(t(l, "meter")), ..Field::default() })}
                <div class="row-actions"><button class="primary">{t(l, "own-password-go")}</button><a class="button quiet" href=paths::ACCOUNT>{t(l, "confirm-leave")}</a></div>
            </form>
        }
    })
    .await)
}

pub async fn export(req: PageRequest) -> Response {
    let result = export_page(&req).await;
    or_refuse(&req, result).await
}

async fn export_page(req: &PageRequest) -> Result<Response, Error> {
    let signed_in = req.web.ctx.signed_in().map(drop).map_err(Error::from);
    if let Some(response) = entered(req, paths::EXPORT, signed_in).await? {
        return Ok(response);
    }
    let l = req.web.lang;
    Ok(page(&req.context, &req.web, head(l, "export-title"), move || {
        view! {
            <h1>{t(l, "export-title")}</h1>
            <p>{t(l, "export-lead")}</p>
            <form method="post" action=paths::EXPORT class="row-actions"><button class="primary">{t(l, "export-go")}</button><a class="button quiet" href=paths::ACCOUNT>{t(l, "confirm-leave")}</a></form>
        }
    })
    .await)
}

pub async fn delete(req: PageRequest) -> Response {
    let result = delete_page(&req).await;
    or_refuse(&req, result).await
}

async fn delete_page(req: &PageRequest) -> Result<Response, Error> {
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
            <form method="post" action=DeleteAccount::url() class="row-actions"><button class="danger">{t(l, "delete-go")}</button><a class="button quiet" href=paths::ACCOUNT>{t(l, "delete-keep")}</a></form>
        }
    })
    .await)
}
