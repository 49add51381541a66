//! Sessions, found by the hash of their cookie.
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::{AccountId, LinkId, Micros, OrgId, ProviderId, linking::facts::AccountState};

use crate::{
    Bytes, Conn, Key, Result, cached, key,
    maintenance::audit::AuditEvent,
    schema::{account, audit_event, counter, known_browser, session},
    sign_in::counters::Limit,
};

/// A session's row.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = session)]
pub struct Session {
    #[diesel(deserialize_as = Key)]
    pub account_id: AccountId,
    pub public_id: String,
    /// `password` or the provider's key.
    pub method: String,
    pub link_id: Option<Key>,
    pub provider_id: Option<Key>,
    pub auth_at: Micros,
    pub created_at: Micros,
    pub seen_at: Micros,
    pub expires_at: Micros,
    pub agent: String,
    pub network: String,
    /// Empty, `totp`, `recovery` or `provider`.
    pub factor: String,
    /// The name that applications know it by; it stays when the session goes on under a new id.
    pub sid: String,
    /// The provider's session that it began in, as a keyed hash, where the provider names sessions.
    pub provider_sid: Option<Bytes>,
}

/// A session to open.
#[derive(Debug, Clone)]
pub struct NewSession {
    pub hash: Bytes,
    pub public_id: String,
    pub account: AccountId,
    pub method: String,
    pub link: Option<LinkId>,
    pub provider: Option<ProviderId>,
    pub auth_at: Micros,
    pub expires_at: Micros,
    pub agent: String,
    pub network: String,
    /// Empty, `totp`, `recovery` or `provider`.
    pub factor: String,
    /// The name that applications know it by; it stays when the session goes on under a new id.
    pub sid: String,
    /// `sign_in`, `confirm` or `add`.
    pub opened_by: &'static str,
    /// The provider's session that it began in, as a keyed hash, where the provider names sessions.
    pub provider_sid: Option<Bytes>,
}

/// What is written with a session that a sign-in opens.
#[derive(Debug, Default)]
pub struct WithSession<'a> {
    /// What tells of it in the audit trail.
    pub event: Option<AuditEvent>,
    /// The browser that is known to the account from now on, by its keyed hash for it.
    pub browser: Option<Bytes>,
    /// Counts that are over.
    pub over: &'a [Limit],
}

/// Opens a session.
pub async fn add_session(
    conn: &mut Conn,
    org: OrgId,
    new: &NewSession,
    with: &WithSession<'_>,
    at: Micros,
) -> Result<()> {
    let opened = diesel::insert_into(session::table).values((
        session::hash.eq(&new.hash),
        session::organisation_id.eq(key(org)),
        session::account_id.eq(key(new.account)),
        session::public_id.eq(&new.public_id),
        session::method.eq(&new.method),
        session::link_id.eq(new.link.map(key)),
        session::provider_id.eq(new.provider.map(key)),
        session::auth_at.eq(new.auth_at),
        session::created_at.eq(at),
        session::seen_at.eq(at),
        session::expires_at.eq(new.expires_at),
        session::agent.eq(&new.agent),
        session::network.eq(&new.network),
        session::factor.eq(&new.factor),
        session::sid.eq(&new.sid),
        session::opened_by.eq(new.opened_by),
        session::provider_sid.eq(&new.provider_sid),
    ));
    let told = with.event.as_ref().map(|event| {
        diesel::insert_into(audit_event::table)
            .values((audit_event::organisation_id.eq(key(org)), event))
    });
    let known = with.browser.as_ref().map(|browser| {
        cached(
            diesel::insert_into(known_browser::table)
                .values((
                    known_browser::account_id.eq(key(new.account)),
                    known_browser::browser.eq(browser),
                    known_browser::seen_at.eq(at),
                ))
                .on_conflict((known_browser::account_id, known_browser::browser))
                .do_update()
                .set(known_browser::seen_at.eq(at)),
        )
    });
    let over: Vec<&Bytes> = with.over.iter().map(|limit| &limit.subject).collect();
    let forgotten = (!over.is_empty())
        .then(|| cached(diesel::delete(counter::table.filter(counter::subject.eq_any(over)))));
    Ok(together!(conn, opened, told, known, forgotten)?)
}

/// The live session of a cookie's hash: not over, seen since `idle_since`, its account active.
pub async fn find_session(
    conn: &mut Conn,
    org: OrgId,
    hash: &[u8],
    now: Micros,
    idle_since: Micros,
) -> Result<Option<(Session, String)>> {
    Ok(on!(conn, |c| session::table
        .inner_join(account::table.on(account::id.eq(session::account_id)))
        .filter(session::hash.eq(hash))
        .filter(session::organisation_id.eq(key(org)))
        .filter(session::expires_at.gt(now))
        .filter(session::seen_at.gt(idle_since))
        .filter(account::state.eq(AccountState::Active.name()))
        .select((Session::as_select(), account::name))
        .first(c)
        .await
        .optional())?)
}

/// The live session that applications know by a name, as [`find_session`], with its cookie's hash.
pub async fn find_session_of(
    conn: &mut Conn,
    org: OrgId,
    sid: &str,
    now: Micros,
    idle_since: Micros,
) -> Result<Option<(Session, Bytes)>> {
    Ok(on!(conn, |c| session::table
        .inner_join(account::table.on(account::id.eq(session::account_id)))
        .filter(session::sid.eq(sid))
        .filter(session::organisation_id.eq(key(org)))
        .filter(session::expires_at.gt(now))
        .filter(session::seen_at.gt(idle_since))
        .filter(account::state.eq(AccountState::Active.name()))
        .select((Session::as_select(), session::hash))
        .first(c)
        .await
        .optional())?)
}

