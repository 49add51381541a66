//! Finishing a sign-up that another provider's arrival found unfinished: a password of one's own, then the link (NE-07).
use domain::{attempt::AttemptProgress, facts::UserAction};

use super::StepInput;
use crate::{Error, Ligature, LoginOutcome, RequestContext};

impl Ligature {
    /// Sets the password and links. The claimed address was proved by our code before this page.
    ///
    /// # Errors
    /// As [`Ligature::set_own_password`] for one that may not be set, `attempt.step` elsewhere; refusals of the decision.
    pub async fn finish_with_password(&self, ctx: &RequestContext, id: &str, password: &str) -> Result<LoginOutcome, Error> {
        self.opened(&mut self.store.read().await?, ctx, id).await?.state.finishing()?;
        self.check_new_password(password, &[]).await?;
        let phc = self.hash_password(password).await?;
        let secret = id.to_owned();
        self.retry_step(ctx, move |this, c, ctx| {
            let (secret, phc) = (secret.clone(), phc.clone());
            Box::pin(async move {
                let open = this.opened_for_step(c, &ctx, &secret).await?;
                let ctx = ctx.for_continuation(&open.continuation);
                open.state.finishing()?;
                this.step(c, &ctx, open, StepInput { progress: AttemptProgress { password: Some(phc), ..AttemptProgress::default() }, ..StepInput::new(UserAction::Finished, true) }).await
            })
        })
        .await
    }
}
