//! Applications that one may open, and taking that back.
use crate::{
    account::signed_in::{entered, head},
    components::{Mark, Rows, Said},
    context::asked,
    i18n::{Lang, t, ta},
    oidc::consent::Told,
    outcome::{Code, Flash, redirect_with_flash, refuse, respond},
    page_request::{Answer, PageRequest},
    paths,
    render::page,
};
use leptos::{prelude::*, server_fn::ServerFn};

pub async fn applications(req: PageRequest) -> Answer {
    let req = &req;
    let rows = req.context.ligature.authorization().own_applications(&req.web.ctx).await;
    if let Err(error) = &rows
        && error.refusal() == domain::Refusal::SessionEnded
        && let Some(response) =
            entered(req, paths::APPLICATIONS, Err(domain::Refusal::SessionEnded.into())).await?
    {
        return Ok(response);
    }
    let (rows, l, flash) = (rows?, req.web.lang, req.flash.clone());
    Ok(page(&req.context, &req.web, head(l, "own-applications-title"), move || {
        view! {
            <h1>{t(l, "own-applications-title")}</h1>
            <p class="muted">{t(l, "own-applications-lead")}</p>
            <Said l=l key=flash.notice.clone()/>
            {rows.is_empty().then(|| view! { <p>{t(l, "own-applications-none")}</p> })}
            <Rows>{rows.into_iter().map(|access| view! { <AccessRow l=l access=access/> }).collect_view()}</Rows>
        }
    })
    .await)
}

/// An application with access, and the end of it.
#[component]
fn AccessRow(l: Lang, access: service::oidc_provider::AccessRow) -> AnyView {
    let service::oidc_provider::AccessRow { client_id, name, lines } = access;
    let label = ta(l, "own-application-revoke-of", &[("name", &name)]);
    view! {
        <li>
            <Mark name={name.clone()}/>
            <span class="row-main"><strong>{name}</strong>{(!lines.is_empty()).then(|| view! { <Told l=l lines=lines/> })}</span>
            <form method="post" action=RevokeApplication::url()><input type="hidden" name="client_id" value=client_id/><button class="quiet" aria-label=label>{t(l, "own-application-revoke")}</button></form>
        </li>
    }
    .into_any()
}

#[server(prefix = "/fn", endpoint = "account/application/revoke")]
pub async fn revoke_application(client_id: String) -> Result<(), Code> {
    let (context, web) = asked();
    let revoked = context.ligature.applications().revoke_application(&web.ctx, &client_id).await;
    let next = match revoked {
        Ok(()) => {
            let flash = Flash::notice("application-revoked");
            redirect_with_flash(&context, &web, paths::APPLICATIONS, flash).await
        }
        Err(error) => refuse(&error),
    };
    respond(&context, &next)
}
