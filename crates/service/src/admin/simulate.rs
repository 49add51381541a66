//! "Try this policy", dry runs and replays: decisions on facts that nobody acts on.
use std::{collections::HashMap, sync::Arc};
use storage::accounts::EmailProof;

use domain::{
    AccountId, Decision, Facts, Named as _, Policy, Refusal, Right,
    attempt::AttemptProgress,
    decide,
    email_address::Canonical,
    linking::{
        Reason,
        facts::{AccountState, Intent, Known, ProviderFacts, RuleState, UserAction},
        plan,
    },
    policy::{Document, ProfileAttribute},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use storage::{
    Conn,
    accounts::{
        Email, find_account,
        links::{list_claims, list_links},
        snapshots::{Snapshot, list_holders},
    },
    policy::{documents::find_policy_version, providers::Provider},
};
use upstream::Assertion;

use crate::{
    Error, RequestContext,
    policy::{
        context::PolicyContext,
        expression_values::{ExpressionContext, ExpressionValues},
    },
    services::Simulations,
    sign_in::{facts::Ask, upstream_identity::UpstreamIdentity},
    transaction::Transactions,
};

/// An assertion that somebody made up, or picked from what an identity said last.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct SampleAssertion {
    pub provider: String,
    /// A client id, or empty for our own pages.
    pub application: String,
    /// Address or id of an account: what its identity of this provider said last is taken, and the fields below are not.
    pub account: String,
    /// The picked identity as if nobody had it yet.
    pub unlinked: bool,
    pub subject: String,
    pub email: String,
    pub email_verified: bool,
    /// More claims as a JSON object, or empty.
    pub claims: String,
    /// The claimed address was proved by our code.
    pub proven: bool,
    /// A version to try instead of what is in force.
    pub version: Option<i64>,
}

/// The subject of an identity that nobody has.
const NOBODY: &str = "nobody-has-this-subject";

/// What would happen, and why.
#[derive(Debug, Clone)]
pub struct SimulationResult {
    pub decision: Decision,
    pub facts: Facts,
    /// Account ids with a name to show, of the decision and its candidates.
    pub names: HashMap<AccountId, String>,
    /// It was tried on accounts that were made up, and not on today's.
    pub supposed: Option<Supposed>,
}

/// What the policy would do with a person who comes like this.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decided {
    /// What was supposed of accounts, where they may not be seen.
    pub supposed: Option<Supposed>,
    pub outcome: String,
    pub reasons: Vec<Reason>,
    /// Accounts that were found, each with the rule that found it.
    pub found: Vec<String>,
    pub policy_version: i64,
}

impl From<SimulationResult> for Decided {
    fn from(result: SimulationResult) -> Self {
        let SimulationResult { decision, facts, names, supposed } = result;
        let who = |id| names.get(id).cloned().unwrap_or_else(|| id.to_string());
        // Made-up accounts have nothing that would lead anywhere.
        let real = facts.candidates.iter().filter(|_| supposed.is_none());
        Self {
            found: real.map(|c| format!("{} ({})", who(&c.account), c.rule)).collect(),
            supposed,
            outcome: decision.outcome.name().to_owned(),
            reasons: decision.reasons,
            policy_version: decision.policy_version,
        }
    }
}

domain::named! {
    /// What is supposed of the claimed address where the asker may not see accounts (DL-04).
    pub enum Supposed {
        Nobody = "nobody",
        One = "one",
        Several = "several",
    }
}

/// How an identity is tried.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Trying {
    /// The asker may see today's accounts.
    pub sees: bool,
    /// The claimed address was proved by our code.
    pub proven: bool,
    /// As if the provider were turned on.
    pub turned_on: bool,
}

impl Trying {
    fn turn_on(self, facts: &mut Facts) {
        if let Some(provider) = facts.provider.as_mut().filter(|_| self.turned_on) {
            provider.enabled = true;
        }
    }
}

impl Supposed {
    /// Made-up accounts: active, with a password, the first of them owner of the address.
    fn accounts(self, address: &str) -> Vec<Snapshot> {
        let count = match self {
            Self::Nobody => 0,
            Self::One => 1,
            Self::Several => 2,
        };
        (1..=count)
            .map(|n| Snapshot {
                account: AccountId([n; 16]),
                state: AccountState::Active,
                name: String::new(),
                emails: vec![Email {
                    account_id: AccountId([n; 16]),
                    canonical: address.to_owned(),
                    typed: address.to_owned(),
                    proof: EmailProof::Code,
                    owner: n == 1,
                    is_primary: true,
                    created_at: 0,
                    contested: false,
                    contested_by: None,
                }],
                links: Vec::new(),
                password: true,
                second_factor: false,
                passkeys: false,
                administrator: false,
            })
            .collect()
    }
}

