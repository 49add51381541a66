//! The policy in the console: switches, versions, dangers, drafts, presets, what is in force and why, trying it.
use axum::{extract::Path, http::HeaderValue, response::Response};
use domain::Right;
use leptos::{prelude::*, server_fn::ServerFn};
use service::{
    Error,
    admin::{
        dry_run::DryRunView,
        policy::{EffectiveView, Exposed, PolicyView, PresetView, VersionView},
        replay::Replay,
        simulate::{SampleAssertion, SimulationResult},
        switches::MailMode,
    },
};

use crate::{
    fields::{Field, area, check, field, moment, notice, radios, select},
    forms::{
        admin::{RollBackPolicy, SavePolicy},
        policy::{SaveDraft, SetVersion, StartDryRun},
    },
    i18n::{Lang, t, ta},
    outcome::Flash,
    pages::{
        PageRequest,
        admin::{events, message},
        or_refuse,
        story::{outcome_text, sentences},
    },
    paths,
    render::{Head, Layout, page},
};

fn head(l: Lang, key: &str) -> Head {
    Head::new(t(l, key), Layout::Admin(paths::ADMIN_POLICY))
}

/// A scope for people.
fn scope_name(l: Lang, scope: &str) -> String {
    match scope {
        "" => t(l, "scope-built-in"),
        "instance" => t(l, "scope-instance"),
        "organisation" => t(l, "scope-organisation"),
        other => match (other.strip_prefix("application:"), other.strip_prefix("provider:")) {
            (Some(rest), _) => match rest.split_once("/provider:") {
                Some((client, key)) => ta(l, "scope-pair", &[("application", client), ("provider", key)]),
                None => ta(l, "scope-application", &[("application", rest)]),
            },
            (None, Some(key)) => ta(l, "scope-provider", &[("provider", key)]),
            (None, None) => other.to_owned(),
        },
    }
}

fn dangers(l: Lang, all: Vec<Exposed>) -> AnyView {
    view! {
        <section aria-labelledby="dangers"><h2 id="dangers">{t(l, "dangers-title")}</h2>
            {all.is_empty().then(|| view! { <p class="muted">{t(l, "dangers-none")}</p> })}
            <ul class="rows">{all.into_iter().map(|e| {
                let counted = e.accounts.filter(|_| e.danger.exposes != domain::policy::Exposes::Nobody);
                view! {
                    <li>
                        <span class="row-main"><strong>{t(l, &format!("danger-{}", e.danger.name))}</strong>
                            <span class="muted">{t(l, &format!("danger-{}-why", e.danger.name))}</span>
                            <span class="muted small">{(!e.danger.rule.is_empty()).then(|| ta(l, "danger-rule", &[("rule", &e.danger.rule)]))}{counted.map(|n| format!(" {}", ta(l, "danger-accounts", &[("count", &n.to_string())])))}</span>
                        </span>
                        <span class=if e.danger.severe { "tag bad" } else { "tag" }>{t(l, if e.danger.severe { "danger-severe" } else { "danger-mild" })}</span>
                    </li>
                }
            }).collect_view()}</ul>
        </section>
    }
    .into_any()
}

fn changes(l: Lang, title: &'static str, against: &'static str, rows: Vec<(String, String, String)>) -> AnyView {
    view! {
        <section><h2>{t(l, title)}</h2>
            {rows.is_empty().then(|| view! { <p class="muted">{t(l, "changes-none")}</p> })}
            {(!rows.is_empty()).then(|| view! {
                <div class="scroll" tabindex="0" role="region" aria-label=t(l, title)><table><thead><tr><th scope="col">{t(l, "policy-field")}</th><th scope="col">{t(l, "changes-new")}</th><th scope="col">{t(l, against)}</th></tr></thead>
                <tbody>{rows.into_iter().map(|(field, new, old)| view! { <tr><th scope="row"><code>{field}</code></th><td><code>{new}</code></td><td><code>{old}</code></td></tr> }).collect_view()}</tbody></table></div>
            })}
        </section>
    }
    .into_any()
}

