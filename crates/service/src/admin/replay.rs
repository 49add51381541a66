//! Recorded decisions taken again under another policy: what would be different today.
use crate::services::PolicyAdmin;
use domain::Named as _;
use std::sync::Arc;

use domain::{
    AccountId, Decision, Facts, Micros, Policy, Right, decide,
    linking::{Reason, facts::ProviderFacts},
};
use serde_json::Value;
use storage::{
    Conn,
    accounts::snapshots::load_snapshots,
    maintenance::audit::{AuditEvent, AuditFilter, list_audit_events},
    policy::providers::Provider,
};

use crate::{
    Error, RequestContext, policy::context::PolicyContext,
    sign_in::upstream_identity::UpstreamIdentity,
};

/// Recorded decisions that are looked at.
const LAST: i64 = 1000;

/// What a replay found.
#[derive(Debug, Clone, Default)]
pub struct Replay {
    /// Decisions that were taken again.
    pub compared: usize,
    /// Recorded before decisions kept their facts, or of a provider that is gone.
    pub skipped: usize,
    pub differences: Vec<Difference>,
}

/// A decision that would be another one.
#[derive(Debug, Clone)]
pub struct Difference {
    pub at: Micros,
    pub provider: String,
    pub support: String,
    pub was: String,
    pub would_be: &'static str,
    pub reasons: Vec<Reason>,
}

/// A recorded decision, taken again.
pub(crate) struct Again {
    pub event: AuditEvent,
    pub was: String,
    pub facts: Facts,
    pub decision: Decision,
}

impl PolicyAdmin {
    /// Takes the last recorded decisions again under a version. Facts come from the stored traces; what the database
    /// knows better by now (states, roles, methods, providers) comes from there.
    ///
    /// # Errors
    /// [`domain::Refusal::NotFound`] for an unknown version; as [`crate::AdminRights::allowed`]: it tells who signed in (DL-04).
    pub async fn replay(&self, ctx: &RequestContext, version: i64) -> Result<Replay, Error> {
        self.admin_rights().allowed(ctx, Right::SeeAccounts).await?;
        let mut conn = self.store.read_bulk().await?;
        let policies = Arc::new(self.simulations().policies_with(&mut conn, version).await?);
        let config = PolicyContext::new(
            policies,
            Arc::clone(&self.configuration().policy_context(&mut conn, None).await?.providers),
            None,
        );
        let (all, skipped) = self.taken_again(&mut conn, &config).await?;
        let compared = all.len();
        let differences = all
            .into_iter()
            .filter(|a| a.decision.outcome.name() != a.was)
            .map(Difference::from)
            .collect();
        Ok(Replay { compared, skipped, differences })
    }

    /// The recorded decisions under the policies of a ground, newest first, and how many could not be taken again.
    pub(crate) async fn taken_again(
        &self,
        c: &mut Conn,
        config: &PolicyContext,
    ) -> Result<(Vec<Again>, usize), Error> {
        let (mut all, mut skipped) = (Vec::new(), 0);
        for event in list_audit_events(c, self.org, &AuditFilter::default(), LAST).await? {
            let detail: Value = serde_json::from_str(&event.detail).unwrap_or_default();
            let Some(was) = detail.get("outcome").and_then(Value::as_str).map(str::to_owned) else {
                continue;
            };
            let facts: Option<Facts> =
                detail.get("facts").and_then(|f| serde_json::from_value(f.clone()).ok());
            // Passwords and changes of one's own account link nothing.
            if facts.as_ref().is_some_and(|f| f.provider.is_none()) {
                continue;
            }
            let provider = config.providers.iter().find(|p| p.key == event.provider);
            let (Some(facts), Some(provider)) = (facts, provider) else {
                skipped += 1;
                continue;
            };
            let policy = config.policy(Some(&provider.key));
            let facts = self.todays(c, config, provider, &policy, facts).await?;
            let decision = decide(&facts, &policy);
            all.push(Again { event, was, facts, decision });
        }
        Ok((all, skipped))
    }

    /// Recorded facts with what the database knows better by now.
    async fn todays(
        &self,
        c: &mut Conn,
        config: &PolicyContext,
        provider: &Provider,
        policy: &Policy,
        mut facts: Facts,
    ) -> Result<Facts, Error> {
        let recorded = facts.provider;
        facts.provider = Some(ProviderFacts {
            id: provider.id,
            enabled: provider.enabled,
            filter: recorded.and_then(|p| p.filter),
            second_factor: recorded.is_some_and(|p| p.second_factor),
        });
        let ids: Vec<AccountId> = facts
            .candidates
            .iter()
            .map(|c| c.account)
            .chain(facts.known.map(|k| k.account))
            .collect();
        let snapshots = load_snapshots(c, self.org, &ids).await?;
        let identity = UpstreamIdentity::nobody(provider);
        facts.candidates.retain(|c| snapshots.contains_key(&c.account));
        for candidate in &mut facts.candidates {
            if let Some(account) = snapshots.get(&candidate.account) {
                let fresh = config.candidate(account, &candidate.rule, None, None, &identity, &[]);
                candidate.state = fresh.state;
                candidate.administrator = fresh.administrator;
                (candidate.methods, candidate.target_methods) =
                    (fresh.methods, fresh.target_methods);
                candidate.foreign_domain = fresh.foreign_domain;
                candidate.second_factor = fresh.second_factor;
            }
        }
        if let Some(known) = &mut facts.known {
            match snapshots.get(&known.account) {
                Some(account) => {
                    (known.state, known.second_factor) = (account.state, account.second_factor)
                }
                None => facts.known = None,
            }
        }
        carry_rules(&mut facts, policy);
        Ok(facts)
    }
}

impl From<Again> for Difference {
    fn from(a: Again) -> Self {
        Self {
            at: a.event.at,
            provider: a.event.provider,
            support: a.event.support_code,
            was: a.was,
            would_be: a.decision.outcome.name(),
            reasons: a.decision.reasons,
        }
    }
}

/// A rule of the other policy that has another name stands for the recorded one on the address, if it looks for the
/// address too and none of its name was recorded.
fn carry_rules(facts: &mut Facts, policy: &domain::Policy) {
    let recorded = facts.rules.clone();
    for rule in policy
        .choices
        .rules
        .iter()
        .filter(|r| !r.entered_by_user && r.on_claimed_address() && r.all.len() == 1)
    {
        if facts.rules.iter().any(|r| r.rule == rule.id) {
            continue;
        }
        if let Some(from) =
            recorded.iter().find(|r| policy.choices.rules.iter().all(|mine| mine.id != r.rule))
        {
            facts.rules.push(domain::linking::facts::RuleFacts {
                rule: rule.id.clone(),
                state: from.state,
                values: from.values.clone(),
            });
            let copies: Vec<_> = facts
                .candidates
                .iter()
                .filter(|c| c.rule == from.rule)
                .map(|c| domain::linking::facts::Candidate { rule: rule.id.clone(), ..c.clone() })
                .collect();
            facts.candidates.extend(copies);
        }
    }
}
