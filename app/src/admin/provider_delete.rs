//! The end of a provider by which nothing is linked.
use crate::{
    admin::{provider_test::ProviderKey, providers::find},
    context::asked,
    i18n::{t, ta},
    outcome::{Code, Flash, redirect_with_flash, respond, turned_away},
    page_request::{Answer, PageRequest},
    paths,
    render::{Head, Layout, page},
};
use axum::extract::Path;
use domain::{Refusal, Right};
use leptos::{prelude::*, server_fn::ServerFn};
use service::admin::providers::NotDeleted;

pub async fn deletion(Path(key): Path<String>, req: PageRequest) -> Answer {
    let found = find(&key, &req).await?;
    if !req.may(Right::ChangeProviders).await? || found.offered {
        return Err(Refusal::Forbidden.into());
    }
    let l = req.web.lang;
    let title = ta(l, "provider-delete-title", &[("name", &found.name)]);
    let layout = Layout::Admin(paths::ADMIN_PROVIDERS);
    Ok(page(&req.context, &req.web, Head::new(title.clone(), layout), move || {
        let count = found.speaks_for.to_string();
        let back = paths::admin_provider(&found.key);
        view! {
            <h1>{title}</h1>
            {if found.speaks_for > 0 {
                view! {
                    <p>{ta(l, "provider-delete-linked", &[("count", &count)])}</p>
                    <div class="row-actions"><a class="button" href=back>{t(l, "back")}</a></div>
                }.into_any()
            } else {
                view! {
                    <p>{t(l, "provider-delete-lead")}</p>
                    <form method="post" action=DeleteProvider::url() class="row-actions">
                        <input type="hidden" name="form[key]" value=found.key/>
                        <button class="danger">{t(l, "provider-delete")}</button>
                        <a class="button quiet" href=back>{t(l, "back")}</a>
                    </form>
                }.into_any()
            }}
        }
    })
    .await)
}

/// Deletes a provider by which nothing is linked.
#[server(prefix = "/fn", endpoint = "admin/provider/delete")]
pub async fn delete_provider(form: ProviderKey) -> Result<(), Code> {
    let (context, web) = asked();
    let page = paths::safe(&paths::admin_provider(&form.key));
    let next = match context.ligature.provider_admin().delete_provider(&web.ctx, &form.key).await {
        Ok(Ok(())) => {
            let flash = Flash::notice("provider-deleted");
            redirect_with_flash(&context, &web, paths::ADMIN_PROVIDERS, flash).await
        }
        Ok(Err(why)) => {
            let (key, count) = match why {
                NotDeleted::Linked(count) => ("provider-delete-linked", count),
                NotDeleted::Adopted(count) => ("provider-delete-adopted", count),
            };
            let text = ta(web.lang, key, &[("count", &count.to_string())]);
            redirect_with_flash(&context, &web, &page, Flash::shown("refused", text)).await
        }
        Err(error) => turned_away(&error, &page),
    };
    respond(&context, &next)
}
