//! What a provider said of somebody, and what it comes to under a policy.
use domain::{Policy, ProviderId, Trust, email_address::Canonical, policy::Word};
use serde::{Deserialize, Serialize};
use storage::policy::providers::Provider;
use upstream::Assertion;

/// An assertion with the provider that made it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UpstreamIdentity {
    pub provider: ProviderId,
    pub key: String,
    pub provider_name: String,
    pub namespace: String,
    /// Where the provider's word came from when it was asked: what it said counts only as long as that is so (DL-01).
    #[serde(default)]
    pub source: String,
    pub assertion: Assertion,
}

/// Where a provider's word comes from, in one text; nothing where its settings cannot be read.
pub(crate) fn source_of(provider: &Provider) -> String {
    serde_json::from_str::<upstream::Settings>(&provider.config)
        .map(|s| s.source().fingerprint())
        .unwrap_or_default()
}

impl UpstreamIdentity {
    /// What a provider said just now.
    pub(crate) fn new(provider: Provider, assertion: Assertion) -> Self {
        Self {
            source: source_of(&provider),
            provider: provider.id,
            key: provider.key,
            provider_name: provider.name,
            namespace: provider.namespace,
            assertion,
        }
    }

    /// An identity that nobody has, of a provider: for asking what would be possible.
    pub fn nobody(provider: &Provider) -> Self {
        let assertion = Assertion {
            subject: String::new(),
            email: None,
            email_verified: false,
            name: None,
            auth_at: None,
            claims: serde_json::Map::new(),
            once: None,
        };
        Self::new(provider.clone(), assertion)
    }

    /// The claimed address, if mail could be sent to it. Empty and broken ones match nothing (ID-08).
    pub fn address(&self) -> Option<Canonical> {
        self.assertion.email.as_deref().and_then(|e| Canonical::parse(e).ok())
    }

    /// Trust in the claimed address; our own code typed back from it counts most.
    pub fn trust(&self, policy: &Policy, proven: bool) -> Option<Trust> {
        let address = self.address()?;
        let word = Word {
            namespace: &self.namespace,
            domain: address.domain(),
            verified: self.assertion.email_verified,
            claims: &self.assertion.claims,
        };
        Some(if proven { Trust::ProvenHere } else { policy.trust(&word) })
    }

    /// The provider says in a word that the policy maps that it asked for two factors (LK-15). Nothing else counts.
    pub fn second_factor(&self, policy: &Policy) -> bool {
        let mapped = |value: &serde_json::Value| {
            value.as_str().is_some_and(|v| policy.choices.second_factor_acr.iter().any(|m| m == v))
        };
        let claims = &self.assertion.claims;
        claims.get("acr").is_some_and(mapped)
            || claims
                .get("amr")
                .and_then(serde_json::Value::as_array)
                .is_some_and(|all| all.iter().any(mapped))
    }

    /// A label for the link: the address or name at the provider, shortened.
    pub fn label(&self) -> String {
        let text =
            self.assertion.email.as_deref().or(self.assertion.name.as_deref()).unwrap_or_default();
        text.chars().filter(|c| !c.is_control()).take(80).collect()
    }

    /// A display name for a new account.
    pub fn name(&self) -> String {
        let local = self.assertion.email.as_deref().and_then(|e| e.split('@').next());
        let text = self.assertion.name.as_deref().or(local).unwrap_or_default();
        text.chars().filter(|c| !c.is_control()).take(80).collect()
    }
}

#[cfg(test)]
mod tests {
    use domain::policy::Document;
    use serde_json::json;

    use super::*;

    /// Shows OC-17: what is not said, or said in another way, is no assurance; only words that the policy maps are.
    #[test]
    fn oc_17_assurance_that_a_provider_does_not_state_is_none() {
        let text = json!({"choices": {"second_factor_acr": ["urn:two", "mfa"]}}).to_string();
        let policy = Policy::merge(1, &[&Document::parse(&text).unwrap()]);
        let says = |claims: serde_json::Value| {
            let serde_json::Value::Object(claims) = claims else { panic!() };
            let provider = Provider {
                id: ProviderId([1; 16]),
                organisation_id: domain::OrgId([1; 16]),
                key: "p".into(),
                name: "P".into(),
                kind: "oidc".into(),
                namespace: "oidc:https://p.test".into(),
                config: String::new(),
                secret: None,
                secret_set_at: None,
                enabled: true,
                position: 0,
                rev: 1,
                shared: false,
            };
            let mut identity = UpstreamIdentity::nobody(&provider);
            identity.assertion.claims = claims;
            identity.second_factor(&policy)
        };
        for yes in [json!({"acr": "urn:two"}), json!({"amr": ["pwd", "mfa"]})] {
            assert!(says(yes.clone()), "{yes}");
        }
        for no in [
            json!({}),
            json!({"acr": "urn:one"}),
            json!({"acr": "URN:TWO"}),
            json!({"acr": ["urn:two"]}),
            json!({"acr": 2}),
            json!({"acr": null, "amr": null}),
            json!({"amr": "mfa"}),
            json!({"amr": ["pwd", "MFA", 1]}),
            json!({"amr": {"mfa": true}}),
            json!({"x_acr": "urn:two"}),
        ] {
            assert!(!says(no.clone()), "{no}");
        }
    }
}
