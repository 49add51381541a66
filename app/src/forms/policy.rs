//! Forms of the policy pages: drafts, versions, dry runs.
use leptos::prelude::*;
use service::admin::{SaveProblem, policy::Becomes};

use crate::{
    context::asked,
    outcome::{Code, Flash, SeeOther, redirect_with_flash, refuse, respond, turned_away, turned_back},
    paths,
};

fn trouble(problem: service::PolicyProblem, document: String) -> Flash {
    let typed = vec![("path".into(), problem.path), ("value".into(), problem.value.chars().take(300).collect()), ("remedy".into(), problem.remedy.into()), ("document".into(), document)];
    Flash { typed, ..Flash::default() }
}

#[server(prefix = "/fn", endpoint = "admin/policy/draft")]
pub async fn save_draft(scope: String, document: String) -> Result<(), Code> {
    let (context, web) = asked();
    let saved = context.ligature.policy_admin().save_draft(&web.ctx, &scope, &document).await;
    let next = match saved {
        Ok(version) => redirect_with_flash(&context, &web, &paths::policy_version(version), Flash::notice("draft-saved")).await,
        // What was typed is kept, to be mended.
        Err(SaveProblem::Policy(problem)) => redirect_with_flash(&context, &web, &paths::policy_document(&scope, None), trouble(problem, document)).await,
        Err(SaveProblem::Field(..) | SaveProblem::Unconfirmed(_)) => refuse(&domain::Refusal::BadRequest.into()),
        Err(SaveProblem::Error(fault)) => {
            let flash = Flash { typed: vec![("document".into(), document)], ..Flash::default() };
            turned_back(&context, &web, &fault, &paths::policy_document(&scope, None), flash).await
        }
    };
    respond(&context, &next);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "admin/policy/version")]
pub async fn set_version(version: i64, becomes: String, #[server(default)] seen: String) -> Result<(), Code> {
    let (context, web) = asked();
    let next = move_on(&context, &web, version, Becomes::parse(&becomes), seen.parse().ok()).await;
    respond(&context, &next);
    Ok(())
}

/// Moves a version on and says what came of it. `seen`: what was in force when the page showed the difference.
pub(crate) async fn move_on(context: &crate::context::Context, web: &crate::context::WebRequest, version: i64, becomes: Option<Becomes>, seen: Option<i64>) -> SeeOther {
    let Some(becomes) = becomes else { return refuse(&domain::Refusal::BadRequest.into()) };
    match context.ligature.policy_admin().set_version(&web.ctx, version, becomes, seen).await {
        Ok(()) => redirect_with_flash(context, web, paths::ADMIN_POLICY, Flash::notice("saved")).await,
        Err(SaveProblem::Error(fault)) if fault.refusal() == domain::Refusal::PolicyChanged => {
            let flash = Flash { problems: vec![("version".into(), "policy-moved".into())], ..Flash::notice("policy-moved") };
            redirect_with_flash(context, web, &paths::policy_version(version), flash).await
        }
        Err(SaveProblem::Policy(problem)) => redirect_with_flash(context, web, &paths::policy_version(version), trouble(problem, String::new())).await,
        Err(SaveProblem::Field(..) | SaveProblem::Unconfirmed(_)) => refuse(&domain::Refusal::BadRequest.into()),
        Err(SaveProblem::Error(fault)) => turned_away(&fault, &paths::policy_version(version)),
    }
}

#[server(prefix = "/fn", endpoint = "admin/policy/dry-run")]
pub async fn start_dry_run(version: i64) -> Result<(), Code> {
    let (context, web) = asked();
    let next = match context.ligature.dry_runs().start_dry_run(&web.ctx, version).await {
        Ok(()) => SeeOther::local(paths::policy_version(version)),
        Err(fault) => turned_away(&fault, &paths::policy_version(version)),
    };
    respond(&context, &next);
    Ok(())
}