pub async fn policy(req: PageRequest) -> Response {
    let result = async {
        let view = req.context.ligature.policy_admin().policy_view(&req.web.ctx).await?;
        let changes = req.may(Right::ChangePolicy).await?;
        let (l, flash) = (req.web.lang, req.flash.clone());
        Ok(page(&req.context, &req.web, head(l, "admin-policy"), move || policy_view(l, view, changes, &flash)).await)
    }
    .await;
    or_refuse(&req, result).await
}

fn policy_view(l: Lang, view: PolicyView, may_change: bool, flash: &Flash) -> AnyView {
    let s = view.switches;
    let presets = view.presets.iter().map(|p| (*p, t(l, &format!("preset-{p}")), t(l, &format!("preset-{p}-hint")))).collect();
    let names: Vec<_> = view.presets.clone();
    let modes =
        [MailMode::ConfirmationRequired, MailMode::Notification, MailMode::None].map(|m| (m.name(), t(l, &format!("mail-mode-{}", m.name())), t(l, &format!("mail-mode-{}-hint", m.name())))).to_vec();
    view! {
        <div class="title"><h1>{t(l, "admin-policy")}</h1>{may_change.then(|| view! { <a class="button primary" href=paths::policy_document("instance", None)>{t(l, "draft-new")}</a> })}</div>
        {message(l, flash)}
        {s.accept_unproven_links.then(|| notice("bad", t(l, "policy-unsafe-on")))}
        <p class="links"><a href=paths::ADMIN_POLICY_TRY>{t(l, "try-title")}</a><a href=paths::ADMIN_POLICY_EFFECTIVE>{t(l, "effective-title")}</a></p>
        {dangers(l, view.dangers)}
        <section aria-labelledby="versions"><h2 id="versions">{t(l, "policy-history")}</h2>
            {view.history.is_empty().then(|| view! { <p class="muted">{t(l, "policy-history-none")}</p> })}
            <ul class="rows">{view.history.into_iter().map(|v| {
                let active = v.state == "active";
                let class = if active { "tag good" } else { "tag" };
                view! { <li><a class="row-main" href=paths::policy_version(v.version)><strong>{ta(l, "policy-version", &[("version", &v.version.to_string())])}" · "{scope_name(l, &v.scope)}</strong><span class="muted small">{moment(l, v.created_at)}</span></a>
                    <span class=class>{t(l, &format!("version-{}", v.state))}</span>
                    {(may_change && v.state == "retired").then(|| view! { <form method="post" action=RollBackPolicy::url()><input type="hidden" name="version" value=v.version.to_string()/><button class="quiet">{t(l, "policy-roll-back")}</button></form> })}
                </li> }
            }).collect_view()}</ul>
        </section>
        {(!view.differences.is_empty()).then(|| view! { <section><h2>{t(l, "shadow-title")}</h2><p class="muted">{t(l, "shadow-lead")}</p>{events(l, view.differences, false)}</section> })}
        <h2>{t(l, "policy-switches-title")}</h2>
        <p class="muted">{t(l, "policy-switches-lead")}</p>
        <form method="post" action=SavePolicy::url() class="stack wide">
            {radios("preset", t(l, "policy-preset"), presets, &s.preset)}
            <p class="links">{names.into_iter().map(|p| view! { <a href=paths::policy_preset(p)>{ta(l, "preset-look", &[("name", &t(l, &format!("preset-{p}")))])}</a> }).collect_view()}</p>
            <fieldset class="section"><legend>{t(l, "policy-switches")}</legend>
                {check("link_on_login", t(l, "link-on-login"), t(l, "link-on-login-hint"), s.link_on_login)}
                {check("account_management", t(l, "account-management"), t(l, "account-management-hint"), s.account_management)}
                {check("create", t(l, "policy-create"), t(l, "policy-create-hint"), s.create)}
            </fieldset>
            {radios("mail_mode", t(l, "mail-mode"), modes, s.mail_mode.name())}
            <fieldset class="section danger"><legend>{t(l, "policy-unsafe")}</legend>
                {check("accept_unproven_links", t(l, "accept-unproven"), t(l, "accept-unproven-hint"), s.accept_unproven_links)}
            </fieldset>
            {if may_change { view! { <div class="row-actions"><button class="primary">{t(l, "switches-go")}</button></div> }.into_any() } else { view! { <p class="muted">{t(l, "read-only")}</p> }.into_any() }}
        </form>
    }
    .into_any()
}

