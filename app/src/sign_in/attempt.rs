//! The page of an attempt: what its state asks for. Each kind of step has a file of its own.
use crate::{
    account::merge::MergePreview,
    components::{Notice, Said, StepLink},
    context::asked,
    i18n::{Lang, t, ta},
    oidc::address::LeaveAddress,
    outcome::{Code, Flash, leave, respond},
    page_request::{Answer, PageRequest},
    paths,
    render::{Head, Layout, page},
    sign_in::{
        address_changed::{AddressChanged, EmailChanged},
        bind::Bind,
        choose::Chooser,
        code::CodeForm,
        details::DetailsForm,
        factor::FactorForm,
        finish::Finish,
        refused::{Waiting, refusal_page_for},
        reset::NewPassword,
        restore::RestoreForm,
    },
};
use axum::{
    extract::Path,
    response::{IntoResponse, Redirect},
};
use domain::{Refusal, attempt::CodePurpose, path::Continuation};
use leptos::{prelude::*, server_fn::ServerFn};
use service::{AttemptView, CodeFor, Error, ViewBody};

pub async fn attempt(Path((id, asked)): Path<(String, String)>, req: PageRequest) -> Answer {
    let req = &req;
    let asked = &asked;
    let view = req.context.ligature.attempt_steps().attempt_view(&req.web.ctx, &id).await?;
    if let (ViewBody::Over { refusal: Some(refusal) }, Continuation::Authorize(request)) =
        (&view.body, &view.continuation)
    {
        let waiting = Waiting { attempt: id, application: request.application_name.clone() };
        return Ok(refusal_page_for(
            &req.context,
            &req.web,
            *refusal,
            &view.support,
            Some(waiting),
        )
        .await);
    }
    if let ViewBody::Over { refusal } = view.body {
        return Err(Error::Refused {
            refusal: refusal.unwrap_or(Refusal::AttemptExpired),
            support: view.support,
        }
        .into());
    }
    // The page is the state's, whatever the address says.
    if asked != view.page {
        return Ok(Redirect::to(&paths::attempt(&id, view.page)).into_response());
    }
    let l = req.web.lang;
    let head = head(l, &view);
    let stuck = matches!(
        view.body,
        ViewBody::Code { .. } | ViewBody::Reset { .. } | ViewBody::Email { code: Some(_), .. }
    ) && req.context.ligature.notifications().mail_is_stuck().await?;
    let flash = req.flash.clone();
    Ok(page(
        &req.context,
        &req.web,
        head,
        move || view! { <AttemptPage l=l id=id view=view stuck=stuck flash=flash/> },
    )
    .await)
}

/// Where the page's forms may lead depends on what it asks for.
fn head(l: Lang, view: &AttemptView) -> Head {
    let (title, _) = heading(l, view);
    let wide = matches!(view.body, ViewBody::Merge { .. });
    let mut head =
        Head::new(title, if wide { Layout::Account } else { Layout::Narrow }).leads_out();
    if let Continuation::Authorize(request) = &view.continuation {
        head = head.requesting_client(Some(request.client_id.clone()));
    }
    head
}

#[component]
fn AttemptPage(
    l: Lang,
    id: String,
    view: AttemptView,
    /// Mails do not go out.
    stuck: bool,
    flash: Flash,
) -> AnyView {
    let (title, lead) = heading(l, &view);
    let wide = matches!(view.body, ViewBody::Merge { .. });
    // The question about a changed address comes when the person is in already.
    let signed_in = matches!(view.body, ViewBody::Email { .. });
    let in_account = match view.body {
        ViewBody::Code { purpose: CodeFor::Own(purpose), .. } => purpose.in_session(),
        ViewBody::Factor { in_session } => in_session,
        ViewBody::Merge { .. } => true,
        _ => false,
    };
    let factor = matches!(view.body, ViewBody::Factor { .. });
    // On the way to an application: it may do without the address.
    let proving =
        matches!(view.body, ViewBody::Code { purpose: CodeFor::Own(CodePurpose::ProveEmail), .. });
    // A code of the app is in no mail.
    let wrong = view.flash.map(|refusal| match refusal {
        Refusal::CodeWrong if factor => "factor-wrong".to_owned(),
        other => format!("refusal-{}-body", other.key()),
    });
    view! {
        <h1>{title}</h1>
        <p class="lead">{lead}</p>
        <Said l=l key=wrong.unwrap_or_default() kind="bad"/>
        {stuck.then(|| view! { <Notice kind="warn" text={t(l, "mail-stuck")}/> })}
        <Step l=l id={id.clone()} body={view.body} flash=flash/>
        {proving.then(|| view! { <StepLink attempt=id.clone() action=LeaveAddress::url() label={t(l, "address-without")}/> })}
        {(in_account && !wide && !proving).then(|| view! { <p class="links"><a href=paths::ACCOUNT>{t(l, "confirm-leave")}</a></p> })}
        {(!signed_in && !in_account).then(|| view! { <StepLink attempt=id.clone() action=Cancel::url() label={t(l, "attempt-cancel")}/> })}
    }
    .into_any()
}

