//! An identity has arrived: decide in the committing transaction, and do what the decision says.
use crate::{services::SignIn, transaction::Transactions};
use std::sync::Arc;

use domain::{
    DAY, Decision, EventKind, Facts, MINUTE, Policy, Refusal,
    attempt::AttemptProgress,
    audit_events::{Actor, Target},
    linking::facts::UserAction,
    path::Continuation,
};
use storage::{
    Conn,
    sign_in::attempts::{Attempt, consume_state},
};

use crate::{
    Error, RequestContext,
    attempt::{
        opened::{Opened, blank},
        step_input::StepInput,
    },
    audit::Event,
    crypto::random::hash,
    policy::context::PolicyContext,
    sign_in::{
        facts::Ask,
        login_outcome::{LoginOutcome, TxOutcome},
        start::{LoginPurpose, LoginState},
        upstream_identity::UpstreamIdentity,
    },
    transaction::LiveRequest,
};

/// A decision with everything that applying it takes.
#[derive(Clone, Copy)]
pub(crate) struct Applying<'a> {
    pub ctx: &'a LiveRequest,
    pub identity: &'a UpstreamIdentity,
    pub continuation: &'a Continuation,
    pub facts: &'a Facts,
    pub config: &'a PolicyContext,
    pub policy: &'a Arc<Policy>,
    pub decision: &'a Decision,
    /// What was given in the attempt beside the act.
    pub progress: &'a AttemptProgress,
    /// The attempt that it ends; a refusal at the callback has none.
    pub attempt: Option<&'a Opened>,
}

impl SignIn {
    /// A fresh assertion at the callback.
    pub(crate) async fn complete_login(
        &self,
        ctx: &RequestContext,
        identity: UpstreamIdentity,
        start: LoginState,
    ) -> Result<LoginOutcome, Error> {
        self.retry_step(ctx, async move |this, c, ctx| {
            this.complete_login_in(c, &ctx, &identity, &start).await
        })
        .await
    }

    /// A start ends with its first answer, and an answer that may come once has come.
    ///
    /// # Errors
    /// [`Refusal::StateReplayed`].
    pub(crate) async fn consume_answer(
        &self,
        c: &mut Conn,
        start: &LoginState,
        identity: &UpstreamIdentity,
    ) -> Result<(), Error> {
        if !consume_state(c, &start.consumed_hash(), start.consumed_until()).await? {
            return Err(Refusal::StateReplayed.into());
        }
        if let Some(once) = &identity.assertion.once {
            let hash = hash(&format!("once {} {}", identity.provider, once.id));
            // Not longer than a day, whatever the provider says: the start that it answers is over long before.
            let until = once.until.min(self.now().saturating_add(DAY)).saturating_add(MINUTE);
            if !consume_state(c, &hash, until).await? {
                return Err(Refusal::StateReplayed.into());
            }
        }
        Ok(())
    }

    async fn complete_login_in(
        &self,
        c: &mut Conn,
        ctx: &LiveRequest,
        identity: &UpstreamIdentity,
        start: &LoginState,
    ) -> Result<TxOutcome, Error> {
        let ctx = &ctx.for_continuation(&start.continuation);
        self.consume_answer(c, start, identity).await?;
        let config = self.decisions().hold(c, identity, start.continuation.client_id()).await?;
        if !config.still_says(identity) {
            return Err(Refusal::PolicyChanged.into());
        }
        let progress = AttemptProgress::default();
        let ask = match &start.purpose {
            LoginPurpose::Bind { attempt } => {
                return self.attempt_steps().bind_by_identity(c, ctx, attempt, identity).await;
            }
            LoginPurpose::Undo { secret } => {
                return self.rewinds().undo_by_identity(c, ctx, identity, secret, start).await;
            }
            LoginPurpose::Merge { session } => {
                return self.merges().merge_by_identity(c, ctx, identity, session).await;
            }
            LoginPurpose::Reauthenticate { session } => {
                return self
                    .reauthentication()
                    .confirm_by_identity(c, ctx, identity, session, start)
                    .await;
            }
            // Its answer goes another way, and never comes here.
            LoginPurpose::Test { .. } => return Err(Refusal::StateMismatch.into()),
            LoginPurpose::SignIn => {
                Ask::SignIn { act: UserAction::Initial, proven: false, progress: &progress }
            }
            LoginPurpose::Add { session } => {
                let now = ctx
                    .session
                    .as_ref()
                    .filter(|now| now.hash == *session)
                    .ok_or(Refusal::SessionEnded)?;
                Ask::Add {
                    account: now.account,
                    reauthenticated: now
                        .is_reauthenticated(start.at, &config.policy(Some(&identity.key))),
                }
            }
        };
        let (facts, policy, decision) =
            self.decisions().decide_on(c, identity, ask, &config).await?;
        if let Some(administrator) = facts.kept_out_of() {
            let event = Event::of(
                ctx,
                EventKind::AdministratorClaimed,
                Actor::Visitor,
                Target::Account(administrator),
            );
            self.record(c, self.decided(event, identity, &facts, &decision, true)).await?;
        }
        if let Some(state) = self
            .attempt_steps()
            .entered(
                c,
                identity,
                &decision.outcome,
                None,
                &StepInput::new(UserAction::Initial, false),
            )
            .await?
        {
            let (id, hash) = self
                .attempts()
                .begin_attempt(c, ctx, "sign_in", &state, Some(identity), &start.continuation)
                .await?;
            let row = Attempt { hash, browser: ctx.browser.clone(), ..blank(self.now()) };
            self.attempts().send_code(c, ctx, &row, &state, identity, &policy).await?;
            return Ok(Ok(LoginOutcome::Page { id, page: state.page() }));
        }
        self.attempt_steps()
            .apply(
                c,
                &Applying {
                    ctx,
                    identity,
                    continuation: &start.continuation,
                    facts: &facts,
                    config: &config,
                    policy: &policy,
                    decision: &decision,
                    progress: &progress,
                    attempt: None,
                },
            )
            .await
    }
}
