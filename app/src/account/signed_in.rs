//! What the pages of My Account have in common: nobody sees one without a session, and some ask for a recent sign-in.
use crate::{
    account::reauthenticate::first,
    context::{Context, WebRequest},
    i18n::{Lang, t},
    outcome::{Flash, SeeOther, redirect_with_flash, refuse},
    page_request::PageRequest,
    paths,
    render::{Head, Layout},
};
use axum::response::{IntoResponse, Redirect, Response};
use domain::Refusal;
use service::Error;

/// Before the page: the sign-in, and the confirmation where the last one is too long ago.
pub(crate) async fn entered<Q>(
    req: &PageRequest<Q>,
    to: &str,
    allowed: Result<(), Error>,
) -> Result<Option<Response>, Error> {
    match allowed {
        Err(error) if error.refusal() == Refusal::NotRecent => {
            Ok(Some(Redirect::to(&paths::confirm(to)).into_response()))
        }
        Err(error) if error.refusal() == Refusal::SessionEnded => {
            Ok(Some(Redirect::to(paths::LOGIN_STAY).into_response()))
        }
        Err(error) => Err(error),
        Ok(()) => first(req, to).await,
    }
}

/// The head of a page of My Account, by the key of its title.
pub(crate) fn head(l: Lang, key: &str) -> Head {
    Head::new(t(l, key), Layout::Account)
}

/// Where a page leads whom nobody knows.
pub(crate) fn nobody<Q>(req: &PageRequest<Q>) -> Option<Response> {
    req.web.ctx.session.is_none().then(|| Redirect::to(paths::LOGIN_STAY).into_response())
}

/// After an act: the page with what was done, or the confirmation that has to come before.
pub(crate) async fn done(
    context: &Context,
    web: &WebRequest,
    result: Result<(), Error>,
    path: &str,
    notice: &str,
) -> SeeOther {
    match result {
        Ok(()) => redirect_with_flash(context, web, path, Flash::notice(notice)).await,
        // What was asked for is done after signing in once more (MA-09).
        Err(error) if error.refusal() == Refusal::NotRecent => {
            SeeOther::local(paths::confirm(path))
        }
        Err(error) => refuse(&error),
    }
}
