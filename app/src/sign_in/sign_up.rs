//! A new account by address and password.
use crate::{
    components::{Field, NewPasswordField},
    context::asked,
    form_input::bounded,
    i18n::t,
    outcome::{Code, Flash, leave, redirect_with_flash, respond},
    page_request::{EntryQuery, PageRequest},
    paths,
    render::{Head, Layout, page},
};
use axum::response::Response;
use leptos::{prelude::*, server_fn::ServerFn};
use service::NewPerson;

pub async fn show_sign_up(req: PageRequest<EntryQuery>) -> Response {
    let l = req.web.lang;
    let head = Head::new(t(l, "signup-title"), Layout::Narrow);
    let (flash, entry) = (req.flash.clone(), req.query.entry.clone());
    page(&req.context, &req.web, head, move || {
        let problem = |name: &str| flash.problem(name).map(|key| t(l, key));
        view! {
            <h1>{t(l, "signup-title")}</h1>
            <p class="muted">{t(l, "signup-lead")}</p>
            <form method="post" action=SignUp::url() class="stack">
                <input type="hidden" name="entry" value=entry.clone()/>
                <Field name="name" label={t(l, "name")} kind="text" value={flash.typed("name")} problem={problem("name")} autocomplete="name" required=true max=80/>
                <Field name="email" label={t(l, "email")} kind="email" value={flash.typed("email")} problem={problem("email")} autocomplete="email" required=true max=254/>
                <NewPasswordField l=l label={t(l, "password")} problem={problem("password")}/>
                <button class="primary">{t(l, "signup-go")}</button>
            </form>
            <p class="links"><a href=paths::with_entry(paths::LOGIN_STAY, &entry)>{t(l, "back-to-login")}</a></p>
        }
    })
    .await
}

#[server(prefix = "/fn", endpoint = "signup")]
pub async fn sign_up(
    email: String,
    name: String,
    password: String,
    #[server(default)] entry: String,
) -> Result<(), Code> {
    let (context, web) = asked();
    let person = NewPerson { email, name, password };
    let mut problems = person.problems();
    if problems.is_empty() && context.ligature.passwords().is_leaked(&person.password).await {
        problems.push(("password", "field-password-leaked"));
    }
    let next = if problems.is_empty() {
        let continuation = web.continuation(&context.ligature, &entry).await;
        leave(&context, context.ligature.sign_in().sign_up(&web.ctx, person, continuation).await)
            .await
    } else {
        let flash = Flash {
            problems: problems.into_iter().map(|(f, m)| (f.into(), m.into())).collect(),
            typed: vec![
                ("email".into(), bounded(&person.email, 254)),
                ("name".into(), bounded(&person.name, 80)),
            ],
            ..Flash::default()
        };
        redirect_with_flash(&context, &web, &paths::with_entry(paths::SIGN_UP, &entry), flash).await
    };
    respond(&context, &next)
}
