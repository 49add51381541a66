//! Leaving for a provider: everything that must come back is sealed into a one-shot cookie; nothing is stored.
use crate::services::SignIn;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{
    EventKind, MINUTE, Micros, ProviderId, Refusal, path::Continuation, provider_health::Asked,
};
use serde::{Deserialize, Serialize};
use storage::Conn;
use upstream::{SignInWay, Start, UpstreamError};
use url::Url;

use crate::{
    Error, RequestContext,
    audit::Event,
    crypto::random::{hash, token},
};

/// Lifetime of a start.
const TTL: Micros = 10 * MINUTE;

/// A start, with where its sign-in leads.
#[derive(Debug, Clone)]
pub(crate) struct LoginState {
    pub provider: ProviderId,
    pub key: String,
    pub state: String,
    pub nonce: String,
    pub verifier: String,
    pub purpose: LoginPurpose,
    pub continuation: Continuation,
    pub at: Micros,
}

/// What the start cookie holds, as short as it can be said: ten tabs may have one each (FR-34).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct SealedStart {
    pub provider: ProviderId,
    pub key: String,
    /// What `state`, `nonce` and the PKCE verifier are made of.
    secret: String,
    /// In base64.
    browser: String,
    pub purpose: LoginPurpose,
    leads: Leads,
    at: Micros,
}

/// What a start cookie says of where its sign-in leads. An application's request stays in its row, so that the cookie is
/// small whatever the application sends along (FR-52).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Leads {
    To(Continuation),
    /// To the request of this row.
    Waits(String),
}

impl From<Continuation> for Leads {
    fn from(continuation: Continuation) -> Self {
        match continuation {
            Continuation::Authorize(request) => match &request.waits {
                Some(waiting) => Self::Waits(waiting.row.clone()),
                None => Self::To(Continuation::Authorize(request)),
            },
            other => Self::To(other),
        }
    }
}

impl SealedStart {
    /// One of the three values that go to the provider. Each is a hash of the cookie's secret, so that none tells another.
    fn part(&self, name: &str) -> String {
        URL_SAFE_NO_PAD.encode(hash(&format!("{name} {}", self.secret)))
    }

    pub fn state(&self) -> String {
        self.part("state")
    }

    /// It was made in this browser.
    pub fn is_of(&self, browser: &[u8]) -> bool {
        self.browser == URL_SAFE_NO_PAD.encode(browser)
    }

    pub fn is_fresh(&self, now: Micros) -> bool {
        now >= self.at - MINUTE && now - self.at < TTL
    }

    fn opened(self, continuation: Continuation) -> LoginState {
        LoginState {
            state: self.state(),
            nonce: self.part("nonce"),
            verifier: self.part("verifier"),
            provider: self.provider,
            key: self.key,
            purpose: self.purpose,
            continuation,
            at: self.at,
        }
    }
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
    /// An administrator's test of the provider, in the session that asked for it.
    Test {
        session: Vec<u8>,
    },
}

impl LoginState {
    /// The provider is asked to authenticate the person anew. A test meets what people meet who sign in.
    pub fn asks_anew(&self) -> bool {
        self.purpose != LoginPurpose::SignIn && !self.is_test()
    }

    /// It is a test of the provider: nothing comes of it but a page.
    pub fn is_test(&self) -> bool {
        matches!(self.purpose, LoginPurpose::Test { .. })
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
    /// An administrator tries the provider, which may be turned off.
    Test,
}

/// A start, or what kept the provider from being asked.
pub(crate) type Begun = Result<Started, (Box<LoginState>, UpstreamError)>;

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
        match self.begin(ctx, key, purpose, continuation).await? {
            Ok(started) => Ok(started),
            Err((start, error)) => Err(self.not_started(ctx, &start, &error).await),
        }
    }

    /// The same; a provider that cannot be asked is told apart from everything else.
    pub(crate) async fn begin(
        &self,
        ctx: &RequestContext,
        key: &str,
        purpose: Purpose,
        continuation: Continuation,
    ) -> Result<Begun, Error> {
        let row = self.configuration().provider(&mut self.store.read().await?, key).await?;
        if !row.enabled && purpose != Purpose::Test {
            return Err(Refusal::ProviderDisabled.into());
        }
        let purpose = self.purpose(ctx, key, purpose).await?;
        let sealed = SealedStart {
            provider: row.id,
            key: row.key.clone(),
            secret: token(),
            browser: URL_SAFE_NO_PAD.encode(&ctx.browser),
            purpose,
            leads: continuation.clone().into(),
            at: self.now(),
        };
        let cookie = self.keys.seal_json("start", &sealed)?;
        let sealed = sealed.opened(continuation);
        let connector = self.connector_for(&row, &sealed).await?;
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
                match self.ask(&row, &sealed, url, |_| Asked::Nothing).await {
                    Ok(url) => url,
                    Err(error) => return Ok(Err((Box::new(sealed), error))),
                }
            }
            // A directory has no pages: its password is typed on one of ours, with the same start behind it.
            SignInWay::Password(_)
                if !sealed.is_test() && self.configuration().is_unavailable(&row) =>
            {
                return Err(Refusal::ProviderDown.into());
            }
            SignInWay::Password(_) => {
                let page = format!("{}/login/directory/{}", self.settings.public_url, row.key);
                Url::parse_with_params(&page, [("state", &sealed.state)])
                    .map_err(|e| Error::Internal(e.to_string()))?
            }
        };
        Ok(Ok(Started { url: AuthorizationUrl(url.into()), id: cookie_id(&sealed.state), cookie }))
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
            Purpose::Test => {
                self.may_test(ctx).await?;
                LoginPurpose::Test { session: session()? }
            }
        })
    }

    pub(crate) fn open_start(&self, cookie: &str) -> Option<SealedStart> {
        self.keys.open_json("start", cookie)
    }

    /// A start with where its sign-in leads. Where the application's request is over, that is a page that says so.
    pub(crate) async fn with_its_way(
        &self,
        c: &mut Conn,
        start: SealedStart,
    ) -> Result<LoginState, Error> {
        let continuation = match start.leads.clone() {
            Leads::To(continuation) => continuation,
            Leads::Waits(row) => match self.waiting_row(c, &row).await? {
                Some(request) => Continuation::Authorize(Box::new(request)),
                None => Continuation::over(),
            },
        };
        Ok(start.opened(continuation))
    }

    /// Where the sign-in of a start leads; nothing where the start was for something in a session.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn continuation_of_start(&self, cookie: &str) -> Result<Option<Continuation>, Error> {
        let usable = self
            .open_start(cookie)
            .filter(|s| s.purpose == LoginPurpose::SignIn && s.is_fresh(self.now()));
        let Some(start) = usable else { return Ok(None) };
        let mut conn = self.store.read().await?;
        Ok(Some(self.with_its_way(&mut conn, start).await?.continuation))
    }
}
