//! The telephone number in My Account.
use crate::{
    account::signed_in::{entered, head},
    components::{Field, GoOrLeave, Rows, Said},
    context::asked,
    form_input::bounded,
    i18n::{t, ta},
    outcome::{Code, Flash, SeeOther, leave, redirect_with_flash, refuse, respond},
    page_request::{Answer, PageRequest},
    paths,
    render::page,
};
use domain::Refusal;
use leptos::{prelude::*, server_fn::ServerFn};

pub async fn phone(req: PageRequest) -> Answer {
    let req = &req;
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
            <Said l=l key=flash.notice.clone()/>
            {there.map(|number| view! {
                <Rows><li>
                    <span class="row-main"><strong>{number.clone()}</strong></span>
                    <span class="tag good">{t(l, "address-proved")}</span>
                    <form method="post" action=RemovePhone::url()><button class="quiet" aria-label=ta(l, "method-remove-of", &[("name", &number)])>{t(l, "remove")}</button></form>
                </li></Rows>
            })}
            {texts.then(|| view! {
                <form method="post" action=ChangePhone::url() class="stack wide">
                    <Field name="phone" label={t(l, "own-phone-new")} kind="tel" value={flash.typed("phone")} hint={t(l, "phone-hint")} problem=problem autocomplete="tel" required=true max=40/>
                    <div class="row-actions"><GoOrLeave l=l go={t(l, "bind-code-go")}/></div>
                </form>
            })}
        }
    })
    .await)
}

#[server(prefix = "/fn", endpoint = "account/phone")]
pub async fn change_phone(phone: String) -> Result<(), Code> {
    let (context, web) = asked();
    let next = match context.ligature.account_settings().ask_new_phone(&web.ctx, &phone).await {
        Err(error) if let Some(problem) = problem(error.refusal()) => {
            let flash = Flash {
                problems: vec![("phone".into(), problem.into())],
                typed: vec![("phone".into(), bounded(&phone, 40))],
                ..Flash::default()
            };
            redirect_with_flash(&context, &web, paths::PHONE, flash).await
        }
        Err(error) if error.refusal() == Refusal::NotRecent => {
            SeeOther::local(paths::confirm(paths::PHONE))
        }
        other => leave(&context, other).await,
    };
    respond(&context, &next)
}

/// What is said beside the field.
fn problem(refusal: Refusal) -> Option<&'static str> {
    match refusal {
        Refusal::BadRequest => Some("field-phone"),
        Refusal::NotAllowed => Some("field-phone-country"),
        _ => None,
    }
}

#[server(prefix = "/fn", endpoint = "account/phone/remove")]
pub async fn remove_phone() -> Result<(), Code> {
    let (context, web) = asked();
    let next = match context.ligature.account_settings().remove_phone(&web.ctx).await {
        Ok(()) => {
            redirect_with_flash(&context, &web, paths::ACCOUNT, Flash::notice("phone-removed"))
                .await
        }
        Err(error) if error.refusal() == Refusal::NotRecent => {
            SeeOther::local(paths::confirm(paths::PHONE))
        }
        Err(error) => refuse(&error),
    };
    respond(&context, &next)
}
