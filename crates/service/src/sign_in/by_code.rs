//! Signing in by a code to a mailbox or phone that the account owns. Whether an address or number has an account is not
//! said: the page is the same, and a code that was never sent is never right (RL-08).
use domain::{
    Refusal,
    attempt::{Awaited, CodePurpose},
    contact::Contact,
    linking::facts::Local,
    path::Continuation,
};

use crate::{Error, LoginOutcome, RequestContext, services::SignIn, transaction::Transactions};

impl SignIn {
    /// Sends a code to the owner of an address or number.
    ///
    /// # Errors
    /// [`Refusal::BadRequest`] for what is neither, [`Refusal::CodeOff`].
    pub async fn ask_sign_in_code(
        &self,
        ctx: &RequestContext,
        typed: &str,
        continuation: Continuation,
    ) -> Result<LoginOutcome, Error> {
        let contact = Contact::parse(typed).map_err(|_| Refusal::BadRequest)?;
        if contact.is_phone() && !self.configuration().texts_reach(&contact) {
            return Err(Refusal::CodeOff.into());
        }
        self.retry_step(ctx, async move |this, c, ctx| {
            let local = if contact.is_phone() { Local::PhoneCode } else { Local::EmailCode };
            this.configuration().may_anyone_sign_in(c, local, &continuation).await?;
            let account = this.codes().find_contact_owner(c, &contact).await?;
            let awaited = Awaited {
                purpose: CodePurpose::SignIn,
                account,
                contact: contact.shown().to_owned(),
            };
            this.attempts().await_code(c, &ctx, awaited, None, &continuation).await
        })
        .await
    }
}