/// The editor of one scope's document: it saves drafts, nothing else.
pub async fn document(req: PageRequest) -> Response {
    let result = async {
        let scope = if req.query.scope.is_empty() { "instance" } else { &req.query.scope };
        let view = req.context.ligature.policy_admin().document_view(&req.web.ctx, scope, req.query.version.parse().ok()).await?;
        let may_change = req.may(Right::ChangePolicy).await?;
        let (l, flash) = (req.web.lang, req.flash.clone());
        let title = ta(l, "draft-title", &[("scope", &scope_name(l, &view.scope))]);
        Ok(page(&req.context, &req.web, Head::new(title.clone(), Layout::Admin(paths::ADMIN_POLICY)), move || {
            let typed = flash.typed("document");
            let text = if typed.is_empty() { view.text.clone() } else { typed };
            let scopes = view.scopes.iter().map(|s| (s.clone(), scope_name(l, s))).collect();
            view! {
                <h1>{title}</h1>
                {problem(l, &flash)}
                <p>{t(l, "draft-lead")}</p>
                <form method="get" action=paths::ADMIN_POLICY_DOCUMENT class="search">
                    {select("scope", t(l, "policy-scope"), scopes, &view.scope)}
                    <button>{t(l, "draft-open")}</button>
                </form>
                <form method="post" action=SaveDraft::url() class="stack wide">
                    <input type="hidden" name="scope" value=view.scope.clone()/>
                    {area("document", t(l, "draft-document"), t(l, "draft-document-hint"), text)}
                    <div class="row-actions">{may_change.then(|| view! { <button class="primary">{t(l, "draft-save")}</button> })}<a class="button quiet" href=paths::ADMIN_POLICY>{t(l, "back")}</a></div>
                </form>
            }
        })
        .await)
    }
    .await;
    or_refuse(&req, result).await
}

/// What is wrong with a document: where, what it says, what would be right.
fn problem(l: Lang, flash: &Flash) -> Option<AnyView> {
    let path = flash.typed("path");
    (!path.is_empty()).then(|| {
        view! {
            <div class="notice bad" role="alert"><strong>{t(l, "policy-problem")}</strong>
                <p><code>{path}</code>": "<code>{flash.typed("value")}</code></p>
                <p>{t(l, &format!("problem-{}", flash.typed("remedy")))}</p>
            </div>
        }
        .into_any()
    })
}

pub async fn version(Path(number): Path<i64>, req: PageRequest) -> Response {
    let result = async {
        let ligature = &req.context.ligature;
        let view = ligature.policy_admin().version_view(&req.web.ctx, number).await?;
        let run = ligature.dry_runs().dry_run_view(&req.web.ctx, number, &req.query.bucket).await?;
        let may = May { change: req.may(Right::ChangePolicy).await?, see: req.may(Right::SeeAccounts).await? };
        let (l, flash) = (req.web.lang, req.flash.clone());
        let title = ta(l, "policy-version", &[("version", &number.to_string())]);
        let running = run.as_ref().is_some_and(|r| r.state == "running");
        let bucket = req.query.bucket.clone();
        let mut response = page(&req.context, &req.web, Head::new(title.clone(), Layout::Admin(paths::ADMIN_POLICY)), move || version_view(l, title, view, run, &bucket, may, &flash)).await;
        if running {
            // The page looks again by itself, without a script.
            response.headers_mut().insert("refresh", HeaderValue::from_static("2"));
        }
        Ok(response)
    }
    .await;
    or_refuse(&req, result).await
}

