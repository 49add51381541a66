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

/// The same, where all that is left of the way is the start's cookie: an application's request waits under its entry.
pub async fn provider_down_for(
    context: &Context,
    error: &Error,
    key: &str,
    start: Option<&str>,
) -> SeeOther {
    let on = match start {
        Some(cookie) => context.ligature.sign_in().continuation_of_start(cookie).await,
        None => Ok(None),
    };
    let entry = match on {
        Ok(Some(Continuation::Authorize(request))) => {
            request.waits.map(|waiting| waiting.entry).unwrap_or_default()
        }
        Ok(Some(Continuation::Admin)) => paths::ADMIN_ENTRY.to_owned(),
        Ok(_) => String::new(),
        Err(error) => return refuse(&error),
    };
    provider_down(error, key, &entry)
}
