//! What an attempt still wants when everything else is settled: the account's second factor, agreements, fields. And
//! the end of the journeys that no provider takes part in.
use crate::services::{Accounts, AttemptSteps, Attempts, Transactions};
use domain::Named;
use std::collections::BTreeMap;

use domain::{
    AccountId, Facts, Outcome, Refusal,
    account_rules::rewind::Changed,
    attempt::{AttemptProgress, State, Then, Wants},
    decide,
    linking::facts::{AccountState, Intent, Known, Local},
    path::Continuation,
    policy::{Field, Target},
};
use serde_json::json;
use storage::{
    Conn,
    accounts::{
        Account,
        agreements::add_agreement,
        attributes::BY_PERSON,
        bump_rev, find_account, hold_account, is_email_taken, list_emails, own_email, remove_pending_accounts,
        second_factors::{TOTP, find_factor},
        set_account_state, set_closing,
    },
};

use super::{Opened, StepInput};
use crate::{
    Error, LoginOutcome, RequestContext,
    account::changes::ProfileChange,
    audit::Event,
    crypto::random::support_code,
    notifications::messages::Kind,
    sign_in::{complete_login::TxOutcome, facts::given, sessions::Opening},
    transaction::LiveRequest,
};

/// Longest value of a field.
const LONGEST: usize = 120;

/// What the page of agreements and fields was answered with.
#[derive(Debug, Clone, Default)]
pub struct Details {
    /// Agreements with their versions that were ticked.
    pub agreed: Vec<String>,
    pub fields: BTreeMap<Target, String>,
}

impl Details {
    /// What is missing or cannot be, by field name.
    fn problems(&self, agreements: &[String], fields: &[Field]) -> Vec<(String, &'static str)> {
        let unticked = agreements.iter().filter(|a| !self.agreed.contains(a)).map(|a| (format!("agree.{a}"), "field-agree"));
        let value = |f: &Field| self.fields.get(&f.field).map(|v| v.trim()).unwrap_or_default().to_owned();
        let broken = |v: &str| v.chars().count() > LONGEST || v.chars().any(char::is_control);
        let wrong = fields.iter().filter_map(|f| match value(f) {
            v if v.is_empty() && f.required => Some((f.field.name(), "field-required")),
            v if broken(&v) => Some((f.field.name(), "field-too-long")),
            _ => None,
        });
        unticked.chain(wrong).collect()
    }
}

impl AttemptSteps {
    /// A code of the account's second factor, or one of its recovery codes.
    ///
    /// # Errors
    /// [`Refusal::RateLimited`], [`Refusal::AttemptStep`] elsewhere; refusals of the decision. A wrong one is a page.
    pub async fn enter_factor(&self, ctx: &RequestContext, id: &str, typed: &str) -> Result<LoginOutcome, Error> {
        let awaited = self.attempts().opened(&mut self.store.read().await?, ctx, id).await?.state;
        let (_, Wants::SecondFactor { account }, _) = awaited.completing()? else { return Err(Refusal::AttemptStep.into()) };
        let account = *account;
        let by = match self.second_factors().check_factor(ctx, account, typed).await {
            Ok(by) => by,
            Err(error) => return self.attempts().wrong_code(ctx, id, error).await,
        };
        let secret = id.to_owned();
        self.retry_step(ctx, move |this, c, ctx| {
            let (secret, awaited) = (secret.clone(), awaited.clone());
            Box::pin(async move {
                let open = this.attempts().opened_for_step(c, &ctx, &secret).await?;
                let ctx = ctx.for_continuation(&open.continuation);
                if open.state != awaited {
                    return Err(if open.state.is_terminal() { Refusal::AttemptExpired } else { Refusal::AttemptStep }.into());
                }
                let (then, _, progress) = open.state.completing()?;
                let (then, progress) = (then.clone(), AttemptProgress { factor: Some((account, by.to_owned())), ..progress.clone() });
                this.go_on(c, &ctx, open, then, progress).await
            })
        })
        .await
    }

    /// What is wrong with an answer to the page of agreements and fields.
    ///
    /// # Errors
    /// [`Refusal::AttemptStep`] elsewhere.
    pub async fn details_problems(&self, ctx: &RequestContext, id: &str, details: &Details) -> Result<Vec<(String, &'static str)>, Error> {
        let open = self.attempts().opened(&mut self.store.read().await?, ctx, id).await?;
        match open.state.completing()? {
            (_, Wants::Details { agreements, fields }, _) => Ok(details.problems(agreements, fields)),
            (_, Wants::SecondFactor { .. } | Wants::Restore { .. }, _) => Err(Refusal::AttemptStep.into()),
        }
    }

