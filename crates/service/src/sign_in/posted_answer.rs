//! An answer that another site posted: sealed for a minute, so that the browser brings it again by itself, with our cookies
//! (OC-15; OAuth 2.0 Form Post Response Mode §2; SAML 2.0 Bindings §3.5). What is too large for a cookie waits in a row.
use domain::{MINUTE, Micros, Refusal};
use serde::{Deserialize, Serialize};
use storage::sign_in::flash::{add_flash, take_flash};

use crate::{
    Callback, Error,
    crypto::random::{hash, token},
    services::SignIn,
};

/// How long it may be brought.
const TTL: Micros = MINUTE;
/// What a cookie holds of it, in bytes.
const COOKIE: usize = 3500;
/// In the place of a browser: rows of posted answers are of none yet.
const OF_NOBODY: &[u8] = b"posted-answer";

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

/// What the cookie holds: the answer, or the name of the row in which it waits.
#[derive(Serialize, Deserialize)]
enum Carried {
    Whole(PostedAnswer),
    Row(String),
}

impl SignIn {
    /// Seals an answer to a provider's start. Nothing of it is believed yet; a large one is only kept if the provider signed
    /// it, so that nobody else fills rows.
    ///
    /// # Errors
    /// [`Refusal::StateMissing`] for a large one that is not the provider's, [`Refusal::ProviderUnknown`],
    /// [`Error::Storage`].
    pub async fn seal_answer(&self, key: &str, answer: Callback) -> Result<String, Error> {
        let Callback { state, code, error, iss, user } = answer;
        let posted =
            PostedAnswer { key: key.to_owned(), state, code, error, iss, user, at: self.now() };
        let code = posted.code.clone().unwrap_or_default();
        let sealed = self.keys.seal_json("posted-answer", &Carried::Whole(posted))?;
        if sealed.len() <= COOKIE {
            return Ok(sealed);
        }
        let row = self.configuration().provider(&mut self.store.read().await?, key).await?;
        let connector = self.configuration().connector(&row).await?;
        if !connector.way().redirect().is_some_and(|flow| flow.is_genuine(&code)) {
            return Err(Refusal::StateMissing.into());
        }
        let id = token();
        let (hashed, until) = (hash(&id), self.now().saturating_add(TTL));
        self.store
            .write::<_, Error, _>(move |c| {
                Box::pin(async move { Ok(add_flash(c, &hashed, OF_NOBODY, &sealed, until).await?) })
            })
            .await?;
        self.keys.seal_json("posted-answer", &Carried::Row(id))
    }

    /// What was sealed less than a minute ago, for the same provider. What waits in a row is given once.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn open_answer(&self, key: &str, sealed: &str) -> Result<Option<Callback>, Error> {
        let posted = match self.keys.open_json("posted-answer", sealed) {
            Some(Carried::Row(id)) => {
                let (hashed, now) = (hash(&id), self.now());
                let body = self
                    .store
                    .write::<_, Error, _>(move |c| {
                        Box::pin(async move { Ok(take_flash(c, &hashed, OF_NOBODY, now).await?) })
                    })
                    .await?;
                match body.and_then(|body| self.keys.open_json("posted-answer", &body)) {
                    Some(Carried::Whole(posted)) => posted,
                    _ => return Ok(None),
                }
            }
            Some(Carried::Whole(posted)) => posted,
            None => return Ok(None),
        };
        let age = self.now() - posted.at;
        let PostedAnswer { key: of, state, code, error, iss, user, .. } = posted;
        Ok((of == key && (0..TTL).contains(&age)).then_some(Callback {
            state,
            code,
            error,
            iss,
            user,
        }))
    }
}
