//! Removing a sign-in method.
use crate::{
    account::{
        reauthenticate::first,
        signed_in::{done, nobody},
    },
    components::{GoOrLeave, method_name},
    context::asked,
    i18n::{t, ta},
    outcome::{Code, respond},
    page_request::{Answer, PageRequest},
    paths,
    render::{Head, Layout, page},
};
use axum::extract::Path;
use domain::{LinkId, Refusal};
use leptos::{prelude::*, server_fn::ServerFn};
use service::{Error, account::Method};

#[server(prefix = "/fn", endpoint = "account/remove")]
pub async fn remove_method(link: String) -> Result<(), Code> {
    let (context, web) = asked();
    let which = if link == "password" {
        Ok(None)
    } else {
        link.parse::<LinkId>().map(Some).map_err(|_| Error::from(Refusal::MethodUnknown))
    };
    let result = match which {
        Ok(link) => context.ligature.account_settings().remove_method(&web.ctx, link).await,
        Err(error) => Err(error),
    };
    let next = done(&context, &web, result, paths::ACCOUNT, "method-removed").await;
    respond(&context, &next)
}

pub async fn remove(Path(link): Path<String>, req: PageRequest) -> Answer {
    if let Some(response) = nobody(&req) {
        return Ok(response);
    }
    let req = &req;
    let overview = req.context.ligature.account_settings().overview(&req.web.ctx).await?;
    let wanted =
        |m: &&Method| m.link.map_or_else(|| "password".to_owned(), |id| id.to_string()) == link;
    let method = overview.methods.iter().find(wanted).cloned().ok_or(Refusal::MethodUnknown)?;
    if let Some(refusal) = method.stays {
        return Err(refusal.into());
    }
    if let Some(response) = first(req, &paths::remove_method(&link)).await? {
        return Ok(response);
    }
    let l = req.web.lang;
    Ok(page(&req.context, &req.web, Head::new(t(l, "remove-title"), Layout::Account), move || {
        let name = method_name(l, &method.name);
        view! {
            <h1>{ta(l, "remove-question", &[("name", &name)])}</h1>
            <p>{ta(l, "remove-lead", &[("name", &name)])}</p>
            <form method="post" action=RemoveMethod::url() class="row-actions">
                <input type="hidden" name="link" value=link.clone()/>
                <GoOrLeave l=l go={t(l, "remove-go")} leave={t(l, "keep")} danger=true/>
            </form>
        }
    })
    .await)
}
