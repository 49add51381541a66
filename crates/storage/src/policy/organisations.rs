//! Organisations: each owns its accounts, providers, applications and policies; nothing is shared but what the home one offers.
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::{Micros, OrgId};

use crate::{
    Conn, Error, Key, Result, key, policy::config_version::change_config_version,
    schema::organisation,
};

/// An organisation's row.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = organisation)]
pub struct Organisation {
    #[diesel(deserialize_as = Key)]
    pub id: OrgId,
    pub slug: String,
    pub name: String,
    /// A switched-off one is not served.
    pub active: bool,
    pub created_at: Micros,
    /// Scheme, host and port; empty for the home organisation, whose address the configuration states.
    pub address: String,
    /// Colour and logo as JSON.
    pub brand: String,
}

/// All organisations, the oldest first.
pub async fn list_organisations(conn: &mut Conn) -> Result<Vec<Organisation>> {
    Ok(on!(conn, |c| organisation::table
        .order((organisation::created_at.asc(), organisation::slug.asc()))
        .select(Organisation::as_select())
        .load(c)
        .await)?)
}

/// The organisation of a slug.
pub async fn find_organisation(conn: &mut Conn, slug: &str) -> Result<Option<OrgId>> {
    let row: Option<Key> = on!(conn, |c| organisation::table
        .filter(organisation::slug.eq(slug))
        .select(organisation::id)
        .first(c)
        .await
        .optional())?;
    Ok(row.map(Into::into))
}

/// An organisation's row.
pub async fn load_organisation(conn: &mut Conn, id: OrgId) -> Result<Organisation> {
    Ok(on!(conn, |c| organisation::table
        .find(key(id))
        .select(Organisation::as_select())
        .first(c)
        .await)?)
}

/// Adds an organisation; `false` when its slug or its address is taken.
pub async fn add_organisation(
    conn: &mut Conn,
    id: OrgId,
    slug: &str,
    name: &str,
    address: &str,
    at: Micros,
) -> Result<bool> {
    let values = (
        organisation::id.eq(key(id)),
        organisation::slug.eq(slug),
        organisation::name.eq(name),
        organisation::active.eq(true),
        organisation::created_at.eq(at),
        organisation::address.eq(address),
    );
    Ok(on!(conn, |c| diesel::insert_into(organisation::table)
        .values(values)
        .on_conflict_do_nothing()
        .execute(c)
        .await)?
        == 1)
}

/// Saves what may change of an organisation; `false` when another one has the address.
pub async fn set_organisation(conn: &mut Conn, row: &Organisation) -> Result<bool> {
    let target = organisation::table.find(key(row.id));
    let values = (
        organisation::name.eq(&row.name),
        organisation::active.eq(row.active),
        organisation::address.eq(&row.address),
        organisation::brand.eq(&row.brand),
    );
    let taken: i64 = if row.address.is_empty() {
        0
    } else {
        on!(conn, |c| organisation::table
            .filter(organisation::address.eq(&row.address))
            .filter(organisation::id.ne(key(row.id)))
            .count()
            .get_result(c)
            .await)?
    };
    if taken > 0 {
        return Ok(false);
    }
    match on!(conn, |c| diesel::update(target).set(values).execute(c).await).map_err(Error::from) {
        // Somebody took it at the same moment.
        Err(Error::Duplicate) => return Ok(false),
        other => other?,
    };
    change_config_version(conn, row.id).await?;
    Ok(true)
}

/// An organisation's display name.
pub async fn organisation_name(conn: &mut Conn, id: OrgId) -> Result<String> {
    Ok(on!(conn, |c| organisation::table.find(key(id)).select(organisation::name).first(c).await)?)
}
