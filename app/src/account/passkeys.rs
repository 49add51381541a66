//! Passkeys in My Account, and the form that hands a ceremony to the browser.
use crate::{
    account::email::{entered, head},
    components::{Field, Mark, Moment, Notice},
    context::asked,
    form_input::bounded,
    i18n::{Lang, t, ta},
    outcome::{Code, Flash, SeeOther, redirect_with_flash, refuse, respond},
    page_request::{Answer, PageRequest},
    paths,
    render::page,
};
use domain::Refusal;
use leptos::{prelude::*, server_fn::ServerFn};
use service::account::passkeys::{Ceremony, PasskeyRow};

/// A form that the module for passkeys fills and sends. Without script it stays hidden, and the page says so.
pub fn ceremony_form(
    l: Lang,
    action: &str,
    kind: &'static str,
    ceremony: Ceremony,
    label: &str,
    more: AnyView,
) -> AnyView {
    view! {
        <form method="post" action=action.to_owned() class="stack" data-passkey=ceremony.options data-kind=kind hidden=true>
            <input type="hidden" name="ceremony" value=ceremony.sealed/>
            <input type="hidden" name="credential"/>
            {more}
            <p class="problem" role="status" hidden=true>{t(l, "passkey-not-now")}</p>
            <button class="provider"><Mark name={t(l, "passkey")}/><span>{label.to_owned()}</span></button>
        </form>
    }
    .into_any()
}

/// Says without script why there is no button for a passkey.
pub(crate) fn needs_script(l: Lang) -> AnyView {
    view! { <noscript><p class="notice warn">{t(l, "passkeys-script")}</p></noscript> }.into_any()
}

pub async fn passkeys(req: PageRequest) -> Answer {
    let req = &req;
    let ligature = &req.context.ligature;
    let begun = ligature.passkeys().begin_passkey(&req.web.ctx).await;
    let ceremony = begun.as_ref().ok().cloned();
    let full = matches!(&begun, Err(fault) if fault.refusal() == domain::Refusal::TooMany);
    if !full && let Some(response) = entered(req, paths::PASSKEYS, begun.map(drop)).await? {
        return Ok(response);
    }
    let rows = ligature.passkeys().own_passkeys(&req.web.ctx).await?;
    let (l, flash) = (req.web.lang, req.flash.clone());
    Ok(page(&req.context, &req.web, head(l, "passkeys-title"), move || {
        let good = ["passkey-added", "passkey-removed"].contains(&flash.notice.as_str());
        let name = view! { <Field name="nickname" label={t(l, "passkey-name")} kind="text" hint={t(l, "passkey-name-hint")} autocomplete="off" max=40/> }.into_any();
        view! {
            <h1>{t(l, "passkeys-title")}</h1>
            <p class="muted">{t(l, "passkeys-lead")}</p>
            {(!flash.notice.is_empty()).then(|| view! { <Notice kind={if good { "good" } else { "bad" }} text={t(l, &flash.notice)}/> }.into_any())}
            {rows.is_empty().then(|| view! { <p>{t(l, "passkeys-none")}</p> })}
            <ul class="rows">{rows.into_iter().map(|r| row(l, r)).collect_view()}</ul>
            {full.then(|| view! { <p>{t(l, "passkeys-full")}</p> })}
            {needs_script(l)}
            {ceremony.map(|c| ceremony_form(l, AddPasskey::url(), "create", c, &t(l, "passkey-add"), name))}
            <p class="links"><a href=paths::ACCOUNT>{t(l, "back")}</a></p>
        }
    })
    .await)
}

fn row(l: Lang, r: PasskeyRow) -> AnyView {
    let name = if r.name.is_empty() { t(l, "passkey") } else { r.name };
    let label = ta(l, "method-remove-of", &[("name", &name)]);
    view! {
        <li>
            <span class="row-main"><strong>{name}</strong><span class="muted small">{t(l, "method-added")}" "<Moment l=l at={r.added_at}/>{r.used_at.map(|at| view! { " · "{t(l, "method-used")}" "<Moment l=l at=at/> })}</span></span>
            {r.removable.then(|| view! { <form method="post" action=RemovePasskey::url()><input type="hidden" name="id" value=r.id/><button class="quiet" aria-label=label>{t(l, "remove")}</button></form> })}
        </li>
    }
    .into_any()
}

#[server(prefix = "/fn", endpoint = "account/passkey")]
pub async fn add_passkey(
    ceremony: String,
    #[server(default)] credential: String,
    #[server(default)] nickname: String,
) -> Result<(), Code> {
    let (context, web) = asked();
    let next = match context
        .ligature
        .passkeys()
        .add_passkey(&web.ctx, &ceremony, &credential, &bounded(&nickname, 40))
        .await
    {
        Ok(()) => {
            redirect_with_flash(&context, &web, paths::PASSKEYS, Flash::notice("passkey-added"))
                .await
        }
        Err(fault) => match fault.refusal() {
            Refusal::PasskeyWrong | Refusal::AttemptExpired => {
                redirect_with_flash(
                    &context,
                    &web,
                    paths::PASSKEYS,
                    Flash::notice("passkey-failed"),
                )
                .await
            }
            Refusal::NotRecent => SeeOther::local(paths::confirm(paths::PASSKEYS)),
            _ => refuse(&fault),
        },
    };
    respond(&context, &next);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "account/passkey/remove")]
pub async fn remove_passkey(id: String) -> Result<(), Code> {
    let (context, web) = asked();
    let next = match context.ligature.passkeys().remove_passkey(&web.ctx, &id).await {
        Ok(()) => {
            redirect_with_flash(&context, &web, paths::PASSKEYS, Flash::notice("passkey-removed"))
                .await
        }
        Err(fault) if fault.refusal() == Refusal::NotRecent => {
            SeeOther::local(paths::confirm(paths::PASSKEYS))
        }
        Err(fault) => refuse(&fault),
    };
    respond(&context, &next);
    Ok(())
}
