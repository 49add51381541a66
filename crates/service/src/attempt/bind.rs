//! Showing on the binding page that an account is one's own: by its password, a passkey, a code, or another of its providers.
use domain::{
    Outcome, Proof, Refusal,
    attempt::{AttemptProgress, ProvedBy, State},
    contact::Contact,
    linking::facts::UserAction,
    policy::ProofMethod,
};
use storage::Conn;

use super::{opened::Opened, step_input::StepInput};
use crate::{
    Error, LoginOutcome, RequestContext,
    services::AttemptSteps,
    sign_in::{facts::Ask, login_outcome::TxOutcome, upstream_identity::UpstreamIdentity},
    transaction::{LiveRequest, Transactions},
};

impl AttemptSteps {
    /// A way to bind counts only where the policy has it (AU-10).
    pub(crate) async fn binds_by(
        &self,
        c: &mut Conn,
        open: &Opened,
        method: ProofMethod,
    ) -> Result<(), Error> {
        let policy = self
            .configuration()
            .policy_context(c, open.continuation.client_id())
            .await?
            .policy(Some(&open.identity()?.key));
        if policy.choices.bind_methods.contains(&method) {
            Ok(())
        } else {
            Err(Refusal::AttemptStep.into())
        }
    }

    /// The account's password as the proof (AU-13, LK-16): counted by the same limiter as a sign-in.
    ///
    /// # Errors
    /// [`Refusal::RateLimited`]; refusals of the decision. A wrong one is a page.
    pub async fn bind_by_password(
        &self,
        ctx: &RequestContext,
        id: &str,
        address: &str,
        password: &str,
    ) -> Result<LoginOutcome, Error> {
        let mut conn = self.store.read().await?;
        let open = self.attempts().opened(&mut conn, ctx, id).await?;
        let (wanted, by) = open.state.showing()?;
        self.binds_by(&mut conn, &open, ProofMethod::Password).await?;
        let identity = open.identity()?.clone();
        drop(conn);
        let by_code_page = !matches!(open.state, State::Binding { .. });
        let checked = if by_code_page || (wanted.is_some() && address.is_empty()) {
            // The account that the attempt is about, or nobody's: named by what the provider said, not by what it has.
            let claimed = identity.address().map_or_else(
                || {
                    [identity.namespace.as_bytes(), &[0], identity.assertion.subject.as_bytes()]
                        .concat()
                },
                |a| a.as_str().as_bytes().to_vec(),
            );
            self.passwords().check_password_of(ctx, wanted, &claimed, password).await
        } else {
            // With an address typed, the account is the one that the address finds, as at sign-in.
            self.passwords().check_password(ctx, address, password).await
        };
        let (shown, proof) = match checked {
            Ok((account, proof)) if wanted.is_none_or(|w| w == account) => (account, proof),
            Ok(_) => {
                return self.attempts().wrong_code(ctx, id, Refusal::CredentialsWrong.into()).await;
            }
            Err(error) => return self.attempts().wrong_code(ctx, id, error).await,
        };
        self.bind_shown(
            ctx,
            id,
            open.state,
            StepInput::new(UserAction::Proved(shown, Proof::Credential, by), false).by(proof),
        )
        .await
    }

    /// A passkey of the account as the proof (AU-10). The device verified the person, so it stands for both factors.
    ///
    /// # Errors
    /// [`Refusal::PasskeyWrong`], [`Refusal::AttemptExpired`]; refusals of the decision. Another account's is a page.
    pub async fn bind_by_passkey(
        &self,
        ctx: &RequestContext,
        id: &str,
        sealed: &str,
        answer: &str,
    ) -> Result<LoginOutcome, Error> {
        let mut conn = self.store.read().await?;
        let open = self.attempts().opened(&mut conn, ctx, id).await?;
        let (wanted, by) = open.state.binding()?;
        self.binds_by(&mut conn, &open, ProofMethod::Passkey).await?;
        drop(conn);
        let (shown, proof) = self.passkeys().shown_passkey(ctx, sealed, answer).await?;
        if wanted.is_some_and(|w| w != shown) {
            return self.attempts().wrong_code(ctx, id, Refusal::CredentialsWrong.into()).await;
        }
        let progress = AttemptProgress {
            factor: Some((shown, "passkey".into())),
            proof: Some(proof),
            ..AttemptProgress::default()
        };
        self.bind_shown(
            ctx,
            id,
            open.state,
            StepInput {
                progress,
                ..StepInput::new(UserAction::Proved(shown, Proof::Credential, by), false)
            },
        )
        .await
    }

