//! Codes of an attempt: sent to the claimed mailbox or to the account's own, typed, counted.
use domain::{
    Proof, Refusal,
    attempt::{AttemptProgress, ProvedBy, State},
    contact::Contact,
    linking::facts::{By, UserAction},
};

use super::step_input::StepInput;
use crate::{
    Error, LoginOutcome, RequestContext, codes::challenge::Binding, services::AttemptSteps,
    sign_in::upstream_identity::UpstreamIdentity, transaction::Transactions,
};

impl AttemptSteps {
    /// A new code; the tries stay as they are.
    ///
    /// # Errors
    /// [`Refusal::AttemptStep`] where no code is awaited.
    pub async fn resend(&self, ctx: &RequestContext, id: &str) -> Result<LoginOutcome, Error> {
        let secret = id.to_owned();
        self.retry_step(ctx, async move |this, c, ctx| {
            let open = this.attempts().opened_for_step(c, &ctx, &secret).await?;
            let ctx = ctx.for_continuation(&open.continuation);
            match &open.state {
                State::AwaitingCode(awaited) => {
                    this.attempts().send_awaited(c, &ctx, &open.row, awaited, None).await?
                }
                State::Confirming { .. }
                | State::Proving { .. }
                | State::EmailChanged { updating: true, .. } => {
                    let identity = open.identity()?;
                    let policy = this
                        .configuration()
                        .policy_context(c, open.continuation.client_id())
                        .await?
                        .policy(Some(&identity.key));
                    this.attempts()
                        .send_code(c, &ctx, &open.row, &open.state, identity, &policy)
                        .await?;
                }
                state if state.is_terminal() => return Err(Refusal::AttemptExpired.into()),
                _ => return Err(Refusal::AttemptStep.into()),
            }
            Ok(Ok(LoginOutcome::Page { id: secret, page: open.state.page() }))
        })
        .await
    }

    /// The code that was typed.
    ///
    /// # Errors
    /// [`Refusal::CodeExhausted`] on the last wrong one; refusals of the decision. A wrong one with tries left is a page.
    pub async fn enter_code(
        &self,
        ctx: &RequestContext,
        id: &str,
        typed: &str,
    ) -> Result<LoginOutcome, Error> {
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
                (
                    state.clone(),
                    state.proven(),
                    target.map(|t| UserAction::Proved(t, Proof::Mailbox, by)),
                )
            }
        };
        let proof = match &open.state {
            State::Proving { address: Some(address), .. } => {
                Contact::parse(address).ok().map(|c| ProvedBy::code_to(&c))
            }
            _ => None,
        };
        let binding = code_binding(open.identity()?, &open.state).ok_or(Refusal::AttemptStep)?;
        drop(conn);
        match self.codes().compare_code(&open.row, &binding, typed).await {
            Ok(right) => {
                let act = act.ok_or(Refusal::CodeWrong)?;
                let secret = id.to_owned();
                self.retry_step(ctx, async move |this, c, ctx| {
                    let open = this.attempts().opened_for_step(c, &ctx, &secret).await?;
                    let ctx = ctx.for_continuation(&open.continuation);
                    open.still(&awaited)?;
                    this.codes().consume_challenge(c, &right).await?;
                    this.step(
                        c,
                        &ctx,
                        open,
                        StepInput {
                            progress: AttemptProgress { proof, ..AttemptProgress::default() },
                            ..StepInput::new(act, proven)
                        },
                    )
                    .await
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
    let base = Binding {
        provider: identity.provider.to_string(),
        namespace: identity.namespace.clone(),
        subject: identity.assertion.subject.clone(),
        ..Binding::default()
    };
    match state {
        State::Confirming { .. } => Some(Binding { action: "claim", address: claimed, ..base }),
        State::EmailChanged { account, updating: true } => {
            Some(Binding { action: "email", account: Some(*account), address: claimed, ..base })
        }
        State::Proving { target, by, address, .. } => {
            let action = match by {
                By::Rule => "link",
                By::Name => "bind",
            };
            Some(Binding {
                action,
                account: *target,
                address: address.clone().unwrap_or(claimed),
                ..base
            })
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

#[cfg(test)]
mod tests {
    use domain::{AccountId, linking::facts::By};

    use super::*;
    use crate::sign_in::upstream_identity::UpstreamIdentity;

    fn claiming(address: &str) -> UpstreamIdentity {
        let assertion = upstream::Assertion {
            subject: "s1".into(),
            email: Some(address.into()),
            email_verified: true,
            name: None,
            auth_at: None,
            claims: serde_json::Map::new(),
            once: None,
        };
        UpstreamIdentity {
            provider: domain::ProviderId([1; 16]),
            key: "p".into(),
            provider_name: "P".into(),
            namespace: "oidc:https://p.test".into(),
            source: String::new(),
            assertion,
        }
    }

    /// Shows LK-23: each code is bound to the very address that it goes to, so that it proves that one and no other.
    #[test]
    fn lk_23_a_code_is_bound_to_the_address_that_it_goes_to() {
        let account = AccountId([7; 16]);
        let proving = |address: Option<&str>, by| State::Proving {
            choice: None,
            target: Some(account),
            by,
            address: address.map(str::to_owned),
            proven: false,
        };
        let bound = |identity: &UpstreamIdentity, state: &State| {
            code_binding(identity, state).map(|b| (b.action, b.account, b.address))
        };
        let (one, other) = (claiming(" V@EX.test"), claiming("w@ex.test"));
        let confirming = State::Confirming { choice: None };
        assert_eq!(
            bound(&one, &confirming),
            Some(("claim", None, "v@ex.test".into())),
            "the claimed one, in the spelling that is compared"
        );
        assert_eq!(bound(&other, &confirming), Some(("claim", None, "w@ex.test".into())));
        let changed = |updating| State::EmailChanged { account, updating };
        assert_eq!(
            bound(&other, &changed(true)),
            Some(("email", Some(account), "w@ex.test".into()))
        );
        assert_eq!(bound(&other, &changed(false)), None, "no code is awaited yet");
        // A code to the account's own address is bound to that, whatever is claimed.
        for (by, action) in [(By::Rule, "link"), (By::Name, "bind")] {
            assert_eq!(
                bound(&one, &proving(Some("own@ex.test"), by)),
                Some((action, Some(account), "own@ex.test".into()))
            );
            assert_eq!(
                bound(&one, &proving(Some("+491700000001"), by)),
                Some((action, Some(account), "+491700000001".into()))
            );
            assert_eq!(
                bound(&one, &proving(None, by)),
                Some((action, Some(account), "v@ex.test".into())),
                "for nobody's account the page is that of the claimed one"
            );
        }
        assert_eq!(bound(&one, &State::Done), None);
    }
}
