//! Gathers facts for a decision inside the transaction that will act on it.
use crate::services::Decisions;
use domain::Named as _;
use std::sync::Arc;
use storage::accounts::{
    attributes::find_phone, find_password_row, links::list_links, passkeys::list_passkeys,
};

use domain::{
    AccountId, Decision, EventKind, Facts, Policy, Proof, Trust,
    attempt::{AttemptProgress, ProvedBy},
    audit_events::Target,
    decide,
    email_address::Canonical,
    linking::{
        Lookup,
        facts::{
            AccountState, AddTo, Agreed, By, Candidate, CompletedRequirements, EmailFacts, Intent,
            Known, Local, ProviderFacts, UserAction,
        },
        plan,
    },
    policy::{EmailChange, ProfileAttribute},
};
use storage::{
    Conn,
    accounts::{
        agreements::list_agreements,
        attributes::{is_email_ignored, list_matching},
        find_pending, hold_account_of, is_email_taken,
        links::find_link,
        list_emails,
        snapshots::{list_holders, load_snapshots},
    },
};

use crate::{
    Error, audit::Event, policy::context::PolicyContext,
    sign_in::upstream_identity::UpstreamIdentity,
};

/// Why facts are gathered.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Ask<'a> {
    /// `proven`: the claimed address was proved in this attempt. `progress`: what was given in it beside the act.
    SignIn { act: UserAction, proven: bool, progress: &'a AttemptProgress },
    /// `is_reauthenticated`: the session's last authentication was recent when the start was made.
    Add { account: AccountId, reauthenticated: bool },
}

impl Decisions {
    /// Whoever takes this identity, or its account, away at this moment waits for the answer, or was faster and is seen;
    /// so is what was configured until then. The rest of the transaction goes by what this answers.
    pub(crate) async fn hold(
        &self,
        c: &mut Conn,
        identity: &UpstreamIdentity,
        client: Option<&str>,
    ) -> Result<Arc<PolicyContext>, Error> {
        hold_account_of(c, self.org, &identity.namespace, &identity.assertion.subject).await?;
        self.configuration().policy_context(c, client).await
    }

    /// Decides on an identity that has just been, or was earlier in this attempt, asserted, and is held. A shadow policy
    /// decides beside it on facts of its own; where it differs, that is written down and nothing else happens.
    pub(crate) async fn decide_on(
        &self,
        c: &mut Conn,
        identity: &UpstreamIdentity,
        ask: Ask<'_>,
        config: &PolicyContext,
    ) -> Result<(Facts, Arc<Policy>, Decision), Error> {
        let (facts, policy) = self.facts(c, identity, ask, config).await?;
        if facts.known.is_none() {
            self.accounts().contest(c, identity, &policy).await?;
        }
        let decision = decide(&facts, &policy);
        if let Some(shadow) = config.policies.shadowed() {
            let config = PolicyContext::new(
                Arc::new(shadow),
                Arc::clone(&config.providers),
                config.client.clone(),
            );
            let (facts, policy) = self.facts(c, identity, ask, &config).await?;
            let other = decide(&facts, &policy);
            if other.outcome != decision.outcome {
                let detail = serde_json::json!({"active": decision.outcome.name(), "shadow": other.outcome.name(), "reasons": other.reasons, "policy_version": policy.version, "facts": facts});
                let target = facts.known.map_or(Target::SignIn, |k| Target::Account(k.account));
                let event = Event::system(EventKind::PolicyShadow, target);
                self.record(c, event.by_provider(identity.key.clone()).detail(detail)).await?;
            }
        }
        Ok((facts, policy, decision))
    }

