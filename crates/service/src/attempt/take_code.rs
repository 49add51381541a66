//! The right code, by what it was awaited for.
use crate::{
    Error, LoginOutcome, RequestContext,
    attempt::{
        await_code::{awaited_binding, parsed},
        opened::Opened,
    },
    codes::challenge::VerifiedCode,
    services::AttemptSteps,
    sign_in::login_outcome::TxOutcome,
    transaction::{LiveRequest, Transactions},
};
use domain::{
    AccountId, Refusal,
    attempt::{Awaited, CodePurpose},
};
use storage::Conn;

impl AttemptSteps {
    /// The code that was typed, for whichever purpose: compared, used up, and what it was for is done in one transaction.
    ///
    /// # Errors
    /// [`Refusal::OtherAccount`] in another person's session, [`Refusal::BadRequest`] for a password that may not be
    /// set; refusals of the decision. A wrong code is a page.
    pub(crate) async fn take_code(
        &self,
        ctx: &RequestContext,
        id: &str,
        open: Opened,
        typed: &str,
        password: Option<&str>,
    ) -> Result<LoginOutcome, Error> {
        let awaited = open.state.awaiting()?.clone();
        if (awaited.purpose == CodePurpose::Reset) != password.is_some() {
            return Err(Refusal::AttemptStep.into());
        }
        if let (true, Some(account)) = (awaited.purpose.in_session(), awaited.account)
            && ctx.signed_in()?.account != account
        {
            return Err(Refusal::OtherAccount.into());
        }
        if let Some(password) = password {
            self.passwords().check_new_password(password, &[]).await?;
        }
        let right =
            match self.codes().compare_code(&open.row, &awaited_binding(&awaited)?, typed).await {
                Ok(right) => right,
                Err(error) => return self.attempts().wrong_code(ctx, id, error).await,
            };
        let account = awaited.account.ok_or(Refusal::CodeWrong)?;
        let phc = match password {
            Some(password) => self.passwords().hash_password(password).await?,
            None => String::new(),
        };
        let secret = id.to_owned();
        self.retry_step(ctx, async move |this, c, ctx| {
            this.right_code(c, &ctx, &secret, (&awaited, account), &right, &phc).await
        })
        .await
    }

    pub(crate) async fn right_code(
        &self,
        c: &mut Conn,
        ctx: &LiveRequest,
        id: &str,
        (awaited, account): (&Awaited, AccountId),
        right: &VerifiedCode,
        phc: &str,
    ) -> Result<TxOutcome, Error> {
        let open = self.attempts().opened_for_step(c, ctx, id).await?;
        if open.state.awaiting()? != awaited {
            return Err(Refusal::AttemptStep.into());
        }
        self.codes().consume_challenge(c, right).await?;
        let contact = parsed(&awaited.contact)?;
        match awaited.purpose {
            CodePurpose::SignUp => self.finish_sign_up(c, ctx, &open, account).await,
            CodePurpose::SignIn => self.sign_in_by_code(c, ctx, &open, account, &contact).await,
            CodePurpose::Reset => self.finish_reset(c, ctx, &open, (account, &contact), phc).await,
            CodePurpose::Confirm => {
                self.reauthentication().confirm_by_code(c, ctx, &open, account, &contact).await
            }
            CodePurpose::NewEmail => {
                self.account_settings().finish_new_email(c, ctx, &open, account, &contact).await
            }
            CodePurpose::ProveEmail => {
                self.authorization().finish_proof(c, ctx, &open, account, &contact).await
            }
            CodePurpose::NewPhone => {
                self.account_settings().finish_new_phone(c, ctx, &open, account, &contact).await
            }
        }
    }
}
