//! A mailbox that may have changed hands: another subject of an issuer that the account has comes with the account's
//! address. From then on that mailbox proves nothing for the account on any path, until a credential of the account or an
//! administrator says that it is still theirs (I13, ID-18).
use crate::services::Accounts;
use domain::{AccountId, EventKind, Policy, Trust, attempt::ProvedBy, audit_events::Target};
use storage::{
    Conn,
    accounts::{contest_email, list_emails, settle_email},
};

use crate::{Error, audit::Event, sign_in::upstream_identity::UpstreamIdentity};

impl Accounts {
    /// Whether it is a mailbox that proves nothing for the account now.
    pub(crate) async fn is_contested(
        &self,
        c: &mut Conn,
        account: AccountId,
        proof: Option<&ProvedBy>,
    ) -> Result<bool, Error> {
        let Some(address) = proof.and_then(ProvedBy::mailbox) else { return Ok(false) };
        Ok(list_emails(c, account).await?.iter().any(|e| e.canonical == address && e.contested))
    }

    /// An identity that no account has arrived: the addresses that it contests are marked, whatever comes of the arrival.
    /// Only a word that counts does it, so that nobody's mailbox is put in doubt by who says anything.
    pub(crate) async fn contest(
        &self,
        c: &mut Conn,
        identity: &UpstreamIdentity,
        policy: &Policy,
    ) -> Result<(), Error> {
        let Some(address) = identity
            .address()
            .filter(|_| identity.trust(policy, false) >= Some(Trust::ClaimedVerified))
        else {
            return Ok(());
        };
        for account in contest_email(
            c,
            self.org,
            address.as_str(),
            &identity.namespace,
            &identity.assertion.subject,
            &self.identity_hash(identity),
        )
        .await?
        {
            let event = Event::system(EventKind::EmailContested, Target::Account(account));
            self.record(c, event.by_provider(identity.key.clone())).await?;
        }
        Ok(())
    }

    /// A credential of the account vouched for this very identity: it contests the address no more.
    pub(crate) async fn settle_with(
        &self,
        c: &mut Conn,
        account: AccountId,
        identity: &UpstreamIdentity,
    ) -> Result<(), Error> {
        let Some(address) = identity.address() else { return Ok(()) };
        settle_email(c, account, address.as_str(), Some(&self.identity_hash(identity))).await?;
        Ok(())
    }
}