    /// Facts under the policies of a ground.
    pub(crate) async fn facts(
        &self,
        c: &mut Conn,
        identity: &UpstreamIdentity,
        ask: Ask<'_>,
        config: &PolicyContext,
    ) -> Result<(Facts, Arc<Policy>), Error> {
        let policy = config.policy(Some(&identity.key));
        let enabled = config.provider(identity.provider).is_some_and(|p| p.enabled);
        let (proven, proof) = match ask {
            Ask::SignIn { proven, progress, .. } => (proven, progress.proof.as_ref()),
            Ask::Add { .. } => (false, None),
        };
        let (known, mut has_address) = self.known(c, identity).await?;
        let mut facts = Facts {
            intent: Intent::SignIn,
            provider: None,
            trust: identity.trust(&policy, proven),
            known,
            rules: Vec::new(),
            candidates: Vec::new(),
            pending: None,
            email: None,
            act: UserAction::Initial,
            local: Local::Password,
            given: CompletedRequirements::default(),
            proof_gone: false,
            contested: false,
        };
        let around =
            self.configuration().expression_context(c, &policy, facts.known, config).await?;
        let values = self.values(identity, &policy, &around)?;
        facts.provider = Some(ProviderFacts {
            id: identity.provider,
            enabled,
            filter: values.filter,
            second_factor: identity.second_factor(&policy),
        });
        let sync = &policy.choices.sync.on_create;
        let filled = policy
            .choices
            .registration
            .iter()
            .map(|f| &f.field)
            .filter(|f| sync.contains(f) && values.profile(f).is_some())
            .cloned()
            .collect();
        match ask {
            Ask::Add { account, reauthenticated } => {
                let add = self.add_to(c, identity, account, config).await?;
                facts.intent = Intent::Add(AddTo {
                    reauthenticated: reauthenticated && add.reauthenticated,
                    ..add
                });
            }
            Ask::SignIn { act, progress, .. } => {
                facts.act = act;
                facts.given = given(progress, filled);
                if let UserAction::Proved(account, ..) = act {
                    facts.proof_gone =
                        !self.still_proves(c, account, progress.proof.as_ref()).await?;
                }
            }
        }
        if facts.intent == Intent::SignIn && facts.known.is_none() {
            let (lookups, rules) = plan(&policy, &values.rules);
            facts.rules = rules;
            for lookup in &lookups {
                if let Some(rule) = facts.rules.iter_mut().find(|r| r.rule == lookup.rule) {
                    rule.values = lookup
                        .all
                        .iter()
                        .map(|c| {
                            self.keys.pseudonym(&[
                                b"match",
                                c.attribute.name().as_bytes(),
                                c.folded.as_bytes(),
                            ])
                        })
                        .collect();
                }
            }
            facts.candidates = self.candidates(c, identity, &lookups, config).await?;
            // PostgreSQL shows each statement what was committed before it. If a candidate appeared because this very
            // identity got its account a moment ago, the link is visible by now: the identity is known (RB-02).
            if self.store.is_postgres() && !facts.candidates.is_empty() {
                (facts.known, has_address) = self.known(c, identity).await?;
            }
            if facts.known.is_some() {
                facts.candidates.clear();
                facts.rules.clear();
            } else {
                self.named(c, identity, config, &policy, proof, &mut facts).await?;
                if let Some(address) = identity.address() {
                    facts.pending = match looked_up(&lookups, &facts.candidates, address.as_str()) {
                        Some(pending) => pending,
                        None => find_pending(c, self.org, address.as_str()).await?,
                    };
                }
            }
        }
        if facts.intent == Intent::SignIn {
            let accounts: Vec<AccountId> = facts
                .known
                .map(|k| k.account)
                .into_iter()
                .chain(facts.candidates.iter().map(|c| c.account))
                .collect();
            self.add_agreed(c, &policy, &accounts, &mut facts.given).await?;
        }
        if let (Intent::SignIn, Some(known), false) = (facts.intent, facts.known, has_address) {
            facts.email = self.email_facts(c, identity, &policy, known, facts.trust).await?;
        }
        Ok((facts, policy))
    }

