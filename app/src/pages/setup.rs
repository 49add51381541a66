//! The first owner's page.
use axum::response::Response;
use domain::Refusal;
use leptos::{prelude::*, server_fn::ServerFn};
use service::Error;

use crate::{
    fields::{Field, field},
    forms::setup::Claim,
    i18n::t,
    pages::{PageRequest, or_refuse},
    render::{Head, Layout, page},
};

pub async fn setup(req: PageRequest) -> Response {
    let result = setup_page(&req).await;
    or_refuse(&req, result).await
}

async fn setup_page(req: &PageRequest) -> Result<Response, Error> {
    if req.context.ligature.setup().has_owner().await? {
        return Err(Refusal::SetupClosed.into());
    }
    let l = req.web.lang;
    let (flash, token) = (req.flash.clone(), req.query.token.clone());
    Ok(page(&req.context, &req.web, Head::new(t(l, "setup-title"), Layout::Narrow), move || {
        let problem = |name: &str| flash.problem(name).map(|key| t(l, key));
        view! {
            <h1>{t(l, "setup-title")}</h1>
            <p class="muted">{t(l, "setup-lead")}</p>
            <form method="post" action=Claim::url() class="stack">
                {field(Field { name: "token".into(), label: t(l, "setup-token"), kind: "text", value: token.chars().take(64).collect(), autocomplete: "off", required: true, max: 64, ..Field::default() })}
                {field(Field { name: "name".into(), label: t(l, "name"), kind: "text", value: flash.typed("name"), problem: problem("name"), autocomplete: "name", required: true, max: 80, ..Field::default() })}
                {field(Field { name: "email".into(), label: t(l, "email"), kind: "email", value: flash.typed("email"), problem: problem("email"), autocomplete: "email", required: true, max: 254, ..Field::default() })}
                {field(Field { name: "password".into(), label: t(l, "password"), kind: "password", hint: t(l, "password-hint"), problem: problem("password"), autocomplete: "new-password", required: true, max: 256, meter: Some(t(l, "meter")), ..Field::default() })}
                <button class="primary">{t(l, "setup-go")}</button>
            </form>
        }
    })
    .await)
}
