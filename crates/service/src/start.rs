//! Leaving for a provider: everything that must come back is sealed into a one-shot cookie; nothing is stored.
use domain::{
    MINUTE, Micros, ProviderId, Refusal,
    path::{AuthorizeRequest, Continuation},
};
use serde::{Deserialize, Serialize};
use upstream::{Start, UpstreamError};

use crate::{
    Fault, Ligature, Visitor,
    chance::{hash, token},
};

/// Lifetime of a start.
const TTL: Micros = 10 * MINUTE;
/// Lifetime of an application's request while somebody signs in.
const ENTRY_TTL: Micros = 60 * MINUTE;

/// What the start cookie holds.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Sealed {
    pub provider: ProviderId,
    pub key: String,
    pub state: String,
    pub nonce: String,
    pub verifier: String,
    pub browser: Vec<u8>,
    /// For adding: the session that asked, and must still be there at the callback (threat rule 7).
    pub add: Option<Vec<u8>>,
    /// For confirming: the session that asked, likewise.
    #[serde(default)]
    pub confirm: Option<Vec<u8>>,
    /// For showing another account that is to become part of the session's: the session, likewise.
    #[serde(default)]
    pub merge: Option<Vec<u8>>,
    /// The attempt that this sign-in shows an account for (binding by another provider).
    #[serde(default)]
    pub bind: Option<String>,
    /// The undo link whose page this sign-in shows an identity from before to.
    #[serde(default)]
    pub undo: Option<String>,
    pub continuation: Continuation,
    pub at: Micros,
}

impl Sealed {
    pub fn is_fresh(&self, now: Micros) -> bool {
        now >= self.at - MINUTE && now - self.at < TTL
    }

    /// The provider is asked to authenticate the person anew.
    pub fn asks_anew(&self) -> bool {
        self.add.is_some() || self.confirm.is_some() || self.merge.is_some() || self.bind.is_some() || self.undo.is_some()
    }

    pub fn spent_hash(&self) -> Vec<u8> {
        hash(&self.state)
    }

    pub fn spent_until(&self) -> Micros {
        self.at + TTL + MINUTE
    }
}

/// What a start is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    SignIn,
    /// Adding a method to the session's account.
    Add,
    /// Signing in once more in the session, before something that needs it (MA-09).
    Confirm,
    /// Showing another account, to merge it into the session's.
    Merge,
    /// Showing, on the binding page of this attempt, that an account is one's own.
    Bind(String),
    /// Showing, on the page of this undo link, an identity that the account had before.
    Undo(String),
}

/// A start: the address to go to, and the cookie to set.
#[derive(Debug, Clone)]
pub struct Started {
    pub url: String,
    /// The first characters of the state: the cookie's name ends in them.
    pub id: String,
    pub cookie: String,
}

/// An application's request, sealed for the sign-in pages.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Entry {
    pub request: AuthorizeRequest,
    pub at: Micros,
}

/// The part of a state that names its cookie.
#[must_use]
pub fn cookie_id(state: &str) -> String {
    state.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-' || *c == '_').take(8).collect()
}

impl Ligature {
    /// Starts a sign-in, the adding of a method to the session's account, or a proof on the binding page.
    ///
    /// # Errors
    /// [`Refusal::ProviderUnknown`], [`Refusal::ProviderDisabled`], [`Refusal::SessionEnded`] for an add without a session,
    /// [`Refusal::ProviderDown`] when its metadata cannot be read.
    pub async fn start(&self, visitor: &Visitor, key: &str, purpose: Purpose, continuation: Continuation) -> Result<Started, Fault> {
        let row = self.provider(&mut self.store.read().await?, key).await?;
        if !row.enabled {
            return Err(Refusal::ProviderDisabled.into());
        }
        let merge = visitor.session.as_ref().filter(|_| matches!(purpose, Purpose::Merge)).map(|caller| caller.hash.clone());
        let undo = if let Purpose::Undo(secret) = &purpose { Some(secret.clone()) } else { None };
        let (add, confirm, bind) = match (purpose, &visitor.session) {
            (Purpose::SignIn | Purpose::Undo(_), _) => (None, None, None),
            (Purpose::Bind(attempt), _) => (None, None, Some(attempt)),
            (Purpose::Add, Some(caller)) => {
                // Asked before the way there, so that nobody goes it for nothing; the decision asks again.
                let policy = self.ground(&mut self.store.read().await?, None).await?.policy(Some(key));
                if !Self::recent(caller, self.now(), &policy) {
                    return Err(Refusal::NotRecent.into());
                }
                (Some(caller.hash.clone()), None, None)
            }
            (Purpose::Confirm, Some(caller)) => (None, Some(caller.hash.clone()), None),
            (Purpose::Merge, Some(_)) => (None, None, None),
            (Purpose::Add | Purpose::Confirm | Purpose::Merge, None) => return Err(Refusal::SessionEnded.into()),
        };
        let sealed = Sealed {
            provider: row.id,
            key: row.key.clone(),
            state: token(),
            nonce: token(),
            verifier: token(),
            browser: visitor.browser.clone(),
            add,
            confirm,
            merge,
            bind,
            undo,
            continuation,
            at: self.now(),
        };
        let connector = self.connector(&row).await?;
        let redirect_uri = self.redirect_uri(&row.key);
        let start =
            Start { redirect_uri: &redirect_uri, state: &sealed.state, nonce: &sealed.nonce, verifier: &sealed.verifier, fresh: sealed.asks_anew(), choose: sealed.add.is_some(), now: self.now() };
        let url = connector.authorization_url(start).await.map_err(|error| {
            tracing::warn!(provider.key = row.key, %error, "a provider cannot be started");
            Fault::from(match error {
                UpstreamError::Down(_) => Refusal::ProviderDown,
                UpstreamError::Refused(_) | UpstreamError::Answer(_) => Refusal::ProviderAnswer,
            })
        })?;
        let cookie = self.vault.seal_json("start", &sealed)?;
        Ok(Started { url: url.into(), id: cookie_id(&sealed.state), cookie })
    }

    pub(crate) fn open_start(&self, cookie: &str) -> Option<Sealed> {
        self.vault.open_json("start", cookie)
    }

    /// Seals an application's request for the entry cookie: its id and text; `None` when it is too large for a cookie.
    ///
    /// # Errors
    /// [`Fault::Internal`] when sealing fails.
    pub fn seal_entry(&self, request: AuthorizeRequest) -> Result<Option<(String, String)>, Fault> {
        let id = cookie_id(&token());
        let text = self.vault.seal_json(&format!("entry-{id}"), &Entry { request, at: self.now() })?;
        Ok((text.len() <= 3500).then_some((id, text)))
    }

    /// Where a sign-in with this entry leads.
    #[must_use]
    pub fn open_entry(&self, id: &str, cookie: &str) -> Option<AuthorizeRequest> {
        let entry: Entry = self.vault.open_json(&format!("entry-{id}"), cookie)?;
        (self.now() - entry.at < ENTRY_TTL).then_some(entry.request)
    }
}
