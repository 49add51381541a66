//! A mailbox that may have changed hands: another subject of an issuer that the account has comes with the account's
//! address. From then on that mailbox proves nothing for the account on any path, until a credential of the account or an
//! administrator says that it is still theirs (I13, ID-18).
use crate::services::{AccountAdmin, AccountSettings, Accounts, Transactions};
use domain::{
    AccountId, Policy, Refusal, Right, Trust,
    account_rules::{administer::AdminAction, change::AccountChange},
    attempt::ProvedBy,
};
use storage::{
    Conn,
    accounts::{bump_rev, contest_email, find_account, list_emails, settle_email},
};

use crate::{Error, RequestContext, audit::Event, sign_in::upstream_identity::UpstreamIdentity};

impl Accounts {
    /// Whether it is a mailbox that proves nothing for the account now.
    pub(crate) async fn is_contested(&self, c: &mut Conn, account: AccountId, proof: Option<&ProvedBy>) -> Result<bool, Error> {
        let Some(address) = proof.and_then(ProvedBy::mailbox) else { return Ok(false) };
        Ok(list_emails(c, account).await?.iter().any(|e| e.canonical == address && e.contested))
    }

    /// An identity that no account has arrived: the addresses that it contests are marked, whatever comes of the arrival.
    /// Only a word that counts does it, so that nobody's mailbox is put in doubt by who says anything.
    pub(crate) async fn contest(&self, c: &mut Conn, identity: &UpstreamIdentity, policy: &Policy) -> Result<(), Error> {
        let Some(address) = identity.address().filter(|_| identity.trust(policy, false) >= Some(Trust::ClaimedVerified)) else { return Ok(()) };
        for account in contest_email(c, self.org, address.as_str(), &identity.namespace, &identity.assertion.subject, &self.identity_hash(identity)).await? {
            let event = Event::new("email.contested").account(account).by("system");
            self.record(c, Event { provider: identity.key.clone(), ..event }).await?;
        }
        Ok(())
    }

    /// A credential of the account vouched for this very identity: it contests the address no more.
    pub(crate) async fn settle_with(&self, c: &mut Conn, account: AccountId, identity: &UpstreamIdentity) -> Result<(), Error> {
        let Some(address) = identity.address() else { return Ok(()) };
        settle_email(c, account, address.as_str(), Some(&self.identity_hash(identity))).await?;
        Ok(())
    }
}

impl AccountSettings {
    /// "This mailbox is still mine", by who showed a credential of the account in this session.
    ///
    /// # Errors
    /// [`Refusal::MethodUnknown`] for what is not contested, [`Refusal::NotRecent`], [`Refusal::MailboxContested`] in a
    /// session that stands on a code.
    pub async fn keep_email(&self, ctx: &RequestContext, address: &str) -> Result<(), Error> {
        let address = address.to_owned();
        self.act(ctx, move |this, c, ctx| {
            Box::pin(async move {
                let by_credential = !matches!(ctx.session()?.method.as_str(), "code" | "phone");
                let allowed = this.accounts().may_change(c, &ctx, AccountChange::KeepEmail { by_credential }, this.now()).await?;
                let row = find_account(c, this.org, allowed.account).await?.ok_or(Refusal::SessionEnded)?;
                bump_rev(c, allowed.account, row.rev).await?;
                if !settle_email(c, allowed.account, &address, None).await? {
                    return Err(Refusal::MethodUnknown.into());
                }
                this.record(c, Event::new("email.kept").account(allowed.account).detail(allowed.trace)).await
            })
        })
        .await
    }
}

impl AccountAdmin {
    /// An administrator says that the mailbox is still the account's.
    ///
    /// # Errors
    /// As [`AdminRights::allowed`]; [`Refusal::NotFound`] for what is not contested.
    pub async fn admin_keep_email(&self, ctx: &RequestContext, account: AccountId, address: &str) -> Result<(), Error> {
        let address = address.to_owned();
        self.administer(ctx, Right::GovernAccounts, move |this, c, admin| {
            Box::pin(async move {
                let row = find_account(c, this.org, account).await?.ok_or(Refusal::NotFound)?;
                bump_rev(c, account, row.rev).await?;
                let trace = this.admin_rights().may_govern(c, &admin, account, row.state(), AdminAction::KeepEmail).await?;
                if !settle_email(c, account, &address, None).await? {
                    return Err(Refusal::NotFound.into());
                }
                this.record(c, admin.event("email.kept").account(account).detail(trace)).await
            })
        })
        .await
    }
}
