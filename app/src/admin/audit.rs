//! The audit trail: who did what to whom, by which provider, in which application, from where, and what came of it.
use crate::{
    account::activity::event_key,
    admin::{
        audit_query::{AuditQuery, chips},
        overview::head,
        policy_effects::scope_name,
        story::{Story, story},
    },
    components::{Field, Moment, Rows, Select, Table, method_name},
    i18n::{Lang, t, ta},
    page_request::{Answer, PageRequest},
    paths,
    render::page,
};
use domain::{
    EventKind,
    audit_events::{ActorKind, EventOutcome, TargetKind},
};
use leptos::prelude::*;
use service::{
    admin::audit_trail::{AuditList, AuditRow, EXPORTED, Named},
    rows::AuditEvent,
};

/// Events as rows, where they are one part of a page.
#[component]
pub fn EventRows(l: Lang, events: Vec<AuditEvent>) -> AnyView {
    view! { <Rows>{events.into_iter().map(|event| view! { <EventRow l=l event=event/> }).collect_view()}</Rows> }
        .into_any()
}

#[component]
fn EventRow(l: Lang, event: AuditEvent) -> AnyView {
    let e = event;
    view! {
        <li>
            <span class="row-main">
                <strong>{t(l, &event_key(&e.kind))}</strong>
                <span class="muted">{method_name(l, &e.provider)}{(!e.code.is_empty()).then(|| view! { " "<code>{e.code.clone()}</code> })}{(!e.support_code.is_empty()).then(|| view! { " "<code>{e.support_code.clone()}</code> })}</span>
                <EventStory l=l event=e.clone()/>
            </span>
            <Moment l=l at={e.at}/>
        </li>
    }
    .into_any()
}

/// Why it came out so, where the event says.
#[component]
fn EventStory(l: Lang, event: AuditEvent, #[prop(optional)] open: bool) -> AnyView {
    let detail: serde_json::Value = serde_json::from_str(&event.detail).unwrap_or_default();
    let story = story(l, &event.provider, &detail);
    let version = detail.get("policy_version").and_then(serde_json::Value::as_i64);
    (!story.is_empty()).then(|| view! {
        <Story l=l sentences=story open=open>{version.map(|v| view! { <p class="muted small">{ta(l, "policy-version", &[("version", &v.to_string())])}</p> })}</Story>
    })
    .into_any()
}

pub async fn audit(req: PageRequest<AuditQuery>) -> Answer {
    let question = req.query.question()?;
    let onward = req.query.onward()?;
    let admin = req.context.ligature.account_admin();
    let list = admin.audit_list(&req.web.ctx, &question, onward).await?;
    let (l, query) = (req.web.lang, req.query.clone());
    Ok(page(&req.context, &req.web, head(l, "admin-audit", paths::ADMIN_AUDIT), move || {
        view! { <AuditPage l=l query=query list=list/> }
    })
    .await)
}

#[component]
fn AuditPage(l: Lang, query: AuditQuery, list: AuditList) -> AnyView {
    let most = EXPORTED.to_string();
    let filtered = !chips(l, &query, &list).is_empty();
    let (csv, lines) = (query.export("csv"), query.export("jsonl"));
    let (older, newer) =
        (list.older.map(|place| query.older(place)), list.newer.map(|place| query.newer(place)));
    let open = list.by_code;
    view! {
        <h1>{t(l, "admin-audit")}</h1>
        <p class="muted">{t(l, "audit-lead")}</p>
        <Filters l=l query=query.clone() list=list.clone()/>
        <Chips l=l query=query list=list.clone()/>
        {list.rows.is_empty().then(|| view! { <p>{t(l, if older.is_some() { "audit-none-yet" } else if filtered { "audit-none" } else { "audit-empty" })}</p> })}
        {(!list.rows.is_empty()).then(|| view! { <EventTable l=l list=list open=open/> })}
        {(older.is_some() || newer.is_some()).then(|| view! {
            <nav class="row-actions" aria-label=t(l, "pages")>
                {newer.map(|href| view! { <a class="button" rel="prev" href=href>{t(l, "audit-newer")}</a> })}
                {older.map(|href| view! { <a class="button" rel="next" href=href>{t(l, "audit-older")}</a> })}
            </nav>
        })}
        <section class="section" aria-labelledby="export"><h2 id="export">{t(l, "audit-export")}</h2>
            <p>{ta(l, "audit-export-lead", &[("count", &most)])}</p>
            <div class="row-actions"><a class="button" href=csv download=true>{t(l, "audit-export-csv")}</a><a class="button" href=lines download=true>{t(l, "audit-export-lines")}</a></div>
        </section>
    }
    .into_any()
}

