//! The first organisation, and the first owner by a one-time token (AD-04).
use domain::{
    AccountId, CredentialId, EventKind, HOUR, Refusal,
    audit_events::{Actor, Target},
    email_address::Canonical,
    linking::facts::AccountState,
    path::Continuation,
};
use storage::{
    Conn,
    accounts::{
        EmailProof, NewEmail, add_account, add_email, add_role, list_holders_of_role, set_password,
    },
    maintenance::setup::{is_setup_token, set_setup_token, take_setup_token},
};

use crate::{
    Error, LoginOutcome, RequestContext,
    audit::Event,
    crypto::random::{hash, row_id, subject, token},
    services::Setup,
    sign_in::{
        sessions::Opening,
        sign_up::{FieldProblems, NewPerson},
    },
    transaction::Transactions,
};

/// The form of the first owner.
pub type FirstOwner = NewPerson;

/// The role that may do everything in its organisation.
pub const OWNER: &str = "owner";

impl Setup {
    /// Whether the organisation has an owner.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn has_owner(&self) -> Result<bool, Error> {
        Ok(!list_holders_of_role(&mut self.store.read().await?, self.org, OWNER).await?.is_empty())
    }

    /// A new one-time token, if there is no owner: it replaces the one before and lives for an hour.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn setup_token(&self) -> Result<Option<String>, Error> {
        let this = self.clone();
        self.store
            .write::<_, Error, _>(move |c| Box::pin(async move { this.setup_token_in(c).await }))
            .await
    }

    pub(crate) async fn setup_token_in(&self, c: &mut Conn) -> Result<Option<String>, Error> {
        if !list_holders_of_role(c, self.org, OWNER).await?.is_empty() {
            return Ok(None);
        }
        let secret = token();
        set_setup_token(c, self.org, &hash(&secret), self.now() + HOUR).await?;
        Ok(Some(secret))
    }

    /// Whether a token would be taken now.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn is_setup_token(&self, secret: &str) -> Result<bool, Error> {
        Ok(is_setup_token(&mut self.store.read().await?, self.org, &hash(secret), self.now())
            .await?)
    }

    /// Makes the first owner and signs them in. Of two at once one wins.
    ///
    /// # Errors
    /// [`Refusal::SetupClosed`] for a wrong, used or old token, or when there is an owner.
    pub async fn claim(
        &self,
        ctx: &RequestContext,
        secret: &str,
        person: FirstOwner,
    ) -> Result<LoginOutcome, Error> {
        if !person.problems().is_empty() {
            return Err(Refusal::BadRequest.into());
        }
        if !self.is_setup_token(secret).await? {
            return Err(Refusal::SetupClosed.into());
        }
        self.passwords().check_new_password(&person.password, &[]).await?;
        let (hashed, phc) = (hash(secret), self.passwords().hash_password(&person.password).await?);
        self.retry_step(ctx, async move |this, c, ctx| {
            let taken = take_setup_token(c, this.org, &hashed, this.now()).await?;
            if !taken || !list_holders_of_role(c, this.org, OWNER).await?.is_empty() {
                return Err(Refusal::SetupClosed.into());
            }
            let event =
                Event::of(&ctx, EventKind::AccountCreated, Actor::Visitor, Target::Instance);
            let account = this.add_owner(c, &person, &phc, &ctx.locale, event).await?;
            let opening = Opening::local(account, "password", this.now());
            let config = this.configuration().policy_context(c, None).await?;
            let session = this.sessions().open_session(c, &ctx, &config, &opening, None).await?;
            Ok(Ok(LoginOutcome::SignedIn {
                secret: session,
                continuation: Continuation::Admin,
                method: "password".into(),
            }))
        })
        .await
    }

    /// Makes an owner from the command line: whoever can run it has the database and the master key.
    ///
    /// # Errors
    /// The form's problems as [`Error::Internal`] text, [`Error::Storage`].
    pub async fn create_owner(&self, person: FirstOwner) -> Result<(), Error> {
        let problems: FieldProblems = person.problems();
        if let Some((field, _)) = problems.first() {
            return Err(Error::Internal(format!("the {field} cannot be used")));
        }
        self.passwords().check_new_password(&person.password, &[]).await?;
        let phc = self.passwords().hash_password(&person.password).await?;
        let this = self.clone();
        self.store
            .write::<_, Error, _>(move |c| {
                Box::pin(async move {
                    let event = Event::operator(EventKind::AccountCreated, Target::Instance);
                    this.add_owner(c, &person, &phc, "en", event).await.map(|_| ())
                })
            })
            .await
    }

    /// The address counts as proved by the operator: `setup` says so in the row (docs/adr/0004).
    async fn add_owner(
        &self,
        c: &mut Conn,
        person: &FirstOwner,
        phc: &str,
        locale: &str,
        event: Event,
    ) -> Result<AccountId, Error> {
        let now = self.now();
        let address = Canonical::parse(&person.email).map_err(|_| Refusal::BadRequest)?;
        let account = AccountId(row_id(now));
        add_account(
            c,
            self.org,
            account,
            AccountState::Active,
            person.name.trim(),
            locale,
            &subject(),
            now,
        )
        .await?;
        let email = NewEmail { address, proof: EmailProof::Setup, owner: true, primary: true };
        if !add_email(c, self.org, account, &email, row_id(now), now).await? {
            return Err(
                storage::Error::Query("this address belongs to an account already".into()).into()
            );
        }
        set_password(c, self.org, account, CredentialId(row_id(now)), phc, now).await?;
        add_role(c, self.org, account, OWNER, now).await?;
        self.record(
            c,
            event.about(Target::Account(account)).detail(serde_json::json!({"role": OWNER})),
        )
        .await?;
        Ok(account)
    }
}
