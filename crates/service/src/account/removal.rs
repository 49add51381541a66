//! Whether a way to sign in may go: something else must open the account (I7). The list in My Account and the removal
//! itself ask the same.
use domain::{Ruling, account_rules::remove::RemoveOutcome};
use std::sync::Arc;

use domain::{AccountId, LinkId, Policy, Refusal, account_rules::remove::Remove};
use storage::{
    Conn,
    accounts::snapshots::{Snapshot, load_snapshots},
};

use ref_cast::RefCast;

use crate::{Configuration, Error, core::Core, policy::context::PolicyContext};

/// What would go.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Going {
    Link(LinkId),
    Password,
    /// A passkey; `last`: the account has no other.
    Passkey {
        last: bool,
    },
}

/// An account as removals are decided for it.
pub(crate) struct Removal {
    config: Arc<PolicyContext>,
    own: Snapshot,
}

impl Removal {
    /// Reads the account.
    ///
    /// # Errors
    /// [`Refusal::SessionEnded`] where it is gone.
    pub async fn load(core: &Core, c: &mut Conn, account: AccountId) -> Result<Self, Error> {
        let own = load_snapshots(c, core.org, &[account])
            .await?
            .remove(&account)
            .ok_or(Refusal::SessionEnded)?;
        Ok(Self { config: Configuration::ref_cast(core).policy_context(c, None).await?, own })
    }

    /// The policy that a method stands under.
    pub fn policy(&self, going: Going) -> Arc<Policy> {
        let provider = match going {
            Going::Link(id) => self
                .own
                .links
                .iter()
                .find(|l| l.id == id)
                .and_then(|l| self.config.provider(l.provider)),
            Going::Password | Going::Passkey { .. } => None,
        };
        self.config.policy(provider.map(|p| p.key.as_str()))
    }

    /// The decision, given the account without it.
    pub fn decide(&self, going: Going, reauthenticated: bool) -> (Remove, Ruling<RemoveOutcome>) {
        let mut own = self.own.clone();
        match going {
            Going::Link(id) => own.links.retain(|l| l.id != id),
            Going::Password => own.password = false,
            Going::Passkey { last } => own.passkeys &= !last,
        }
        let now = self.config.count(&self.own, None);
        let remove = Remove {
            account: own.account,
            methods: now.methods,
            target_methods: now.target,
            passkey: matches!(going, Going::Passkey { .. }),
            usable_left: self.config.count(&own, None).usable,
            reauthenticated,
        };
        (remove, domain::account_rules::remove::remove(remove, &self.policy(going)))
    }

    /// Why it stays, even in a session that was confirmed; `None`: it may go.
    pub fn stays(&self, going: Going) -> Option<Refusal> {
        self.decide(going, true).1.outcome.err()
    }
}
