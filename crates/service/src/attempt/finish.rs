//! Finishing a sign-up that another provider's arrival found unfinished: a password of one's own, then the link (NE-07).
use crate::services::{AttemptSteps, Transactions};
use domain::{attempt::AttemptProgress, linking::facts::UserAction};

use super::StepInput;
use crate::{Error, LoginOutcome, RequestContext};

impl AttemptSteps {
    /// Sets the password and links. The claimed address was proved by our code before this page.
    ///
    /// # Errors
    /// As [`AccountSettings::set_own_password`] for one that may not be set, `attempt.step` elsewhere; refusals of the decision.
    pub async fn finish_with_password(&self, ctx: &RequestContext, id: &str, password: &str) -> Result<LoginOutcome, Error> {
        self.attempts().opened(&mut self.store.read().await?, ctx, id).await?.state.finishing()?;
        self.passwords().check_new_password(password, &[]).await?;
        let phc = self.passwords().hash_password(password).await?;
        let secret = id.to_owned();
        self.retry_step(ctx, move |this, c, ctx| {
            let (secret, phc) = (secret.clone(), phc.clone());
            Box::pin(async move {
                let open = this.attempts().opened_for_step(c, &ctx, &secret).await?;
                let ctx = ctx.for_continuation(&open.continuation);
                open.state.finishing()?;
                this.step(c, &ctx, open, StepInput { progress: AttemptProgress { password: Some(phc), ..AttemptProgress::default() }, ..StepInput::new(UserAction::Finished, true) }).await
            })
        })
        .await
    }
}
