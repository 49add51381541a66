//! The pages of an attempt: what they show, and what a click, a code or a credential does.
use crate::services::{AttemptSteps, Attempts, Decisions, Transactions};
use domain::{
    AccountId, Refusal,
    attempt::{AttemptProgress, ProvedBy, State},
    contact::Contact,
    linking::{
        Choice, Outcome,
        facts::{By, UserAction},
    },
    path::Continuation,
};
use storage::{
    Conn,
    accounts::{attributes::find_phone, find_password_row, hold_account, links::list_links, list_emails, passkeys::list_passkeys},
    sign_in::attempts::{Attempt, find_attempt, set_attempt_state},
};

use crate::{
    Error, LoginOutcome, RequestContext,
    crypto::random::hash,
    sign_in::{
        complete_login::{Applying, TxOutcome},
        facts::Ask,
        upstream_identity::UpstreamIdentity,
    },
    transaction::LiveRequest,
};

mod bind;
mod code;
mod complete;
mod finish;
mod view;

pub(crate) use code::code_binding;
pub use complete::Details;
pub(crate) use complete::trace_of;
pub use view::{AttemptView, CodeFor, ShownAccount, ViewBody};

/// An attempt with everything opened.
#[derive(Clone)]
pub(crate) struct Opened {
    /// The id of its addresses.
    pub secret: String,
    pub row: Attempt,
    pub state: State,
    pub identity: Option<UpstreamIdentity>,
    pub continuation: Continuation,
}

impl Opened {
    pub fn identity(&self) -> Result<&UpstreamIdentity, Error> {
        self.identity.as_ref().ok_or_else(|| Refusal::AttemptExpired.into())
    }
}

/// What the person did, with what came along.
#[derive(Debug, Clone)]
pub(crate) struct StepInput {
    pub act: UserAction,
    /// The claimed address was proved in this attempt, now or before.
    pub proven: bool,
    /// The address that the person named.
    pub address: Option<String>,
    /// What was given in the attempt beside the act.
    pub progress: AttemptProgress,
}

impl StepInput {
    pub fn new(act: UserAction, proven: bool) -> Self {
        Self { act, proven, address: None, progress: AttemptProgress::default() }
    }

    /// The same act, with what showed the account to be the person's.
    pub fn by(self, proof: ProvedBy) -> Self {
        Self { progress: AttemptProgress { proof: Some(proof), ..self.progress }, ..self }
    }
}

impl Attempts {
    /// Finds an attempt by its id **and** the browser (LK-10). A stranger's browser learns nothing.
    pub(crate) async fn opened<S>(&self, c: &mut Conn, ctx: &RequestContext<S>, id: &str) -> Result<Opened, Error> {
        if id.len() > 64 {
            return Err(Refusal::AttemptUnknown.into());
        }
        let row = find_attempt(c, self.org, &hash(id), &ctx.browser).await?.ok_or(Refusal::AttemptUnknown)?;
        if row.expires_at <= self.now() {
            return Err(Refusal::AttemptExpired.into());
        }
        // One that an older version of the server wrote cannot go on.
        let state: State = serde_json::from_str(&row.state).map_err(|_| Refusal::AttemptExpired)?;
        let continuation = serde_json::from_str(&row.continuation)?;
        let identity = self.open_identity(&row);
        if let Some(identity) = &identity
            && !self.configuration().policy_context(c, None).await?.still_says(identity)
        {
            return Err(Refusal::PolicyChanged.into());
        }
        Ok(Opened { secret: id.to_owned(), row, state, identity, continuation })
    }

    /// The same for a step, in the transaction that takes it: the accounts that the attempt concerns are held first, so
    /// that they stay what the decision sees, and whatever ends their attempts has ended this one or waits (I14).
    pub(crate) async fn opened_for_step(&self, c: &mut Conn, ctx: &LiveRequest, id: &str) -> Result<Opened, Error> {
        let open = self.opened(c, ctx, id).await?;
        let concerns = open.state.concerns();
        if !self.store.is_postgres() || concerns.is_empty() {
            return Ok(open);
        }
        // In the order of their ids, as everybody takes them.
        for concern in concerns {
            hold_account(c, concern.account).await?;
        }
        self.opened(c, ctx, id).await
    }

    /// Moves the attempt's row on, to the accounts that it concerns from now on; whoever was slower starts over.
    pub(crate) async fn move_on(&self, c: &mut Conn, open: &Opened, next: &State, flash: &str) -> Result<(), Error> {
        let moved = set_attempt_state(c, &open.row, &serde_json::to_string(next)?, flash, next.is_terminal(), &next.concerns()).await?;
        if moved { Ok(()) } else { Err(storage::Error::Changed.into()) }
    }

    /// After a refusal: the redirect URI of the application that waits, to tell it that access was denied (GV-20).
    ///
    /// # Errors
    /// [`Refusal::AttemptStep`] where no application waits or nothing was refused.
    pub async fn back_to_application(&self, ctx: &RequestContext, id: &str) -> Result<String, Error> {
        let open = self.opened(&mut self.store.read().await?, ctx, id).await?;
        match (&open.state, &open.continuation) {
            (State::Refused { .. }, Continuation::Authorize(request) | Continuation::Recovered(request)) => {
                Ok(self.error_uri(&request.redirect_uri, "access_denied", "the person was not signed in", request.state.as_deref()))
            }
            _ => Err(Refusal::AttemptStep.into()),
        }
    }
}

