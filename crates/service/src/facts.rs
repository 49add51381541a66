//! Gathers facts for a decision inside the transaction that will act on it.
use std::{collections::HashMap, sync::Arc};

use domain::{
    AccountId, Decision, Facts, Policy, Proof, ProviderId, Trust,
    address::Canonical,
    decide,
    decide::{Lookup, plan},
    facts::{Act, AddTo, By, Candidate, EmailFacts, Intent, Known, ProviderFacts},
    policy::{Attribute, EmailChange},
};
use storage::{
    Conn,
    accounts::{find_pending, is_email_taken, list_emails},
    attributes::{find_by_attribute, is_email_ignored},
    links::{find_link, list_claims},
    providers::{Provider, list_providers},
    snapshots::{Snapshot, list_holders_of, load_snapshots},
};

use crate::{
    Fault, Ligature,
    audit::Event,
    held::Held,
    policies::Policies,
    values::{Surroundings, Values},
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

/// Why facts are gathered.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Ask {
    /// `proven`: the claimed address was proved in this attempt.
    SignIn {
        act: Act,
        proven: bool,
    },
    Add(AccountId),
}

/// Policies and providers as one decision sees them; made once for any number of accounts.
pub(crate) struct Ground {
    pub policies: Arc<Policies>,
    pub providers: Vec<Provider>,
    pub client: Option<String>,
    flags: HashMap<ProviderId, Flags>,
    password: bool,
}

/// What counts of a provider when methods are counted.
struct Flags {
    enabled: bool,
    as_target: bool,
    sign_in: bool,
    isolation: String,
}

impl Ground {
    pub fn new(policies: Arc<Policies>, providers: Vec<Provider>, client: Option<String>) -> Self {
        let flags = providers
            .iter()
            .map(|p| {
                let policy = policies.effective(Some(&p.key), client.as_deref());
                (p.id, Flags { enabled: p.enabled, as_target: policy.permits.as_target, sign_in: policy.permits.sign_in, isolation: policy.isolation() })
            })
            .collect();
        let password = policies.effective(None, client.as_deref()).permits.password_sign_in;
        Self { policies, providers, client, flags, password }
    }

    pub fn policy(&self, key: &str) -> Policy {
        self.policies.effective(Some(key), self.client.as_deref())
    }

    pub fn provider(&self, id: ProviderId) -> Option<&Provider> {
        self.providers.iter().find(|p| p.id == id)
    }

    /// Counts an account's methods. The local password counts as one that may be linked to (GO-53).
    pub fn count(&self, account: &Snapshot, held: Option<&Held>) -> MethodCount {
        let mut count = MethodCount::default();
        let domain = held.and_then(|h| self.flags.get(&h.provider)).map(|f| f.isolation.as_str());
        let claimed = held.and_then(Held::address);
        for link in account.links.iter().filter(|l| l.active) {
            let Some(flags) = self.flags.get(&link.provider) else { continue };
            count.methods += 1;
            count.target += u32::from(flags.as_target);
            count.usable += u32::from(flags.enabled && flags.sign_in);
            count.foreign_domain |= domain.is_some_and(|d| d != flags.isolation);
            if held.is_some_and(|h| h.provider == link.provider) {
                count.of_provider += 1;
                count.same_email |= claimed.is_some() && claimed == Canonical::parse(&link.label).ok();
            }
        }
        if account.password {
            count.methods += 1;
            count.target += 1;
            count.usable += u32::from(self.password);
            count.foreign_domain |= domain.is_some_and(|d| !d.is_empty());
        }
        count
    }

    /// An account as a rule found it. `matched`: by this address of its own.
    pub fn candidate(&self, account: &Snapshot, rule: &str, matched: Option<&str>, held: &Held) -> Candidate {
        let count = self.count(account, Some(held));
        let email = matched.and_then(|address| account.emails.iter().find(|e| e.canonical == address));
        let proved = account.emails.iter().any(|e| e.proof != "none");
        let same = |l: &&storage::snapshots::LinkFacts| l.namespace == held.namespace && l.subject == held.assertion.subject;
        Candidate {
            account: account.account,
            rule: rule.to_owned(),
            state: account.state,
            owner: email.is_some_and(|e| e.owner),
            verified: email.map_or(proved && matched.is_none(), |e| e.proof != "none"),
            administrator: account.administrator,
            methods: count.methods,
            target_methods: count.target,
            of_this_provider: count.of_provider,
            barred: account.links.iter().filter(same).any(|l| l.barred),
            released: account.links.iter().filter(same).any(|l| !l.active),
            same_email: count.same_email,
            foreign_domain: count.foreign_domain,
            mailbox: proved,
        }
    }
}

impl Ligature {
    pub(crate) async fn ground(&self, c: &mut Conn, client: Option<&str>) -> Result<Ground, Fault> {
        let policies = self.policies(c).await?;
        Ok(Ground::new(policies, list_providers(c, self.org).await?, client.map(str::to_owned)))
    }

