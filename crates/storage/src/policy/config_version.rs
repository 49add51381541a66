//! What administrators configured, told apart by one number: caches keep it, and every change replaces it.
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::OrgId;

use crate::{Conn, Error, Result, key, schema::organisation};

/// The stamp of an organisation's policies and providers. Equal stamps: equal policies and providers.
pub async fn find_config_version(conn: &mut Conn, org: OrgId) -> Result<i64> {
    Ok(on!(conn, |c| organisation::table
        .find(key(org))
        .select(organisation::config_version)
        .first(c)
        .await)?)
}

/// Every change of a policy, a provider or an application calls this in its transaction. Random, not counted: a change that is rolled
/// back leaves a stamp that nobody else will ever have.
pub async fn change_config_version(conn: &mut Conn, org: OrgId) -> Result<()> {
    let mut bytes = [0_u8; 8];
    getrandom::fill(&mut bytes).map_err(|e| Error::Query(format!("no random bytes: {e}")))?;
    on!(conn, |c| diesel::update(organisation::table.find(key(org)))
        .set(organisation::config_version.eq(i64::from_ne_bytes(bytes)))
        .execute(c)
        .await)?;
    Ok(())
}

/// The same for all organisations: a provider that is offered to them changed. One number for all serves as well as one for each.
pub async fn change_all_config_versions(conn: &mut Conn) -> Result<()> {
    let mut bytes = [0_u8; 8];
    getrandom::fill(&mut bytes).map_err(|e| Error::Query(format!("no random bytes: {e}")))?;
    on!(conn, |c| diesel::update(organisation::table)
        .set(organisation::config_version.eq(i64::from_ne_bytes(bytes)))
        .execute(c)
        .await)?;
    Ok(())
}
