//! Authorization codes and access tokens of applications, stored hashed.
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::{AccountId, ApplicationId, Micros, OrgId};

use crate::{
    Bytes, Conn, Key, Result, key,
    schema::{access_token, auth_code},
};

/// An authorization code's row.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = auth_code)]
pub struct AuthCode {
    pub hash: Bytes,
    #[diesel(deserialize_as = Key)]
    pub organisation_id: OrgId,
    #[diesel(deserialize_as = Key)]
    pub application_id: ApplicationId,
    #[diesel(deserialize_as = Key)]
    pub account_id: AccountId,
    pub session_id: String,
    /// The authorization request as JSON.
    pub request: String,
    pub auth_at: Micros,
    pub used: bool,
    pub expires_at: Micros,
    /// How the person signed in: `password`, `code`, or a provider's key; and the second factor.
    pub method: String,
    pub factor: String,
}

pub async fn add_code(conn: &mut Conn, row: &AuthCode) -> Result<()> {
    let values = (
        auth_code::hash.eq(&row.hash),
        auth_code::organisation_id.eq(key(row.organisation_id)),
        auth_code::application_id.eq(key(row.application_id)),
        auth_code::account_id.eq(key(row.account_id)),
        auth_code::session_id.eq(&row.session_id),
        auth_code::request.eq(&row.request),
        auth_code::auth_at.eq(row.auth_at),
        auth_code::used.eq(false),
        auth_code::expires_at.eq(row.expires_at),
        auth_code::method.eq(&row.method),
        auth_code::factor.eq(&row.factor),
    );
    on!(conn, |c| diesel::insert_into(auth_code::table).values(values).execute(c).await)?;
    Ok(())
}

pub async fn find_code(conn: &mut Conn, hash: &[u8]) -> Result<Option<AuthCode>> {
    Ok(on!(conn, |c| auth_code::table.find(hash).select(AuthCode::as_select()).first(c).await.optional())?)
}

/// Uses a code up; `false` when it was used already, and then its tokens go (RFC 6749 §4.1.2).
pub async fn take_code(conn: &mut Conn, hash: &[u8]) -> Result<bool> {
    let taken = on!(conn, |c| diesel::update(auth_code::table.filter(auth_code::hash.eq(hash)).filter(auth_code::used.eq(false))).set(auth_code::used.eq(true)).execute(c).await)? == 1;
    if !taken {
        on!(conn, |c| diesel::delete(access_token::table.filter(access_token::code.eq(hash))).execute(c).await)?;
    }
    Ok(taken)
}

/// An access token's row.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = access_token)]
pub struct AccessToken {
    pub hash: Bytes,
    pub code: Bytes,
    #[diesel(deserialize_as = Key)]
    pub organisation_id: OrgId,
    #[diesel(deserialize_as = Key)]
    pub application_id: ApplicationId,
    #[diesel(deserialize_as = Key)]
    pub account_id: AccountId,
    pub scope: String,
    pub expires_at: Micros,
}

pub async fn add_token(conn: &mut Conn, row: &AccessToken) -> Result<()> {
    let values = (
        access_token::hash.eq(&row.hash),
        access_token::code.eq(&row.code),
        access_token::organisation_id.eq(key(row.organisation_id)),
        access_token::application_id.eq(key(row.application_id)),
        access_token::account_id.eq(key(row.account_id)),
        access_token::scope.eq(&row.scope),
        access_token::expires_at.eq(row.expires_at),
    );
    on!(conn, |c| diesel::insert_into(access_token::table).values(values).execute(c).await)?;
    Ok(())
}

pub async fn find_token(conn: &mut Conn, hash: &[u8], now: Micros) -> Result<Option<AccessToken>> {
    Ok(on!(conn, |c| access_token::table.filter(access_token::hash.eq(hash)).filter(access_token::expires_at.gt(now)).select(AccessToken::as_select()).first(c).await.optional())?)
}

/// Ends what applications hold for an account: codes and access tokens.
pub async fn end_tokens_of(conn: &mut Conn, account: AccountId) -> Result<()> {
    on!(conn, |c| {
        diesel::delete(auth_code::table.filter(auth_code::account_id.eq(key(account)))).execute(c).await?;
        diesel::delete(access_token::table.filter(access_token::account_id.eq(key(account)))).execute(c).await
    })?;
    Ok(())
}
