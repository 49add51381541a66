//! Turns what a use case answered into cookies and a redirect; the same for forms and protocol routes.
use axum::response::{IntoResponse, Response};
use domain::{path::Continuation, policy::Owes};
use http::{
    HeaderValue, StatusCode,
    header::{LOCATION, SET_COOKIE},
};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use serde::{Deserialize, Serialize};
use service::{
    Destination, Error, LoginOutcome, Started,
    oidc_provider::{Granted, ReplyTo},
    sign_in::pending::Kept,
};

use crate::{
    context::{Context, WebRequest},
    cookies::Cookie,
    paths,
};

/// The closed error of server functions. It says nothing; the person is redirected in every case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Code {
    Internal,
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("internal")
    }
}

impl leptos::server_fn::error::FromServerFnError for Code {
    type Encoder = leptos::server_fn::codec::JsonEncoding;
    fn from_server_fn_error(_: leptos::server_fn::error::ServerFnErrorErr) -> Self {
        Self::Internal
    }
}

/// Cookies and where to go.
#[derive(Debug, Clone)]
pub struct SeeOther {
    pub to: Destination,
    pub cookies: Vec<Cookie>,
}

impl SeeOther {
    /// To a page of ours.
    #[must_use]
    pub fn local(path: impl Into<String>) -> Self {
        Self { to: Destination::Local(path.into()), cookies: Vec::new() }
    }

    #[must_use]
    pub fn with(mut self, cookie: Cookie) -> Self {
        self.cookies.push(cookie);
        self
    }

    /// A 303 with its cookies; never 307, which would send a form on (RFC 9700 §4.12).
    #[must_use]
    pub fn answer(&self, context: &Context) -> Response {
        let mut response = StatusCode::SEE_OTHER.into_response();
        let headers = response.headers_mut();
        headers.insert(
            LOCATION,
            HeaderValue::from_str(&self.location()).unwrap_or(HeaderValue::from_static("/")),
        );
        for cookie in &self.cookies {
            if let Ok(value) = HeaderValue::from_str(&context.cookies.header(cookie)) {
                headers.append(SET_COOKIE, value);
            }
        }
        response
    }

    /// The address for the `Location` header. Our own paths are checked once more.
    #[must_use]
    pub fn location(&self) -> String {
        match &self.to {
            Destination::Local(path) => {
                domain::path::SafePath::parse(path).map_or_else(|_| "/".to_owned(), String::from)
            }
            Destination::Application(uri) => uri.clone(),
            Destination::Provider(url) => url.as_str().to_owned(),
        }
    }
}

/// What follows a step of the journey.
pub async fn leave(context: &Context, result: Result<LoginOutcome, Error>) -> SeeOther {
    match follow(context, result).await {
        Ok(leave) => leave,
        Err(error) => refuse(&error),
    }
}

/// To the refusal's page. Trouble on our side is logged here, once.
#[must_use]
pub fn refuse(error: &Error) -> SeeOther {
    if !matches!(error, Error::Refused { .. }) {
        tracing::error!(error = %error, "a use case failed");
    }
    SeeOther::local(paths::refused(error.refusal(), error.support()))
}

/// Off to a provider, with the cookie that its answer is checked against.
#[must_use]
pub fn to_provider(context: &Context, started: Result<Started, Error>) -> SeeOther {
    match started {
        Ok(Started { url, id, cookie }) => SeeOther {
            to: Destination::Provider(url),
            cookies: vec![context.cookies.start(&id, &cookie)],
        },
        Err(error) => refuse(&error),
    }
}

/// After a refusal in the console: where a recent sign-in is missing, to the page that confirms and back to this one; where
/// a second factor is, to its page. Else to the refusal's own page.
#[must_use]
pub fn turned_away(error: &Error, page: &str) -> SeeOther {
    match error.refusal() {
        domain::Refusal::NotRecent => SeeOther::local(paths::confirm(page)),
        domain::Refusal::FactorWanted => SeeOther::local(paths::set_up_factor(page)),
        _ => refuse(error),
    }
}