impl Decisions {
    /// Whether an account still has what showed it to be somebody's: a proof counts by what it proved, as that is when it
    /// is to count (I4, MG-02, LK-23). Without one it was not shown at all.
    pub(crate) async fn still_proves(&self, c: &mut Conn, account: AccountId, proof: Option<&ProvedBy>) -> Result<bool, Error> {
        Ok(match proof {
            None => false,
            Some(ProvedBy::Password(id)) => find_password_row(c, account).await?.is_some_and(|(own, _)| own == *id),
            Some(ProvedBy::Identity(link)) => {
                let own = list_links(c, account).await?.into_iter().find(|l| l.id == *link);
                let config = self.configuration().policy_context(c, None).await?;
                own.and_then(|l| config.provider(l.provider_id).map(|p| p.enabled)).unwrap_or(false)
            }
            Some(ProvedBy::Passkey(id)) => list_passkeys(c, account).await?.iter().any(|k| k.id == *id),
            Some(ProvedBy::Mailbox(address)) => list_emails(c, account).await?.iter().any(|e| e.canonical == *address && e.is_proved()),
            Some(ProvedBy::Phone(number)) => find_phone(c, account).await?.as_ref() == Some(number),
        })
    }
}

impl AttemptSteps {
    /// The page that an outcome leads to. Where a code is awaited it says where that goes, once and for all.
    pub(crate) async fn entered(&self, c: &mut Conn, identity: &UpstreamIdentity, outcome: &Outcome, choice: Option<Choice>, deed: &StepInput) -> Result<Option<State>, Error> {
        let mut next = State::enter(outcome, choice, deed.act, deed.proven, deed.progress.clone());
        if let Some(State::Proving { target, by, address, .. }) = &mut next {
            *address = match (by, *target) {
                (By::Name, _) => deed.address.as_deref().and_then(|a| Contact::parse(a).ok()).map(|c| c.as_str().to_owned()),
                (By::Rule, Some(account)) => self.attempts().mail_target(c, identity, account).await?.map(|e| e.canonical),
                (By::Rule, None) => None,
            };
        }
        Ok(next)
    }

    /// A choice on the chooser.
    ///
    /// # Errors
    /// [`Refusal::AttemptStep`] for what was not offered, refusals of the decision.
    pub async fn pick(&self, ctx: &RequestContext, id: &str, act: UserAction) -> Result<LoginOutcome, Error> {
        let secret = id.to_owned();
        self.retry_step(ctx, move |this, c, ctx| {
            let secret = secret.clone();
            Box::pin(async move {
                let open = this.attempts().opened_for_step(c, &ctx, &secret).await?;
                let ctx = ctx.for_continuation(&open.continuation);
                let act = open.state.pick(act)?;
                let proven = open.state.proven();
                this.step(c, &ctx, open, StepInput::new(act, proven)).await
            })
        })
        .await
    }

    /// Decides on what the person did and applies the answer, all in this transaction.
    pub(crate) async fn step(&self, c: &mut Conn, ctx: &LiveRequest, open: Opened, deed: StepInput) -> Result<TxOutcome, Error> {
        let identity = open.identity()?.clone();
        let config = self.decisions().hold(c, &identity, open.continuation.client_id()).await?;
        let (facts, policy, decision) = self.decisions().decide_on(c, &identity, Ask::SignIn { act: deed.act, proven: deed.proven, progress: &deed.progress }, &config).await?;
        let next = match self.entered(c, &identity, &decision.outcome, open.state.choice().cloned(), &deed).await? {
            Some(page) if !open.state.is_terminal() => page,
            _ => open.state.clone().end(&decision.outcome)?,
        };
        self.attempts().move_on(c, &open, &next, "").await?;
        if next.is_terminal() {
            let applying = Applying {
                ctx,
                identity: &identity,
                continuation: &open.continuation,
                facts: &facts,
                config: &config,
                policy: &policy,
                decision: &decision,
                progress: &deed.progress,
                attempt: Some(&open),
            };
            return self.apply(c, &applying).await;
        }
        self.attempts().send_code(c, ctx, &open.row, &next, &identity, &policy).await?;
        Ok(Ok(LoginOutcome::Page { id: open.secret, page: next.page() }))
    }

    /// The person goes back to the sign-in page; nothing of the identity is kept.
    ///
    /// # Errors
    /// [`Refusal::AttemptUnknown`], [`Refusal::AttemptExpired`].
    pub async fn cancel(&self, ctx: &RequestContext, id: &str) -> Result<LoginOutcome, Error> {
        let secret = id.to_owned();
        self.retry_step(ctx, move |this, c, ctx| {
            let secret = secret.clone();
            Box::pin(async move {
                let open = this.attempts().opened_for_step(c, &ctx, &secret).await?;
                if !open.state.is_terminal() {
                    this.attempts().move_on(c, &open, &State::Abandoned, "").await?;
                    this.record(c, crate::audit::Event::new("attempt.abandoned").code("cancelled")).await?;
                }
                Ok(Ok(LoginOutcome::SignInAgain { continuation: open.continuation }))
            })
        })
        .await
    }
}

/// The parts of a row that a code is bound to; the rest was just written.
pub(crate) fn blank(now: domain::Micros) -> Attempt {
    Attempt {
        hash: Vec::new(),
        browser: Vec::new(),
        kind: String::new(),
        state: String::new(),
        rev: 1,
        assertion: None,
        identity: None,
        continuation: String::new(),
        support_code: String::new(),
        flash: String::new(),
        tries_left: 0,
        created_at: now,
        expires_at: now,
    }
}
