//! Passkeys: the public half of each, found by the credential's id.
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::{AccountId, Micros, OrgId};

use crate::{Bytes, Conn, Key, Result, key, schema::passkey};

/// A passkey's row.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = passkey)]
pub struct Passkey {
    pub id: Bytes,
    #[diesel(deserialize_as = Key)]
    pub account_id: AccountId,
    /// The account that it was made for, as the device says it; after a merge another one has it.
    pub user_id: Key,
    /// What the person calls it.
    pub name: String,
    /// The public key with its counter, as JSON.
    pub data: String,
    pub created_at: Micros,
    pub used_at: Option<Micros>,
}

/// Adds a passkey; `false` when its id is there already.
pub async fn add_passkey(conn: &mut Conn, org: OrgId, row: &Passkey) -> Result<bool> {
    let values = (
        passkey::id.eq(&row.id),
        passkey::organisation_id.eq(key(org)),
        passkey::account_id.eq(key(row.account_id)),
        passkey::user_id.eq(row.user_id),
        passkey::name.eq(&row.name),
        passkey::data.eq(&row.data),
        passkey::created_at.eq(row.created_at),
        passkey::used_at.eq(row.used_at),
    );
    Ok(on!(conn, |c| diesel::insert_into(passkey::table)
        .values(values)
        .on_conflict_do_nothing()
        .execute(c)
        .await)?
        == 1)
}

pub async fn list_passkeys(conn: &mut Conn, id: AccountId) -> Result<Vec<Passkey>> {
    Ok(on!(conn, |c| passkey::table
        .filter(passkey::account_id.eq(key(id)))
        .order(passkey::created_at.asc())
        .select(Passkey::as_select())
        .load(c)
        .await)?)
}

pub async fn find_passkey(conn: &mut Conn, org: OrgId, id: &[u8]) -> Result<Option<Passkey>> {
    Ok(on!(conn, |c| passkey::table
        .find(id)
        .filter(passkey::organisation_id.eq(key(org)))
        .select(Passkey::as_select())
        .first(c)
        .await
        .optional())?)
}

/// Keeps what an authentication changed: the counter, and when it was.
pub async fn touch_passkey(conn: &mut Conn, id: &[u8], data: &str, at: Micros) -> Result<()> {
    on!(conn, |c| diesel::update(passkey::table.find(id))
        .set((passkey::data.eq(data), passkey::used_at.eq(at)))
        .execute(c)
        .await)?;
    Ok(())
}

/// Removes one of this account's; `false`: it has no such passkey.
pub async fn remove_passkey(conn: &mut Conn, account: AccountId, id: &[u8]) -> Result<bool> {
    Ok(on!(conn, |c| diesel::delete(
        passkey::table.find(id).filter(passkey::account_id.eq(key(account)))
    )
    .execute(c)
    .await)?
        == 1)
}
