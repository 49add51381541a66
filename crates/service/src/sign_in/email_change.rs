//! A linked identity came with another address than the account's: update, ignore, later (GO-47 to GO-50, MA-15).
use crate::services::{Accounts, AttemptSteps, Attempts, Transactions};
use domain::{
    AccountId, Refusal, Trust,
    account_rules::{
        change::UpdateEmail,
        rewind::{Changed, KEPT},
    },
    attempt::State,
    email_address::Canonical,
    path::Continuation,
};
use storage::{
    Conn,
    accounts::{EmailProof, NewEmail, add_email, attributes::ignore_email, find_account, is_email_taken, list_emails, own_email, remove_email, set_primary_email},
};

use crate::{
    Error, LoginOutcome, RequestContext,
    account::changes::{Changing, ProfileChange, doer},
    attempt::{Opened, code_binding},
    audit::Event,
    crypto::random::row_id,
    notifications::messages::Kind,
    sign_in::upstream_identity::UpstreamIdentity,
    transaction::LiveRequest,
};

impl Attempts {
    /// The question waits in an attempt of its own; the session is there already.
    pub(crate) async fn ask_about_email(&self, c: &mut Conn, ctx: &LiveRequest, account: AccountId, identity: &UpstreamIdentity, continuation: &Continuation) -> Result<String, Error> {
        let state = State::EmailChanged { account, updating: false };
        Ok(self.begin_attempt(c, ctx, "email", &state, Some(identity), continuation).await?.0)
    }

    /// The question of an attempt, asked in the session that it belongs to.
    pub(crate) fn own_question(ctx: &LiveRequest, open: &Opened) -> Result<(AccountId, LoginOutcome), Error> {
        let (account, _) = open.state.email_changed()?;
        let session = ctx.session_of(account)?;
        Ok((account, LoginOutcome::Continue { caller: Box::new(session.clone().into()), continuation: open.continuation.clone() }))
    }
}

impl Accounts {
    /// The policy says to take the provider's address: it becomes the primary one. What was proved before stays proved.
    pub(crate) async fn overwrite_email(&self, c: &mut Conn, ctx: &LiveRequest, account: AccountId, identity: &UpstreamIdentity, trust: Option<Trust>) -> Result<(), Error> {
        let Some(address) = identity.address() else { return Ok(()) };
        let changing = self.change(c, account).await?;
        let now = self.now();
        let owner = trust >= Some(Trust::Authoritative) && !is_email_taken(c, self.org, address.as_str(), account, now).await?;
        remove_email(c, account, address.as_str()).await?;
        let email = NewEmail { address: address.clone(), proof: EmailProof::provider(identity.provider), owner, primary: false };
        add_email(c, self.org, account, &email, row_id(now), now).await?;
        set_primary_email(c, account, address.as_str(), None).await?;
        self.record(c, Event { provider: identity.key.clone(), ..Event::new("email.overwritten").account(account).by("system") }).await?;
        let noted = self.changed(c, changing, Changed::Email, &format!("provider:{}", identity.key), ProfileChange::default()).await?;
        self.notifications().notify(c, account, Kind::EmailChanged, ctx, "", address.as_str(), noted.as_ref()).await
    }

    /// A proved address becomes the primary one. The old one hears of it, can take it back, and stays reserved as long
    /// (MA-14).
    pub(crate) async fn take_email(&self, c: &mut Conn, ctx: &LiveRequest, changing: Changing, address: &Canonical) -> Result<(), Error> {
        let (account, now) = (changing.account, self.now());
        let all = list_emails(c, account).await?;
        if all.iter().all(|e| e.canonical != address.as_str()) {
            remove_email(c, account, address.as_str()).await?;
            let email = NewEmail { address: address.clone(), proof: EmailProof::Code, owner: true, primary: false };
            add_email(c, self.org, account, &email, row_id(now), now).await?;
        }
        own_email(c, account, address.as_str()).await?;
        set_primary_email(c, account, address.as_str(), Some(now + KEPT)).await?;
        let noted = self.changed(c, changing, Changed::Email, &doer(ctx), ProfileChange::default()).await?;
        self.notifications().notify(c, account, Kind::EmailChanged, ctx, "", address.as_str(), noted.as_ref()).await
    }
}

