//! A draft tried on every account that exists: who would be linked, asked, refused, or left without a way in.
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use domain::{
    AccountId, EventKind, Facts, Micros, Outcome, Policy, Refusal, Right,
    audit_events::Target,
    decide,
    linking::{
        Decision,
        facts::{AccountState, Intent, UserAction},
    },
};
use serde_json::json;
use storage::{
    accounts::{
        count_accounts,
        snapshots::{Snapshot, list_account_ids, list_holders_of, load_snapshots},
    },
    key::{Key, key},
    policy::{
        documents::find_policy_version,
        dry_runs::{
            DryRun, DryRunCase, add_dry_run, add_dry_run_cases, list_dry_run_cases, list_dry_runs,
            remove_old_dry_runs, set_dry_run,
        },
        providers::Provider,
    },
};

use crate::{
    Error, RequestContext,
    admin::simulate::{offline_facts, returning_facts, synthetic},
    crypto::random::row_id,
    policy::{context::PolicyContext, expression_values::Question, expressions::evaluated},
    services::DryRuns,
    sign_in::upstream_identity::UpstreamIdentity,
    transaction::Transactions,
};

/// Accounts that are in memory at once.
const PART: i64 = 500;
/// Examples that are kept of a bucket.
const EXAMPLES: usize = 200;
/// A run that is silent so long has died with its node.
const SILENT: domain::Micros = domain::MINUTE;

/// The buckets, in the order of the page.
pub const BUCKETS: [&str; 6] = ["stranded", "refused", "ask", "link", "create", "opens"];

/// A run as the page shows it.
#[derive(Debug, Clone)]
pub struct DryRunView {
    pub state: &'static str,
    pub done: i64,
    pub total: i64,
    pub started_at: domain::Micros,
    /// Cases by bucket, in the order of [`BUCKETS`].
    pub counts: Vec<(&'static str, i64)>,
    /// Examples of the bucket that was asked for.
    pub cases: Vec<DryRunCase>,
}

fn bucket(decision: &Decision) -> &'static str {
    match &decision.outcome {
        Outcome::Link { .. } | Outcome::AlreadyLinked => "link",
        Outcome::Choose(_)
        | Outcome::Confirm
        | Outcome::Challenge { .. }
        | Outcome::Bind { .. }
        | Outcome::FinishSignup { .. }
        | Outcome::Details { .. }
        | Outcome::Restore { .. }
        | Outcome::Reclaim { .. } => "ask",
        Outcome::Create => "create",
        Outcome::SignIn { .. } => "opens",
        // The second factor is shown as today; a returning person answers it and is in.
        Outcome::SecondFactor { .. } => "opens",
        Outcome::Refuse { .. } | Outcome::Abandon => "refused",
    }
}

/// Counts and examples so far.
#[derive(Default)]
struct Tally {
    counts: BTreeMap<&'static str, i64>,
    fresh: Vec<DryRunCase>,
    place: i64,
}

impl Tally {
    fn add(
        &mut self,
        bucket: &'static str,
        account: Option<AccountId>,
        provider: &str,
        decision: Option<&Decision>,
        recorded_at: Option<Micros>,
    ) {
        let n = self.counts.entry(bucket).or_default();
        *n += 1;
        if usize::try_from(*n).is_ok_and(|n| n <= EXAMPLES) {
            let reasons = decision
                .map(|d| serde_json::to_string(&d.reasons).unwrap_or_default())
                .unwrap_or_default();
            self.fresh.push(DryRunCase {
                bucket: bucket.to_owned(),
                account_id: account.map_or(DryRunCase::NOBODY, key),
                provider: provider.to_owned(),
                reasons,
                recorded_at,
            });
        }
    }
}

/// One account as it would arrive by one provider.
struct Try<'a> {
    account: &'a Snapshot,
    provider: &'a Provider,
    policy: Arc<Policy>,
    /// What the provider might say; `None`: the account has a link of it.
    identity: Option<UpstreamIdentity>,
}

fn tries_of<'a>(config: &'a PolicyContext, account: &'a Snapshot) -> Vec<Try<'a>> {
    if account.state != AccountState::Active {
        return Vec::new();
    }
    let one = |provider: &'a Provider| {
        let linked = account.links.iter().any(|l| l.active && l.provider == provider.id);
        let identity = match (linked, provider.enabled) {
            (true, _) => None,
            (false, true) => Some(synthetic(provider, account)?),
            (false, false) => return None,
        };
        Some(Try { account, provider, policy: config.policy(Some(&provider.key)), identity })
    };
    config.providers.iter().filter_map(one).collect()
}

