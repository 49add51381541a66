//! What every page and form is given: the use cases, the assets, and who asks.
use std::{collections::HashMap, sync::Arc};

use http::request::Parts;
use leptos::prelude::*;
use service::{Ligature, RequestContext};

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
    /// Entry cookies of this request by id.
    pub entries: HashMap<String, String>,
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

    /// The application's request behind an entry id.
    #[must_use]
    pub fn entry(&self, ligature: &Ligature, id: &str) -> Option<domain::path::AuthorizeRequest> {
        self.entries.get(id).and_then(|cookie| ligature.sign_in().open_entry(id, cookie))
    }

    /// An entry leads to an application, and its hour is over or its cookie is gone.
    #[must_use]
    pub fn is_over(&self, ligature: &Ligature, entry: &str) -> bool {
        !entry.is_empty()
            && entry != crate::paths::ADMIN_ENTRY
            && device_of(entry).is_none()
            && self.entry(ligature, entry).is_none()
    }

    /// The last request of an application that this browser began, though it may be over (FR-36).
    #[must_use]
    pub fn last_begun(&self, ligature: &Ligature) -> Option<domain::path::AuthorizeRequest> {
        let begun = self.entries.iter().filter_map(|(id, it)| ligature.sign_in().begun_at(id, it));
        begun.max_by_key(|(at, _)| *at).map(|(_, request)| request)
    }

    /// The application that this page is on the way to, by the entry in its address.
    #[must_use]
    pub fn bound_for(&self, ligature: &Ligature) -> Option<String> {
        let (_, query) = self.here.split_once('?')?;
        let id = query.split('&').find_map(|pair| pair.strip_prefix("entry="))?;
        self.client_of(ligature, id)
    }

    /// The application that an entry leads to.
    #[must_use]
    pub fn client_of(&self, ligature: &Ligature, entry: &str) -> Option<String> {
        match device_of(entry) {
            Some((client_id, _)) => (!client_id.is_empty()).then(|| client_id.to_owned()),
            None => self.entry(ligature, entry).map(|request| request.client_id),
        }
    }

    /// Where a sign-in leads.
    #[must_use]
    pub fn continuation(&self, ligature: &Ligature, entry: &str) -> domain::path::Continuation {
        if entry == crate::paths::ADMIN_ENTRY {
            return domain::path::Continuation::Admin;
        }
        if let Some((client_id, code)) = device_of(entry) {
            let page =
                domain::path::SafePath::parse(&format!("{}?code={code}", crate::paths::DEVICE));
            return page.map_or(domain::path::Continuation::Account, |page| match client_id {
                "" => domain::path::Continuation::Path(page),
                client_id => {
                    domain::path::Continuation::Device { client_id: client_id.to_owned(), page }
                }
            });
        }
        match self.entry(ligature, entry) {
            Some(request) => domain::path::Continuation::Authorize(Box::new(request)),
            None if entry.is_empty() => domain::path::Continuation::Account,
            // The way to the application is over: its person hears so, and is not left in an account they never asked for.
            None => domain::path::SafePath::parse(&crate::paths::refused(
                domain::Refusal::AttemptExpired,
                "",
            ))
            .map_or(domain::path::Continuation::Account, domain::path::Continuation::Path),
        }
    }
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
