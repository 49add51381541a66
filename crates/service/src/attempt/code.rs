//! Codes of an attempt: sent to the claimed mailbox or to the account's own, typed, counted.
use crate::services::{AttemptSteps, Attempts, Transactions};
use domain::{
    AccountId, Policy, Proof, Refusal,
    attempt::{AttemptProgress, ProvedBy, State},
    contact::Contact,
    linking::facts::{By, UserAction},
    policy::MailEvent,
};
use storage::{
    Conn,
    accounts::{Email, find_account, list_emails},
    sign_in::attempts::Attempt,
};

use super::StepInput;
use crate::{
    Error, LoginOutcome, RequestContext,
    codes::challenge::{Binding, Shape},
    notifications::messages::Kind,
    sign_in::upstream_identity::UpstreamIdentity,
    transaction::LiveRequest,
};

impl Attempts {
    /// Mails the code that a state waits for; states that wait for none send nothing. For a decoy the same page without a mail.
    pub(crate) async fn send_code(&self, c: &mut Conn, ctx: &LiveRequest, row: &Attempt, state: &State, identity: &UpstreamIdentity, policy: &Policy) -> Result<(), Error> {
        let Some(binding) = code_binding(identity, state) else { return Ok(()) };
        let binding = Binding { hidden: !state.may_show_address(policy), ..binding };
        let letter = match (state, binding.account) {
            (State::Confirming { .. } | State::EmailChanged { .. }, _) => {
                let kind = if matches!(state, State::Confirming { .. }) { Kind::ClaimCode } else { Kind::EmailCode };
                identity.address().map(|to| self.notifications().code_message(kind, Contact::Mailbox(to), ctx.locale.clone(), ctx, &identity.provider_name, &identity.label()))
            }
            (_, Some(account)) => {
                let locale = find_account(c, self.org, account).await?.map_or_else(|| ctx.locale.clone(), |a| a.locale);
                let to = match state {
                    // It was the account's when the page was entered; it is not any more (LK-23).
                    State::Proving { address: Some(address), .. } => Some(self.own_contact(c, account, address).await?.ok_or(Refusal::AttemptExpired)?),
                    _ => None,
                };
                to.map(|to| self.notifications().code_message(Kind::LinkCode, to, locale, ctx, &identity.provider_name, &identity.label()))
            }
            (_, None) => None,
        };
        self.codes().challenge(c, ctx, row, &binding, Shape::of(policy), letter).await.map(drop)
    }

    /// The account's own address: the one that was matched, in the account's spelling, else its first one that proves
    /// anything (GO-36).
    pub(crate) async fn mail_target(&self, c: &mut Conn, identity: &UpstreamIdentity, account: AccountId) -> Result<Option<Email>, Error> {
        let emails: Vec<Email> = list_emails(c, account).await?.into_iter().filter(|e| e.is_proved()).collect();
        let claimed = identity.address();
        let matched = emails.iter().find(|e| claimed.as_ref().is_some_and(|a| a.as_str() == e.canonical)).cloned();
        Ok(matched.or_else(|| emails.into_iter().find(|e| !e.contested)))
    }

    /// After a wrong code: the same page with what is left, or the end.
    pub(crate) async fn wrong_code(&self, ctx: &RequestContext, id: &str, error: Error) -> Result<LoginOutcome, Error> {
        let refusal = error.refusal();
        if !matches!(refusal, Refusal::CodeWrong | Refusal::CodeExhausted | Refusal::CodeExpired | Refusal::CredentialsWrong) {
            return Err(error);
        }
        let secret = id.to_owned();
        self.retry_step(ctx, move |this, c, ctx| {
            let secret = secret.clone();
            Box::pin(async move {
                let open = this.opened_for_step(c, &ctx, &secret).await?;
                let ctx = ctx.for_continuation(&open.continuation);
                if refusal == Refusal::CodeExhausted {
                    if !open.state.is_terminal() {
                        this.move_on(c, &open, &State::Refused { refusal }, refusal.code()).await?;
                        let event = crate::audit::Event::new("attempt.refused").code(refusal.code()).support(&open.row.support_code);
                        this.record(c, event).await?;
                        this.tell_of_refusal(c, &ctx, &open).await?;
                    }
                    let told = open.continuation.client_id().is_some();
                    // The person is signed in already; the application gets its answer, only the address stays.
                    if let (State::EmailChanged { .. }, true) = (&open.state, told) {
                        return Ok(Ok(Self::own_question(&ctx, &open)?.1));
                    }
                    return Ok(if told { Ok(LoginOutcome::Page { id: secret, page: "over" }) } else { Err((refusal, open.row.support_code)) });
                }
                this.move_on(c, &open, &open.state, refusal.code()).await?;
                Ok(Ok(LoginOutcome::Page { id: secret, page: open.state.page() }))
            })
        })
        .await
    }

    /// The account hears that somebody tried, if the policy says so.
    async fn tell_of_refusal(&self, c: &mut Conn, ctx: &LiveRequest, open: &super::Opened) -> Result<(), Error> {
        let (State::Proving { target: Some(account), .. }, Some(identity)) = (&open.state, &open.identity) else { return Ok(()) };
        let policy = self.configuration().policy_context(c, open.continuation.client_id()).await?.policy(Some(&identity.key));
        if policy.notifies(MailEvent::Refused) {
            self.notifications().notify(c, *account, Kind::RefusedNotice, ctx, &identity.provider_name, &identity.label(), None).await?;
        }
        Ok(())
    }
}

