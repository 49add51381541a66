//! An identity has arrived: decide in the committing transaction, and do what the decision says.
use std::sync::Arc;

use domain::{
    Decision, Facts, Outcome, Policy, Proof, Refusal,
    account_rules::rewind::Changed,
    attempt::{Kept, State},
    facts::Act,
    linking::EmailStep,
    path::Continuation,
    policy::AbandonAudit,
};
use storage::{
    Conn,
    accounts::links::touch_link,
    sign_in::attempts::{Attempt, add_attempt, spend_state},
};

use crate::{
    Fault, Ligature, Visitor,
    account::changes::{ProfileChange, doer},
    attempt::{Deed, Opened, blank},
    crypto::random::{hash, support_code, token},
    notifications::messages::Kind,
    policy::context::Ground,
    sign_in::{facts::Ask, sessions::Opening, start::Sealed, upstream_identity::Held},
    transaction::Acting,
};

/// Where the browser goes next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// A path of ours.
    Local(String),
    /// An application's registered redirect URI with its parameters.
    Application(String),
}

/// What came of a step.
#[derive(Debug, Clone)]
pub enum Arrival {
    /// Signed in: the new session's secret for the cookie, and what comes next.
    SignedIn { secret: String, continuation: Continuation, method: String },
    /// A page of the attempt.
    Page { id: String, page: &'static str },
    /// The session stays; what it was about goes on.
    Continue { caller: Box<crate::Caller>, continuation: Continuation },
    /// Something from before was shown: back to the page of the undo link.
    Undo { secret: String },
    /// Begin a sign-in by a method that exists; the application's request goes along.
    SignInAgain { continuation: Continuation },
}

/// A decision with everything that applying it takes.
#[derive(Clone, Copy)]
pub(crate) struct Applying<'a> {
    pub visitor: &'a Acting,
    pub held: &'a Held,
    pub continuation: &'a Continuation,
    pub facts: &'a Facts,
    pub ground: &'a Ground,
    pub policy: &'a Arc<Policy>,
    pub decision: &'a Decision,
    /// What was given in the attempt beside the act.
    pub kept: &'a Kept,
    /// The attempt that it ends; a refusal at the callback has none.
    pub attempt: Option<&'a Opened>,
}

/// The application that waits for the sign-in.
pub(crate) fn client_of(continuation: &Continuation) -> Option<String> {
    match continuation {
        Continuation::Authorize(request) | Continuation::Recovered(request) => Some(request.client_id.clone()),
        Continuation::Device { client_id, .. } => Some(client_id.clone()),
        Continuation::Account | Continuation::Admin | Continuation::Path(_) => None,
    }
}

/// The result of a transaction: what to answer, or a refusal that was committed with its audit event.
pub(crate) type Settled = Result<Arrival, (Refusal, String)>;

impl Ligature {
    /// A fresh assertion at the callback.
    pub(crate) async fn arrive(&self, visitor: &Visitor, held: Held, start: Sealed) -> Result<Arrival, Fault> {
        self.settle(visitor, move |this, c, visitor| {
            let (held, start) = (held.clone(), start.clone());
            Box::pin(async move { this.arrive_in(c, &visitor, &held, &start).await })
        })
        .await
    }

    async fn arrive_in(&self, c: &mut Conn, visitor: &Acting, held: &Held, start: &Sealed) -> Result<Settled, Fault> {
        let visitor = &visitor.on_way(&start.continuation);
        if !spend_state(c, &start.spent_hash(), start.spent_until()).await? {
            return Err(Refusal::StateReplayed.into());
        }
        let ground = self.hold(c, held, client_of(&start.continuation).as_deref()).await?;
        if !ground.still_says(held) {
            return Err(Refusal::PolicyChanged.into());
        }
        if let Some(attempt) = &start.bind {
            return self.bind_by_identity(c, visitor, attempt, held).await;
        }
        if let Some(secret) = &start.undo {
            return self.undo_by_identity(c, visitor, held, secret, start).await;
        }
        if let Some(session) = &start.merge {
            return self.merge_by_identity(c, visitor, held, session).await;
        }
        if let Some(session) = &start.confirm {
            return self.confirm_by_identity(c, visitor, held, session, start).await;
        }
        let kept = Kept::default();
        let ask = match (&start.add, &visitor.session) {
            (None, _) => Ask::SignIn { act: Act::Arrived, proven: false, kept: &kept },
            (Some(hash), Some(caller)) if *hash == caller.hash => Ask::Add { account: caller.account, recent: Self::recent(caller, start.at, &ground.policy(Some(&held.key))) },
            (Some(_), _) => return Err(Refusal::SessionEnded.into()),
        };
        let (facts, policy, decision) = self.decide_on(c, held, ask, &ground).await?;
        if let Some(state) = self.entered(c, held, &decision.outcome, None, &Deed::new(Act::Arrived, false)).await? {
            let (id, hash) = self.begin_attempt(c, visitor, "sign_in", &state, Some(held), &start.continuation).await?;
            let row = Attempt { hash, browser: visitor.browser.clone(), ..blank(self.now()) };
            self.send_code(c, visitor, &row, &state, held, &policy).await?;
            return Ok(Ok(Arrival::Page { id, page: state.page() }));
        }
        self.apply(c, &Applying { visitor, held, continuation: &start.continuation, facts: &facts, ground: &ground, policy: &policy, decision: &decision, kept: &kept, attempt: None }).await
    }