/// What of a version's page is there.
#[derive(Clone, Copy)]
struct May {
    change: bool,
    /// What dry runs and replays tell is about accounts (DL-04).
    see: bool,
}

fn version_view(l: Lang, title: String, view: VersionView, run: Option<DryRunView>, bucket: &str, may: May, flash: &Flash) -> AnyView {
    let may_change = may.change;
    let VersionView { row, in_force, dangers: found, differences } = view;
    let number = row.version;
    let act = |becomes: &'static str, key: &str, class: &'static str| {
        view! { <form method="post" action=SetVersion::url()><input type="hidden" name="version" value=number.to_string()/><input type="hidden" name="seen" value=in_force.to_string()/><button class=class name="becomes" value=becomes>{t(l, key)}</button></form> }.into_any()
    };
    let mut actions = Vec::new();
    match row.state.as_str() {
        _ if !may_change => {}
        "draft" => actions = vec![act("shadow", "version-make-shadow", ""), act("active", "version-make-active", "primary"), act("retired", "version-discard", "quiet")],
        "shadow" => actions = vec![act("active", "version-make-active", "primary"), act("retired", "version-end-shadow", "quiet")],
        "retired" => actions.push(act("active", "policy-roll-back", "")),
        _ => {}
    }
    let pretty = serde_json::from_str::<serde_json::Value>(&row.document).ok().and_then(|v| serde_json::to_string_pretty(&v).ok()).unwrap_or(row.document);
    view! {
        <h1>{title}" · "{scope_name(l, &row.scope)}</h1>
        {problem(l, flash)}
        {message(l, flash)}
        <p><span class="tag">{t(l, &format!("version-{}", row.state))}</span>" "<span class="muted">{t(l, &format!("version-{}-why", row.state))}" "{moment(l, row.created_at)}</span></p>
        <div class="row-actions">{actions}{may_change.then(|| view! { <a class="button quiet" href=paths::policy_document(&row.scope, Some(number))>{t(l, "draft-from")}</a> })}</div>
        {changes(l, "changes-title", "changes-now", differences)}
        {dangers(l, found)}
        {may.see.then(|| dry_run(l, number, run, may_change, bucket))}
        <p class="links">{may.see.then(|| view! { <a href=paths::policy_replay(number)>{t(l, "replay-title")}</a> })}<a href=format!("{}?version={number}", paths::ADMIN_POLICY_TRY)>{t(l, "try-title")}</a></p>
        <details><summary>{t(l, "policy-text")}</summary><pre>{pretty}</pre></details>
    }
    .into_any()
}

fn dry_run(l: Lang, version: i64, run: Option<DryRunView>, may_change: bool, bucket: &str) -> AnyView {
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
                    <ul class="rows">{run.counts.into_iter().map(|(name, n)| view! {
                        <li><a class="row-main" href=format!("{}?bucket={name}#dry-run", paths::policy_version(version))><strong>{t(l, &format!("bucket-{name}"))}</strong><span class="muted">{t(l, &format!("bucket-{name}-why"))}</span></a><span class="tag">{n}</span></li>
                    }).collect_view()}</ul>
                    {(!bucket.is_empty()).then(|| view! {
                        <h3>{t(l, "dry-run-examples")}</h3>
                        {run.cases.is_empty().then(|| view! { <p class="muted">{t(l, "dry-run-no-examples")}</p> })}
                        <ul class="rows">{run.cases.into_iter().map(|case| {
                            let reasons: Vec<domain::linking::Reason> = serde_json::from_str(&case.reasons).unwrap_or_default();
                            let who = match case.account() {
                                Some(id) => view! { <a href=paths::admin_account(&id.to_string())>{t(l, "admin-account")}" "<code>{id.to_string()}</code></a> }.into_any(),
                                None => view! { <span>{t(l, "dry-run-nobody")}</span> }.into_any(),
                            };
                            let when = case.recorded_at.map(|at| view! { " · "{t(l, "dry-run-recorded")}" "{moment(l, at)} });
                            view! { <li><span class="row-main">{who}<span class="muted">{case.provider}{when}</span>
                                <details><summary>{t(l, "audit-why")}</summary><ol class="trace">{sentences(l, &reasons).into_iter().map(|s| view! { <li>{s}</li> }).collect_view()}</ol></details></span></li> }
                        }).collect_view()}</ul>
                    })}
                }
            })}
            {start}
        </section>
    }
    .into_any()
}

