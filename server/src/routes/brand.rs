//! Colours and logos: `GET /brand/<name>`.
use app::context::Context;
use axum::{
    extract::{Path, State},
    http::{
        StatusCode,
        header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
};
use domain::colour::Colour;

/// What never changes under its name.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// `<rrggbb>.css`: that colour as the accent. `<digest>.png`: a picture that we drew. Neither is ever a page (SB-07).
pub async fn look(State(context): State<Context>, Path(file): Path<String>) -> Response {
    let colour =
        file.strip_suffix(".css").and_then(Colour::parse).filter(|c| file.starts_with(&c.hex()));
    if let Some(colour) = colour {
        return (
            [(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, FOR_EVER)],
            colour.style_sheet(),
        )
            .into_response();
    }
    let Some(hash) = file.strip_suffix(".png").filter(|h| h.len() == 32) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    match context.ligature.branding().picture(hash).await {
        Ok(Some(png)) => (
            [
                (CONTENT_TYPE, "image/png"),
                (CACHE_CONTROL, FOR_EVER),
                (CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
            ],
            png,
        )
            .into_response(),
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => {
            tracing::error!(%error, "a picture cannot be read");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}
