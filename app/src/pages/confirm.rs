//! "Confirm that it is you": the session's person signs in once more, and goes on to what needed it.
use axum::response::{IntoResponse, Redirect, Response};
use domain::path::SafePath;
use leptos::{prelude::*, server_fn::ServerFn};
use service::{Error, account::reauthenticate::ConfirmView};

use crate::{
    fields::{Field, field, mark, notice},
    forms::confirm::{AskConfirmCode, ConfirmPasskey, ConfirmPassword},
    i18n::{t, ta},
    pages::{
        PageRequest, or_refuse,
        passkeys::{ceremony_form, needs_script},
    },
    paths,
    render::{Head, Layout, page},
};

/// The confirmation that comes before a page, or nothing when the last sign-in is recent.
pub(crate) async fn first(req: &PageRequest, to: &str) -> Result<Option<Response>, Error> {
    Ok((!req.context.ligature.reauthentication().is_recent(&req.web.ctx).await?).then(|| Redirect::to(&paths::confirm(to)).into_response()))
}

/// `GET /account/confirm?to=`
pub async fn confirm(req: PageRequest) -> Response {
    if req.web.ctx.session.is_none() {
        return Redirect::to(paths::LOGIN_STAY).into_response();
    }
    let result = confirm_page(&req).await;
    or_refuse(&req, result).await
}

async fn confirm_page(req: &PageRequest) -> Result<Response, Error> {
    let ConfirmView { password, passkey, code_to, providers } = req.context.ligature.reauthentication().confirm_view(&req.web.ctx).await?;
    let to = SafePath::parse(&req.query.to).map_or_else(|_| paths::ACCOUNT.to_owned(), String::from);
    let l = req.web.lang;
    let flash = req.flash.clone();
    let head = Head::new(t(l, "confirm-title"), Layout::Narrow).origins(providers.iter().filter_map(|b| b.origin.clone()));
    Ok(page(&req.context, &req.web, head, move || {
        let none = !password && passkey.is_none() && code_to.is_none() && providers.is_empty();
        let hidden = || view! { <input type="hidden" name="to" value=to.clone()/> };
        view! {
            <h1>{t(l, "confirm-title")}</h1>
            <p class="lead">{t(l, if none { "confirm-none" } else { "confirm-lead" })}</p>
            {(!flash.notice.is_empty()).then(|| notice("bad", t(l, &flash.notice)))}
            {password.then(|| view! {
                <form method="post" action=ConfirmPassword::url() class="stack">
                    {hidden()}
                    {field(Field { name: "password".into(), label: t(l, "password"), kind: "password", autocomplete: "current-password", required: true, max: 256, ..Field::default() })}
                    <button class="primary">{t(l, "code-go")}</button>
                </form>
            })}
            {(passkey.is_some() && !password && code_to.is_none() && providers.is_empty()).then(|| needs_script(l))}
            {passkey.map(|c| ceremony_form(l, ConfirmPasskey::url(), "again", c, &t(l, "confirm-passkey"), hidden().into_any()))}
            <div class="buttons">
                {providers.iter().map(|b| view! {
                    <form method="post" action=paths::confirm_with(&b.key)>{hidden()}<button class="provider">{mark(&b.name)}<span>{ta(l, "confirm-with", &[("provider", &b.name)])}</span></button></form>
                }).collect_view()}
                {code_to.map(|address| view! {
                    <form method="post" action=AskConfirmCode::url()>{hidden()}<button class="provider">{ta(l, "confirm-code", &[("address", &address)])}</button></form>
                })}
            </div>
            <p class="links"><a href=paths::ACCOUNT>{t(l, "confirm-leave")}</a></p>
        }
    })
    .await)
}
