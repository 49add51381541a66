//! Signing in by address and password.
use crate::{
    Error, LoginOutcome, RequestContext, audit::Event, services::SignIn, transaction::Transactions,
};
use domain::{
    EventKind,
    attempt::{AttemptProgress, Then},
    path::Continuation,
};

impl SignIn {
    /// Signs in by address, or number, and password.
    ///
    /// # Errors
    /// [`domain::Refusal::CredentialsWrong`], [`domain::Refusal::RateLimited`], [`domain::Refusal::Busy`], refusals of the decision.
    pub async fn sign_in_by_password(
        &self,
        ctx: &RequestContext,
        address: &str,
        password: &str,
        continuation: Continuation,
    ) -> Result<LoginOutcome, Error> {
        let (account, proof) = match self.passwords().check_password(ctx, address, password).await {
            Ok(shown) => shown,
            Err(error) => {
                let ctx = ctx.for_continuation(&continuation);
                let (this, code) = (self.clone(), error.refusal().code());
                let support = error.support().to_owned();
                self.store
                    .write::<_, Error, _>(move |c| {
                        Box::pin(async move {
                            this.record(
                                c,
                                Event::visitor(&ctx, EventKind::SignInRefused)
                                    .by_provider("password")
                                    .code(code)
                                    .support(&support),
                            )
                            .await
                        })
                    })
                    .await?;
                return Err(error);
            }
        };
        self.retry_step(ctx, async move |this, c, ctx| {
            let (continuation, progress) = (
                continuation.clone(),
                AttemptProgress { proof: Some(proof.clone()), ..AttemptProgress::default() },
            );

            this.attempts()
                .end_locally(
                    c,
                    &ctx,
                    Then::SignIn { account, method: "password".into() },
                    progress,
                    continuation,
                    None,
                )
                .await
        })
        .await
    }
}