    /// The answer: agreements are accepted, fields are filled, and what was settled is decided once more.
    ///
    /// # Errors
    /// [`Refusal::BadRequest`] with problems; refusals of the decision.
    pub async fn enter_details(&self, ctx: &RequestContext, id: &str, details: &Details) -> Result<LoginOutcome, Error> {
        if !self.details_problems(ctx, id, details).await?.is_empty() {
            return Err(Refusal::BadRequest.into());
        }
        let (secret, details) = (id.to_owned(), details.clone());
        self.retry_step(ctx, move |this, c, ctx| {
            let (secret, details) = (secret.clone(), details.clone());
            Box::pin(async move {
                let open = this.attempts().opened_for_step(c, &ctx, &secret).await?;
                let ctx = ctx.for_continuation(&open.continuation);
                let (then, Wants::Details { agreements, fields }, progress) = open.state.completing()? else { return Err(Refusal::AttemptStep.into()) };
                if !details.problems(agreements, fields).is_empty() {
                    return Err(Refusal::BadRequest.into());
                }
                let (then, mut progress) = (then.clone(), progress.clone());
                progress.agreed.extend(agreements.iter().cloned());
                let filled = fields.iter().filter_map(|f| details.fields.get(&f.field).map(|v| (f.field.clone(), v.trim().to_owned())));
                progress.fields.extend(filled.filter(|(_, v)| !v.is_empty()));
                progress.answered = true;
                this.go_on(c, &ctx, open, then, progress).await
            })
        })
        .await
    }

    /// "Keep my account": its deletion is taken back (GD-05).
    ///
    /// # Errors
    /// [`Refusal::AttemptStep`] elsewhere; refusals of the decision.
    pub async fn restore_account(&self, ctx: &RequestContext, id: &str) -> Result<LoginOutcome, Error> {
        let secret = id.to_owned();
        self.retry_step(ctx, move |this, c, ctx| {
            let secret = secret.clone();
            Box::pin(async move {
                let open = this.attempts().opened_for_step(c, &ctx, &secret).await?;
                let ctx = ctx.for_continuation(&open.continuation);
                let (then, Wants::Restore { account }, progress) = open.state.completing()? else { return Err(Refusal::AttemptStep.into()) };
                let (then, progress) = (then.clone(), AttemptProgress { restores: Some(*account), ..progress.clone() });
                this.go_on(c, &ctx, open, then, progress).await
            })
        })
        .await
    }

    /// Decides once more, with what was given.
    async fn go_on(&self, c: &mut Conn, ctx: &LiveRequest, open: Opened, then: Then, progress: AttemptProgress) -> Result<TxOutcome, Error> {
        match then {
            Then::Login { act, proven, .. } => self.step(c, ctx, open, StepInput { progress, ..StepInput::new(act, proven) }).await,
            Then::Confirm { .. } => self.reauthentication().confirm_with_factor(c, ctx, &open, &then, &progress).await,
            Then::Merge { account, other } => self.merges().shown_other(c, ctx, account, other, progress, Some(&open)).await,
            Then::SignIn { .. } | Then::SignUp { .. } => {
                let continuation = open.continuation.clone();
                self.attempts().end_locally(c, ctx, then, progress, continuation, Some(&open)).await
            }
        }
    }
}

impl Accounts {
    /// The sign-in of an account that was being deleted, by who said that it stays.
    pub(crate) async fn restore_if_closing(&self, c: &mut Conn, ctx: &LiveRequest, facts: &Facts) -> Result<(), Error> {
        let Some(known) = facts.known.filter(|k| k.state == AccountState::Closing) else { return Ok(()) };
        let changing = self.change(c, known.account).await?;
        set_closing(c, known.account, None).await?;
        self.record(c, Event::new("account.restored").account(known.account)).await?;
        let noted = self.changed(c, changing, Changed::Restored, "sign-in", ProfileChange::default()).await?;
        self.notifications().notify(c, known.account, Kind::RestoredNotice, ctx, "", "", noted.as_ref()).await
    }

    /// Keeps what a person accepted and wrote, for the account that it was for.
    pub(crate) async fn keep_given(&self, c: &mut Conn, account: AccountId, progress: &AttemptProgress) -> Result<(), Error> {
        for what in &progress.agreed {
            add_agreement(c, account, what, self.now()).await?;
        }
        for (target, value) in &progress.fields {
            self.set_profile_field(c, account, target, value, BY_PERSON).await?;
        }
        Ok(())
    }
}

