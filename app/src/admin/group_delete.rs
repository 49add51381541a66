//! The end of a group, after what it touches was shown.
use crate::{
    admin::{groups::SentGroup, saved::done},
    components::Rows,
    context::asked,
    i18n::{t, ta},
    outcome::{Code, Flash, redirect_with_flash, respond},
    page_request::{Answer, PageRequest},
    paths,
    render::{Head, Layout, page},
};
use axum::extract::Path;
use domain::{Refusal, Right};
use leptos::{prelude::*, server_fn::ServerFn};

pub async fn deletion(Path(key): Path<String>, req: PageRequest) -> Answer {
    let view = req.context.ligature.group_admin().group(&req.web.ctx, &key, None).await?;
    if !req.may(Right::ChangeGroups).await? {
        return Err(Refusal::Forbidden.into());
    }
    let l = req.web.lang;
    let title = ta(l, "group-delete-title", &[("name", &view.name)]);
    let head = Head::new(title.clone(), Layout::Admin(paths::ADMIN_GROUPS));
    Ok(page(&req.context, &req.web, head, move || {
        let count = view.count.to_string();
        let closed = view.applications.iter().any(|(.., only)| *only);
        view! {
            <h1>{title}</h1>
            <p>{ta(l, "group-delete-members", &[("count", &count)])}</p>
            {(!view.given_by.is_empty()).then(|| view! { <p>{t(l, "group-delete-given")}</p> })}
            {(!view.applications.is_empty()).then(|| view! { <p>{t(l, "group-delete-applications")}</p> })}
            <Rows>{view.applications.into_iter().map(|(client, name, only)| view! {
                <li><a class="row-main" href=paths::admin_application(&client)><strong>{name}</strong></a>{only.then(|| view! { <span class="tag warn">{t(l, "group-delete-nobody")}</span> })}</li>
            }).collect_view()}</Rows>
            {closed.then(|| view! { <p>{t(l, "group-delete-closed")}</p> })}
            <form method="post" action=DeleteGroup::url() class="row-actions">
                <input type="hidden" name="form[key]" value=view.key.clone()/>
                <button class="danger">{t(l, "group-delete")}</button>
                <a class="button quiet" href=paths::admin_group(&view.key, "")>{t(l, "back")}</a>
            </form>
        }
    })
    .await)
}

/// Deletes a group.
#[server(prefix = "/fn", endpoint = "admin/group/delete")]
pub async fn delete_group(form: SentGroup) -> Result<(), Code> {
    let (context, web) = asked();
    let next = match context.ligature.group_admin().delete_group(&web.ctx, &form.key).await {
        Ok(()) => {
            let flash = Flash::notice("group-deleted");
            redirect_with_flash(&context, &web, paths::ADMIN_GROUPS, flash).await
        }
        Err(error) => {
            let page = paths::safe(&paths::admin_group(&form.key, ""));
            done(&context, &web, &page, Err(error)).await
        }
    };
    respond(&context, &next)
}
