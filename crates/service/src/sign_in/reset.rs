//! A new password by a code to the account's own mailbox.
use crate::services::{AttemptSteps, SignIn, Transactions};
use domain::{
    AccountId, CredentialId, Facts, Outcome, Refusal,
    account_rules::rewind::Changed,
    attempt::{AttemptProgress, Awaited, CodePurpose, ProvedBy, State, Then},
    contact::Contact,
    decide,
    email_address::Canonical,
    linking::facts::{AccountState, Intent, Known, Local},
    path::{Continuation, SafePath},
};
use storage::{
    Conn,
    accounts::{
        access::{AccessRow as Row, list_ways},
        find_account, find_owner,
        journal::remove_undo_links,
        second_factors::{TOTP, find_factor},
        set_password,
    },
};

use crate::{
    Error, LoginOutcome, RequestContext,
    account::changes::ProfileChange,
    attempt::{Opened, trace_of},
    audit::Event,
    codes::limits::Guarded,
    crypto::random::row_id,
    notifications::messages::Kind,
    sign_in::complete_login::TxOutcome,
    transaction::LiveRequest,
};

/// The page that shows what else opens an account that was recovered.
const RECOVERED: &str = "/account/recovered";

impl SignIn {
    /// Asks for a new password: the page is the same whether or not the address has an account.
    ///
    /// # Errors
    /// [`Refusal::BadRequest`] for what is no address, [`Refusal::PasswordOff`].
    pub async fn ask_reset(&self, ctx: &RequestContext, email: &str, continuation: Continuation) -> Result<LoginOutcome, Error> {
        let address = Canonical::parse(email).map_err(|_| Refusal::BadRequest)?;
        self.retry_step(ctx, move |this, c, ctx| {
            let (address, continuation) = (address.clone(), continuation.clone());
            Box::pin(async move {
                this.configuration().may_anyone_sign_in(c, Local::Password, &continuation).await?;
                let owner = find_owner(c, this.org, address.as_str()).await?;
                let active = match owner {
                    Some(id) => find_account(c, this.org, id).await?.is_some_and(|a| a.state() == AccountState::Active),
                    None => false,
                };
                let awaited = Awaited { purpose: CodePurpose::Reset, account: owner.filter(|_| active), contact: address.as_str().to_owned() };
                this.attempts().await_code(c, &ctx, awaited, None, &continuation).await
            })
        })
        .await
    }

    /// Sets the new password with the code: every session of the account ends, and the person signs in anew here.
    ///
    /// # Errors
    /// [`Refusal::BadRequest`] for a password that may not be set, [`Refusal::CodeExhausted`].
    pub async fn reset(&self, ctx: &RequestContext, id: &str, typed: &str, password: &str) -> Result<LoginOutcome, Error> {
        let open = self.attempts().opened(&mut self.store.read().await?, ctx, id).await?;
        self.attempt_steps().take_code(ctx, id, open, typed, Some(password)).await
    }
}

impl AttemptSteps {
    pub(crate) async fn finish_reset(&self, c: &mut Conn, ctx: &LiveRequest, open: &Opened, (account, contact): (AccountId, &Contact), phc: &str) -> Result<TxOutcome, Error> {
        let row = find_account(c, self.org, account).await?.filter(|a| a.state() == AccountState::Active).ok_or(Refusal::PolicyChanged)?;
        if self.codes().find_contact_owner(c, contact).await? != Some(account) {
            return Err(Refusal::AttemptExpired.into());
        }
        let known = Known { account, state: row.state(), link: None, second_factor: find_factor(c, account, TOTP).await?.is_some() };
        let contested = self.accounts().is_contested(c, account, Some(&ProvedBy::code_to(contact))).await?;
        let facts = Facts { local: Local::Reset, contested, ..Facts::local(Intent::SignIn, Some(known)) };
        let policy = self.configuration().policy_context(c, open.continuation.client_id()).await?.policy(None);
        let decision = decide(&facts, &policy);
        if let Outcome::Refuse { refusal } = decision.outcome {
            self.attempts().move_on(c, open, &State::Refused { refusal }, "").await?;
            let event = Event::new("password.not_reset").account(account).code(refusal.code()).support(&open.row.support_code);
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
        self.record(c, Event::new("password.reset").account(account)).await?;
        // Links of before do nothing any more (UD-08); this change has its own.
        remove_undo_links(c, account).await?;
        let noted = self.accounts().changed(c, changing, Changed::Password, "reset", ProfileChange::default()).await?;
        self.notifications().notify(c, account, Kind::PasswordNotice, ctx, "", "", noted.as_ref()).await?;
        // Other ways in stay; the person sees them before anything else, wherever they were going (PH-04, RP-01).
        let opens = list_ways(c, account).await?.into_iter().filter(|row| !matches!(row, Row::Merge { .. } | Row::Credential { .. } | Row::RecoveryCodes { .. })).count();
        let continuation = match &open.continuation {
            // The mailbox that proved it is one of them.
            other if opens <= 1 => other.clone(),
            Continuation::Authorize(request) | Continuation::Recovered(request) => Continuation::Recovered(request.clone()),
            Continuation::Account | Continuation::Admin | Continuation::Device { .. } | Continuation::Path(_) => {
                Continuation::Path(SafePath::parse(RECOVERED).map_err(|_| Error::Internal("a path of ours".into()))?)
            }
        };
        let then = Then::SignIn { account, method: "password".into() };
        let progress = AttemptProgress { proof: Some(ProvedBy::Password(id)), ..AttemptProgress::default() };
        match self.attempts().end_locally(c, ctx, then, progress, continuation, None).await? {
            // Nothing is changed for who may not come in by it.
            Err((refusal, _)) => Err(refusal.into()),
            arrived => Ok(arrived),
        }
    }
}
