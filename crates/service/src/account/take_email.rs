//! An address becomes the account's primary one.
use crate::{
    Error,
    account::changes::{Changing, ProfileChange, doer},
    audit::Event,
    crypto::random::row_id,
    notifications::messages::Kind,
    services::Accounts,
    sign_in::upstream_identity::UpstreamIdentity,
    transaction::LiveRequest,
};
use domain::{
    AccountId, EventKind, Trust,
    account_rules::rewind::{Changed, KEPT},
    audit_events::{Actor, Target},
    email_address::Canonical,
};
use storage::{
    Conn,
    accounts::{
        EmailProof, NewEmail, add_email, is_email_taken, list_emails, own_email, remove_email,
        set_primary_email,
    },
};

impl Accounts {
    /// The policy says to take the provider's address: it becomes the primary one. What was proved before stays proved.
    pub(crate) async fn overwrite_email(
        &self,
        c: &mut Conn,
        ctx: &LiveRequest,
        account: AccountId,
        identity: &UpstreamIdentity,
        trust: Option<Trust>,
    ) -> Result<(), Error> {
        let Some(address) = identity.address() else { return Ok(()) };
        let changing = self.change(c, account).await?;
        let now = self.now();
        let owner = trust >= Some(Trust::Authoritative)
            && !is_email_taken(c, self.org, address.as_str(), account, now).await?;
        remove_email(c, account, address.as_str()).await?;
        let email = NewEmail {
            address: address.clone(),
            proof: EmailProof::provider(identity.provider),
            owner,
            primary: false,
        };
        add_email(c, self.org, account, &email, row_id(now), now).await?;
        set_primary_email(c, account, address.as_str(), None).await?;
        self.record(
            c,
            Event::of(ctx, EventKind::EmailOverwritten, Actor::Provider, Target::Account(account))
                .by_provider(identity.key.clone()),
        )
        .await?;
        let noted = self
            .changed(
                c,
                changing,
                Changed::Email,
                &format!("provider:{}", identity.key),
                ProfileChange::default(),
            )
            .await?;
        self.notifications()
            .notify(c, account, Kind::EmailChanged, ctx, "", address.as_str(), noted.as_ref())
            .await
    }

    /// A proved address becomes the primary one. The old one hears of it, can take it back, and stays reserved as long
    /// (MA-14).
    pub(crate) async fn take_email(
        &self,
        c: &mut Conn,
        ctx: &LiveRequest,
        changing: Changing,
        address: &Canonical,
    ) -> Result<(), Error> {
        let (account, now) = (changing.account, self.now());
        let all = list_emails(c, account).await?;
        if all.iter().all(|e| e.canonical != address.as_str()) {
            remove_email(c, account, address.as_str()).await?;
            let email = NewEmail {
                address: address.clone(),
                proof: EmailProof::Code,
                owner: true,
                primary: false,
            };
            add_email(c, self.org, account, &email, row_id(now), now).await?;
        }
        own_email(c, account, address.as_str()).await?;
        set_primary_email(c, account, address.as_str(), Some(now + KEPT)).await?;
        let noted =
            self.changed(c, changing, Changed::Email, &doer(ctx), ProfileChange::default()).await?;
        self.notifications()
            .notify(c, account, Kind::EmailChanged, ctx, "", address.as_str(), noted.as_ref())
            .await
    }
}
