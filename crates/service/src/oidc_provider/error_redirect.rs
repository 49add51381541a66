//! Answers that go back to an application by the person's browser: in an address (RFC 6749 §4.1.2), or posted by a page of
//! ours (OAuth 2.0 Form Post Response Mode).
use domain::{Micros, SECOND};
use issuer::ReplyTo;
use serde::{Deserialize, Serialize};

use crate::{Error, core::Core, oidc_provider::authorize::with_parameters};

/// What a page of ours posts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostedReply {
    /// The application's registered URI.
    pub to: String,
    /// Names and values, in their order.
    pub fields: Vec<(String, String)>,
    until: Micros,
}

/// How long the page that posts may be asked for, which the browser does at once.
const LIFE: Micros = 60 * SECOND;
const PURPOSE: &str = "posted-reply";
/// The page that posts.
pub const REPLY: &str = "/authorize/reply";

impl Core {
    /// Where the browser goes with an answer; `iss` is always in it (RFC 9207).
    ///
    /// # Errors
    /// [`Error::Internal`] when sealing fails.
    pub(crate) fn reply_uri(
        &self,
        to: &ReplyTo,
        parameters: &[(&str, &str)],
    ) -> Result<String, Error> {
        let mut all = parameters.to_vec();
        all.push(("iss", self.settings.public_url.as_str()));
        all.extend(to.state.as_deref().map(|state| ("state", state)));
        if !to.form_post {
            return Ok(with_parameters(&to.redirect_uri, &all));
        }
        let reply = PostedReply {
            to: to.redirect_uri.clone(),
            fields: all.into_iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect(),
            until: self.now() + LIFE,
        };
        let sealed = self.keys.seal_json(PURPOSE, &reply)?;
        let here = format!("{}{REPLY}", self.settings.public_url);
        Ok(with_parameters(&here, &[("a", &sealed)]))
    }

    /// An error, told to the application.
    ///
    /// # Errors
    /// [`Error::Internal`] when sealing fails.
    pub fn error_uri(&self, to: &ReplyTo, error: &str, description: &str) -> Result<String, Error> {
        self.reply_uri(to, &[("error", error), ("error_description", description)])
    }

    /// What [`REPLY`] posts; `None`: it is over, or none of ours.
    #[must_use]
    pub fn posted_reply(&self, sealed: &str) -> Option<PostedReply> {
        self.keys
            .open_json::<PostedReply>(PURPOSE, sealed)
            .filter(|reply| self.now() <= reply.until)
    }
}
