//! Where a sign-out leads.
use service::{Destination, oidc_provider::Out};

use crate::{
    context::{Context, WebRequest},
    outcome::{Flash, SeeOther, redirect_with_flash, refuse},
    paths,
};

/// What the next page is told: a sealed end of a sign-out; the provider's name where its session is still open, and its site.
pub const OUT: &str = "out";
pub const STILL: &str = "still";
pub const SITE: &str = "still_site";

/// Straight back to the application, to the sign-in page, or to the page from which people go on to the provider's sign-out
/// and on which applications load theirs. What is still open at the provider is said on our own pages.
pub async fn signed_out(context: &Context, web: &WebRequest, out: Out) -> SeeOther {
    let logout = context.ligature.logout();
    let there = out.there.as_ref();
    let goes_on = there.is_some_and(|there| there.sign_out.is_some());
    let leave = match &out.to {
        _ if goes_on || !out.frames.is_empty() => match logout.seal_out(&out) {
            Ok(sealed) => {
                let kept = Flash::shown(OUT, sealed);
                redirect_with_flash(context, web, paths::SIGNED_OUT, kept).await
            }
            Err(error) => return refuse(&error),
        },
        Some(to) => SeeOther { to: Destination::Application(to.clone()), cookies: Vec::new() },
        None => {
            let still = there.map(|there| {
                [(STILL, &there.provider), (SITE, there.site.as_ref().unwrap_or(&there.provider))]
            });
            let typed = still.into_iter().flatten().map(|(n, v)| (n.to_owned(), v.clone()));
            let said = Flash { typed: typed.collect(), ..Flash::notice("signed-out") };
            redirect_with_flash(context, web, paths::LOGIN_STAY, said).await
        }
    };
    let leave = leave.with(context.cookies.session(""));
    // What the provider's sign-out has to bring back.
    match there.filter(|_| goes_on) {
        Some(there) => match logout.seal_left(&there.state, &out) {
            Ok(sealed) => leave.with(context.cookies.left(&sealed)),
            Err(error) => refuse(&error),
        },
        None => leave,
    }
}