pub async fn replay(Path(number): Path<i64>, req: PageRequest) -> Response {
    let result = async {
        let replay = req.context.ligature.policy_admin().replay(&req.web.ctx, number).await?;
        let l = req.web.lang;
        Ok(page(&req.context, &req.web, head(l, "replay-title"), move || replay_view(l, number, replay)).await)
    }
    .await;
    or_refuse(&req, result).await
}

fn replay_view(l: Lang, number: i64, replay: Replay) -> AnyView {
    let (compared, skipped) = (replay.compared.to_string(), replay.skipped.to_string());
    view! {
        <h1>{t(l, "replay-title")}</h1>
        <p class="muted">{ta(l, "replay-lead", &[("version", &number.to_string()), ("compared", &compared), ("skipped", &skipped)])}</p>
        {replay.differences.is_empty().then(|| notice("good", t(l, "replay-same")))}
        <ul class="rows">{replay.differences.into_iter().map(|d| view! {
            <li><span class="row-main"><strong>{outcome_text(l, &d.was)}" → "{outcome_text(l, d.would_be)}</strong><span class="muted">{d.provider}" "<code>{d.support}</code></span>
                <details><summary>{t(l, "audit-why")}</summary><ol class="trace">{sentences(l, &d.reasons).into_iter().map(|s| view! { <li>{s}</li> }).collect_view()}</ol></details></span>{moment(l, d.at)}</li>
        }).collect_view()}</ul>
        <p class="links"><a href=paths::policy_version(number)>{t(l, "back")}</a></p>
    }
    .into_any()
}

pub async fn effective(req: PageRequest) -> Response {
    let result = async {
        let some = |s: &str| (!s.is_empty()).then(|| s.to_owned());
        let (client, provider) = (some(&req.query.application), some(&req.query.provider));
        let view = req.context.ligature.policy_admin().effective_view(&req.web.ctx, client.as_deref(), provider.as_deref()).await?;
        let l = req.web.lang;
        Ok(page(&req.context, &req.web, head(l, "effective-title"), move || effective_view(l, view, &client.unwrap_or_default(), &provider.unwrap_or_default())).await)
    }
    .await;
    or_refuse(&req, result).await
}

fn effective_view(l: Lang, view: EffectiveView, client: &str, provider: &str) -> AnyView {
    let with_none = |none: &str, list: Vec<(String, String)>| std::iter::once((String::new(), t(l, none))).chain(list).collect::<Vec<_>>();
    let kinds = [(domain::policy::Kind::Permit, "effective-permits"), (domain::policy::Kind::Floor, "effective-floors"), (domain::policy::Kind::Choice, "effective-choices")];
    let fields = view.fields;
    view! {
        <h1>{t(l, "effective-title")}</h1>
        <p class="muted">{t(l, "effective-lead")}</p>
        <form method="get" action=paths::ADMIN_POLICY_EFFECTIVE class="search">
            {select("application", t(l, "admin-application"), with_none("effective-own-pages", view.applications), client)}
            {select("provider", t(l, "admin-provider"), with_none("effective-local", view.providers), provider)}
            <button>{t(l, "effective-show")}</button>
        </form>
        {kinds.map(|(kind, title)| {
            let rows: Vec<_> = fields.iter().filter(|f| f.kind == kind).cloned().collect();
            view! {
                <section><h2>{t(l, title)}</h2><p class="muted">{t(l, &format!("{title}-law"))}</p>
                <div class="scroll" tabindex="0" role="region" aria-label=t(l, title)><table><thead><tr><th scope="col">{t(l, "policy-field")}</th><th scope="col">{t(l, "policy-value")}</th><th scope="col">{t(l, "policy-origin")}</th></tr></thead>
                <tbody>{rows.into_iter().map(|f| view! { <tr><th scope="row"><code>{f.field}</code></th><td><code>{f.value.to_string()}</code></td><td>{scope_name(l, &f.origin)}{f.pinned.then(|| view! { " "<span class="tag">{t(l, "policy-pinned")}</span> })}</td></tr> }).collect_view()}</tbody></table></div></section>
            }
        }).collect_view()}
        {dangers(l, view.dangers)}
    }
    .into_any()
}

