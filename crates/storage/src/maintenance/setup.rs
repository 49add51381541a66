//! The one-time token of the first owner (AD-04).
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::{Micros, OrgId};

use crate::{Conn, Result, key, schema::setup_token};

/// Replaces an organisation's token by a new one.
pub async fn set_setup_token(
    conn: &mut Conn,
    org: OrgId,
    hash: &[u8],
    expires_at: Micros,
) -> Result<()> {
    on!(conn, |c| {
        diesel::delete(setup_token::table.filter(setup_token::organisation_id.eq(key(org))))
            .execute(c)
            .await?;
        diesel::insert_into(setup_token::table)
            .values((
                setup_token::hash.eq(hash),
                setup_token::organisation_id.eq(key(org)),
                setup_token::expires_at.eq(expires_at),
                setup_token::used.eq(false),
            ))
            .execute(c)
            .await
    })?;
    Ok(())
}

/// Whether the token would be taken; changes nothing.
pub async fn is_setup_token(conn: &mut Conn, org: OrgId, hash: &[u8], now: Micros) -> Result<bool> {
    let n: i64 = on!(conn, |c| setup_token::table
        .filter(setup_token::hash.eq(hash))
        .filter(setup_token::organisation_id.eq(key(org)))
        .filter(setup_token::expires_at.gt(now))
        .filter(setup_token::used.eq(false))
        .count()
        .get_result(c)
        .await)?;
    Ok(n == 1)
}

/// Uses the token up; of two at once, one wins.
pub async fn take_setup_token(
    conn: &mut Conn,
    org: OrgId,
    hash: &[u8],
    now: Micros,
) -> Result<bool> {
    Ok(on!(conn, |c| diesel::update(
        setup_token::table
            .filter(setup_token::hash.eq(hash))
            .filter(setup_token::organisation_id.eq(key(org)))
            .filter(setup_token::expires_at.gt(now))
            .filter(setup_token::used.eq(false))
    )
    .set(setup_token::used.eq(true))
    .execute(c)
    .await)?
        == 1)
}
