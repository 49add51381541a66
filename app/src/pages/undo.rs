//! "This wasn't me": the page that a notice's link opens. Opening it changes nothing; the button does.
use axum::{extract::Path, response::Response};
use domain::facts::Undone;
use leptos::{prelude::*, server_fn::ServerFn};
use service::Fault;

use crate::{
    fields::moment,
    forms::undo::TakeBack,
    i18n::{t, ta},
    pages::{Visit, or_refuse},
    render::{Head, Layout, page},
};

/// The part of message keys that names a change.
pub(crate) fn key_of(what: Undone) -> &'static str {
    match what {
        Undone::Email => "email",
        Undone::Link => "link",
        Undone::Unlink => "unlink",
        Undone::Password => "password",
        Undone::SecondFactor => "second-factor",
        Undone::Passkey => "passkey",
        Undone::Phone => "phone",
        Undone::Delete => "delete",
        Undone::Merge => "merge",
    }
}

pub async fn undo(Path(secret): Path<String>, visit: Visit) -> Response {
    let result = undo_page(&visit, secret).await;
    or_refuse(&visit, result).await
}

async fn undo_page(visit: &Visit, secret: String) -> Result<Response, Fault> {
    let change = visit.context.ligature.undo_view(&secret).await?;
    let l = visit.asker.lang;
    let key = key_of(change.what);
    Ok(page(&visit.context, &visit.asker, Head::new(t(l, "undo-title"), Layout::Narrow), move || {
        view! {
            <h1>{t(l, "undo-title")}</h1>
            <p class="lead">{ta(l, &format!("undo-{key}"), &[("about", &change.about)])}</p>
            <p class="muted">{moment(l, change.at)}</p>
            <p>{t(l, &format!("undo-{key}-what"))}" "{t(l, "undo-sessions")}</p>
            <form method="post" action=TakeBack::url() class="stack">
                <input type="hidden" name="secret" value=secret.clone()/>
                <button class="danger">{t(l, &format!("undo-{key}-go"))}</button>
            </form>
            <p class="muted small">{t(l, "undo-leave")}</p>
        }
    })
    .await)
}