/// The same, with what was typed kept for when the person comes back.
pub async fn turned_back(
    context: &Context,
    web: &WebRequest,
    error: &Error,
    page: &str,
    flash: Flash,
) -> SeeOther {
    if !matches!(error.refusal(), domain::Refusal::NotRecent | domain::Refusal::FactorWanted) {
        return refuse(error);
    }
    match redirect_with_flash(context, web, page, flash).await.to {
        Destination::Local(page) => turned_away(error, &page),
        Destination::Application(_) | Destination::Provider(_) => refuse(error),
    }
}

async fn follow(context: &Context, result: Result<LoginOutcome, Error>) -> Result<SeeOther, Error> {
    match result? {
        LoginOutcome::Page { id, page } => Ok(SeeOther::local(paths::attempt(&id, page))),
        LoginOutcome::Undo { secret } => Ok(SeeOther::local(paths::undo(&secret))),
        LoginOutcome::Tested { key, id } => {
            Ok(SeeOther::local(paths::admin_provider_tested(&key, &id)))
        }
        LoginOutcome::SignInAgain { continuation } => match continuation {
            Continuation::Authorize(request) | Continuation::Recovered(request) => {
                sign_in_for(context, "", *request, paths::LOGIN_STAY).await
            }
            Continuation::Account
            | Continuation::Admin
            | Continuation::Device { .. }
            | Continuation::Path(_) => Ok(SeeOther::local(paths::LOGIN_STAY)),
        },
        LoginOutcome::Continue { session, continuation } => {
            onward(context, continuation, Some(*session)).await
        }
        LoginOutcome::SignedIn { secret, continuation, method } => {
            let wanted = matches!(continuation, Continuation::Authorize(_))
                || context.ligature.configuration().demands_second_factor().await?;
            let session =
                if wanted { context.ligature.sessions().session(&secret).await? } else { None };
            Ok(onward(context, continuation, session)
                .await?
                .with(context.cookies.session(&secret))
                .with(context.cookies.last(&method)))
        }
    }
}

/// Where a continuation leads in the session that a page was shown in.
pub async fn onward_with(
    context: &Context,
    continuation: Continuation,
    session: Option<service::SessionInfo>,
) -> SeeOther {
    match onward(context, continuation, session).await {
        Ok(leave) => leave,
        Err(error) => refuse(&error),
    }
}

/// Where a continuation leads in a session.
async fn onward(
    context: &Context,
    continuation: Continuation,
    session: Option<service::SessionInfo>,
) -> Result<SeeOther, Error> {
    let owes = match (&continuation, &session) {
        (Continuation::Authorize(_) | Continuation::Recovered(_), _) | (_, None) => false,
        (_, Some(session)) => {
            context.ligature.configuration().owes_factor(session).await? == Owes::Now
        }
    };
    // Whoever owes a second factor sets it up on the way.
    let local = |path: String| {
        SeeOther::local(if owes && !path.starts_with(paths::SECOND_FACTOR) {
            paths::set_up_factor(&path)
        } else {
            path
        })
    };
    Ok(match continuation {
        Continuation::Account => local(paths::ACCOUNT.to_owned()),
        Continuation::Admin => local(paths::ADMIN.to_owned()),
        Continuation::Device { page: path, .. } | Continuation::Path(path) => local(path.into()),
        Continuation::Authorize(request) => {
            let session = session.ok_or(domain::Refusal::SessionEnded)?;
            let next = context.ligature.authorization().grant(&session, *request).await?;
            granted(context, next).await?
        }
        Continuation::Recovered(request) => {
            sign_in_for(context, "", *request, paths::RECOVERED).await?
        }
    })
}

/// Where an application's request leads on.
///
/// # Errors
/// [`Error::Storage`], [`Error::Internal`] when sealing fails.
pub async fn granted(context: &Context, granted: Granted) -> Result<SeeOther, Error> {
    let (request, page) = match granted {
        Granted::Code(uri) => {
            return Ok(SeeOther { to: Destination::Application(uri), cookies: Vec::new() });
        }
        Granted::Consent(request) => (request, paths::CONSENT),
        Granted::Address(request) => (request, paths::ADDRESS),
        Granted::SignIn(request) => (request, paths::LOGIN_STAY),
        Granted::SetUpFactor(request) => (request, paths::SECOND_FACTOR),
        Granted::NotAMember(request) => (request, paths::NO_ACCESS),
    };
    sign_in_for(context, "", request, page).await
}