fn heading(l: Lang, view: &AttemptView) -> (String, String) {
    let minutes = view.minutes.to_string();
    match &view.body {
        ViewBody::Choose { provider, identity, accounts, .. } => {
            let who = if identity.is_empty() {
                provider.clone()
            } else {
                format!("{provider} ({identity})")
            };
            let lead = if accounts.is_empty() {
                ta(l, "choose-lead", &[("who", &who)])
            } else {
                ta(l, "choose-lead-found", &[("who", &who)])
            };
            (t(l, "choose-title"), lead)
        }
        ViewBody::Code { sent_to, purpose, .. } => code_heading(l, *purpose, sent_to, &minutes),
        ViewBody::Reset { sent_to, .. } => (
            t(l, "reset-set-title"),
            ta(l, "code-lead-reset", &[("address", sent_to), ("minutes", &minutes)]),
        ),
        ViewBody::Bind { provider, .. } => {
            (t(l, "bind-title"), ta(l, "bind-lead", &[("provider", provider)]))
        }
        ViewBody::Finish { provider, address } => (
            t(l, "finish-title"),
            ta(l, "finish-lead", &[("provider", provider), ("address", address)]),
        ),
        ViewBody::Email { provider, address, code: None, .. } => (
            ta(l, "email-changed-title", &[("provider", provider)]),
            ta(l, "email-changed-lead", &[("provider", provider), ("address", address)]),
        ),
        ViewBody::Email { code: Some((sent_to, _)), .. } => (
            t(l, "code-title"),
            ta(l, "code-lead-claim", &[("address", sent_to), ("minutes", &minutes)]),
        ),
        ViewBody::Factor { .. } => (t(l, "factor-title"), t(l, "factor-lead")),
        ViewBody::Restore => (t(l, "restore-title"), t(l, "restore-lead")),
        ViewBody::Merge { .. } => (t(l, "merge-preview"), t(l, "merge-preview-lead")),
        ViewBody::Details { fields, .. } => (
            t(l, "details-title"),
            t(l, if fields.is_empty() { "details-lead-agree" } else { "details-lead" }),
        ),
        ViewBody::Over { .. } => (String::new(), String::new()),
    }
}

/// Title and lead of a code's page, by what the code is for and whether the person may see where it went.
fn code_heading(l: Lang, purpose: CodeFor, sent_to: &str, minutes: &str) -> (String, String) {
    let (title, lead) = match purpose {
        CodeFor::Own(CodePurpose::SignUp) => ("code-title-signup", "code-lead-signup"),
        CodeFor::Own(CodePurpose::SignIn) => ("code-title", "code-lead-sign-in"),
        CodeFor::Own(CodePurpose::NewPhone) => ("own-phone-title", "code-lead-new-phone"),
        CodeFor::Own(CodePurpose::NewEmail) => ("own-email-title", "code-lead-new-email"),
        CodeFor::Own(CodePurpose::ProveEmail) => ("address-title", "code-lead-prove-email"),
        CodeFor::Own(CodePurpose::Confirm) => ("confirm-title", "code-lead-confirm"),
        _ if sent_to.is_empty() => ("code-title", "code-lead-hidden"),
        CodeFor::Claim => ("code-title", "code-lead-claim"),
        _ => ("code-title", "code-lead"),
    };
    let where_to = if lead == "code-lead-new-phone" { "number" } else { "address" };
    let lead = if lead == "code-lead-hidden" {
        ta(l, lead, &[("minutes", minutes)])
    } else {
        ta(l, lead, &[(where_to, sent_to), ("minutes", minutes)])
    };
    (t(l, title), lead)
}

/// The step itself.
#[component]
fn Step(l: Lang, id: String, body: ViewBody, flash: Flash) -> AnyView {
    match body {
        ViewBody::Choose { provider, offers, accounts, .. } => view! { <Chooser l=l attempt=id provider=provider offers=offers accounts=accounts/> }.into_any(),
        ViewBody::Code { tries_left, password_too, .. } => view! { <CodeForm l=l attempt=id tries_left=tries_left password_too=password_too/> }.into_any(),
        ViewBody::Reset { tries_left, .. } => view! { <NewPassword l=l attempt=id tries_left=tries_left flash=flash/> }.into_any(),
        ViewBody::Bind { ask_address, phones, methods, identities, passkey, .. } => view! { <Bind l=l attempt=id ask_address=ask_address phones=phones methods=methods identities=identities passkey=passkey flash=flash/> }.into_any(),
        ViewBody::Finish { .. } => view! { <Finish l=l attempt=id flash=flash/> }.into_any(),
        ViewBody::Email { code: Some((_, tries_left)), .. } => view! {
            <CodeForm l=l attempt=id.clone() tries_left=tries_left/>
            <StepLink attempt=id action=EmailChanged::url() label={t(l, "email-later")} pick="later"/>
        }
        .into_any(),
        ViewBody::Email { address, current, .. } => view! { <AddressChanged l=l attempt=id address=address current=current/> }.into_any(),
        ViewBody::Factor { .. } => view! { <FactorForm l=l attempt=id/> }.into_any(),
        ViewBody::Restore => view! { <RestoreForm l=l attempt=id/> }.into_any(),
        ViewBody::Merge { rows } => view! { <MergePreview l=l attempt=id rows=rows/> }.into_any(),
        ViewBody::Details { agreements, fields } => {
            view! { <DetailsForm l=l attempt=id agreements=agreements fields=fields flash=flash/> }
                .into_any()
        }
        ViewBody::Over { .. } => ().into_any(),
    }
}

#[server(prefix = "/fn", endpoint = "attempt/cancel")]
pub async fn cancel(attempt: String) -> Result<(), Code> {
    let (context, web) = asked();
    let cancelled = context.ligature.attempt_steps().cancel(&web.ctx, &attempt).await;
    respond(&context, &leave(&context, cancelled).await)
}
