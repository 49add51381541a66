//! Dry runs of policy drafts: progress, counts and examples.
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::{AccountId, Micros, OrgId};

use crate::{
    Conn, Key, Result, key,
    schema::{dry_run, dry_run_case},
};

/// A run's row.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = dry_run)]
pub struct DryRun {
    pub id: Key,
    pub version: i64,
    /// `running`, `done` or `stopped`.
    pub state: String,
    pub done: i64,
    pub total: i64,
    /// Cases by bucket, as JSON.
    pub counts: String,
    pub started_at: Micros,
    /// The last sign of life; a run that is silent for a minute has died with its node.
    pub seen_at: Micros,
    pub started_by: String,
}

/// An example of a bucket.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = dry_run_case)]
pub struct DryRunCase {
    pub bucket: String,
    /// [`DryRunCase::NOBODY`] where there is none.
    pub account_id: Key,
    pub provider: String,
    /// The decision's reasons as JSON.
    pub reasons: String,
    /// When it really happened; else it was made up for the account.
    pub recorded_at: Option<Micros>,
}

impl DryRunCase {
    /// Stands for the account of an arrival that found none.
    pub const NOBODY: Key = Key([0; 16]);

    #[must_use]
    pub fn account(&self) -> Option<AccountId> {
        (self.account_id != Self::NOBODY).then(|| self.account_id.into())
    }
}

pub async fn add_dry_run(conn: &mut Conn, org: OrgId, row: &DryRun) -> Result<()> {
    let values = (
        dry_run::id.eq(row.id),
        dry_run::organisation_id.eq(key(org)),
        dry_run::version.eq(row.version),
        dry_run::state.eq(&row.state),
        dry_run::done.eq(row.done),
        dry_run::total.eq(row.total),
        dry_run::counts.eq(&row.counts),
        dry_run::started_at.eq(row.started_at),
        dry_run::seen_at.eq(row.seen_at),
        dry_run::started_by.eq(&row.started_by),
    );
    on!(conn, |c| diesel::insert_into(dry_run::table).values(values).execute(c).await)?;
    Ok(())
}

/// Reports progress; `false` when the run was stopped or removed.
pub async fn set_dry_run(
    conn: &mut Conn,
    id: Key,
    state: &str,
    done: i64,
    counts: &str,
    at: Micros,
) -> Result<bool> {
    let next = (
        dry_run::state.eq(state),
        dry_run::done.eq(done),
        dry_run::counts.eq(counts),
        dry_run::seen_at.eq(at),
    );
    Ok(on!(conn, |c| diesel::update(
        dry_run::table.filter(dry_run::id.eq(id)).filter(dry_run::state.eq("running"))
    )
    .set(next)
    .execute(c)
    .await)?
        == 1)
}

pub async fn add_dry_run_cases(
    conn: &mut Conn,
    run: Key,
    first: i64,
    cases: &[DryRunCase],
) -> Result<()> {
    for (n, case) in cases.iter().enumerate() {
        let values = (
            dry_run_case::run_id.eq(run),
            dry_run_case::place.eq(first + i64::try_from(n).unwrap_or(0)),
            dry_run_case::bucket.eq(&case.bucket),
            dry_run_case::account_id.eq(case.account_id),
            dry_run_case::provider.eq(&case.provider),
            dry_run_case::reasons.eq(&case.reasons),
            dry_run_case::recorded_at.eq(case.recorded_at),
        );
        on!(conn, |c| diesel::insert_into(dry_run_case::table).values(values).execute(c).await)?;
    }
    Ok(())
}

pub async fn list_dry_runs(conn: &mut Conn, org: OrgId, version: i64) -> Result<Vec<DryRun>> {
    Ok(on!(conn, |c| dry_run::table
        .filter(dry_run::organisation_id.eq(key(org)))
        .filter(dry_run::version.eq(version))
        .order(dry_run::started_at.desc())
        .limit(5)
        .select(DryRun::as_select())
        .load(c)
        .await)?)
}

pub async fn list_dry_run_cases(
    conn: &mut Conn,
    run: Key,
    bucket: &str,
) -> Result<Vec<DryRunCase>> {
    Ok(on!(conn, |c| dry_run_case::table
        .filter(dry_run_case::run_id.eq(run))
        .filter(dry_run_case::bucket.eq(bucket))
        .order(dry_run_case::place.asc())
        .limit(200)
        .select(DryRunCase::as_select())
        .load(c)
        .await)?)
}

/// Removes older runs of the organisation, keeping the newest ones.
pub async fn remove_old_dry_runs(conn: &mut Conn, org: OrgId, before: Micros) -> Result<()> {
    on!(conn, |c| diesel::delete(
        dry_run::table
            .filter(dry_run::organisation_id.eq(key(org)))
            .filter(dry_run::started_at.lt(before))
    )
    .execute(c)
    .await)?;
    Ok(())
}
