//! Second factors: one-time passwords by time, with the step that was used last, and recovery codes as keyed hashes.
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::{AccountId, CredentialId, Micros, OrgId};

use crate::{
    Bytes, Conn, Result, key,
    schema::{account, credential, recovery_code},
};

/// The kind of a factor that counts.
pub const TOTP: &str = "totp";
/// The kind of one whose first code was not typed yet.
pub const TOTP_BEGUN: &str = "totp_begun";

/// Keeps a sealed secret; an older one of the kind goes.
pub async fn set_factor(
    conn: &mut Conn,
    org: OrgId,
    id: AccountId,
    row: CredentialId,
    kind: &str,
    sealed: &str,
    at: Micros,
) -> Result<()> {
    on!(conn, |c| {
        diesel::delete(
            credential::table
                .filter(credential::account_id.eq(key(id)))
                .filter(credential::kind.eq(kind)),
        )
        .execute(c)
        .await?;
        let values = (
            credential::id.eq(key(row)),
            credential::organisation_id.eq(key(org)),
            credential::account_id.eq(key(id)),
            credential::kind.eq(kind),
            credential::secret.eq(sealed),
            credential::created_at.eq(at),
        );
        diesel::insert_into(credential::table).values(values).execute(c).await
    })?;
    Ok(())
}

/// The sealed secret of a kind and when it was made.
pub async fn find_factor(
    conn: &mut Conn,
    id: AccountId,
    kind: &str,
) -> Result<Option<(String, Micros)>> {
    Ok(on!(conn, |c| credential::table
        .filter(credential::account_id.eq(key(id)))
        .filter(credential::kind.eq(kind))
        .select((credential::secret, credential::created_at))
        .first(c)
        .await
        .optional())?)
}

pub async fn remove_factor(conn: &mut Conn, id: AccountId, kind: &str) -> Result<usize> {
    Ok(on!(conn, |c| diesel::delete(
        credential::table
            .filter(credential::account_id.eq(key(id)))
            .filter(credential::kind.eq(kind))
    )
    .execute(c)
    .await)?)
}

/// Uses a time step up; `false` when it, or a later one, was used before (RFC 6238 §5.2).
pub async fn use_step(conn: &mut Conn, id: AccountId, step: i64) -> Result<bool> {
    let unused = credential::table
        .filter(credential::account_id.eq(key(id)))
        .filter(credential::kind.eq(TOTP))
        .filter(credential::used_step.lt(step));
    Ok(on!(conn, |c| diesel::update(unused).set(credential::used_step.eq(step)).execute(c).await)?
        == 1)
}

/// Replaces all recovery codes of an account by these hashes.
pub async fn set_recovery_codes(
    conn: &mut Conn,
    id: AccountId,
    hashes: &[Bytes],
    at: Micros,
) -> Result<()> {
    on!(conn, |c| diesel::delete(
        recovery_code::table.filter(recovery_code::account_id.eq(key(id)))
    )
    .execute(c)
    .await)?;
    for hash in hashes {
        let values = (
            recovery_code::hash.eq(hash),
            recovery_code::account_id.eq(key(id)),
            recovery_code::created_at.eq(at),
        );
        on!(conn, |c| diesel::insert_into(recovery_code::table).values(values).execute(c).await)?;
    }
    Ok(())
}

/// Uses a recovery code up; `false`: it is none of this account's.
pub async fn spend_recovery_code(conn: &mut Conn, id: AccountId, hash: &[u8]) -> Result<bool> {
    Ok(on!(conn, |c| diesel::delete(
        recovery_code::table
            .filter(recovery_code::account_id.eq(key(id)))
            .filter(recovery_code::hash.eq(hash))
    )
    .execute(c)
    .await)?
        == 1)
}

pub async fn count_recovery_codes(conn: &mut Conn, id: AccountId) -> Result<i64> {
    Ok(on!(conn, |c| recovery_code::table
        .filter(recovery_code::account_id.eq(key(id)))
        .count()
        .get_result(c)
        .await)?)
}

/// When a sign-in asked for the first time that a second factor be set up.
pub async fn find_factor_asked(conn: &mut Conn, id: AccountId) -> Result<Option<Micros>> {
    let row: Option<Option<Micros>> = on!(conn, |c| account::table
        .find(key(id))
        .select(account::factor_asked_at)
        .first(c)
        .await
        .optional())?;
    Ok(row.flatten())
}

/// Notes that it was asked for; the first time stays.
pub async fn note_factor_asked(conn: &mut Conn, id: AccountId, at: Micros) -> Result<()> {
    on!(conn, |c| diesel::update(
        account::table.find(key(id)).filter(account::factor_asked_at.is_null())
    )
    .set(account::factor_asked_at.eq(at))
    .execute(c)
    .await)?;
    Ok(())
}