impl DryRuns {
    /// Starts a dry run of a version in the background, unless one is under way.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] for an unknown version.
    pub async fn start_dry_run(&self, ctx: &RequestContext, version: i64) -> Result<(), Error> {
        let account = self.admin_rights().allowed(ctx, Right::ChangePolicy).await?;
        let mut conn = self.store.read_bulk().await?;
        let config = self.dry_ground(&mut conn, version).await?;
        let now = self.now();
        if list_dry_runs(&mut conn, self.org, version)
            .await?
            .iter()
            .any(|r| r.state == "running" && now - r.seen_at < SILENT)
        {
            return Ok(());
        }
        let total = count_accounts(&mut conn, self.org).await?;
        drop(conn);
        let row = DryRun {
            id: Key(row_id(now)),
            version,
            state: "running".into(),
            done: 0,
            total,
            counts: "{}".into(),
            started_at: now,
            seen_at: now,
            started_by: format!("admin:{account}"),
        };
        let id = row.id;
        self.administer::<_, Error, _>(ctx, Right::ChangePolicy, move |this, c, admin| {
            Box::pin(async move {
                remove_old_dry_runs(c, this.org, now - 7 * domain::DAY).await?;
                add_dry_run(c, this.org, &row).await?;
                let tried = find_policy_version(c, this.org, version).await?;
                let scope = tried.map(|tried| tried.scope).unwrap_or_default();
                this.record(
                    c,
                    admin
                        .event(EventKind::PolicyDryRun, Target::Policy(scope))
                        .detail(json!({"version": version})),
                )
                .await
            })
        })
        .await?;
        let this = self.clone();
        tokio::spawn(async move {
            if let Err(error) = this.run_dry(id, &config).await {
                tracing::error!(%error, version, "a dry run failed");
            }
        });
        Ok(())
    }

    async fn dry_ground(
        &self,
        conn: &mut storage::Conn,
        version: i64,
    ) -> Result<PolicyContext, Error> {
        let policies = self.simulations().policies_with(conn, version).await?;
        let config = self.configuration().policy_context(conn, None).await?;
        Ok(PolicyContext::new(Arc::new(policies), Arc::clone(&config.providers), None))
    }