    /// Decides on an identity that has just been, or was earlier in this attempt, asserted. A shadow policy decides
    /// beside it on facts of its own; where it differs, that is written down and nothing else happens.
    pub(crate) async fn decide_on(&self, c: &mut Conn, held: &Held, ask: Ask, client: Option<&str>) -> Result<(Facts, Policy, Decision), Fault> {
        let ground = self.ground(c, client).await?;
        let (facts, policy) = self.facts(c, held, ask, &ground).await?;
        let decision = decide(&facts, &policy);
        if let Some(shadow) = ground.policies.shadowed() {
            let ground = Ground::new(Arc::new(shadow), ground.providers, ground.client);
            let (facts, policy) = self.facts(c, held, ask, &ground).await?;
            let other = decide(&facts, &policy);
            if other.outcome != decision.outcome {
                let detail = serde_json::json!({"active": decision.outcome.name(), "shadow": other.outcome.name(), "reasons": other.reasons, "policy_version": policy.version, "facts": facts});
                self.record(c, Event { provider: held.key.clone(), ..Event::new("policy.shadow").by("system").detail(detail) }).await?;
            }
        }
        Ok((facts, policy, decision))
    }

    /// Facts under the policies of a ground.
    pub(crate) async fn facts(&self, c: &mut Conn, held: &Held, ask: Ask, ground: &Ground) -> Result<(Facts, Policy), Fault> {
        let policy = ground.policy(&held.key);
        let enabled = ground.provider(held.provider).is_some_and(|p| p.enabled);
        let proven = matches!(ask, Ask::SignIn { proven: true, .. });
        let mut facts = Facts {
            intent: Intent::SignIn,
            provider: None,
            trust: held.trust(&policy, proven),
            known: self.known(c, held).await?,
            rules: Vec::new(),
            candidates: Vec::new(),
            pending: None,
            email: None,
            act: Act::Arrived,
        };
        let around = self.surroundings(c, &policy, facts.known, ground).await?;
        let mut values = Values::new(&self.expressions, held, &around);
        facts.provider = Some(ProviderFacts { id: held.provider, enabled, filter: values.filter(&policy) });
        match ask {
            Ask::Add(account) => facts.intent = Intent::Add(self.add_to(c, held, account, ground).await?),
            Ask::SignIn { act, .. } => facts.act = act,
        }
        if facts.intent == Intent::SignIn && facts.known.is_none() {
            let (lookups, rules) = plan(&policy, &values.rules(&policy));
            facts.rules = rules;
            for lookup in &lookups {
                if let Some(rule) = facts.rules.iter_mut().find(|r| r.rule == lookup.rule) {
                    rule.values = lookup.all.iter().map(|c| self.vault.pseudonym(&[b"match", c.attribute.name().as_bytes(), c.folded.as_bytes()])).collect();
                }
            }
            facts.candidates = self.candidates(c, held, &lookups, ground).await?;
            // PostgreSQL shows each statement what was committed before it. If a candidate appeared because this very
            // identity got its account a moment ago, the link is visible by now: the identity is known (RB-02).
            if !facts.candidates.is_empty() {
                facts.known = self.known(c, held).await?;
            }
            if facts.known.is_some() {
                facts.candidates.clear();
                facts.rules.clear();
            } else {
                self.named(c, held, ground, &policy, &mut facts).await?;
                if let Some(address) = held.address() {
                    facts.pending = find_pending(c, self.org, address.as_str()).await?;
                }
            }
        }
        if let (Intent::SignIn, Some(known)) = (facts.intent, facts.known) {
            facts.email = self.email_facts(c, held, &policy, known, facts.trust).await?;
        }
        Ok((facts, policy))
    }

    /// The account that an identity is linked to.
    async fn known(&self, c: &mut Conn, held: &Held) -> Result<Option<Known>, Fault> {
        let found = find_link(c, self.org, &held.namespace, &held.assertion.subject).await?;
        Ok(found.map(|(link, state)| Known { account: link.account_id, state, link: Some(link.id) }))
    }

    /// Claims of the account's identities, read only where an expression asks for them (GV-05, GV-06).
    pub(crate) async fn surroundings(&self, c: &mut Conn, policy: &Policy, known: Option<Known>, ground: &Ground) -> Result<Surroundings, Fault> {
        let mut around = Surroundings { client: ground.client.clone(), ..Surroundings::default() };
        let choices = &policy.choices;
        let asks = |text: &String| text.contains("dentit");
        let asked = asks(&choices.claim_filter) || choices.mapping.values().any(asks) || choices.rules.iter().any(|r| asks(&r.when) || r.all.iter().any(|m| asks(&m.equals)));
        if let (true, Some(known)) = (asked, known) {
            // Oldest first, so that of several identities of a provider the last used one stays.
            for (provider, sealed) in list_claims(c, known.account).await? {
                let claims: Option<serde_json::Value> = self.vault.open_sealed("claims", &sealed).and_then(|b| serde_json::from_slice(&b).ok());
                if let (Some(claims), Some(provider)) = (claims, ground.provider(provider)) {
                    around.last = Some(claims.clone());
                    around.identities.insert(provider.key.clone(), claims);
                }
            }
        }
        Ok(around)
    }

