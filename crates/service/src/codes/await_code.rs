//! Codes to an account's own mailbox or phone, where no provider takes part: one flow for signing up, signing in, a new
//! password, confirming a session, a new address, a new number. Where there is no account, a row that nothing answers
//! takes the code's place, and the page is the same (RL-08).
use crate::services::{AttemptSteps, Attempts, Transactions};
use domain::{
    AccountId, Refusal,
    attempt::{Awaited, CodePurpose, State},
    contact::Contact,
    path::Continuation,
};
use storage::{
    Conn,
    accounts::{attributes::find_phone, find_account, list_emails},
    sign_in::attempts::Attempt,
};

use crate::{
    Error, LoginOutcome, RequestContext,
    attempt::{Opened, blank},
    codes::challenge::{Binding, Shape, VerifiedCode},
    notifications::messages::Kind,
    sign_in::complete_login::TxOutcome,
    transaction::LiveRequest,
};

/// A notice to an address's owner, instead of a code.
pub(crate) type Instead = Option<(AccountId, Kind)>;

impl Attempts {
    /// Begins an attempt that waits for a code, and sends it.
    pub(crate) async fn await_code(&self, c: &mut Conn, ctx: &LiveRequest, awaited: Awaited, instead: Instead, continuation: &Continuation) -> Result<TxOutcome, Error> {
        let (state, ctx) = (State::AwaitingCode(awaited), &ctx.for_continuation(continuation));
        let awaited = state.awaiting()?;
        let (id, hash) = self.begin_attempt(c, ctx, awaited.purpose.name(), &state, None, continuation).await?;
        let row = Attempt { hash, browser: ctx.browser.clone(), ..blank(self.now()) };
        self.send_awaited(c, ctx, &row, awaited, instead).await?;
        Ok(Ok(LoginOutcome::Page { id, page: state.page() }))
    }

    /// Sends the code that is awaited; for nobody it makes the row that nothing answers.
    pub(crate) async fn send_awaited(&self, c: &mut Conn, ctx: &LiveRequest, row: &Attempt, awaited: &Awaited, instead: Instead) -> Result<(), Error> {
        let binding = awaited_binding(awaited)?;
        let shape = Shape::of(&self.configuration().policy_context(c, ctx.requesting_client.as_deref()).await?.policy(None));
        let Some(account) = awaited.account else {
            let within = self.codes().challenge(c, ctx, row, &binding, shape, None).await?;
            return match instead.filter(|_| within) {
                Some((owner, kind)) => self.notifications().notify(c, owner, kind, ctx, "", "", None).await,
                None => Ok(()),
            };
        };
        let to = match awaited.purpose {
            CodePurpose::NewEmail | CodePurpose::NewPhone => parsed(&awaited.contact)?,
            // One that the account lost since is nobody's to send to (LK-23).
            CodePurpose::SignUp | CodePurpose::SignIn | CodePurpose::Reset | CodePurpose::Confirm | CodePurpose::ProveEmail => {
                self.own_contact(c, account, &binding.address).await?.ok_or(Refusal::AttemptExpired)?
            }
        };
        let locale = find_account(c, self.org, account).await?.map_or_else(|| ctx.locale.clone(), |a| a.locale);
        let kind = match awaited.purpose {
            CodePurpose::SignUp => Kind::SignUpCode,
            CodePurpose::SignIn => Kind::SignInCode,
            CodePurpose::Reset => Kind::ResetCode,
            CodePurpose::Confirm => Kind::ConfirmCode,
            CodePurpose::NewEmail | CodePurpose::ProveEmail => Kind::NewEmailCode,
            CodePurpose::NewPhone => Kind::NewPhoneCode,
        };
        let letter = self.notifications().code_message(kind, to, locale, ctx, "", "");
        self.codes().challenge(c, ctx, row, &binding, shape, Some(letter)).await.map(drop)
    }

    /// An address or number, if it is the account's.
    pub(crate) async fn own_contact(&self, c: &mut Conn, account: AccountId, canonical: &str) -> Result<Option<Contact>, Error> {
        if let Some(email) = list_emails(c, account).await?.into_iter().find(|e| e.canonical == canonical) {
            return Ok(email.contact());
        }
        Ok(find_phone(c, account).await?.filter(|phone| phone == canonical).and_then(|phone| Contact::parse(&phone).ok()))
    }
}

impl AttemptSteps {
    /// The code that was typed, for whichever purpose: compared, used up, and what it was for is done in one transaction.
    ///
    /// # Errors
    /// [`Refusal::OtherAccount`] in another person's session, [`Refusal::BadRequest`] for a password that may not be
    /// set; refusals of the decision. A wrong code is a page.
    pub(crate) async fn take_code(&self, ctx: &RequestContext, id: &str, open: Opened, typed: &str, password: Option<&str>) -> Result<LoginOutcome, Error> {
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
        let right = match self.codes().compare_code(&open.row, &awaited_binding(&awaited)?, typed).await {
            Ok(right) => right,
            Err(error) => return self.attempts().wrong_code(ctx, id, error).await,
        };
        let account = awaited.account.ok_or(Refusal::CodeWrong)?;
        let phc = match password {
            Some(password) => self.passwords().hash_password(password).await?,
            None => String::new(),
        };
        let secret = id.to_owned();
        self.retry_step(ctx, move |this, c, ctx| {
            let (secret, right, awaited, phc) = (secret.clone(), right.clone(), awaited.clone(), phc.clone());
            Box::pin(async move { this.right_code(c, &ctx, &secret, (&awaited, account), &right, &phc).await })
        })
        .await
    }

    async fn right_code(&self, c: &mut Conn, ctx: &LiveRequest, id: &str, (awaited, account): (&Awaited, AccountId), right: &VerifiedCode, phc: &str) -> Result<TxOutcome, Error> {
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
            CodePurpose::Confirm => self.reauthentication().confirm_by_code(c, ctx, &open, account, &contact).await,
            CodePurpose::NewEmail => self.account_settings().finish_new_email(c, ctx, &open, account, &contact).await,
            CodePurpose::ProveEmail => self.authorization().finish_proof(c, ctx, &open, account, &contact).await,
            CodePurpose::NewPhone => self.account_settings().finish_new_phone(c, ctx, &open, account, &contact).await,
        }
    }
}

/// What an awaited code is bound to.
fn awaited_binding(awaited: &Awaited) -> Result<Binding, Error> {
    let address = parsed(&awaited.contact)?.as_str().to_owned();
    Ok(match awaited.account {
        Some(account) => Binding { action: awaited.purpose.name(), account: Some(account), address, ..Binding::default() },
        None => Binding { action: "decoy", address, ..Binding::default() },
    })
}

/// An address or number that was accepted when the attempt began.
fn parsed(contact: &str) -> Result<Contact, Refusal> {
    Contact::parse(contact).map_err(|_| Refusal::AttemptExpired)
}