/// The same for the result of a form; a refusal is where it leads, too.
pub(crate) async fn granted_or_refused(
    context: &Context,
    result: Result<Granted, Error>,
) -> SeeOther {
    match result {
        Ok(next) => granted(context, next).await.unwrap_or_else(|error| refuse(&error)),
        Err(error) => refuse(&error),
    }
}

/// To a page on the way to an application, while its request waits. `network`: where a request comes from that has only
/// just begun.
///
/// # Errors
/// [`Error::Storage`], [`Error::Internal`] when sealing fails.
pub async fn sign_in_for(
    context: &Context,
    network: &str,
    request: domain::path::AuthorizeRequest,
    page: &str,
) -> Result<SeeOther, Error> {
    let to = ReplyTo::from(&request);
    Ok(match context.ligature.sign_in().keep_request(network, request).await? {
        Some(Kept { entry, cookie }) => SeeOther {
            to: Destination::Local(paths::with_entry(page, &entry)),
            cookies: cookie.map(|text| context.cookies.entry(&entry, &text)).into_iter().collect(),
        },
        None => SeeOther {
            to: Destination::Application(context.ligature.error_uri(
                &to,
                "invalid_request",
                "the request is too large",
            )?),
            cookies: Vec::new(),
        },
    })
}

/// Answers a server function with a 303; so no server function fails.
pub(crate) fn respond(context: &Context, leave: &SeeOther) -> Result<(), Code> {
    let response = expect_context::<ResponseOptions>();
    for cookie in &leave.cookies {
        if let Ok(value) = HeaderValue::from_str(&context.cookies.header(cookie)) {
            response.append_header(SET_COOKIE, value);
        }
    }
    response.set_status(StatusCode::SEE_OTHER);
    response.insert_header(
        LOCATION,
        HeaderValue::from_str(&leave.location()).unwrap_or(HeaderValue::from_static("/")),
    );
    Ok(())
}

/// What a form keeps for its page: field problems and what was typed (never secrets).
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Flash {
    /// A message key for the whole form.
    pub notice: String,
    /// Field and message key.
    pub problems: Vec<(String, String)>,
    /// Field and what was typed.
    pub typed: Vec<(String, String)>,
}

impl Flash {
    #[must_use]
    pub fn notice(key: &str) -> Self {
        Self { notice: key.to_owned(), ..Self::default() }
    }

    /// One field with the key of what is wrong with it.
    #[must_use]
    pub fn wrong(field: &str, key: &str) -> Self {
        Self { problems: vec![(field.to_owned(), key.to_owned())], ..Self::default() }
    }

    /// One value for the page: shown once, then gone with the flash row.
    #[must_use]
    pub fn shown(name: &str, value: String) -> Self {
        Self { typed: vec![(name.to_owned(), value)], ..Self::default() }
    }

    #[must_use]
    pub fn problem(&self, field: &str) -> Option<&str> {
        self.problems.iter().find(|(f, _)| f == field).map(|(_, m)| m.as_str())
    }

    #[must_use]
    pub fn typed(&self, field: &str) -> String {
        self.typed.iter().find(|(f, _)| f == field).map(|(_, v)| v.clone()).unwrap_or_default()
    }
}

/// Keeps a flash and goes back to the form's page.
pub async fn redirect_with_flash(
    context: &Context,
    web: &WebRequest,
    path: &str,
    flash: Flash,
) -> SeeOther {
    let kept = match serde_json::to_string(&flash) {
        Ok(text) => context.ligature.page_state().keep_flash(&web.ctx, text).await,
        Err(error) => Err(error.into()),
    };
    match kept {
        Ok(id) => SeeOther::local(paths::with_flash(path, &id)),
        Err(error) => refuse(&error),
    }
}
