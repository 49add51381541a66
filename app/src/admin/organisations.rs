//! Organisations in the console of the home one: the list, and a form for each.
use crate::{
    admin::saved::{Ways, done, one_problem, saved},
    components::{Check, Field, Mark, Notice, Rows, Said},
    context::asked,
    form_input::bounded,
    i18n::{Lang, t, ta},
    outcome::{Code, Flash, respond},
    page_request::{Answer, PageRequest},
    paths,
    render::{Head, Layout, page},
};
use axum::extract::Path;
use domain::Refusal;
use leptos::{prelude::*, server_fn::ServerFn};
use service::admin::organisations::{OrganisationForm, OrganisationView};

pub async fn organisations(req: PageRequest) -> Answer {
    let req = &req;
    let list = req.context.ligature.organisation_admin().admin_organisations(&req.web.ctx).await?;
    let l = req.web.lang;
    Ok(page(&req.context, &req.web, Head::new(t(l, "admin-organisations"), Layout::Admin(paths::ADMIN_ORGANISATIONS)), move || {
        let alone = list.len() == 1;
        view! {
            <div class="title"><h1>{t(l, "admin-organisations")}</h1><a class="button primary" href=paths::ADMIN_ORGANISATION_NEW>{t(l, "organisation-new")}</a></div>
            <p class="muted">{t(l, "organisations-lead")}</p>
            <Rows>{list.into_iter().map(|o| view! { <OrganisationRow l=l organisation=o/> }).collect_view()}</Rows>
            {alone.then(|| view! { <p class="muted">{t(l, "organisations-alone")}</p> })}
        }
    })
    .await)
}

#[component]
fn OrganisationRow(l: Lang, organisation: OrganisationView) -> AnyView {
    let o = organisation;
    view! {
        <li>
            <Mark name={o.name.clone()}/>
            <a class="row-main" href=paths::admin_organisation(&o.slug)><strong>{o.name}</strong><span class="muted">{o.address}</span><span class="muted small">{ta(l, "organisation-accounts", &[("count", &o.accounts.to_string())])}</span></a>
            {o.home.then(|| view! { <span class="tag">{t(l, "organisation-home")}</span> })}
            {(!o.has_owner).then(|| view! { <span class="tag warn">{t(l, "organisation-ownerless")}</span> })}
            <span class=if o.active { "tag good" } else { "tag" }>{t(l, if o.active { "on" } else { "off" })}</span>
        </li>
    }
    .into_any()
}

pub async fn organisation(Path(slug): Path<String>, req: PageRequest) -> Answer {
    let req = &req;
    let create = slug == "new";
    let found = req
        .context
        .ligature
        .organisation_admin()
        .admin_organisations(&req.web.ctx)
        .await?
        .into_iter()
        .find(|o| o.slug == slug);
    if found.is_none() && !create {
        return Err(Refusal::NotFound.into());
    }
    let (l, flash) = (req.web.lang, req.flash.clone());
    let title = found.as_ref().map_or_else(|| t(l, "organisation-new"), |o| o.name.clone());
    Ok(page(&req.context, &req.web, Head::new(title.clone(), Layout::Admin(paths::ADMIN_ORGANISATIONS)), move || {
        let invitation = flash.typed("invitation");
        let ownerless = found.clone().filter(|o| !o.home && !o.has_owner);
        view! {
            <h1>{title}</h1>
            <Said l=l key=flash.notice.clone()/>
            {(!flash.problems.is_empty()).then(|| view! { <Notice kind="bad" text={t(l, "form-problems")}/> })}
            {(!invitation.is_empty()).then(|| view! { <div class="notice good" role="status"><p>{t(l, "organisation-invitation")}</p><p><code class="secret">{invitation}</code></p></div> })}
            <SettingsForm l=l found=found flash=flash/>
            {ownerless.map(|o| view! { <OwnerInvitation l=l slug={o.slug}/> })}
        }
    })
    .await)
}

