//! Effects of a decision, applied in the transaction in which it was taken.
use crate::{account::changes::ProfileChange, audit::Event, services::Accounts};
use domain::{
    AccountId, CredentialId, EventKind, Facts, LinkId, Refusal, Trust,
    account_rules::rewind::Changed,
    attempt::AttemptProgress,
    linking::{Basis, facts::AccountState},
};
use serde_json::json;
use storage::{
    Conn,
    accounts::{
        EmailProof, NewEmail, add_account, add_email,
        agreements::add_agreement,
        attributes::{BY_PERSON, remove_attributes},
        bump_rev, find_account, is_email_taken,
        links::{NewLink, add_link, remove_links},
        own_email, remove_other_emails, remove_password, remove_pending_accounts, set_account_name,
        set_account_state, set_closing, set_password,
    },
    sign_in::{
        attempts::{Ending, end_attempts},
        sessions::end_sessions,
    },
};

use crate::{
    Error,
    account::changes::Changing,
    crypto::random::{row_id, subject},
    notifications::messages::Kind,
    sign_in::upstream_identity::UpstreamIdentity,
    transaction::LiveRequest,
};

impl Accounts {
    /// A new account for an identity, with its link. An address becomes a co-holder's at most, unless our code proved it
    /// or the provider owns the mailbox, and nobody else owns it.
    pub(crate) async fn open_account(
        &self,
        c: &mut Conn,
        ctx: &LiveRequest,
        identity: &UpstreamIdentity,
        trust: Option<Trust>,
    ) -> Result<(AccountId, LinkId), Error> {
        let now = self.now();
        let account = AccountId(row_id(now));
        add_account(
            c,
            self.org,
            account,
            AccountState::Active,
            &identity.name(),
            &ctx.locale,
            &subject(),
            now,
        )
        .await?;
        if let (Some(address), Some(trust)) = (identity.address(), trust) {
            let proof = match trust {
                Trust::ProvenHere => EmailProof::Code,
                Trust::Authoritative | Trust::ClaimedVerified => {
                    EmailProof::provider(identity.provider)
                }
                Trust::Asserted => EmailProof::None,
            };
            let owner = trust >= Trust::Authoritative
                && !is_email_taken(c, self.org, address.as_str(), account, now).await?;
            let email = NewEmail { address, proof, owner, primary: true };
            add_email(c, self.org, account, &email, row_id(now), now).await?;
        }
        let link = self.add_identity(c, account, identity, &json!({"created": true})).await?;
        Ok((account, link))
    }

    /// The proved owner of an address takes an unfinished sign-up over. Everything that was there before the proof
    /// goes: password, links, other addresses, fields, sessions (I6, PH-01).
    pub(crate) async fn reclaim_account(
        &self,
        c: &mut Conn,
        account: AccountId,
        identity: &UpstreamIdentity,
        password: Option<&str>,
    ) -> Result<LinkId, Error> {
        let now = self.now();
        let address = identity.address().ok_or(Refusal::PolicyChanged)?;
        let row = find_account(c, self.org, account)
            .await?
            .filter(|a| a.state() == AccountState::Pending)
            .ok_or(Refusal::PolicyChanged)?;
        bump_rev(c, account, row.rev).await?;
        if is_email_taken(c, self.org, address.as_str(), account, now).await? {
            return Err(Refusal::PolicyChanged.into());
        }
        remove_password(c, account).await?;
        remove_links(c, account).await?;
        remove_attributes(c, account).await?;
        remove_other_emails(c, account, address.as_str()).await?;
        end_sessions(c, account, None).await?;
        set_account_name(c, account, &identity.name()).await?;
        set_account_state(c, self.org, account, AccountState::Active).await?;
        own_email(c, account, address.as_str()).await?;
        remove_pending_accounts(c, self.org, address.as_str(), account).await?;
        if let Some(phc) = password {
            set_password(c, self.org, account, CredentialId(row_id(now)), phc, now).await?;
        }
        self.add_identity(c, account, identity, &json!({"reclaimed": true, "proof": "code"})).await
    }

    /// Links an identity to an existing account: the account's mutex first, then the unique index as the judge.
    pub(crate) async fn link_identity(
        &self,
        c: &mut Conn,
        account: AccountId,
        identity: &UpstreamIdentity,
        basis: &Basis,
    ) -> Result<(LinkId, Changing), Error> {
        let changing = self.change(c, account).await?;
        Ok((self.add_identity(c, account, identity, &json!({"basis": basis})).await?, changing))
    }

    async fn add_identity(
        &self,
        c: &mut Conn,
        account: AccountId,
        identity: &UpstreamIdentity,
        evidence: &serde_json::Value,
    ) -> Result<LinkId, Error> {
        let now = self.now();
        let id = LinkId(row_id(now));
        let new = NewLink {
            id,
            account,
            provider: identity.provider,
            namespace: identity.namespace.clone(),
            subject: identity.assertion.subject.clone(),
            claims: self.sealed_claims(identity)?,
            evidence: evidence.to_string(),
            label: identity.label(),
        };
        // Somebody else linked it since the facts were read: everything rolls back, and the next round finds it known.
        if !add_link(c, self.org, &new, now).await? {
            return Err(storage::Error::Duplicate.into());
        }
        // The identity has its account: what else it began is over (LK-24).
        end_attempts(c, Ending::Identity(&self.identity_hash(identity))).await?;
        Ok(id)
    }

    /// The sign-in of an account that was being deleted, by who said that it stays.
    pub(crate) async fn restore_if_closing(
        &self,
        c: &mut Conn,
        ctx: &LiveRequest,
        facts: &Facts,
    ) -> Result<(), Error> {
        let Some(known) = facts.known.filter(|k| k.state == AccountState::Closing) else {
            return Ok(());
        };
        let changing = self.change(c, known.account).await?;
        set_closing(c, known.account, None).await?;
        self.record(c, Event::own(ctx, EventKind::AccountRestored, known.account)).await?;
        let noted = self
            .changed(c, changing, Changed::Restored, "sign-in", ProfileChange::default())
            .await?;
        self.notifications()
            .notify(c, known.account, Kind::RestoredNotice, ctx, "", "", noted.as_ref())
            .await
    }

    /// Keeps what a person accepted and wrote, for the account that it was for.
    pub(crate) async fn keep_given(
        &self,
        c: &mut Conn,
        account: AccountId,
        progress: &AttemptProgress,
    ) -> Result<(), Error> {
        for what in &progress.agreed {
            add_agreement(c, account, what, self.now()).await?;
        }
        for (target, value) in &progress.fields {
            self.set_profile_field(c, account, target, value, BY_PERSON).await?;
        }
        Ok(())
    }
}