    /// The account that an identity is linked to, and whether it has the address that the identity comes with.
    pub(crate) async fn known(
        &self,
        c: &mut Conn,
        identity: &UpstreamIdentity,
    ) -> Result<(Option<Known>, bool), Error> {
        let address = identity.address();
        let address = address.as_ref().map_or("", Canonical::as_str);
        let (namespace, subject) = (&identity.namespace, &identity.assertion.subject);
        let found = find_link(c, self.org, namespace, subject, address).await?;
        let has_address = found.as_ref().is_some_and(|f| f.has_address);
        let known = found.map(|found| Known {
            account: found.link.account_id,
            state: found.state,
            link: Some(found.link.id),
            second_factor: found.second_factor,
        });
        Ok((known, has_address))
    }

    /// What these accounts accepted earlier, where the policy has agreements.
    pub(crate) async fn add_agreed(
        &self,
        c: &mut Conn,
        policy: &Policy,
        accounts: &[AccountId],
        given: &mut CompletedRequirements,
    ) -> Result<(), Error> {
        if !policy.choices.agreements.is_empty() && !accounts.is_empty() {
            given.agreed.extend(
                list_agreements(c, accounts)
                    .await?
                    .into_iter()
                    .map(|(account, what, _)| Agreed { account: Some(account), what }),
            );
        }
        Ok(())
    }

    async fn add_to(
        &self,
        c: &mut Conn,
        identity: &UpstreamIdentity,
        id: AccountId,
        config: &PolicyContext,
    ) -> Result<AddTo, Error> {
        let all = load_snapshots(c, self.org, &[id]).await?;
        let account = all.get(&id).ok_or(domain::Refusal::SessionEnded)?;
        Ok(config.add_to(account, identity))
    }

    /// The accounts that each look-up finds: those that fulfil all of its conditions.
    async fn candidates(
        &self,
        c: &mut Conn,
        identity: &UpstreamIdentity,
        lookups: &[Lookup],
        config: &PolicyContext,
    ) -> Result<Vec<Candidate>, Error> {
        let mut found: Vec<(&Lookup, Vec<AccountId>, Option<&str>)> = Vec::new();
        for lookup in lookups {
            let matched = lookup
                .all
                .iter()
                .rfind(|c| c.attribute == ProfileAttribute::Email)
                .map(|c| c.folded.as_str());
            let ids = match (lookup.all.as_slice(), matched) {
                ([], _) => Vec::new(),
                ([_], Some(address)) => list_holders(c, self.org, address).await?,
                (conditions, _) => list_matching(c, self.org, conditions).await?,
            };
            found.push((lookup, ids, matched));
        }
        let mut all: Vec<AccountId> =
            found.iter().flat_map(|(_, ids, _)| ids.iter().copied()).collect();
        all.sort_unstable();
        all.dedup();
        if all.is_empty() {
            return Ok(Vec::new());
        }
        let snapshots = load_snapshots(c, self.org, &all).await?;
        let identity_hash = self.identity_hash(identity);
        Ok(found
            .into_iter()
            .flat_map(|(lookup, ids, matched)| {
                ids.into_iter()
                    .filter_map(|id| snapshots.get(&id))
                    .map(|s| {
                        config.candidate(s, &lookup.rule, matched, None, identity, &identity_hash)
                    })
                    .collect::<Vec<_>>()
            })
            .collect())
    }

    /// The account that the person named, found by nothing but that (AU-13).
    async fn named(
        &self,
        c: &mut Conn,
        identity: &UpstreamIdentity,
        config: &PolicyContext,
        policy: &Policy,
        proof: Option<&ProvedBy>,
        facts: &mut Facts,
    ) -> Result<(), Error> {
        let target = match facts.act {
            UserAction::Proved(target, _, By::Name)
            | UserAction::Named(Some(target))
            | UserAction::NamedByPhone(Some(target)) => target,
            UserAction::Proved(target, proof, By::Rule)
                if proof >= Proof::Credential
                    && facts.candidates.iter().all(|c| c.account != target) =>
            {
                target
            }
            _ => return Ok(()),
        };
        let rule = policy.choices.rules.iter().find(|r| r.entered_by_user);
        if let Some(rule) = rule
            && let Some(account) = load_snapshots(c, self.org, &[target]).await?.get(&target)
        {
            // Whoever shows the account's own credential needs no proved address on it.
            let verified = account.emails.iter().any(|e| e.is_proved())
                || matches!(facts.act, UserAction::Proved(..));
            facts.candidates.push(Candidate {
                verified,
                ..config.candidate(
                    account,
                    &rule.id,
                    None,
                    proof,
                    identity,
                    &self.identity_hash(identity),
                )
            });
        }
        Ok(())
    }

