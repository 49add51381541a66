//! Policy documents by scope, versioned: one active version a scope, old ones kept for rolling back.
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::{Micros, OrgId};

use crate::{Conn, Result, key, schema::policy};

/// A version's row. Scopes: `instance`, `organisation`, `provider:<key>`.
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

pub async fn list_active_policies(conn: &mut Conn, org: OrgId) -> Result<Vec<PolicyVersion>> {
    Ok(on!(conn, |c| policy::table.filter(policy::organisation_id.eq(key(org))).filter(policy::state.eq("active")).select(PolicyVersion::as_select()).load(c).await)?)
}

/// All versions of a scope, newest first.
pub async fn list_policy_versions(conn: &mut Conn, org: OrgId, scope: &str, limit: i64) -> Result<Vec<PolicyVersion>> {
    Ok(on!(conn, |c| policy::table
        .filter(policy::organisation_id.eq(key(org)))
        .filter(policy::scope.eq(scope))
        .order(policy::version.desc())
        .limit(limit)
        .select(PolicyVersion::as_select())
        .load(c)
        .await)?)
}

/// Retires the active version of a scope and activates a new document; answers its number.
pub async fn add_policy_version(conn: &mut Conn, org: OrgId, scope: &str, document: &str, by: &str, at: Micros) -> Result<i64> {
    Ok(on!(conn, |c| {
        let last: Option<i64> = policy::table.filter(policy::organisation_id.eq(key(org))).select(diesel::dsl::max(policy::version)).first(c).await?;
        let version = last.unwrap_or(0) + 1;
        diesel::update(policy::table.filter(policy::organisation_id.eq(key(org))).filter(policy::scope.eq(scope)).filter(policy::state.eq("active")))
            .set(policy::state.eq("retired"))
            .execute(c)
            .await?;
        let values = (
            policy::organisation_id.eq(key(org)),
            policy::scope.eq(scope),
            policy::version.eq(version),
            policy::document.eq(document),
            policy::state.eq("active"),
            policy::created_at.eq(at),
            policy::created_by.eq(by),
        );
        diesel::insert_into(policy::table).values(values).execute(c).await.map(|_| version)
    })?)
}
