//! The first owner's page.
use crate::{
    components::{Field, NewPasswordField},
    context::asked,
    form_input::bounded,
    i18n::t,
    outcome::{Code, Flash, leave, redirect_with_flash, respond},
    page_request::{Answer, PageRequest},
    paths,
    render::{Head, Layout, page},
};
use domain::Refusal;
use leptos::{prelude::*, server_fn::ServerFn};
use serde::Deserialize;
use service::NewPerson;

/// What the page reads from its address.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct SetupQuery {
    /// The one-time token of the first owner.
    pub token: String,
}

pub async fn setup(req: PageRequest<SetupQuery>) -> Answer {
    let req = &req;
    if req.context.ligature.setup().has_owner().await? {
        return Err(Refusal::SetupClosed.into());
    }
    let l = req.web.lang;
    let (flash, token) = (req.flash.clone(), req.query.token.clone());
    Ok(page(&req.context, &req.web, Head::new(t(l, "setup-title"), Layout::Narrow), move || {
        let problem = |name: &str| flash.problem(name).map(|key| t(l, key));
        view! {
            <h1>{t(l, "setup-title")}</h1>
            <p class="muted">{t(l, "setup-lead")}</p>
            <form method="post" action=Claim::url() class="stack">
                <Field name="token" label={t(l, "setup-token")} kind="text" value={token.chars().take(64).collect()} autocomplete="off" required=true max=64/>
                <Field name="name" label={t(l, "name")} kind="text" value={flash.typed("name")} problem={problem("name")} autocomplete="name" required=true max=80/>
                <Field name="email" label={t(l, "email")} kind="email" value={flash.typed("email")} problem={problem("email")} autocomplete="email" required=true max=254/>
                <NewPasswordField l=l label={t(l, "password")} problem={problem("password")}/>
                <button class="primary">{t(l, "setup-go")}</button>
            </form>
        }
    })
    .await)
}

#[server(prefix = "/fn", endpoint = "setup")]
pub async fn claim(
    token: String,
    email: String,
    name: String,
    password: String,
) -> Result<(), Code> {
    let (context, web) = asked();
    let person = NewPerson { email, name, password };
    let mut problems = person.problems();
    if problems.is_empty() && context.ligature.passwords().is_leaked(&person.password).await {
        problems.push(("password", "field-password-leaked"));
    }
    let next = if problems.is_empty() {
        leave(&context, context.ligature.setup().claim(&web.ctx, &token, person).await).await
    } else {
        let flash = Flash {
            problems: problems.into_iter().map(|(f, m)| (f.into(), m.into())).collect(),
            typed: vec![
                ("email".into(), bounded(&person.email, 254)),
                ("name".into(), bounded(&person.name, 80)),
            ],
            ..Flash::default()
        };
        let path = domain::path::SafePath::parse(&format!("{}?token={token}", paths::SETUP))
            .map_or_else(|_| paths::SETUP.to_owned(), String::from);
        redirect_with_flash(&context, &web, &path, flash).await
    };
    respond(&context, &next)
}
