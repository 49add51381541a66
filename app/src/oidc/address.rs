//! An application wants a proved address: proving it on the way.
use crate::{
    context::asked,
    i18n::{t, ta},
    outcome::{Code, SeeOther, granted_or_refused, leave, refuse, respond},
    page_request::{Answer, EntryQuery, PageRequest},
    paths,
    render::{Head, Layout, page},
};
use axum::response::{IntoResponse, Redirect};
use leptos::{prelude::*, server_fn::ServerFn};
use service::oidc_provider::AddressView;

/// An application wants an address, and none is proved to be the account's own.
pub async fn address(req: PageRequest<EntryQuery>) -> Answer {
    let req = &req;
    let request = req.web.entry(&req.context.ligature, &req.query.entry).await?;
    if req.web.ctx.session.is_none() {
        return Ok(Redirect::to(&paths::with_entry(paths::LOGIN, &req.query.entry)).into_response());
    }
    let shown = req.context.ligature.authorization().address_view(&req.web.ctx, &request).await?;
    let (l, entry) = (req.web.lang, req.query.entry.clone());
    let AddressView { application, address } = shown.clone().unwrap_or(AddressView {
        application: request.application_name.clone(),
        address: String::new(),
    });
    let head = Head::new(t(l, "address-title"), Layout::Narrow);
    Ok(page(&req.context, &req.web, head, move || {
        let lead = if shown.is_some() { ta(l, "address-lead", &[("application", &application), ("address", &address)]) } else { ta(l, "address-there", &[("application", &application)]) };
        view! {
            <h1>{t(l, "address-title")}</h1>
            <p class="lead">{lead}</p>
            <form method="post" action=ProveAddress::url() class="stack">
                <input type="hidden" name="entry" value=entry.clone()/>
                {match shown {
                    Some(_) => view! {
                        <button class="primary" name="answer" value="send">{t(l, "address-send")}</button>
                        <button name="answer" value="without">{t(l, "address-without")}</button>
                    }.into_any(),
                    None => view! { <button class="primary" name="answer" value="on">{ta(l, "address-on", &[("application", &application)])}</button> }.into_any(),
                }}
            </form>
        }
    })
    .await)
}

/// The person proves the address that an application wants to know, or goes on without.
#[server(prefix = "/fn", endpoint = "address")]
pub async fn prove_address(entry: String, answer: String) -> Result<(), Code> {
    let (context, web) = asked();
    let ligature = &context.ligature;
    let next = match (web.entry(ligature, &entry).await, answer.as_str()) {
        (Err(error), _) => refuse(&error),
        (Ok(_), _) if web.ctx.session.is_none() => {
            SeeOther::local(paths::with_entry(paths::LOGIN, &entry))
        }
        (Ok(request), "send") => {
            leave(&context, ligature.authorization().ask_address_code(&web.ctx, &request).await)
                .await
        }
        (Ok(request), _) => {
            let on = ligature.authorization().go_without_address(&web.ctx, &request).await;
            granted_or_refused(&context, on).await
        }
    };
    respond(&context, &next)
}

/// On without the address, from the page that awaits its code.
#[server(prefix = "/fn", endpoint = "attempt/without")]
pub async fn leave_address(attempt: String) -> Result<(), Code> {
    let (context, web) = asked();
    let left = context.ligature.authorization().leave_address(&web.ctx, &attempt).await;
    respond(&context, &granted_or_refused(&context, left).await)
}
