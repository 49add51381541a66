//! Signing in by a code to a mailbox or phone that the account owns. Whether an address or number has an account is not
//! said: the page is the same, and a code that was never sent is never right (RL-08).
use crate::services::{AttemptSteps, Codes, Configuration, SignIn, Transactions};
use domain::{
    AccountId, Facts, Outcome, Refusal,
    attempt::{AttemptProgress, Awaited, CodePurpose, ProvedBy, Then},
    contact::Contact,
    decide,
    linking::facts::{AccountState, Intent, Known, Local},
    path::Continuation,
};
use storage::{
    Conn,
    accounts::{attributes::find_phone_owner, find_owner},
};

use crate::{Error, LoginOutcome, RequestContext, attempt::Opened, sign_in::complete_login::TxOutcome, transaction::LiveRequest};

impl SignIn {
    /// Sends a code to the owner of an address or number.
    ///
    /// # Errors
    /// [`Refusal::BadRequest`] for what is neither, [`Refusal::CodeOff`].
    pub async fn ask_sign_in_code(&self, ctx: &RequestContext, typed: &str, continuation: Continuation) -> Result<LoginOutcome, Error> {
        let contact = Contact::parse(typed).map_err(|_| Refusal::BadRequest)?;
        if contact.is_phone() && !self.configuration().texts_reach(&contact) {
            return Err(Refusal::CodeOff.into());
        }
        self.retry_step(ctx, move |this, c, ctx| {
            let (contact, continuation) = (contact.clone(), continuation.clone());
            Box::pin(async move {
                let local = if contact.is_phone() { Local::PhoneCode } else { Local::EmailCode };
                this.configuration().may_anyone_sign_in(c, local, &continuation).await?;
                let account = this.codes().find_contact_owner(c, &contact).await?;
                let awaited = Awaited { purpose: CodePurpose::SignIn, account, contact: contact.shown().to_owned() };
                this.attempts().await_code(c, &ctx, awaited, None, &continuation).await
            })
        })
        .await
    }
}

impl Configuration {
    /// Asked for some account, about which nothing is known: the answer says nothing of any.
    pub(crate) async fn may_anyone_sign_in(&self, c: &mut Conn, local: Local, continuation: &Continuation) -> Result<(), Error> {
        let policy = self.policy_context(c, continuation.client_id()).await?.policy(None);
        let nobody = Known { account: AccountId([0; 16]), state: AccountState::Active, link: None, second_factor: false };
        match decide(&Facts { local, ..Facts::local(Intent::SignIn, Some(nobody)) }, &policy).outcome {
            Outcome::Refuse { refusal } => Err(refusal.into()),
            _ => Ok(()),
        }
    }
}

impl Codes {
    /// The account that proved an address or number.
    pub(crate) async fn find_contact_owner(&self, c: &mut Conn, contact: &Contact) -> Result<Option<AccountId>, Error> {
        Ok(match contact {
            Contact::Mailbox(address) => find_owner(c, self.org, address.as_str()).await?,
            Contact::Phone(phone) => find_phone_owner(c, self.org, phone.as_str()).await?,
        })
    }
}

impl AttemptSteps {
    /// The right code: decided like every other sign-in.
    pub(crate) async fn sign_in_by_code(&self, c: &mut Conn, ctx: &LiveRequest, open: &Opened, account: AccountId, contact: &Contact) -> Result<TxOutcome, Error> {
        if self.codes().find_contact_owner(c, contact).await? != Some(account) {
            return Err(Refusal::AttemptExpired.into());
        }
        let method = if contact.is_phone() { "phone" } else { "code" };
        let progress = AttemptProgress { proof: Some(ProvedBy::code_to(contact)), ..AttemptProgress::default() };
        self.attempts().end_locally(c, ctx, Then::SignIn { account, method: method.into() }, progress, open.continuation.clone(), Some(open)).await
    }
}
