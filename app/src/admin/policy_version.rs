//! One version of a policy document: compare, dry-run, publish, roll back.
use crate::{
    admin::{
        overview::message,
        policy::{changes, dangers, scope_name},
        policy_document::{problem, trouble},
        story::sentences,
    },
    components::{Moment, Rows},
    context::asked,
    i18n::{Lang, t, ta},
    outcome::{Code, Flash, SeeOther, redirect_with_flash, refuse, respond, turned_away},
    page_request::{Answer, PageRequest},
    paths,
    render::{Head, Layout, page},
};
use axum::{extract::Path, http::HeaderValue};
use domain::Right;
use leptos::{prelude::*, server_fn::ServerFn};
use serde::Deserialize;
use service::admin::{
    SaveProblem,
    dry_run::DryRunView,
    policy::{Becomes, VersionView},
};

#[server(prefix = "/fn", endpoint = "admin/policy/version")]
pub async fn set_version(
    version: i64,
    becomes: String,
    #[server(default)] seen: String,
) -> Result<(), Code> {
    let (context, web) = asked();
    let next = move_on(&context, &web, version, Becomes::parse(&becomes), seen.parse().ok()).await;
    respond(&context, &next);
    Ok(())
}

/// Moves a version on and says what came of it. `seen`: what was in force when the page showed the difference.
pub(crate) async fn move_on(
    context: &crate::context::Context,
    web: &crate::context::WebRequest,
    version: i64,
    becomes: Option<Becomes>,
    seen: Option<i64>,
) -> SeeOther {
    let Some(becomes) = becomes else { return refuse(&domain::Refusal::BadRequest.into()) };
    match context.ligature.policy_admin().set_version(&web.ctx, version, becomes, seen).await {
        Ok(()) => {
            redirect_with_flash(context, web, paths::ADMIN_POLICY, Flash::notice("saved")).await
        }
        Err(SaveProblem::Error(error)) if error.refusal() == domain::Refusal::PolicyChanged => {
            let flash = Flash {
                problems: vec![("version".into(), "policy-moved".into())],
                ..Flash::notice("policy-moved")
            };
            redirect_with_flash(context, web, &paths::policy_version(version), flash).await
        }
        Err(SaveProblem::Policy(problem)) => {
            redirect_with_flash(
                context,
                web,
                &paths::policy_version(version),
                trouble(problem, String::new()),
            )
            .await
        }
        Err(SaveProblem::Fields(_) | SaveProblem::Unconfirmed(_)) => {
            refuse(&domain::Refusal::BadRequest.into())
        }
        Err(SaveProblem::Error(error)) => turned_away(&error, &paths::policy_version(version)),
    }
}