impl Attempts {
    /// Ends a sign-in by the account's own means, or a sign-up: decided like every other, with a page if something is
    /// still wanted.
    pub(crate) async fn end_locally(&self, c: &mut Conn, ctx: &LiveRequest, then: Then, progress: AttemptProgress, continuation: Continuation, open: Option<&Opened>) -> Result<TxOutcome, Error> {
        let (account, intent, method) = match &then {
            Then::SignIn { account, method } => (*account, Intent::SignIn, method.clone()),
            Then::SignUp { account } => (*account, Intent::SignUp, "password".to_owned()),
            Then::Login { .. } | Then::Confirm { .. } | Then::Merge { .. } => return Err(Error::Internal("not a local ending".into())),
        };
        // Who takes its credentials away now waits for the answer, or was faster and is seen.
        hold_account(c, account).await?;
        let row = find_account(c, self.org, account).await?.ok_or(Refusal::CredentialsWrong)?;
        let config = self.configuration().policy_context(c, continuation.client_id()).await?;
        let policy = config.policy(None);
        let mut given = given(&progress, if row.name.is_empty() { Vec::new() } else { vec![Target::Name] });
        self.decisions().add_agreed(c, &policy, &[account], &mut given).await?;
        let second_factor = find_factor(c, account, TOTP).await?.is_some();
        let known = Known { account, state: row.state(), link: None, second_factor };
        let local = match method.as_str() {
            "code" => Local::EmailCode,
            "phone" => Local::PhoneCode,
            "passkey" => Local::Passkey,
            _ => Local::Password,
        };
        let proof_gone = intent == Intent::SignIn && !self.decisions().still_proves(c, account, progress.proof.as_ref()).await?;
        let contested = self.accounts().is_contested(c, account, progress.proof.as_ref()).await?;
        let facts = Facts { given, local, proof_gone, contested, ..Facts::local(intent, (intent == Intent::SignIn).then_some(known)) };
        let decision = decide(&facts, &policy);
        if let Some(state) = State::complete(&decision.outcome, then, progress.clone()) {
            return self.wait_in(c, ctx, open, "sign_in", state, &continuation).await;
        }
        let event = |kind| Event { provider: method.clone(), ..Event::new(kind).account(account).detail(trace_of(&facts, &decision)) };
        // What changes the account ends what is open and concerns it: this attempt is over before.
        if let (Some(open), Outcome::SignIn { .. } | Outcome::Create) = (open, &decision.outcome) {
            self.move_on(c, open, &State::Done, "").await?;
        }
        match decision.outcome {
            Outcome::SignIn { .. } => {
                self.accounts().restore_if_closing(c, ctx, &facts).await?;
                self.record(c, event("session.started")).await?;
            }
            Outcome::Create => {
                self.activate_account(c, &row).await?;
                self.record(c, event("account.created")).await?;
            }
            Outcome::Refuse { refusal } => {
                let support = open.map_or_else(support_code, |open| open.row.support_code.clone());
                self.record(c, event("signin.refused").code(refusal.code()).support(&support)).await?;
                // A pending account answers like a wrong password: nobody learns of it by guessing.
                return Ok(Err((if refusal == Refusal::AccountPending { Refusal::CredentialsWrong } else { refusal }, support)));
            }
            _ => return Err(Error::Internal("a local ending signs in, creates or is refused".into())),
        }
        self.accounts().keep_given(c, account, &progress).await?;
        let factor = progress.factor.map(|(_, by)| by).unwrap_or_default();
        let secret = self.sessions().open_session(c, ctx, &config, &Opening { factor, ..Opening::local(account, &method, self.now()) }).await?;
        Ok(Ok(LoginOutcome::SignedIn { secret, continuation, method }))
    }

    /// The proved address of a sign-up makes its account active; other unfinished ones for it go.
    async fn activate_account(&self, c: &mut Conn, row: &Account) -> Result<(), Error> {
        let address = list_emails(c, row.id).await?.into_iter().next().ok_or(Refusal::AttemptExpired)?.canonical;
        bump_rev(c, row.id, row.rev).await?;
        if row.state() != AccountState::Pending || is_email_taken(c, self.org, &address, row.id, self.now()).await? {
            return Err(Refusal::AttemptExpired.into());
        }
        set_account_state(c, self.org, row.id, AccountState::Active).await?;
        own_email(c, row.id, &address).await?;
        Ok(remove_pending_accounts(c, self.org, &address, row.id).await?)
    }

    /// The page that asks for what is wanted, in the attempt that is open or in a new one.
    pub(crate) async fn wait_in(&self, c: &mut Conn, ctx: &LiveRequest, open: Option<&Opened>, kind: &str, state: State, continuation: &Continuation) -> Result<TxOutcome, Error> {
        let id = match open {
            Some(open) => {
                self.move_on(c, open, &state, "").await?;
                open.secret.clone()
            }
            None => self.begin_attempt(c, ctx, kind, &state, None, continuation).await?.0,
        };
        Ok(Ok(LoginOutcome::Page { id, page: state.page() }))
    }
}

/// A decision's trace, as events keep it (I10).
pub(crate) fn trace_of<O: Named>(facts: &impl serde::Serialize, decision: &domain::decision::Decision<O>) -> serde_json::Value {
    json!({"reasons": decision.reasons, "policy_version": decision.policy_version, "outcome": decision.outcome.name(), "facts": facts})
}
