//! What the links of notices take back.
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::{AccountId, Micros, OrgId};

use crate::{Bytes, Conn, Key, Result, key, schema::undo};

/// A change that can be taken back until a moment.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = undo)]
pub struct Undo {
    #[diesel(deserialize_as = Key)]
    pub account_id: AccountId,
    /// What it was, as JSON.
    pub what: String,
    pub created_at: Micros,
    pub expires_at: Micros,
}

pub async fn add_undo(conn: &mut Conn, org: OrgId, hash: &[u8], row: &Undo) -> Result<()> {
    let values = (
        undo::hash.eq(hash),
        undo::organisation_id.eq(key(org)),
        undo::account_id.eq(key(row.account_id)),
        undo::what.eq(&row.what),
        undo::created_at.eq(row.created_at),
        undo::expires_at.eq(row.expires_at),
    );
    on!(conn, |c| diesel::insert_into(undo::table).values(values).execute(c).await)?;
    Ok(())
}

/// What can still be taken back of an account, newest first, each with its key.
pub async fn list_undos(conn: &mut Conn, account: AccountId, now: Micros) -> Result<Vec<(Bytes, Undo)>> {
    Ok(on!(conn, |c| undo::table
        .filter(undo::account_id.eq(key(account)))
        .filter(undo::expires_at.gt(now))
        .order(undo::created_at.desc())
        .limit(50)
        .select((undo::hash, Undo::as_select()))
        .load(c)
        .await)?)
}

pub async fn find_undo(conn: &mut Conn, org: OrgId, hash: &[u8], now: Micros) -> Result<Option<Undo>> {
    Ok(on!(conn, |c| undo::table.filter(undo::hash.eq(hash)).filter(undo::organisation_id.eq(key(org))).filter(undo::expires_at.gt(now)).select(Undo::as_select()).first(c).await.optional())?)
}

/// Uses it up; `false` when somebody was faster.
pub async fn spend_undo(conn: &mut Conn, hash: &[u8]) -> Result<bool> {
    Ok(on!(conn, |c| diesel::delete(undo::table.find(hash)).execute(c).await)? == 1)
}