pub async fn preset(Path(name): Path<String>, req: PageRequest) -> Response {
    let result = async {
        let view = req.context.ligature.policy_admin().preset_view(&req.web.ctx, &name).await?;
        let l = req.web.lang;
        let title = t(l, &format!("preset-{}", view.name));
        Ok(page(&req.context, &req.web, Head::new(title.clone(), Layout::Admin(paths::ADMIN_POLICY)), move || preset_view(l, title, view)).await)
    }
    .await;
    or_refuse(&req, result).await
}

fn preset_view(l: Lang, title: String, view: PresetView) -> AnyView {
    view! {
        <h1>{title}</h1>
        <p>{t(l, &format!("preset-{}-hint", view.name))}</p>
        <section><h2>{t(l, "deviations-title")}</h2>
            {view.deviations.is_empty().then(|| view! { <p class="muted">{t(l, "deviations-none")}</p> })}
            <ul>{view.deviations.iter().map(|d| view! { <li>{t(l, &format!("deviation-{d}"))}</li> }).collect_view()}</ul>
        </section>
        {changes(l, "preset-differences", "preset-recommended", view.differences)}
        {dangers(l, view.dangers)}
        <details open=true><summary>{t(l, "policy-text")}</summary><pre>{view.text.clone()}</pre></details>
        <form method="post" action=SaveDraft::url()><input type="hidden" name="scope" value="instance"/><input type="hidden" name="document" value=view.text/><button class="primary">{t(l, "preset-draft")}</button></form>
    }
    .into_any()
}

/// Try a policy on a made-up assertion; the form comes back by GET, since nothing is changed.
pub async fn attempt(axum::extract::Query(asked): axum::extract::Query<Asked>, req: PageRequest) -> Response {
    let result = attempt_page(&req, asked).await;
    or_refuse(&req, result).await
}

/// The form's fields.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(default)]
pub struct Asked {
    provider: String,
    application: String,
    account: String,
    unlinked: String,
    subject: String,
    email: String,
    verified: String,
    proven: String,
    claims: String,
    version: String,
}

