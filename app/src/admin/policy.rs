//! The policy: what is in force, switches, and versions.
use crate::{
    admin::{
        audit::EventRows,
        overview::{Message, head},
        policy_effects::{Dangers, scope_name},
        policy_version::move_on,
        saved::{Ways, saved},
    },
    components::{Check, Moment, Notice, Radios, Rows, SaveOrRead},
    context::asked,
    i18n::{Lang, t, ta},
    outcome::{Code, Flash, respond},
    page_request::{Answer, PageRequest},
    paths,
    render::page,
};
use domain::Right;
use leptos::{prelude::*, server_fn::ServerFn};
use service::{
    admin::{
        policy::{Becomes, PolicyView},
        switches::{MailMode, Switches},
    },
    rows::PolicyVersion,
};

pub async fn policy(req: PageRequest) -> Answer {
    let view = req.context.ligature.policy_admin().policy_view(&req.web.ctx).await?;
    let changes = req.may(Right::ChangePolicy).await?;
    let (l, flash) = (req.web.lang, req.flash.clone());
    Ok(page(&req.context, &req.web, head(l, "admin-policy", paths::ADMIN_POLICY), move || {
        view! { <PolicyPage l=l view=view changes=changes flash=flash/> }
    })
    .await)
}

#[component]
fn PolicyPage(
    l: Lang,
    view: PolicyView,
    /// The person may change the policy.
    changes: bool,
    flash: Flash,
) -> AnyView {
    let PolicyView { switches, presets, history, dangers, differences, .. } = view;
    view! {
        <div class="title"><h1>{t(l, "admin-policy")}</h1>{changes.then(|| view! { <a class="button primary" href=paths::policy_document("instance", None)>{t(l, "draft-new")}</a> })}</div>
        <Message l=l flash=flash/>
        {switches.accept_unproven_links.then(|| view! { <Notice kind="bad" text={t(l, "policy-unsafe-on")}/> })}
        <p class="links"><a href=paths::ADMIN_POLICY_TRY>{t(l, "try-title")}</a><a href=paths::ADMIN_POLICY_EFFECTIVE>{t(l, "effective-title")}</a></p>
        <Dangers l=l all=dangers/>
        <section aria-labelledby="versions"><h2 id="versions">{t(l, "policy-history")}</h2>
            {history.is_empty().then(|| view! { <p class="muted">{t(l, "policy-history-none")}</p> })}
            <Rows>{history.into_iter().map(|version| view! { <VersionRow l=l version=version changes=changes/> }).collect_view()}</Rows>
        </section>
        {(!differences.is_empty()).then(|| view! { <section><h2>{t(l, "shadow-title")}</h2><p class="muted">{t(l, "shadow-lead")}</p><EventRows l=l events=differences/></section> })}
        <h2>{t(l, "policy-switches-title")}</h2>
        <p class="muted">{t(l, "policy-switches-lead")}</p>
        <SwitchesForm l=l switches=switches presets=presets changes=changes/>
    }
    .into_any()
}

#[component]
fn VersionRow(l: Lang, version: PolicyVersion, changes: bool) -> AnyView {
    let v = version;
    let class = if v.state == "active" { "tag good" } else { "tag" };
    view! {
        <li><a class="row-main" href=paths::policy_version(v.version)><strong>{ta(l, "policy-version", &[("version", &v.version.to_string())])}" · "{scope_name(l, &v.scope)}</strong><span class="muted small"><Moment l=l at={v.created_at}/></span></a>
            <span class=class>{t(l, &format!("version-{}", v.state))}</span>
            {(changes && v.state == "retired").then(|| view! { <form method="post" action=RollBackPolicy::url()><input type="hidden" name="version" value=v.version.to_string()/><button class="quiet">{t(l, "policy-roll-back")}</button></form> })}
        </li>
    }
    .into_any()
}

/// The switches that most instances get by with; what they say becomes a draft.
#[component]
fn SwitchesForm(l: Lang, switches: Switches, presets: Vec<&'static str>, changes: bool) -> AnyView {
    let s = switches;
    let options = presets
        .iter()
        .map(|p| (*p, t(l, &format!("preset-{p}")), t(l, &format!("preset-{p}-hint"))))
        .collect();
    let modes = MailMode::ALL
        .map(|m| {
            let name = m.name();
            (name, t(l, &format!("mail-mode-{name}")), t(l, &format!("mail-mode-{name}-hint")))
        })
        .to_vec();
    view! {
        <form method="post" action=SavePolicy::url() class="stack wide">
            <Radios name="preset" legend={t(l, "policy-preset")} options=options chosen={s.preset}/>
            <p class="links">{presets.into_iter().map(|p| view! { <a href=paths::policy_preset(p)>{ta(l, "preset-look", &[("name", &t(l, &format!("preset-{p}")))])}</a> }).collect_view()}</p>
            <fieldset class="section"><legend>{t(l, "policy-switches")}</legend>
                <Check name="link_on_login" label={t(l, "link-on-login")} hint={t(l, "link-on-login-hint")} checked={s.link_on_login}/>
                <Check name="account_management" label={t(l, "account-management")} hint={t(l, "account-management-hint")} checked={s.account_management}/>
                <Check name="create" label={t(l, "policy-create")} hint={t(l, "policy-create-hint")} checked={s.create}/>
            </fieldset>
            <Radios name="mail_mode" legend={t(l, "mail-mode")} options=modes chosen={s.mail_mode.name()}/>
            <fieldset class="section danger"><legend>{t(l, "policy-unsafe")}</legend>
                <Check name="accept_unproven_links" label={t(l, "accept-unproven")} hint={t(l, "accept-unproven-hint")} checked={s.accept_unproven_links}/>
            </fieldset>
            <SaveOrRead l=l go={t(l, "switches-go")} may=changes/>
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
        mail_mode: MailMode::parse(&mail_mode).unwrap_or(MailMode::ConfirmationRequired),
        accept_unproven_links: !accept_unproven_links.is_empty(),
    };
    let result = context.ligature.policy_admin().draft_switches(&web.ctx, &switches).await;
    let (page, notice) = match &result {
        Ok(Some(version)) => (paths::policy_version(*version), "switches-drafted"),
        _ => (paths::ADMIN_POLICY.to_owned(), "changes-none"),
    };
    let ways = Ways { good: (&page, Flash::notice(notice)), bad: paths::ADMIN_POLICY };
    let next = saved(&context, &web, result.map(drop), ways, Vec::new()).await;
    respond(&context, &next)
}

#[server(prefix = "/fn", endpoint = "admin/policy/roll-back")]
pub async fn roll_back_policy(version: i64) -> Result<(), Code> {
    let (context, web) = asked();
    let next = move_on(&context, &web, version, Some(Becomes::Active), None).await;
    respond(&context, &next)
}
