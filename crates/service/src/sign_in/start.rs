//! Leaving for a provider: everything that must come back is sealed into a one-shot cookie; nothing is stored.
use crate::services::SignIn;
use domain::{
    EventKind, MINUTE, Micros, ProviderId, Refusal,
    path::{AuthorizeRequest, Continuation},
    provider_health::Asked,
};
use serde::{Deserialize, Serialize};
use upstream::{SignInWay, Start, UpstreamError};
use url::Url;

use crate::{
    Error, RequestContext,
    audit::Event,
    crypto::random::{hash, token},
};

/// Lifetime of a start.
const TTL: Micros = 10 * MINUTE;
/// Lifetime of an application's request while somebody signs in.
const ENTRY_TTL: Micros = 60 * MINUTE;

/// What the start cookie holds.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct LoginState {
    pub provider: ProviderId,
    pub key: String,
    pub state: String,
    pub nonce: String,
    pub verifier: String,
    pub browser: Vec<u8>,
    pub purpose: LoginPurpose,
    pub continuation: Continuation,
    pub at: Micros,
}

/// What a start is for, with what must still be there at the callback.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LoginPurpose {
    SignIn,
    /// Adding a method: by the session that asked, which must still be there (threat rule 7).
    Add {
        session: Vec<u8>,
    },
    /// Signing in once more, for this session.
    Reauthenticate {
        session: Vec<u8>,
    },
    /// Showing another account that is to become part of this session's.
    Merge {
        session: Vec<u8>,
    },
    /// Showing, for this attempt, that an account is one's own (binding by another provider).
    Bind {
        attempt: String,
    },
    /// Showing, on the page of this undo link, an identity that the account had before.
    Undo {
        secret: String,
    },
}

impl LoginState {
    pub fn is_fresh(&self, now: Micros) -> bool {
        now >= self.at - MINUTE && now - self.at < TTL
    }

    /// The provider is asked to authenticate the person anew.
    pub fn asks_anew(&self) -> bool {
        self.purpose != LoginPurpose::SignIn
    }

    /// An event about this start: of the person whose session began it, or of somebody whose account is not known yet.
    pub fn event(&self, ctx: &RequestContext, kind: EventKind) -> Event {
        let event = match &ctx.session {
            Some(session) if self.purpose != LoginPurpose::SignIn => {
                Event::own(ctx, kind, session.account)
            }
            _ => Event::visitor(ctx, kind),
        };
        let client = self.continuation.client_id().unwrap_or_default();
        event.by_provider(self.key.clone()).in_application(client)
    }

    pub fn consumed_hash(&self) -> Vec<u8> {
        hash(&self.state)
    }

