//! The pages of an attempt: chooser, code, password of the account, new password.
use crate::{
    account::passkeys::ceremony_form,
    components::{ContactField, Field, Notice, ProviderButton, method_name},
    context::asked,
    form_input::{bounded, password_problem},
    i18n::{Lang, t, ta},
    oidc::address::LeaveAddress,
    outcome::{Code, Flash, SeeOther, leave, redirect_with_flash, refuse, respond, to_provider},
    page_request::{Answer, PageRequest},
    paths,
    render::{Head, Layout, page},
    sign_in::{
        login::origin,
        refused::{Waiting, refusal_page_for},
        reset::SetPassword,
    },
};
use axum::{
    extract::Path,
    response::{IntoResponse, Redirect},
};
use domain::{
    Refusal,
    attempt::CodePurpose,
    linking::facts::UserAction,
    path::Continuation,
    policy::{Offer, ProofMethod},
};
use leptos::{prelude::*, server_fn::ServerFn};
use service::{
    AttemptView, CodeFor, Error, Purpose, ShownAccount, ViewBody, account::passkeys::Ceremony,
    policy::providers::Button,
};

pub async fn attempt(Path((id, asked)): Path<(String, String)>, req: PageRequest) -> Answer {
    let req = &req;
    let asked = &asked;
    let view = req.context.ligature.attempt_steps().attempt_view(&req.web.ctx, &id).await?;
    if let (ViewBody::Over { refusal: Some(refusal) }, Continuation::Authorize(request)) =
        (&view.body, &view.continuation)
    {
        let waiting = Waiting {
            attempt: id,
            application: request.application_name.clone(),
            origin: origin(&request.redirect_uri),
        };
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
    let (title, lead) = heading(l, &view);
    let wide = matches!(view.body, ViewBody::Merge { .. });
    let mut head = Head::new(title.clone(), if wide { Layout::Account } else { Layout::Narrow });
    if let Continuation::Authorize(request) = &view.continuation {
        head = head
            .origins(origin(&request.redirect_uri))
            .requesting_client(Some(request.client_id.clone()));
    }
    if let ViewBody::Bind { identities, .. } = &view.body {
        head = head.origins(identities.iter().filter_map(|b| b.origin.clone()));
    }
    let stuck = matches!(
        view.body,
        ViewBody::Code { .. } | ViewBody::Reset { .. } | ViewBody::Email { code: Some(_), .. }
    ) && req.context.ligature.notifications().mail_is_stuck().await?;
    let flash = req.flash.clone();
    Ok(page(&req.context, &req.web, head, move || {
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
        let proving = matches!(view.body, ViewBody::Code { purpose: CodeFor::Own(CodePurpose::ProveEmail), .. });
        // A code of the app is in no mail.
        let wrong = view.flash.map(|r| if factor && r == Refusal::CodeWrong { "factor-wrong".into() } else { format!("refusal-{}-body", r.key()) }).map(|key| view! { <Notice kind="bad" text={t(l, &key)}/> }.into_any());
        view! {
            <h1>{title}</h1>
            <p class="lead">{lead}</p>
            {wrong}
            {stuck.then(|| view! { <Notice kind="warn" text={t(l, "mail-stuck")}/> }.into_any())}
            {body(l, &id, view.body, &flash)}
            {proving.then(|| view! { <form method="post" action=LeaveAddress::url() class="links"><input type="hidden" name="attempt" value=id.clone()/><button class="link">{t(l, "address-without")}</button></form> })}
            {(in_account && !wide && !proving).then(|| view! { <p class="links"><a href=paths::ACCOUNT>{t(l, "confirm-leave")}</a></p> })}
            {(!signed_in && !in_account).then(|| view! { <form method="post" action=Cancel::url() class="links"><input type="hidden" name="attempt" value=id.clone()/><button class="link">{t(l, "attempt-cancel")}</button></form> })}
        }
    })
    .await)
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
        ViewBody::Code { sent_to, purpose: CodeFor::Own(CodePurpose::SignUp), .. } => (
            t(l, "code-title-signup"),
            ta(l, "code-lead-signup", &[("address", sent_to), ("minutes", &minutes)]),
        ),
        ViewBody::Code { sent_to, purpose: CodeFor::Own(CodePurpose::SignIn), .. } => (
            t(l, "code-title"),
            ta(l, "code-lead-sign-in", &[("address", sent_to), ("minutes", &minutes)]),
        ),
        ViewBody::Code { sent_to, purpose: CodeFor::Own(CodePurpose::NewPhone), .. } => (
            t(l, "own-phone-title"),
            ta(l, "code-lead-new-phone", &[("number", sent_to), ("minutes", &minutes)]),
        ),
        ViewBody::Code { sent_to, purpose: CodeFor::Own(CodePurpose::NewEmail), .. } => (
            t(l, "own-email-title"),
            ta(l, "code-lead-new-email", &[("address", sent_to), ("minutes", &minutes)]),
        ),
        ViewBody::Code { sent_to, purpose: CodeFor::Own(CodePurpose::ProveEmail), .. } => (
            t(l, "address-title"),
            ta(l, "code-lead-prove-email", &[("address", sent_to), ("minutes", &minutes)]),
        ),
        ViewBody::Code { sent_to, purpose: CodeFor::Own(CodePurpose::Confirm), .. } => (
            t(l, "confirm-title"),
            ta(l, "code-lead-confirm", &[("address", sent_to), ("minutes", &minutes)]),
        ),
        ViewBody::Code { sent_to, purpose: CodeFor::Claim, .. } if !sent_to.is_empty() => (
            t(l, "code-title"),
            ta(l, "code-lead-claim", &[("address", sent_to), ("minutes", &minutes)]),
        ),
        ViewBody::Code { sent_to, .. } if sent_to.is_empty() => {
            (t(l, "code-title"), ta(l, "code-lead-hidden", &[("minutes", &minutes)]))
        }
        ViewBody::Code { sent_to, .. } => {
            (t(l, "code-title"), ta(l, "code-lead", &[("address", sent_to), ("minutes", &minutes)]))
        }
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

fn body(l: Lang, id: &str, body: ViewBody, flash: &crate::outcome::Flash) -> AnyView {
    match body {
        ViewBody::Choose { provider, offers, accounts, .. } => {
            chooser(l, id, &provider, &offers, accounts)
        }
        ViewBody::Code { tries_left, password_too, .. } => code(l, id, tries_left, password_too),
        ViewBody::Reset { tries_left, .. } => new_password(l, id, tries_left, flash),
        ViewBody::Bind { ask_address, phones, methods, identities, passkey, .. } => {
            bind(l, id, (ask_address, phones), &methods, (identities, passkey), flash)
        }
        ViewBody::Finish { .. } => finish(l, id, flash),
        ViewBody::Email { code: Some((_, tries_left)), .. } => {
            view! { {code(l, id, tries_left, false)} {email_later(l, id)} }.into_any()
        }
        ViewBody::Email { address, current, .. } => email_changed_view(l, id, &address, &current),
        ViewBody::Factor { .. } => crate::sign_in::complete::factor(l, id),
        ViewBody::Restore => crate::sign_in::complete::restore(l, id),
        ViewBody::Merge { rows } => crate::account::merge::preview(l, id, rows),
        ViewBody::Details { agreements, fields } => {
            crate::sign_in::complete::details(l, id, agreements, fields, flash)
        }
        ViewBody::Over { .. } => ().into_any(),
    }
}

fn chooser(
    l: Lang,
    id: &str,
    provider: &str,
    offers: &[Offer],
    accounts: Vec<ShownAccount>,
) -> AnyView {
    let (id, provider) = (id.to_owned(), provider.to_owned());
    let button = |offer: &'static str, account: String, title: String, why: String| {
        view! {
            <form method="post" action=Pick::url()>
                <input type="hidden" name="attempt" value=id.clone()/>
                <input type="hidden" name="account" value=account/>
                <button class="choice" name="pick" value=offer><strong>{title}</strong><span>{why}</span></button>
            </form>
        }
        .into_any()
    };
    let mut choices: Vec<AnyView> = Vec::new();
    for offer in offers {
        match offer {
            Offer::UseExisting => {
                let methods: Vec<String> = accounts
                    .iter()
                    .flat_map(|a| a.methods.iter())
                    .map(|m| method_name(l, m))
                    .collect();
                let title = if methods.is_empty() {
                    t(l, "choose-use")
                } else {
                    ta(l, "choose-use-with", &[("methods", &methods.join(", "))])
                };
                choices.push(button(
                    "use_existing",
                    String::new(),
                    title,
                    ta(l, "choose-use-why", &[("provider", &provider)]),
                ));
            }
            Offer::AddToExisting if accounts.is_empty() => choices.push(button(
                "add_to_existing",
                String::new(),
                ta(l, "choose-add", &[("provider", &provider)]),
                t(l, "choose-add-why"),
            )),
            Offer::AddToExisting => {
                for account in accounts.iter().filter(|a| a.addable) {
                    choices.push(button(
                        "add_to_existing",
                        account.id.to_string(),
                        ta(
                            l,
                            "choose-add-to",
                            &[("provider", &provider), ("address", &account.address)],
                        ),
                        t(l, "choose-add-why"),
                    ));
                }
            }
            Offer::EnterAccount => choices.push(button(
                "enter_account",
                String::new(),
                t(l, "choose-enter"),
                t(l, "choose-enter-why"),
            )),
            Offer::CreateNew => choices.push(button(
                "create_new",
                String::new(),
                t(l, "choose-create"),
                t(l, "choose-create-why"),
            )),
        }
    }
    view! { <div class="choices">{choices}</div> }.into_any()
}

fn code(l: Lang, id: &str, tries_left: i32, password_too: bool) -> AnyView {
    let id = id.to_owned();
    view! {
        <form method="post" action=EnterCode::url() class="stack">
            <input type="hidden" name="attempt" value=id.clone()/>
            <Field name="code" label={t(l, "code")} kind="text" hint={ta(l, "code-hint", &[("tries", &tries_left.to_string())])} autocomplete="one-time-code" required=true max=16/>
            <button class="primary">{t(l, "code-go")}</button>
        </form>
        <form method="post" action=Resend::url() class="links"><input type="hidden" name="attempt" value=id.clone()/><button class="link">{t(l, "code-again")}</button></form>
        <p class="muted small">{t(l, "code-none")}</p>
        {password_too.then(|| view! {
            <details><summary>{t(l, "bind-instead")}</summary>
                <form method="post" action=BindByPassword::url() class="stack">
                    <input type="hidden" name="attempt" value=id.clone()/>
                    <Field name="password" label={t(l, "bind-password")} kind="password" autocomplete="current-password" required=true max=256/>
                    <button>{t(l, "bind-go")}</button>
                </form>
            </details>
        })}
    }
    .into_any()
}

fn new_password(l: Lang, id: &str, tries_left: i32, flash: &crate::outcome::Flash) -> AnyView {
    let id = id.to_owned();
    view! {
        <form method="post" action=SetPassword::url() class="stack">
            <input type="hidden" name="attempt" value=id.clone()/>
            <Field name="code" label={t(l, "code")} kind="text" value={flash.typed("code")} hint={ta(l, "code-hint", &[("tries", &tries_left.to_string())])} autocomplete="one-time-code" required=true max=16/>
            <Field name="password" label={t(l, "password-new")} kind="password" hint={t(l, "password-hint")} problem={flash.problem("password").map(|key| t(l, key))} autocomplete="new-password" required=true max=256 meter={Some(t(l, "meter"))}/>
            <button class="primary">{t(l, "reset-set-go")}</button>
        </form>
        <form method="post" action=Resend::url() class="links"><input type="hidden" name="attempt" value=id.clone()/><button class="link">{t(l, "code-again")}</button></form>
        <p class="muted small">{t(l, "code-none")}</p>
    }
    .into_any()
}

fn bind(
    l: Lang,
    id: &str,
    (ask_address, phones): (bool, bool),
    methods: &[ProofMethod],
    (identities, passkey): (Vec<Button>, Option<Ceremony>),
    flash: &crate::outcome::Flash,
) -> AnyView {
    let has = |method: ProofMethod| methods.contains(&method);
    let id = id.to_owned();
    let (problem, typed) = (flash.problem("email").map(|key| t(l, key)), flash.typed("email"));
    let code_open = problem.is_some() || !has(ProofMethod::Password);
    let password = has(ProofMethod::Password).then(|| {
        view! {
            <form method="post" action=BindByPassword::url() class="stack">
                <input type="hidden" name="attempt" value=id.clone()/>
                {ask_address.then(|| view! { <ContactField l=l address=true phone=phones/> }.into_any())}
                <Field name="password" label={t(l, "bind-password")} kind="password" autocomplete="current-password" required=true max=256/>
                <button class="primary">{t(l, "bind-go")}</button>
            </form>
        }
    });
    let (by_mail, by_text) = (has(ProofMethod::EmailCode), has(ProofMethod::PhoneCode));
    let summary = match (by_mail, by_text) {
        (true, true) => "bind-by-code-either",
        (false, true) => "bind-by-code-phone",
        (_, false) => "bind-by-code",
    };
    let by_code = ((by_mail || by_text) && ask_address).then(|| {
        view! {
            <details class="other" open=code_open><summary>{t(l, summary)}</summary>
                <form method="post" action=BindByCode::url() class="stack">
                    <input type="hidden" name="attempt" value=id.clone()/>
                    <ContactField l=l address=by_mail phone=by_text id="code-email" value=typed problem=problem/>
                    <button>{t(l, "bind-code-go")}</button>
                </form>
            </details>
        }
    });
    let others = (!identities.is_empty()).then(|| {
        view! {
            <details class="other" open=!has(ProofMethod::Password)><summary>{t(l, "bind-by-identity")}</summary>
                <div class="buttons">{identities.into_iter().map(|b| {
                    let label = ta(l, "login-with", &[("provider", &b.name)]);
                    view! { <ProviderButton provider=b action=BindByProvider::url() label=label with=vec![("attempt", id.clone())]/> }
                }).collect_view()}</div>
            </details>
        }
    });
    let by_passkey = passkey.map(|c| {
        let attempt = view! { <input type="hidden" name="attempt" value=id.clone()/> }.into_any();
        ceremony_form(l, BindByPasskey::url(), "get", c, &t(l, "bind-by-passkey"), attempt)
    });
    view! { {password} {by_passkey} {by_code} {others} }.into_any()
}

fn finish(l: Lang, id: &str, flash: &crate::outcome::Flash) -> AnyView {
    view! {
        <form method="post" action=FinishSignUp::url() class="stack">
            <input type="hidden" name="attempt" value=id.to_owned()/>
            <Field name="password" label={t(l, "password-new")} kind="password" hint={t(l, "password-hint")} problem={flash.problem("password").map(|key| t(l, key))} autocomplete="new-password" required=true max=256 meter={Some(t(l, "meter"))}/>
            <button class="primary">{t(l, "finish-go")}</button>
        </form>
    }
    .into_any()
}

fn email_changed_view(l: Lang, id: &str, address: &str, current: &str) -> AnyView {
    let id = id.to_owned();
    let choice = |pick: &'static str, title: String, why: String| {
        view! { <form method="post" action=EmailChanged::url()><input type="hidden" name="attempt" value=id.clone()/><button class="choice" name="pick" value=pick><strong>{title}</strong><span>{why}</span></button></form> }
    };
    view! {
        <div class="choices">
            {choice("update", ta(l, "email-update", &[("address", address)]), t(l, "email-update-why"))}
            {choice("ignore", if current.is_empty() { t(l, "email-ignore-none") } else { ta(l, "email-ignore", &[("address", current)]) }, t(l, "email-ignore-why"))}
            {choice("later", t(l, "email-later"), t(l, "email-later-why"))}
        </div>
    }
    .into_any()
}

