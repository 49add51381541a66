//! A linked identity came with another address than the account's: update, ignore, later (GO-47 to GO-50, MA-15).
use crate::{
    services::{AttemptSteps, Attempts},
    transaction::Transactions,
};
use domain::{EventKind, Refusal, account_rules::change::UpdateEmail, attempt::State};
use storage::accounts::{attributes::ignore_email, find_account, is_email_taken};

use crate::{
    Error, LoginOutcome, RequestContext,
    attempt::{code::code_binding, opened::Opened},
    audit::Event,
};

impl AttemptSteps {
    /// Update: a code goes to the new address.
    ///
    /// # Errors
    /// [`Refusal::AttemptStep`] elsewhere, [`Refusal::SessionEnded`] in another session.
    pub async fn ask_email_code(
        &self,
        ctx: &RequestContext,
        id: &str,
    ) -> Result<LoginOutcome, Error> {
        let secret = id.to_owned();
        self.retry_step(ctx, async move |this, c, ctx| {
            let open = this.attempts().opened_for_step(c, &ctx, &secret).await?;
            let ctx = ctx.for_continuation(&open.continuation);
            let (account, _) = Attempts::own_question(&ctx, &open)?;
            let policy = this
                .configuration()
                .policy_context(c, open.continuation.client_id())
                .await?
                .policy(Some(&open.identity()?.key));
            let next = State::EmailChanged { account, updating: true };
            this.attempts().move_on(c, &open, &next, "").await?;
            this.attempts().send_code(c, &ctx, &open.row, &next, open.identity()?, &policy).await?;
            Ok(Ok(LoginOutcome::Page { id: secret, page: next.page() }))
        })
        .await
    }

    /// The code from the new address: it becomes the primary one and is owned; the old one is given up and told.
    pub(crate) async fn update_email(
        &self,
        ctx: &RequestContext,
        id: &str,
        open: Opened,
        typed: &str,
    ) -> Result<LoginOutcome, Error> {
        let (account, _) = open.state.email_changed()?;
        if ctx.signed_in()?.account != account {
            return Err(Refusal::SessionEnded.into());
        }
        let identity = open.identity()?.clone();
        let binding = code_binding(&identity, &open.state).ok_or(Refusal::AttemptStep)?;
        let right = match self.codes().compare_code(&open.row, &binding, typed).await {
            Ok(right) => right,
            Err(error) => return self.attempts().wrong_code(ctx, id, error).await,
        };
        let secret = id.to_owned();
        self.retry_step(ctx, async move |this, c, ctx| {
            let open = this.attempts().opened_for_step(c, &ctx, &secret).await?;
            let ctx = ctx.for_continuation(&open.continuation);
            let (account, arrival) = Attempts::own_question(&ctx, &open)?;
            this.codes().consume_challenge(c, &right).await?;
            let row = find_account(c, this.org, account).await?.ok_or(Refusal::SessionEnded)?;
            let (policy, now) = (
                this.configuration()
                    .policy_context(c, open.continuation.client_id())
                    .await?
                    .policy(Some(&identity.key)),
                this.now(),
            );
            let address = identity.address().ok_or(Refusal::AttemptExpired)?;
            let taken = is_email_taken(c, this.org, address.as_str(), account, now).await?;
            let update = UpdateEmail {
                account,
                state: row.state(),
                taken,
                trust: identity.trust(&policy, true),
            };
            let ruling = domain::account_rules::change::update_email(update, &policy);
            if let Err(refusal) = ruling.outcome {
                this.attempts().move_on(c, &open, &State::Refused { refusal }, "").await?;
                let event = Event::own(&ctx, EventKind::EmailRefused, account);
                let event = this.ruled(event, &identity, &update, &ruling);
                this.record(c, event.support(&open.row.support_code)).await?;
                return Ok(Err((refusal, open.row.support_code)));
            }
            this.attempts().move_on(c, &open, &State::Done, "").await?;
            let changing = this.accounts().change(c, account).await?;
            this.accounts().take_email(c, &ctx, changing, &address).await?;
            let event = Event::own(&ctx, EventKind::EmailUpdated, account);
            this.record(c, this.ruled(event, &identity, &update, &ruling)).await?;
            Ok(Ok(arrival))
        })
        .await
    }

    /// Ignore: never asked again for this address; only a keyed hash of it is kept.
    ///
    /// # Errors
    /// As [`crate::AttemptSteps::ask_email_code`].
    pub async fn ignore_email(
        &self,
        ctx: &RequestContext,
        id: &str,
    ) -> Result<LoginOutcome, Error> {
        self.close_question(ctx, id, true).await
    }

    /// Later: asked again at the next sign-in.
    ///
    /// # Errors
    /// As [`crate::AttemptSteps::ask_email_code`].
    pub async fn leave_email(&self, ctx: &RequestContext, id: &str) -> Result<LoginOutcome, Error> {
        self.close_question(ctx, id, false).await
    }

    async fn close_question(
        &self,
        ctx: &RequestContext,
        id: &str,
        ignore: bool,
    ) -> Result<LoginOutcome, Error> {
        let secret = id.to_owned();
        self.retry_step(ctx, async move |this, c, ctx| {
            let open = this.attempts().opened_for_step(c, &ctx, &secret).await?;
            let ctx = ctx.for_continuation(&open.continuation);
            let (account, arrival) = Attempts::own_question(&ctx, &open)?;
            if let (true, Some(address)) = (ignore, open.identity()?.address()) {
                ignore_email(c, account, &this.ignored_hash(account, &address), this.now()).await?;
                this.record(c, Event::own(&ctx, EventKind::EmailIgnored, account)).await?;
            }
            this.attempts().move_on(c, &open, &State::Done, "").await?;
            Ok(Ok(arrival))
        })
        .await
    }
}
