//! The page of every refusal: what happened, what to do next, and a code to tell an administrator.
use crate::{
    context::{Context, WebRequest, asked},
    cookies::read,
    i18n::{Lang, t, ta},
    outcome::{Code, SeeOther, refuse, respond},
    page_request::{PageError, PageRequest},
    paths,
    render::{Head, Layout, page},
    sign_in::other_ways::{OtherWays, OtherWaysList},
};
use axum::{
    Extension,
    extract::{Path, Request, State},
    middleware::Next,
    response::Response,
};
use domain::{Refusal, refusals::NextStep as Step};
use http::HeaderMap;
use leptos::{prelude::*, server_fn::ServerFn};
use serde::Deserialize;
use service::{Destination, Error};

/// What the page reads from its address.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct RefusedQuery {
    /// Support code.
    #[serde(rename = "ref")]
    pub reference: String,
    /// A word of ours that a refusal happened elsewhere.
    pub told: String,
    /// The provider that does not answer, where it is about one.
    pub p: String,
    /// The id of the application's request that waits.
    pub entry: String,
}

/// In the answer's extensions: it tells of what was written into the log when it happened.
#[derive(Debug, Clone, Copy)]
pub struct Told;

/// `GET /refused/{code}`: texts come from the catalogue, never from the address; and only what happened to this browser is
/// shown, so that nobody can send others to an error that never was.
pub async fn refused(
    Path(code): Path<String>,
    headers: HeaderMap,
    req: PageRequest<RefusedQuery>,
) -> Response {
    let reference = &req.query.reference;
    let refusal = Refusal::parse(&code).filter(|refusal| {
        let happened = read(&headers, &req.context.cookies.refused_name())
            .is_some_and(|it| it == format!("{}~{reference}", refusal.code()));
        happened
            || req.context.ligature.page_state().is_vouched(*refusal, reference, &req.query.told)
    });
    let mut response = match refusal {
        Some(refusal @ Refusal::ProviderDown) if req.web.ctx.session.is_none() => {
            let RefusedQuery { p, entry, .. } = &req.query;
            let ways = OtherWays::find(&req.context, &req.web, p, entry).await;
            drawn(&req.context, &req.web, refusal, reference, None, ways.ok()).await
        }
        Some(refusal) => refusal_page(&req.context, &req.web, refusal, reference).await,
        None => refusal_page(&req.context, &req.web, Refusal::NotFound, "").await,
    };
    response.extensions_mut().insert(Told);
    response
}

/// Draws the page of a handler's [`PageError`], in the language and with the look of whoever asked.
pub async fn draw_refusals(
    State(context): State<Context>,
    Extension(web): Extension<WebRequest>,
    request: Request,
    next: Next,
) -> Response {
    let response = next.run(request).await;
    let Some(PageError(error)) = response.extensions().get::<PageError>().cloned() else {
        return response;
    };
    if !matches!(*error, Error::Refused { .. }) {
        tracing::error!(error = %error, "a page failed");
    }
    refusal_page(&context, &web, error.refusal(), error.support()).await
}

/// Any address that is none.
pub async fn not_found(req: PageRequest) -> Response {
    refusal_page(&req.context, &req.web, Refusal::NotFound, "").await
}

/// The page itself.
pub async fn refusal_page(
    context: &Context,
    web: &WebRequest,
    refusal: Refusal,
    support: &str,
) -> Response {
    refusal_page_for(context, web, refusal, support, None).await
}

/// An application that waits for an answer: the attempt, the application's name.
pub struct Waiting {
    pub attempt: String,
    pub application: String,
}

/// The page with a way back to the application, which is told only when the person says so (GV-20).
pub async fn refusal_page_for(
    context: &Context,
    web: &WebRequest,
    refusal: Refusal,
    support: &str,
    waiting: Option<Waiting>,
) -> Response {
    drawn(context, web, refusal, support, waiting, None).await
}

