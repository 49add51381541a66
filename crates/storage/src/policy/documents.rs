//! Policy documents by scope, versioned. A version's text never changes; its state does:
//! `draft` → `shadow` (decides beside the active one, acts on nothing) → `active` → `retired`.
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::{Micros, OrgId};

use crate::{Conn, Result, key, policy::config_version::change_config_version, schema::policy};

/// A version's row. Scopes: `instance`, `organisation`, `provider:<key>`, `application:<client id>`,
/// `application:<client id>/provider:<key>`.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = policy)]
pub struct PolicyVersion {
    pub scope: String,
    pub version: i64,
    pub document: String,
    pub state: String,
    pub created_at: Micros,
    pub created_by: String,
}

/// Active and shadow documents of every scope.
pub async fn list_live_policies(conn: &mut Conn, org: OrgId) -> Result<Vec<PolicyVersion>> {
    Ok(on!(conn, |c| policy::table
        .filter(policy::organisation_id.eq(key(org)))
        .filter(policy::state.eq("active").or(policy::state.eq("shadow")))
        .order(policy::version.asc())
        .select(PolicyVersion::as_select())
        .load(c)
        .await)?)
}

/// All versions of a scope, newest first; of every scope with an empty one.
pub async fn list_policy_versions(
    conn: &mut Conn,
    org: OrgId,
    scope: &str,
    limit: i64,
) -> Result<Vec<PolicyVersion>> {
    Ok(on!(conn, |c| {
        let mut query = policy::table.filter(policy::organisation_id.eq(key(org))).into_boxed();
        if !scope.is_empty() {
            query = query.filter(policy::scope.eq(scope));
        }
        query
            .order(policy::version.desc())
            .limit(limit)
            .select(PolicyVersion::as_select())
            .load(c)
            .await
    })?)
}

pub async fn find_policy_version(
    conn: &mut Conn,
    org: OrgId,
    version: i64,
) -> Result<Option<PolicyVersion>> {
    Ok(on!(conn, |c| policy::table
        .filter(policy::organisation_id.eq(key(org)))
        .filter(policy::version.eq(version))
        .select(PolicyVersion::as_select())
        .first(c)
        .await
        .optional())?)
}

/// Adds a document as a new version in a state; an active or shadow one retires the one before it. Answers its number.
pub async fn add_policy_version(
    conn: &mut Conn,
    org: OrgId,
    scope: &str,
    document: &str,
    state: &str,
    by: &str,
    at: Micros,
) -> Result<i64> {
    let last: Option<i64> = on!(conn, |c| policy::table
        .filter(policy::organisation_id.eq(key(org)))
        .select(diesel::dsl::max(policy::version))
        .first(c)
        .await)?;
    let version = last.unwrap_or(0) + 1;
    retire(conn, org, scope, state).await?;
    change_config_version(conn, org).await?;
    on!(conn, |c| {
        let values = (
            policy::organisation_id.eq(key(org)),
            policy::scope.eq(scope),
            policy::version.eq(version),
            policy::document.eq(document),
            policy::state.eq(state),
            policy::created_at.eq(at),
            policy::created_by.eq(by),
        );
        diesel::insert_into(policy::table).values(values).execute(c).await
    })?;
    Ok(version)
}

/// Changes a version's state; an active or shadow one retires the one before it. `false`: there is no such version.
pub async fn set_policy_state(
    conn: &mut Conn,
    org: OrgId,
    scope: &str,
    version: i64,
    state: &str,
) -> Result<bool> {
    retire(conn, org, scope, state).await?;
    change_config_version(conn, org).await?;
    let target = policy::table
        .filter(policy::organisation_id.eq(key(org)))
        .filter(policy::scope.eq(scope))
        .filter(policy::version.eq(version));
    Ok(on!(conn, |c| diesel::update(target).set(policy::state.eq(state)).execute(c).await)? == 1)
}

async fn retire(conn: &mut Conn, org: OrgId, scope: &str, state: &str) -> Result<()> {
    if state != "active" && state != "shadow" {
        return Ok(());
    }
    let target = policy::table
        .filter(policy::organisation_id.eq(key(org)))
        .filter(policy::scope.eq(scope))
        .filter(policy::state.eq(state));
    on!(conn, |c| diesel::update(target).set(policy::state.eq("retired")).execute(c).await)?;
    Ok(())
}
