//! Signing in by a directory: its user name and password, on a page of ours.
use crate::{
    components::{Field, Said},
    context::{Context, asked},
    cookies::read,
    form_input::bounded,
    i18n::{Lang, t, ta},
    outcome::{Code, Flash, leave, redirect_with_flash, respond},
    page_request::{Answer, PageRequest},
    paths,
    render::{Head, Layout, page},
    sign_in::provider_down::provider_down_for,
};
use axum::extract::Path;
use domain::Refusal;
use http::{HeaderMap, request::Parts};
use leptos::{prelude::*, server_fn::ServerFn};
use serde::Deserialize;
use service::sign_in::{by_directory::DirectoryAnswer, start::cookie_id};

/// Which start it is.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct DirectoryQuery {
    pub state: String,
}

pub async fn by_directory(
    Path(key): Path<String>,
    headers: HeaderMap,
    req: PageRequest<DirectoryQuery>,
) -> Answer {
    let state = bounded(&req.query.state, 100);
    let cookie = start_cookie(&req.context, &headers, &state);
    let sign_in = req.context.ligature.sign_in();
    let shown = sign_in.directory_page(&req.web.ctx, &key, &state, cookie.as_deref()).await?;
    let (l, flash, name) = (req.web.lang, req.flash.clone(), shown.name);
    let title = ta(l, "directory-title", &[("provider", &name)]);
    let head = Head::new(title.clone(), Layout::Narrow);
    // On the way to an application the browser's own way back keeps the request.
    let back = match (shown.signs_in, &shown.redirect_uri) {
        (true, None) => Some((paths::LOGIN_STAY, "directory-other")),
        (true, Some(_)) => None,
        (false, _) => Some((paths::ACCOUNT, "back")),
    };
    Ok(page(&req.context, &req.web, head, move || {
        view! {
            <h1>{title}</h1>
            <p class="muted">{ta(l, "directory-lead", &[("provider", &name)])}</p>
            <Said l=l key={flash.notice.clone()} kind="bad"/>
            <DirectoryForm l=l provider=key state=state login={flash.typed("login")}/>
            {back.map(|(href, text)| view! { <p class="links"><a href=href>{t(l, text)}</a></p> })}
        }
    })
    .await)
}

#[component]
fn DirectoryForm(l: Lang, provider: String, state: String, login: String) -> AnyView {
    view! {
        <form method="post" action=SignInByDirectory::url() class="stack">
            <input type="hidden" name="provider" value=provider/>
            <input type="hidden" name="state" value=state/>
            <Field name="login" label={t(l, "directory-login")} kind="text" value=login autocomplete="username" required=true max=256/>
            <Field name="password" label={t(l, "password")} kind="password" autocomplete="current-password" required=true max=256/>
            <button class="primary">{t(l, "sign-in")}</button>
        </form>
    }
    .into_any()
}

/// The cookie of a start, by its state.
fn start_cookie(context: &Context, headers: &HeaderMap, state: &str) -> Option<String> {
    read(headers, &context.cookies.start_name(&cookie_id(state)))
}

/// Asks the directory whose password it is.
#[server(prefix = "/fn", endpoint = "signin/directory")]
pub async fn sign_in_by_directory(
    provider: String,
    state: String,
    login: String,
    password: String,
) -> Result<(), Code> {
    let (context, web) = asked();
    let cookie =
        use_context::<Parts>().and_then(|parts| start_cookie(&context, &parts.headers, &state));
    let answer = DirectoryAnswer { state: state.clone(), login: login.clone(), password };
    let sign_in = context.ligature.sign_in();
    let result = sign_in.sign_in_by_directory(&web.ctx, &provider, answer, cookie.as_deref()).await;
    let next = match result {
        Err(error) if error.refusal() == Refusal::CredentialsWrong => {
            let flash = Flash {
                typed: vec![("login".into(), bounded(&login, 256))],
                ..Flash::notice("directory-wrong")
            };
            let page = paths::safe(&paths::directory(&provider, &state));
            redirect_with_flash(&context, &web, &page, flash).await
        }
        // Waiting leaves the start as it is, too.
        Err(error) if error.refusal() == Refusal::RateLimited => leave(&context, Err(error)).await,
        Err(error) if error.refusal() == Refusal::ProviderDown => {
            provider_down_for(&context, &error, &provider, cookie.as_deref())
                .await
                .with(context.cookies.start(&cookie_id(&state), ""))
        }
        other => leave(&context, other).await.with(context.cookies.start(&cookie_id(&state), "")),
    };
    respond(&context, &next)
}
