//! What administrators configured, as decisions see it.
use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex},
};

use domain::{
    Policy, ProviderId, Refusal,
    attempt::ProvedBy,
    email_address::Canonical,
    groups::GroupRule,
    linking::{
        facts::{AddTo, Candidate},
        fits,
    },
};
use storage::{
    accounts::{Email, snapshots::Snapshot},
    policy::{organisations::Organisation, providers::Provider},
};

use crate::{
    policy::documents::Policies,
    sign_in::upstream_identity::{UpstreamIdentity, source_of},
};

/// Methods of an account, as the direction flags count them.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct MethodCount {
    pub methods: u32,
    pub target: u32,
    pub of_provider: u32,
    /// Methods that would let the person in today.
    pub usable: u32,
    pub foreign_domain: bool,
    pub same_email: bool,
}

/// Policies and providers as one decision sees them; made once for any number of accounts.
pub(crate) struct PolicyContext {
    pub policies: Arc<Policies>,
    pub providers: Arc<Vec<Provider>>,
    pub client: Option<String>,
    merged: HashMap<String, Arc<Policy>>,
    /// Of the local methods.
    local: Arc<Policy>,
    flags: HashMap<ProviderId, Flags>,
    pub groups: Arc<GroupSettings>,
    /// Keys of the groups that the application is open to; empty: everybody.
    pub open_to: BTreeSet<String>,
}

/// What is configured about groups.
#[derive(Debug, Default)]
pub(crate) struct GroupSettings {
    /// The keys of the organisation's groups, folded.
    pub keys: BTreeSet<String>,
    /// Which value of which provider gives which group.
    pub rules: Vec<(ProviderId, GroupRule)>,
}

impl GroupSettings {
    /// What the values of a provider give.
    pub fn rules_of(&self, provider: ProviderId) -> Vec<GroupRule> {
        self.rules.iter().filter(|(of, _)| *of == provider).map(|(_, rule)| rule.clone()).collect()
    }
}

/// What counts of a provider when methods are counted.
struct Flags {
    enabled: bool,
    as_target: bool,
    sign_in: bool,
    isolation: String,
    /// Where its word comes from.
    source: String,
}

impl PolicyContext {
    pub fn new(
        policies: Arc<Policies>,
        providers: Arc<Vec<Provider>>,
        client: Option<String>,
    ) -> Self {
        let merged: HashMap<String, Arc<Policy>> = providers
            .iter()
            .map(|p| (p.key.clone(), Arc::new(policies.effective(Some(&p.key), client.as_deref()))))
            .collect();
        let flags = providers
            .iter()
            .filter_map(|p| {
                let policy = merged.get(&p.key)?;
                Some((
                    p.id,
                    Flags {
                        enabled: p.enabled,
                        as_target: policy.permits.as_target,
                        sign_in: policy.permits.sign_in,
                        isolation: policy.isolation(&p.key),
                        source: source_of(p),
                    },
                ))
            })
            .collect();
        let local = Arc::new(policies.effective(None, client.as_deref()));
        let (groups, open_to) = (Arc::default(), BTreeSet::new());
        Self { policies, providers, client, merged, local, flags, groups, open_to }
    }

    /// The same, with what is configured about groups.
    pub fn with_groups(self, groups: Arc<GroupSettings>, open_to: BTreeSet<String>) -> Self {
        Self { groups, open_to, ..self }
    }

    /// The policy for a provider, or for the local methods.
    pub fn policy(&self, key: Option<&str>) -> Arc<Policy> {
        match key {
            None => Arc::clone(&self.local),
            Some(key) => self.merged.get(key).map_or_else(
                || Arc::new(self.policies.effective(Some(key), self.client.as_deref())),
                Arc::clone,
            ),
        }
    }

    pub fn provider(&self, id: ProviderId) -> Option<&Provider> {
        self.providers.iter().find(|p| p.id == id)
    }

