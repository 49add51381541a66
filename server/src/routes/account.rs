//! `POST /account/export`: one's own data as a JSON file.
use app::{
    context::{Context, WebRequest},
    outcome::{SeeOther, refuse},
    paths,
};
use axum::{
    Extension,
    extract::State,
    http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use domain::Refusal;

use crate::routes::see_other;

pub async fn export(
    State(context): State<Context>,
    Extension(web): Extension<WebRequest>,
) -> Response {
    match context.ligature.account_settings().export(&web.ctx).await {
        Ok(data) => {
            let text = serde_json::to_string_pretty(&data).unwrap_or_default();
            (
                [
                    (CONTENT_TYPE, "application/json"),
                    (CONTENT_DISPOSITION, "attachment; filename=\"account.json\""),
                    (CACHE_CONTROL, "no-store"),
                ],
                text,
            )
                .into_response()
        }
        Err(fault) if fault.refusal() == Refusal::NotRecent => {
            see_other(&context, &SeeOther::local(paths::confirm(paths::EXPORT)))
        }
        Err(fault) => see_other(&context, &refuse(&fault)),
    }
}
