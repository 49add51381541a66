//! The two ladders of the model: trust in a claimed address, proof of control of an account (docs/explanation/policy.md).
use serde::{Deserialize, Serialize};

crate::named! {
    /// How far a provider's word about an e-mail address is believed.
    pub enum Trust {
        /// The provider said so. Worth nothing by itself; every new provider starts here (ID-14).
        Asserted = "asserted",
        /// The provider says that it verified the address, and its settings let that count.
        ClaimedVerified = "claimed_verified",
        /// The provider owns the address's domain, as an instance owner confirmed.
        Authoritative = "authoritative",
        /// Our own code was typed back from the address in this attempt.
        ProvenHere = "proven_here",
    }
}

/// What somebody showed to control an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// Nothing.
    None,
    /// A code from the account's own mailbox or phone.
    Mailbox,
    /// A credential of the account: its password, or another linked identity.
    Credential,
    /// A credential and the account's second factor.
    CredentialMfa,
}

/// A pair that a rule accepts: with at least this trust, at least this proof is enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkRequirement {
    pub trust: Trust,
    pub proof: Proof,
}

impl LinkRequirement {
    /// Invariant I11: where the word about the address has less than `authoritative` trust, or the account does not own
    /// the address, no proof is read as "a code from the mailbox", unless an instance owner gave the permit
    /// `accept_unproven_links`.
    #[must_use]
    pub fn guarded(self, trust: Trust, owned: bool, unproven_allowed: bool) -> Self {
        let provider_owns_mailbox = trust >= Trust::Authoritative && owned;
        if self.proof == Proof::None && !provider_owns_mailbox && !unproven_allowed {
            return Self { proof: Proof::Mailbox, ..self };
        }
        self
    }
}
