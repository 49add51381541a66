//! Which applications a session reached, and sessions that ended since. A trigger writes down the end, whoever caused
//! it; the worker tells the applications.
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::{AccountId, ApplicationId, Micros, OrgId};

use crate::{
    Conn, Key, Result, key,
    schema::{application, application_login, ended_session, session},
};

/// An application that a session reached.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = application_login)]
pub struct Login {
    pub sid: String,
    #[diesel(deserialize_as = Key)]
    pub application_id: ApplicationId,
    #[diesel(deserialize_as = Key)]
    pub account_id: AccountId,
}

/// Remembers that a session reached an application. One from before sessions had a name is known to nobody.
pub async fn add_login(
    conn: &mut Conn,
    sid: &str,
    application: ApplicationId,
    account: AccountId,
    at: Micros,
) -> Result<()> {
    if sid.is_empty() {
        return Ok(());
    }
    let values = (
        application_login::sid.eq(sid),
        application_login::application_id.eq(key(application)),
        application_login::account_id.eq(key(account)),
        application_login::at.eq(at),
    );
    on!(conn, |c| diesel::insert_into(application_login::table)
        .values(values)
        .on_conflict_do_nothing()
        .execute(c)
        .await)?;
    Ok(())
}

/// Applications of a session.
pub async fn list_logins(conn: &mut Conn, sid: &str) -> Result<Vec<Login>> {
    Ok(on!(conn, |c| application_login::table
        .filter(application_login::sid.eq(sid))
        .select(Login::as_select())
        .load(c)
        .await)?)
}

/// Whose applications a session reached: those of one organisation.
pub async fn find_organisation_of_end(conn: &mut Conn, sid: &str) -> Result<Option<OrgId>> {
    let row: Option<Key> = on!(conn, |c| application_login::table
        .inner_join(application::table.on(application::id.eq(application_login::application_id)))
        .filter(application_login::sid.eq(sid))
        .select(application::organisation_id)
        .first(c)
        .await
        .optional())?;
    Ok(row.map(Into::into))
}

/// Whether a session's end waits to be told.
pub async fn is_end_due(conn: &mut Conn, now: Micros) -> Result<bool> {
    let first: Option<String> = on!(conn, |c| ended_session::table
        .filter(ended_session::next_at.le(now))
        .select(ended_session::sid)
        .first(c)
        .await
        .optional())?;
    Ok(first.is_some())
}

/// Claims a session that ended, with the tries so far; one that went on under a new id is forgotten.
pub async fn claim_end(
    conn: &mut Conn,
    now: Micros,
    again_at: Micros,
) -> Result<Option<(String, i32)>> {
    loop {
        let due: Option<(String, i32)> = on!(conn, |c| ended_session::table
            .filter(ended_session::next_at.le(now))
            .order(ended_session::next_at.asc())
            .select((ended_session::sid, ended_session::tries))
            .first(c)
            .await
            .optional())?;
        let Some((sid, tries)) = due else { return Ok(None) };
        let alive: i64 = on!(conn, |c| session::table
            .filter(session::sid.eq(&sid))
            .count()
            .get_result(c)
            .await)?;
        if alive > 0 {
            on!(conn, |c| diesel::delete(ended_session::table.find(&sid)).execute(c).await)?;
            continue;
        }
        let own = ended_session::table
            .filter(ended_session::sid.eq(&sid))
            .filter(ended_session::tries.eq(tries));
        let claimed = on!(conn, |c| diesel::update(own)
            .set((ended_session::tries.eq(tries + 1), ended_session::next_at.eq(again_at)))
            .execute(c)
            .await)?;
        return Ok((claimed == 1).then_some((sid, tries)));
    }
}

/// The application has been told, or never will be.
pub async fn remove_login(conn: &mut Conn, sid: &str, application: ApplicationId) -> Result<()> {
    on!(conn, |c| diesel::delete(application_login::table.find((sid, key(application))))
        .execute(c)
        .await)?;
    Ok(())
}

/// Everybody has been told.
pub async fn remove_end(conn: &mut Conn, sid: &str) -> Result<()> {
    on!(conn, |c| {
        diesel::delete(application_login::table.filter(application_login::sid.eq(sid)))
            .execute(c)
            .await?;
        diesel::delete(ended_session::table.find(sid)).execute(c).await
    })?;
    Ok(())
}
