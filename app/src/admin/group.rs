//! A group: what it is called, who is in it and by whose word, and what hangs on it.
use crate::{
    admin::{
        groups::{NameFields, SentGroup},
        overview::Message,
        saved::{Ways, done, saved},
    },
    components::{Field, Moment, Rows, SaveOrRead},
    context::asked,
    form_input::{bounded, cursor},
    i18n::{Lang, t, ta},
    outcome::{Code, Flash, respond},
    page_request::{Answer, PageRequest},
    paths,
    render::{Head, Layout, page},
};
use axum::extract::Path;
use domain::{Refusal, Right};
use leptos::{prelude::*, server_fn::ServerFn};
use serde::{Deserialize, Serialize};
use service::admin::groups::{GroupView, MemberView};

/// Where the list of members goes on.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct MembersQuery {
    /// The last member of the page before.
    pub after: String,
}

pub async fn group(Path(key): Path<String>, req: PageRequest<MembersQuery>) -> Answer {
    let after = cursor(&req.query.after)?;
    let view = req.context.ligature.group_admin().group(&req.web.ctx, &key, after).await?;
    let changes = req.may(Right::ChangeGroups).await?;
    let (l, flash) = (req.web.lang, req.flash.clone());
    let head = Head::new(view.name.clone(), Layout::Admin(paths::ADMIN_GROUPS));
    Ok(page(&req.context, &req.web, head, move || {
        let GroupView { key, name, description, count, members, next, applications, given_by } =
            view;
        let first = after.is_some().then(|| paths::admin_group(&key, ""));
        let next = next.map(|id| paths::admin_group(&key, &id.to_string()));
        view! {
            <p class="crumbs"><a href=paths::ADMIN_GROUPS>{t(l, "admin-groups")}</a></p>
            <h1>{name.clone()}</h1>
            <Message l=l flash={flash.clone()}/>
            <p class="muted"><code>{key.clone()}</code>" "{t(l, "group-key-told")}</p>
            <Members l=l key={key.clone()} count=count members=members changes=changes flash={flash.clone()}/>
            {(next.is_some() || first.is_some()).then(|| view! {
                <nav class="row-actions" aria-label=t(l, "pages")>
                    {first.map(|href| view! { <a class="button" href=href>{t(l, "page-first")}</a> })}
                    {next.map(|href| view! { <a class="button" rel="next" href=href>{t(l, "page-next")}</a> })}
                </nav>
            })}
            <WhatHangsOnIt l=l applications=applications given_by=given_by/>
            <form method="post" action=ChangeGroup::url() class="section">
                <h2>{t(l, "group-called")}</h2>
                <input type="hidden" name="form[key]" value=key.clone()/>
                <NameFields l=l name=name description=description flash=flash/>
                <SaveOrRead l=l go={t(l, "save")} may=changes/>
            </form>
            {changes.then(|| view! {
                <section class="section"><h2>{t(l, "group-delete")}</h2>
                    <p>{t(l, "group-delete-lead")}</p>
                    <div><a class="button danger" href=paths::admin_group_delete(&key)>{t(l, "group-delete-ask")}</a></div>
                </section>
            })}
        }
    })
    .await)
}

#[component]
fn Members(
    l: Lang,
    key: String,
    count: i64,
    members: Vec<MemberView>,
    changes: bool,
    flash: Flash,
) -> AnyView {
    let told = members.iter().any(|member| !member.providers.is_empty());
    let row = |member: MemberView| view! { <MemberRow l=l key={key.clone()} member=member changes=changes/> };
    let rows = members.into_iter().map(row).collect_view();
    view! {
        <section class="section" aria-labelledby="members">
            <h2 id="members">{t(l, "group-members")}</h2>
            <p>{ta(l, "group-members-count", &[("count", &count.to_string())])}</p>
            {(count == 0).then(|| view! { <p class="muted">{t(l, "group-members-none")}</p> })}
            <Rows>{rows}</Rows>
            {told.then(|| view! { <p class="muted">{t(l, "group-told-hint")}</p> })}
            {changes.then(|| view! {
                <form method="post" action=AddGroupMember::url() class="stack">
                    <input type="hidden" name="form[key]" value=key.clone()/>
                    <Field id="who" name="form[who]" label={t(l, "group-add-who")} kind="text" value={flash.typed("who")} problem={flash.problem("who").map(|key| t(l, key))} autocomplete="off" required=true max=254/>
                    <div><button>{t(l, "group-add")}</button></div>
                </form>
            })}
        </section>
    }
    .into_any()
}

