//! One version of a policy document: compare, dry-run, publish, roll back.
use crate::{
    admin::{
        overview::Message,
        policy_effects::{Changes, Dangers, Trouble, scope_name, trouble},
        story::{Story, sentences},
    },
    components::{Moment, Rows},
    confirm::{Act, ask, ask_again},
    context::{Context, WebRequest, asked},
    i18n::{Lang, t, ta},
    outcome::{Code, Flash, SeeOther, redirect_with_flash, refuse, respond, turned_away},
    page_request::{Answer, PageRequest},
    paths,
    render::{Head, Layout, page},
};
use axum::{extract::Path, http::HeaderValue};
use domain::{Refusal, Right, continuity::Consent, linking::Reason};
use leptos::{prelude::*, server_fn::ServerFn};
use serde::Deserialize;
use service::{
    admin::{
        SaveProblem,
        dry_run::DryRunView,
        policy::{Becomes, VersionView},
    },
    rows::{DryRunCase, PolicyVersion},
};

#[server(prefix = "/fn", endpoint = "admin/policy/version")]
pub async fn set_version(
    version: i64,
    becomes: String,
    #[server(default)] seen: String,
) -> Result<(), Code> {
    let (context, web) = asked();
    let next = move_on(&context, &web, version, Becomes::parse(&becomes), seen.parse().ok()).await;
    respond(&context, &next)
}

/// Moves a version on and says what came of it. `seen`: what was in force when the page showed the difference.
pub(crate) async fn move_on(
    context: &Context,
    web: &WebRequest,
    version: i64,
    becomes: Option<Becomes>,
    seen: Option<i64>,
) -> SeeOther {
    match becomes {
        None => refuse(&Refusal::BadRequest.into()),
        // Asked first: everybody signs in by it from then on.
        Some(Becomes::Active) => ask(context, web, &Act::Publish { version, seen }).await,
        Some(becomes) => moved(context, web, version, becomes, (seen, None)).await,
    }
}

/// Puts a version in force. `consent`: what somebody agreed to on the page that asked.
pub(crate) async fn published(
    context: &Context,
    web: &WebRequest,
    version: i64,
    seen: Option<i64>,
    consent: Option<Consent>,
) -> SeeOther {
    moved(context, web, version, Becomes::Active, (seen, consent)).await
}

async fn moved(
    context: &Context,
    web: &WebRequest,
    version: i64,
    becomes: Becomes,
    (seen, consent): (Option<i64>, Option<Consent>),
) -> SeeOther {
    let page = paths::policy_version(version);
    let admin = context.ligature.policy_admin();
    match admin.set_version(&web.ctx, version, becomes, seen, consent).await {
        Ok(()) => {
            let notice = match becomes {
                Becomes::Active => "policy-published",
                _ => "saved",
            };
            redirect_with_flash(context, web, paths::ADMIN_POLICY, Flash::notice(notice)).await
        }
        Err(SaveProblem::NotAgreed(_)) => {
            ask_again(context, web, &Act::Publish { version, seen }).await
        }
        Err(SaveProblem::Error(error)) if error.refusal() == Refusal::PolicyChanged => {
            let notice = "policy-moved".into();
            let flash = Flash { notice, ..Flash::wrong("version", "policy-moved") };
            redirect_with_flash(context, web, &page, flash).await
        }
        Err(SaveProblem::Policy(problem)) => {
            redirect_with_flash(context, web, &page, trouble(problem, String::new())).await
        }
        Err(SaveProblem::Fields(_) | SaveProblem::Unconfirmed(_)) => {
            refuse(&Refusal::BadRequest.into())
        }
        Err(SaveProblem::Error(error)) => turned_away(&error, &page),
    }
}

#[server(prefix = "/fn", endpoint = "admin/policy/dry-run")]
pub async fn start_dry_run(version: i64) -> Result<(), Code> {
    let (context, web) = asked();
    let next = match context.ligature.dry_runs().start_dry_run(&web.ctx, version).await {
        Ok(()) => SeeOther::local(paths::policy_version(version)),
        Err(error) => turned_away(&error, &paths::policy_version(version)),
    };
    respond(&context, &next)
}

