//! An answer that another site posted: sealed for a minute, so that the browser brings it again by itself, with our cookies
//! (OC-15; OAuth 2.0 Form Post Response Mode §2; SAML 2.0 Bindings §3.5). What is too large for a cookie waits in a row.
use domain::{MINUTE, Micros};
use serde::{Deserialize, Serialize};
use storage::sign_in::flash::{add_flash, take_flash};

use crate::{
    Callback, Error,
    crypto::random::{hash, token},
    services::SignIn,
    sign_in::start::is_state,
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
    not_kept: Option<String>,
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
    /// it, so that nobody else fills rows. Of any other the reason goes on, for administrators.
    ///
    /// # Errors
    /// [`domain::Refusal::ProviderUnknown`] for a large one, [`Error::Storage`].
    pub async fn seal_answer(&self, key: &str, answer: Callback) -> Result<String, Error> {
        let Callback { state, code, error, iss, user, not_kept } = answer;
        let (at, of) = (self.now(), key.to_owned());
        let (shown, text) = (state.clone(), code.clone().unwrap_or_default());
        let posted = PostedAnswer { key: of, state, code, error, iss, user, not_kept, at };
        let sealed = self.keys.seal_json("posted-answer", &Carried::Whole(posted))?;
        if sealed.len() <= COOKIE {
            return Ok(sealed);
        }
        let row = self.configuration().provider(&mut self.store.read().await?, key).await?;
        let connector = self.configuration().connector(&row).await?;
        let why = match connector.way().redirect().map(|flow| flow.genuine(&text)) {
            Some(Ok(())) => None,
            Some(Err(error)) => Some(error.to_string()),
            None => Some("too large".to_owned()),
        };
        if why.is_some() {
            let posted = PostedAnswer {
                key: key.to_owned(),
                state: shown.filter(|state| is_state(state)),
                code: None,
                error: None,
                iss: None,
                user: None,
                not_kept: why,
                at,
            };
            return self.keys.seal_json("posted-answer", &Carried::Whole(posted));
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
        let PostedAnswer { key: of, state, code, error, iss, user, not_kept, .. } = posted;
        let answer = Callback { state, code, error, iss, user, not_kept };
        Ok((of == key && (0..TTL).contains(&age)).then_some(answer))
    }
}
