//! The policy: what is in force, switches, and versions.
use crate::{
    admin::{audit::events, overview::message, providers::saved},
    components::{Check, Moment, Notice, Radios, Rows, Table},
    context::asked,
    i18n::{Lang, t, ta},
    outcome::{Code, Flash, respond},
    page_request::{Answer, PageRequest},
    paths,
    render::{Head, Layout, page},
};
use domain::Right;
use leptos::{prelude::*, server_fn::ServerFn};
use service::admin::{
    policy::{Exposed, PolicyView},
    switches::{MailMode, Switches},
};

pub(crate) fn head(l: Lang, key: &str) -> Head {
    Head::new(t(l, key), Layout::Admin(paths::ADMIN_POLICY))
}

/// A scope for people.
pub(crate) fn scope_name(l: Lang, scope: &str) -> String {
    match scope {
        "" => t(l, "scope-built-in"),
        "instance" => t(l, "scope-instance"),
        "organisation" => t(l, "scope-organisation"),
        other => match (other.strip_prefix("application:"), other.strip_prefix("provider:")) {
            (Some(rest), _) => match rest.split_once("/provider:") {
                Some((client, key)) => {
                    ta(l, "scope-pair", &[("application", client), ("provider", key)])
                }
                None => ta(l, "scope-application", &[("application", rest)]),
            },
            (None, Some(key)) => ta(l, "scope-provider", &[("provider", key)]),
            (None, None) => other.to_owned(),
        },
    }
}

pub(crate) fn dangers(l: Lang, all: Vec<Exposed>) -> AnyView {
    view! {
        <section aria-labelledby="dangers"><h2 id="dangers">{t(l, "dangers-title")}</h2>
            {all.is_empty().then(|| view! { <p class="muted">{t(l, "dangers-none")}</p> })}
            <Rows>{all.into_iter().map(|e| {
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
            }).collect_view()}</Rows>
        </section>
    }
    .into_any()
}

pub(crate) fn changes(
    l: Lang,
    title: &'static str,
    against: &'static str,
    rows: Vec<(String, String, String)>,
) -> AnyView {
    view! {
        <section><h2>{t(l, title)}</h2>
            {rows.is_empty().then(|| view! { <p class="muted">{t(l, "changes-none")}</p> })}
            {(!rows.is_empty()).then(|| view! {
                <Table label={t(l, title)} columns={["policy-field", "changes-new", against].map(|key| t(l, key).into_any()).into()}>
                {rows.into_iter().map(|(field, new, old)| view! { <tr><th scope="row"><code>{field}</code></th><td><code>{new}</code></td><td><code>{old}</code></td></tr> }).collect_view()}</Table>
            })}
        </section>
    }
    .into_any()
}

pub async fn policy(req: PageRequest) -> Answer {
    let view = req.context.ligature.policy_admin().policy_view(&req.web.ctx).await?;
    let changes = req.may(Right::ChangePolicy).await?;
    let (l, flash) = (req.web.lang, req.flash.clone());
    Ok(page(&req.context, &req.web, head(l, "admin-policy"), move || {
        policy_view(l, view, changes, &flash)
    })
    .await)
}