fn email_later(l: Lang, id: &str) -> AnyView {
    view! { <form method="post" action=EmailChanged::url() class="links"><input type="hidden" name="attempt" value=id.to_owned()/><button class="link" name="pick" value="later">{t(l, "email-later")}</button></form> }.into_any()
}

#[server(prefix = "/fn", endpoint = "attempt/pick")]
pub async fn pick(
    attempt: String,
    pick: String,
    #[server(default)] account: String,
) -> Result<(), Code> {
    let (context, web) = asked();
    let act = match (pick.as_str(), account.parse().ok()) {
        ("use_existing", _) => Some(UserAction::UseExisting),
        ("add_to_existing", target) => Some(UserAction::AddTo(target)),
        ("enter_account", _) => Some(UserAction::EnterAccount),
        ("create_new", _) => Some(UserAction::CreateNew),
        _ => None,
    };
    let next = match act {
        Some(act) => {
            leave(&context, context.ligature.attempt_steps().pick(&web.ctx, &attempt, act).await)
                .await
        }
        None => refuse(&domain::Refusal::AttemptStep.into()),
    };
    respond(&context, &next);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "attempt/code")]
pub async fn enter_code(attempt: String, code: String) -> Result<(), Code> {
    let (context, web) = asked();
    let next = leave(
        &context,
        context.ligature.attempt_steps().enter_code(&web.ctx, &attempt, &code).await,
    )
    .await;
    respond(&context, &next);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "attempt/resend")]
