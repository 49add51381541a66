//! The audit trail's seals: batches of events, each behind the one before it.
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::Micros;

use crate::{
    Bytes, Conn, Key, Result,
    maintenance::audit::AuditEvent,
    schema::{audit_batch, audit_event},
};

/// A batch's row. Its events are those behind the last one of the batch before it, up to its own last one.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = audit_batch, treat_none_as_default_value = false)]
pub struct AuditBatch {
    /// From 1, without gaps.
    pub number: i64,
    pub last_id: Key,
    pub last_at: Micros,
    pub sealed_at: Micros,
    /// How many there were.
    pub events: i64,
    /// SHA-256 over what of its events stays.
    pub content: Bytes,
    /// SHA-256 over their networks.
    pub networks: Bytes,
    /// Gone with the networks.
    pub network_salt: Option<Bytes>,
    /// The seal of the batch before.
    pub previous: Bytes,
    pub seal: Bytes,
    pub removed_at: Option<Micros>,
    pub removed_seal: Option<Bytes>,
}

/// The newest batch.
pub async fn find_last_batch(conn: &mut Conn) -> Result<Option<AuditBatch>> {
    Ok(on!(conn, |c| audit_batch::table
        .order(audit_batch::number.desc())
        .select(AuditBatch::as_select())
        .first(c)
        .await
        .optional())?)
}

/// Batches behind a number, in order.
pub async fn list_batches(conn: &mut Conn, after: i64, limit: i64) -> Result<Vec<AuditBatch>> {
    Ok(on!(conn, |c| audit_batch::table
        .filter(audit_batch::number.gt(after))
        .order(audit_batch::number.asc())
        .limit(limit)
        .select(AuditBatch::as_select())
        .load(c)
        .await)?)
}

/// Adds a batch; [`crate::Error::Duplicate`] when another node sealed the same events.
pub async fn add_batch(conn: &mut Conn, batch: &AuditBatch) -> Result<()> {
    on!(conn, |c| diesel::insert_into(audit_batch::table).values(batch).execute(c).await)?;
    Ok(())
}

/// Events of all organisations behind one id and up to another, in order, each with its organisation.
pub async fn list_events_between(
    conn: &mut Conn,
    (after, last): (Key, Key),
    limit: i64,
) -> Result<Vec<(Key, AuditEvent)>> {
    Ok(on!(conn, |c| audit_event::table
        .filter(audit_event::id.gt(after))
        .filter(audit_event::id.le(last))
        .order(audit_event::id.asc())
        .limit(limit)
        .select((audit_event::organisation_id, AuditEvent::as_select()))
        .load(c)
        .await)?)
}

/// How many events are behind an id.
pub async fn count_events_after(conn: &mut Conn, after: Key) -> Result<i64> {
    Ok(on!(conn, |c| audit_event::table
        .filter(audit_event::id.gt(after))
        .count()
        .get_result(c)
        .await)?)
}

/// The oldest batches whose last event is older than a moment: of those that still have networks, or still have events.
pub async fn list_old_batches(
    conn: &mut Conn,
    before: Micros,
    with_networks: bool,
    limit: i64,
) -> Result<Vec<AuditBatch>> {
    Ok(on!(conn, |c| {
        let old = audit_batch::table
            .filter(audit_batch::last_at.lt(before))
            .filter(audit_batch::removed_at.is_null())
            .order(audit_batch::number.asc())
            .limit(limit)
            .select(AuditBatch::as_select())
            .into_boxed();
        let old =
            if with_networks { old.filter(audit_batch::network_salt.is_not_null()) } else { old };
        old.load(c).await
    })?)
}

/// The last id of the batch before a number.
pub async fn last_id_before(conn: &mut Conn, number: i64) -> Result<Key> {
    Ok(on!(conn, |c| audit_batch::table
        .filter(audit_batch::number.lt(number))
        .order(audit_batch::number.desc())
        .select(audit_batch::last_id)
        .first(c)
        .await
        .optional())?
    .unwrap_or(Key([0; 16])))
}

/// Wipes the networks of a batch's events.
pub async fn wipe_networks(conn: &mut Conn, batch: &AuditBatch) -> Result<usize> {
    let after = last_id_before(conn, batch.number).await?;
    let wiped = on!(conn, |c| diesel::update(
        audit_event::table
            .filter(audit_event::id.gt(after))
            .filter(audit_event::id.le(batch.last_id))
            .filter(audit_event::network.ne(""))
    )
    .set(audit_event::network.eq(""))
    .execute(c)
    .await)?;
    on!(conn, |c| diesel::update(audit_batch::table.find(batch.number))
        .set(audit_batch::network_salt.eq(None::<Bytes>))
        .execute(c)
        .await)?;
    Ok(wiped)
}

/// Removes a batch's events; the batch itself stays and says when.
pub async fn remove_batch_events(
    conn: &mut Conn,
    batch: &AuditBatch,
    at: Micros,
    seal: &[u8],
) -> Result<usize> {
    let after = last_id_before(conn, batch.number).await?;
    let gone = on!(conn, |c| diesel::delete(
        audit_event::table
            .filter(audit_event::id.gt(after))
            .filter(audit_event::id.le(batch.last_id))
    )
    .execute(c)
    .await)?;
    on!(conn, |c| diesel::update(audit_batch::table.find(batch.number))
        .set((
            audit_batch::removed_at.eq(Some(at)),
            audit_batch::removed_seal.eq(Some(seal)),
            audit_batch::network_salt.eq(None::<Bytes>),
        ))
        .execute(c)
        .await)?;
    Ok(gone)
}
