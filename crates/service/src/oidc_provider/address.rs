//! An application wants an address, and the account owns none: the person may prove theirs on the way in (CN-03).
use domain::{
    AccountId, EventKind, Refusal,
    account_rules::{change::AccountChange, rewind::Changed},
    attempt::{Awaited, CodePurpose, State},
    contact::{Contact, masked},
    email_address::Canonical,
    path::{AuthorizeRequest, Continuation},
};
use storage::{
    Conn,
    accounts::{find_owner, is_email_taken, list_emails, own_email, remove_pending_accounts},
};

use crate::{
    Error, LoginOutcome, RequestContext,
    account::changes::{ProfileChange, doer},
    attempt::opened::Opened,
    audit::Event,
    notifications::messages::Kind,
    oidc_provider::Granted,
    services::Authorization,
    sign_in::login_outcome::TxOutcome,
    transaction::{LiveRequest, Transactions},
};

/// What the page shows.
#[derive(Debug, Clone)]
pub struct AddressView {
    pub application: String,
    /// Masked, as on every page.
    pub address: String,
}

impl Authorization {
    /// The page's data; `None`: there is nothing to prove any more.
    ///
    /// # Errors
    /// [`Refusal::SessionEnded`], [`Refusal::ApplicationUnknown`].
    pub async fn address_view(
        &self,
        ctx: &RequestContext,
        request: &AuthorizeRequest,
    ) -> Result<Option<AddressView>, Error> {
        let account = ctx.signed_in()?.account;
        let mut conn = self.store.read().await?;
        let client = self
            .configuration()
            .registered_client(&mut conn, &request.client_id)
            .await?
            .ok_or(Refusal::ApplicationUnknown)?;
        let email = self
            .address_to_prove(&mut conn, account, &client, &Self::told_by(request, &client))
            .await?;
        Ok(email
            .map(|email| AddressView { application: client.name, address: masked(&email.typed) }))
    }

    /// Sends the code. Whether somebody else owns the address is not said: the page is the same, and its owner hears of it.
    ///
    /// # Errors
    /// [`Refusal::SessionEnded`], [`Refusal::RateLimited`]; [`Refusal::AttemptExpired`] where there is nothing to prove.
    pub async fn ask_address_code(
        &self,
        ctx: &RequestContext,
        request: &AuthorizeRequest,
    ) -> Result<LoginOutcome, Error> {
        let request = request.clone();
        self.retry_step(ctx, async move |this, c, ctx| {
            let (account, now) = (ctx.session()?.account, this.now());
            let client = this
                .configuration()
                .registered_client(c, &request.client_id)
                .await?
                .ok_or(Refusal::ApplicationUnknown)?;
            let email = this
                .address_to_prove(c, account, &client, &Self::told_by(&request, &client))
                .await?
                .ok_or(Refusal::AttemptExpired)?;
            let free = !is_email_taken(c, this.org, &email.canonical, account, now).await?;
            let instead = find_owner(c, this.org, &email.canonical)
                .await?
                .filter(|_| !free)
                .map(|owner| (owner, Kind::EmailWanted));
            let awaited = Awaited {
                purpose: CodePurpose::ProveEmail,
                account: free.then_some(account),
                contact: email.typed,
            };
            this.attempts()
                .await_code(c, &ctx, awaited, instead, &Continuation::Authorize(Box::new(request)))
                .await
        })
        .await
    }

    /// The right code: the address, which the account has, is its own from now on. Its other addresses, and those that it
    /// gave up lately, hear of it.
    pub(crate) async fn finish_proof(
        &self,
        c: &mut Conn,
        ctx: &LiveRequest,
        open: &Opened,
        account: AccountId,
        contact: &Contact,
    ) -> Result<TxOutcome, Error> {
        let session = ctx.session_of(account)?;
        let address = Canonical::parse(contact.as_str()).map_err(|_| Refusal::AttemptExpired)?;
        // Given up since: nothing is proved of it.
        if !list_emails(c, account).await?.iter().any(|e| e.canonical == address.as_str()) {
            return Err(Refusal::AttemptExpired.into());
        }
        let taken = is_email_taken(c, self.org, address.as_str(), account, self.now()).await?;
        let allowed = match self
            .account_settings()
            .change_by_code(c, ctx, open, AccountChange::ProvenEmail { taken })
            .await?
        {
            Ok(allowed) => allowed,
            Err(refused) => return Ok(Err(refused)),
        };
        let changing = self.accounts().change(c, account).await?;
        own_email(c, account, address.as_str()).await?;
        remove_pending_accounts(c, self.org, address.as_str(), account).await?;
        self.record(c, Event::own(ctx, EventKind::EmailProved, account).detail(allowed.trace))
            .await?;
        let noted = self
            .accounts()
            .changed(c, changing, Changed::Email, &doer(ctx), ProfileChange::default())
            .await?;
        self.notifications()
            .notify(c, account, Kind::EmailProved, ctx, "", address.as_str(), noted.as_ref())
            .await?;
        Ok(Ok(LoginOutcome::Continue {
            session: Box::new(session.clone().into()),
            continuation: open.continuation.clone(),
        }))
    }

    /// On to the application without an address.
    ///
    /// # Errors
    /// As [`crate::Authorization::grant`].
    pub async fn go_without_address(
        &self,
        ctx: &RequestContext,
        request: &AuthorizeRequest,
    ) -> Result<Granted, Error> {
        let request = AuthorizeRequest { without_address: true, ..request.clone() };
        self.act(ctx, async move |this, c, ctx| {
            let session = ctx.session()?;
            this.declining(session, &request.client_id).take(c, this.now()).await?;
            this.grant_in(c, session, request, false).await
        })
        .await
    }

    /// The same from the page of the code, which is not awaited any more.
    ///
    /// # Errors
    /// [`Refusal::AttemptStep`] elsewhere; as [`crate::Authorization::grant`].
    pub async fn leave_address(&self, ctx: &RequestContext, id: &str) -> Result<Granted, Error> {
        let secret = id.to_owned();
        let request = self
            .retry_transaction(ctx, async move |this, c, ctx| {
                let open = this.attempts().opened_for_step(c, &ctx, &secret).await?;
                match (&open.state, open.continuation.clone()) {
                    (
                        State::AwaitingCode(Awaited { purpose: CodePurpose::ProveEmail, .. }),
                        Continuation::Authorize(request),
                    ) => {
                        this.attempts().move_on(c, &open, &State::Abandoned, "").await?;
                        Ok(request)
                    }
                    _ => Err(Refusal::AttemptStep.into()),
                }
            })
            .await?;
        self.go_without_address(ctx, &request).await
    }
}
