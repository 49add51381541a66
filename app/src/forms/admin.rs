//! The console's forms.
#![expect(clippy::too_many_arguments, reason = "a form has as many fields as it has")]
use domain::{AccountId, Refusal, Role, policy::ProofMethod};
use leptos::prelude::*;
use serde_json::json;
use service::{
    Error,
    admin::{
        ProviderForm, SaveProblem,
        association::{Association, Mode},
        switches::{MailMode, Switches},
    },
};

use crate::{
    context::{Context, WebRequest, asked},
    forms::bounded,
    outcome::{Code, Flash, SeeOther, redirect_with_flash, refuse, respond, turned_away, turned_back},
    paths,
};

async fn saved(context: &Context, web: &WebRequest, result: Result<(), SaveProblem>, good: (&str, &str), bad: &str, typed: Vec<(String, String)>) -> SeeOther {
    match result {
        Ok(()) => redirect_with_flash(context, web, good.0, Flash::notice(good.1)).await,
        Err(SaveProblem::Field(field, message)) => redirect_with_flash(context, web, bad, Flash { problems: vec![(field.into(), message.into())], typed, ..Flash::default() }).await,
        // The page shows the number, and a box to tick.
        Err(SaveProblem::Unconfirmed(links)) => {
            let typed = typed.into_iter().chain([("links".to_owned(), links.to_string())]).collect();
            redirect_with_flash(context, web, bad, Flash { problems: vec![("confirmed".into(), "field-confirm-source".into())], typed, ..Flash::default() }).await
        }
        Err(SaveProblem::Policy(problem)) => {
            redirect_with_flash(
                context,
                web,
                bad,
                Flash {
                    notice: "policy-problem".into(),
                    typed: vec![("policy".into(), format!("{}: {} — {}", problem.path, problem.value, crate::i18n::t(web.lang, &format!("problem-{}", problem.remedy))))],
                    ..Flash::default()
                },
            )
            .await
        }
        Err(SaveProblem::Error(fault)) => turned_back(context, web, &fault, bad, Flash { typed, ..Flash::default() }).await,
    }
}

/// A provider's form, one field each.
#[server(prefix = "/fn", endpoint = "admin/provider")]
pub async fn save_provider(
    create: String,
    key: String,
    name: String,
    kind: String,
    #[server(default)] issuer: String,
    client_id: String,
    #[server(default)] secret: String,
    #[server(default)] auth: String,
    #[server(default)] scopes: String,
    #[server(default)] authorization_url: String,
    #[server(default)] token_url: String,
    #[server(default)] userinfo_url: String,
    #[server(default)] subject_path: String,
    #[server(default)] email_path: String,
    #[server(default)] email_verified_path: String,
    #[server(default)] name_path: String,
    #[server(default)] web_url: String,
    #[server(default)] api_url: String,
    #[server(default)] enabled: String,
    #[server(default)] position: String,
    #[server(default)] shared: String,
    #[server(default)] association: String,
    #[server(default)] login_only: String,
    #[server(default)] as_source: String,
    #[server(default)] as_target: String,
    #[server(default)] verified_counts: String,
    #[server(default)] domains: String,
    #[server(default)] own_directory: String,
    #[server(default)] bind_password: String,
    #[server(default)] bind_email_code: String,
    #[server(default)] bind_phone_code: String,
    #[server(default)] bind_passkey: String,
    #[server(default)] bind_identity: String,
    #[server(default)] confirmed: String,
) -> Result<(), Code> {
    let (context, web) = asked();
    let auth = if auth == "post" { "post" } else { "basic" };
    let scopes = words(&scopes);
    let settings = match kind.as_str() {
        "oauth2" => {
            json!({"kind": "oauth2", "client_id": client_id, "authorization_url": authorization_url, "token_url": token_url, "userinfo_url": userinfo_url, "auth": auth, "scopes": scopes, "subject_path": subject_path, "email_path": email_path, "email_verified_path": email_verified_path, "name_path": name_path})
        }
        "github" if web_url.is_empty() || api_url.is_empty() => json!({"kind": "github", "client_id": client_id}),
        "github" => json!({"kind": "github", "client_id": client_id, "web_url": web_url, "api_url": api_url}),
        _ if scopes.is_empty() => json!({"kind": "oidc", "issuer": issuer, "client_id": client_id, "auth": auth}),
        _ => json!({"kind": "oidc", "issuer": issuer, "client_id": client_id, "auth": auth, "scopes": scopes}),
    };
    let create = create == "yes";
    let page = if create { paths::ADMIN_PROVIDER_NEW.to_owned() } else { paths::safe(&paths::admin_provider(&key)) };
    let binds = [&bind_password, &bind_email_code, &bind_phone_code, &bind_passkey, &bind_identity];
    let association = association_of(&association, [&login_only, &as_source, &as_target, &verified_counts, &own_directory], &domains, binds);
    let (auth_typed, scopes_typed) = (auth.to_owned(), scopes.join(" "));
    let typed = [
        ("key", &key),
        ("name", &name),
        ("kind", &kind),
        ("issuer", &issuer),
        ("client_id", &client_id),
        ("authorization_url", &authorization_url),
        ("token_url", &token_url),
        ("userinfo_url", &userinfo_url),
        ("subject_path", &subject_path),
        ("email_path", &email_path),
        ("email_verified_path", &email_verified_path),
        ("name_path", &name_path),
        ("web_url", &web_url),
        ("api_url", &api_url),
        ("position", &position),
        ("auth", &auth_typed),
        ("scopes", &scopes_typed),
        ("enabled", &enabled),
        ("shared", &shared),
    ]
    .into_iter()
    .map(|(f, v)| (f.to_owned(), bounded(v, 300)))
    .chain(kept(&association))
    .collect();
    let result = match serde_json::from_value(settings) {
        Ok(settings) => {
            let form = ProviderForm {
                key,
                name,
                settings,
                secret,
                enabled: !enabled.is_empty(),
                position: position.parse().unwrap_or(0),
                shared: !shared.is_empty(),
                association,
                confirmed: confirmed.parse().ok(),
            };
            context.ligature.provider_admin().save_provider(&web.ctx, form, create).await
        }
        Err(error) => Err(SaveProblem::Error(Error::from(error))),
    };
    let next = saved(&context, &web, result, (paths::ADMIN_PROVIDERS, "saved"), &page, typed).await;
    respond(&context, &next);
    Ok(())
}