pub async fn resend(attempt: String) -> Result<(), Code> {
    let (context, web) = asked();
    let next =
        leave(&context, context.ligature.attempt_steps().resend(&web.ctx, &attempt).await).await;
    respond(&context, &next);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "attempt/password")]
pub async fn bind_by_password(
    attempt: String,
    #[server(default)] email: String,
    password: String,
) -> Result<(), Code> {
    let (context, web) = asked();
    let next = leave(
        &context,
        context
            .ligature
            .attempt_steps()
            .bind_by_password(&web.ctx, &attempt, &email, &password)
            .await,
    )
    .await;
    respond(&context, &next);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "attempt/cancel")]
pub async fn cancel(attempt: String) -> Result<(), Code> {
    let (context, web) = asked();
    let next =
        leave(&context, context.ligature.attempt_steps().cancel(&web.ctx, &attempt).await).await;
    respond(&context, &next);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "attempt/name")]
pub async fn bind_by_code(attempt: String, email: String) -> Result<(), Code> {
    let (context, web) = asked();
    let next = match context.ligature.attempt_steps().bind_by_code(&web.ctx, &attempt, &email).await
    {
        Err(fault) if fault.refusal() == domain::Refusal::BadRequest => {
            let problem = if context.ligature.configuration().has_texts() {
                "field-contact"
            } else {
                "field-email"
            };
            let flash = Flash {
                problems: vec![("email".into(), problem.into())],
                typed: vec![("email".into(), bounded(&email, 254))],
                ..Flash::default()
            };
            redirect_with_flash(&context, &web, &paths::attempt(&attempt, "bind"), flash).await
        }
        other => leave(&context, other).await,
    };
    respond(&context, &next);
    Ok(())
}

