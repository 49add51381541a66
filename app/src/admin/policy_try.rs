//! Trying the policy on a made-up or recorded sign-in.
use crate::{
    admin::{decided::DecidedSection, overview::head},
    components::{Check, Field, Select},
    i18n::{Lang, t, ta},
    page_request::{Answer, PageRequest},
    paths,
    render::page,
};
use domain::{Refusal, Right};
use leptos::prelude::*;
use service::admin::{
    policy::EffectiveView,
    simulate::{SampleAssertion, SimulationResult},
};

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

/// Try a policy on a made-up assertion; the form comes back by GET, since nothing is changed.
pub async fn attempt(
    axum::extract::Query(asked): axum::extract::Query<Asked>,
    req: PageRequest,
) -> Answer {
    let req = &req;
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
    let mut found = Found::default();
    if !asked.provider.is_empty() {
        match ligature.simulations().try_policy(&req.web.ctx, &made).await {
            Ok(tried) => found.tried = tried,
            Err(error) if error.refusal() == Refusal::BadRequest => found.wrong = true,
            Err(error) if error.refusal() == Refusal::NotFound && !asked.account.is_empty() => {
                found.nobody = true
            }
            Err(error) => return Err(error.into()),
        }
    }
    let l = req.web.lang;
    Ok(page(&req.context, &req.web, head(l, "try-title", paths::ADMIN_POLICY), move || {
        view! { <TryPage l=l view=view asked=asked sees=sees found=found/> }
    })
    .await)
}

/// What a try came to.
#[derive(Default)]
struct Found {
    tried: Vec<SimulationResult>,
    /// The claims cannot be read.
    wrong: bool,
    /// There is no such account.
    nobody: bool,
}

#[component]
fn TryPage(
    l: Lang,
    view: EffectiveView,
    asked: Asked,
    /// The person may see accounts.
    sees: bool,
    found: Found,
) -> AnyView {
    let Found { tried, wrong, nobody } = found;
    let own = (String::new(), t(l, "effective-own-pages"));
    let applications: Vec<_> = std::iter::once(own).chain(view.applications).collect();
    let lead = match asked.version.as_str() {
        "" => t(l, "try-lead"),
        version => ta(l, "try-lead-version", &[("version", version)]),
    };
    view! {
        <h1>{t(l, "try-title")}</h1>
        <p class="muted">{lead}</p>
        <form method="get" action=paths::ADMIN_POLICY_TRY class="stack wide">
            <input type="hidden" name="version" value=asked.version/>
            <Select name="provider" label={t(l, "admin-provider")} options={view.providers} chosen={asked.provider}/>
            <Select name="application" label={t(l, "admin-application")} options=applications chosen={asked.application}/>
            {sees.then(|| view! { <fieldset><legend>{t(l, "try-recorded")}</legend>
                <Field name="account" label={t(l, "try-account")} kind="text" hint={t(l, "try-account-hint")} value={asked.account} problem={nobody.then(|| t(l, "try-account-wrong"))} autocomplete="off" max=254/>
                <Check name="unlinked" label={t(l, "try-unlinked")} hint={t(l, "try-unlinked-hint")} checked={!asked.unlinked.is_empty()}/>
            </fieldset> })}
            <fieldset><legend>{t(l, "try-typed")}</legend>
            <Field name="email" label={t(l, "email")} kind="email" value={asked.email} autocomplete="off" max=254/>
            <Check name="verified" label={t(l, "try-verified")} hint={t(l, "try-verified-hint")} checked={!asked.verified.is_empty()}/>
            <Field name="subject" label={t(l, "try-subject")} kind="text" hint={t(l, "try-subject-hint")} value={asked.subject} autocomplete="off" max=255/>
            <Field name="claims" label={t(l, "try-claims")} kind="text" hint={t(l, "try-claims-hint")} value={asked.claims} problem={wrong.then(|| t(l, "try-claims-wrong"))} autocomplete="off" max=2000/>
            </fieldset>
            <Check name="proven" label={t(l, "try-proven")} hint={t(l, "try-proven-hint")} checked={!asked.proven.is_empty()}/>
            <div class="row-actions"><button class="primary">{t(l, "try-go")}</button></div>
        </form>
        {(!sees).then(|| view! { <p class="muted">{t(l, "try-supposed")}</p> })}
        {tried.into_iter().map(|tried| view! { <DecidedSection l=l decided={tried.into()}/> }).collect_view()}
    }
    .into_any()
}
