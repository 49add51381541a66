//! Authorization codes and tokens of applications, stored hashed.
use diesel::{prelude::*, sql_types::Bool};
use diesel_async::RunQueryDsl;
use domain::{AccountId, ApplicationId, Micros, OrgId};

use crate::{
    Bytes, Conn, Key, Result, key,
    schema::{auth_code, device, pushed_request, token, token_family},
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
    /// The name that the application knows the session by.
    pub sid: String,
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
        auth_code::sid.eq(&row.sid),
    );
    on!(conn, |c| diesel::insert_into(auth_code::table).values(values).execute(c).await)?;
    Ok(())
}

pub async fn find_code(conn: &mut Conn, org: OrgId, hash: &[u8]) -> Result<Option<AuthCode>> {
    Ok(on!(conn, |c| auth_code::table
        .find(hash)
        .filter(auth_code::organisation_id.eq(key(org)))
        .select(AuthCode::as_select())
        .first(c)
        .await
        .optional())?)
}

/// Uses a code up; `false` when it was used already, or is gone.
pub async fn take_code(conn: &mut Conn, hash: &[u8]) -> Result<bool> {
    Ok(on!(conn, |c| diesel::update(
        auth_code::table.filter(auth_code::hash.eq(hash)).filter(auth_code::used.eq(false))
    )
    .set(auth_code::used.eq(true))
    .execute(c)
    .await)?
        == 1)
}

/// A family that is alive, and that this transaction holds until it ends: whoever else renews or ends it waits. Tokens
/// are added through it only (rule 22).
#[derive(Debug)]
pub struct Family(Bytes);

/// A family to begin.
#[derive(Debug, Clone)]
pub struct NewFamily {
    /// The hash of the code or of the device's secret that it comes of: a second use finds it by that.
    pub family: Bytes,
    pub organisation_id: OrgId,
    pub application_id: ApplicationId,
    /// Nobody's: the application acts for itself.
    pub account_id: Option<AccountId>,
    /// When nothing of it can be alive any more.
    pub expires_at: Micros,
}

/// Begins a family; `None` when there was one of this name, dead or alive.
pub async fn begin_family(conn: &mut Conn, new: &NewFamily, at: Micros) -> Result<Option<Family>> {
    let values = (
        token_family::family.eq(&new.family),
        token_family::organisation_id.eq(key(new.organisation_id)),
        token_family::application_id.eq(key(new.application_id)),
        token_family::account_id.eq(new.account_id.map(key)),
        token_family::used_at.eq(at),
        token_family::expires_at.eq(new.expires_at),
    );
    let begun = on!(conn, |c| diesel::insert_into(token_family::table)
        .values(values)
        .on_conflict_do_nothing()
        .execute(c)
        .await)?
        == 1;
    Ok(begun.then(|| Family(new.family.clone())))
}

/// Holds a family that is alive; `None` for one that ended, or never was.
pub async fn hold_family(conn: &mut Conn, family: &[u8], at: Micros) -> Result<Option<Family>> {
    let alive = token_family::table
        .filter(token_family::family.eq(family))
        .filter(token_family::ended_at.is_null());
    let held =
        on!(conn, |c| diesel::update(alive).set(token_family::used_at.eq(at)).execute(c).await)?
            == 1;
    Ok(held.then(|| Family(family.to_vec())))
}

/// Whether a family of an organisation is alive.
pub async fn is_family_alive(conn: &mut Conn, org: OrgId, family: &[u8]) -> Result<bool> {
    let alive = token_family::table
        .filter(token_family::family.eq(family))
        .filter(token_family::organisation_id.eq(key(org)))
        .filter(token_family::ended_at.is_null());
    let n: i64 = on!(conn, |c| alive.count().get_result(c).await)?;
    Ok(n > 0)
}

/// Ends a family for good; `false` when it was not alive. What could be used goes, and used refresh tokens stay until
/// they are over, so that each still leads to this grave.
pub async fn end_family(conn: &mut Conn, family: &[u8], at: Micros) -> Result<bool> {
    let alive = token_family::table
        .filter(token_family::family.eq(family))
        .filter(token_family::ended_at.is_null());
    let ended = on!(conn, |c| diesel::update(alive)
        .set(token_family::ended_at.eq(Some(at)))
        .execute(c)
        .await)?
        == 1;
    on!(conn, |c| {
        diesel::delete(
            token::table.filter(token::family.eq(family)).filter(token::kind.ne("refresh")),
        )
        .execute(c)
        .await?;
        diesel::update(token::table.filter(token::family.eq(family)))
            .set(token::used.eq(true))
            .execute(c)
            .await
    })?;
    Ok(ended)
}

