//! One step of an attempt: what the person did is decided, and leads to a page or to the end.
use crate::{
    Error, LoginOutcome, RequestContext,
    attempt::{opened::Opened, step_input::StepInput},
    services::AttemptSteps,
    sign_in::{
        complete_login::Applying, facts::Ask, login_outcome::TxOutcome,
        upstream_identity::UpstreamIdentity,
    },
    transaction::{LiveRequest, Transactions},
};
use domain::{
    EventKind,
    attempt::State,
    contact::Contact,
    linking::{
        Choice, Outcome,
        facts::{By, UserAction},
    },
};
use storage::Conn;

impl AttemptSteps {
    /// The page that an outcome leads to. Where a code is awaited it says where that goes, once and for all.
    pub(crate) async fn entered(
        &self,
        c: &mut Conn,
        identity: &UpstreamIdentity,
        outcome: &Outcome,
        choice: Option<Choice>,
        deed: &StepInput,
    ) -> Result<Option<State>, Error> {
        let mut next = State::enter(outcome, choice, deed.act, deed.proven, deed.progress.clone());
        if let Some(State::Proving { target, by, address, .. }) = &mut next {
            *address = match (by, *target) {
                (By::Name, _) => deed
                    .address
                    .as_deref()
                    .and_then(|a| Contact::parse(a).ok())
                    .map(|c| c.as_str().to_owned()),
                (By::Rule, Some(account)) => {
                    self.attempts().mail_target(c, identity, account).await?.map(|e| e.canonical)
                }
                (By::Rule, None) => None,
            };
        }
        Ok(next)
    }

    /// A choice on the chooser.
    ///
    /// # Errors
    /// [`domain::Refusal::AttemptStep`] for what was not offered, refusals of the decision.
    pub async fn pick(
        &self,
        ctx: &RequestContext,
        id: &str,
        act: UserAction,
    ) -> Result<LoginOutcome, Error> {
        let secret = id.to_owned();
        self.retry_step(ctx, async move |this, c, ctx| {
            let open = this.attempts().opened_for_step(c, &ctx, &secret).await?;
            let ctx = ctx.for_continuation(&open.continuation);
            let act = open.state.pick(act)?;
            let proven = open.state.proven();
            this.step(c, &ctx, open, StepInput::new(act, proven)).await
        })
        .await
    }

    /// Decides on what the person did and applies the answer, all in this transaction.
    pub(crate) async fn step(
        &self,
        c: &mut Conn,
        ctx: &LiveRequest,
        open: Opened,
        deed: StepInput,
    ) -> Result<TxOutcome, Error> {
        let identity = open.identity()?.clone();
        let config = self.decisions().hold(c, &identity, open.continuation.client_id()).await?;
        let (facts, policy, decision) = self
            .decisions()
            .decide_on(
                c,
                &identity,
                Ask::SignIn { act: deed.act, proven: deed.proven, progress: &deed.progress },
                &config,
            )
            .await?;
        let next = match self
            .entered(c, &identity, &decision.outcome, open.state.choice().cloned(), &deed)
            .await?
        {
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
    /// [`domain::Refusal::AttemptUnknown`], [`domain::Refusal::AttemptExpired`].
    pub async fn cancel(&self, ctx: &RequestContext, id: &str) -> Result<LoginOutcome, Error> {
        let secret = id.to_owned();
        self.retry_step(ctx, async move |this, c, ctx| {
            let open = this.attempts().opened_for_step(c, &ctx, &secret).await?;
            if !open.state.is_terminal() {
                this.attempts().move_on(c, &open, &State::Abandoned, "").await?;
                this.record(
                    c,
                    this.attempts()
                        .of_attempt(&ctx, &open, EventKind::AttemptAbandoned)
                        .code("cancelled"),
                )
                .await?;
            }
            Ok(Ok(LoginOutcome::SignInAgain { continuation: open.continuation }))
        })
        .await
    }
}
