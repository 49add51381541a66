//! The audit trail: append-only rows, written in the transaction of what they tell.
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::{AccountId, Micros, OrgId};

use crate::{Conn, Key, Result, key, schema::audit_event};

/// An event's row.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = audit_event, treat_none_as_default_value = false)]
pub struct AuditEvent {
    pub id: Key,
    pub at: Micros,
    pub kind: String,
    pub account_id: Option<Key>,
    pub actor: String,
    pub provider: String,
    pub subject_hash: String,
    pub code: String,
    pub support_code: String,
    /// The decision's trace or the change, as JSON.
    pub detail: String,
}

pub async fn add_audit_event(conn: &mut Conn, org: OrgId, row: &AuditEvent) -> Result<()> {
    let values = (audit_event::organisation_id.eq(key(org)), row);
    on!(conn, |c| diesel::insert_into(audit_event::table).values(values).execute(c).await)?;
    Ok(())
}

/// Takes what names an account out of its events; the events stay under a pseudonym (GDPR article 17).
pub async fn forget_account(conn: &mut Conn, account: AccountId, pseudonym: &str) -> Result<usize> {
    let gone = (
        audit_event::account_id.eq(None::<Key>),
        audit_event::subject_hash.eq(pseudonym),
        audit_event::detail.eq("{}"),
    );
    Ok(on!(conn, |c| diesel::update(
        audit_event::table.filter(audit_event::account_id.eq(key(account)))
    )
    .set(gone)
    .execute(c)
    .await)?)
}

/// What to list.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    pub kind: Option<String>,
    pub account: Option<AccountId>,
    pub support_code: Option<String>,
    /// Only events before this moment: the place in the list.
    pub before: Option<Micros>,
}

pub async fn list_audit_events(
    conn: &mut Conn,
    org: OrgId,
    filter: &AuditFilter,
    limit: i64,
) -> Result<Vec<AuditEvent>> {
    Ok(on!(conn, |c| {
        let mut query =
            audit_event::table.filter(audit_event::organisation_id.eq(key(org))).into_boxed();
        if let Some(kind) = &filter.kind {
            query = query.filter(audit_event::kind.eq(kind));
        }
        if let Some(account) = filter.account {
            query = query.filter(audit_event::account_id.eq(key(account)));
        }
        if let Some(code) = &filter.support_code {
            // As its index has it: most events have none.
            let has_one = diesel::dsl::sql::<diesel::sql_types::Bool>("support_code <> ''");
            query = query.filter(audit_event::support_code.eq(code)).filter(has_one);
        }
        if let Some(before) = filter.before {
            query = query.filter(audit_event::at.lt(before));
        }
        query
            .order(audit_event::at.desc())
            .limit(limit)
            .select(AuditEvent::as_select())
            .load(c)
            .await
    })?)
}