    pub fn consumed_until(&self) -> Micros {
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

/// Where a provider, or our page for a directory, asks who somebody is, with the parameters of one start. Nothing but a start makes one, so no text of a
/// form can become a redirect to another site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorizationUrl(String);

impl AuthorizationUrl {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A start: the address to go to, and the cookie to set.
#[derive(Debug, Clone)]
pub struct Started {
    pub url: AuthorizationUrl,
    /// The first characters of the state: the cookie's name ends in them.
    pub id: String,
    pub cookie: String,
}

/// An application's request, sealed for the sign-in pages.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PendingAuthorization {
    pub request: AuthorizeRequest,
    pub at: Micros,
}

/// What people hear of a provider's trouble.
pub(crate) fn refusal_of(error: &UpstreamError) -> Refusal {
    match error {
        UpstreamError::Down(_) => Refusal::ProviderDown,
        UpstreamError::Declined(_) => Refusal::ProviderRefused,
        UpstreamError::Refused(_) | UpstreamError::Answer(_) => Refusal::ProviderAnswer,
    }
}

/// The part of a state that names its cookie.
#[must_use]
pub fn cookie_id(state: &str) -> String {
    state.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-' || *c == '_').take(8).collect()
}

/// Whether a text can be a state of ours: a provider that begins by itself sends none, or a word of its own.
#[must_use]
pub fn is_state(text: &str) -> bool {
    text.len() == 43 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

impl SignIn {
    /// Starts a sign-in, the adding of a method to the session's account, or a proof on the binding page.
    ///
    /// # Errors
    /// [`Refusal::ProviderUnknown`], [`Refusal::ProviderDisabled`], [`Refusal::SessionEnded`] for an add without a session,
    /// [`Refusal::ProviderDown`] when its metadata cannot be read.
    pub async fn start(
        &self,
        ctx: &RequestContext,
        key: &str,
        purpose: Purpose,
        continuation: Continuation,
    ) -> Result<Started, Error> {
        let row = self.configuration().provider(&mut self.store.read().await?, key).await?;
        if !row.enabled {
            return Err(Refusal::ProviderDisabled.into());
        }
        let purpose = self.purpose(ctx, key, purpose).await?;
        let sealed = LoginState {
            provider: row.id,
            key: row.key.clone(),
            state: token(),
            nonce: token(),
            verifier: token(),
            browser: ctx.browser.clone(),
            purpose,
            continuation,
            at: self.now(),
        };
        let connector = self.configuration().connector(&row).await?;
        let redirect_uri = self.configuration().redirect_uri(&row.key);
        let start = Start {
            redirect_uri: &redirect_uri,
            state: &sealed.state,
            nonce: &sealed.nonce,
            verifier: &sealed.verifier,
            fresh: sealed.asks_anew(),
            choose: matches!(sealed.purpose, LoginPurpose::Add { .. }),
            now: self.now(),
        };
        let url = match connector.way() {
            // That an address could be made says nothing: what it is made of was perhaps read long ago.
            SignInWay::Redirect(flow) => {
                let url = flow.authorization_url(start);
                match self.configuration().ask_provider(&row, url, |_| Asked::Nothing).await {
                    Ok(url) => url,
                    Err(error) => return Err(self.not_started(ctx, &sealed, &error).await),
                }
            }
            // A directory has no pages: its password is typed on one of ours, with the same start behind it.
            SignInWay::Password(_) if self.configuration().is_unavailable(&row) => {
                return Err(Refusal::ProviderDown.into());
            }
            SignInWay::Password(_) => {
                let page = format!("{}/login/directory/{}", self.settings.public_url, row.key);
                Url::parse_with_params(&page, [("state", &sealed.state)])
                    .map_err(|e| Error::Internal(e.to_string()))?
            }
        };
        let cookie = self.keys.seal_json("start", &sealed)?;
        Ok(Started { url: AuthorizationUrl(url.into()), id: cookie_id(&sealed.state), cookie })
    }

    /// A provider that cannot be started. Anybody may press its button as often as they like, so that one network is told
    /// of once a minute; its people see the same support code meanwhile, and it finds that event (RL-14).
    async fn not_started(
        &self,
        ctx: &RequestContext,
        start: &LoginState,
        error: &UpstreamError,
    ) -> Error {
        tracing::warn!(provider.key = start.key, %error, "a provider cannot be started");
        let (refusal, minute) = (refusal_of(error), self.now() / MINUTE);
        let key = [start.key.as_bytes(), refusal.code().as_bytes(), ctx.network.as_bytes()];
        let minute = minute.to_be_bytes();
        let [provider, code, network] = key;
        let named = self.keys.lookup(&[b"not-started", provider, code, network, &minute]);
        let support: String = domain::one_time_code::encode(&named).chars().take(10).collect();
        let event = start
            .event(ctx, EventKind::SignInRefused)
            .code(refusal.code())
            .support(&support)
            .detail(serde_json::json!({ "why": error.to_string() }));
        let once = self.codes().limit(&[b"not-started".as_slice(), &named], 1, MINUTE);
        let this = self.clone();
        let told = self
            .store
            .write::<_, Error, _>(move |c| {
                Box::pin(async move {
                    if once.take(c, this.now()).await?.is_some() {
                        this.record(c, event).await?;
                    }
                    Ok(())
                })
            })
            .await;
        told.map_or_else(|error| error, |()| Error::Refused { refusal, support })
    }

    /// What the start cookie says of the purpose. Adding is asked for recency before the way there, so that nobody goes
    /// it for nothing; the decision asks again.
    async fn purpose(
        &self,
        ctx: &RequestContext,
        key: &str,
        purpose: Purpose,
    ) -> Result<LoginPurpose, Error> {
        let session = || ctx.signed_in().map(|session| session.hash.clone());
        Ok(match purpose {
            Purpose::SignIn => LoginPurpose::SignIn,
            Purpose::Add => {
                let policy = self
                    .configuration()
                    .policy_context(&mut self.store.read().await?, None)
                    .await?
                    .policy(Some(key));
                if !ctx.signed_in()?.is_reauthenticated(self.now(), &policy) {
                    return Err(Refusal::NotRecent.into());
                }
                LoginPurpose::Add { session: session()? }
            }
            Purpose::Confirm => LoginPurpose::Reauthenticate { session: session()? },
            Purpose::Merge => LoginPurpose::Merge { session: session()? },
            Purpose::Bind(attempt) => LoginPurpose::Bind { attempt },
            Purpose::Undo(secret) => LoginPurpose::Undo { secret },
        })
    }

    pub(crate) fn open_start(&self, cookie: &str) -> Option<LoginState> {
        self.keys.open_json("start", cookie)
    }

    /// Where the sign-in of a start leads; nothing where the start was for something in a session.
    #[must_use]
    pub fn continuation_of_start(&self, cookie: &str) -> Option<Continuation> {
        let start = self.open_start(cookie)?;
        (start.purpose == LoginPurpose::SignIn && start.is_fresh(self.now()))
            .then_some(start.continuation)
    }

    /// Seals an application's request for the entry cookie: its id and text; `None` when it is too large for a cookie.
    ///
    /// # Errors
    /// [`Error::Internal`] when sealing fails.
    pub fn seal_entry(&self, request: AuthorizeRequest) -> Result<Option<(String, String)>, Error> {
        let id = cookie_id(&token());
        let text = self
            .keys
            .seal_json(&format!("entry-{id}"), &PendingAuthorization { request, at: self.now() })?;
        Ok((text.len() <= 3500).then_some((id, text)))
    }

    /// Where a sign-in with this entry leads.
    #[must_use]
    pub fn open_entry(&self, id: &str, cookie: &str) -> Option<AuthorizeRequest> {
        self.begun_at(id, cookie)
            .filter(|(at, _)| self.now() - at < ENTRY_TTL)
            .map(|(_, request)| request)
    }

    /// The request of an entry that may be over, and when it began.
    #[must_use]
    pub fn begun_at(&self, id: &str, cookie: &str) -> Option<(Micros, AuthorizeRequest)> {
        let entry: PendingAuthorization = self.keys.open_json(&format!("entry-{id}"), cookie)?;
        Some((entry.at, entry.request))
    }
}