/// What the list is filtered by, as a form that works without a script.
#[component]
fn Filters(l: Lang, query: AuditQuery, list: AuditList) -> AnyView {
    let any = || (String::new(), t(l, "audit-any"));
    let named = |all: Vec<(String, String)>| std::iter::once(any()).chain(all).collect::<Vec<_>>();
    let mut kinds: Vec<(String, String)> = EventKind::ALL
        .iter()
        .map(|kind| (kind.name().to_owned(), t(l, &event_key(kind.name()))))
        .collect();
    kinds.sort_by(|a, b| a.1.cmp(&b.1));
    let outcomes = EventOutcome::ALL
        .iter()
        .map(|o| (o.name().to_owned(), outcome_text(l, o.name())))
        .collect();
    let mut actors: Vec<(String, String)> =
        ActorKind::ALL.iter().map(|a| (a.name().to_owned(), actor_text(l, *a))).collect();
    // One person is a filter by a link from their name.
    if !query.actor.is_empty() && ActorKind::parse(&query.actor).is_none() {
        actors.push((query.actor.clone(), query.actor.clone()));
    }
    let mut providers = list.providers;
    providers.extend(
        ["password", "code", "passkey", "phone"].map(|m| (m.to_owned(), method_name(l, m))),
    );
    let narrowed = query.is_narrowed();
    view! {
        <form method="get" action=paths::ADMIN_AUDIT class="audit-filters" role="search">
            <div class="search">
                <Field name="q" label={t(l, "audit-search")} hint={t(l, "audit-search-hint")} kind="search" value={query.q.clone()} autocomplete="off" max=254/>
                <button>{t(l, "search")}</button>
            </div>
            <details open=narrowed><summary>{t(l, "audit-filters")}</summary>
                <div class="fields">
                    <Select name="kind" label={t(l, "audit-what")} options={named(kinds)} chosen={query.kind.clone()}/>
                    <Select name="outcome" label={t(l, "audit-outcome")} options={named(outcomes)} chosen={query.outcome.clone()}/>
                    <Select name="actor" label={t(l, "audit-who")} options={named(actors)} chosen={query.actor.clone()}/>
                    <Select name="provider" label={t(l, "audit-provider")} options={named(providers)} chosen={query.provider.clone()}/>
                    <Select name="application" label={t(l, "admin-application")} options={named(list.applications)} chosen={query.application.clone()}/>
                    <Field name="account" label={t(l, "audit-person-id")} kind="text" value={query.account.clone()} autocomplete="off" max=36/>
                    <Field name="target" label={t(l, "audit-thing")} hint={t(l, "audit-thing-hint")} kind="text" value={query.target.clone()} autocomplete="off" max=200/>
                    <Field name="code" label={t(l, "audit-code")} hint={t(l, "audit-code-hint")} kind="text" value={query.code.clone()} autocomplete="off" max=60/>
                    <Field name="from" label={t(l, "audit-from-day")} kind="date" value={query.from.clone()} max=10/>
                    <Field name="until" label={t(l, "audit-until-day")} kind="date" value={query.until.clone()} max=10/>
                </div>
                <div class="row-actions"><button>{t(l, "audit-filter-go")}</button></div>
            </details>
        </form>
    }
    .into_any()
}

/// Each filter that is on, with the link that takes it off.
#[component]
fn Chips(l: Lang, query: AuditQuery, list: AuditList) -> AnyView {
    let all = chips(l, &query, &list);
    (!all.is_empty())
        .then(|| {
            let several = all.len() > 1;
            view! {
                <ul class="chips" aria-label=t(l, "audit-filters-on")>
                    {all.into_iter().map(|(label, href)| {
                        let off = ta(l, "audit-filter-off", &[("filter", &label)]);
                        view! { <li><a class="chip" href=href aria-label=off>{label}" "<span aria-hidden="true">"×"</span></a></li> }
                    }).collect_view()}
                    {several.then(|| view! { <li><a href=paths::ADMIN_AUDIT>{t(l, "audit-filters-clear")}</a></li> })}
                </ul>
            }
        })
        .into_any()
}

#[component]
fn EventTable(l: Lang, list: AuditList, open: bool) -> AnyView {
    let columns: Vec<AnyView> = [
        "audit-when",
        "audit-what",
        "audit-whom",
        "audit-who",
        "audit-by",
        "audit-where",
        "audit-outcome",
    ]
    .map(|key| t(l, key).into_any())
    .into_iter()
    .collect();
    let AuditList { rows, providers, applications, .. } = list;
    view! {
        <Table label={t(l, "admin-audit")} columns=columns stacked=true>
            {rows.into_iter().map(|row| view! { <EventLine l=l row=row providers=providers.clone() applications=applications.clone() open=open/> }).collect_view()}
        </Table>
    }
    .into_any()
}

