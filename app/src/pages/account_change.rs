//! Pages of My Account on which something changes: address, password, taking one's data along, deleting the account.
use axum::response::{IntoResponse, Redirect, Response};
use domain::Refusal;
use leptos::{prelude::*, server_fn::ServerFn};
use service::Fault;

use crate::{
    fields::{Field, field},
    forms::account::{ChangeEmail, ChangePassword, DeleteAccount},
    i18n::{Lang, t},
    pages::{Visit, or_refuse},
    paths,
    render::{Head, Layout, page},
};

/// Before the page: the sign-in, and the confirmation where the last one is too long ago.
pub(crate) async fn entered(visit: &Visit, to: &str, allowed: Result<(), Fault>) -> Result<Option<Response>, Fault> {
    match allowed {
        Err(fault) if fault.refusal() == Refusal::NotRecent => Ok(Some(Redirect::to(&paths::confirm(to)).into_response())),
        Err(fault) if fault.refusal() == Refusal::SessionEnded => Ok(Some(Redirect::to(paths::LOGIN_STAY).into_response())),
        Err(fault) => Err(fault),
        Ok(()) => super::confirm::first(visit, to).await,
    }
}

pub(crate) fn head(l: Lang, key: &str) -> Head {
    Head::new(t(l, key), Layout::Account)
}

pub async fn email(visit: Visit) -> Response {
    let result = email_page(&visit).await;
    or_refuse(&visit, result).await
}

async fn email_page(visit: &Visit) -> Result<Response, Fault> {
    let allowed = visit.context.ligature.may_change_email(&visit.asker.visitor).await;
    if let Some(response) = entered(visit, paths::EMAIL, allowed).await? {
        return Ok(response);
    }
    let (l, flash) = (visit.asker.lang, visit.flash.clone());
    Ok(page(&visit.context, &visit.asker, head(l, "own-email-title"), move || {
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

pub async fn password(visit: Visit) -> Response {
    let result = password_page(&visit).await;
    or_refuse(&visit, result).await
}

async fn password_page(visit: &Visit) -> Result<Response, Fault> {
    let there = visit.context.ligature.own_password(&visit.asker.visitor).await;
    let changing = *there.as_ref().unwrap_or(&false);
    if let Some(response) = entered(visit, paths::PASSWORD, there.map(drop)).await? {
        return Ok(response);
    }
    let (l, flash) = (visit.asker.lang, visit.flash.clone());
    let title = if changing { "own-password-change" } else { "own-password-set" };
    Ok(page(&visit.context, &visit.asker, head(l, title), move || {
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

pub async fn export(visit: Visit) -> Response {
    let result = export_page(&visit).await;
    or_refuse(&visit, result).await
}

async fn export_page(visit: &Visit) -> Result<Response, Fault> {
    let signed_in = service::Ligature::caller(&visit.asker.visitor).map(drop);
    if let Some(response) = entered(visit, paths::EXPORT, signed_in).await? {
        return Ok(response);
    }
    let l = visit.asker.lang;
    Ok(page(&visit.context, &visit.asker, head(l, "export-title"), move || {
        view! {
            <h1>{t(l, "export-title")}</h1>
            <p>{t(l, "export-lead")}</p>
            <form method="post" action=paths::EXPORT class="row-actions"><button class="primary">{t(l, "export-go")}</button><a class="button quiet" href=paths::ACCOUNT>{t(l, "confirm-leave")}</a></form>
        }
    })
    .await)
}

pub async fn delete(visit: Visit) -> Response {
    let result = delete_page(&visit).await;
    or_refuse(&visit, result).await
}

async fn delete_page(visit: &Visit) -> Result<Response, Fault> {
    let allowed = visit.context.ligature.may_close(&visit.asker.visitor).await;
    if let Some(response) = entered(visit, paths::DELETE, allowed).await? {
        return Ok(response);
    }
    let l = visit.asker.lang;
    Ok(page(&visit.context, &visit.asker, head(l, "delete-title"), move || {
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
