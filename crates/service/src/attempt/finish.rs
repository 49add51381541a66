//! Finishing a sign-up that another provider's arrival found unfinished: a password of one's own, then the link (NE-07).
use domain::{attempt::Kept, facts::Act};

use super::Deed;
use crate::{Arrival, Fault, Ligature, Visitor};

impl Ligature {
    /// Sets the password and links. The claimed address was proved by our code before this page.
    ///
    /// # Errors
    /// As [`Ligature::set_own_password`] for one that may not be set, `attempt.step` elsewhere; refusals of the decision.
    pub async fn finish_with_password(&self, visitor: &Visitor, id: &str, password: &str) -> Result<Arrival, Fault> {
        self.opened(&mut self.store.read().await?, visitor, id).await?.state.finishing()?;
        self.check_new_password(password, &[]).await?;
        let phc = self.hash_password(password).await?;
        let secret = id.to_owned();
        self.settle(visitor, move |this, c, visitor| {
            let (secret, phc) = (secret.clone(), phc.clone());
            Box::pin(async move {
                let open = this.opened_for_step(c, &visitor, &secret).await?;
                let visitor = visitor.on_way(&open.continuation);
                open.state.finishing()?;
                this.step(c, &visitor, open, Deed { kept: Kept { password: Some(phc), ..Kept::default() }, ..Deed::new(Act::Finished, true) }).await
            })
        })
        .await
    }
}