    /// Applies a decision that ends the journey; the others are pages of an attempt.
    pub(crate) async fn apply(&self, c: &mut Conn, a: &Applying<'_>) -> Result<Settled, Fault> {
        let Applying { visitor, held, continuation, facts, ground, policy, decision, .. } = *a;
        let event = |kind| self.decided(kind, held, facts, decision, true);
        let now = self.now();
        let sync = &policy.choices.sync;
        let spoken = facts.provider.is_some_and(|p| p.second_factor);
        let factor = a.kept.factor.as_ref().map_or_else(|| if spoken { "provider".to_owned() } else { String::new() }, |(_, by)| by.clone());
        let opening = |account, link, kind: &'static str, auth_at| Opening { account, method: held.key.clone(), link, provider: Some(held.provider), kind, auth_at, factor: factor.clone() };
        let signed_in = |secret| Ok(Ok(Arrival::SignedIn { secret, continuation: continuation.clone(), method: held.key.clone() }));
        match &decision.outcome {
            Outcome::SignIn { account, email } => {
                let link = facts.known.and_then(|k| k.link);
                if let Some(link) = link
                    && touch_link(c, link, &self.sealed_claims(held)?, now).await? == 0
                {
                    return Err(storage::Error::Changed.into());
                }
                self.restore_if_closing(c, visitor, facts).await?;
                self.sync_profile(c, *account, held, policy, &sync.on_login, ground).await?;
                if *email == EmailStep::Overwrite {
                    self.overwrite_email(c, visitor, *account, held, facts.trust).await?;
                }
                self.keep_given(c, *account, a.kept).await?;
                self.record(c, event("session.started").account(*account)).await?;
                let secret = self.open_session(c, visitor, ground, &opening(*account, link, "sign_in", now)).await?;
                if *email == EmailStep::Ask {
                    let id = self.ask_about_email(c, visitor, *account, held, continuation).await?;
                    let page = domain::path::SafePath::parse(&format!("/attempt/{id}/email")).map_err(|_| Fault::Internal("an attempt's path".into()))?;
                    return Ok(Ok(Arrival::SignedIn { secret, continuation: Continuation::Path(page), method: held.key.clone() }));
                }
                signed_in(secret)
            }
            Outcome::Create => {
                let (account, link) = self.open_account(c, visitor, held, facts.trust).await?;
                self.sync_profile(c, account, held, policy, &sync.on_create, ground).await?;
                self.keep_given(c, account, a.kept).await?;
                self.record(c, event("account.created").account(account)).await?;
                signed_in(self.open_session(c, visitor, ground, &opening(account, Some(link), "sign_in", now)).await?)
            }
            Outcome::Link { account, basis, notify } => {
                let (link, changing) = self.link_identity(c, *account, held, basis).await?;
                if matches!(facts.act, Act::Proved(_, proof, _) if proof >= Proof::Credential) {
                    self.settle_with(c, *account, held).await?;
                }
                let before = self.sync_profile(c, *account, held, policy, &sync.on_link, ground).await?;
                let by = visitor.session.as_ref().map_or_else(|| format!("sign-in:{}", held.key), |_| doer(visitor));
                let noted = self.changed(c, changing, Changed::Link, &by, ProfileChange { provider: held.key.clone(), before }).await?;
                self.keep_given(c, *account, a.kept).await?;
                self.record(c, event("link.added").account(*account)).await?;
                if *notify {
                    self.tell(c, *account, Kind::LinkNotice, visitor, &held.provider_name, &held.label(), noted.as_ref()).await?;
                }
                let secret = self.session_after_link(c, visitor, ground, policy, opening(*account, Some(link), "sign_in", now)).await?;
                signed_in(secret)
            }
            Outcome::Reclaim { account } => {
                let link = self.reclaim_account(c, *account, held, a.kept.password.as_deref()).await?;
                self.sync_profile(c, *account, held, policy, &sync.on_create, ground).await?;
                self.keep_given(c, *account, a.kept).await?;
                self.record(c, event("account.reclaimed").account(*account)).await?;
                signed_in(self.open_session(c, visitor, ground, &opening(*account, Some(link), "sign_in", now)).await?)
            }
            Outcome::AlreadyLinked => signed_in(self.open_session(c, visitor, ground, &Opening::kept(visitor.session()?)).await?),
            Outcome::Abandon => {
                let hashed = policy.choices.abandon_audit == AbandonAudit::Hashed;
                self.record(c, self.decided("attempt.abandoned", held, facts, decision, hashed)).await?;
                Ok(Ok(Arrival::SignInAgain { continuation: continuation.clone() }))
            }
            Outcome::Refuse { refusal } => {
                let support = a.attempt.map_or_else(support_code, |open| open.row.support_code.clone());
                self.record(c, event("signin.refused").support(&support)).await?;
                // An application waits for an answer: the page that refuses also leads back to it (GV-20).
                match (a.attempt, continuation) {
                    (None, Continuation::Authorize(_) | Continuation::Recovered(_)) => {
                        let state = State::Refused { refusal: *refusal };
                        let (id, _) = self.begin_refused(c, visitor, &state, continuation, &support).await?;
                        Ok(Ok(Arrival::Page { id, page: state.page() }))
                    }
                    (Some(open), Continuation::Authorize(_) | Continuation::Recovered(_)) => Ok(Ok(Arrival::Page { id: open.secret.clone(), page: "over" })),
                    _ => Ok(Err((*refusal, support))),
                }
            }
            Outcome::Choose(_)
            | Outcome::Confirm
            | Outcome::Challenge { .. }
            | Outcome::Bind { .. }
            | Outcome::FinishSignup { .. }
            | Outcome::SecondFactor { .. }
            | Outcome::Details { .. }
            | Outcome::Restore { .. }
            | Outcome::Merge
            | Outcome::Remove { .. }
            | Outcome::UpdateEmail
            | Outcome::Confirmed
            | Outcome::Change
            | Outcome::TakePhone { .. }
            | Outcome::Undo => Err(Fault::Internal("this outcome is a page, not an end".into())),
        }
    }