impl Simulations {
    /// Decides on a made-up assertion; nothing is written. Against today's accounts for whoever may see them; for the
    /// others against accounts that are made up, so that nothing tells who has one (DL-04).
    ///
    /// # Errors
    /// [`Refusal::ProviderUnknown`], [`Refusal::BadRequest`] for claims that are no JSON object, [`Refusal::NotFound`]
    /// for an account without an identity of the provider, [`Refusal::Forbidden`] for an account that may not be seen.
    pub async fn try_policy(
        &self,
        ctx: &RequestContext,
        made: &SampleAssertion,
    ) -> Result<Vec<SimulationResult>, Error> {
        self.with_expressions(|this| async move { this.try_known(ctx, made).await }).await
    }

    async fn try_known(
        &self,
        ctx: &RequestContext,
        made: &SampleAssertion,
    ) -> Result<Vec<SimulationResult>, Error> {
        self.admin_rights().allowed(ctx, Right::SeePolicy).await?;
        let sees = self.admin_rights().rights(ctx).await?.contains(&Right::SeeAccounts);
        let mut conn = self.store.read().await?;
        let c = &mut conn;
        let client = Some(made.application.as_str()).filter(|a| !a.is_empty());
        let mut config = self.configuration().policy_context(c, client).await?;
        let provider = config
            .providers
            .iter()
            .find(|p| p.key == made.provider)
            .ok_or(Refusal::ProviderUnknown)?
            .clone();
        let mut identity = UpstreamIdentity::nobody(&provider);
        identity.assertion = match (made.account.trim().is_empty(), sees) {
            (true, _) => made_up(made)?,
            (false, true) => self.recorded(c, &provider, made).await?,
            (false, false) => return Err(Refusal::Forbidden.into()),
        };
        if let Some(version) = made.version {
            let policies = self.policies_with(c, version).await?;
            config = Arc::new(PolicyContext::new(
                Arc::new(policies),
                Arc::clone(&config.providers),
                config.client.clone(),
            ));
        }
        let trying = Trying { sees, proven: made.proven, turned_on: false };
        self.on_identity(c, &config, &identity, trying).await
    }

    /// What would be decided on an identity, beginning with the first page; nothing is written.
    pub(crate) async fn on_identity(
        &self,
        c: &mut Conn,
        config: &PolicyContext,
        identity: &UpstreamIdentity,
        trying: Trying,
    ) -> Result<Vec<SimulationResult>, Error> {
        if !trying.sees {
            return Supposed::ALL
                .into_iter()
                .map(|supposed| self.try_supposed(config, identity, trying, supposed))
                .collect();
        }
        let progress = AttemptProgress::default();
        let ask =
            Ask::SignIn { act: UserAction::Initial, proven: trying.proven, progress: &progress };
        let (mut facts, policy) = self.decisions().facts(c, identity, ask, config).await?;
        trying.turn_on(&mut facts);
        let decision = decide(&facts, &policy);
        let mut names = HashMap::new();
        for id in facts.candidates.iter().map(|c| c.account).chain(facts.known.map(|k| k.account)) {
            if let Some(account) = find_account(c, self.org, id).await? {
                names.insert(id, account.name);
            }
        }
        Ok(vec![SimulationResult { decision, facts, names, supposed: None }])
    }

    fn try_supposed(
        &self,
        config: &PolicyContext,
        identity: &UpstreamIdentity,
        trying: Trying,
        supposed: Supposed,
    ) -> Result<SimulationResult, Error> {
        let address = identity.address();
        let accounts = address.as_ref().map(|a| supposed.accounts(a.as_str())).unwrap_or_default();
        let holders = address.iter().map(|a| (a.as_str(), accounts.iter().collect())).collect();
        let policy = config.policy(Some(&identity.key));
        let values = self.values(
            identity,
            &policy,
            &ExpressionContext { client: config.client.clone(), ..ExpressionContext::default() },
        )?;
        let facts = offline_facts(&values, config, &policy, identity, &holders);
        let mut facts = Facts { trust: identity.trust(&policy, trying.proven), ..facts };
        trying.turn_on(&mut facts);
        Ok(SimulationResult {
            decision: decide(&facts, &policy),
            facts,
            names: HashMap::new(),
            supposed: Some(supposed),
        })
    }

    /// What an account's identity of a provider said last.
    async fn recorded(
        &self,
        c: &mut Conn,
        provider: &Provider,
        made: &SampleAssertion,
    ) -> Result<Assertion, Error> {
        let typed = made.account.trim();
        let account = match Canonical::parse(typed) {
            Ok(address) => list_holders(c, self.org, address.as_str()).await?.first().copied(),
            Err(_) => typed.parse().ok(),
        };
        let account = find_account(c, self.org, account.ok_or(Refusal::NotFound)?)
            .await?
            .ok_or(Refusal::NotFound)?;
        let link = list_links(c, account.id)
            .await?
            .into_iter()
            .find(|l| l.provider_id == provider.id)
            .ok_or(Refusal::NotFound)?;
        let claims = list_claims(c, account.id)
            .await?
            .into_iter()
            .rfind(|(id, _)| *id == provider.id)
            .map(|(_, sealed)| sealed);
        let claims: Map<String, Value> = claims
            .and_then(|sealed| self.keys.open_sealed("claims", &sealed))
            .and_then(|b| serde_json::from_slice(&b).ok())
            .unwrap_or_default();
        let text = |name: &str| claims.get(name).and_then(Value::as_str).map(str::to_owned);
        let email = text("email").or_else(|| Some(link.label.clone()).filter(|l| l.contains('@')));
        let email_verified = claims.get("email_verified") == Some(&json!(true));
        let subject = if made.unlinked { NOBODY.to_owned() } else { link.subject };
        Ok(Assertion {
            subject,
            email,
            email_verified,
            name: text("name"),
            auth_at: None,
            claims,
            once: None,
        })
    }

