//! Codes to an account's own mailbox or phone, where no provider takes part: one flow for signing up, signing in, a new
//! password, confirming a session, a new address, a new number. Where there is no account, a row that nothing answers
//! takes the code's place, and the page is the same (RL-08).
use crate::{
    Error, LoginOutcome,
    attempt::opened::blank,
    codes::challenge::{Binding, Shape},
    notifications::messages::Kind,
    services::Attempts,
    sign_in::login_outcome::TxOutcome,
    transaction::LiveRequest,
};
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

/// A notice to an address's owner, instead of a code.
pub(crate) type Instead = Option<(AccountId, Kind)>;

/// What an awaited code is bound to.
pub(crate) fn awaited_binding(awaited: &Awaited) -> Result<Binding, Error> {
    let address = parsed(&awaited.contact)?.as_str().to_owned();
    Ok(match awaited.account {
        Some(account) => Binding {
            action: awaited.purpose.name(),
            account: Some(account),
            address,
            ..Binding::default()
        },
        None => Binding { action: "decoy", address, ..Binding::default() },
    })
}

/// An address or number that was accepted when the attempt began.
pub(crate) fn parsed(contact: &str) -> Result<Contact, Refusal> {
    Contact::parse(contact).map_err(|_| Refusal::AttemptExpired)
}

impl Attempts {
    /// Begins an attempt that waits for a code, and sends it.
    pub(crate) async fn await_code(
        &self,
        c: &mut Conn,
        ctx: &LiveRequest,
        awaited: Awaited,
        instead: Instead,
        continuation: &Continuation,
    ) -> Result<TxOutcome, Error> {
        let (state, ctx) = (State::AwaitingCode(awaited), &ctx.for_continuation(continuation));
        let awaited = state.awaiting()?;
        let (id, hash) =
            self.begin_attempt(c, ctx, awaited.purpose.name(), &state, None, continuation).await?;
        let row = Attempt { hash, browser: ctx.browser.clone(), ..blank(self.now()) };
        self.send_awaited(c, ctx, &row, awaited, instead).await?;
        Ok(Ok(LoginOutcome::Page { id, page: state.page() }))
    }

    /// Sends the code that is awaited; for nobody it makes the row that nothing answers.
    pub(crate) async fn send_awaited(
        &self,
        c: &mut Conn,
        ctx: &LiveRequest,
        row: &Attempt,
        awaited: &Awaited,
        instead: Instead,
    ) -> Result<(), Error> {
        let binding = awaited_binding(awaited)?;
        let shape = Shape::of(
            &self
                .configuration()
                .policy_context(c, ctx.requesting_client.as_deref())
                .await?
                .policy(None),
        );
        let Some(account) = awaited.account else {
            let within = self.codes().challenge(c, ctx, row, &binding, shape, None).await?;
            return match instead.filter(|_| within) {
                Some((owner, kind)) => {
                    self.notifications().notify(c, owner, kind, ctx, "", "", None).await
                }
                None => Ok(()),
            };
        };
        let to = match awaited.purpose {
            CodePurpose::NewEmail | CodePurpose::NewPhone => parsed(&awaited.contact)?,
            // One that the account lost since is nobody's to send to (LK-23).
            CodePurpose::SignUp
            | CodePurpose::SignIn
            | CodePurpose::Reset
            | CodePurpose::Confirm
            | CodePurpose::ProveEmail => self
                .own_contact(c, account, &binding.address)
                .await?
                .ok_or(Refusal::AttemptExpired)?,
        };
        let locale = find_account(c, self.org, account)
            .await?
            .map_or_else(|| ctx.locale.clone(), |a| a.locale);
        let kind = match awaited.purpose {
            CodePurpose::SignUp => Kind::SignUpCode,
            CodePurpose::SignIn => Kind::SignInCode,
            CodePurpose::Reset => Kind::ResetCode,
            CodePurpose::Confirm => Kind::ConfirmCode,
            CodePurpose::NewEmail | CodePurpose::ProveEmail => Kind::NewEmailCode,
            CodePurpose::NewPhone => Kind::NewPhoneCode,
        };
        let message = self.notifications().code_message(kind, to, locale, ctx, "", "");
        self.codes().challenge(c, ctx, row, &binding, shape, Some(message)).await.map(drop)
    }

    /// An address or number, if it is the account's.
    pub(crate) async fn own_contact(
        &self,
        c: &mut Conn,
        account: AccountId,
        canonical: &str,
    ) -> Result<Option<Contact>, Error> {
        if let Some(email) =
            list_emails(c, account).await?.into_iter().find(|e| e.canonical == canonical)
        {
            return Ok(email.contact());
        }
        Ok(find_phone(c, account)
            .await?
            .filter(|phone| phone == canonical)
            .and_then(|phone| Contact::parse(&phone).ok()))
    }
}