    /// Whether a provider's word still comes from where it came from when it said this. Else whoever could change that for a
    /// moment would speak for people who are linked later (DL-01).
    pub fn still_says(&self, identity: &UpstreamIdentity) -> bool {
        self.flags.get(&identity.provider).is_some_and(|f| f.source == identity.source)
    }

    /// Counts an account's methods. The local password counts as one that may be linked to (GO-53).
    pub fn count(&self, account: &Snapshot, identity: Option<&UpstreamIdentity>) -> MethodCount {
        let mut count = MethodCount::default();
        let domain =
            identity.and_then(|h| self.flags.get(&h.provider)).map(|f| f.isolation.as_str());
        count.foreign_domain = domain.is_some_and(|d| self.is_foreign(account, d));
        let claimed = identity.and_then(UpstreamIdentity::address);
        for link in account.links.iter().filter(|l| l.active) {
            let Some(flags) = self.flags.get(&link.provider) else { continue };
            count.methods += 1;
            count.target += u32::from(flags.as_target);
            count.usable += u32::from(flags.enabled && flags.sign_in);
            if identity.is_some_and(|h| h.provider == link.provider) {
                count.of_provider += 1;
                count.same_email |=
                    claimed.is_some() && claimed == Canonical::parse(&link.label).ok();
            }
        }
        if account.password {
            count.methods += 1;
            count.target += 1;
            count.usable += u32::from(self.local.permits.password_sign_in);
        }
        if account.passkeys {
            count.methods += 1;
            count.target += 1;
            count.usable += u32::from(self.local.permits.passkey_sign_in);
        }
        // A number never counts: whoever it is handed to proves it, and then it opens this account no more.
        count.usable += u32::from(
            self.local.permits.email_code_sign_in
                && account.emails.iter().any(|e| e.owner && !e.contested),
        );
        count
    }

    /// One of the account's methods is of another isolation domain (GO-08); the local ones are of the common one.
    fn is_foreign(&self, account: &Snapshot, domain: &str) -> bool {
        let local = (account.password || account.passkeys) && !domain.is_empty();
        local
            || account
                .links
                .iter()
                .filter(|l| l.active)
                .filter_map(|l| self.flags.get(&l.provider))
                .any(|f| f.isolation != domain)
    }

    /// An account as an identity would be added to it, on whatever path.
    pub fn add_to(&self, account: &Snapshot, identity: &UpstreamIdentity) -> AddTo {
        let count = self.count(account, Some(identity));
        AddTo {
            account: account.account,
            state: account.state,
            methods: count.methods,
            target_methods: count.target,
            of_this_provider: count.of_provider,
            same_email: count.same_email,
            foreign_domain: count.foreign_domain,
            reauthenticated: true,
        }
    }

    /// Why something of another account may not become this account's (MG-01): what is local, then each identity as it
    /// would be added after those before it. Without the other account: why nothing may.
    pub fn misfit(&self, own: &Snapshot, other: Option<&Snapshot>) -> Option<Refusal> {
        let count = self.count(own, None);
        let local = AddTo {
            account: own.account,
            state: own.state,
            methods: count.methods,
            target_methods: count.target,
            of_this_provider: 0,
            same_email: false,
            foreign_domain: other.is_some_and(|o| o.password || o.passkeys)
                && self.is_foreign(own, ""),
            reauthenticated: true,
        };
        if let Err(refusal) = fits(local, &self.local) {
            return Some(refusal);
        }
        let mut grown = own.clone();
        for link in other.into_iter().flat_map(|o| &o.links).filter(|l| l.active) {
            if let Some(provider) = self.provider(link.provider) {
                let mut identity = UpstreamIdentity::nobody(provider);
                identity.assertion.email = Some(link.label.clone());
                if let Err(refusal) =
                    fits(self.add_to(&grown, &identity), &self.policy(Some(&provider.key)))
                {
                    return Some(refusal);
                }
            }
            grown.links.push(link.clone());
        }
        None
    }

