//! Passkeys in My Account.
use crate::{
    account::signed_in::{done, entered, head},
    components::{CeremonyForm, Field, Moment, NeedsScript, Rows, Said},
    confirm::{Act, ask},
    context::asked,
    form_input::bounded,
    i18n::{Lang, t, ta},
    outcome::{Code, Flash, redirect_with_flash, respond},
    page_request::{Answer, PageRequest},
    paths,
    render::page,
};
use domain::Refusal;
use leptos::{prelude::*, server_fn::ServerFn};

pub async fn passkeys(req: PageRequest) -> Answer {
    let req = &req;
    let ligature = &req.context.ligature;
    let begun = ligature.passkeys().begin_passkey(&req.web.ctx).await;
    let ceremony = begun.as_ref().ok().cloned();
    let full = matches!(&begun, Err(error) if error.refusal() == domain::Refusal::TooMany);
    if !full && let Some(response) = entered(req, paths::PASSKEYS, begun.map(drop)).await? {
        return Ok(response);
    }
    let rows = ligature.passkeys().own_passkeys(&req.web.ctx).await?;
    let (l, flash) = (req.web.lang, req.flash.clone());
    Ok(page(&req.context, &req.web, head(l, "passkeys-title"), move || {
        let good = ["passkey-added", "passkey-removed"].contains(&flash.notice.as_str());
        view! {
            <h1>{t(l, "passkeys-title")}</h1>
            <p class="muted">{t(l, "passkeys-lead")}</p>
            <Said l=l key=flash.notice.clone() kind={if good { "good" } else { "bad" }}/>
            {rows.is_empty().then(|| view! { <p>{t(l, "passkeys-none")}</p> })}
            <Rows>{rows.into_iter().map(|passkey| view! { <PasskeyRow l=l passkey=passkey/> }).collect_view()}</Rows>
            {full.then(|| view! { <p>{t(l, "passkeys-full")}</p> })}
            <NeedsScript l=l/>
            {ceremony.map(|c| view! {
                <CeremonyForm l=l action=AddPasskey::url() kind="create" ceremony=c label={t(l, "passkey-add")}>
                    <Field name="nickname" label={t(l, "passkey-name")} kind="text" hint={t(l, "passkey-name-hint")} autocomplete="off" max=40/>
                </CeremonyForm>
            })}
            <p class="links"><a href=paths::ACCOUNT>{t(l, "back")}</a></p>
        }
    })
    .await)
}

#[component]
fn PasskeyRow(l: Lang, passkey: service::account::passkeys::PasskeyRow) -> AnyView {
    let r = passkey;
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
    let nickname = bounded(&nickname, 40);
    let passkeys = context.ligature.passkeys();
    let added = passkeys.add_passkey(&web.ctx, &ceremony, &credential, &nickname).await;
    let next = match added {
        Err(error)
            if matches!(error.refusal(), Refusal::PasskeyWrong | Refusal::AttemptExpired) =>
        {
            let flash = Flash::notice("passkey-failed");
            redirect_with_flash(&context, &web, paths::PASSKEYS, flash).await
        }
        added => done(&context, &web, added, paths::PASSKEYS, "passkey-added").await,
    };
    respond(&context, &next)
}

#[server(prefix = "/fn", endpoint = "account/passkey/remove")]
pub async fn remove_passkey(id: String) -> Result<(), Code> {
    let (context, web) = asked();
    respond(&context, &ask(&context, &web, &Act::RemovePasskey { id: bounded(&id, 64) }).await)
}
