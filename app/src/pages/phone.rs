//! The telephone number in My Account.
use axum::response::Response;
use domain::Refusal;
use leptos::{prelude::*, server_fn::ServerFn};
use service::Fault;

use crate::{
    fields::{Field, field, notice},
    forms::phone::{ChangePhone, RemovePhone},
    i18n::{t, ta},
    pages::{
        Visit,
        account_change::{entered, head},
        or_refuse,
    },
    paths,
    render::page,
};

pub async fn phone(visit: Visit) -> Response {
    let result = phone_page(&visit).await;
    or_refuse(&visit, result).await
}

async fn phone_page(visit: &Visit) -> Result<Response, Fault> {
    let ligature = &visit.context.ligature;
    let own = ligature.own_phone(&visit.asker.visitor).await;
    let there = own.as_ref().ok().cloned().flatten();
    if let Some(response) = entered(visit, paths::PHONE, own.map(drop)).await? {
        return Ok(response);
    }
    if !ligature.has_texts() && there.is_none() {
        return Err(Refusal::NotFound.into());
    }
    let (texts, l, flash) = (ligature.has_texts(), visit.asker.lang, visit.flash.clone());
    Ok(page(&visit.context, &visit.asker, head(l, "own-phone-title"), move || {
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
