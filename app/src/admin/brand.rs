//! What the pages of this organisation look like: name, colour, logo.
use crate::{
    admin::{
        overview::head,
        saved::{Ways, done, one_problem, saved},
    },
    components::{Field, Said},
    context::{Context, WebRequest, asked},
    form_input::bounded,
    i18n::{Lang, t},
    outcome::{Code, Flash, SeeOther, redirect_with_flash, refuse, respond},
    page_request::{Answer, PageRequest},
    paths,
    render::page,
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
    let look = req.context.ligature.branding().admin_brand(&req.web.ctx).await?;
    let (l, flash) = (req.web.lang, req.flash.clone());
    Ok(page(&req.context, &req.web, head(l, "admin-brand", paths::ADMIN_BRAND), move || {
        view! {
            <h1>{t(l, "admin-brand")}</h1>
            <p class="muted">{t(l, "brand-lead")}</p>
            <Said l=l key=flash.notice.clone()/>
            <LookForm l=l name={look.name.clone()} colour={look.colour} flash={flash.clone()}/>
            <Logo l=l logo={look.logo} name={look.name} flash=flash/>
        }
    })
    .await)
}

/// Name and colour.
#[component]
fn LookForm(
    l: Lang,
    name: String,
    /// Six digits, or empty.
    colour: String,
    flash: Flash,
) -> AnyView {
    let colour = if colour.is_empty() { colour } else { format!("#{colour}") };
    let sent = flash.problem("name").or(flash.problem("colour")).is_some();
    let value = |name: &str, there: String| if sent { flash.typed(name) } else { there };
    let problem = |name: &str| flash.problem(name).map(|key| t(l, key));
    view! {
        <form method="post" action=SaveBrand::url() class="stack wide">
            <Field name="name" label={t(l, "brand-name")} kind="text" hint={t(l, "brand-name-hint")} value={value("name", name)} problem={problem("name")} autocomplete="off" required=true max=60/>
            <Field name="colour" label={t(l, "brand-colour")} kind="text" hint={t(l, "brand-colour-hint")} value={value("colour", colour)} problem={problem("colour")} autocomplete="off" max=60/>
            <div class="row-actions"><button class="primary">{t(l, "save")}</button></div>
        </form>
    }
    .into_any()
}

/// The logo's own form: a file goes to a function of its own.
#[component]
pub fn Logo(
    l: Lang,
    /// The picture's digest, or empty.
    logo: String,
    /// An application's; empty: the organisation's.
    #[prop(optional)]
    client: String,
    name: String,
    flash: Flash,
) -> AnyView {
    let problem = flash.problem("logo").map(|key| t(l, key));
    let invalid = problem.is_some().then_some("true");
    let described = if problem.is_some() { "logo-hint logo-problem" } else { "logo-hint" };
    let whose = move || {
        let client = client.clone();
        (!client.is_empty()).then(|| view! { <input type="hidden" name="client_id" value=client/> })
    };
    view! {
        <section><h2>{t(l, "logo-title")}</h2>
            {(!logo.is_empty()).then(|| view! {
                <p class="logo-now"><img class="logo" src=paths::brand(&logo, "png") alt=name/></p>
                <form method="post" enctype="multipart/form-data" action=SetLogo::url()>{whose()}<button class="quiet" name="remove" value="yes">{t(l, "logo-remove")}</button></form>
            })}
            <form method="post" enctype="multipart/form-data" action=SetLogo::url() class="stack wide">
                {whose()}
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
    let result = context.ligature.branding().save_brand(&web.ctx, &name, &colour).await;
    let typed = [("name", name), ("colour", colour)]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), bounded(&value, 80)))
        .collect();
    let ways = Ways { good: (paths::ADMIN_BRAND, Flash::notice("saved")), bad: paths::ADMIN_BRAND };
    let next = saved(&context, &web, one_problem(result), ways, typed).await;
    respond(&context, &next)
}

/// `logo` is the file, `client_id` the application's, `remove` takes it away.
#[server(prefix = "/fn", endpoint = "admin/brand/logo", input = MultipartFormData)]
pub async fn set_logo(data: MultipartData) -> Result<(), Code> {
    let (context, web) = asked();
    let next = match read(data).await {
        Ok(Some(sent)) => take_logo(&context, &web, sent).await,
        // More than a form may have: most likely a picture that is far too large.
        Err(multer::Error::StreamReadFailed(_)) => {
            let flash = Flash::wrong("logo", "logo-large");
            redirect_with_flash(&context, &web, paths::ADMIN_BRAND, flash).await
        }
        Ok(None) | Err(_) => refuse(&Refusal::BadRequest.into()),
    };
    respond(&context, &next)
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

async fn take_logo(context: &Context, web: &WebRequest, sent: Sent) -> SeeOther {
    let client = sent.client.as_deref();
    let page = client.map_or_else(
        || paths::ADMIN_BRAND.to_owned(),
        |client| paths::safe(&paths::admin_application(client)),
    );
    let upload = sent.logo.filter(|_| !sent.remove);
    let taken = context.ligature.branding().set_logo(&web.ctx, client, upload).await;
    let flash = taken.map(|taken| match taken {
        Ok(()) => Flash::notice("saved"),
        Err(why) => Flash::wrong("logo", why),
    });
    done(context, web, &page, flash).await
}
