//! To the page that says that a provider does not answer: it lists the other ways, also for the application that waits.
use domain::path::Continuation;
use service::Error;

use crate::{
    context::Context,
    outcome::{SeeOther, refuse},
    paths,
};

/// From a start or an answer of this provider.
#[must_use]
pub fn provider_down(error: &Error, key: &str, entry: &str) -> SeeOther {
    let page = refuse(error).location();
    let join = if page.contains('?') { '&' } else { '?' };
    SeeOther::local(paths::safe(&paths::with_entry(&format!("{page}{join}p={key}"), entry)))
}

/// The same, where all that is left of the way is its continuation: an application's request gets an entry of its own.
#[must_use]
pub fn provider_down_for(
    context: &Context,
    error: &Error,
    key: &str,
    continuation: Option<Continuation>,
) -> SeeOther {
    match continuation {
        Some(Continuation::Authorize(request)) => {
            match context.ligature.sign_in().seal_entry(*request) {
                Ok(Some((id, sealed))) => {
                    provider_down(error, key, &id).with(context.cookies.entry(&id, &sealed))
                }
                _ => provider_down(error, key, ""),
            }
        }
        Some(Continuation::Admin) => provider_down(error, key, paths::ADMIN_ENTRY),
        _ => provider_down(error, key, ""),
    }
}