#[component]
fn SettingsForm(
    l: Lang,
    /// None: a new one.
    found: Option<OrganisationView>,
    flash: Flash,
) -> AnyView {
    let sent = !flash.problems.is_empty();
    let input = |name: &'static str, there: String, max: u32| {
        let hint = t(l, &format!("organisation-{name}-hint"));
        let value = if sent { flash.typed(name) } else { there };
        view! { <Field name=name label={t(l, &format!("organisation-{name}"))} kind="text" hint=hint value=value problem={flash.problem(name).map(|key| t(l, key))} autocomplete="off" required=true max=max/> }
    };
    let (name, address, home, active) = match &found {
        Some(o) => (o.name.clone(), o.address.clone(), o.home, (!o.home).then_some(o.active)),
        None => (String::new(), String::new(), false, None),
    };
    view! {
        <form method="post" action=SaveOrganisation::url() class="stack wide">
            {match found {
                None => view! { <input type="hidden" name="create" value="on"/> {input("slug", String::new(), 40)} }.into_any(),
                Some(o) => view! { <input type="hidden" name="slug" value=o.slug.clone()/> <p class="muted">{t(l, "organisation-slug")}" "<code>{o.slug}</code></p> }.into_any(),
            }}
            {input("name", name, 60)}
            {if home {
                view! { <p class="muted">{t(l, "organisation-address")}" "<code>{address}</code><br/>{t(l, "organisation-address-home")}</p> }.into_any()
            } else {
                input("address", address, 200).into_any()
            }}
            {active.map(|active| view! { <Check name="active" label={t(l, "organisation-active")} hint={t(l, "organisation-active-hint")} checked=active/> })}
            <div class="row-actions"><button class="primary">{t(l, "save")}</button><a class="button quiet" href=paths::ADMIN_ORGANISATIONS>{t(l, "back")}</a></div>
        </form>
    }
    .into_any()
}

/// How an organisation gets its first owner.
#[component]
fn OwnerInvitation(l: Lang, slug: String) -> AnyView {
    view! {
        <section><h2>{t(l, "organisation-owner")}</h2>
            <p class="muted">{t(l, "organisation-owner-lead")}</p>
            <form method="post" action=InviteOwner::url()><input type="hidden" name="slug" value=slug/><button>{t(l, "organisation-invite")}</button></form>
        </section>
    }
    .into_any()
}

#[server(prefix = "/fn", endpoint = "admin/organisation")]
pub async fn save_organisation(
    #[server(default)] create: String,
    slug: String,
    name: String,
    #[server(default)] address: String,
    #[server(default)] active: String,
) -> Result<(), Code> {
    let (context, web) = asked();
    let create = !create.is_empty();
    let form = OrganisationForm {
        slug: slug.clone(),
        name: name.clone(),
        address: address.clone(),
        active: create || !active.is_empty(),
    };
    let page = paths::safe(&paths::admin_organisation(&slug));
    let bad = if create { paths::ADMIN_ORGANISATION_NEW } else { &page };
    let saving = context.ligature.organisation_admin().save_organisation(&web.ctx, form, create);
    let typed = [("slug", slug), ("name", name), ("address", address)]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), bounded(&value, 200)))
        .collect();
    let ways = Ways { good: (&page, Flash::notice("saved")), bad };
    let next = saved(&context, &web, one_problem(saving.await), ways, typed).await;
    respond(&context, &next)
}

/// The address for the first owner: shown once, then gone with the flash row.
#[server(prefix = "/fn", endpoint = "admin/organisation/owner")]
pub async fn invite_owner(slug: String) -> Result<(), Code> {
    let (context, web) = asked();
    let page = paths::safe(&paths::admin_organisation(&slug));
    let made = context.ligature.organisation_admin().first_owner_address(&web.ctx, &slug).await;
    let flash = made.map(|address| match address {
        Some(address) => Flash::shown("invitation", address),
        None => Flash::notice("organisation-owned"),
    });
    let next = done(&context, &web, &page, flash).await;
    respond(&context, &next)
}
