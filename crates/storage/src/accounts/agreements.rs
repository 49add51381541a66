//! What people accepted: agreements with their versions.
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::{AccountId, Micros};

use crate::{Conn, Key, Result, key, schema::agreement};

/// What these accounts accepted.
pub async fn list_agreements(
    conn: &mut Conn,
    ids: &[AccountId],
) -> Result<Vec<(AccountId, String, Micros)>> {
    let keys: Vec<Key> = ids.iter().copied().map(key).collect();
    let rows: Vec<(Key, String, Micros)> = on!(conn, |c| agreement::table
        .filter(agreement::account_id.eq_any(&keys))
        .order(agreement::accepted_at.asc())
        .select((agreement::account_id, agreement::what, agreement::accepted_at))
        .load(c)
        .await)?;
    Ok(rows.into_iter().map(|(id, what, at)| (id.into(), what, at)).collect())
}

/// Keeps an acceptance; the first one of a version stays.
pub async fn add_agreement(conn: &mut Conn, id: AccountId, what: &str, at: Micros) -> Result<()> {
    let values = (
        agreement::account_id.eq(key(id)),
        agreement::what.eq(what),
        agreement::accepted_at.eq(at),
    );
    on!(conn, |c| diesel::insert_into(agreement::table)
        .values(values)
        .on_conflict_do_nothing()
        .execute(c)
        .await)?;
    Ok(())
}
