//! What lets a program register applications.
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::{Micros, OrgId};

use crate::{Bytes, Conn, Result, key, schema::registration_token};

/// A token as the console lists it.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = registration_token)]
pub struct RegistrationToken {
    pub hash: Bytes,
    pub label: String,
    pub uses_left: i32,
    pub expires_at: Micros,
}

pub async fn add_registration_token(
    conn: &mut Conn,
    org: OrgId,
    row: &RegistrationToken,
    at: Micros,
) -> Result<()> {
    let values = (
        registration_token::hash.eq(&row.hash),
        registration_token::organisation_id.eq(key(org)),
        registration_token::label.eq(&row.label),
        registration_token::uses_left.eq(row.uses_left),
        registration_token::created_at.eq(at),
        registration_token::expires_at.eq(row.expires_at),
    );
    on!(conn, |c| diesel::insert_into(registration_token::table).values(values).execute(c).await)?;
    Ok(())
}

/// Those that still let somebody, newest first.
pub async fn list_registration_tokens(
    conn: &mut Conn,
    org: OrgId,
    now: Micros,
) -> Result<Vec<RegistrationToken>> {
    Ok(on!(conn, |c| registration_token::table
        .filter(registration_token::organisation_id.eq(key(org)))
        .filter(registration_token::uses_left.gt(0))
        .filter(registration_token::expires_at.gt(now))
        .order(registration_token::created_at.desc())
        .select(RegistrationToken::as_select())
        .load(c)
        .await)?)
}

/// Uses a token once; answers its label, or nothing when it lets nobody.
pub async fn use_registration_token(
    conn: &mut Conn,
    org: OrgId,
    hash: &[u8],
    now: Micros,
) -> Result<Option<String>> {
    let live = registration_token::table
        .filter(registration_token::hash.eq(hash))
        .filter(registration_token::organisation_id.eq(key(org)))
        .filter(registration_token::uses_left.gt(0))
        .filter(registration_token::expires_at.gt(now));
    Ok(on!(conn, |c| diesel::update(live)
        .set(registration_token::uses_left.eq(registration_token::uses_left - 1))
        .returning(registration_token::label)
        .get_result(c)
        .await
        .optional())?)
}

pub async fn end_registration_token(conn: &mut Conn, org: OrgId, hash: &[u8]) -> Result<usize> {
    let own = registration_token::table
        .filter(registration_token::hash.eq(hash))
        .filter(registration_token::organisation_id.eq(key(org)));
    Ok(on!(conn, |c| diesel::delete(own).execute(c).await)?)
}
