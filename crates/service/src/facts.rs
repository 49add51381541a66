//! Gathers facts for a decision inside the transaction that will act on it.
use domain::{
    AccountId, Facts, Policy, Proof,
    facts::{Act, AddTo, Candidate, Intent, Known, ProviderFacts},
    policy::MatchField,
};
use storage::{
    Conn,
    accounts::{Account, find_account, find_password, list_holders, list_roles},
    links::{find_link, is_barred, list_links},
    providers::list_providers,
};

use crate::{Fault, Ligature, held::Held, policies::Policies};

/// Methods of an account, as the direction flags count them.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct MethodCount {
    pub methods: u32,
    pub target: u32,
    pub of_provider: u32,
    /// Methods that would let the person in today.
    pub usable: u32,
}

/// Why facts are gathered.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Ask {
    SignIn(Act),
    Add(AccountId),
}

impl Ligature {
    /// Facts and policy for an identity that has just been, or was earlier in this attempt, asserted.
    pub(crate) async fn facts(&self, c: &mut Conn, held: &Held, ask: Ask) -> Result<(Facts, Policy), Fault> {
        let policies = Policies::load(c, self.org).await?;
        let policy = policies.effective(Some(&held.key));
        let providers = list_providers(c, self.org).await?;
        let provider = ProviderFacts { id: held.provider, enabled: providers.iter().any(|p| p.id == held.provider && p.enabled) };
        let mut known = self.known(c, held).await?;
        let (intent, act) = match ask {
            Ask::SignIn(act) => (Intent::SignIn, act),
            Ask::Add(account) => (Intent::Add(self.add_to(c, held, &policies, account).await?), Act::Arrived),
        };
        let mut candidates = Vec::new();
        if known.is_none() && intent == Intent::SignIn {
            candidates = self.candidates(c, held, &policies, &policy).await?;
            // PostgreSQL shows each statement what was committed before it. If a candidate appeared because this very
            // identity got its account a moment ago, the link is visible by now: the identity is known (RB-02).
            if !candidates.is_empty() {
                known = self.known(c, held).await?;
            }
            if known.is_some() {
                candidates.clear();
            }
        }
        if known.is_none()
            && intent == Intent::SignIn
            && let Act::Proved(target, proof) = act
        {
            self.named(c, held, &policies, &policy, (target, proof), &mut candidates).await?;
        }
        Ok((Facts { intent, provider: Some(provider), trust: held.trust(&policy), known, candidates, act }, policy))
    }

    /// The account that an identity is linked to.
    async fn known(&self, c: &mut Conn, held: &Held) -> Result<Option<Known>, Fault> {
        let found = find_link(c, self.org, &held.namespace, &held.assertion.subject).await?;
        Ok(found.map(|(link, state)| Known { account: link.account_id, state, link: Some(link.id) }))
    }

    async fn add_to(&self, c: &mut Conn, held: &Held, policies: &Policies, id: AccountId) -> Result<AddTo, Fault> {
        let account = find_account(c, self.org, id).await?.ok_or(domain::Refusal::SessionEnded)?;
        let count = self.methods(c, policies, id, Some(held)).await?;
        Ok(AddTo { account: id, state: account.state(), methods: count.methods, target_methods: count.target, of_this_provider: count.of_provider })
    }

    async fn candidates(&self, c: &mut Conn, held: &Held, policies: &Policies, policy: &Policy) -> Result<Vec<Candidate>, Fault> {
        let (Some(address), Some(rule)) = (held.address(), policy.choices.rules.iter().find(|r| r.account == MatchField::Email)) else {
            return Ok(Vec::new());
        };
        let mut found = Vec::new();
        for (account, email) in list_holders(c, self.org, address.as_str()).await? {
            found.push(self.candidate(c, held, policies, &account, &rule.id, (email.owner, email.proof != "none")).await?);
        }
        Ok(found)
    }

    /// The account whose credential was shown, found by nothing but that (AU-13).
    async fn named(&self, c: &mut Conn, held: &Held, policies: &Policies, policy: &Policy, (target, proof): (AccountId, Proof), candidates: &mut Vec<Candidate>) -> Result<(), Fault> {
        let rule = policy.choices.rules.iter().find(|r| r.account == MatchField::EnteredByUser);
        if let (Some(rule), true) = (rule, proof >= Proof::Credential)
            && let Some(account) = find_account(c, self.org, target).await?
        {
            candidates.push(self.candidate(c, held, policies, &account, &rule.id, (false, true)).await?);
        }
        Ok(())
    }

    async fn candidate(&self, c: &mut Conn, held: &Held, policies: &Policies, account: &Account, rule: &str, (owner, verified): (bool, bool)) -> Result<Candidate, Fault> {
        let count = self.methods(c, policies, account.id, Some(held)).await?;
        Ok(Candidate {
            account: account.id,
            rule: rule.to_owned(),
            state: account.state(),
            owner,
            verified,
            administrator: !list_roles(c, self.org, account.id).await?.is_empty(),
            methods: count.methods,
            target_methods: count.target,
            of_this_provider: count.of_provider,
            barred: is_barred(c, account.id, &held.namespace, &held.assertion.subject).await?,
        })
    }

    /// Counts an account's methods. The local password counts as one that may be linked to (GO-53).
    pub(crate) async fn methods(&self, c: &mut Conn, policies: &Policies, id: AccountId, held: Option<&Held>) -> Result<MethodCount, Fault> {
        let providers = list_providers(c, self.org).await?;
        let mut count = MethodCount::default();
        for link in list_links(c, id).await? {
            let Some(provider) = providers.iter().find(|p| p.id == link.provider_id) else { continue };
            let policy = policies.effective(Some(&provider.key));
            count.methods += 1;
            count.target += u32::from(policy.permits.as_target);
            count.usable += u32::from(provider.enabled && policy.permits.sign_in);
            count.of_provider += u32::from(held.is_some_and(|h| h.provider == provider.id));
        }
        if find_password(c, id).await?.is_some() {
            count.methods += 1;
            count.target += 1;
            count.usable += 1;
        }
        Ok(count)
    }
}
