//! Who asks: a browser, perhaps with a session.
use domain::{AccountId, LinkId, MINUTE, Micros, Policy, Refusal, SECOND, path::Continuation};
use storage::sign_in::sessions::Session;

/// How long a sign-in counts as recent, unless the policy wants it shorter.
const RECENT: Micros = 10 * MINUTE;

/// A request's sender, as the web layer found it.
#[derive(Debug, Clone)]
pub struct RequestContext<S = SessionInfo> {
    /// Hash of the browser-binding cookie.
    pub browser: Vec<u8>,
    /// Browser and system, in a few words.
    pub agent: String,
    /// The /24 or /48 network of the address.
    pub network: String,
    /// `en`, `de` or `zh-CN`.
    pub locale: String,
    /// For pages a hint; in a transaction the session as it is there.
    pub session: Option<S>,
    /// The application that the person is on the way to: mails come from its sender (GO-34).
    pub requesting_client: Option<String>,
}

impl<S> Default for RequestContext<S> {
    fn default() -> Self {
        Self {
            browser: Vec::new(),
            agent: String::new(),
            network: String::new(),
            locale: String::new(),
            session: None,
            requesting_client: None,
        }
    }
}

impl<S: Clone> RequestContext<S> {
    /// The same visitor, on the way that a continuation leads.
    pub(crate) fn for_continuation(&self, to: &Continuation) -> Self {
        Self { requesting_client: to.client_id().map(str::to_owned), ..self.clone() }
    }
}

/// A session as it was when the request came: enough for pages. What changes something reads it again.
#[derive(Debug, Clone)]
pub struct SessionInfo {
    pub account: AccountId,
    pub name: String,
    /// Hash of the session cookie.
    pub hash: Vec<u8>,
    /// The name by which the person can end it.
    pub public_id: String,
    /// `password` or the provider's key.
    pub method: String,
    pub link: Option<LinkId>,
    pub auth_at: Micros,
    /// The second factor that the session stands on; empty: none.
    pub factor: String,
    /// The name that applications know the session by; it stays when the session goes on under a new id.
    pub sid: String,
    /// The /24 or /48 network that opened it.
    pub network: String,
    /// The provider's session that it began in, as a keyed hash.
    pub provider_sid: Option<Vec<u8>>,
}

impl SessionInfo {
    /// A session's row, its account's name and its cookie's hash.
    pub(crate) fn of(row: Session, name: String, hash: Vec<u8>) -> Self {
        Self {
            account: row.account_id,
            name,
            hash,
            public_id: row.public_id,
            method: row.method,
            link: row.link_id.map(Into::into),
            auth_at: row.auth_at,
            factor: row.factor,
            sid: row.sid,
            network: row.network,
            provider_sid: row.provider_sid,
        }
    }
}

impl RequestContext {
    /// The session, as it was when the request came.
    ///
    /// # Errors
    /// [`Refusal::SessionEnded`] without one.
    pub fn signed_in(&self) -> Result<&SessionInfo, Refusal> {
        self.session.as_ref().ok_or(Refusal::SessionEnded)
    }
}

impl SessionInfo {
    /// Whether the session's last authentication is recent at a moment.
    pub(crate) fn is_reauthenticated(&self, at: Micros, policy: &Policy) -> bool {
        at - self.auth_at <= RECENT.min(policy.floors.session_age.saturating_mul(SECOND))
    }
}
