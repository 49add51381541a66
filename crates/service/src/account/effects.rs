//! Effects of a decision, applied in the transaction in which it was taken.
use crate::{
    core::Core,
    services::{Accounts, Notifications, Sessions},
};
use domain::{
    AccountId, CredentialId, LinkId, OrgId, Refusal, Trust,
    contact::Contact,
    email_address::masked,
    linking::{Basis, facts::AccountState},
};
use serde_json::json;
use storage::{
    Conn,
    accounts::{
        EmailProof, NewEmail, add_account, add_email,
        attributes::remove_attributes,
        bump_rev, find_account, is_email_taken,
        links::{NewLink, add_link, remove_links},
        list_emails, list_former_emails, own_email, remove_other_emails, remove_password, remove_pending_accounts, set_account_name, set_account_state, set_password,
    },
    oauth::tokens::end_tokens_of,
    sign_in::{
        attempts::{Ending, end_attempts},
        sessions::end_sessions,
    },
};

use crate::{
    Error, RequestContext,
    account::changes::{Changing, Noted},
    crypto::random::{row_id, subject},
    notifications::messages::{Kind, Message},
    sign_in::upstream_identity::UpstreamIdentity,
    transaction::LiveRequest,
};

impl Accounts {
    /// A new account for an identity, with its link. An address becomes a co-holder's at most, unless our code proved it
    /// or the provider owns the mailbox, and nobody else owns it.
    pub(crate) async fn open_account(&self, c: &mut Conn, ctx: &LiveRequest, identity: &UpstreamIdentity, trust: Option<Trust>) -> Result<(AccountId, LinkId), Error> {
        let now = self.now();
        let account = AccountId(row_id(now));
        add_account(c, self.org, account, AccountState::Active, &identity.name(), &ctx.locale, &subject(), now).await?;
        if let (Some(address), Some(trust)) = (identity.address(), trust) {
            let proof = match trust {
                Trust::ProvenHere => EmailProof::Code,
                Trust::Authoritative | Trust::ClaimedVerified => EmailProof::provider(identity.provider),
                Trust::Asserted => EmailProof::None,
            };
            let owner = trust >= Trust::Authoritative && !is_email_taken(c, self.org, address.as_str(), account, now).await?;
            let email = NewEmail { address, proof, owner, primary: true };
            add_email(c, self.org, account, &email, row_id(now), now).await?;
        }
        let link = self.add_identity(c, account, identity, &json!({"created": true})).await?;
        Ok((account, link))
    }

    /// The proved owner of an address takes an unfinished sign-up over. Everything that was there before the proof
    /// goes: password, links, other addresses, fields, sessions (I6, PH-01).
    pub(crate) async fn reclaim_account(&self, c: &mut Conn, account: AccountId, identity: &UpstreamIdentity, password: Option<&str>) -> Result<LinkId, Error> {
        let now = self.now();
        let address = identity.address().ok_or(Refusal::PolicyChanged)?;
        let row = find_account(c, self.org, account).await?.filter(|a| a.state() == AccountState::Pending).ok_or(Refusal::PolicyChanged)?;
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
    pub(crate) async fn link_identity(&self, c: &mut Conn, account: AccountId, identity: &UpstreamIdentity, basis: &Basis) -> Result<(LinkId, Changing), Error> {
        let changing = self.change(c, account).await?;
        Ok((self.add_identity(c, account, identity, &json!({"basis": basis})).await?, changing))
    }

    async fn add_identity(&self, c: &mut Conn, account: AccountId, identity: &UpstreamIdentity, evidence: &serde_json::Value) -> Result<LinkId, Error> {
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
}

impl Core {
    pub(crate) fn sealed_claims(&self, identity: &UpstreamIdentity) -> Result<Vec<u8>, Error> {
        self.keys.seal("claims", &serde_json::to_vec(&identity.assertion.claims)?)
    }
}

impl Notifications {
    /// A notice to every proved address of the account, or to the only one that it has (MA-13), and to those that it gave
    /// up in the last 14 days (threat rule 19); each with a link of its own that takes the change back.
    #[expect(clippy::too_many_arguments, reason = "values of one transaction")]
    pub(crate) async fn notify<S>(&self, c: &mut Conn, account: AccountId, kind: Kind, ctx: &RequestContext<S>, provider: &str, identity: &str, change: Option<&Noted>) -> Result<(), Error> {
        let locale = find_account(c, self.org, account).await?.map_or_else(|| ctx.locale.clone(), |a| a.locale);
        let all = list_emails(c, account).await?;
        let proved = all.iter().any(|e| e.is_proved());
        let own = all.into_iter().enumerate().filter(|(n, e)| if proved { e.is_proved() } else { *n == 0 }).map(|(_, e)| e);
        let former = list_former_emails(c, account, self.now()).await?.into_iter().filter(|e| e.is_proved());
        // Who just proved an address knows of it.
        let to: Vec<_> = own.chain(former).filter(|e| change.is_none_or(|noted| !noted.added.contains(&e.canonical))).collect();
        for address in to {
            let undo = match change {
                Some(noted) => self.undo_url(c, account, noted, &address.canonical).await?,
                None => String::new(),
            };
            let Some(to) = address.contact() else { continue };
            let letter = Message { undo, ..self.code_message(kind, to, locale.clone(), ctx, provider, identity) };
            self.enqueue(c, &letter).await?;
        }
        Ok(())
    }

    pub(crate) fn code_message<S>(&self, kind: Kind, to: Contact, locale: String, ctx: &RequestContext<S>, provider: &str, identity: &str) -> Message {
        let identity = if identity.contains('@') { masked(identity) } else { identity.chars().take(40).collect() };
        Message {
            kind,
            to,
            locale,
            code: String::new(),
            provider: provider.to_owned(),
            identity,
            agent: ctx.agent.clone(),
            network: ctx.network.clone(),
            at: self.now(),
            public_url: self.settings.public_url.clone(),
            undo: String::new(),
            client: ctx.requesting_client.clone(),
            sender: None,
        }
    }
}

impl Sessions {
    /// Nobody keeps what they held of the account: sessions, tokens of applications, attempts that concern it in whatever
    /// role, browsers that are known to it (threat rules 8, 23). The session that asks for it can stay, and so does its
    /// browser.
    pub(crate) async fn end_everything(&self, c: &mut Conn, account: AccountId, except: Option<&LiveRequest>) -> Result<(), Error> {
        self.codes().forget_known_browsers(c, account, except).await?;
        end_attempts(c, Ending::Account(account)).await?;
        end_tokens_of(c, account, None, self.now()).await?;
        end_sessions(c, account, except.and_then(|v| v.session.as_ref()).map(|s| s.public_id.as_str())).await?;
        Ok(())
    }
}

/// The organisation of a row, for readers that have no instance at hand.
pub(crate) const DEFAULT_ORGANISATION: (&str, OrgId) = ("default", OrgId([1; 16]));
