//! The telephone number in My Account.
use axum::response::Response;
use domain::Refusal;
use leptos::{prelude::*, server_fn::ServerFn};
use service::Error;

use crate::{
    fields::{Field, field, notice},
    forms::phone::{ChangePhone, RemovePhone},
    i18n::{t, ta},
    pages::{
        PageRequest,
        account_change::{entered, head},
        or_refuse,
    },
    paths,
    render::page,
};

pub async fn phone(req: PageRequest) -> Response {
    let result = phone_page(&req).await;
    or_refuse(&req, result).await
}

async fn phone_page(req: &PageRequest) -> Result<Response, Error> {
    let ligature = &req.context.ligature;
    let own = ligature.account_settings().own_phone(&req.web.ctx).await;
    let there = own.as_ref().ok().cloned().flatten();
    if let Some(response) = entered(req, paths::PHONE, own.map(drop)).await? {
        return Ok(response);
    }
    if !ligature.configuration().has_texts() && there.is_none() {
        return Err(Refusal::NotFound.into());
    }
    let (texts, l, flash) = (ligature.configuration().has_texts(), req.web.lang, req.flash.clone());
    Ok(page(&req.context, &req.web, head(l, "own-phone-title"), move || {
        let problem = flash.problem("phone").map(|key| t(l, key));
        view! {
            <h1>{t(l, "own-phone-title")}</h1>
            <p class="muted">{t(l, "own-phone-lead")}</p>
            {(!flash.notice.is_empty()).then(|| notice("good", t(l, &flash.notice)))}
            {there.map(|number| view! {
                <ul class="rows"><li>
                    <span class="row-main"><strong>{number.clone()}</strong></span>
                    <span class="tag good">{t(l, "address-proved")}</span>
                    <form method="post" action=RemovePhone::url()><button class="quiet" aria-label=ta(l, "method-remove-of", &[("name", &number)])>{t(l, "remove")}</button></form>
                </li></ul>
            })}
            {texts.then(|| view! {
                <form method="post" action=ChangePhone::url() class="stack wide">
                    {field(Field { name: "phone".into(), label: t(l, "own-phone-new"), kind: "tel", value: flash.typed("phone"), hint: t(l, "phone-hint"), problem, autocomplete: "tel", required: true, max: 40, ..Field::default() })}
                    <div class="row-actions"><button class="primary">{t(l, "bind-code-go")}</button><a class="button quiet" href=paths::ACCOUNT>{t(l, "confirm-leave")}</a></div>
                </form>
            })}
        }
    })
    .await)
}
