//! What the pages of this organisation look like: name, colour, logo.
use crate::{
    components::{Field, Said},
    context::{Context, WebRequest, asked},
    form_input::bounded,
    i18n::{Lang, t},
    outcome::{
        Code, Flash, SeeOther, redirect_with_flash, refuse, respond, turned_away, turned_back,
    },
    page_request::{Answer, PageRequest},
    paths,
    render::{Head, Layout, page},
};
use domain::Refusal;
use leptos::{
    prelude::*,
    server_fn::{
        ServerFn,
        codec::{MultipartData, MultipartFormData},
    },
};

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
            <Said l=l key=flash.notice.clone()/>
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

/// The logo's own form: a file goes to a function of its own. `client`: an application's, or empty.
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
            <form method="post" enctype="multipart/form-data" action=SetLogo::url()>{again.map(|c| view! { <input type="hidden" name="client_id" value=c/> })}<button class="quiet" name="remove" value="yes">{t(l, "logo-remove")}</button></form>
        }
    });
    view! {
        <section><h2>{t(l, "logo-title")}</h2>
            {shown}
            <form method="post" enctype="multipart/form-data" action=SetLogo::url() class="stack wide">
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
        Err(error) => {
            let typed = [("name", &name), ("colour", &colour)]
                .into_iter()
                .map(|(k, v)| (k.to_owned(), bounded(v, 80)))
                .collect();
            turned_back(
                &context,
                &web,
                &error,
                paths::ADMIN_BRAND,
                Flash { typed, ..Flash::default() },
            )
            .await
        }
    };
    respond(&context, &next);
    Ok(())
}

/// `logo` is the file, `client_id` the application's, `remove` takes it away.
#[server(prefix = "/fn", endpoint = "admin/brand/logo", input = MultipartFormData)]
pub async fn set_logo(data: MultipartData) -> Result<(), Code> {
    let (context, web) = asked();
    let next = match read(data).await {
        Ok(Some(sent)) => take_logo(&context, &web, sent).await,
        // More than a form may have: most likely a picture that is far too large.
        Err(multer::Error::StreamReadFailed(_)) => {
            redirect_with_flash(&context, &web, paths::ADMIN_BRAND, wrong("logo-large")).await
        }
        Ok(None) | Err(_) => refuse(&Refusal::BadRequest.into()),
    };
    respond(&context, &next);
    Ok(())
}

#[derive(Default)]
struct Sent {
    client: Option<String>,
    logo: Option<Vec<u8>>,
    remove: bool,
}

/// `None` for a form that asks for nothing.
async fn read(data: MultipartData) -> Result<Option<Sent>, multer::Error> {
    let Some(mut form) = data.into_inner() else { return Ok(None) };
    let mut sent = Sent::default();
    while let Some(field) = form.next_field().await? {
        match field.name().unwrap_or_default() {
            "client_id" => sent.client = Some(field.text().await?),
            "remove" => sent.remove = true,
            "logo" => sent.logo = Some(field.bytes().await?.to_vec()),
            _ => {}
        }
    }
    Ok((sent.remove || sent.logo.is_some()).then_some(sent))
}

/// Why a picture was not taken, for beside its field.
fn wrong(why: &str) -> Flash {
    Flash { problems: vec![("logo".into(), why.into())], ..Flash::default() }
}

async fn take_logo(context: &Context, web: &WebRequest, sent: Sent) -> SeeOther {
    let client = sent.client.as_deref();
    let page = client.map_or_else(
        || paths::ADMIN_BRAND.to_owned(),
        |client| paths::safe(&paths::admin_application(client)),
    );
    let upload = sent.logo.filter(|_| !sent.remove);
    let flash = match context.ligature.branding().set_logo(&web.ctx, client, upload).await {
        Ok(Ok(())) => Flash::notice("saved"),
        Ok(Err(why)) => wrong(why),
        Err(error) => return turned_away(&error, &page),
    };
    redirect_with_flash(context, web, &page, flash).await
}
