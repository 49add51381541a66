//! What every page and form is given: the use cases, the assets, and who asks.
use std::sync::Arc;

use domain::{
    Refusal,
    path::{AuthorizeRequest, Continuation, SafePath},
};
use http::request::Parts;
use leptos::prelude::*;
use service::{Error, Ligature, RequestContext, sign_in::pending::PendingCookie};

use crate::{cookies::Cookies, i18n::Lang};

/// The app's state, the same for all requests.
#[derive(Clone)]
pub struct Context {
    pub ligature: Ligature,
    pub cookies: Cookies,
    pub assets: Arc<Assets>,
    pub demo: bool,
}

/// Addresses of files with their content's hash in them.
#[derive(Debug, Clone, Default)]
pub struct Assets {
    pub css: String,
    pub icon: String,
    /// Script tags for pages with an island; empty when the bundle was not built.
    pub scripts: String,
    /// The elements that load the modules of our own, each with the attribute that a page has where it needs it.
    pub modules: Vec<(&'static str, String)>,
}

/// Who asks, found once a request by the visitor layer.
#[derive(Debug, Clone, Default)]
pub struct WebRequest {
    pub ctx: RequestContext,
    pub lang: Lang,
    /// Entry cookies of this request: ids and texts.
    pub entries: Vec<(String, String)>,
    /// The method that this browser used last.
    pub last: Option<String>,
    /// Where the page is, for the language switch.
    pub here: String,
    /// The person chose the language here.
    pub chosen: bool,
}

impl WebRequest {
    /// The first language of an application's wish that there is, unless the person chose one (OpenID Connect Core
    /// §3.1.2.1, `ui_locales`).
    #[must_use]
    pub fn preferred_by(&self, wanted: &str) -> Option<&'static str> {
        let found = wanted.split(' ').take(10).find_map(Lang::parse)?;
        (!self.chosen && found != self.lang).then(|| found.tag())
    }

    /// What this browser knows of an entry.
    fn begun(&self, id: &str) -> Option<PendingCookie> {
        let (_, text) = self.entries.iter().find(|(entry, _)| entry == id)?;
        PendingCookie::parse(text)
    }

    /// The application's request behind an entry id.
    ///
    /// # Errors
    /// [`Refusal::AttemptExpired`] for one that is over or another browser's, those of the database.
    pub async fn entry(&self, ligature: &Ligature, id: &str) -> Result<AuthorizeRequest, Error> {
        let cookie = self.begun(id).ok_or(Refusal::AttemptExpired)?;
        ligature.sign_in().waiting_request(&cookie).await
    }

    /// The same where a page may also lead to no application, or the way there may be over.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn entry_if_any(
        &self,
        ligature: &Ligature,
        id: &str,
    ) -> Result<Option<AuthorizeRequest>, Error> {
        match self.entry(ligature, id).await {
            Err(error) if error.refusal() == Refusal::AttemptExpired => Ok(None),
            other => other.map(Some),
        }
    }

    /// The last request of an application that this browser began, though it may be over (FR-36).
    #[must_use]
    pub fn last_begun(&self) -> Option<PendingCookie> {
        let begun = self.entries.iter().filter_map(|(_, text)| PendingCookie::parse(text));
        begun.max_by_key(|cookie| cookie.at)
    }

    /// The application that this page is on the way to, by the entry in its address.
    #[must_use]
    pub fn bound_for(&self) -> Option<String> {
        let (_, query) = self.here.split_once('?')?;
        let id = query.split('&').find_map(|pair| pair.strip_prefix("entry="))?;
        self.client_of(id)
    }

    /// The application that an entry leads to, for what its pages look like and offer: what is decided is decided on the
    /// request itself.
    #[must_use]
    pub fn client_of(&self, entry: &str) -> Option<String> {
        match device_of(entry) {
            Some((client_id, _)) => (!client_id.is_empty()).then(|| client_id.to_owned()),
            None => self.begun(entry).map(|cookie| cookie.client_id),
        }
    }

    /// Where a sign-in leads.
    pub async fn continuation(&self, ligature: &Ligature, entry: &str) -> Continuation {
        if entry == crate::paths::ADMIN_ENTRY {
            return Continuation::Admin;
        }
        if let Some((client_id, code)) = device_of(entry) {
            let page = SafePath::parse(&format!("{}?code={code}", crate::paths::DEVICE));
            return page.map_or(Continuation::Account, |page| match client_id {
                "" => Continuation::Path(page),
                client_id => Continuation::Device { client_id: client_id.to_owned(), page },
            });
        }
        if entry.is_empty() {
            return Continuation::Account;
        }
        match self.entry(ligature, entry).await {
            Ok(request) => Continuation::Authorize(Box::new(request)),
            Err(error) => {
                if error.refusal() != Refusal::AttemptExpired {
                    tracing::error!(%error, "an application's request could not be read");
                }
                Continuation::over()
            }
        }
    }
}

/// Whether an entry leads to an application's request.
pub(crate) fn is_request(entry: &str) -> bool {
    !entry.is_empty() && entry != crate::paths::ADMIN_ENTRY && device_of(entry).is_none()
}

/// The application and the code of a device's entry. Who changes the application there signs in under another one's
/// rules, and stands before the device's own all the same.
fn device_of(entry: &str) -> Option<(&str, &str)> {
    let rest = entry.strip_prefix(crate::paths::DEVICE_ENTRY)?;
    Some(rest.split_once('~').map_or(("", rest), |(code, client_id)| (client_id, code)))
}

/// Context and asker inside a server function.
pub(crate) fn asked() -> (Context, WebRequest) {
    let context = expect_context::<Context>();
    let web = use_context::<Parts>()
        .and_then(|p| p.extensions.get::<WebRequest>().cloned())
        .unwrap_or_default();
    (context, web)
}