/// A token's row.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = token)]
pub struct Token {
    pub hash: Bytes,
    /// What came of one code or one device; a second use of a part ends the whole.
    pub family: Bytes,
    /// `access`, `refresh`, or `forward` for a guarded host.
    pub kind: String,
    #[diesel(deserialize_as = Key)]
    pub organisation_id: OrgId,
    #[diesel(deserialize_as = Key)]
    pub application_id: ApplicationId,
    /// Nobody's: the application acts for itself.
    pub account_id: Option<Key>,
    pub sid: String,
    pub scope: String,
    /// How the person had signed in, as JSON.
    pub standing: String,
    pub used: bool,
    pub created_at: Micros,
    pub expires_at: Micros,
}

/// A token to add to a family.
#[derive(Debug, Clone)]
pub struct NewToken {
    pub hash: Bytes,
    pub kind: &'static str,
    pub organisation_id: OrgId,
    pub application_id: ApplicationId,
    pub account_id: Option<AccountId>,
    pub sid: String,
    pub scope: String,
    pub standing: String,
    pub created_at: Micros,
    pub expires_at: Micros,
}

pub async fn add_token(conn: &mut Conn, family: &Family, new: &NewToken) -> Result<()> {
    let values = (
        token::hash.eq(&new.hash),
        token::family.eq(&family.0),
        token::kind.eq(new.kind),
        token::organisation_id.eq(key(new.organisation_id)),
        token::application_id.eq(key(new.application_id)),
        token::account_id.eq(new.account_id.map(key)),
        token::sid.eq(&new.sid),
        token::scope.eq(&new.scope),
        token::standing.eq(&new.standing),
        token::used.eq(false),
        token::created_at.eq(new.created_at),
        token::expires_at.eq(new.expires_at),
    );
    on!(conn, |c| diesel::insert_into(token::table).values(values).execute(c).await)?;
    Ok(())
}

/// A token of a kind that is not over; a refresh token that was used is found too, so that its second use is seen.
pub async fn find_token(
    conn: &mut Conn,
    org: OrgId,
    kind: &str,
    hash: &[u8],
    now: Micros,
) -> Result<Option<Token>> {
    Ok(on!(conn, |c| token::table
        .filter(token::hash.eq(hash))
        .filter(token::organisation_id.eq(key(org)))
        .filter(token::kind.eq(kind))
        .filter(token::expires_at.gt(now))
        .select(Token::as_select())
        .first(c)
        .await
        .optional())?)
}

/// Uses a refresh token up; `false` when somebody was faster.
pub async fn take_refresh_token(conn: &mut Conn, hash: &[u8]) -> Result<bool> {
    Ok(on!(conn, |c| diesel::update(
        token::table.filter(token::hash.eq(hash)).filter(token::used.eq(false))
    )
    .set(token::used.eq(true))
    .execute(c)
    .await)?
        == 1)
}

pub async fn end_token(conn: &mut Conn, hash: &[u8]) -> Result<usize> {
    Ok(on!(conn, |c| diesel::delete(token::table.find(hash)).execute(c).await)?)
}

/// Ends what applications hold for an account: codes, devices that were let in, families. `only`: what this one holds.
/// Answers how many tokens went.
pub async fn end_tokens_of(
    conn: &mut Conn,
    account: AccountId,
    only: Option<ApplicationId>,
    at: Micros,
) -> Result<usize> {
    let (every, one, account) = (only.is_none(), only.map_or(Key([0; 16]), key), key(account));
    Ok(on!(conn, |c| {
        let every = || every.into_sql::<Bool>();
        diesel::delete(
            auth_code::table
                .filter(auth_code::account_id.eq(account))
                .filter(auth_code::application_id.eq(one).or(every())),
        )
        .execute(c)
        .await?;
        diesel::delete(
            device::table
                .filter(device::account_id.eq(account))
                .filter(device::application_id.eq(one).or(every())),
        )
        .execute(c)
        .await?;
        let alive = token_family::table
            .filter(token_family::account_id.eq(account))
            .filter(token_family::application_id.eq(one).or(every()))
            .filter(token_family::ended_at.is_null());
        diesel::update(alive).set(token_family::ended_at.eq(Some(at))).execute(c).await?;
        diesel::delete(
            token::table
                .filter(token::account_id.eq(account))
                .filter(token::application_id.eq(one).or(every())),
        )
        .execute(c)
        .await
    })?)
}