    /// The policies as they would be with a stored version in force.
    pub(crate) async fn policies_with(
        &self,
        c: &mut Conn,
        version: i64,
    ) -> Result<crate::policy::documents::Policies, Error> {
        let row = find_policy_version(c, self.org, version).await?.ok_or(Refusal::NotFound)?;
        let document: Document = serde_json::from_str(&row.document)?;
        Ok(self.configuration().policies(c).await?.with(&row.scope, document, version))
    }
}

fn made_up(made: &SampleAssertion) -> Result<Assertion, Error> {
    let mut claims: Map<String, Value> = if made.claims.trim().is_empty() {
        Map::new()
    } else {
        serde_json::from_str(&made.claims).map_err(|_| Refusal::BadRequest)?
    };
    if !made.email.is_empty() {
        claims.insert("email".into(), made.email.clone().into());
        claims.insert("email_verified".into(), made.email_verified.into());
    }
    let subject = if made.subject.is_empty() { NOBODY.to_owned() } else { made.subject.clone() };
    let text = |name: &str| claims.get(name).and_then(Value::as_str).map(str::to_owned);
    let (name, email) = (text("name"), text("email"));
    Ok(Assertion {
        subject,
        email,
        email_verified: made.email_verified,
        name,
        auth_at: None,
        claims,
        once: None,
    })
}

/// An assertion of a provider for an account that has none of its identities: the primary address, as far as the
/// provider is believed at most.
pub(crate) fn synthetic(provider: &Provider, account: &Snapshot) -> Option<UpstreamIdentity> {
    let email = account.emails.iter().find(|e| e.is_primary).or_else(|| account.emails.first())?;
    let mut identity = UpstreamIdentity::nobody(provider);
    identity.assertion.subject = "dry-run".into();
    let domain = email.canonical.rsplit_once('@').map(|(_, domain)| domain.to_owned());
    identity.assertion.email = Some(email.typed.clone());
    identity.assertion.email_verified = true;
    identity.assertion.claims = [
        ("email".to_owned(), json!(email.typed)),
        ("email_verified".to_owned(), json!(true)),
        ("hd".to_owned(), json!(domain)),
    ]
    .into_iter()
    .collect();
    Some(identity)
}

/// Facts of a synthetic arrival, from accounts that are in memory already. The same rules, the same counting.
pub(crate) fn offline_facts(
    values: &ExpressionValues,
    config: &PolicyContext,
    policy: &Policy,
    identity: &UpstreamIdentity,
    holders: &HashMap<&str, Vec<&Snapshot>>,
) -> Facts {
    let provider = ProviderFacts {
        id: identity.provider,
        enabled: config.provider(identity.provider).is_some_and(|p| p.enabled),
        filter: values.filter,
        second_factor: false,
    };
    let (lookups, mut rules) = plan(policy, &values.rules);
    let mut candidates = Vec::new();
    for lookup in &lookups {
        // Only addresses can be looked up offline; a synthetic assertion has nothing else.
        let Some(condition) = lookup
            .all
            .iter()
            .find(|c| c.attribute == ProfileAttribute::Email)
            .filter(|_| lookup.all.len() == 1)
        else {
            if let Some(rule) = rules.iter_mut().find(|r| r.rule == lookup.rule) {
                rule.state = RuleState::Empty;
            }
            continue;
        };
        let found = holders.get(condition.folded.as_str()).map(Vec::as_slice).unwrap_or_default();
        candidates.extend(found.iter().take(20).map(|account| {
            config.candidate(account, &lookup.rule, Some(&condition.folded), None, identity, &[])
        }));
    }
    let address = identity.address();
    let here = address
        .as_ref()
        .and_then(|a| holders.get(a.as_str()))
        .map(Vec::as_slice)
        .unwrap_or_default();
    let pending = here.iter().find(|s| s.state == AccountState::Pending).map(|s| s.account);
    Facts {
        provider: Some(provider),
        trust: identity.trust(policy, false),
        rules,
        candidates,
        pending,
        ..Facts::local(Intent::SignIn, None)
    }
}

/// Facts of a link that exists: its account comes back.
pub(crate) fn returning_facts(
    config: &PolicyContext,
    provider: &Provider,
    account: &Snapshot,
) -> Facts {
    let known = Known {
        account: account.account,
        state: account.state,
        link: None,
        second_factor: account.second_factor,
    };
    let enabled = config.provider(provider.id).is_some_and(|p| p.enabled);
    Facts {
        provider: Some(ProviderFacts {
            id: provider.id,
            enabled,
            filter: Some(true),
            second_factor: false,
        }),
        ..Facts::local(Intent::SignIn, Some(known))
    }
}