fn policy_view(l: Lang, view: PolicyView, may_change: bool, flash: &Flash) -> AnyView {
    let s = view.switches;
    let presets = view
        .presets
        .iter()
        .map(|p| (*p, t(l, &format!("preset-{p}")), t(l, &format!("preset-{p}-hint"))))
        .collect();
    let names: Vec<_> = view.presets.clone();
    let modes = [MailMode::ConfirmationRequired, MailMode::Notification, MailMode::None]
        .map(|m| {
            (
                m.name(),
                t(l, &format!("mail-mode-{}", m.name())),
                t(l, &format!("mail-mode-{}-hint", m.name())),
            )
        })
        .to_vec();
    view! {
        <div class="title"><h1>{t(l, "admin-policy")}</h1>{may_change.then(|| view! { <a class="button primary" href=paths::policy_document("instance", None)>{t(l, "draft-new")}</a> })}</div>
        {message(l, flash)}
        {s.accept_unproven_links.then(|| view! { <Notice kind="bad" text={t(l, "policy-unsafe-on")}/> }.into_any())}
        <p class="links"><a href=paths::ADMIN_POLICY_TRY>{t(l, "try-title")}</a><a href=paths::ADMIN_POLICY_EFFECTIVE>{t(l, "effective-title")}</a></p>
        {dangers(l, view.dangers)}
        <section aria-labelledby="versions"><h2 id="versions">{t(l, "policy-history")}</h2>
            {view.history.is_empty().then(|| view! { <p class="muted">{t(l, "policy-history-none")}</p> })}
            <Rows>{view.history.into_iter().map(|v| {
                let active = v.state == "active";
                let class = if active { "tag good" } else { "tag" };
                view! { <li><a class="row-main" href=paths::policy_version(v.version)><strong>{ta(l, "policy-version", &[("version", &v.version.to_string())])}" · "{scope_name(l, &v.scope)}</strong><span class="muted small"><Moment l=l at={v.created_at}/></span></a>
                    <span class=class>{t(l, &format!("version-{}", v.state))}</span>
                    {(may_change && v.state == "retired").then(|| view! { <form method="post" action=RollBackPolicy::url()><input type="hidden" name="version" value=v.version.to_string()/><button class="quiet">{t(l, "policy-roll-back")}</button></form> })}
                </li> }
            }).collect_view()}</Rows>
        </section>
        {(!view.differences.is_empty()).then(|| view! { <section><h2>{t(l, "shadow-title")}</h2><p class="muted">{t(l, "shadow-lead")}</p>{events(l, view.differences, false)}</section> })}
        <h2>{t(l, "policy-switches-title")}</h2>
        <p class="muted">{t(l, "policy-switches-lead")}</p>
        <form method="post" action=SavePolicy::url() class="stack wide">
            <Radios name="preset" legend={t(l, "policy-preset")} options=presets chosen={s.preset.clone()}/>
            <p class="links">{names.into_iter().map(|p| view! { <a href=paths::policy_preset(p)>{ta(l, "preset-look", &[("name", &t(l, &format!("preset-{p}")))])}</a> }).collect_view()}</p>
            <fieldset class="section"><legend>{t(l, "policy-switches")}</legend>
                <Check name="link_on_login" label={t(l, "link-on-login")} hint={t(l, "link-on-login-hint")} checked={s.link_on_login}/>
                <Check name="account_management" label={t(l, "account-management")} hint={t(l, "account-management-hint")} checked={s.account_management}/>
                <Check name="create" label={t(l, "policy-create")} hint={t(l, "policy-create-hint")} checked={s.create}/>
            </fieldset>
            <Radios name="mail_mode" legend={t(l, "mail-mode")} options=modes chosen={s.mail_mode.name()}/>
            <fieldset class="section danger"><legend>{t(l, "policy-unsafe")}</legend>
                <Check name="accept_unproven_links" label={t(l, "accept-unproven")} hint={t(l, "accept-unproven-hint")} checked={s.accept_unproven_links}/>
            </fieldset>
            {if may_change { view! { <div class="row-actions"><button class="primary">{t(l, "switches-go")}</button></div> }.into_any() } else { view! { <p class="muted">{t(l, "read-only")}</p> }.into_any() }}
        </form>
    }
    .into_any()
}

#[server(prefix = "/fn", endpoint = "admin/policy")]
pub async fn save_policy(
    preset: String,
    #[server(default)] link_on_login: String,
    #[server(default)] account_management: String,
    #[server(default)] create: String,
    mail_mode: String,
    #[server(default)] accept_unproven_links: String,
) -> Result<(), Code> {
    let (context, web) = asked();
    let switches = Switches {
        preset,
        link_on_login: !link_on_login.is_empty(),
        account_management: !account_management.is_empty(),
        create: !create.is_empty(),
        mail_mode: MailMode::parse(&mail_mode),
        accept_unproven_links: !accept_unproven_links.is_empty(),
    };
    let result = context.ligature.policy_admin().draft_switches(&web.ctx, &switches).await;
    let (page, notice) = match &result {
        Ok(Some(version)) => (paths::policy_version(*version), "switches-drafted"),
        _ => (paths::ADMIN_POLICY.to_owned(), "changes-none"),
    };
    let next =
        saved(&context, &web, result.map(drop), (&page, notice), paths::ADMIN_POLICY, Vec::new())
            .await;
    respond(&context, &next);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "admin/policy/roll-back")]
pub async fn roll_back_policy(version: i64) -> Result<(), Code> {
    let (context, web) = asked();
    let next = crate::admin::policy_version::move_on(
        &context,
        &web,
        version,
        Some(service::admin::policy::Becomes::Active),
        None,
    )
    .await;
    respond(&context, &next);
    Ok(())
}
