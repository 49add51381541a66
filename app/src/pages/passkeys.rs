//! Passkeys in My Account, and the form that hands a ceremony to the browser.
use axum::response::Response;
use leptos::{prelude::*, server_fn::ServerFn};
use service::{
    Error,
    account::passkeys::{Ceremony, PasskeyRow},
};

use crate::{
    fields::{Field, field, mark, moment, notice},
    forms::passkeys::{AddPasskey, RemovePasskey},
    i18n::{Lang, t, ta},
    pages::{
        PageRequest,
        account_change::{entered, head},
        or_refuse,
    },
    paths,
    render::page,
};

/// A form that the module for passkeys fills and sends. Without script it stays hidden, and the page says so.
pub fn ceremony_form(l: Lang, action: &str, kind: &'static str, ceremony: Ceremony, label: &str, more: AnyView) -> AnyView {
    view! {
        <form method="post" action=action.to_owned() class="stack" data-passkey=ceremony.options data-kind=kind hidden=true>
            <input type="hidden" name="ceremony" value=ceremony.sealed/>
            <input type="hidden" name="credential"/>
            {more}
            <p class="problem" role="status" hidden=true>{t(l, "passkey-not-now")}</p>
            <button class="provider">{mark(&t(l, "passkey"))}<span>{label.to_owned()}</span></button>
        </form>
    }
    .into_any()
}

/// Says without script why there is no button for a passkey.
pub(crate) fn needs_script(l: Lang) -> AnyView {
    view! { <noscript><p class="notice warn">{t(l, "passkeys-script")}</p></noscript> }.into_any()
}

pub async fn passkeys(req: PageRequest) -> Response {
    let result = passkeys_page(&req).await;
    or_refuse(&req, result).await
}

async fn passkeys_page(req: &PageRequest) -> Result<Response, Error> {
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
        let name = field(Field { name: "nickname".into(), label: t(l, "passkey-name"), kind: "text", hint: t(l, "passkey-name-hint"), autocomplete: "off", max: 40, ..Field::default() });
        view! {
            <h1>{t(l, "passkeys-title")}</h1>
            <p class="muted">{t(l, "passkeys-lead")}</p>
            {(!flash.notice.is_empty()).then(|| notice(if good { "good" } else { "bad" }, t(l, &flash.notice)))}
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
            <span class="row-main"><strong>{name}</strong><span class="muted small">{t(l, "method-added")}" "{moment(l, r.added_at)}{r.used_at.map(|at| view! { " · "{t(l, "method-used")}" "{moment(l, at)} })}</span></span>
            {r.removable.then(|| view! { <form method="post" action=RemovePasskey::url()><input type="hidden" name="id" value=r.id/><button class="quiet" aria-label=label>{t(l, "remove")}</button></form> })}
        </li>
    }
    .into_any()
}