impl AttemptSteps {
    /// A new code; the tries stay as they are.
    ///
    /// # Errors
    /// [`Refusal::AttemptStep`] where no code is awaited.
    pub async fn resend(&self, ctx: &RequestContext, id: &str) -> Result<LoginOutcome, Error> {
        let secret = id.to_owned();
        self.retry_step(ctx, move |this, c, ctx| {
            let secret = secret.clone();
            Box::pin(async move {
                let open = this.attempts().opened_for_step(c, &ctx, &secret).await?;
                let ctx = ctx.for_continuation(&open.continuation);
                match &open.state {
                    State::AwaitingCode(awaited) => this.attempts().send_awaited(c, &ctx, &open.row, awaited, None).await?,
                    State::Confirming { .. } | State::Proving { .. } | State::EmailChanged { updating: true, .. } => {
                        let identity = open.identity()?;
                        let policy = this.configuration().policy_context(c, open.continuation.client_id()).await?.policy(Some(&identity.key));
                        this.attempts().send_code(c, &ctx, &open.row, &open.state, identity, &policy).await?;
                    }
                    state if state.is_terminal() => return Err(Refusal::AttemptExpired.into()),
                    _ => return Err(Refusal::AttemptStep.into()),
                }
                Ok(Ok(LoginOutcome::Page { id: secret, page: open.state.page() }))
            })
        })
        .await
    }

    /// The code that was typed.
    ///
    /// # Errors
    /// [`Refusal::CodeExhausted`] on the last wrong one; refusals of the decision. A wrong one with tries left is a page.
    pub async fn enter_code(&self, ctx: &RequestContext, id: &str, typed: &str) -> Result<LoginOutcome, Error> {
        let mut conn = self.store.read().await?;
        let open = self.attempts().opened(&mut conn, ctx, id).await?;
        if let State::AwaitingCode(_) = open.state {
            drop(conn);
            return self.take_code(ctx, id, open, typed, None).await;
        }
        if let State::EmailChanged { .. } = open.state {
            drop(conn);
            return self.update_email(ctx, id, open, typed).await;
        }
        let (awaited, proven, act) = match &open.state {
            State::Confirming { .. } => (open.state.clone(), true, Some(UserAction::Initial)),
            state => {
                let (target, by) = state.proving()?;
                (state.clone(), state.proven(), target.map(|t| UserAction::Proved(t, Proof::Mailbox, by)))
            }
        };
        let proof = match &open.state {
            State::Proving { address: Some(address), .. } => Contact::parse(address).ok().map(|c| ProvedBy::code_to(&c)),
            _ => None,
        };
        let binding = code_binding(open.identity()?, &open.state).ok_or(Refusal::AttemptStep)?;
        drop(conn);
        match self.codes().compare_code(&open.row, &binding, typed).await {
            Ok(right) => {
                let act = act.ok_or(Refusal::CodeWrong)?;
                let secret = id.to_owned();
                self.retry_step(ctx, move |this, c, ctx| {
                    let (secret, right, awaited, proof) = (secret.clone(), right.clone(), awaited.clone(), proof.clone());
                    Box::pin(async move {
                        let open = this.attempts().opened_for_step(c, &ctx, &secret).await?;
                        let ctx = ctx.for_continuation(&open.continuation);
                        if open.state != awaited {
                            return Err(if open.state.is_terminal() { Refusal::AttemptExpired } else { Refusal::AttemptStep }.into());
                        }
                        this.codes().consume_challenge(c, &right).await?;
                        this.step(c, &ctx, open, StepInput { progress: AttemptProgress { proof, ..AttemptProgress::default() }, ..StepInput::new(act, proven) }).await
                    })
                })
                .await
            }
            Err(error) => self.attempts().wrong_code(ctx, id, error).await,
        }
    }
}

/// What the code of a state is bound to; `None` where no code is awaited.
pub(crate) fn code_binding(identity: &UpstreamIdentity, state: &State) -> Option<Binding> {
    let claimed = identity.address().map(|a| a.as_str().to_owned()).unwrap_or_default();
    let base = Binding { provider: identity.provider.to_string(), namespace: identity.namespace.clone(), subject: identity.assertion.subject.clone(), ..Binding::default() };
    match state {
        State::Confirming { .. } => Some(Binding { action: "claim", address: claimed, ..base }),
        State::EmailChanged { account, updating: true } => Some(Binding { action: "email", account: Some(*account), address: claimed, ..base }),
        State::Proving { target, by, address, .. } => {
            let action = match by {
                By::Rule => "link",
                By::Name => "bind",
            };
            Some(Binding { action, account: *target, address: address.clone().unwrap_or(claimed), ..base })
        }
        State::Choosing { .. }
        | State::Binding { .. }
        | State::FinishingSignup { .. }
        | State::EmailChanged { updating: false, .. }
        | State::AwaitingCode(_)
        | State::Merging { .. }
        | State::Completing { .. }
        | State::Done
        | State::Abandoned
        | State::Refused { .. } => None,
    }
}
