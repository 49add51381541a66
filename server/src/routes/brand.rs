//! Colours and logos: `GET /brand/<name>`, and the form that takes a logo.
use app::{
    context::{Context, WebRequest},
    outcome::{Flash, redirect_with_flash, refuse, turned_away},
    paths,
};
use axum::{
    Extension,
    extract::{Multipart, Path, State},
    http::{
        StatusCode,
        header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
};
use domain::{Refusal, colour::Colour};

use crate::routes::see_other;

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

/// `POST /admin/brand/logo`: `logo` is the file, `client_id` the application's, `remove` takes it away.
pub async fn logo(
    State(context): State<Context>,
    Extension(web): Extension<WebRequest>,
    form: Multipart,
) -> Response {
    let next = match read(form).await {
        Ok(Sent { client, upload }) => {
            let page = client.as_deref().map_or_else(
                || paths::ADMIN_BRAND.to_owned(),
                |c| paths::safe(&paths::admin_application(c)),
            );
            match context.ligature.branding().set_logo(&web.ctx, client.as_deref(), upload).await {
                Ok(Ok(())) => {
                    redirect_with_flash(&context, &web, &page, Flash::notice("saved")).await
                }
                Ok(Err(wrong)) => {
                    redirect_with_flash(
                        &context,
                        &web,
                        &page,
                        Flash { problems: vec![("logo".into(), wrong.into())], ..Flash::default() },
                    )
                    .await
                }
                Err(fault) => turned_away(&fault, &page),
            }
        }
        // More than a form may have: most likely a picture that is far too large.
        Err(StatusCode::PAYLOAD_TOO_LARGE) => {
            redirect_with_flash(
                &context,
                &web,
                paths::ADMIN_BRAND,
                Flash { problems: vec![("logo".into(), "logo-large".into())], ..Flash::default() },
            )
            .await
        }
        Err(_) => refuse(&Refusal::BadRequest.into()),
    };
    see_other(&context, &next)
}

struct Sent {
    client: Option<String>,
    /// None: the logo goes.
    upload: Option<Vec<u8>>,
}

async fn read(mut form: Multipart) -> Result<Sent, StatusCode> {
    let (mut client, mut upload, mut remove) = (None, None, false);
    while let Some(field) = form.next_field().await.map_err(|e| e.status())? {
        match field.name().unwrap_or_default() {
            "client_id" => client = Some(field.text().await.map_err(|e| e.status())?),
            "logo" => upload = Some(field.bytes().await.map_err(|e| e.status())?.to_vec()),
            "remove" => remove = true,
            _ => {}
        }
    }
    match (remove, upload) {
        (true, _) => Ok(Sent { client, upload: None }),
        (false, Some(upload)) => Ok(Sent { client, upload: Some(upload) }),
        (false, None) => Err(StatusCode::BAD_REQUEST),
    }
}