/// A provider that the home organisation offers: its switch and its association here.
#[server(prefix = "/fn", endpoint = "admin/provider/take")]
pub async fn take_provider(
    key: String,
    #[server(default)] enabled: String,
    #[server(default)] association: String,
    #[server(default)] login_only: String,
    #[server(default)] as_source: String,
    #[server(default)] as_target: String,
    #[server(default)] verified_counts: String,
    #[server(default)] domains: String,
    #[server(default)] own_directory: String,
    #[server(default)] bind_password: String,
    #[server(default)] bind_email_code: String,
    #[server(default)] bind_phone_code: String,
    #[server(default)] bind_passkey: String,
    #[server(default)] bind_identity: String,
    #[server(default)] confirmed: String,
) -> Result<(), Code> {
    let (context, web) = asked();
    let binds = [&bind_password, &bind_email_code, &bind_phone_code, &bind_passkey, &bind_identity];
    let association = association_of(&association, [&login_only, &as_source, &as_target, &verified_counts, &own_directory], &domains, binds);
    let page = paths::safe(&paths::admin_provider(&key));
    let typed = [("enabled".to_owned(), enabled.clone())].into_iter().chain(kept(&association)).collect();
    let result = context.ligature.provider_admin().take_provider(&web.ctx, &key, !enabled.is_empty(), association, confirmed.parse().ok()).await;
    let next = saved(&context, &web, result, (paths::ADMIN_PROVIDERS, "saved"), &page, typed).await;
    respond(&context, &next);
    Ok(())
}

/// The association as the form had it, for a page that comes back with a problem: boxes that are not ticked send nothing.
fn kept(association: &Association) -> Option<(String, String)> {
    Some((KEPT.to_owned(), serde_json::to_string(association).ok()?))
}

/// Where a flash holds a form's association.
pub(crate) const KEPT: &str = "association";

fn words(text: &str) -> Vec<String> {
    text.split([' ', ',', '\n', '\r']).map(str::trim).filter(|s| !s.is_empty()).map(|s| bounded(s, 120)).take(40).collect()
}