/// What of the dry run is shown.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct VersionQuery {
    /// A group of its results.
    pub bucket: String,
}

pub async fn version(Path(number): Path<i64>, req: PageRequest<VersionQuery>) -> Answer {
    let ligature = &req.context.ligature;
    let view = ligature.policy_admin().version_view(&req.web.ctx, number).await?;
    let run = ligature.dry_runs().dry_run_view(&req.web.ctx, number, &req.query.bucket).await?;
    let may = May {
        change: req.may(Right::ChangePolicy).await?,
        see: req.may(Right::SeeAccounts).await?,
    };
    let (l, flash) = (req.web.lang, req.flash.clone());
    let title = ta(l, "policy-version", &[("version", &number.to_string())]);
    let running = run.as_ref().is_some_and(|r| r.state == "running");
    let bucket = req.query.bucket.clone();
    let mut response = page(
        &req.context,
        &req.web,
        Head::new(title.clone(), Layout::Admin(paths::ADMIN_POLICY)),
        move || view! { <VersionPage l=l title=title view=view run=run bucket=bucket may=may flash=flash/> },
    )
    .await;
    if running {
        // The page looks again by itself, without a script.
        response.headers_mut().insert("refresh", HeaderValue::from_static("2"));
    }
    Ok(response)
}

/// What of a version's page is there.
#[derive(Clone, Copy)]
struct May {
    change: bool,
    /// What dry runs and replays tell is about accounts (DL-04).
    see: bool,
}

#[component]
fn VersionPage(
    l: Lang,
    title: String,
    view: VersionView,
    run: Option<DryRunView>,
    /// The group of the run's results that is shown.
    bucket: String,
    may: May,
    flash: Flash,
) -> AnyView {
    let VersionView { row, in_force, dangers, differences } = view;
    let PolicyVersion { version, scope, state, created_at, document, .. } = row;
    let pretty = serde_json::from_str::<serde_json::Value>(&document)
        .ok()
        .and_then(|v| serde_json::to_string_pretty(&v).ok())
        .unwrap_or(document);
    view! {
        <h1>{title}" · "{scope_name(l, &scope)}</h1>
        <Trouble l=l flash={flash.clone()}/>
        <Message l=l flash=flash/>
        <p><span class="tag">{t(l, &format!("version-{state}"))}</span>" "<span class="muted">{t(l, &format!("version-{state}-why"))}" "<Moment l=l at=created_at/></span></p>
        <div class="row-actions">{may.change.then(|| view! {
            <VersionActions l=l version=version seen=in_force state=state/>
            <a class="button quiet" href=paths::policy_document(&scope, Some(version))>{t(l, "draft-from")}</a>
        })}</div>
        <Changes l=l title={t(l, "changes-title")} against={t(l, "changes-now")} rows=differences/>
        <Dangers l=l all=dangers/>
        {may.see.then(|| view! { <DryRun l=l version=version run=run changes=may.change bucket=bucket/> })}
        <p class="links">{may.see.then(|| view! { <a href=paths::policy_replay(version)>{t(l, "replay-title")}</a> })}<a href=format!("{}?version={version}", paths::ADMIN_POLICY_TRY)>{t(l, "try-title")}</a></p>
        <details><summary>{t(l, "policy-text")}</summary><pre>{pretty}</pre></details>
    }
    .into_any()
}