#[component]
fn MemberRow(l: Lang, key: String, member: MemberView, changes: bool) -> AnyView {
    let id = member.account.to_string();
    let name = if member.name.is_empty() { t(l, "account-nameless") } else { member.name };
    let label = ta(l, "group-remove-who", &[("name", &name)]);
    let providers = member.providers.join(", ");
    view! {
        <li>
            <a class="row-main" href=paths::admin_account(&id)><strong>{name}</strong>
                {member.local.map(|since| view! { <span class="muted small">{t(l, "group-by-administrator")}" "<Moment l=l at=since/></span> })}
                {(!providers.is_empty()).then(|| view! { <span class="muted small">{ta(l, "group-by-provider", &[("provider", &providers)])}</span> })}
            </a>
            {(changes && member.local.is_some()).then(|| view! {
                <form method="post" action=RemoveGroupMember::url()>
                    <input type="hidden" name="form[key]" value=key/>
                    <input type="hidden" name="form[who]" value=id/>
                    <button class="quiet" aria-label=label>{t(l, "group-remove")}</button>
                </form>
            })}
        </li>
    }
    .into_any()
}

/// Applications that are open to the group, and providers that give it.
#[component]
fn WhatHangsOnIt(
    l: Lang,
    applications: Vec<(String, String, bool)>,
    given_by: Vec<(String, String, String)>,
) -> AnyView {
    view! {
        <section class="section" aria-labelledby="opens">
            <h2 id="opens">{t(l, "group-opens")}</h2>
            {applications.is_empty().then(|| view! { <p class="muted">{t(l, "group-opens-none")}</p> })}
            <Rows>{applications.into_iter().map(|(client, name, only)| view! {
                <li><a class="row-main" href=paths::admin_application(&client)><strong>{name}</strong><span class="muted">{t(l, if only { "group-opens-only" } else { "group-opens-beside" })}</span></a></li>
            }).collect_view()}</Rows>
            {(!given_by.is_empty()).then(|| view! { <h3>{t(l, "group-given-by")}</h3> })}
            <Rows>{given_by.into_iter().map(|(key, name, value)| view! {
                <li><a class="row-main" href=format!("{}#groups", paths::admin_provider(&key))><strong>{name}</strong><span class="muted"><code>{value}</code></span></a></li>
            }).collect_view()}</Rows>
        </section>
    }
    .into_any()
}

/// Somebody and a group.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SentMember {
    pub key: String,
    /// An address or an account's id.
    pub who: String,
}

/// Names and describes a group.
#[server(prefix = "/fn", endpoint = "admin/group")]
pub async fn change_group(form: SentGroup) -> Result<(), Code> {
    let (context, web) = asked();
    let (typed, page) = (form.typed(), paths::safe(&paths::admin_group(&form.key, "")));
    let result = context.ligature.group_admin().change_group(&web.ctx, form.into()).await;
    let ways = Ways { good: (&page, Flash::notice("saved")), bad: &page };
    respond(&context, &saved(&context, &web, result, ways, typed).await)
}

/// Puts somebody into a group.
#[server(prefix = "/fn", endpoint = "admin/group/add")]
pub async fn add_group_member(form: SentMember) -> Result<(), Code> {
    let (context, web) = asked();
    let page = paths::safe(&paths::admin_group(&form.key, ""));
    let result =
        context.ligature.group_admin().add_group_member(&web.ctx, &form.key, &form.who).await;
    let ways = Ways { good: (&page, Flash::notice("group-added")), bad: &page };
    let typed = vec![("who".into(), bounded(&form.who, 254))];
    respond(&context, &saved(&context, &web, result, ways, typed).await)
}

/// Takes somebody out of a group.
#[server(prefix = "/fn", endpoint = "admin/group/remove")]
pub async fn remove_group_member(form: SentMember) -> Result<(), Code> {
    let (context, web) = asked();
    let page = paths::safe(&paths::admin_group(&form.key, ""));
    let admin = context.ligature.group_admin();
    let result = match form.who.parse() {
        Ok(id) => admin.remove_group_member(&web.ctx, &form.key, id).await,
        Err(_) => Err(Refusal::NotFound.into()),
    };
    let result = result.map(|()| Flash::notice("group-removed"));
    respond(&context, &done(&context, &web, &page, result).await)
}