async fn attempt_page(req: &PageRequest, asked: Asked) -> Result<Response, Error> {
    let ligature = &req.context.ligature;
    let view = ligature.policy_admin().effective_view(&req.web.ctx, None, None).await?;
    let made = SampleAssertion {
        provider: asked.provider.clone(),
        application: asked.application.clone(),
        account: asked.account.clone(),
        unlinked: !asked.unlinked.is_empty(),
        subject: asked.subject.clone(),
        email: asked.email.clone(),
        email_verified: !asked.verified.is_empty(),
        claims: asked.claims.clone(),
        proven: !asked.proven.is_empty(),
        version: asked.version.parse().ok(),
    };
    let sees = req.may(Right::SeeAccounts).await?;
    let (mut tried, mut wrong, mut nobody) = (Vec::new(), false, false);
    if !asked.provider.is_empty() {
        match ligature.simulations().try_policy(&req.web.ctx, &made).await {
            Ok(found) => tried = found,
            Err(fault) if fault.refusal() == domain::Refusal::BadRequest => wrong = true,
            Err(fault) if fault.refusal() == domain::Refusal::NotFound && !asked.account.is_empty() => nobody = true,
            Err(fault) => return Err(fault),
        }
    }
    let l = req.web.lang;
    Ok(page(&req.context, &req.web, head(l, "try-title"), move || {
        let applications = std::iter::once((String::new(), t(l, "effective-own-pages"))).chain(view.applications).collect::<Vec<_>>();
        let version = asked.version.clone();
        view! {
            <h1>{t(l, "try-title")}</h1>
            <p class="muted">{if version.is_empty() { t(l, "try-lead") } else { ta(l, "try-lead-version", &[("version", &version)]) }}</p>
            <form method="get" action=paths::ADMIN_POLICY_TRY class="stack wide">
                <input type="hidden" name="version" value=version/>
                {select("provider", t(l, "admin-provider"), view.providers, &asked.provider)}
                {select("application", t(l, "admin-application"), applications, &asked.application)}
                {sees.then(|| view! { <fieldset><legend>{t(l, "try-recorded")}</legend>
                    {field(Field { name: "account".into(), label: t(l, "try-account"), kind: "text", hint: t(l, "try-account-hint"), value: asked.account.clone(), problem: nobody.then(|| t(l, "try-account-wrong")), autocomplete: "off", max: 254, ..Field::default() })}
                    {check("unlinked", t(l, "try-unlinked"), t(l, "try-unlinked-hint"), !asked.unlinked.is_empty())}
                </fieldset> })}
                <fieldset><legend>{t(l, "try-typed")}</legend>
                {field(Field { name: "email".into(), label: t(l, "email"), kind: "email", value: asked.email.clone(), autocomplete: "off", max: 254, ..Field::default() })}
                {check("verified", t(l, "try-verified"), t(l, "try-verified-hint"), !asked.verified.is_empty())}
                {field(Field { name: "subject".into(), label: t(l, "try-subject"), kind: "text", hint: t(l, "try-subject-hint"), value: asked.subject.clone(), autocomplete: "off", max: 255, ..Field::default() })}
                {field(Field { name: "claims".into(), label: t(l, "try-claims"), kind: "text", hint: t(l, "try-claims-hint"), value: asked.claims.clone(), problem: wrong.then(|| t(l, "try-claims-wrong")), autocomplete: "off", max: 2000, ..Field::default() })}
                </fieldset>
                {check("proven", t(l, "try-proven"), t(l, "try-proven-hint"), !asked.proven.is_empty())}
                <div class="row-actions"><button class="primary">{t(l, "try-go")}</button></div>
            </form>
            {(!sees).then(|| view! { <p class="muted">{t(l, "try-supposed")}</p> })}
            {tried.into_iter().map(|tried| outcome(l, tried)).collect_view()}
        }
    })
    .await)
}

fn outcome(l: Lang, tried: SimulationResult) -> AnyView {
    let decision = tried.decision;
    let who = |id: &domain::AccountId| tried.names.get(id).cloned().unwrap_or_else(|| id.to_string());
    let found: Vec<String> = tried.facts.candidates.iter().map(|c| format!("{} ({})", who(&c.account), c.rule)).collect();
    let id = tried.supposed.map_or_else(|| "outcome".to_owned(), |s| format!("outcome-{}", s.name()));
    let labelled = id.clone();
    // Made-up accounts have nothing that would lead anywhere.
    let found = if tried.supposed.is_some() { Vec::new() } else { found };
    view! {
        <section aria-labelledby=labelled>
            {tried.supposed.map(|s| view! { <p class="muted">{t(l, &format!("supposed-{}", s.name()))}</p> })}
            <h2 id=id>{outcome_text(l, decision.outcome.name())}</h2>
            <ol class="trace">{sentences(l, &decision.reasons).into_iter().map(|s| view! { <li>{s}</li> }).collect_view()}</ol>
            {(!found.is_empty()).then(|| view! { <p class="muted">{ta(l, "try-found", &[("names", &found.join(", "))])}</p> })}
            <p class="muted small">{ta(l, "policy-version", &[("version", &decision.policy_version.to_string())])}</p>
        </section>
    }
    .into_any()
}
