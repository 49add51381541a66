//! Effects of a decision, applied in the transaction in which it was taken.
use domain::{AccountId, LinkId, OrgId, Refusal, Trust, address::masked, decide::Basis, facts::AccountState};
use serde_json::json;
use storage::{
    Conn, Error,
    accounts::{NewEmail, add_account, add_email, bump_rev, find_account, list_emails},
    links::{NewLink, add_link},
};

use crate::{
    Fault, Ligature, Visitor,
    chance::{row_id, subject},
    held::Held,
    mails::{Kind, Letter},
};

impl Ligature {
    /// A new account for an identity, with its link. An address becomes a co-holder's at most, unless the provider owns the mailbox.
    pub(crate) async fn open_account(&self, c: &mut Conn, visitor: &Visitor, held: &Held, trust: Option<Trust>) -> Result<(AccountId, LinkId), Fault> {
        let now = self.now();
        let account = AccountId(row_id(now));
        add_account(c, self.org, account, AccountState::Active, &held.name(), &visitor.locale, &subject(), now).await?;
        if let (Some(address), Some(trust)) = (held.address(), trust) {
            let proof = if trust >= Trust::ClaimedVerified { format!("provider:{}", held.provider) } else { "none".into() };
            let email = NewEmail { canonical: address.as_str().to_owned(), typed: held.assertion.email.clone().unwrap_or_default(), proof, owner: trust >= Trust::Authoritative, primary: true };
            add_email(c, self.org, account, &email, row_id(now), now).await?;
        }
        let link = self.add_identity(c, account, held, &json!({"created": true})).await?;
        Ok((account, link))
    }

    /// Links an identity to an existing account: the account's mutex first, then the unique index as the judge.
    pub(crate) async fn link_identity(&self, c: &mut Conn, account: AccountId, held: &Held, basis: &Basis) -> Result<LinkId, Fault> {
        let row = find_account(c, self.org, account).await?.ok_or(Refusal::PolicyChanged)?;
        bump_rev(c, account, row.rev).await?;
        self.add_identity(c, account, held, &json!({"basis": basis})).await
    }

    async fn add_identity(&self, c: &mut Conn, account: AccountId, held: &Held, evidence: &serde_json::Value) -> Result<LinkId, Fault> {
        let now = self.now();
        let id = LinkId(row_id(now));
        let new = NewLink {
            id,
            account,
            provider: held.provider,
            namespace: held.namespace.clone(),
            subject: held.assertion.subject.clone(),
            claims: self.sealed_claims(held)?,
            evidence: evidence.to_string(),
            label: held.label(),
        };
        // Somebody else linked it since the facts were read: everything rolls back, and the next round finds it known.
        if add_link(c, self.org, &new, now).await? { Ok(id) } else { Err(Error::Duplicate.into()) }
    }

    pub(crate) fn sealed_claims(&self, held: &Held) -> Result<Vec<u8>, Fault> {
        self.vault.seal("claims", &serde_json::to_vec(&held.assertion.claims)?)
    }

    /// A notice to the account's primary address.
    pub(crate) async fn notify(&self, c: &mut Conn, account: AccountId, kind: Kind, visitor: &Visitor, provider: &str, identity: &str) -> Result<(), Fault> {
        let locale = find_account(c, self.org, account).await?.map_or_else(|| visitor.locale.clone(), |a| a.locale);
        let Some(email) = list_emails(c, account).await?.into_iter().next() else { return Ok(()) };
        let letter = self.letter(kind, email.typed, locale, visitor, provider, identity);
        self.post(c, &letter).await
    }

    pub(crate) fn letter(&self, kind: Kind, to: String, locale: String, visitor: &Visitor, provider: &str, identity: &str) -> Letter {
        let identity = if identity.contains('@') { masked(identity) } else { identity.chars().take(40).collect() };
        Letter {
            kind,
            to,
            locale,
            code: String::new(),
            provider: provider.to_owned(),
            identity,
            agent: visitor.agent.clone(),
            network: visitor.network.clone(),
            at: self.now(),
            public_url: self.settings.public_url.clone(),
        }
    }
}

/// The organisation of a row, for readers that have no instance at hand.
pub(crate) const DEFAULT_ORGANISATION: (&str, OrgId) = ("default", OrgId([1; 16]));