    /// A dry run from beginning to end, without a row of its own: counts by bucket. For the bench and the command line.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn dry_run_now(&self, version: i64) -> Result<Vec<(&'static str, i64)>, Error> {
        let config = self.dry_ground(&mut self.store.read_bulk().await?, version).await?;
        let tally = self.read_bulk(&config, None).await?;
        Ok(BUCKETS.into_iter().map(|b| (b, tally.counts.get(b).copied().unwrap_or(0))).collect())
    }

    async fn run_dry(&self, id: Key, config: &PolicyContext) -> Result<(), Error> {
        let tally = self.read_bulk(config, Some(id)).await?;
        let done = count_accounts(&mut self.store.read_bulk().await?, self.org).await?;
        self.report(id, "done", done, tally).await.map(drop)
    }

    /// Walks through all accounts in parts; memory holds one part at a time.
    async fn read_bulk(&self, config: &PolicyContext, run: Option<Key>) -> Result<Tally, Error> {
        let (mut after, mut done, mut tally) = (AccountId([0; 16]), 0_i64, Tally::default());
        loop {
            let mut conn = self.store.read_bulk().await?;
            let ids = list_account_ids(&mut conn, self.org, after, PART).await?;
            let Some(last) = ids.last() else { break };
            after = *last;
            done += i64::try_from(ids.len()).unwrap_or(0);
            let mut all = load_snapshots(&mut conn, self.org, &ids).await?;
            let addresses: Vec<String> =
                all.values().flat_map(|s| s.emails.iter().map(|e| e.canonical.clone())).collect();
            let holders = list_holders_of(
                &mut conn,
                self.org,
                &addresses.iter().map(String::as_str).collect::<Vec<_>>(),
            )
            .await?;
            let others: Vec<AccountId> =
                holders.iter().map(|(_, id)| *id).filter(|id| !all.contains_key(id)).collect();
            all.extend(load_snapshots(&mut conn, self.org, &others).await?);
            drop(conn);
            let mut by_address: HashMap<&str, Vec<&Snapshot>> = HashMap::new();
            for (address, id) in &holders {
                if let Some(snapshot) = all.get(id) {
                    by_address.entry(address).or_default().push(snapshot);
                }
            }
            let part: Vec<&Snapshot> = ids.iter().filter_map(|id| all.get(id)).collect();
            let tries: Vec<Try<'_>> =
                part.iter().flat_map(|account| tries_of(config, account)).collect();
            let questions = tries
                .iter()
                .filter_map(|t| {
                    t.identity.as_ref().map(|identity| {
                        Question::offline(identity, &t.policy, config.client.as_deref())
                    })
                })
                .collect();
            let mut values = evaluated(questions).await?.into_iter();
            for account in part
                .iter()
                .filter(|a| a.state == AccountState::Active && config.count(a, None).usable == 0)
            {
                tally.add("stranded", Some(account.account), "", None, None);
            }
            for one in &tries {
                let facts = match &one.identity {
                    None => returning_facts(config, one.provider, one.account),
                    Some(identity) => offline_facts(
                        &values.next().unwrap_or_default(),
                        config,
                        &one.policy,
                        identity,
                        &by_address,
                    ),
                };
                let decision = decide(&facts, &one.policy);
                tally.add(
                    bucket(&decision),
                    Some(one.account.account),
                    &one.provider.key,
                    Some(&decision),
                    None,
                );
            }
            drop(by_address);
            if let Some(id) = run {
                tally = self.report(id, "running", done, tally).await?;
            }
            tokio::task::yield_now().await;
        }
        self.try_recorded(config, &mut tally).await?;
        Ok(tally)
    }

    /// The recorded attempts as they arrived: an attempt's event tells how it ended, and what was picked in between
    /// may not be offered by the other policy.
    async fn try_recorded(&self, config: &PolicyContext, tally: &mut Tally) -> Result<(), Error> {
        let (all, _) =
            self.policy_admin().taken_again(&mut self.store.read_bulk().await?, config).await?;
        for again in all.into_iter().filter(|a| a.facts.intent == Intent::SignIn) {
            let facts = Facts { act: UserAction::Initial, ..again.facts };
            let decision = decide(&facts, &config.policy(Some(&again.event.provider)));
            let account = facts
                .known
                .map(|k| k.account)
                .or_else(|| facts.candidates.first().map(|c| c.account));
            tally.add(
                bucket(&decision),
                account,
                &again.event.provider,
                Some(&decision),
                Some(again.event.at),
            );
        }
        Ok(())
    }

    /// Writes progress and new examples; a run that was stopped elsewhere ends here.
    async fn report(
        &self,
        id: Key,
        state: &'static str,
        done: i64,
        mut tally: Tally,
    ) -> Result<Tally, Error> {
        let (fresh, place, counts, now) = (
            std::mem::take(&mut tally.fresh),
            tally.place,
            serde_json::to_string(&tally.counts)?,
            self.now(),
        );
        tally.place += i64::try_from(fresh.len()).unwrap_or(0);
        self.store
            .write::<_, Error, _>(move |c| {
                Box::pin(async move {
                    add_dry_run_cases(c, id, place, &fresh).await?;
                    if set_dry_run(c, id, state, done, &counts, now).await? {
                        Ok(())
                    } else {
                        Err(Refusal::NotFound.into())
                    }
                })
            })
            .await?;
        Ok(tally)
    }

    /// The newest dry run of a version with the examples of one bucket; nothing for whoever may not see accounts (DL-04).
    ///
    /// # Errors
    /// As [`crate::AdminRights::allowed`].
    pub async fn dry_run_view(
        &self,
        ctx: &RequestContext,
        version: i64,
        bucket: &str,
    ) -> Result<Option<DryRunView>, Error> {
        self.admin_rights().allowed(ctx, Right::SeePolicy).await?;
        if !self.admin_rights().rights(ctx).await?.contains(&Right::SeeAccounts) {
            return Ok(None);
        }
        let mut conn = self.store.read_bulk().await?;
        let Some(row) = list_dry_runs(&mut conn, self.org, version).await?.into_iter().next()
        else {
            return Ok(None);
        };
        let found: HashMap<String, i64> = serde_json::from_str(&row.counts)?;
        let cases = if BUCKETS.contains(&bucket) {
            list_dry_run_cases(&mut conn, row.id, bucket).await?
        } else {
            Vec::new()
        };
        let state = match row.state.as_str() {
            "running" if self.now() - row.seen_at < SILENT => "running",
            "running" => "stopped",
            _ => "done",
        };
        let counts = BUCKETS.into_iter().map(|b| (b, found.get(b).copied().unwrap_or(0))).collect();
        Ok(Some(DryRunView {
            state,
            done: row.done,
            total: row.total,
            started_at: row.started_at,
            counts,
            cases,
        }))
    }
}
