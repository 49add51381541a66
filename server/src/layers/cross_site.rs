//! Posts from other sites are refused: tower-http's layer judges, this one adds the stricter rule and draws the page.
use app::{
    context::{Context, WebRequest},
    cookies::read,
    sign_in::refused::refusal_page,
};
use axum::{
    extract::{Request, State},
    http::{Method, header::ORIGIN},
    middleware::Next,
    response::Response,
};
use domain::Refusal;
use tower_http::csrf::ProtectionError;

/// Posts that other sites, or programs, may send. Each has a protection of its own: client secret, bearer token, a state that
/// counts for one browser (OC-15), the provider's signature (OC-16), or it only shows a page.
#[must_use]
pub fn is_open(path: &str) -> bool {
    matches!(
        path,
        "/token"
            | "/userinfo"
            | "/authorize"
            | "/introspect"
            | "/revoke"
            | "/par"
            | "/device_authorization"
            | "/register"
            | "/logout"
    ) || path.strip_prefix("/callback/").is_some_and(|rest| {
        let key = rest.strip_suffix("/backchannel-logout").unwrap_or(rest);
        !key.contains('/')
    })
}

/// A post that carries our session but says nothing of where it comes from is refused too (SB-04).
pub async fn cross_site(State(context): State<Context>, request: Request, next: Next) -> Response {
    let web = request.extensions().get::<WebRequest>().cloned().unwrap_or_default();
    let headers = request.headers();
    let silent = !headers.contains_key(ORIGIN) && !headers.contains_key("sec-fetch-site");
    let with_session = read(headers, &context.cookies.session_name()).is_some();
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if changes && silent && with_session && !is_open(request.uri().path()) {
        return refusal_page(&context, &web, Refusal::CrossSite, "").await;
    }
    let response = next.run(request).await;
    if response.extensions().get::<ProtectionError>().is_some() {
        return refusal_page(&context, &web, Refusal::CrossSite, "").await;
    }
    response
}
