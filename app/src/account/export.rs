//! Everything that is stored about a person, for them.
use crate::{
    account::signed_in::{entered, head},
    components::GoOrLeave,
    context::asked,
    i18n::t,
    outcome::{Code, SeeOther, refuse, respond},
    page_request::{Answer, PageRequest},
    paths,
    render::page,
};
use axum::{
    extract::Path,
    response::{IntoResponse, Redirect},
};
use domain::Refusal;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use leptos::{prelude::*, server_fn::ServerFn};
use service::{Error, Once};

pub async fn export(req: PageRequest) -> Answer {
    let req = &req;
    let signed_in = req.web.ctx.signed_in().map(drop).map_err(Error::from);
    if let Some(response) = entered(req, paths::EXPORT, signed_in).await? {
        return Ok(response);
    }
    let l = req.web.lang;
    Ok(page(&req.context, &req.web, head(l, "export-title"), move || {
        view! {
            <h1>{t(l, "export-title")}</h1>
            <p>{t(l, "export-lead")}</p>
            <form method="post" action=TakeData::url() class="row-actions"><GoOrLeave l=l go={t(l, "export-go")}/></form>
        }
    })
    .await)
}

/// Leads to the file, which can be fetched once: a link from elsewhere starts no export.
#[server(prefix = "/fn", endpoint = "account/export")]
pub async fn take_data() -> Result<(), Code> {
    let (context, web) = asked();
    let ticket = match context.ligature.account_settings().may_export(&web.ctx).await {
        Ok(()) => context.ligature.page_state().keep_once(&web.ctx, Once::Export, &()).await,
        Err(error) => Err(error),
    };
    let next = match ticket {
        Ok(ticket) => SeeOther::local(paths::export_file(&ticket)),
        Err(error) if error.refusal() == Refusal::NotRecent => {
            SeeOther::local(paths::confirm(paths::EXPORT))
        }
        Err(error) => refuse(&error),
    };
    respond(&context, &next)
}

/// The file, for a ticket that was not used yet.
pub async fn file(Path(ticket): Path<String>, req: PageRequest) -> Answer {
    let ligature = &req.context.ligature;
    let ticket = ligature.page_state().take_once::<()>(&req.web.ctx, Once::Export, &ticket).await?;
    if ticket.is_none() {
        return Ok(Redirect::to(paths::EXPORT).into_response());
    }
    let data = match ligature.account_settings().export(&req.web.ctx).await {
        Err(error) if error.refusal() == Refusal::NotRecent => {
            return Ok(Redirect::to(&paths::confirm(paths::EXPORT)).into_response());
        }
        other => other?,
    };
    let text = serde_json::to_string_pretty(&data).map_err(Error::from)?;
    let headers = [
        (CONTENT_TYPE, "application/json"),
        (CONTENT_DISPOSITION, "attachment; filename=\"account.json\""),
    ];
    Ok((headers, text).into_response())
}
