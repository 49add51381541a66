//! Audit events: who, what, when, by which decision; never addresses, subjects or codes in clear.
use domain::{
    AccountId, Decision, EventKind, Facts, Named, Outcome,
    audit_events::{Actor, ActorKind, Target, says_enough},
};
use serde_json::json;
use storage::{
    Conn, Key, key,
    maintenance::audit::{AuditEvent, add_audit_event},
};

use crate::{
    Error,
    core::Core,
    crypto::random::{random_bytes, row_id},
    request::{RequestContext, SessionInfo},
    sign_in::upstream_identity::UpstreamIdentity,
};

/// An event before it has an id and a time. Who did it and to what is asked for when it is made, so that no place can
/// forget either (AD-06).
#[derive(Debug, Clone)]
pub(crate) struct Event {
    kind: EventKind,
    actor: Actor,
    target: Target,
    provider: String,
    application: String,
    /// The /24 or /48 network that it came from; empty for the server's own.
    network: String,
    subject_hash: String,
    code: String,
    support: String,
    detail: serde_json::Value,
}

impl Event {
    fn new(kind: EventKind, actor: Actor, target: Target) -> Self {
        Self {
            kind,
            actor,
            target,
            provider: String::new(),
            application: String::new(),
            network: String::new(),
            subject_hash: String::new(),
            code: String::new(),
            support: String::new(),
            detail: json!({}),
        }
    }

    /// Something that came with a request.
    pub fn of<S>(ctx: &RequestContext<S>, kind: EventKind, actor: Actor, target: Target) -> Self {
        Self {
            network: ctx.network.clone(),
            application: ctx.requesting_client.clone().unwrap_or_default(),
            ..Self::new(kind, actor, target)
        }
    }

    /// What a person did with their own account.
    pub fn own<S>(ctx: &RequestContext<S>, kind: EventKind, account: AccountId) -> Self {
        Self::of(ctx, kind, Actor::Person(account), Target::Account(account))
    }

    /// What a person did in their session, where the request itself is not at hand.
    pub fn in_session(session: &SessionInfo, kind: EventKind, target: Target) -> Self {
        Self {
            network: session.network.clone(),
            ..Self::new(kind, Actor::Person(session.account), target)
        }
    }

    /// What a program did.
    pub fn program(kind: EventKind, target: Target) -> Self {
        Self::new(kind, Actor::Program, target)
    }

    /// A sign-in that became nobody's.
    pub fn visitor<S>(ctx: &RequestContext<S>, kind: EventKind) -> Self {
        Self::of(ctx, kind, Actor::Visitor, Target::SignIn)
    }

    /// What a provider said, without a request of anybody's.
    pub fn provider(kind: EventKind, target: Target) -> Self {
        Self::new(kind, Actor::Provider, target)
    }

    /// What the server did by itself.
    pub fn system(kind: EventKind, target: Target) -> Self {
        Self::new(kind, Actor::System, target)
    }

    /// What the operator did, by the command line.
    pub fn operator(kind: EventKind, target: Target) -> Self {
        Self::new(kind, Actor::Operator, target)
    }

    /// Who did it.
    pub fn actor(&self) -> Actor {
        self.actor
    }

    /// The same about another target.
    pub fn about(self, target: Target) -> Self {
        Self { target, ..self }
    }

    /// By which provider or method, by its key.
    pub fn by_provider(self, key: impl Into<String>) -> Self {
        Self { provider: key.into(), ..self }
    }

    /// In or for which application, by its client id.
    pub fn in_application(self, client: impl Into<String>) -> Self {
        Self { application: client.into(), ..self }
    }

    /// The keyed hash of the identity's subject, or the name under which a deleted account's events stay.
    pub fn subject(self, subject_hash: String) -> Self {
        Self { subject_hash, ..self }
    }

    pub fn code(self, code: impl Into<String>) -> Self {
        Self { code: code.into(), ..self }
    }

    pub fn support(self, support: &str) -> Self {
        Self { support: support.to_owned(), ..self }
    }

    pub fn detail(self, detail: serde_json::Value) -> Self {
        Self { detail, ..self }
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
        debug_assert!(says_enough(event.kind, &event.target), "{} has no target", event.kind);
        let (at, acting) = (self.now(), event.actor.account());
        let account = match event.target {
            Target::Account(id) => Some(id),
            // What somebody did elsewhere stands in their own timeline.
            _ => acting.filter(|_| event.actor.kind() == ActorKind::Person),
        };
        AuditEvent {
            id: Key(row_id(at)),
            at,
            kind: event.kind.name().to_owned(),
            account_id: account.map(key),
            actor: event.actor.kind().name().to_owned(),
            actor_id: acting.filter(|id| account != Some(*id)).map(key),
            target_kind: event.target.kind().name().to_owned(),
            target: event.target.name().to_owned(),
            provider: event.provider,
            application: event.application,
            network: event.network,
            outcome: event.kind.outcome().name().to_owned(),
            subject_hash: event.subject_hash,
            code: event.code,
            support_code: event.support,
            detail: event.detail.to_string(),
            salt: Some(random_bytes::<16>().to_vec()),
            withheld: None,
        }
    }

    /// Gives an event about an identity the trace of what was ruled about its account.
    pub(crate) fn ruled<A: Named>(
        &self,
        event: Event,
        identity: &UpstreamIdentity,
        facts: &impl serde::Serialize,
        ruling: &domain::Ruling<A>,
    ) -> Event {
        let code = ruling.outcome.as_ref().err().map(|refusal| refusal.code()).unwrap_or_default();
        self.of_identity(event, identity, code, true).detail(trace_of(facts, ruling))
    }

    /// Gives an event the provider, the keyed hash of the subject, and the decision's trace (I10).
    pub(crate) fn decided(
        &self,
        event: Event,
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
        self.of_identity(event, identity, code, hashed).detail(trace_of(facts, decision))
    }

    fn of_identity(
        &self,
        event: Event,
        identity: &UpstreamIdentity,
        code: &str,
        hashed: bool,
    ) -> Event {
        let subject = if hashed {
            self.keys.pseudonym(&[
                b"subject",
                identity.namespace.as_bytes(),
                identity.assertion.subject.as_bytes(),
            ])
        } else {
            String::new()
        };
        event.by_provider(identity.key.clone()).subject(subject).code(code)
    }
}
