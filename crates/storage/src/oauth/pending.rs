//! Applications' requests that wait for their person to sign in.
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::{Micros, OrgId};

use crate::{Conn, Result, key, schema::pending_authorization};

/// A request that waits.
#[derive(Debug, Clone)]
pub struct PendingRow {
    /// Of what the browser's cookie holds.
    pub hash: Vec<u8>,
    pub organisation: OrgId,
    /// Keyed hash of where it came from.
    pub network: Vec<u8>,
    pub sealed: String,
    pub at: Micros,
    pub expires_at: Micros,
}

/// Keeps a request. Of one network `most` are kept at the same time: beyond that its oldest go.
pub async fn add_pending(conn: &mut Conn, row: &PendingRow, most: i64) -> Result<()> {
    let values = (
        pending_authorization::hash.eq(&row.hash),
        pending_authorization::organisation_id.eq(key(row.organisation)),
        pending_authorization::network.eq(&row.network),
        pending_authorization::sealed.eq(&row.sealed),
        pending_authorization::at.eq(row.at),
        pending_authorization::expires_at.eq(row.expires_at),
    );
    Ok(on!(conn, |c| {
        let own =
            || pending_authorization::table.filter(pending_authorization::network.eq(&row.network));
        let surplus: Option<Micros> = own()
            .order(pending_authorization::at.desc())
            .select(pending_authorization::at)
            .offset(most - 1)
            .first(c)
            .await
            .optional()?;
        if let Some(oldest) = surplus {
            diesel::delete(own().filter(pending_authorization::at.le(oldest))).execute(c).await?;
        }
        diesel::insert_into(pending_authorization::table).values(values).execute(c).await?;
        diesel::QueryResult::Ok(())
    })?)
}

/// Puts what became of a request into its place; whether it still waits.
pub async fn change_pending(
    conn: &mut Conn,
    organisation: OrgId,
    hash: &[u8],
    sealed: &str,
    now: Micros,
) -> Result<bool> {
    let own = pending_authorization::table
        .filter(pending_authorization::hash.eq(hash))
        .filter(pending_authorization::organisation_id.eq(key(organisation)))
        .filter(pending_authorization::expires_at.gt(now));
    let rows: usize = on!(conn, |c| diesel::update(own)
        .set(pending_authorization::sealed.eq(sealed))
        .execute(c)
        .await)?;
    Ok(rows > 0)
}

/// A request that still waits: its sealed text.
pub async fn find_pending(
    conn: &mut Conn,
    organisation: OrgId,
    hash: &[u8],
    now: Micros,
) -> Result<Option<String>> {
    Ok(on!(conn, |c| pending_authorization::table
        .filter(pending_authorization::hash.eq(hash))
        .filter(pending_authorization::organisation_id.eq(key(organisation)))
        .filter(pending_authorization::expires_at.gt(now))
        .select(pending_authorization::sealed)
        .first(c)
        .await
        .optional())?)
}
