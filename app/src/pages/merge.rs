//! Two accounts that become one: the page that asks for the other account, and the preview.
use axum::response::Response;
use leptos::{prelude::*, server_fn::ServerFn};
use service::{Error, account::merge::MergeRow};

use crate::{
    fields::{Field, field, mark, notice},
    forms::{account::MergeAccount, attempt::ConfirmMerge},
    i18n::{Lang, t, ta},
    pages::{
        PageRequest,
        account::field_name,
        account_change::{entered, head},
        or_refuse,
    },
    paths,
    render::page,
};

pub async fn merge(req: PageRequest) -> Response {
    let result = merge_page(&req).await;
    or_refuse(&req, result).await
}

async fn merge_page(req: &PageRequest) -> Result<Response, Error> {
    let allowed = req.context.ligature.merges().may_merge(&req.web.ctx).await;
    if let Some(response) = entered(req, paths::MERGE, allowed).await? {
        return Ok(response);
    }
    let buttons = req.context.ligature.configuration().buttons().await?;
    let (l, flash) = (req.web.lang, req.flash.clone());
    let head = head(l, "merge-title").origins(buttons.iter().filter_map(|b| b.origin.clone()));
    Ok(page(&req.context, &req.web, head, move || {
        view! {
            <h1>{t(l, "merge-title")}</h1>
            <p>{t(l, "merge-lead")}</p>
            {(!flash.notice.is_empty()).then(|| notice("bad", t(l, &flash.notice)))}
            <form method="post" action=MergeAccount::url() class="stack wide">
                {field(Field { name: "email".into(), label: t(l, "merge-email"), kind: "email", value: flash.typed("email"), autocomplete: "off", required: true, max: 254, ..Field::default() })}
                {field(Field { name: "password".into(), label: t(l, "merge-password"), kind: "password", autocomplete: "off", required: true, max: 256, ..Field::default() })}
                <div class="row-actions"><button class="primary">{t(l, "code-go")}</button><a class="button quiet" href=paths::ACCOUNT>{t(l, "confirm-leave")}</a></div>
            </form>
            {(!buttons.is_empty()).then(|| view! {
                <p class="divider">{t(l, "or")}</p>
                <div class="buttons">{buttons.into_iter().map(|b| view! {
                    <form method="post" action=paths::merge_with(&b.key)><button class="provider">{mark(&b.name)}<span>{ta(l, "merge-with", &[("provider", &b.name)])}</span></button></form>
                }).collect_view()}</div>
            })}
        }
    })
    .await)
}

/// The preview: what each account has, and what the one that stays has afterwards.
pub fn preview(l: Lang, id: &str, rows: Vec<MergeRow>) -> AnyView {
    let cell = move |kind: &str, values: Vec<String>| {
        let said: Vec<String> = match kind {
            "password" | "second-factor" => values.iter().map(|_| t(l, "merge-there")).collect(),
            _ => values,
        };
        if said.is_empty() {
            view! { <span class="muted">{t(l, "merge-nothing")}</span> }.into_any()
        } else {
            view! { <ul>{said.into_iter().map(|v| view! { <li>{v}</li> }).collect_view()}</ul> }.into_any()
        }
    };
    view! {
        <div class="scroll" tabindex="0" role="region" aria-label=t(l, "merge-preview")>
            <table class="stacked">
                <thead><tr><th scope="col"><span class="sr">{t(l, "merge-what")}</span></th><th scope="col">{t(l, "merge-mine")}</th><th scope="col">{t(l, "merge-theirs")}</th><th scope="col">{t(l, "merge-becomes")}</th></tr></thead>
                <tbody>{rows.into_iter().map(|r| {
                    let name = if r.kind == "field" { field_name(l, &r.field) } else { t(l, &format!("merge-row-{}", r.kind)) };
                    view! { <tr><th scope="row">{name}</th><td data-label=t(l, "merge-mine")>{cell(r.kind, r.mine)}</td><td data-label=t(l, "merge-theirs")>{cell(r.kind, r.theirs)}</td><td data-label=t(l, "merge-becomes")>{cell(r.kind, r.becomes)}</td></tr> }
                }).collect_view()}</tbody>
            </table>
        </div>
        <ul class="points"><li>{t(l, "merge-signed-out")}</li><li>{t(l, "merge-undo")}</li></ul>
        <form method="post" action=ConfirmMerge::url() class="row-actions">
            <input type="hidden" name="attempt" value=id.to_owned()/>
            <button class="primary">{t(l, "merge-go")}</button>
            <a class="button quiet" href=paths::ACCOUNT>{t(l, "confirm-leave")}</a>
        </form>
    }
    .into_any()
}
