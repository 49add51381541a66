//! An identity has arrived: decide in the committing transaction, and do what the decision says.
use domain::{Decision, Facts, Outcome, Policy, Refusal, attempt::State, decide, facts::Act, path::Continuation, policy::AbandonAudit};
use storage::{
    Conn,
    attempts::{Attempt, add_attempt, spend_state},
    links::touch_link,
};

use crate::{
    Fault, Ligature, Visitor,
    chance::{hash, support_code, token},
    facts::Ask,
    held::Held,
    mails::Kind,
    sessions::Opening,
    start::Sealed,
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
    /// Begin a sign-in by a method that exists; the application's request goes along.
    SignInAgain { continuation: Continuation },
}

/// The result of a transaction: what to answer, or a refusal that was committed with its audit event.
pub(crate) type Settled = Result<Arrival, (Refusal, String)>;

impl Ligature {
    /// Runs a transaction until nobody else is faster, three times at most, and turns a committed refusal into a fault.
    pub(crate) async fn settle<F>(&self, work: F) -> Result<Arrival, Fault>
    where
        F: for<'c> Fn(Self, &'c mut Conn) -> futures_util::future::BoxFuture<'c, Result<Settled, Fault>> + Clone + Send + Sync + 'static,
    {
        let mut rounds = 0;
        loop {
            let (this, again) = (self.clone(), work.clone());
            match self.store.write(move |c| again(this, c)).await {
                Ok(Ok(arrival)) => return Ok(arrival),
                Ok(Err((refusal, support))) => return Err(Fault::Refused { refusal, support }),
                Err(fault) if fault.is_race() && rounds < 3 => rounds += 1,
                Err(fault) => return Err(fault),
            }
        }
    }

    /// A fresh assertion at the callback.
    pub(crate) async fn arrive(&self, visitor: &Visitor, held: Held, start: Sealed) -> Result<Arrival, Fault> {
        let visitor = visitor.clone();
        self.settle(move |this, c| {
            let (visitor, held, start) = (visitor.clone(), held.clone(), start.clone());
            Box::pin(async move { this.arrive_in(c, &visitor, &held, &start).await })
        })
        .await
    }

    async fn arrive_in(&self, c: &mut Conn, visitor: &Visitor, held: &Held, start: &Sealed) -> Result<Settled, Fault> {
        if !spend_state(c, &start.spent_hash(), start.spent_until()).await? {
            return Err(Refusal::StateReplayed.into());
        }
        let ask = match (&start.add, &visitor.session) {
            (None, _) => Ask::SignIn(Act::Arrived),
            (Some(hash), Some(caller)) if *hash == caller.hash => Ask::Add(caller.account),
            (Some(_), _) => return Err(Refusal::SessionEnded.into()),
        };
        let (facts, policy) = self.facts(c, held, ask).await?;
        let decision = decide(&facts, &policy);
        if let Outcome::Choose(choice) = &decision.outcome {
            let state = State::Choosing { choice: choice.clone() };
            let attempt = self.begin_attempt(c, visitor, "sign_in", &state, Some(held), &start.continuation, policy.floors.pin_tries).await?;
            return Ok(Ok(Arrival::Page { id: attempt.0, page: state.page() }));
        }
        self.apply(c, visitor, held, &start.continuation, &facts, &policy, &decision).await
    }

    /// Applies a decision that ends the journey; the others are pages of an attempt.
    #[expect(clippy::too_many_arguments, reason = "the one place where all effects meet")]
    pub(crate) async fn apply(&self, c: &mut Conn, visitor: &Visitor, held: &Held, continuation: &Continuation, facts: &Facts, policy: &Policy, decision: &Decision) -> Result<Settled, Fault> {
        let event = |kind| self.decided(kind, held, facts, decision, true);
        let now = self.now();
        let opening = |account, link, kind: &'static str, auth_at| Opening { account, method: held.key.clone(), link, provider: Some(held.provider), kind, auth_at };
        let signed_in = |secret| Ok(Ok(Arrival::SignedIn { secret, continuation: continuation.clone(), method: held.key.clone() }));
        match &decision.outcome {
            Outcome::SignIn { account } => {
                let link = facts.known.and_then(|k| k.link);
                if let Some(link) = link {
                    touch_link(c, link, &self.sealed_claims(held)?, now).await?;
                }
                self.record(c, event("session.started").account(*account)).await?;
                signed_in(self.open_session(c, visitor, &opening(*account, link, "sign_in", now)).await?)
            }
            Outcome::Create => {
                let (account, link) = self.open_account(c, visitor, held, facts.trust).await?;
                self.record(c, event("account.created").account(account)).await?;
                signed_in(self.open_session(c, visitor, &opening(account, Some(link), "sign_in", now)).await?)
            }
            Outcome::Link { account, basis, notify } => {
                let link = self.link_identity(c, *account, held, basis).await?;
                self.record(c, event("link.added").account(*account)).await?;
                if *notify {
                    self.notify(c, *account, Kind::LinkNotice, visitor, &held.provider_name, &held.label()).await?;
                }
                let secret = self.session_after_link(c, visitor, held, *account, link, policy, now).await?;
                signed_in(secret)
            }
            Outcome::AlreadyLinked => {
                let caller = visitor.session.as_ref().ok_or(Refusal::SessionEnded)?;
                let keep = Opening { account: caller.account, method: caller.method.clone(), link: caller.link, provider: None, kind: "add", auth_at: caller.auth_at };
                signed_in(self.open_session(c, visitor, &keep).await?)
            }
            Outcome::Abandon => {
                let hashed = policy.choices.abandon_audit == AbandonAudit::Hashed;
                self.record(c, self.decided("attempt.abandoned", held, facts, decision, hashed)).await?;
                Ok(Ok(Arrival::SignInAgain { continuation: continuation.clone() }))
            }
            Outcome::Refuse { refusal } => {
                let support = support_code();
                self.record(c, event("signin.refused").support(&support)).await?;
                Ok(Err((*refusal, support)))
            }
            Outcome::Choose(_) | Outcome::Challenge { .. } | Outcome::Bind { .. } | Outcome::Remove { .. } => Err(Fault::Internal("this outcome is a page, not an end".into())),
        }
    }

    /// After a link the session stands on the new identity, or stays where it was; its id changes in every case (GO-32, SB-01).
    #[expect(clippy::too_many_arguments, reason = "values of one transaction")]
    async fn session_after_link(&self, c: &mut Conn, visitor: &Visitor, held: &Held, account: domain::AccountId, link: domain::LinkId, policy: &Policy, now: domain::Micros) -> Result<String, Fault> {
        let own = visitor.session.as_ref().filter(|caller| caller.account == account);
        let opening = match (own, policy.choices.after_add) {
            (Some(caller), domain::policy::AfterAdd::Keep) => Opening { account, method: caller.method.clone(), link: caller.link, provider: None, kind: "add", auth_at: caller.auth_at },
            (Some(caller), domain::policy::AfterAdd::Switch) => Opening { account, method: held.key.clone(), link: Some(link), provider: Some(held.provider), kind: "add", auth_at: caller.auth_at },
            (None, _) => Opening { account, method: held.key.clone(), link: Some(link), provider: Some(held.provider), kind: "sign_in", auth_at: now },
        };
        self.open_session(c, visitor, &opening).await
    }

    /// Writes a new attempt; answers its secret id and its row's hash.
    #[expect(clippy::too_many_arguments, reason = "a row has this many values")]
    pub(crate) async fn begin_attempt(
        &self,
        c: &mut Conn,
        visitor: &Visitor,
        kind: &str,
        state: &State,
        held: Option<&Held>,
        continuation: &Continuation,
        tries: i32,
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
            continuation: serde_json::to_string(continuation)?,
            support_code: support_code(),
            flash: String::new(),
            tries_left: tries,
            created_at: now,
            expires_at: now + domain::attempt::TTL,
        };
        add_attempt(c, self.org, &row).await?;
        Ok((id, hashed))
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