/// Off to another provider of the account, to show that it is one's own.
#[server(prefix = "/fn", endpoint = "attempt/provider")]
pub async fn bind_by_provider(attempt: String, provider: String) -> Result<(), Code> {
    let (context, web) = asked();
    let started = context
        .ligature
        .sign_in()
        .start(&web.ctx, &provider, Purpose::Bind(bounded(&attempt, 64)), Continuation::Account)
        .await;
    respond(&context, &to_provider(&context, started));
    Ok(())
}

#[server(prefix = "/fn", endpoint = "attempt/finish")]
pub async fn finish_sign_up(attempt: String, password: String) -> Result<(), Code> {
    let (context, web) = asked();
    let next = match context
        .ligature
        .attempt_steps()
        .finish_with_password(&web.ctx, &attempt, &password)
        .await
    {
        Err(fault) if let Some(problem) = password_problem(fault.refusal()) => {
            let flash =
                Flash { problems: vec![("password".into(), problem.into())], ..Flash::default() };
            redirect_with_flash(&context, &web, &paths::attempt(&attempt, "finish"), flash).await
        }
        other => leave(&context, other).await,
    };
    respond(&context, &next);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "attempt/email")]
pub async fn email_changed(attempt: String, pick: String) -> Result<(), Code> {
    let (context, web) = asked();
    let ligature = &context.ligature;
    let next = match pick.as_str() {
        "update" => {
            leave(&context, ligature.attempt_steps().ask_email_code(&web.ctx, &attempt).await).await
        }
        "ignore" => {
            leave(&context, ligature.attempt_steps().ignore_email(&web.ctx, &attempt).await).await
        }
        "later" => {
            leave(&context, ligature.attempt_steps().leave_email(&web.ctx, &attempt).await).await
        }
        _ => refuse(&domain::Refusal::AttemptStep.into()),
    };
    respond(&context, &next);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "attempt/back")]
pub async fn back_to_application(attempt: String) -> Result<(), Code> {
    let (context, web) = asked();
    let next = match context.ligature.attempts().back_to_application(&web.ctx, &attempt).await {
        Ok(uri) => SeeOther { to: service::Destination::Application(uri), cookies: Vec::new() },
        Err(fault) => refuse(&fault),
    };
    respond(&context, &next);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "attempt/passkey")]
pub async fn bind_by_passkey(
    attempt: String,
    ceremony: String,
    #[server(default)] credential: String,
) -> Result<(), Code> {
    let (context, web) = asked();
    let next = leave(
        &context,
        context
            .ligature
            .attempt_steps()
            .bind_by_passkey(&web.ctx, &attempt, &ceremony, &credential)
            .await,
    )
    .await;
    respond(&context, &next);
    Ok(())
}
