//! What an attempt still wants when everything else is settled: the account's second factor, agreements, fields. And
//! the end of the journeys that no provider takes part in.
use std::collections::BTreeMap;

use domain::{
    Refusal,
    attempt::{AttemptProgress, Then, Wants},
    policy::{Field, ProfileAttribute},
};
use storage::Conn;

use super::{opened::Opened, step_input::StepInput};
use crate::{
    Error, LoginOutcome, RequestContext,
    services::AttemptSteps,
    sign_in::login_outcome::TxOutcome,
    transaction::{LiveRequest, Transactions},
};

/// Longest value of a field.
const LONGEST: usize = 120;

/// What the page of agreements and fields was answered with.
#[derive(Debug, Clone, Default)]
pub struct Details {
    /// Agreements with their versions that were ticked.
    pub agreed: Vec<String>,
    pub fields: BTreeMap<ProfileAttribute, String>,
}

impl Details {
    /// What is missing or cannot be, by field name.
    fn problems(&self, agreements: &[String], fields: &[Field]) -> Vec<(String, &'static str)> {
        let unticked = agreements
            .iter()
            .filter(|a| !self.agreed.contains(a))
            .map(|a| (format!("agree.{a}"), "field-agree"));
        let value =
            |f: &Field| self.fields.get(&f.field).map(|v| v.trim()).unwrap_or_default().to_owned();
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
    pub async fn enter_factor(
        &self,
        ctx: &RequestContext,
        id: &str,
        typed: &str,
    ) -> Result<LoginOutcome, Error> {
        let awaited = self.attempts().opened(&mut self.store.read().await?, ctx, id).await?.state;
        let (_, Wants::SecondFactor { account }, _) = awaited.completing()? else {
            return Err(Refusal::AttemptStep.into());
        };
        let account = *account;
        let by = match self.second_factors().check_factor(ctx, account, typed).await {
            Ok(by) => by,
            Err(error) => return self.attempts().wrong_code(ctx, id, error).await,
        };
        let secret = id.to_owned();
        self.retry_step(ctx, async move |this, c, ctx| {
            let open = this.attempts().opened_for_step(c, &ctx, &secret).await?;
            let ctx = ctx.for_continuation(&open.continuation);
            open.still(&awaited)?;
            let (then, _, progress) = open.state.completing()?;
            let (then, progress) = (
                then.clone(),
                AttemptProgress { factor: Some((account, by.to_owned())), ..progress.clone() },
            );
            this.go_on(c, &ctx, open, then, progress).await
        })
        .await
    }

    /// What is wrong with an answer to the page of agreements and fields.
    ///
    /// # Errors
    /// [`Refusal::AttemptStep`] elsewhere.
    pub async fn details_problems(
        &self,
        ctx: &RequestContext,
        id: &str,
        details: &Details,
    ) -> Result<Vec<(String, &'static str)>, Error> {
        let open = self.attempts().opened(&mut self.store.read().await?, ctx, id).await?;
        match open.state.completing()? {
            (_, Wants::Details { agreements, fields }, _) => {
                Ok(details.problems(agreements, fields))
            }
            (_, Wants::SecondFactor { .. } | Wants::Restore { .. }, _) => {
                Err(Refusal::AttemptStep.into())
            }
        }
    }

    /// The answer: agreements are accepted, fields are filled, and what was settled is decided once more.
    ///
    /// # Errors
    /// [`Refusal::BadRequest`] with problems; refusals of the decision.
    pub async fn enter_details(
        &self,
        ctx: &RequestContext,
        id: &str,
        details: &Details,
    ) -> Result<LoginOutcome, Error> {
        if !self.details_problems(ctx, id, details).await?.is_empty() {
            return Err(Refusal::BadRequest.into());
        }
        let (secret, details) = (id.to_owned(), details.clone());
        self.retry_step(ctx, async move |this, c, ctx| {
            let open = this.attempts().opened_for_step(c, &ctx, &secret).await?;
            let ctx = ctx.for_continuation(&open.continuation);
            let (then, Wants::Details { agreements, fields }, progress) =
                open.state.completing()?
            else {
                return Err(Refusal::AttemptStep.into());
            };
            if !details.problems(agreements, fields).is_empty() {
                return Err(Refusal::BadRequest.into());
            }
            let (then, mut progress) = (then.clone(), progress.clone());
            progress.agreed.extend(agreements.iter().cloned());
            let filled = fields.iter().filter_map(|f| {
                details.fields.get(&f.field).map(|v| (f.field.clone(), v.trim().to_owned()))
            });
            progress.fields.extend(filled.filter(|(_, v)| !v.is_empty()));
            progress.answered = true;
            this.go_on(c, &ctx, open, then, progress).await
        })
        .await
    }

    /// "Keep my account": its deletion is taken back (GD-05).
    ///
    /// # Errors
    /// [`Refusal::AttemptStep`] elsewhere; refusals of the decision.
    pub async fn restore_account(
        &self,
        ctx: &RequestContext,
        id: &str,
    ) -> Result<LoginOutcome, Error> {
        let secret = id.to_owned();
        self.retry_step(ctx, async move |this, c, ctx| {
            let open = this.attempts().opened_for_step(c, &ctx, &secret).await?;
            let ctx = ctx.for_continuation(&open.continuation);
            let (then, Wants::Restore { account }, progress) = open.state.completing()? else {
                return Err(Refusal::AttemptStep.into());
            };
            let (then, progress) =
                (then.clone(), AttemptProgress { restores: Some(*account), ..progress.clone() });
            this.go_on(c, &ctx, open, then, progress).await
        })
        .await
    }

    /// Decides once more, with what was given.
    async fn go_on(
        &self,
        c: &mut Conn,
        ctx: &LiveRequest,
        open: Opened,
        then: Then,
        progress: AttemptProgress,
    ) -> Result<TxOutcome, Error> {
        match then {
            Then::Login { act, proven, .. } => {
                self.step(c, ctx, open, StepInput { progress, ..StepInput::new(act, proven) }).await
            }
            Then::Confirm { .. } => {
                self.reauthentication().confirm_with_factor(c, ctx, &open, &then, &progress).await
            }
            Then::Merge { account, other } => {
                self.merges().shown_other(c, ctx, account, other, progress, Some(&open)).await
            }
            Then::SignIn { .. } | Then::SignUp { .. } => {
                let continuation = open.continuation.clone();
                self.attempts().end_locally(c, ctx, then, progress, continuation, Some(&open)).await
            }
        }
    }
}