impl AttemptSteps {
    /// Update: a code goes to the new address.
    ///
    /// # Errors
    /// [`Refusal::AttemptStep`] elsewhere, [`Refusal::SessionEnded`] in another session.
    pub async fn ask_email_code(&self, ctx: &RequestContext, id: &str) -> Result<LoginOutcome, Error> {
        let secret = id.to_owned();
        self.retry_step(ctx, move |this, c, ctx| {
            let secret = secret.clone();
            Box::pin(async move {
                let open = this.attempts().opened_for_step(c, &ctx, &secret).await?;
                let ctx = ctx.for_continuation(&open.continuation);
                let (account, _) = Attempts::own_question(&ctx, &open)?;
                let policy = this.configuration().policy_context(c, open.continuation.client_id()).await?.policy(Some(&open.identity()?.key));
                let next = State::EmailChanged { account, updating: true };
                this.attempts().move_on(c, &open, &next, "").await?;
                this.attempts().send_code(c, &ctx, &open.row, &next, open.identity()?, &policy).await?;
                Ok(Ok(LoginOutcome::Page { id: secret, page: next.page() }))
            })
        })
        .await
    }

    /// The code from the new address: it becomes the primary one and is owned; the old one is given up and told.
    pub(crate) async fn update_email(&self, ctx: &RequestContext, id: &str, open: Opened, typed: &str) -> Result<LoginOutcome, Error> {
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
        self.retry_step(ctx, move |this, c, ctx| {
            let (secret, right, identity) = (secret.clone(), right.clone(), identity.clone());
            Box::pin(async move {
                let open = this.attempts().opened_for_step(c, &ctx, &secret).await?;
                let ctx = ctx.for_continuation(&open.continuation);
                let (account, arrival) = Attempts::own_question(&ctx, &open)?;
                this.codes().consume_challenge(c, &right).await?;
                let row = find_account(c, this.org, account).await?.ok_or(Refusal::SessionEnded)?;
                let (policy, now) = (this.configuration().policy_context(c, open.continuation.client_id()).await?.policy(Some(&identity.key)), this.now());
                let address = identity.address().ok_or(Refusal::AttemptExpired)?;
                let taken = is_email_taken(c, this.org, address.as_str(), account, now).await?;
                let update = UpdateEmail { account, state: row.state(), taken, trust: identity.trust(&policy, true) };
                let ruling = domain::account_rules::change::update_email(update, &policy);
                if let Err(refusal) = ruling.outcome {
                    this.attempts().move_on(c, &open, &State::Refused { refusal }, "").await?;
                    let event = this.ruled("email.refused", &identity, &update, &ruling);
                    this.record(c, event.account(account).support(&open.row.support_code)).await?;
                    return Ok(Err((refusal, open.row.support_code)));
                }
                this.attempts().move_on(c, &open, &State::Done, "").await?;
                let changing = this.accounts().change(c, account).await?;
                this.accounts().take_email(c, &ctx, changing, &address).await?;
                this.record(c, this.ruled("email.updated", &identity, &update, &ruling).account(account)).await?;
                Ok(Ok(arrival))
            })
        })
        .await
    }

    /// Ignore: never asked again for this address; only a keyed hash of it is kept.
    ///
    /// # Errors
    /// As [`AttemptSteps::ask_email_code`].
    pub async fn ignore_email(&self, ctx: &RequestContext, id: &str) -> Result<LoginOutcome, Error> {
        self.close_question(ctx, id, true).await
    }

    /// Later: asked again at the next sign-in.
    ///
    /// # Errors
    /// As [`AttemptSteps::ask_email_code`].
    pub async fn leave_email(&self, ctx: &RequestContext, id: &str) -> Result<LoginOutcome, Error> {
        self.close_question(ctx, id, false).await
    }

    async fn close_question(&self, ctx: &RequestContext, id: &str, ignore: bool) -> Result<LoginOutcome, Error> {
        let secret = id.to_owned();
        self.retry_step(ctx, move |this, c, ctx| {
            let secret = secret.clone();
            Box::pin(async move {
                let open = this.attempts().opened_for_step(c, &ctx, &secret).await?;
                let ctx = ctx.for_continuation(&open.continuation);
                let (account, arrival) = Attempts::own_question(&ctx, &open)?;
                if let (true, Some(address)) = (ignore, open.identity()?.address()) {
                    ignore_email(c, account, &this.ignored_hash(account, &address), this.now()).await?;
                    this.record(c, Event::new("email.ignored").account(account)).await?;
                }
                this.attempts().move_on(c, &open, &State::Done, "").await?;
                Ok(Ok(arrival))
            })
        })
        .await
    }
}
