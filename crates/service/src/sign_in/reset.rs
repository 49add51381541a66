//! A new password by a code to the account's own mailbox.
use domain::{
    Refusal,
    attempt::{Awaited, CodePurpose},
    email_address::Canonical,
    linking::facts::{AccountState, Local},
    path::Continuation,
};
use storage::accounts::{find_account, find_owner};

use crate::{Error, LoginOutcome, RequestContext, services::SignIn, transaction::Transactions};

/// The page that shows what else opens an account that was recovered.
pub(crate) const RECOVERED: &str = "/account/recovered";

impl SignIn {
    /// Asks for a new password: the page is the same whether or not the address has an account.
    ///
    /// # Errors
    /// [`Refusal::BadRequest`] for what is no address, [`Refusal::PasswordOff`].
    pub async fn ask_reset(
        &self,
        ctx: &RequestContext,
        email: &str,
        continuation: Continuation,
    ) -> Result<LoginOutcome, Error> {
        let address = Canonical::parse(email).map_err(|_| Refusal::BadRequest)?;
        self.retry_step(ctx, async move |this, c, ctx| {
            this.configuration().may_anyone_sign_in(c, Local::Password, &continuation).await?;
            let owner = find_owner(c, this.org, address.as_str()).await?;
            let active = match owner {
                Some(id) => find_account(c, this.org, id)
                    .await?
                    .is_some_and(|a| a.state() == AccountState::Active),
                None => false,
            };
            let awaited = Awaited {
                purpose: CodePurpose::Reset,
                account: owner.filter(|_| active),
                contact: address.as_str().to_owned(),
            };
            this.attempts().await_code(c, &ctx, awaited, None, &continuation).await
        })
        .await
    }

    /// Sets the new password with the code: every session of the account ends, and the person signs in anew here.
    ///
    /// # Errors
    /// [`Refusal::BadRequest`] for a password that may not be set, [`Refusal::CodeExhausted`].
    pub async fn reset(
        &self,
        ctx: &RequestContext,
        id: &str,
        typed: &str,
        password: &str,
    ) -> Result<LoginOutcome, Error> {
        let open = self.attempts().opened(&mut self.store.read().await?, ctx, id).await?;
        self.attempt_steps().take_code(ctx, id, open, typed, Some(password)).await
    }
}
