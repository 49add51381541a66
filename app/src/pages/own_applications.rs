//! Applications that have access to one's own account.
use axum::response::Response;
use leptos::{prelude::*, server_fn::ServerFn};
use service::{Error, oidc_provider::AccessRow};

use crate::{
    fields::{mark, notice},
    forms::consent::RevokeApplication,
    i18n::{Lang, t, ta},
    pages::{
        PageRequest,
        account_change::{entered, head},
        consent::told,
        or_refuse,
    },
    paths,
    render::page,
};

pub async fn applications(req: PageRequest) -> Response {
    let result = applications_page(&req).await;
    or_refuse(&req, result).await
}

async fn applications_page(req: &PageRequest) -> Result<Response, Error> {
    let rows = req.context.ligature.authorization().own_applications(&req.web.ctx).await;
    if let Err(fault) = &rows
        && fault.refusal() == domain::Refusal::SessionEnded
        && let Some(response) = entered(req, paths::APPLICATIONS, Err(domain::Refusal::SessionEnded.into())).await?
    {
        return Ok(response);
    }
    let (rows, l, flash) = (rows?, req.web.lang, req.flash.clone());
    Ok(page(&req.context, &req.web, head(l, "own-applications-title"), move || {
        view! {
            <h1>{t(l, "own-applications-title")}</h1>
            <p class="muted">{t(l, "own-applications-lead")}</p>
            {(!flash.notice.is_empty()).then(|| notice("good", t(l, &flash.notice)))}
            {rows.is_empty().then(|| view! { <p>{t(l, "own-applications-none")}</p> })}
            <ul class="rows">{rows.into_iter().map(|r| row(l, r)).collect_view()}</ul>
        }
    })
    .await)
}

fn row(l: Lang, AccessRow { client_id, name, lines }: AccessRow) -> AnyView {
    let label = ta(l, "own-application-revoke-of", &[("name", &name)]);
    view! {
        <li>
            {mark(&name)}
            <span class="row-main"><strong>{name}</strong>{(!lines.is_empty()).then(|| told(l, &lines))}</span>
            <form method="post" action=RevokeApplication::url()><input type="hidden" name="client_id" value=client_id/><button class="quiet" aria-label=label>{t(l, "own-application-revoke")}</button></form>
        </li>
    }
    .into_any()
}