#[server(prefix = "/fn", endpoint = "admin/policy/dry-run")]
pub async fn start_dry_run(version: i64) -> Result<(), Code> {
    let (context, web) = asked();
    let next = match context.ligature.dry_runs().start_dry_run(&web.ctx, version).await {
        Ok(()) => SeeOther::local(paths::policy_version(version)),
        Err(error) => turned_away(&error, &paths::policy_version(version)),
    };
    respond(&context, &next);
    Ok(())
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
        move || version_view(l, title, view, run, &bucket, may, &flash),
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

fn version_view(
    l: Lang,
    title: String,
    view: VersionView,
    run: Option<DryRunView>,
    bucket: &str,
    may: May,
    flash: &Flash,
) -> AnyView {
    let may_change = may.change;
    let VersionView { row, in_force, dangers: found, differences } = view;
    let number = row.version;
    let act = |becomes: &'static str, key: &str, class: &'static str| {
        view! { <form method="post" action=SetVersion::url()><input type="hidden" name="version" value=number.to_string()/><input type="hidden" name="seen" value=in_force.to_string()/><button class=class name="becomes" value=becomes>{t(l, key)}</button></form> }.into_any()
    };
    let mut actions = Vec::new();
    match row.state.as_str() {
        _ if !may_change => {}
        "draft" => {
            actions = vec![
                act("shadow", "version-make-shadow", ""),
                act("active", "version-make-active", "primary"),
                act("retired", "version-discard", "quiet"),
            ]
        }
        "shadow" => {
            actions = vec![
                act("active", "version-make-active", "primary"),
                act("retired", "version-end-shadow", "quiet"),
            ]
        }
        "retired" => actions.push(act("active", "policy-roll-back", "")),
        _ => {}
    }
    let pretty = serde_json::from_str::<serde_json::Value>(&row.document)
        .ok()
        .and_then(|v| serde_json::to_string_pretty(&v).ok())
        .unwrap_or(row.document);
    view! {
        <h1>{title}" · "{scope_name(l, &row.scope)}</h1>
        {problem(l, flash)}
        {message(l, flash)}
        <p><span class="tag">{t(l, &format!("version-{}", row.state))}</span>" "<span class="muted">{t(l, &format!("version-{}-why", row.state))}" "<Moment l=l at={row.created_at}/></span></p>
        <div class="row-actions">{actions}{may_change.then(|| view! { <a class="button quiet" href=paths::policy_document(&row.scope, Some(number))>{t(l, "draft-from")}</a> })}</div>
        {changes(l, "changes-title", "changes-now", differences)}
        {dangers(l, found)}
        {may.see.then(|| dry_run(l, number, run, may_change, bucket))}
        <p class="links">{may.see.then(|| view! { <a href=paths::policy_replay(number)>{t(l, "replay-title")}</a> })}<a href=format!("{}?version={number}", paths::ADMIN_POLICY_TRY)>{t(l, "try-title")}</a></p>
        <details><summary>{t(l, "policy-text")}</summary><pre>{pretty}</pre></details>
    }
    .into_any()
}

fn dry_run(
    l: Lang,
    version: i64,
    run: Option<DryRunView>,
    may_change: bool,
    bucket: &str,
) -> AnyView {
    let running = run.as_ref().is_some_and(|r| r.state == "running");
    let start = (may_change && !running).then(|| view! { <form method="post" action=StartDryRun::url()><input type="hidden" name="version" value=version.to_string()/><button>{t(l, if run.is_some() { "dry-run-again" } else { "dry-run-go" })}</button></form> });
    let bucket = bucket.to_owned();
    view! {
        <section aria-labelledby="dry-run"><h2 id="dry-run">{t(l, "dry-run-title")}</h2>
            <p class="muted">{t(l, "dry-run-lead")}</p>
            {run.map(|run| {
                let share = if run.total == 0 { 100 } else { run.done.saturating_mul(100) / run.total };
                let label = ta(l, "dry-run-progress", &[("done", &run.done.to_string()), ("total", &run.total.to_string())]);
                view! {
                    <p role="status">{t(l, &format!("dry-run-{}", run.state))}" "{label.clone()}</p>
                    <progress max="100" value=share.min(100).to_string() aria-label=label>{share}"%"</progress>
                    <Rows>{run.counts.into_iter().map(|(name, n)| view! {
                        <li><a class="row-main" href=format!("{}?bucket={name}#dry-run", paths::policy_version(version))><strong>{t(l, &format!("bucket-{name}"))}</strong><span class="muted">{t(l, &format!("bucket-{name}-why"))}</span></a><span class="tag">{n}</span></li>
                    }).collect_view()}</Rows>
                    {(!bucket.is_empty()).then(|| view! {
                        <h3>{t(l, "dry-run-examples")}</h3>
                        {run.cases.is_empty().then(|| view! { <p class="muted">{t(l, "dry-run-no-examples")}</p> })}
                        <Rows>{run.cases.into_iter().map(|case| {
                            let reasons: Vec<domain::linking::Reason> = serde_json::from_str(&case.reasons).unwrap_or_default();
                            let who = match case.account() {
                                Some(id) => view! { <a href=paths::admin_account(&id.to_string())>{t(l, "admin-account")}" "<code>{id.to_string()}</code></a> }.into_any(),
                                None => view! { <span>{t(l, "dry-run-nobody")}</span> }.into_any(),
                            };
                            let when = case.recorded_at.map(|at| view! { " · "{t(l, "dry-run-recorded")}" "<Moment l=l at=at/> });
                            view! { <li><span class="row-main">{who}<span class="muted">{case.provider}{when}</span>
                                <details><summary>{t(l, "audit-why")}</summary><ol class="trace">{sentences(l, &reasons).into_iter().map(|s| view! { <li>{s}</li> }).collect_view()}</ol></details></span></li> }
                        }).collect_view()}</Rows>
                    })}
                }
            })}
            {start}
        </section>
    }
    .into_any()
}
