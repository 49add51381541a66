//! Everything that is stored about a person, for them.
use crate::{
    account::email::{entered, head},
    i18n::t,
    page_request::{Answer, PageRequest},
    paths,
    render::page,
};
use leptos::prelude::*;
use service::Error;

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
            <form method="post" action=paths::EXPORT class="row-actions"><button class="primary">{t(l, "export-go")}</button><a class="button quiet" href=paths::ACCOUNT>{t(l, "confirm-leave")}</a></form>
        }
    })
    .await)
}
