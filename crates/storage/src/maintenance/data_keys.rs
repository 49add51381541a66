//! Data keys, wrapped by the master key.
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::Micros;

use crate::{Bytes, Conn, Key, Result, schema::data_key};

/// A data key's row. Kinds: `seal`, `mac`, `lookup`, `signing` and others for signing. States: `next`, `active`, `retiring`, and
/// `resealed` for one that seals nothing any more.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = data_key)]
pub struct DataKey {
    pub id: Key,
    pub kind: String,
    pub state: String,
    pub wrapped: Bytes,
    /// The public part of a signing key as JWK, else empty.
    pub public: String,
    pub created_at: Micros,
    /// When it came into its state.
    pub changed_at: Micros,
}

pub async fn list_keys(conn: &mut Conn) -> Result<Vec<DataKey>> {
    Ok(on!(conn, |c| data_key::table
        .order(data_key::created_at.asc())
        .select(DataKey::as_select())
        .load(c)
        .await)?)
}

/// A key comes into another state; `false` when it was not in the one before.
pub async fn set_key_state(
    conn: &mut Conn,
    id: Key,
    from: &str,
    to: &str,
    at: Micros,
) -> Result<bool> {
    let own = data_key::table.filter(data_key::id.eq(id)).filter(data_key::state.eq(from));
    Ok(on!(conn, |c| diesel::update(own)
        .set((data_key::state.eq(to), data_key::changed_at.eq(at)))
        .execute(c)
        .await)?
        == 1)
}

/// The same key under another wrapping.
pub async fn rewrap_key(conn: &mut Conn, id: Key, wrapped: &[u8]) -> Result<()> {
    on!(conn, |c| diesel::update(data_key::table.find(id))
        .set(data_key::wrapped.eq(wrapped))
        .execute(c)
        .await)?;
    Ok(())
}

pub async fn remove_key(conn: &mut Conn, id: Key) -> Result<()> {
    on!(conn, |c| diesel::delete(data_key::table.find(id)).execute(c).await)?;
    Ok(())
}

/// Adds an active key of a kind unless there is one.
pub async fn add_key(conn: &mut Conn, row: &DataKey) -> Result<bool> {
    let values = (
        data_key::id.eq(row.id),
        data_key::kind.eq(&row.kind),
        data_key::state.eq(&row.state),
        data_key::wrapped.eq(&row.wrapped),
        data_key::public.eq(&row.public),
        data_key::created_at.eq(row.created_at),
        data_key::changed_at.eq(row.changed_at),
    );
    Ok(on!(conn, |c| diesel::insert_into(data_key::table)
        .values(values)
        .on_conflict_do_nothing()
        .execute(c)
        .await)?
        == 1)
}