/// What a version of this state can become, a button each.
#[component]
fn VersionActions(
    l: Lang,
    version: i64,
    /// What was in force when the page showed the difference.
    seen: i64,
    state: String,
) -> AnyView {
    let acts: &[(&str, &str, &str)] = match state.as_str() {
        "draft" => &[
            ("shadow", "version-make-shadow", ""),
            ("active", "version-make-active", "primary"),
            ("retired", "version-discard", "quiet"),
        ],
        "shadow" => &[
            ("active", "version-make-active", "primary"),
            ("retired", "version-end-shadow", "quiet"),
        ],
        "retired" => &[("active", "policy-roll-back", "")],
        _ => &[],
    };
    let form = |&(becomes, key, class): &(&'static str, &str, &'static str)| {
        view! { <form method="post" action=SetVersion::url()><input type="hidden" name="version" value=version.to_string()/><input type="hidden" name="seen" value=seen.to_string()/><button class=class name="becomes" value=becomes>{t(l, key)}</button></form> }
    };
    acts.iter().map(form).collect_view().into_any()
}

/// The version tried on the accounts that there are.
#[component]
fn DryRun(
    l: Lang,
    version: i64,
    run: Option<DryRunView>,
    /// The person may start one.
    changes: bool,
    bucket: String,
) -> AnyView {
    let running = run.as_ref().is_some_and(|r| r.state == "running");
    let start = if run.is_some() { "dry-run-again" } else { "dry-run-go" };
    view! {
        <section aria-labelledby="dry-run"><h2 id="dry-run">{t(l, "dry-run-title")}</h2>
            <p class="muted">{t(l, "dry-run-lead")}</p>
            {run.map(|run| view! { <DryRunResults l=l version=version run=run bucket=bucket/> })}
            {(changes && !running).then(|| view! { <form method="post" action=StartDryRun::url()><input type="hidden" name="version" value=version.to_string()/><button>{t(l, start)}</button></form> })}
        </section>
    }
    .into_any()
}

/// How far a dry run is, its groups, and examples of one of them.
#[component]
fn DryRunResults(l: Lang, version: i64, run: DryRunView, bucket: String) -> AnyView {
    let share = if run.total == 0 { 100 } else { run.done.saturating_mul(100) / run.total };
    let (done, total) = (run.done.to_string(), run.total.to_string());
    let progress = ta(l, "dry-run-progress", &[("done", &done), ("total", &total)]);
    view! {
        <p role="status">{t(l, &format!("dry-run-{}", run.state))}" "{progress.clone()}</p>
        <progress max="100" value=share.min(100).to_string() aria-label=progress>{share}"%"</progress>
        <Rows>{run.counts.into_iter().map(|(name, n)| view! {
            <li><a class="row-main" href=format!("{}?bucket={name}#dry-run", paths::policy_version(version))><strong>{t(l, &format!("bucket-{name}"))}</strong><span class="muted">{t(l, &format!("bucket-{name}-why"))}</span></a><span class="tag">{n}</span></li>
        }).collect_view()}</Rows>
        {(!bucket.is_empty()).then(|| view! {
            <h3>{t(l, "dry-run-examples")}</h3>
            {run.cases.is_empty().then(|| view! { <p class="muted">{t(l, "dry-run-no-examples")}</p> })}
            <Rows>{run.cases.into_iter().map(|case| view! { <ExampleRow l=l case=case/> }).collect_view()}</Rows>
        })}
    }
    .into_any()
}

/// A sign-in that a dry run decided, and why.
#[component]
fn ExampleRow(l: Lang, case: DryRunCase) -> AnyView {
    let reasons: Vec<Reason> = serde_json::from_str(&case.reasons).unwrap_or_default();
    let who = match case.account() {
        Some(id) => view! { <a href=paths::admin_account(&id.to_string())>{t(l, "admin-account")}" "<code>{id.to_string()}</code></a> }.into_any(),
        None => view! { <span>{t(l, "dry-run-nobody")}</span> }.into_any(),
    };
    view! {
        <li><span class="row-main">{who}<span class="muted">{case.provider}{case.recorded_at.map(|at| view! { " · "{t(l, "dry-run-recorded")}" "<Moment l=l at=at/> })}</span>
            <Story l=l sentences={sentences(l, &reasons)}/></span></li>
    }
    .into_any()
}
