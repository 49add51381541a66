//! A local account: pending until the code from its mailbox is typed.
use domain::{
    AccountId, CredentialId, EventKind, Facts, Outcome, Refusal,
    attempt::{Awaited, CodePurpose},
    decide,
    email_address::Canonical,
    linking::facts::{AccountState, Intent},
    path::Continuation,
};
use storage::{
    Conn,
    accounts::{
        EmailProof, NewEmail, add_account, add_email, find_owner, is_email_taken, set_password,
    },
};

use crate::{
    Error, LoginOutcome, RequestContext,
    audit::Event,
    crypto::random::{row_id, subject},
    notifications::messages::Kind,
    services::SignIn,
    sign_in::password::acceptable,
    transaction::{LiveRequest, Transactions},
};

/// What a sign-up form holds.
#[derive(Debug, Clone)]
pub struct NewPerson {
    pub email: String,
    pub name: String,
    pub password: String,
}

/// What is wrong with a form: field names and message keys.
pub type FieldProblems = Vec<(&'static str, &'static str)>;

impl NewPerson {
    /// Field problems, all at once.
    #[must_use]
    pub fn problems(&self) -> FieldProblems {
        let mut problems = Vec::new();
        if Canonical::parse(&self.email).is_err() {
            problems.push(("email", "field-email"));
        }
        if self.name.trim().is_empty()
            || self.name.chars().count() > 80
            || self.name.chars().any(char::is_control)
        {
            problems.push(("name", "field-name"));
        }
        if !acceptable(&self.password, &[self.email.clone(), self.name.clone()]) {
            problems.push(("password", "field-password"));
        }
        problems
    }
}

impl SignIn {
    /// Begins a sign-up. A taken address gives the same page; its owner gets a notice instead of a code (RL-08).
    ///
    /// # Errors
    /// [`Refusal::BadRequest`] when the form has problems, [`Refusal::CreationClosed`].
    pub async fn sign_up(
        &self,
        ctx: &RequestContext,
        person: NewPerson,
        continuation: Continuation,
    ) -> Result<LoginOutcome, Error> {
        let address = Canonical::parse(&person.email).map_err(|_| Refusal::BadRequest)?;
        if !person.problems().is_empty() {
            return Err(Refusal::BadRequest.into());
        }
        self.passwords().check_new_password(&person.password, &[]).await?;
        let phc = self.passwords().hash_password(&person.password).await?;
        self.retry_step(ctx, async move |this, c, ctx| {
            let policy = this
                .configuration()
                .policy_context(c, continuation.client_id())
                .await?
                .policy(None);
            if let Outcome::Refuse { refusal } =
                decide(&Facts::local(Intent::SignUp, None), &policy).outcome
            {
                return Err(refusal.into());
            }
            let now = this.now();
            let taken = find_owner(c, this.org, address.as_str()).await?;
            // An address that was given up a moment ago stays its account's: nobody hears of it, nobody gets it.
            let reserved =
                is_email_taken(c, this.org, address.as_str(), AccountId([0; 16]), now).await?;
            let account = match taken {
                Some(_) => None,
                None if reserved => None,
                None => Some(this.pending_account(c, &ctx, &person, &address, &phc).await?),
            };
            let awaited = Awaited {
                purpose: CodePurpose::SignUp,
                account,
                contact: address.shown().to_owned(),
            };
            let instead = taken.map(|owner| (owner, Kind::SignUpTaken));
            this.attempts().await_code(c, &ctx, awaited, instead, &continuation).await
        })
        .await
    }

    async fn pending_account(
        &self,
        c: &mut Conn,
        ctx: &LiveRequest,
        person: &NewPerson,
        address: &Canonical,
        phc: &str,
    ) -> Result<AccountId, Error> {
        let now = self.now();
        let account = AccountId(row_id(now));
        add_account(
            c,
            self.org,
            account,
            AccountState::Pending,
            person.name.trim(),
            &ctx.locale,
            &subject(),
            now,
        )
        .await?;
        let email = NewEmail {
            address: address.clone(),
            proof: EmailProof::None,
            owner: false,
            primary: true,
        };
        add_email(c, self.org, account, &email, row_id(now), now).await?;
        set_password(c, self.org, account, CredentialId(row_id(now)), phc, now).await?;
        self.record(c, Event::own(ctx, EventKind::AccountPending, account)).await?;
        Ok(account)
    }
}