    /// What counts of the address that a known identity comes with and its account does not have.
    async fn email_facts(
        &self,
        c: &mut Conn,
        identity: &UpstreamIdentity,
        policy: &Policy,
        known: Known,
        trust: Option<Trust>,
    ) -> Result<Option<EmailFacts>, Error> {
        let Some(address) = identity.address().filter(|_| {
            policy.choices.email_change != EmailChange::Keep
                && trust >= Some(Trust::ClaimedVerified)
        }) else {
            return Ok(None);
        };
        let taken =
            is_email_taken(c, self.org, address.as_str(), known.account, self.now()).await?;
        let ignored =
            is_email_ignored(c, known.account, &self.ignored_hash(known.account, &address)).await?;
        Ok(Some(EmailFacts { taken, ignored }))
    }

    /// Whether an account still has what showed it to be somebody's: a proof counts by what it proved, as that is when it
    /// is to count (I4, MG-02, LK-23). Without one it was not shown at all.
    pub(crate) async fn still_proves(
        &self,
        c: &mut Conn,
        account: AccountId,
        proof: Option<&ProvedBy>,
    ) -> Result<bool, Error> {
        Ok(match proof {
            None => false,
            Some(ProvedBy::Password(id)) => {
                find_password_row(c, account).await?.is_some_and(|(own, _)| own == *id)
            }
            Some(ProvedBy::Identity(link)) => {
                let own = list_links(c, account).await?.into_iter().find(|l| l.id == *link);
                let config = self.configuration().policy_context(c, None).await?;
                own.and_then(|l| config.provider(l.provider_id).map(|p| p.enabled)).unwrap_or(false)
            }
            Some(ProvedBy::Passkey(id)) => {
                list_passkeys(c, account).await?.iter().any(|k| k.id == *id)
            }
            Some(ProvedBy::Mailbox(address)) => list_emails(c, account)
                .await?
                .iter()
                .any(|e| e.canonical == *address && e.is_proved()),
            Some(ProvedBy::Phone(number)) => find_phone(c, account).await?.as_ref() == Some(number),
        })
    }
}

/// What was given in an attempt, as the decision sees it. `filled`: by the provider's claims.
pub(crate) fn given(
    progress: &AttemptProgress,
    filled: Vec<ProfileAttribute>,
) -> CompletedRequirements {
    CompletedRequirements {
        factor: progress.factor.as_ref().map(|(account, _)| *account),
        agreed: progress
            .agreed
            .iter()
            .map(|what| Agreed { account: None, what: what.clone() })
            .collect(),
        fields: filled.into_iter().chain(progress.fields.keys().cloned()).collect(),
        answered: progress.answered,
        restores: progress.restores,
    }
}

/// The unfinished sign-up among the holders of an address, if they were looked up by it alone; `None`: they were not.
fn looked_up(
    lookups: &[Lookup],
    candidates: &[Candidate],
    address: &str,
) -> Option<Option<AccountId>> {
    let by_address = |l: &&Lookup| matches!(l.all.as_slice(), [one] if one.attribute == ProfileAttribute::Email && one.folded == address);
    let lookup = lookups.iter().find(by_address)?;
    let holders: Vec<&Candidate> = candidates.iter().filter(|c| c.rule == lookup.rule).collect();
    // Twenty are as many as a look-up shows; behind them there may be more.
    (holders.len() < 20)
        .then(|| holders.iter().find(|c| c.state == AccountState::Pending).map(|c| c.account))
}
