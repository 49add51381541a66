//! `POST /login/with/{key}`, `…/methods/add/{key}`, `…/confirm/with/{key}`, `…/merge/with/{key}`: off to the provider.
use app::{
    context::{Context, WebRequest},
    outcome::{SeeOther, refuse},
    paths,
};
use axum::{
    Extension, Form,
    extract::{Path, State, rejection::FormRejection},
    response::Response,
};
use domain::{Refusal, path::Continuation};
use serde::Deserialize;
use service::{Destination, Error, Purpose, Started};

use crate::routes::see_other;

/// The start form.
#[derive(Debug, Default, Deserialize)]
pub struct StartForm {
    /// Entry cookie of an application's request.
    #[serde(default)]
    entry: String,
    /// The attempt that waits for another provider of its account.
    #[serde(default)]
    bind: String,
}

pub async fn sign_in(
    State(context): State<Context>,
    Extension(web): Extension<WebRequest>,
    Path(key): Path<String>,
    form: Result<Form<StartForm>, FormRejection>,
) -> Response {
    let Form(form) = form.unwrap_or_default();
    let continuation = web.continuation(&context.ligature, &form.entry);
    let purpose = if form.bind.is_empty() { Purpose::SignIn } else { Purpose::Bind(form.bind) };
    let started = context.ligature.sign_in().start(&web.ctx, &key, purpose, continuation).await;
    off(&context, started)
}

pub async fn add_method(
    State(context): State<Context>,
    Extension(web): Extension<WebRequest>,
    Path(key): Path<String>,
) -> Response {
    let started =
        context.ligature.sign_in().start(&web.ctx, &key, Purpose::Add, Continuation::Account).await;
    if let Err(fault) = &started
        && fault.refusal() == Refusal::NotRecent
    {
        return see_other(&context, &SeeOther::local(paths::confirm(paths::ACCOUNT)));
    }
    off(&context, started)
}

/// The form that leads to a provider for confirming.
#[derive(Debug, Default, Deserialize)]
pub struct ConfirmForm {
    #[serde(default)]
    to: String,
}

pub async fn confirm(
    State(context): State<Context>,
    Extension(web): Extension<WebRequest>,
    Path(key): Path<String>,
    form: Result<Form<ConfirmForm>, FormRejection>,
) -> Response {
    let Form(form) = form.unwrap_or_default();
    let started = context
        .ligature
        .sign_in()
        .start(&web.ctx, &key, Purpose::Confirm, app::account::reauthenticate::after(&form.to))
        .await;
    off(&context, started)
}

pub async fn merge(
    State(context): State<Context>,
    Extension(web): Extension<WebRequest>,
    Path(key): Path<String>,
) -> Response {
    let started = match context.ligature.merges().may_merge(&web.ctx).await {
        Ok(()) => {
            context
                .ligature
                .sign_in()
                .start(&web.ctx, &key, Purpose::Merge, Continuation::Account)
                .await
        }
        Err(fault) if fault.refusal() == Refusal::NotRecent => {
            return see_other(&context, &SeeOther::local(paths::confirm(paths::MERGE)));
        }
        Err(fault) => Err(fault),
    };
    off(&context, started)
}

/// From an undo link's page: an identity that the account had before.
pub async fn undo(
    State(context): State<Context>,
    Extension(web): Extension<WebRequest>,
    Path((secret, key)): Path<(String, String)>,
) -> Response {
    let started = context
        .ligature
        .sign_in()
        .start(&web.ctx, &key, Purpose::Undo(secret), Continuation::Account)
        .await;
    off(&context, started)
}

fn off(context: &Context, started: Result<Started, Error>) -> Response {
    let leave = match started {
        Ok(started) => SeeOther {
            to: Destination::Application(started.url),
            cookies: vec![context.cookies.start(&started.id, &started.cookie)],
        },
        Err(fault) => refuse(&fault),
    };
    see_other(context, &leave)
}