async fn drawn(
    context: &Context,
    web: &WebRequest,
    refusal: Refusal,
    support: &str,
    waiting: Option<Waiting>,
    ways: Option<OtherWays>,
) -> Response {
    let l = web.lang;
    let title = t(l, &format!("refusal-{}-title", refusal.key()));
    let head = Head::new(title.clone(), Layout::Narrow).status(refusal.status());
    let (support, signed_in) = (support.to_owned(), web.ctx.session.is_some());
    // Who was on the way to an application that can't be told any more begins again there (FR-36).
    let left = if refusal == Refusal::AttemptExpired && waiting.is_none() {
        left_for(context, web).await
    } else {
        None
    };
    let stuck =
        matches!(refusal, Refusal::AttemptExpired | Refusal::StateMissing | Refusal::StateMismatch)
            && !web.entries.is_empty();
    // Where the other ways are listed, no step leads to them once more.
    let listed = ways.is_some();
    let mut steps = steps(refusal, signed_in);
    steps.retain(|step| !(listed && *step == Step::OtherMethod));
    // Who wanted to the console comes back to it.
    let in_console = web.here.starts_with(paths::ADMIN);
    let mut response = page(context, web, head, move || {
        view! {
            <h1>{title}</h1>
            <p>{t(l, &format!("refusal-{}-body", refusal.key()))}</p>
            {ways.map(|ways| view! { <OtherWaysList l=l ways=ways/> })}
            <ul class="next">{steps.into_iter().map(|step| view! { <NextStep l=l step=step in_console=in_console has_code={!support.is_empty()}/> }).collect_view()}</ul>
            {left.map(|(name, at)| view! { <BeginAgain l=l application=name at=at/> })}
            {stuck.then(|| view! { <p><a href=paths::LOGIN_CLEAR>{t(l, "refusal-clear")}</a></p> })}
            {waiting.map(|w| view! {
                <form method="post" action=BackToApplication::url()>
                    <input type="hidden" name="attempt" value=w.attempt/>
                    <button>{ta(l, "refusal-back-to", &[("name", &w.application)])}</button>
                </form>
            })}
            <p class="muted small">{t(l, "refusal-code")}" "<code>{refusal.code()}</code>{(!support.is_empty()).then(|| view! { " · "{t(l, "refusal-support")}" "<code>{support}</code> })}</p>
        }
    })
    .await;
    if refusal.status() == 503 || refusal.status() == 429 {
        response
            .headers_mut()
            .insert(http::header::RETRY_AFTER, http::HeaderValue::from_static("10"));
    }
    response
}

/// The application that this browser was on the way to last, with where it begins.
async fn left_for(context: &Context, web: &WebRequest) -> Option<(String, Option<String>)> {
    let client_id = web.last_begun()?.client_id;
    let site = context.ligature.authorization().site(&client_id).await;
    let (name, redirect_uris) = site.unwrap_or_else(|error| {
        tracing::error!(%error, "an application could not be named");
        None
    })?;
    Some((name, redirect_uris.iter().find_map(|uri| home_of(uri))))
}

/// Where an application begins; one that is a program of the device has no such address.
fn home_of(redirect_uri: &str) -> Option<String> {
    let url = url::Url::parse(redirect_uri).ok()?;
    let site = matches!(url.scheme(), "https" | "http") && url.host_str().is_some();
    site.then(|| format!("{}/", url.origin().ascii_serialization()))
}

/// The way back to the application that somebody came from.
#[component]
fn BeginAgain(
    l: Lang,
    application: String,
    /// Its site; `None`: it has none.
    at: Option<String>,
) -> AnyView {
    let name = application.clone();
    view! {
        <p>{ta(l, "refusal-begin-again", &[("application", &application)])}</p>
        {at.map(|at| view! { <p><a class="button primary" href=at rel="noreferrer">{ta(l, "refusal-begin-again-go", &[("application", &name)])}</a></p> })}
    }
    .into_any()
}

/// What to do next, each once: who is signed in goes to My Account instead of signing in.
fn steps(refusal: Refusal, signed_in: bool) -> Vec<Step> {
    let mut all: Vec<Step> = Vec::new();
    for step in refusal.next_steps() {
        let step = if signed_in && *step == Step::SignInAgain { Step::MyAccount } else { *step };
        if !all.contains(&step) {
            all.push(step);
        }
    }
    all
}

/// What to do next, with the way there where there is one.
#[component]
fn NextStep(
    l: Lang,
    step: Step,
    /// The person wanted to the console.
    in_console: bool,
    /// There is a code to tell an administrator.
    has_code: bool,
) -> AnyView {
    let href = match step {
        Step::SignInAgain if in_console => Some(paths::login_for_console()),
        Step::SignInAgain | Step::OtherMethod => Some(paths::LOGIN_STAY.to_owned()),
        Step::MyAccount => Some(paths::ACCOUNT.to_owned()),
        Step::ConfirmItIsYou => Some(paths::CONFIRM.to_owned()),
        Step::SetUpFactor => Some(paths::SECOND_FACTOR.to_owned()),
        Step::Wait | Step::AskAdministrator => None,
    };
    let text = if step == Step::AskAdministrator && !has_code {
        t(l, "next-ask-administrator-plain")
    } else {
        t(l, &format!("next-{step}"))
    };
    match href {
        Some(href) => view! { <li><a class="button" href=href>{text}</a></li> }.into_any(),
        None => view! { <li>{text}</li> }.into_any(),
    }
}

#[server(prefix = "/fn", endpoint = "attempt/back")]
pub async fn back_to_application(attempt: String) -> Result<(), Code> {
    let (context, web) = asked();
    let next = match context.ligature.attempts().back_to_application(&web.ctx, &attempt).await {
        Ok(uri) => SeeOther { to: Destination::Application(uri), cookies: Vec::new() },
        Err(error) => refuse(&error),
    };
    respond(&context, &next)
}