/// The switches of an association; `binds` in the order of the form.
fn association_of(mode: &str, [login_only, as_source, as_target, verified_counts, own_directory]: [&str; 5], domains: &str, binds: [&String; 5]) -> Association {
    let methods = [ProofMethod::Password, ProofMethod::EmailCode, ProofMethod::PhoneCode, ProofMethod::Passkey, ProofMethod::Identity];
    Association {
        mode: Mode::parse(mode),
        login_only: !login_only.is_empty(),
        bind_methods: binds.into_iter().zip(methods).filter(|(on, _)| !on.is_empty()).map(|(_, method)| method).collect(),
        as_source: !as_source.is_empty(),
        as_target: !as_target.is_empty(),
        verified_counts: !verified_counts.is_empty(),
        domains: words(domains),
        own_directory: !own_directory.is_empty(),
    }
}

#[server(prefix = "/fn", endpoint = "admin/account/role")]
pub async fn set_role(account: String, role: String, given: String) -> Result<(), Code> {
    let (context, web) = asked();
    let next = match (account.parse::<AccountId>(), Role::parse(&role)) {
        (Ok(id), Some(role)) => match context.ligature.account_admin().set_role(&web.ctx, id, role, given == "yes").await {
            Ok(()) => redirect_with_flash(&context, &web, &paths::admin_account(&account), Flash::notice("saved")).await,
            Err(fault) => turned_away(&fault, &paths::admin_account(&account)),
        },
        _ => refuse(&Refusal::NotFound.into()),
    };
    respond(&context, &next);
    Ok(())
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
    let next = saved(&context, &web, result.map(drop), (&page, notice), paths::ADMIN_POLICY, Vec::new()).await;
    respond(&context, &next);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "admin/policy/roll-back")]
pub async fn roll_back_policy(version: i64) -> Result<(), Code> {
    let (context, web) = asked();
    let next = super::policy::move_on(&context, &web, version, Some(service::admin::policy::Becomes::Active), None).await;
    respond(&context, &next);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "admin/account/state")]
pub async fn set_account_state(account: String, enabled: String) -> Result<(), Code> {
    let (context, web) = asked();
    let next = match account.parse::<AccountId>() {
        Ok(id) => match context.ligature.account_admin().set_account_enabled(&web.ctx, id, enabled == "yes").await {
            Ok(()) => redirect_with_flash(&context, &web, &paths::admin_account(&account), Flash::notice("saved")).await,
            Err(fault) => turned_away(&fault, &paths::admin_account(&account)),
        },
        Err(_) => refuse(&Refusal::NotFound.into()),
    };
    respond(&context, &next);
    Ok(())
}

/// A contested mailbox is still the account's, as the administrator says (I13).
#[server(prefix = "/fn", endpoint = "admin/account/email")]
pub async fn admin_keep_email(account: String, address: String) -> Result<(), Code> {
    let (context, web) = asked();
    let kept = match account.parse() {
        Ok(id) => context.ligature.account_admin().admin_keep_email(&web.ctx, id, &address).await,
        Err(_) => Err(Refusal::NotFound.into()),
    };
    let next = match kept {
        Ok(()) => redirect_with_flash(&context, &web, &paths::admin_account(&account), Flash::notice("address-kept")).await,
        Err(fault) => turned_away(&fault, &paths::admin_account(&account)),
    };
    respond(&context, &next);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "admin/account/merge")]
pub async fn admin_merge(account: String, other: String) -> Result<(), Code> {
    let (context, web) = asked();
    let merged = match account.parse() {
        Ok(id) => context.ligature.merges().admin_merge(&web.ctx, id, &other).await,
        Err(_) => Err(domain::Refusal::NotFound.into()),
    };
    let page = paths::admin_account(&account);
    let next = match merged {
        Ok(()) => redirect_with_flash(&context, &web, &page, Flash::notice("merge-done")).await,
        Err(fault) if fault.refusal() == domain::Refusal::BadRequest => {
            let flash = Flash { problems: vec![("other".into(), "field-account".into())], typed: vec![("other".into(), bounded(&other, 254))], ..Flash::default() };
            redirect_with_flash(&context, &web, &page, flash).await
        }
        Err(fault) => turned_back(&context, &web, &fault, &page, Flash { typed: vec![("other".into(), bounded(&other, 254))], ..Flash::default() }).await,
    };
    respond(&context, &next);
    Ok(())
}