/// Keeps a request that was pushed (RFC 9126).
pub async fn add_pushed(
    conn: &mut Conn,
    hash: &[u8],
    application: ApplicationId,
    parameters: &str,
    expires_at: Micros,
) -> Result<()> {
    let values = (
        pushed_request::hash.eq(hash),
        pushed_request::application_id.eq(key(application)),
        pushed_request::parameters.eq(parameters),
        pushed_request::expires_at.eq(expires_at),
    );
    on!(conn, |c| diesel::insert_into(pushed_request::table).values(values).execute(c).await)?;
    Ok(())
}

/// Opens a pushed request in a browser: from then on it is that browser's, so that a reload goes on with it and nobody
/// else does (FR-37).
pub async fn open_pushed(
    conn: &mut Conn,
    hash: &[u8],
    application: ApplicationId,
    browser: &[u8],
    now: Micros,
) -> Result<Option<String>> {
    let own = pushed_request::table
        .filter(pushed_request::hash.eq(hash))
        .filter(pushed_request::application_id.eq(key(application)))
        .filter(pushed_request::expires_at.gt(now))
        .filter(pushed_request::browser.is_null().or(pushed_request::browser.eq(browser)));
    Ok(on!(conn, |c| diesel::update(own)
        .set(pushed_request::browser.eq(browser))
        .returning(pushed_request::parameters)
        .get_result(c)
        .await
        .optional())?)
}

/// Takes a pushed request away: a code was made for it.
pub async fn end_pushed(conn: &mut Conn, hash: &[u8]) -> Result<()> {
    on!(conn, |c| diesel::delete(pushed_request::table.filter(pushed_request::hash.eq(hash)))
        .execute(c)
        .await)?;
    Ok(())
}

/// A device's row.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = device)]
pub struct Device {
    pub hash: Bytes,
    pub user_code: Bytes,
    #[diesel(deserialize_as = Key)]
    pub application_id: ApplicationId,
    pub scope: String,
    /// `waiting`, `allowed` or `denied`.
    pub state: String,
    pub account_id: Option<Key>,
    pub sid: String,
    pub standing: String,
    /// When it asked last.
    pub asked_at: Micros,
    pub expires_at: Micros,
}

/// Adds a waiting device; `false` when its short code is somebody's already.
pub async fn add_device(conn: &mut Conn, row: &Device) -> Result<bool> {
    let values = (
        device::hash.eq(&row.hash),
        device::user_code.eq(&row.user_code),
        device::application_id.eq(key(row.application_id)),
        device::scope.eq(&row.scope),
        device::state.eq("waiting"),
        device::asked_at.eq(row.asked_at),
        device::expires_at.eq(row.expires_at),
    );
    Ok(on!(conn, |c| diesel::insert_into(device::table)
        .values(values)
        .on_conflict_do_nothing()
        .execute(c)
        .await)?
        == 1)
}

pub async fn find_device(conn: &mut Conn, hash: &[u8]) -> Result<Option<Device>> {
    Ok(on!(conn, |c| device::table
        .find(hash)
        .select(Device::as_select())
        .first(c)
        .await
        .optional())?)
}

/// The device that waits under a short code.
pub async fn find_waiting_device(
    conn: &mut Conn,
    user_code: &[u8],
    now: Micros,
) -> Result<Option<Device>> {
    Ok(on!(conn, |c| device::table
        .filter(device::user_code.eq(user_code))
        .filter(device::state.eq("waiting"))
        .filter(device::expires_at.gt(now))
        .select(Device::as_select())
        .first(c)
        .await
        .optional())?)
}

/// The person's word on a waiting device; `false` when it does not wait any more.
pub async fn settle_device(
    conn: &mut Conn,
    hash: &[u8],
    state: &str,
    account: AccountId,
    sid: &str,
    standing: &str,
) -> Result<bool> {
    let waiting = device::table.filter(device::hash.eq(hash)).filter(device::state.eq("waiting"));
    let values = (
        device::state.eq(state),
        device::account_id.eq(Some(key(account))),
        device::sid.eq(sid),
        device::standing.eq(standing),
    );
    Ok(on!(conn, |c| diesel::update(waiting).set(values).execute(c).await)? == 1)
}

pub async fn touch_device(conn: &mut Conn, hash: &[u8], at: Micros) -> Result<()> {
    on!(conn, |c| diesel::update(device::table.find(hash))
        .set(device::asked_at.eq(at))
        .execute(c)
        .await)?;
    Ok(())
}

/// Takes a device that was let in: its tokens are fetched once.
pub async fn take_device(conn: &mut Conn, hash: &[u8]) -> Result<bool> {
    Ok(on!(conn, |c| diesel::delete(device::table.find(hash)).execute(c).await)? == 1)
}