pub async fn touch_session(conn: &mut Conn, hash: &[u8], at: Micros) -> Result<()> {
    let seen = diesel::update(session::table.find(hash)).set(session::seen_at.eq(at));
    on!(conn, |c| cached(seen).execute(c).await)?;
    Ok(())
}

/// The session stands on this second factor from now on: its person has just shown it.
pub async fn set_session_factor(conn: &mut Conn, hash: &[u8], factor: &str) -> Result<()> {
    on!(conn, |c| diesel::update(session::table.find(hash))
        .set(session::factor.eq(factor))
        .execute(c)
        .await)?;
    Ok(())
}

pub async fn list_sessions(
    conn: &mut Conn,
    id: AccountId,
    now: Micros,
    idle_since: Micros,
) -> Result<Vec<Session>> {
    Ok(on!(conn, |c| session::table
        .filter(session::account_id.eq(key(id)))
        .filter(session::expires_at.gt(now))
        .filter(session::seen_at.gt(idle_since))
        .order(session::seen_at.desc())
        .limit(100)
        .select(Session::as_select())
        .load(c)
        .await)?)
}

pub async fn end_session(conn: &mut Conn, hash: &[u8]) -> Result<usize> {
    Ok(on!(conn, |c| diesel::delete(session::table.find(hash)).execute(c).await)?)
}

/// Ends one of this account's sessions, named by its public id.
pub async fn end_session_of(conn: &mut Conn, id: AccountId, public_id: &str) -> Result<usize> {
    Ok(on!(conn, |c| diesel::delete(
        session::table
            .filter(session::account_id.eq(key(id)))
            .filter(session::public_id.eq(public_id))
    )
    .execute(c)
    .await)?)
}

/// Ends all sessions of an account, except one if given by its public id.
pub async fn end_sessions(conn: &mut Conn, id: AccountId, except: Option<&str>) -> Result<usize> {
    Ok(on!(conn, |c| diesel::delete(
        session::table
            .filter(session::account_id.eq(key(id)))
            .filter(session::public_id.ne(except.unwrap_or("")))
    )
    .execute(c)
    .await)?)
}

/// Ends the sessions that a sign-in by a link opened, except one.
pub async fn end_sessions_by_link(
    conn: &mut Conn,
    id: AccountId,
    link: LinkId,
    except: &str,
) -> Result<usize> {
    Ok(on!(conn, |c| diesel::delete(
        session::table
            .filter(session::account_id.eq(key(id)))
            .filter(session::link_id.eq(key(link)))
            .filter(session::opened_by.eq("sign_in"))
            .filter(session::public_id.ne(except))
    )
    .execute(c)
    .await)?)
}

/// Which sessions of an account ended at their provider.
#[derive(Debug, Clone, Copy)]
pub enum EndedSessions<'a> {
    /// Those that began in one of the provider's, by its keyed hash.
    Of { account: AccountId, session: &'a [u8] },
    /// Those that stand on a link: all, or those of one of the provider's and those of which it is not known.
    OfLink { account: AccountId, link: LinkId, session: Option<&'a [u8]> },
}

impl EndedSessions<'_> {
    #[must_use]
    pub fn account(&self) -> AccountId {
        match self {
            Self::Of { account, .. } | Self::OfLink { account, .. } => *account,
        }
    }
}

/// Accounts with sessions that began in one of a provider's, in the order of their ids.
pub async fn list_accounts_there(
    conn: &mut Conn,
    org: OrgId,
    provider_sid: &[u8],
) -> Result<Vec<AccountId>> {
    let rows: Vec<Key> = on!(conn, |c| session::table
        .filter(session::provider_sid.eq(provider_sid))
        .filter(session::organisation_id.eq(key(org)))
        .select(session::account_id)
        .distinct()
        .order(session::account_id.asc())
        .load(c)
        .await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Ends sessions that ended at their provider; answers how many.
pub async fn end_sessions_there(
    conn: &mut Conn,
    org: OrgId,
    which: EndedSessions<'_>,
) -> Result<usize> {
    let own = session::table
        .filter(session::account_id.eq(key(which.account())))
        .filter(session::organisation_id.eq(key(org)));
    Ok(match which {
        EndedSessions::Of { session: sid, .. } => {
            on!(conn, |c| diesel::delete(own.filter(session::provider_sid.eq(sid)))
                .execute(c)
                .await)?
        }
        EndedSessions::OfLink { link, session: None, .. } => {
            on!(conn, |c| diesel::delete(own.filter(session::link_id.eq(key(link))))
                .execute(c)
                .await)?
        }
        EndedSessions::OfLink { link, session: Some(sid), .. } => on!(conn, |c| diesel::delete(
            own.filter(session::link_id.eq(key(link)))
                .filter(session::provider_sid.eq(sid).or(session::provider_sid.is_null()))
        )
        .execute(c)
        .await)?,
    })
}

/// Sessions that are alive anywhere in the organisation.
pub async fn count_sessions(conn: &mut Conn, org: OrgId, now: Micros) -> Result<i64> {
    Ok(on!(conn, |c| session::table
        .filter(session::organisation_id.eq(key(org)))
        .filter(session::expires_at.gt(now))
        .count()
        .get_result(c)
        .await)?)
}
