//! Finishing a sign-up that another provider's arrival found unfinished: a password of one's own, then the link (NE-07).
use crate::{
    account::changes::ProfileChange,
    attempt::{opened::Opened, step_input::StepInput},
    audit::{Event, trace_of},
    codes::limits::Guarded,
    crypto::random::row_id,
    notifications::messages::Kind,
    services::AttemptSteps,
    sign_in::{login_outcome::TxOutcome, reset::RECOVERED},
    transaction::{LiveRequest, Transactions},
};
use domain::{
    AccountId, CredentialId, EventKind, Facts, Outcome, Refusal,
    account_rules::rewind::Changed,
    attempt::{AttemptProgress, ProvedBy, State, Then},
    contact::Contact,
    decide,
    linking::facts::{AccountState, Intent, Known, Local, UserAction},
    path::{Continuation, SafePath},
};
use storage::{
    Conn,
    accounts::{
        access::{AccessRow as Row, list_ways},
        find_account,
        journal::remove_undo_links,
        second_factors::{TOTP, find_factor},
        set_password,
    },
};

use crate::{Error, LoginOutcome, RequestContext};

impl AttemptSteps {
    /// Sets the password and links. The claimed address was proved by our code before this page.
    ///
    /// # Errors
    /// As [`crate::AccountSettings::set_own_password`] for one that may not be set, `attempt.step` elsewhere; refusals of the decision.
    pub async fn finish_with_password(
        &self,
        ctx: &RequestContext,
        id: &str,
        password: &str,
    ) -> Result<LoginOutcome, Error> {
        self.attempts().opened(&mut self.store.read().await?, ctx, id).await?.state.finishing()?;
        self.passwords().check_new_password(password, &[]).await?;
        let phc = self.passwords().hash_password(password).await?;
        let secret = id.to_owned();
        self.retry_step(ctx, async move |this, c, ctx| {
            let open = this.attempts().opened_for_step(c, &ctx, &secret).await?;
            let ctx = ctx.for_continuation(&open.continuation);
            open.state.finishing()?;
            this.step(
                c,
                &ctx,
                open,
                StepInput {
                    progress: AttemptProgress { password: Some(phc), ..AttemptProgress::default() },
                    ..StepInput::new(UserAction::Finished, true)
                },
            )
            .await
        })
        .await
    }

    /// The right code: decided like every other sign-in.
    pub(crate) async fn sign_in_by_code(
        &self,
        c: &mut Conn,
        ctx: &LiveRequest,
        open: &Opened,
        account: AccountId,
        contact: &Contact,
    ) -> Result<TxOutcome, Error> {
        if self.codes().find_contact_owner(c, contact).await? != Some(account) {
            return Err(Refusal::AttemptExpired.into());
        }
        let method = if contact.is_phone() { "phone" } else { "code" };
        let progress = AttemptProgress {
            proof: Some(ProvedBy::code_to(contact)),
            ..AttemptProgress::default()
        };
        self.attempts()
            .end_locally(
                c,
                ctx,
                Then::SignIn { account, method: method.into() },
                progress,
                open.continuation.clone(),
                Some(open),
            )
            .await
    }

    /// The right code: the account becomes active and owns its address; other pending ones for it go.
    pub(crate) async fn finish_sign_up(
        &self,
        c: &mut Conn,
        ctx: &LiveRequest,
        open: &Opened,
        account: AccountId,
    ) -> Result<TxOutcome, Error> {
        find_account(c, self.org, account).await?.ok_or(Refusal::AttemptExpired)?;
        self.attempts()
            .end_locally(
                c,
                ctx,
                Then::SignUp { account },
                AttemptProgress::default(),
                open.continuation.clone(),
                Some(open),
            )
            .await
    }

    pub(crate) async fn finish_reset(
        &self,
        c: &mut Conn,
        ctx: &LiveRequest,
        open: &Opened,
        (account, contact): (AccountId, &Contact),
        phc: &str,
    ) -> Result<TxOutcome, Error> {
        let row = find_account(c, self.org, account)
            .await?
            .filter(|a| a.state() == AccountState::Active)
            .ok_or(Refusal::PolicyChanged)?;
        if self.codes().find_contact_owner(c, contact).await? != Some(account) {
            return Err(Refusal::AttemptExpired.into());
        }
        let known = Known {
            account,
            state: row.state(),
            link: None,
            second_factor: find_factor(c, account, TOTP).await?.is_some(),
        };
        let contested =
            self.accounts().is_contested(c, account, Some(&ProvedBy::code_to(contact))).await?;
        let facts =
            Facts { local: Local::Reset, contested, ..Facts::local(Intent::SignIn, Some(known)) };
        let policy = self
            .configuration()
            .policy_context(c, open.continuation.client_id())
            .await?
            .policy(None);
        let decision = decide(&facts, &policy);
        if let Outcome::Refuse { refusal } = decision.outcome {
            self.attempts().move_on(c, open, &State::Refused { refusal }, "").await?;
            let event = Event::own(ctx, EventKind::PasswordNotReset, account)
                .code(refusal.code())
                .support(&open.row.support_code);
            self.record(c, event.detail(trace_of(&facts, &decision))).await?;
            return Ok(Err((refusal, open.row.support_code.clone())));
        }
        self.attempts().move_on(c, open, &State::Done, "").await?;
        let changing = self.accounts().change(c, account).await?;
        let (now, id) = (self.now(), CredentialId(row_id(self.now())));
        set_password(c, self.org, account, id, phc, now).await?;
        self.codes().forget_tries(c, Guarded::Password, account).await?;
        self.sessions().end_everything(c, account, None).await?;
        let ctx = &ctx.signed_out();
        self.record(c, Event::own(ctx, EventKind::PasswordReset, account)).await?;
        // Links of before do nothing any more (UD-08); this change has its own.
        remove_undo_links(c, account).await?;
        let noted = self
            .accounts()
            .changed(c, changing, Changed::Password, "reset", ProfileChange::default())
            .await?;
        self.notifications()
            .notify(c, account, Kind::PasswordNotice, ctx, "", "", noted.as_ref())
            .await?;
        // Other ways in stay; the person sees them before anything else, wherever they were going (PH-04, RP-01).
        let opens = list_ways(c, account)
            .await?
            .into_iter()
            .filter(|row| {
                !matches!(
                    row,
                    Row::Merge { .. } | Row::Credential { .. } | Row::RecoveryCodes { .. }
                )
            })
            .count();
        let continuation = match &open.continuation {
            // The mailbox that proved it is one of them.
            other if opens <= 1 => other.clone(),
            Continuation::Authorize(request) | Continuation::Recovered(request) => {
                Continuation::Recovered(request.clone())
            }
            Continuation::Account
            | Continuation::Admin
            | Continuation::Device { .. }
            | Continuation::Path(_) => Continuation::Path(
                SafePath::parse(RECOVERED).map_err(|_| Error::Internal("a path of ours".into()))?,
            ),
        };
        let then = Then::SignIn { account, method: "password".into() };
        let progress =
            AttemptProgress { proof: Some(ProvedBy::Password(id)), ..AttemptProgress::default() };
        match self.attempts().end_locally(c, ctx, then, progress, continuation, None).await? {
            // Nothing is changed for who may not come in by it.
            Err((refusal, _)) => Err(refusal.into()),
            arrived => Ok(arrived),
        }
    }
}
