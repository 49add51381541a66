//! Identities as rows have them: sealed while an attempt lasts, and by keyed hashes.
use domain::{AccountId, email_address::Canonical};
use storage::sign_in::attempts::Attempt;

use crate::{Error, core::Core, sign_in::upstream_identity::UpstreamIdentity};

impl Core {
    /// A keyed hash of an identity: what its flows are found by.
    pub(crate) fn identity_hash(&self, identity: &UpstreamIdentity) -> Vec<u8> {
        self.identity_hash_of(&identity.namespace, &identity.assertion.subject)
    }

    /// The same of its two parts.
    pub(crate) fn identity_hash_of(&self, namespace: &str, subject: &str) -> Vec<u8> {
        self.keys.lookup(&[b"identity", namespace.as_bytes(), subject.as_bytes()])
    }

    /// A keyed hash of a provider's name for a session of its own, for one issuer's namespace.
    pub(crate) fn provider_sid(&self, namespace: &str, sid: &str) -> Vec<u8> {
        self.keys.lookup(&[b"provider-session", namespace.as_bytes(), sid.as_bytes()])
    }

    /// That of the session in which an identity arrived, where its provider names sessions.
    pub(crate) fn provider_sid_of(&self, identity: &UpstreamIdentity) -> Option<Vec<u8>> {
        let sid = identity.assertion.claims.get("sid")?.as_str().filter(|sid| !sid.is_empty())?;
        Some(self.provider_sid(&identity.namespace, sid))
    }

    pub(crate) fn seal_identity(
        &self,
        attempt: &[u8],
        identity: &UpstreamIdentity,
    ) -> Result<Vec<u8>, Error> {
        let purpose =
            format!("attempt-{}", attempt.iter().map(|b| format!("{b:02x}")).collect::<String>());
        self.keys.seal(&purpose, &serde_json::to_vec(identity)?)
    }

    pub(crate) fn open_identity(&self, attempt: &Attempt) -> Option<UpstreamIdentity> {
        let purpose = format!(
            "attempt-{}",
            attempt.hash.iter().map(|b| format!("{b:02x}")).collect::<String>()
        );
        serde_json::from_slice(&self.keys.open_sealed(&purpose, attempt.assertion.as_deref()?)?)
            .ok()
    }

    pub(crate) fn sealed_claims(&self, identity: &UpstreamIdentity) -> Result<Vec<u8>, Error> {
        self.keys.seal("claims", &serde_json::to_vec(&identity.assertion.claims)?)
    }

    /// The keyed hash of an address that an account ignores; another account's is another hash.
    pub(crate) fn ignored_hash(&self, account: AccountId, address: &Canonical) -> String {
        self.keys.pseudonym(&[b"ignored-email", &account.0, address.as_str().as_bytes()])
    }
}
