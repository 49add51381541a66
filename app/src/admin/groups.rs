//! The groups of the organisation, and a new one.
use crate::{
    admin::{
        overview::{Message, head},
        saved::{Ways, saved},
    },
    components::{Field, Rows},
    context::asked,
    form_input::bounded,
    i18n::{Lang, t, ta},
    outcome::{Code, Flash, respond},
    page_request::{Answer, PageRequest},
    paths,
    render::page,
};
use domain::Right;
use leptos::{prelude::*, server_fn::ServerFn};
use serde::{Deserialize, Serialize};
use service::admin::{change_groups::GroupForm, groups::GroupRow};

pub async fn groups(req: PageRequest) -> Answer {
    let list = req.context.ligature.group_admin().groups(&req.web.ctx).await?;
    let changes = req.may(Right::ChangeGroups).await?;
    let (l, flash) = (req.web.lang, req.flash.clone());
    Ok(page(&req.context, &req.web, head(l, "admin-groups", paths::ADMIN_GROUPS), move || {
        view! {
            <h1>{t(l, "admin-groups")}</h1>
            <Message l=l flash={flash.clone()}/>
            <p class="muted">{t(l, "groups-lead")}</p>
            {list.is_empty().then(|| view! { <p>{t(l, "groups-none")}</p> })}
            <Rows>{list.into_iter().map(|group| view! { <Row l=l group=group/> }).collect_view()}</Rows>
            {changes.then(|| view! { <NewGroup l=l flash=flash/> })}
        }
    })
    .await)
}

#[component]
fn Row(l: Lang, group: GroupRow) -> AnyView {
    let (members, applications) = (group.members.to_string(), group.applications.to_string());
    let href = paths::admin_group(&group.key, "");
    view! {
        <li>
            <a class="row-main" href=href>
                <strong>{group.name}</strong>
                <span class="muted"><code>{group.key}</code>" "{group.description}</span>
            </a>
            <span class="tag">{ta(l, "group-members-count", &[("count", &members)])}</span>
            {(group.applications > 0).then(|| view! { <span class="tag">{ta(l, "group-applications-count", &[("count", &applications)])}</span> })}
        </li>
    }
    .into_any()
}

#[component]
fn NewGroup(l: Lang, flash: Flash) -> AnyView {
    let problem = |name: &str| flash.problem(name).map(|key| t(l, key));
    view! {
        <form method="post" action=CreateGroup::url() class="section">
            <h2>{t(l, "group-new")}</h2>
            <Field id="key" name="form[key]" label={t(l, "group-key")} kind="text" hint={t(l, "group-key-hint")} value={flash.typed("key")} problem={problem("key")} autocomplete="off" required=true max=64/>
            <NameFields l=l name={flash.typed("name")} description={flash.typed("description")} flash=flash/>
            <div class="row-actions"><button class="primary">{t(l, "group-create")}</button></div>
        </form>
    }
    .into_any()
}

/// What people read of a group.
#[component]
pub(super) fn NameFields(l: Lang, name: String, description: String, flash: Flash) -> AnyView {
    let problem = |name: &str| flash.problem(name).map(|key| t(l, key));
    view! {
        <Field id="name" name="form[name]" label={t(l, "group-name")} kind="text" hint={t(l, "group-name-hint")} value=name problem={problem("name")} autocomplete="off" max=60/>
        <Field id="description" name="form[description]" label={t(l, "group-description")} kind="text" value=description problem={problem("description")} autocomplete="off" max=300/>
    }
    .into_any()
}

/// What a form sends of a group.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SentGroup {
    pub key: String,
    pub name: String,
    pub description: String,
}

impl SentGroup {
    /// For the page that comes back with a problem.
    pub(super) fn typed(&self) -> Vec<(String, String)> {
        [("key", &self.key), ("name", &self.name), ("description", &self.description)]
            .into_iter()
            .map(|(name, value)| (name.to_owned(), bounded(value, 300)))
            .collect()
    }
}

impl From<SentGroup> for GroupForm {
    fn from(sent: SentGroup) -> Self {
        Self { key: sent.key.trim().to_owned(), name: sent.name, description: sent.description }
    }
}

/// Makes a group.
#[server(prefix = "/fn", endpoint = "admin/group/create")]
pub async fn create_group(form: SentGroup) -> Result<(), Code> {
    let (context, web) = asked();
    let typed = form.typed();
    let page = paths::safe(&paths::admin_group(form.key.trim(), ""));
    let result = context.ligature.group_admin().create_group(&web.ctx, form.into()).await;
    let ways = Ways { good: (&page, Flash::notice("group-created")), bad: paths::ADMIN_GROUPS };
    respond(&context, &saved(&context, &web, result, ways, typed).await)
}