    /// A credential was shown while the attempt stood here: the decision on it, if it still does.
    async fn bind_shown(
        &self,
        ctx: &RequestContext,
        id: &str,
        at: State,
        deed: StepInput,
    ) -> Result<LoginOutcome, Error> {
        let secret = id.to_owned();
        self.retry_step(ctx, async move |this, c, ctx| {
            let open = this.attempts().opened_for_step(c, &ctx, &secret).await?;
            let ctx = ctx.for_continuation(&open.continuation);
            if open.state != at {
                return Err(if open.state.is_terminal() {
                    Refusal::AttemptExpired
                } else {
                    Refusal::AttemptStep
                }
                .into());
            }
            let proven = open.state.proven();
            this.step(c, &ctx, open, StepInput { proven, ..deed }).await
        })
        .await
    }

    /// A code to the account of an address or number that the person names. Without an owner the page is the same.
    ///
    /// # Errors
    /// [`Refusal::BadRequest`] for what is neither, [`Refusal::AttemptStep`] elsewhere than on the binding page,
    /// [`Refusal::NotAllowed`] for a number that no text can go to.
    pub async fn bind_by_code(
        &self,
        ctx: &RequestContext,
        id: &str,
        typed: &str,
    ) -> Result<LoginOutcome, Error> {
        let contact = Contact::parse(typed).map_err(|_| Refusal::BadRequest)?;
        if contact.is_phone() && !self.configuration().texts_reach(&contact) {
            return Err(Refusal::NotAllowed.into());
        }
        let secret = id.to_owned();
        self.retry_step(ctx, async move |this, c, ctx| {
            let open = this.attempts().opened_for_step(c, &ctx, &secret).await?;
            let ctx = ctx.for_continuation(&open.continuation);
            if open.state.binding()?.0.is_some() {
                return Err(Refusal::AttemptStep.into());
            }
            let owner = this.codes().find_contact_owner(c, &contact).await?;
            let act = if contact.is_phone() {
                UserAction::NamedByPhone(owner)
            } else {
                UserAction::Named(owner)
            };
            let proven = open.state.proven();
            let deed = StepInput {
                address: Some(contact.as_str().to_owned()),
                ..StepInput::new(act, proven)
            };
            this.step(c, &ctx, open, deed).await
        })
        .await
    }

    /// Another provider came back for an attempt that waits: its account is the one that is shown to be the person's.
    pub(crate) async fn bind_by_identity(
        &self,
        c: &mut Conn,
        ctx: &LiveRequest,
        attempt: &str,
        shown: &UpstreamIdentity,
    ) -> Result<TxOutcome, Error> {
        let open = self.attempts().opened_for_step(c, ctx, attempt).await?;
        let (wanted, by) = open.state.binding()?;
        self.binds_by(c, &open, ProofMethod::Identity).await?;
        // The other identity is worth as much as a sign-in with it would be: the same decision, gates and filters included.
        let config = self.decisions().hold(c, shown, open.continuation.client_id()).await?;
        let (facts, _, decision) = self
            .decisions()
            .decide_on(
                c,
                shown,
                Ask::SignIn {
                    act: UserAction::Initial,
                    proven: false,
                    progress: &AttemptProgress::default(),
                },
                &config,
            )
            .await?;
        let another = open.identity()?.provider != shown.provider;
        // What that account would still be asked for is asked for before the link.
        let opens = matches!(
            decision.outcome,
            Outcome::SignIn { .. } | Outcome::SecondFactor { .. } | Outcome::Details { .. }
        );
        let shown =
            facts.known.filter(|_| opens).and_then(|k| k.link.map(|link| (k.account, link)));
        match shown {
            Some((account, link)) if another && wanted.is_none_or(|w| w == account) => {
                let proven = open.state.proven();
                self.step(
                    c,
                    ctx,
                    open,
                    StepInput::new(UserAction::Proved(account, Proof::Credential, by), proven)
                        .by(ProvedBy::Identity(link)),
                )
                .await
            }
            // Nobody's, or another account's: the same answer as for a wrong password.
            _ => {
                self.attempts()
                    .move_on(c, &open, &open.state, Refusal::CredentialsWrong.code())
                    .await?;
                Ok(Ok(LoginOutcome::Page { id: attempt.to_owned(), page: open.state.page() }))
            }
        }
    }
}
