//! Finds out who asks: browser binding, session, language; once a request.
use app::{
    context::{Context, WebRequest},
    cookies::{Cookie, read, with_prefix},
    i18n::Lang,
    sign_in::refused::refusal_page,
};
use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, header},
    middleware::Next,
    response::Response,
};
use service::{RequestContext, token};
use sha2::{Digest, Sha256};

use crate::layers::address::{Client, network};

/// Puts an [`WebRequest`] into the request, and a binding cookie into the browser that has none.
pub async fn add_request_context(
    State(context): State<Context>,
    mut request: Request,
    next: Next,
) -> Response {
    let headers = request.headers();
    let known = read(headers, &context.cookies.browser_name()).filter(|b| b.len() == 43);
    let fresh = known.is_none().then(token);
    let browser = known.or_else(|| fresh.clone()).unwrap_or_default();
    let lang = Lang::pick(
        read(headers, &context.cookies.language_name()).as_deref(),
        headers.get(header::ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok()).unwrap_or_default(),
    );
    let found = match read(headers, &context.cookies.session_name()) {
        Some(secret) => context.ligature.sessions().session(&secret).await,
        None => Ok(None),
    };
    // Without a database nobody is signed in, and nobody is told that their session is over (RB-04).
    let (session, trouble) = match found {
        Ok(session) => (session, None),
        Err(error) => {
            tracing::error!(%error, "a session could not be looked up");
            (None, Some(error.refusal()))
        }
    };
    let client = request
        .extensions()
        .get::<Client>()
        .map(|c| network(c.0, 24, 48).to_string())
        .unwrap_or_default();
    let web = WebRequest {
        ctx: RequestContext {
            browser: Sha256::digest(browser.as_bytes()).to_vec(),
            agent: agent(headers),
            network: client,
            locale: lang.tag().to_owned(),
            session,
            requesting_client: None,
        },
        lang,
        entries: entries(headers, &context.cookies.entry_name("")),
        last: read(headers, &context.cookies.last_name()),
        chosen: read(headers, &context.cookies.language_name()).is_some(),
        here: request.uri().path_and_query().map(|p| p.as_str().to_owned()).unwrap_or_default(),
    };
    if let Some(refusal) = trouble {
        return refusal_page(&context, &web, refusal, "").await;
    }
    let query = request.uri().query().unwrap_or_default();
    let begun =
        [(context.cookies.start_name(""), STARTS), (context.cookies.entry_name(""), ENTRIES)];
    let surplus: Vec<String> =
        begun.iter().flat_map(|(prefix, most)| surplus(headers, prefix, *most, query)).collect();
    request.extensions_mut().insert(web);
    let mut response = next.run(request).await;
    if let Some((code, support)) = led_to_refusal(response.headers())
        && let Ok(value) = HeaderValue::from_str(
            &context.cookies.header(&context.cookies.refused(&code, &support)),
        )
    {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    for name in surplus {
        if let Ok(value) = HeaderValue::from_str(&context.cookies.header(&Cookie {
            name,
            value: String::new(),
            age: 0,
        })) {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
    }
    if let Some(secret) = fresh
        && let Ok(value) =
            HeaderValue::from_str(&context.cookies.header(&context.cookies.browser(&secret)))
    {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}

/// The code and the support code, where an answer leads to the page of a refusal.
fn led_to_refusal(headers: &HeaderMap) -> Option<(String, String)> {
    let (code, query) = headers
        .get(header::LOCATION)?
        .to_str()
        .ok()?
        .strip_prefix("/refused/")
        .map(|rest| rest.split_once('?').unwrap_or((rest, "")))?;
    let support = query.split('&').find_map(|pair| pair.strip_prefix("ref=")).unwrap_or_default();
    Some((code.to_owned(), support.to_owned()))
}

/// What the cookies of begun sign-ins may come to, in bytes of the request's head: ten tabs at providers, and more than
/// twenty applications that wait. Together they stay below the 8 kB that proxies take for a line (FR-34, FR-52).
const STARTS: usize = 5_500;
const ENTRIES: usize = 2_000;

/// Names of the oldest cookies beyond that many bytes; never the one that this very page is about.
fn surplus(headers: &HeaderMap, prefix: &str, most: usize, query: &str) -> Vec<String> {
    let used = query.split('&').find_map(|p| p.strip_prefix("entry="));
    let all: Vec<(&str, &str)> = with_prefix(headers, prefix).collect();
    let mut left = most;
    let mut over = Vec::new();
    for (id, value) in all.into_iter().rev() {
        let bytes = prefix.len() + id.len() + value.len() + 3;
        match left.checked_sub(bytes) {
            Some(rest) if over.is_empty() => left = rest,
            _ if Some(id) == used => {}
            _ => over.push(format!("{prefix}{id}")),
        }
    }
    over
}

fn entries(headers: &HeaderMap, prefix: &str) -> Vec<(String, String)> {
    with_prefix(headers, prefix)
        .take(40)
        .map(|(id, value)| (id.to_owned(), value.to_owned()))
        .collect()
}

/// Browser and system in two words; nothing of the header itself is kept.
fn agent(headers: &HeaderMap) -> String {
    let text = headers.get(header::USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let first = |names: &[(&'static str, &'static str)]| {
        names.iter().find(|(mark, _)| text.contains(mark)).map(|(_, name)| *name)
    };
    let browser = first(&[
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
        ("curl/", "curl"),
    ]);
    let system = first(&[
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(b), Some(s)) => format!("{b}, {s}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => String::new(),
    }
}
