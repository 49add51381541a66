//! An answer that another site posted: sealed for a minute, so that the browser brings it again by itself, with our cookies
//! (OC-15; OAuth 2.0 Form Post Response Mode §2).
use domain::{MINUTE, Micros};
use serde::{Deserialize, Serialize};

use crate::{Callback, Error, services::SignIn};

/// How long it may be brought.
const TTL: Micros = MINUTE;

#[derive(Serialize, Deserialize)]
struct PostedAnswer {
    key: String,
    state: Option<String>,
    code: Option<String>,
    error: Option<String>,
    iss: Option<String>,
    user: Option<String>,
    at: Micros,
}

impl SignIn {
    /// Seals an answer to a provider's start. Nothing of it is believed yet.
    ///
    /// # Errors
    /// [`Error::Internal`] when sealing fails.
    pub fn seal_answer(&self, key: &str, answer: Callback) -> Result<String, Error> {
        let Callback { state, code, error, iss, user } = answer;
        self.keys.seal_json(
            "posted-answer",
            &PostedAnswer { key: key.to_owned(), state, code, error, iss, user, at: self.now() },
        )
    }

    /// What was sealed less than a minute ago, for the same provider.
    #[must_use]
    pub fn open_answer(&self, key: &str, sealed: &str) -> Option<Callback> {
        let posted: PostedAnswer = self.keys.open_json("posted-answer", sealed)?;
        let age = self.now() - posted.at;
        let PostedAnswer { key: of, state, code, error, iss, user, .. } = posted;
        (of == key && (0..TTL).contains(&age)).then_some(Callback { state, code, error, iss, user })
    }
}
