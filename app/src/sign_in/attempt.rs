//! The pages of an attempt: chooser, code, password of the account, new password.
use crate::{
    account::merge::MergePreview,
    components::{CeremonyForm, ContactField, Field, Notice, ProviderButton, Said, method_name},
    context::asked,
    form_input::{bounded, password_problem},
    i18n::{Lang, t, ta},
    oidc::address::LeaveAddress,
    outcome::{Code, Flash, SeeOther, leave, redirect_with_flash, refuse, respond, to_provider},
    page_request::{Answer, PageRequest},
    paths,
    render::{Head, Layout, page},
    sign_in::{
        complete::{DetailsForm, FactorForm, RestoreForm},
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
    let mut head = Head::new(title, if wide { Layout::Account } else { Layout::Narrow });
    if let Continuation::Authorize(request) = &view.continuation {
        head = head
            .origins(origin(&request.redirect_uri))
            .requesting_client(Some(request.client_id.clone()));
    }
    if let ViewBody::Bind { identities, .. } = &view.body {
        head = head.origins(identities.iter().filter_map(|b| b.origin.clone()));
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
        {body(l, id.clone(), view.body, flash)}
        {proving.then(|| view! { <StepLink attempt=id.clone() action=LeaveAddress::url() label={t(l, "address-without")}/> })}
        {(in_account && !wide && !proving).then(|| view! { <p class="links"><a href=paths::ACCOUNT>{t(l, "confirm-leave")}</a></p> })}
        {(!signed_in && !in_account).then(|| view! { <StepLink attempt=id.clone() action=Cancel::url() label={t(l, "attempt-cancel")}/> })}
    }
    .into_any()
}

/// A step that looks like a link: it has no fields but its attempt.
#[component]
fn StepLink(
    attempt: String,
    action: &'static str,
    label: String,
    /// What the button is called and says, where the function asks.
    #[prop(optional)]
    pick: Option<&'static str>,
) -> AnyView {
    view! { <form method="post" action=action class="links"><input type="hidden" name="attempt" value=attempt/><button class="link" name=pick.map(|_| "pick") value=pick>{label}</button></form> }
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

fn body(l: Lang, id: String, body: ViewBody, flash: Flash) -> AnyView {
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

/// A form of one large button, which says what it does and why one would.
#[component]
fn Choice(
    attempt: String,
    /// The address of the server function.
    action: &'static str,
    /// What the button sends.
    pick: &'static str,
    title: String,
    why: String,
    /// Hidden fields that go along: name and value.
    #[prop(optional)]
    with: Vec<(&'static str, String)>,
) -> AnyView {
    view! {
        <form method="post" action=action>
            <input type="hidden" name="attempt" value=attempt/>
            {with.into_iter().map(|(name, value)| view! { <input type="hidden" name=name value=value/> }).collect_view()}
            <button class="choice" name="pick" value=pick><strong>{title}</strong><span>{why}</span></button>
        </form>
    }
    .into_any()
}

/// What the person may do with an identity that opens nothing yet.
#[component]
fn Chooser(
    l: Lang,
    attempt: String,
    provider: String,
    offers: Vec<Offer>,
    accounts: Vec<ShownAccount>,
) -> AnyView {
    let choices = offers.into_iter().flat_map(|offer| offered(l, offer, &provider, &accounts));
    view! {
        <div class="choices">{choices.map(|(pick, account, title, why)| view! {
            <Choice attempt=attempt.clone() action=Pick::url() pick=pick title=title why=why with=vec![("account", account)]/>
        }).collect_view()}</div>
    }
    .into_any()
}

/// The buttons of an offer: what each sends, the account that it is about, its title and why. An offer to add may be about
/// several accounts.
fn offered(
    l: Lang,
    offer: Offer,
    provider: &str,
    accounts: &[ShownAccount],
) -> Vec<(&'static str, String, String, String)> {
    let about = [("provider", provider)];
    let one = |pick, title, why| vec![(pick, String::new(), title, why)];
    match offer {
        Offer::UseExisting => {
            let methods: Vec<String> =
                accounts.iter().flat_map(|a| a.methods.iter()).map(|m| method_name(l, m)).collect();
            let title = if methods.is_empty() {
                t(l, "choose-use")
            } else {
                ta(l, "choose-use-with", &[("methods", &methods.join(", "))])
            };
            one("use_existing", title, ta(l, "choose-use-why", &about))
        }
        Offer::AddToExisting if accounts.is_empty() => {
            one("add_to_existing", ta(l, "choose-add", &about), t(l, "choose-add-why"))
        }
        Offer::AddToExisting => accounts
            .iter()
            .filter(|a| a.addable)
            .map(|a| {
                let about = [("provider", provider), ("address", a.address.as_str())];
                let title = ta(l, "choose-add-to", &about);
                ("add_to_existing", a.id.to_string(), title, t(l, "choose-add-why"))
            })
            .collect(),
        Offer::EnterAccount => one("enter_account", t(l, "choose-enter"), t(l, "choose-enter-why")),
        Offer::CreateNew => one("create_new", t(l, "choose-create"), t(l, "choose-create-why")),
    }
}

#[component]
fn CodeForm(
    l: Lang,
    attempt: String,
    tries_left: i32,
    /// The account's password does as well.
    #[prop(optional)]
    password_too: bool,
) -> AnyView {
    view! {
        <form method="post" action=EnterCode::url() class="stack">
            <input type="hidden" name="attempt" value=attempt.clone()/>
            <Field name="code" label={t(l, "code")} kind="text" hint={ta(l, "code-hint", &[("tries", &tries_left.to_string())])} autocomplete="one-time-code" required=true max=16/>
            <button class="primary">{t(l, "code-go")}</button>
        </form>
        <SendAgain l=l attempt=attempt.clone()/>
        {password_too.then(|| view! {
            <details><summary>{t(l, "bind-instead")}</summary>
                <form method="post" action=BindByPassword::url() class="stack">
                    <input type="hidden" name="attempt" value=attempt/>
                    <Field name="password" label={t(l, "bind-password")} kind="password" autocomplete="current-password" required=true max=256/>
                    <button>{t(l, "bind-go")}</button>
                </form>
            </details>
        })}
    }
    .into_any()
}

/// For whom no code has come.
#[component]
fn SendAgain(l: Lang, attempt: String) -> AnyView {
    view! {
        <StepLink attempt=attempt action=Resend::url() label={t(l, "code-again")}/>
        <p class="muted small">{t(l, "code-none")}</p>
    }
    .into_any()
}

#[component]
fn NewPassword(l: Lang, attempt: String, tries_left: i32, flash: Flash) -> AnyView {
    view! {
        <form method="post" action=SetPassword::url() class="stack">
            <input type="hidden" name="attempt" value=attempt.clone()/>
            <Field name="code" label={t(l, "code")} kind="text" value={flash.typed("code")} hint={ta(l, "code-hint", &[("tries", &tries_left.to_string())])} autocomplete="one-time-code" required=true max=16/>
            <NewPasswordField l=l flash=flash/>
            <button class="primary">{t(l, "reset-set-go")}</button>
        </form>
        <SendAgain l=l attempt=attempt/>
    }
    .into_any()
}

#[component]
fn NewPasswordField(l: Lang, flash: Flash) -> AnyView {
    let problem = flash.problem("password").map(|key| t(l, key));
    view! { <Field name="password" label={t(l, "password-new")} kind="password" hint={t(l, "password-hint")} problem=problem autocomplete="new-password" required=true max=256 meter={Some(t(l, "meter"))}/> }
        .into_any()
}

/// The ways to show that the account is one's own.
#[component]
fn Bind(
    l: Lang,
    attempt: String,
    /// It is not known whose account it is.
    ask_address: bool,
    phones: bool,
    methods: Vec<ProofMethod>,
    identities: Vec<Button>,
    passkey: Option<Ceremony>,
    flash: Flash,
) -> AnyView {
    let by_password = methods.contains(&ProofMethod::Password);
    let by_mail = methods.contains(&ProofMethod::EmailCode);
    let by_text = methods.contains(&ProofMethod::PhoneCode);
    let id = attempt;
    view! {
        {by_password.then(|| view! {
            <form method="post" action=BindByPassword::url() class="stack">
                <input type="hidden" name="attempt" value=id.clone()/>
                {ask_address.then(|| view! { <ContactField l=l address=true phone=phones/> })}
                <Field name="password" label={t(l, "bind-password")} kind="password" autocomplete="current-password" required=true max=256/>
                <button class="primary">{t(l, "bind-go")}</button>
            </form>
        })}
        {passkey.map(|c| {
            let attempt = id.clone();
            view! {
                <CeremonyForm l=l action=BindByPasskey::url() kind="get" ceremony=c label={t(l, "bind-by-passkey")}>
                    <input type="hidden" name="attempt" value=attempt/>
                </CeremonyForm>
            }
        })}
        {((by_mail || by_text) && ask_address).then(|| view! { <BindCodeForm l=l attempt=id.clone() by_mail=by_mail by_text=by_text alone=!by_password flash=flash/> })}
        {(!identities.is_empty()).then(|| view! {
            <details class="other" open=!by_password><summary>{t(l, "bind-by-identity")}</summary>
                <div class="buttons">{identities.into_iter().map(|b| {
                    let label = ta(l, "login-with", &[("provider", &b.name)]);
                    view! { <ProviderButton provider=b action=BindByProvider::url() label=label with=vec![("attempt", id.clone())]/> }
                }).collect_view()}</div>
            </details>
        })}
    }
    .into_any()
}

/// A code to an address or a number that is typed here.
#[component]
fn BindCodeForm(
    l: Lang,
    attempt: String,
    by_mail: bool,
    by_text: bool,
    /// There is no form above it.
    alone: bool,
    flash: Flash,
) -> AnyView {
    let problem = flash.problem("email").map(|key| t(l, key));
    let open = alone || problem.is_some();
    let summary = match (by_mail, by_text) {
        (true, true) => "bind-by-code-either",
        (false, true) => "bind-by-code-phone",
        (_, false) => "bind-by-code",
    };
    view! {
        <details class="other" open=open><summary>{t(l, summary)}</summary>
            <form method="post" action=BindByCode::url() class="stack">
                <input type="hidden" name="attempt" value=attempt/>
                <ContactField l=l address=by_mail phone=by_text id="code-email" value={flash.typed("email")} problem=problem/>
                <button>{t(l, "bind-code-go")}</button>
            </form>
        </details>
    }
    .into_any()
}

#[component]
fn Finish(l: Lang, attempt: String, flash: Flash) -> AnyView {
    view! {
        <form method="post" action=FinishSignUp::url() class="stack">
            <input type="hidden" name="attempt" value=attempt/>
            <NewPasswordField l=l flash=flash/>
            <button class="primary">{t(l, "finish-go")}</button>
        </form>
    }
    .into_any()
}

/// The provider knows another address than the account has.
#[component]
fn AddressChanged(
    l: Lang,
    attempt: String,
    address: String,
    /// The account's own, or empty.
    current: String,
) -> AnyView {
    let ignore = if current.is_empty() {
        t(l, "email-ignore-none")
    } else {
        ta(l, "email-ignore", &[("address", &current)])
    };
    let choices = [
        ("update", ta(l, "email-update", &[("address", &address)]), t(l, "email-update-why")),
        ("ignore", ignore, t(l, "email-ignore-why")),
        ("later", t(l, "email-later"), t(l, "email-later-why")),
    ];
    view! {
        <div class="choices">{choices.into_iter().map(|(pick, title, why)| view! {
            <Choice attempt=attempt.clone() action=EmailChanged::url() pick=pick title=title why=why/>
        }).collect_view()}</div>
    }
    .into_any()
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
        Err(error) if error.refusal() == domain::Refusal::BadRequest => {
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
        Err(error) if let Some(problem) = password_problem(error.refusal()) => {
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
        Err(error) => refuse(&error),
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
