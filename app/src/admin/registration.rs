//! Registration by programs: the initial access tokens that count, and a new one.
use crate::{
    admin::saved::done,
    components::{Field, Moment, Rows},
    context::asked,
    form_input::bounded,
    i18n::{Lang, t, ta},
    outcome::{Code, Flash, redirect_with_flash, respond},
    paths,
};
use domain::Refusal;
use leptos::{prelude::*, server_fn::ServerFn};
use service::oidc_provider::RegistrationTokenView;

/// Initial access tokens: those that count, and a new one.
#[component]
pub fn RegistrationTokens(l: Lang, tokens: Vec<RegistrationTokenView>, flash: Flash) -> AnyView {
    let made = flash.typed("registration_token");
    let problem = flash.problem("registration").map(|key| t(l, key));
    let open = !made.is_empty() || problem.is_some();
    let typed = |name: &str, first: &str| match flash.typed(name) {
        typed if typed.is_empty() => first.to_owned(),
        typed => typed,
    };
    view! {
        <details class="section" open=open><summary>{t(l, "registration-title")}</summary>
            <p class="muted">{t(l, "registration-lead")}</p>
            {(!made.is_empty()).then(|| view! { <div class="notice good" role="status"><p>{t(l, "registration-made")}</p><p><code class="secret">{made}</code></p></div> })}
            <Rows>{tokens.into_iter().map(|token| view! { <TokenRow l=l token=token/> }).collect_view()}</Rows>
            <form method="post" action=OpenRegistration::url() class="stack wide">
                <Field name="label" label={t(l, "registration-label")} kind="text" value={typed("label", "")} problem=problem autocomplete="off" required=true max=60/>
                <Field name="uses" label={t(l, "registration-uses")} kind="number" value={typed("uses", "1")} autocomplete="off" required=true max=60/>
                <Field name="days" label={t(l, "registration-days")} kind="number" value={typed("days", "7")} autocomplete="off" required=true max=60/>
                <button>{t(l, "registration-new")}</button>
            </form>
        </details>
    }
    .into_any()
}

#[component]
fn TokenRow(l: Lang, token: RegistrationTokenView) -> AnyView {
    let end = ta(l, "registration-end-of", &[("name", &token.label)]);
    view! {
        <li>
            <span class="row-main"><strong>{token.label}</strong><span class="muted small">{ta(l, "registration-left", &[("n", &token.uses_left.to_string())])}" "<Moment l=l at={token.expires_at}/></span></span>
            <form method="post" action=EndRegistration::url()><input type="hidden" name="id" value=token.id/><button class="quiet" aria-label=end>{t(l, "registration-end")}</button></form>
        </li>
    }
    .into_any()
}

#[server(prefix = "/fn", endpoint = "admin/registration")]
pub async fn open_registration(label: String, uses: String, days: String) -> Result<(), Code> {
    let (context, web) = asked();
    let number = |text: &str| text.trim().parse::<i32>().unwrap_or(0);
    let made = context
        .ligature
        .applications()
        .make_registration_token(&web.ctx, &label, number(&uses), number(&days).into())
        .await;
    let next = match made {
        Err(error) if error.refusal() == Refusal::BadRequest => {
            let typed = [("label", label), ("uses", uses), ("days", days)]
                .into_iter()
                .map(|(name, value)| (name.to_owned(), bounded(&value, 60)))
                .collect();
            let flash = Flash { typed, ..Flash::wrong("registration", "field-registration") };
            redirect_with_flash(&context, &web, paths::ADMIN_APPLICATIONS, flash).await
        }
        // Shown once; the database keeps a hash.
        made => {
            let made = made.map(|token| Flash::shown("registration_token", token));
            done(&context, &web, paths::ADMIN_APPLICATIONS, made).await
        }
    };
    respond(&context, &next)
}

#[server(prefix = "/fn", endpoint = "admin/registration/end")]
pub async fn end_registration(id: String) -> Result<(), Code> {
    let (context, web) = asked();
    let ended = context.ligature.applications().end_registration_token(&web.ctx, &id).await;
    let ended = ended.map(|()| Flash::default());
    let next = done(&context, &web, paths::ADMIN_APPLICATIONS, ended).await;
    respond(&context, &next)
}
