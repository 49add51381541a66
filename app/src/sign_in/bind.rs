//! A step of an attempt: the person shows that the account is their own.
use crate::{
    components::{CeremonyForm, ContactField, Field, ProviderButton},
    context::asked,
    form_input::bounded,
    i18n::{Lang, t, ta},
    outcome::{Code, Flash, leave, redirect_with_flash, respond, to_provider},
    paths,
};
use domain::{Refusal, path::Continuation, policy::ProofMethod};
use leptos::{prelude::*, server_fn::ServerFn};
use service::{Purpose, account::passkeys::Ceremony, policy::providers::Button};

/// The ways to show that the account is one's own.
#[component]
pub fn Bind(
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
        {by_password.then(|| view! { <PasswordForm l=l attempt={id.clone()} ask_address=ask_address phones=phones/> })}
        {passkey.map(|c| {
            let attempt = id.clone();
            view! {
                <CeremonyForm l=l action=BindByPasskey::url() kind="get" ceremony=c label={t(l, "bind-by-passkey")}>
                    <input type="hidden" name="attempt" value=attempt/>
                </CeremonyForm>
            }
        })}
        {((by_mail || by_text) && ask_address).then(|| view! { <SendCodeForm l=l attempt={id.clone()} by_mail=by_mail by_text=by_text alone=!by_password flash=flash/> })}
        {(!identities.is_empty()).then(|| view! {
            <details class="other" open=!by_password><summary>{t(l, "bind-by-identity")}</summary>
                <div class="buttons">{identities.into_iter().map(|b| {
                    let label = ta(l, "login-with", &[("provider", &b.name)]);
                    view! { <ProviderButton l=l provider=b action=BindByProvider::url() label=label with=vec![("attempt", id.clone())]/> }
                }).collect_view()}</div>
            </details>
        })}
    }
    .into_any()
}

/// A code to an address or a number that is typed here.
#[component]
fn SendCodeForm(
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

/// The account's password.
#[component]
pub fn PasswordForm(
    l: Lang,
    attempt: String,
    /// It is not known whose account it is.
    #[prop(optional)]
    ask_address: bool,
    #[prop(optional)] phones: bool,
    /// There is another form above it.
    #[prop(optional)]
    second: bool,
) -> AnyView {
    view! {
        <form method="post" action=BindByPassword::url() class="stack">
            <input type="hidden" name="attempt" value=attempt/>
            {ask_address.then(|| view! { <ContactField l=l address=true phone=phones/> })}
            <Field name="password" label={t(l, "bind-password")} kind="password" autocomplete="current-password" required=true max=256/>
            <button class=(!second).then_some("primary")>{t(l, "bind-go")}</button>
        </form>
    }
    .into_any()
}

#[server(prefix = "/fn", endpoint = "attempt/password")]
pub async fn bind_by_password(
    attempt: String,
    #[server(default)] email: String,
    password: String,
) -> Result<(), Code> {
    let (context, web) = asked();
    let steps = context.ligature.attempt_steps();
    let bound = steps.bind_by_password(&web.ctx, &attempt, &email, &password).await;
    respond(&context, &leave(&context, bound).await)
}

#[server(prefix = "/fn", endpoint = "attempt/name")]
pub async fn bind_by_code(attempt: String, email: String) -> Result<(), Code> {
    let (context, web) = asked();
    let next = match context.ligature.attempt_steps().bind_by_code(&web.ctx, &attempt, &email).await
    {
        Err(error) if error.refusal() == Refusal::BadRequest => {
            let texts = context.ligature.configuration().has_texts();
            let problem = if texts { "field-contact" } else { "field-email" };
            let typed = vec![("email".into(), bounded(&email, 254))];
            let flash = Flash { typed, ..Flash::wrong("email", problem) };
            redirect_with_flash(&context, &web, &paths::attempt(&attempt, "bind"), flash).await
        }
        other => leave(&context, other).await,
    };
    respond(&context, &next)
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
    respond(&context, &to_provider(&context, started))
}

#[server(prefix = "/fn", endpoint = "attempt/passkey")]
pub async fn bind_by_passkey(
    attempt: String,
    ceremony: String,
    #[server(default)] credential: String,
) -> Result<(), Code> {
    let (context, web) = asked();
    let steps = context.ligature.attempt_steps();
    let bound = steps.bind_by_passkey(&web.ctx, &attempt, &ceremony, &credential).await;
    respond(&context, &leave(&context, bound).await)
}
