//! What the pages of this organisation look like: name, colour, logo.
use crate::{
    components::{Field, Notice},
    context::asked,
    form_input::bounded,
    i18n::{Lang, t},
    outcome::{Code, Flash, redirect_with_flash, respond, turned_back},
    page_request::{Answer, PageRequest},
    paths,
    render::{Head, Layout, page},
};
use leptos::{prelude::*, server_fn::ServerFn};

pub async fn brand(req: PageRequest) -> Answer {
    let req = &req;
    let look = req.context.ligature.branding().admin_brand(&req.web.ctx).await?;
    let (l, flash) = (req.web.lang, req.flash.clone());
    Ok(page(&req.context, &req.web, Head::new(t(l, "admin-brand"), Layout::Admin(paths::ADMIN_BRAND)), move || {
        let sent = flash.problem("name").or(flash.problem("colour")).is_some();
        let input = |name: &'static str, label: &str, hint: &str, there: String, required: bool| {
            let value = if sent { flash.typed(name) } else { there };
            view! { <Field name=name label={t(l, label)} kind="text" hint={t(l, hint)} value=value problem={flash.problem(name).map(|key| t(l, key))} autocomplete="off" required=required max=60/> }
                .into_any()
        };
        let colour = if look.colour.is_empty() { String::new() } else { format!("#{}", look.colour) };
        view! {
            <h1>{t(l, "admin-brand")}</h1>
            <p class="muted">{t(l, "brand-lead")}</p>
            {(!flash.notice.is_empty()).then(|| view! { <Notice kind="good" text={t(l, &flash.notice)}/> }.into_any())}
            <form method="post" action=SaveBrand::url() class="stack wide">
                {input("name", "brand-name", "brand-name-hint", look.name.clone(), true)}
                {input("colour", "brand-colour", "brand-colour-hint", colour, false)}
                <div class="row-actions"><button class="primary">{t(l, "save")}</button></div>
            </form>
            {logo(l, &look.logo, "", &look.name, &flash)}
        }
    })
    .await)
}

/// The logo's own form: a file goes to a route of its own. `client`: an application's, or empty.
pub(crate) fn logo(l: Lang, logo: &str, client: &str, name: &str, flash: &Flash) -> AnyView {
    let problem = flash.problem("logo").map(|key| t(l, key));
    let (invalid, described) = (
        problem.is_some().then_some("true"),
        if problem.is_some() { "logo-hint logo-problem" } else { "logo-hint" },
    );
    let hidden = (!client.is_empty()).then(|| client.to_owned());
    let again = hidden.clone();
    let shown = (!logo.is_empty()).then(|| {
        view! {
            <p class="logo-now"><img class="logo" src=paths::brand(logo, "png") alt=name.to_owned()/></p>
            <form method="post" enctype="multipart/form-data" action=paths::ADMIN_LOGO>{again.map(|c| view! { <input type="hidden" name="client_id" value=c/> })}<button class="quiet" name="remove" value="yes">{t(l, "logo-remove")}</button></form>
        }
    });
    view! {
        <section><h2>{t(l, "logo-title")}</h2>
            {shown}
            <form method="post" enctype="multipart/form-data" action=paths::ADMIN_LOGO class="stack wide">
                {hidden.map(|c| view! { <input type="hidden" name="client_id" value=c/> })}
                <div class="field">
                    <label for="logo">{t(l, "logo-file")}</label>
                    <p class="hint" id="logo-hint">{t(l, "logo-hint")}</p>
                    <input id="logo" type="file" name="logo" accept="image/png,image/jpeg,image/webp" required=true aria-invalid=invalid aria-describedby=described/>
                    {problem.map(|text| view! { <p class="problem" id="logo-problem">{text}</p> })}
                </div>
                <div class="row-actions"><button>{t(l, "logo-send")}</button></div>
            </form>
        </section>
    }
    .into_any()
}

#[server(prefix = "/fn", endpoint = "admin/brand")]
pub async fn save_brand(name: String, #[server(default)] colour: String) -> Result<(), Code> {
    let (context, web) = asked();
    let next = match context.ligature.branding().save_brand(&web.ctx, &name, &colour).await {
        Ok(Ok(())) => {
            redirect_with_flash(&context, &web, paths::ADMIN_BRAND, Flash::notice("saved")).await
        }
        Ok(Err((field, remedy))) => {
            let typed = [("name", &name), ("colour", &colour)]
                .into_iter()
                .map(|(k, v)| (k.to_owned(), bounded(v, 80)))
                .collect();
            redirect_with_flash(
                &context,
                &web,
                paths::ADMIN_BRAND,
                Flash { problems: vec![(field.into(), remedy.into())], typed, ..Flash::default() },
            )
            .await
        }
        Err(fault) => {
            let typed = [("name", &name), ("colour", &colour)]
                .into_iter()
                .map(|(k, v)| (k.to_owned(), bounded(v, 80)))
                .collect();
            turned_back(
                &context,
                &web,
                &fault,
                paths::ADMIN_BRAND,
                Flash { typed, ..Flash::default() },
            )
            .await
        }
    };
    respond(&context, &next);
    Ok(())
}