    /// Why an identity of a provider, by its user ID and the address that it is known by, may not become an account's, though
    /// nobody has it: its owner barred it, or flags, limits or isolation say so, as on every path.
    pub fn misfit_of(
        &self,
        own: &Snapshot,
        provider: &Provider,
        subject: &str,
        label: &str,
    ) -> Option<Refusal> {
        if own
            .links
            .iter()
            .any(|l| l.barred && l.namespace == provider.namespace && l.subject == subject)
        {
            return Some(Refusal::Barred);
        }
        let mut identity = UpstreamIdentity::nobody(provider);
        identity.assertion.email = Some(label.to_owned());
        fits(self.add_to(own, &identity), &self.policy(Some(&provider.key))).err()
    }

    /// An account as a rule found it. `matched`: by this address of its own. `proof`: by what it is shown to be the
    /// person's. `identity`: the keyed hash of the identity that arrived.
    pub fn candidate(
        &self,
        account: &Snapshot,
        rule: &str,
        matched: Option<&str>,
        proof: Option<&ProvedBy>,
        identity: &UpstreamIdentity,
        identity_hash: &[u8],
    ) -> Candidate {
        let count = self.count(account, Some(identity));
        let email =
            matched.and_then(|address| account.emails.iter().find(|e| e.canonical == address));
        let proved = account.emails.iter().any(|e| e.is_proved());
        // Another subject of an issuer that the account has, with an address of it, and nobody said that this is fine (ID-18).
        let other = account.links.iter().any(|l| {
            l.active && l.namespace == identity.namespace && l.subject != identity.assertion.subject
        });
        let claimed = identity.address().filter(|_| other);
        let same_address = |e: &&Email| claimed.as_ref().is_some_and(|a| a.as_str() == e.canonical);
        let doubtful = |e: &&Email| {
            e.contested || (same_address(e) && e.contested_by.as_deref() != Some(identity_hash))
        };
        let by_phone = matches!(proof, Some(ProvedBy::Phone(_)));
        let mailbox = proof.and_then(ProvedBy::mailbox).or(matched);
        let contested = match mailbox {
            // A phone is no mailbox, and no credential either: it does not vouch for the very subject that is in doubt.
            _ if by_phone => {
                account.emails.iter().any(|e| e.is_proved() && same_address(&e) && doubtful(&e))
            }
            Some(address) => account.emails.iter().any(|e| e.canonical == address && doubtful(&e)),
            None => proved && account.emails.iter().filter(|e| e.is_proved()).all(|e| doubtful(&e)),
        };
        let same = |l: &&storage::accounts::snapshots::LinkFacts| {
            l.namespace == identity.namespace && l.subject == identity.assertion.subject
        };
        Candidate {
            account: account.account,
            rule: rule.to_owned(),
            state: account.state,
            owner: email.is_some_and(|e| e.owner),
            verified: email.map_or(proved && matched.is_none(), |e| e.is_proved()),
            administrator: account.administrator,
            methods: count.methods,
            target_methods: count.target,
            of_this_provider: count.of_provider,
            barred: account.links.iter().filter(same).any(|l| l.barred),
            released: account.links.iter().filter(same).any(|l| !l.active),
            same_email: count.same_email,
            foreign_domain: count.foreign_domain,
            mailbox: proved && !contested,
            second_factor: account.second_factor,
            contested,
        }
    }
}

/// Everything that one stamp stands for.
pub(crate) struct ConfigSnapshot {
    pub(super) stamp: i64,
    pub(super) policies: Arc<Policies>,
    pub(super) providers: Arc<Vec<Provider>>,
    pub(super) organisation: Arc<Organisation>,
    pub(super) groups: Arc<GroupSettings>,
    pub(super) grounds: Mutex<HashMap<Option<String>, Arc<PolicyContext>>>,
}