    async fn add_to(&self, c: &mut Conn, held: &Held, id: AccountId, ground: &Ground) -> Result<AddTo, Fault> {
        let all = load_snapshots(c, self.org, &[id]).await?;
        let account = all.get(&id).ok_or(domain::Refusal::SessionEnded)?;
        let count = ground.count(account, Some(held));
        Ok(AddTo {
            account: id,
            state: account.state,
            methods: count.methods,
            target_methods: count.target,
            of_this_provider: count.of_provider,
            same_email: count.same_email,
            foreign_domain: count.foreign_domain,
        })
    }

    /// The accounts that each look-up finds: those that fulfil all of its conditions.
    async fn candidates(&self, c: &mut Conn, held: &Held, lookups: &[Lookup], ground: &Ground) -> Result<Vec<Candidate>, Fault> {
        let mut found: Vec<(&Lookup, Vec<AccountId>, Option<&str>)> = Vec::new();
        for lookup in lookups {
            let (mut ids, mut matched): (Option<Vec<AccountId>>, Option<&str>) = (None, None);
            for condition in &lookup.all {
                let these = if condition.attribute == Attribute::Email {
                    matched = Some(&condition.folded);
                    list_holders_of(c, self.org, &[&condition.folded]).await?.into_iter().map(|(_, id)| id).collect()
                } else {
                    find_by_attribute(c, self.org, condition).await?
                };
                ids = Some(match ids {
                    None => these,
                    Some(before) => before.into_iter().filter(|id| these.contains(id)).collect(),
                });
            }
            found.push((lookup, ids.unwrap_or_default(), matched));
        }
        let mut all: Vec<AccountId> = found.iter().flat_map(|(_, ids, _)| ids.iter().copied()).collect();
        all.sort_unstable();
        all.dedup();
        if all.is_empty() {
            return Ok(Vec::new());
        }
        let snapshots = load_snapshots(c, self.org, &all).await?;
        Ok(found
            .into_iter()
            .flat_map(|(lookup, ids, matched)| ids.into_iter().take(20).filter_map(|id| snapshots.get(&id)).map(|s| ground.candidate(s, &lookup.rule, matched, held)).collect::<Vec<_>>())
            .collect())
    }

    /// The account that the person named, found by nothing but that (AU-13).
    async fn named(&self, c: &mut Conn, held: &Held, ground: &Ground, policy: &Policy, facts: &mut Facts) -> Result<(), Fault> {
        let target = match facts.act {
            Act::Proved(target, _, By::Name) | Act::Named(Some(target)) => target,
            Act::Proved(target, proof, By::Rule) if proof >= Proof::Credential && facts.candidates.iter().all(|c| c.account != target) => target,
            _ => return Ok(()),
        };
        let rule = policy.choices.rules.iter().find(|r| r.entered_by_user);
        if let Some(rule) = rule
            && let Some(account) = load_snapshots(c, self.org, &[target]).await?.get(&target)
        {
            // Whoever shows the account's own credential needs no proved address on it.
            let verified = account.emails.iter().any(|e| e.proof != "none") || matches!(facts.act, Act::Proved(..));
            facts.candidates.push(Candidate { verified, ..ground.candidate(account, &rule.id, None, held) });
        }
        Ok(())
    }

    /// Whether a known identity comes with an address that its account does not have.
    async fn email_facts(&self, c: &mut Conn, held: &Held, policy: &Policy, known: Known, trust: Option<Trust>) -> Result<Option<EmailFacts>, Fault> {
        let Some(address) = held.address().filter(|_| policy.choices.email_change != EmailChange::Keep && trust >= Some(Trust::ClaimedVerified)) else { return Ok(None) };
        if list_emails(c, known.account).await?.iter().any(|e| e.canonical == address.as_str()) {
            return Ok(None);
        }
        let taken = is_email_taken(c, self.org, address.as_str(), known.account, self.now()).await?;
        let ignored = is_email_ignored(c, known.account, &self.ignored_hash(known.account, &address)).await?;
        Ok(Some(EmailFacts { taken, ignored }))
    }

    /// The keyed hash of an address that an account ignores; another account's is another hash.
    pub(crate) fn ignored_hash(&self, account: AccountId, address: &Canonical) -> String {
        self.vault.pseudonym(&[b"ignored-email", &account.0, address.as_str().as_bytes()])
    }
}
