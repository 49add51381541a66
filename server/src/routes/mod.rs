//! Protocol routes: what providers, applications and probes call. Pages and forms are in the app.
pub mod brand;
pub mod callback;
pub mod forms;
pub mod forward;
pub mod health;
pub mod issuer;
pub mod logout;

use app::{context::Context, outcome::SeeOther};
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

/// A 303 with its cookies; never 307, which would send a form on (RFC 9700 §4.12).
pub(crate) fn see_other(context: &Context, leave: &SeeOther) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::LOCATION,
        HeaderValue::from_str(&leave.location()).unwrap_or(HeaderValue::from_static("/")),
    );
    for cookie in &leave.cookies {
        if let Ok(value) = HeaderValue::from_str(&context.cookies.header(cookie)) {
            headers.append(header::SET_COOKIE, value);
        }
    }
    response
}
