//! Audit events: who, what, when, by which decision; never addresses, subjects or codes in clear.
use crate::core::Core;
use domain::{AccountId, Decision, EventKind, Facts, Named, Outcome};
use serde_json::json;
use storage::{
    Conn, Key, key,
    maintenance::audit::{AuditEvent, add_audit_event},
};

use crate::{Error, crypto::random::row_id, sign_in::upstream_identity::UpstreamIdentity};

/// An event before it has an id and a time.
#[derive(Debug, Clone, Default)]
pub(crate) struct Event {
    pub kind: &'static str,
    pub account: Option<AccountId>,
    /// `person`, `admin:<account>`, `cli`, `system`.
    pub actor: String,
    pub provider: String,
    pub subject_hash: String,
    pub code: String,
    pub support: String,
    pub detail: serde_json::Value,
}

impl Event {
    pub fn new(kind: impl Into<&'static str>) -> Self {
        Self { kind: kind.into(), actor: "person".into(), detail: json!({}), ..Self::default() }
    }

    pub fn account(mut self, account: AccountId) -> Self {
        self.account = Some(account);
        self
    }

    pub fn by(mut self, actor: impl Into<String>) -> Self {
        self.actor = actor.into();
        self
    }

    pub fn code(mut self, code: impl Into<String>) -> Self {
        self.code = code.into();
        self
    }

    pub fn support(mut self, support: &str) -> Self {
        self.support = support.to_owned();
        self
    }

    pub fn detail(mut self, detail: serde_json::Value) -> Self {
        self.detail = detail;
        self
    }
}

/// A decision's trace, as events keep it (I10).
pub(crate) fn trace_of<O: Named>(
    facts: &impl serde::Serialize,
    decision: &domain::decision::Decision<O>,
) -> serde_json::Value {
    json!({"reasons": decision.reasons, "policy_version": decision.policy_version, "outcome": decision.outcome.name(), "facts": facts})
}

impl Core {
    /// Writes an event into the running transaction.
    pub(crate) async fn record(&self, c: &mut Conn, event: Event) -> Result<(), Error> {
        Ok(add_audit_event(c, self.org, &self.event_row(event)).await?)
    }

    /// An event's row, of this moment.
    pub(crate) fn event_row(&self, event: Event) -> AuditEvent {
        let at = self.now();
        AuditEvent {
            id: Key(row_id(at)),
            at,
            kind: event.kind.to_owned(),
            account_id: event.account.map(key),
            actor: event.actor,
            provider: event.provider,
            subject_hash: event.subject_hash,
            code: event.code,
            support_code: event.support,
            detail: event.detail.to_string(),
        }
    }

    /// An event about an identity, with the trace of what was ruled about its account.
    pub(crate) fn ruled<A: Named>(
        &self,
        kind: EventKind,
        identity: &UpstreamIdentity,
        facts: &impl serde::Serialize,
        ruling: &domain::Ruling<A>,
    ) -> Event {
        let code = ruling.outcome.as_ref().err().map(|refusal| refusal.code()).unwrap_or_default();
        self.about(kind, identity, code, true).detail(trace_of(facts, ruling))
    }

    /// An event with the provider, the keyed hash of the subject, and the decision's trace (I10).
    pub(crate) fn decided(
        &self,
        kind: EventKind,
        identity: &UpstreamIdentity,
        facts: &Facts,
        decision: &Decision,
        hashed: bool,
    ) -> Event {
        let code = match &decision.outcome {
            Outcome::Refuse { refusal } => refusal.code(),
            Outcome::Link { notify: true, .. } => "notify",
            _ => "",
        };
        self.about(kind, identity, code, hashed).detail(trace_of(facts, decision))
    }

    fn about(
        &self,
        kind: EventKind,
        identity: &UpstreamIdentity,
        code: &str,
        hashed: bool,
    ) -> Event {
        Event {
            provider: identity.key.clone(),
            subject_hash: if hashed {
                self.keys.pseudonym(&[
                    b"subject",
                    identity.namespace.as_bytes(),
                    identity.assertion.subject.as_bytes(),
                ])
            } else {
                String::new()
            },
            code: code.to_owned(),
            ..Event::new(kind)
        }
    }
}
