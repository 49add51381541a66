//! Organisations in the console of the home one: the list, and a form for each.
use axum::{extract::Path, response::Response};
use domain::Refusal;
use leptos::{prelude::*, server_fn::ServerFn};
use service::{Error, admin::organisations::OrganisationView};

use crate::{
    fields::{Field, check, field, notice},
    forms::organisations::{InviteOwner, SaveOrganisation},
    i18n::{Lang, t, ta},
    outcome::Flash,
    pages::{PageRequest, or_refuse},
    paths,
    render::{Head, Layout, page},
};

pub async fn organisations(req: PageRequest) -> Response {
    let result = organisations_page(&req).await;
    or_refuse(&req, result).await
}

async fn organisations_page(req: &PageRequest) -> Result<Response, Error> {
    let list = req.context.ligature.organisation_admin().admin_organisations(&req.web.ctx).await?;
    let l = req.web.lang;
    Ok(page(&req.context, &req.web, Head::new(t(l, "admin-organisations"), Layout::Admin(paths::ADMIN_ORGANISATIONS)), move || {
        let alone = list.len() == 1;
        view! {
            <div class="title"><h1>{t(l, "admin-organisations")}</h1><a class="button primary" href=paths::ADMIN_ORGANISATION_NEW>{t(l, "organisation-new")}</a></div>
            <p class="muted">{t(l, "organisations-lead")}</p>
            <ul class="rows">{list.into_iter().map(|o| row(l, o)).collect_view()}</ul>
            {alone.then(|| view! { <p class="muted">{t(l, "organisations-alone")}</p> })}
        }
    })
    .await)
}

fn row(l: Lang, o: OrganisationView) -> AnyView {
    view! {
        <li>
            {crate::fields::mark(&o.name)}
            <a class="row-main" href=paths::admin_organisation(&o.slug)><strong>{o.name}</strong><span class="muted">{o.address}</span><span class="muted small">{ta(l, "organisation-accounts", &[("count", &o.accounts.to_string())])}</span></a>
            {o.home.then(|| view! { <span class="tag">{t(l, "organisation-home")}</span> })}
            {(!o.has_owner).then(|| view! { <span class="tag warn">{t(l, "organisation-ownerless")}</span> })}
            <span class=if o.active { "tag good" } else { "tag" }>{t(l, if o.active { "on" } else { "off" })}</span>
        </li>
    }
    .into_any()
}

pub async fn organisation(Path(slug): Path<String>, req: PageRequest) -> Response {
    let result = organisation_page(&req, slug).await;
    or_refuse(&req, result).await
}

async fn organisation_page(req: &PageRequest, slug: String) -> Result<Response, Error> {
    let create = slug == "new";
    let found = req.context.ligature.organisation_admin().admin_organisations(&req.web.ctx).await?.into_iter().find(|o| o.slug == slug);
    if found.is_none() && !create {
        return Err(Refusal::NotFound.into());
    }
    let (l, flash) = (req.web.lang, req.flash.clone());
    let title = found.as_ref().map_or_else(|| t(l, "organisation-new"), |o| o.name.clone());
    Ok(page(&req.context, &req.web, Head::new(title.clone(), Layout::Admin(paths::ADMIN_ORGANISATIONS)), move || {
        let invitation = flash.typed("invitation");
        let invites = found.as_ref().filter(|o| !o.home && !o.has_owner).map(|o| owner(l, o));
        view! {
            <h1>{title}</h1>
            {(!flash.notice.is_empty()).then(|| notice("good", t(l, &flash.notice)))}
            {(!flash.problems.is_empty()).then(|| notice("bad", t(l, "form-problems")))}
            {(!invitation.is_empty()).then(|| view! { <div class="notice good" role="status"><p>{t(l, "organisation-invitation")}</p><p><code class="secret">{invitation.clone()}</code></p></div> })}
            {form(l, found.as_ref(), &flash)}
            {invites}
        }
    })
    .await)
}

fn form(l: Lang, found: Option<&OrganisationView>, flash: &Flash) -> AnyView {
    let sent = !flash.problems.is_empty();
    let input = |name: &'static str, there: String, max: u32| {
        let hint = t(l, &format!("organisation-{name}-hint"));
        let value = if sent { flash.typed(name) } else { there };
        field(Field {
            name: name.into(),
            label: t(l, &format!("organisation-{name}")),
            kind: "text",
            hint,
            value,
            problem: flash.problem(name).map(|key| t(l, key)),
            autocomplete: "off",
            required: true,
            max,
            ..Field::default()
        })
    };
    let home = found.is_some_and(|o| o.home);
    view! {
        <form method="post" action=SaveOrganisation::url() class="stack wide">
            {match found {
                None => view! { <input type="hidden" name="create" value="on"/> {input("slug", String::new(), 40)} }.into_any(),
                Some(o) => view! { <input type="hidden" name="slug" value=o.slug.clone()/> <p class="muted">{t(l, "organisation-slug")}" "<code>{o.slug.clone()}</code></p> }.into_any(),
            }}
            {input("name", found.map(|o| o.name.clone()).unwrap_or_default(), 60)}
            {if home {
                view! { <p class="muted">{t(l, "organisation-address")}" "<code>{found.map(|o| o.address.clone()).unwrap_or_default()}</code><br/>{t(l, "organisation-address-home")}</p> }.into_any()
            } else {
                input("address", found.map(|o| o.address.clone()).unwrap_or_default(), 200)
            }}
            {found.filter(|o| !o.home).map(|o| check("active", t(l, "organisation-active"), t(l, "organisation-active-hint"), o.active))}
            <div class="row-actions"><button class="primary">{t(l, "save")}</button><a class="button quiet" href=paths::ADMIN_ORGANISATIONS>{t(l, "back")}</a></div>
        </form>
    }
    .into_any()
}

/// How an organisation gets its first owner.
fn owner(l: Lang, o: &OrganisationView) -> AnyView {
    view! {
        <section><h2>{t(l, "organisation-owner")}</h2>
            <p class="muted">{t(l, "organisation-owner-lead")}</p>
            <form method="post" action=InviteOwner::url()><input type="hidden" name="slug" value=o.slug.clone()/><button>{t(l, "organisation-invite")}</button></form>
        </section>
    }
    .into_any()
}