    /// After a link the session stands on the new identity, or stays where it was; its id changes in every case (GO-32, SB-01).
    async fn session_after_link(&self, c: &mut Conn, visitor: &Acting, ground: &Ground, policy: &Policy, fresh: Opening) -> Result<String, Fault> {
        let own = visitor.session.as_ref().filter(|caller| caller.account == fresh.account);
        let opening = match (own, policy.choices.after_add) {
            (Some(caller), domain::policy::AfterAdd::Keep) => Opening::kept(caller),
            (Some(caller), domain::policy::AfterAdd::Switch) => Opening { kind: "add", auth_at: caller.auth_at, factor: caller.factor.clone(), ..fresh },
            (None, _) => fresh,
        };
        self.open_session(c, visitor, ground, &opening).await
    }

    /// Writes a new attempt; answers its secret id and its row's hash. The tries of a code come with its challenge.
    pub(crate) async fn begin_attempt(&self, c: &mut Conn, visitor: &Acting, kind: &str, state: &State, held: Option<&Held>, continuation: &Continuation) -> Result<(String, Vec<u8>), Fault> {
        self.write_attempt(c, visitor, kind, state, held, continuation, domain::one_time_code::TRIES, support_code()).await
    }

    /// An attempt that is over before it began: the page that refuses, with the way back to the application.
    async fn begin_refused(&self, c: &mut Conn, visitor: &Acting, state: &State, continuation: &Continuation, support: &str) -> Result<(String, Vec<u8>), Fault> {
        self.write_attempt(c, visitor, "sign_in", state, None, continuation, 0, support.to_owned()).await
    }

    #[expect(clippy::too_many_arguments, reason = "a row has this many values")]
    async fn write_attempt(
        &self,
        c: &mut Conn,
        visitor: &Acting,
        kind: &str,
        state: &State,
        held: Option<&Held>,
        continuation: &Continuation,
        tries: i32,
        support: String,
    ) -> Result<(String, Vec<u8>), Fault> {
        let (id, now) = (token(), self.now());
        let hashed = hash(&id);
        let assertion = match held {
            Some(held) => Some(self.seal_held(&hashed, held)?),
            None => None,
        };
        let row = Attempt {
            hash: hashed.clone(),
            browser: visitor.browser.clone(),
            kind: kind.to_owned(),
            state: serde_json::to_string(state)?,
            rev: 1,
            assertion,
            identity: held.map(|held| self.identity_hash(held)),
            continuation: serde_json::to_string(continuation)?,
            support_code: support,
            flash: String::new(),
            tries_left: tries,
            created_at: now,
            expires_at: now + domain::attempt::TTL,
        };
        add_attempt(c, self.org, &row, &state.concerns()).await?;
        Ok((id, hashed))
    }

    /// A keyed hash of an identity: what its flows are found by.
    pub(crate) fn identity_hash(&self, held: &Held) -> Vec<u8> {
        self.vault.lookup(&[b"identity", held.namespace.as_bytes(), held.assertion.subject.as_bytes()])
    }

    pub(crate) fn seal_held(&self, attempt: &[u8], held: &Held) -> Result<Vec<u8>, Fault> {
        let purpose = format!("attempt-{}", attempt.iter().map(|b| format!("{b:02x}")).collect::<String>());
        self.vault.seal(&purpose, &serde_json::to_vec(held)?)
    }

    pub(crate) fn open_held(&self, attempt: &Attempt) -> Option<Held> {
        let purpose = format!("attempt-{}", attempt.hash.iter().map(|b| format!("{b:02x}")).collect::<String>());
        serde_json::from_slice(&self.vault.open_sealed(&purpose, attempt.assertion.as_deref()?)?).ok()
    }
}