#[component]
fn EventLine(
    l: Lang,
    row: AuditRow,
    providers: Vec<(String, String)>,
    applications: Vec<(String, String)>,
    open: bool,
) -> AnyView {
    let e = row.event.clone();
    let by = if e.provider.is_empty() {
        String::new()
    } else {
        name_in(&providers, &e.provider).unwrap_or_else(|| method_name(l, &e.provider))
    };
    let application =
        name_in(&applications, &e.application).unwrap_or_else(|| e.application.clone());
    let class = match EventOutcome::parse(&e.outcome) {
        Some(EventOutcome::Refused) => "tag bad",
        Some(EventOutcome::Noticed) => "tag warn",
        Some(EventOutcome::Done) => "tag good",
        _ => "tag",
    };
    view! {
        <tr>
            <td data-label=t(l, "audit-when")><Moment l=l at={e.at}/></td>
            <td data-label=t(l, "audit-what")><div><strong>{t(l, &event_key(&e.kind))}</strong><EventStory l=l event=e.clone() open=open/></div></td>
            <td data-label=t(l, "audit-whom")><Whom l=l row=row.clone() providers=providers/></td>
            <td data-label=t(l, "audit-who")><Who l=l row=row/></td>
            <td data-label=t(l, "audit-by")><div>{by}{(!e.application.is_empty()).then(|| view! { <div class="muted small">{application}</div> })}</div></td>
            <td data-label=t(l, "audit-where")>{e.network.clone()}</td>
            <td data-label=t(l, "audit-outcome")><div><span class=class>{outcome_text(l, &e.outcome)}</span>
                {(!e.code.is_empty()).then(|| view! { <div><code class="small">{e.code.clone()}</code></div> })}
                {(!e.support_code.is_empty()).then(|| view! { <div class="muted small">{t(l, "audit-support")}" "<code>{e.support_code.clone()}</code></div> })}
            </div></td>
        </tr>
    }
    .into_any()
}

/// To whom or to what it was done, with the link to what else was.
#[component]
fn Whom(l: Lang, row: AuditRow, providers: Vec<(String, String)>) -> AnyView {
    if let Some(person) = row.person {
        return view! { <PersonLink l=l person=person/> }.into_any();
    }
    let (kind, name) = (row.event.target_kind, row.event.target);
    let text = match TargetKind::parse(&kind) {
        None => return ().into_any(),
        Some(TargetKind::Account) => t(l, "audit-account-gone"),
        Some(TargetKind::Policy) => scope_name(l, &name),
        Some(TargetKind::Provider) => name_in(&providers, &name).unwrap_or_else(|| name.clone()),
        Some(_) if name.is_empty() => t(l, &target_key(&kind)),
        Some(_) => name.clone(),
    };
    let label = t(l, &target_key(&kind));
    let link = match TargetKind::parse(&kind) {
        Some(TargetKind::Provider) => Some(paths::admin_provider(&name)),
        Some(TargetKind::Application) => Some(paths::admin_application(&name)),
        Some(TargetKind::Organisation) => Some(paths::admin_organisation(&name)),
        Some(TargetKind::Policy) => Some(paths::ADMIN_POLICY.to_owned()),
        _ => None,
    };
    let named = text != label;
    view! {
        <div>{match link {
            Some(href) => view! { <a href=href>{text}</a> }.into_any(),
            None => text.into_any(),
        }}{named.then(|| view! { <div class="muted small">{label}</div> })}</div>
    }
    .into_any()
}

/// Who did it.
#[component]
fn Who(l: Lang, row: AuditRow) -> AnyView {
    let part = row.part.map(|part| actor_text(l, part));
    match row.actor {
        // Their own account stands in the column before.
        Some(actor) if row.person.as_ref().is_some_and(|person| person.id == actor.id) => {
            t(l, "audit-themselves").into_any()
        }
        Some(actor) => {
            view! { <div><PersonLink l=l person=actor/><div class="muted small">{part}</div></div> }
                .into_any()
        }
        None => part.into_any(),
    }
}

#[component]
fn PersonLink(l: Lang, person: Named) -> AnyView {
    let id = person.id.to_string();
    let name = if person.name.is_empty() { t(l, "account-nameless") } else { person.name };
    view! { <a href=paths::admin_account(&id)>{name}</a> }.into_any()
}

fn name_in(all: &[(String, String)], key: &str) -> Option<String> {
    all.iter().find(|(own, _)| own == key).map(|(_, name)| name.clone())
}

fn target_key(kind: &str) -> String {
    format!("audit-target-{}", kind.replace('_', "-"))
}

/// What came of an event.
pub(crate) fn outcome_text(l: Lang, name: &str) -> String {
    t(l, &format!("audit-outcome-{}", name.replace('_', "-")))
}

/// In which part somebody acted.
pub(crate) fn actor_text(l: Lang, part: ActorKind) -> String {
    t(l, &format!("audit-actor-{}", part.name()))
}
