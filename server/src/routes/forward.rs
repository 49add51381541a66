//! Forward authentication: what reverse proxies ask, and the three addresses that a guarded host hands on to us under
//! `/.ligature/`.
use app::{
    context::Context,
    cookies::{read, with_prefix},
    outcome::refuse,
};
use axum::{
    extract::{Path, Query, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use service::{
    Error,
    oidc_provider::{ForwardPerson, ForwardStart, GuardedHost},
    sign_in::start::cookie_id,
};

/// Names of the headers that a proxy passes on; always all of them, so that none of a visitor's own gets through.
const SUBJECT: HeaderName = HeaderName::from_static("remote-subject");
const USER: HeaderName = HeaderName::from_static("remote-user");
const NAME: HeaderName = HeaderName::from_static("remote-name");
const EMAIL: HeaderName = HeaderName::from_static("remote-email");
const GROUPS: HeaderName = HeaderName::from_static("remote-groups");

/// The cookie of a guarded host that says who it is.
const TOKEN: &str = "lg_fw";

/// What the names of cookies of begun sign-ins begin with, and how many bytes of them a browser keeps: a session that is
/// restored with ten tabs finds all of them (FR-34).
const BEGUN: &str = "lg_fs_";
const MOST_BEGUN: usize = 5_500;

/// What the proxy says of the request that it asks about.
fn said<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default()
}

fn cookie_name(secure: bool, base: &str) -> String {
    if secure { format!("__Host-{base}") } else { base.to_owned() }
}

/// A cookie of the guarded host: a sign-in that was begun for a quarter of an hour, what it came to until the browser
/// is closed; an empty value removes it.
fn cookie(secure: bool, base: &str, value: &str) -> Option<HeaderValue> {
    let age = match (value.is_empty(), base.starts_with(BEGUN)) {
        (true, _) => "; Max-Age=0",
        (false, true) => "; Max-Age=900",
        (false, false) => "",
    };
    let name = cookie_name(secure, base);
    HeaderValue::from_str(&format!(
        "{name}={value}; Path=/; HttpOnly; SameSite=Lax{}{age}",
        if secure { "; Secure" } else { "" }
    ))
    .ok()
}

/// What the browser has of a guarded host. On https only the cookie that no other host can set (FA-01).
fn own_cookie(host: &GuardedHost, headers: &HeaderMap, base: &str) -> Option<String> {
    read(headers, &cookie_name(host.is_secure(), base))
}

async fn asked(
    context: &Context,
    client_id: &str,
    headers: &HeaderMap,
) -> Result<GuardedHost, Error> {
    context.ligature.forward_auth().guarded_host(client_id, said(headers, "x-forwarded-host")).await
}

fn leading(to: &str, cookies: Vec<Option<HeaderValue>>) -> Response {
    let mut response =
        (StatusCode::SEE_OTHER, [(header::CACHE_CONTROL, "no-store")]).into_response();
    response.headers_mut().insert(
        header::LOCATION,
        HeaderValue::from_str(to).unwrap_or(HeaderValue::from_static("/")),
    );
    for cookie in cookies.into_iter().flatten() {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// To the sign-in. The guarded host keeps what brings the person back.
fn to_sign_in(host: &GuardedHost, started: &ForwardStart, headers: &HeaderMap) -> Response {
    let secure = host.is_secure();
    let prefix = cookie_name(secure, BEGUN);
    let begun: Vec<(&str, usize)> = with_prefix(headers, &prefix)
        .map(|(id, value)| (id, prefix.len() + id.len() + value.len() + 3))
        .collect();
    // The oldest go first; browsers send them first.
    let mut bytes = started.sealed.len();
    let over = begun.iter().rev().filter(|(_, size)| {
        bytes += size;
        bytes > MOST_BEGUN
    });
    let mut cookies: Vec<_> =
        over.map(|(id, _)| cookie(secure, &format!("{BEGUN}{id}"), "")).collect();
    cookies.push(cookie(secure, &format!("{BEGUN}{}", started.id), &started.sealed));
    leading(&started.url, cookies)
}

/// To the page of a refusal: at our own address, where its looks are.
fn refused(context: &Context, error: &Error) -> Response {
    let page = refuse(error).location();
    // Our own cookie cannot be set from here.
    let told = context
        .ligature
        .page_state()
        .vouch(error.refusal(), error.support())
        .map(|word| format!("{}told={word}", if page.contains('?') { '&' } else { '?' }))
        .unwrap_or_default();
    leading(&format!("{}{page}{told}", context.ligature.settings.public_url), Vec::new())
}

/// `GET /forward-auth/{client_id}`: 200 with who it is, or 401; a proxy that hands answers on to the person (it says
/// the method) gets the way to the sign-in for a page that is opened.
pub async fn check(
    State(context): State<Context>,
    Path(client_id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let leads = said(&headers, "x-forwarded-method") == "GET"
        && said(&headers, "accept").contains("text/html");
    let host = asked(&context, &client_id, &headers).await;
    let person = match host.as_ref().map(|host| (host, own_cookie(host, &headers, TOKEN))) {
        Ok((host, Some(token))) => {
            context.ligature.forward_auth().forward_person(host, &token).await
        }
        Ok((_, None)) | Err(_) => Ok(None),
    };
    match (host, person) {
        (_, Ok(Some(person))) => signed_in(person),
        (host, Ok(None)) if leads => begin(&context, host, &headers),
        (Err(error), _) | (_, Err(error)) if !matches!(error, Error::Refused { .. }) => {
            tracing::error!(error = %error, "a proxy could not be answered");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
        _ => (StatusCode::UNAUTHORIZED, [(header::CACHE_CONTROL, "no-store")]).into_response(),
    }
}

fn signed_in(person: ForwardPerson) -> Response {
    let mut response = (StatusCode::OK, [(header::CACHE_CONTROL, "no-store")]).into_response();
    for (name, value) in [
        (SUBJECT, person.subject),
        (USER, person.user),
        (NAME, person.name),
        (EMAIL, person.email),
        (GROUPS, person.groups),
    ] {
        // Text beyond ASCII goes as it is, in UTF-8; what could end a header is no value.
        response.headers_mut().insert(
            name,
            HeaderValue::from_bytes(value.as_bytes()).unwrap_or(HeaderValue::from_static("")),
        );
    }
    response
}

fn begin(context: &Context, host: Result<GuardedHost, Error>, headers: &HeaderMap) -> Response {
    let begun = host.and_then(|host| {
        context
            .ligature
            .forward_auth()
            .begin_forward(&host, said(headers, "x-forwarded-uri"))
            .map(|started| (host, started))
    });
    match begun {
        Ok((host, started)) => to_sign_in(&host, &started, headers),
        Err(error) => refused(context, &error),
    }
}

/// `GET /forward-auth/{client_id}/start`, for proxies that cannot hand an answer of [`check`] on. What is no page gets 401.
pub async fn start(
    State(context): State<Context>,
    Path(client_id): Path<String>,
    headers: HeaderMap,
) -> Response {
    if !["", "*/*"].contains(&said(&headers, "accept"))
        && !said(&headers, "accept").contains("text/html")
    {
        return (StatusCode::UNAUTHORIZED, [(header::CACHE_CONTROL, "no-store")]).into_response();
    }
    let host = asked(&context, &client_id, &headers).await;
    begin(&context, host, &headers)
}

/// Whether somebody is signed in at the guarded host. Where more tabs were opened than cookies are kept, the last of them
/// find this (FR-34).
async fn is_signed_in(context: &Context, host: &GuardedHost, headers: &HeaderMap) -> bool {
    match own_cookie(host, headers, TOKEN) {
        Some(token) => {
            let person = context.ligature.forward_auth().forward_person(host, &token).await;
            matches!(person, Ok(Some(_)))
        }
        None => false,
    }
}

/// `GET /forward-auth/{client_id}/callback`, at the guarded host's `/.ligature/callback`.
pub async fn callback(
    State(context): State<Context>,
    Path(client_id): Path<String>,
    headers: HeaderMap,
    Query(parameters): Query<Vec<(String, String)>>,
) -> Response {
    let one = |name: &str| {
        parameters.iter().find(|(k, _)| k == name).map(|(_, v)| v.as_str()).unwrap_or_default()
    };
    let base = format!("{BEGUN}{}", cookie_id(one("state")));
    let host = match asked(&context, &client_id, &headers).await {
        Ok(host) => host,
        Err(error) => return refused(&context, &error),
    };
    let sealed = own_cookie(&host, &headers, &base).unwrap_or_default();
    if sealed.is_empty() && is_signed_in(&context, &host, &headers).await {
        return leading("/", Vec::new());
    }
    match context
        .ligature
        .forward_auth()
        .finish_forward(&host, &sealed, one("state"), one("code"))
        .await
    {
        Ok(done) => leading(
            done.to.as_str(),
            vec![cookie(host.is_secure(), TOKEN, &done.token), cookie(host.is_secure(), &base, "")],
        ),
        Err(error) => refused(&context, &error),
    }
}

/// `GET /forward-auth/{client_id}/out`, at the guarded host's `/.ligature/out`: its token goes, and the person is asked
/// whether the session should end as well.
pub async fn out(
    State(context): State<Context>,
    Path(client_id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let host = match asked(&context, &client_id, &headers).await {
        Ok(host) => host,
        Err(error) => return refused(&context, &error),
    };
    if let Some(token) = own_cookie(&host, &headers, TOKEN)
        && let Err(error) = context.ligature.forward_auth().end_forward(&token).await
    {
        return refused(&context, &error);
    }
    leading(
        &format!("{}/logout", context.ligature.settings.public_url),
        vec![cookie(host.is_secure(), TOKEN, "")],
    )
}
