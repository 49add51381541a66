//! Who asks: a browser, perhaps with a session.
use domain::{AccountId, LinkId, Micros, path::Continuation};

use crate::arrive::client_of;

/// A request's sender, as the web layer found it.
#[derive(Debug, Clone, Default)]
pub struct Visitor {
    /// Hash of the browser-binding cookie.
    pub browser: Vec<u8>,
    /// Browser and system, in a few words.
    pub agent: String,
    /// The /24 or /48 network of the address.
    pub network: String,
    /// `en`, `de` or `zh-CN`.
    pub locale: String,
    pub session: Option<Caller>,
    /// The application that the person is on the way to: mails come from its sender (GO-34).
    pub on_way_to: Option<String>,
}

impl Visitor {
    /// The same visitor, on the way that a continuation leads.
    pub(crate) fn on_way(&self, to: &Continuation) -> Self {
        Self { on_way_to: client_of(to), ..self.clone() }
    }
}

/// A live session.
#[derive(Debug, Clone)]
pub struct Caller {
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
}
