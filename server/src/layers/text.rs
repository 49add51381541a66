//! NUL is no text: PostgreSQL cannot hold it, and nothing that is stored has one. In addresses and forms it becomes U+FFFD,
//! so that a value with one is unknown on both databases, as any other that nobody has.
use axum::{
    body::{Body, to_bytes},
    extract::Request,
    http::{
        HeaderValue, Uri,
        header::{CONTENT_LENGTH, CONTENT_TYPE},
    },
    middleware::Next,
    response::Response,
};

/// The largest form that any route takes, in bytes: a SAML response, or metadata in the console.
pub const FORM: usize = 288 * 1024;
const REPLACED: &str = "%EF%BF%BD";

/// In the address of a request, before it is routed.
pub fn clean_address(request: &mut Request) {
    if let Some(clean) = request.uri().path_and_query().and_then(|p| without_nul(p.as_str())) {
        let mut parts = request.uri().clone().into_parts();
        parts.path_and_query = clean.parse().ok();
        if let Ok(uri) = Uri::from_parts(parts) {
            *request.uri_mut() = uri;
        }
    }
}

/// In the fields of a form, before they are read.
pub async fn clean_form(request: Request, next: Next) -> Response {
    let is_form =
        request.headers().get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).is_some_and(|t| {
            t.to_ascii_lowercase().starts_with("application/x-www-form-urlencoded")
        });
    if !is_form {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    // What is too long stays so, and the route says it, with a page of its own where there is one.
    let too_long = || vec![b'x'; FORM + 1].into();
    let bytes = to_bytes(body, FORM).await.unwrap_or_else(|_| too_long());
    parts.headers.insert(CONTENT_LENGTH, HeaderValue::from(bytes.len()));
    let body = match std::str::from_utf8(&bytes).ok().and_then(without_nul) {
        None => Body::from(bytes),
        Some(clean) => {
            parts.headers.insert(CONTENT_LENGTH, HeaderValue::from(clean.len()));
            Body::from(clean)
        }
    };
    next.run(Request::from_parts(parts, body)).await
}

/// `None` where there is none, which is nearly always.
fn without_nul(encoded: &str) -> Option<String> {
    (encoded.contains("%00") || encoded.contains('\0'))
        .then(|| encoded.replace("%00", REPLACED).replace('\0', REPLACED))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nul_is_replaced_and_nothing_else_changes() {
        assert_eq!(without_nul("/a?b=c&d=%2500"), None, "a percent sign and two noughts");
        assert_eq!(without_nul("/a%00?b=%00c"), Some("/a%EF%BF%BD?b=%EF%BF%BDc".into()));
        let mut request = Request::builder().uri("/undo/%00?f=%00").body(Body::empty()).unwrap();
        clean_address(&mut request);
        assert_eq!(request.uri().to_string(), "/undo/%EF%BF%BD?f=%EF%BF%BD");
    }
}
