//! Mails and texts to send: written in the transaction of what they tell, sent by a worker, wiped after.
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::{Micros, OrgId};

use crate::{Bytes, Conn, Key, Result, key, schema::outbox};

/// A mail that is due.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = outbox)]
pub struct Mail {
    pub id: Key,
    #[diesel(deserialize_as = Key)]
    pub organisation_id: OrgId,
    pub kind: String,
    pub payload: Option<Bytes>,
    pub tries: i32,
    pub expires_at: Micros,
    pub created_at: Micros,
}

pub async fn add_mail(
    conn: &mut Conn,
    org: OrgId,
    id: [u8; 16],
    kind: &str,
    payload: &[u8],
    at: Micros,
    expires_at: Micros,
) -> Result<()> {
    let values = (
        outbox::id.eq(Key(id)),
        outbox::organisation_id.eq(key(org)),
        outbox::kind.eq(kind),
        outbox::payload.eq(Some(payload)),
        outbox::state.eq("waiting"),
        outbox::tries.eq(0),
        outbox::next_at.eq(at),
        outbox::expires_at.eq(expires_at),
        outbox::created_at.eq(at),
        outbox::last_error.eq(""),
    );
    on!(conn, |c| diesel::insert_into(outbox::table).values(values).execute(c).await)?;
    Ok(())
}

/// The kinds of texts begin so; everything else is a mail.
pub const TEXT: &str = "text-";

/// Rows of one channel that are due.
macro_rules! due {
    ($texts:expr, $now:expr) => {{
        let texts = outbox::kind.like(format!("{TEXT}%"));
        let waiting =
            outbox::table.filter(outbox::state.eq("waiting")).filter(outbox::next_at.le($now));
        if $texts {
            waiting.filter(texts).into_boxed()
        } else {
            waiting.filter(diesel::dsl::not(texts)).into_boxed()
        }
    }};
}

/// Whether a mail, or a text, is due.
pub async fn is_mail_due(conn: &mut Conn, texts: bool, now: Micros) -> Result<bool> {
    let first: Option<Key> =
        on!(conn, |c| due!(texts, now).select(outbox::id).first(c).await.optional())?;
    Ok(first.is_some())
}

/// Claims one mail, or text, that is due: it comes up again at `again_at` unless it was sent by then.
pub async fn claim_mail(
    conn: &mut Conn,
    texts: bool,
    now: Micros,
    again_at: Micros,
) -> Result<Option<Mail>> {
    Ok(on!(conn, |c| {
        let due: Option<(Key, i32)> = due!(texts, now)
            .order(outbox::next_at.asc())
            .select((outbox::id, outbox::tries))
            .first(c)
            .await
            .optional()?;
        match due {
            None => Ok(None),
            // Another node may have claimed it since: then its tries have changed and nothing is returned.
            Some((id, tries)) => diesel::update(
                outbox::table
                    .filter(outbox::id.eq(id))
                    .filter(outbox::tries.eq(tries))
                    .filter(outbox::state.eq("waiting")),
            )
            .set((outbox::tries.eq(tries + 1), outbox::next_at.eq(again_at)))
            .returning(Mail::as_returning())
            .get_result(c)
            .await
            .optional(),
        }
    })?)
}

/// Ends a mail's life: `sent`, `dead` or `expired`. The payload is wiped, but for a dead one: it can be sent again for as long
/// as it is worth anything.
pub async fn finish_mail(conn: &mut Conn, id: Key, state: &str, error: &str) -> Result<()> {
    on!(conn, |c| diesel::update(outbox::table.find(id))
        .set((outbox::state.eq(state), outbox::last_error.eq(error)))
        .execute(c)
        .await)?;
    if state != "dead" {
        on!(conn, |c| diesel::update(outbox::table.find(id))
            .set(outbox::payload.eq(None::<Bytes>))
            .execute(c)
            .await)?;
    }
    Ok(())
}

/// A mail or text that did not go out: one that was given up, or one that waits although it was tried.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = outbox)]
pub struct Unsent {
    pub id: Key,
    pub kind: String,
    pub state: String,
    pub tries: i32,
    pub created_at: Micros,
    pub expires_at: Micros,
    pub last_error: String,
}

/// What did not go out, oldest first.
pub async fn list_unsent_mails(conn: &mut Conn, limit: i64) -> Result<Vec<Unsent>> {
    Ok(on!(conn, |c| outbox::table
        .filter(
            outbox::state.eq("dead").or(outbox::state.eq("waiting").and(outbox::last_error.ne("")))
        )
        .order(outbox::created_at.asc())
        .limit(limit)
        .select(Unsent::as_select())
        .load(c)
        .await)?)
}

/// Lets everything that did not go out be tried at once; answers how much it is. What came too late stays dead.
pub async fn retry_unsent_mails(conn: &mut Conn, now: Micros) -> Result<usize> {
    Ok(on!(conn, |c| diesel::update(
        outbox::table
            .filter(
                outbox::state
                    .eq("dead")
                    .or(outbox::state.eq("waiting").and(outbox::last_error.ne("")))
            )
            .filter(outbox::payload.is_not_null())
            .filter(outbox::expires_at.gt(now))
    )
    .set((outbox::state.eq("waiting"), outbox::tries.eq(0), outbox::next_at.eq(now)))
    .execute(c)
    .await)?)
}

/// Wipes dead mails that are worth nothing any more.
pub async fn wipe_dead_mails(conn: &mut Conn, now: Micros) -> Result<usize> {
    Ok(on!(conn, |c| diesel::update(
        outbox::table
            .filter(outbox::state.eq("dead"))
            .filter(outbox::expires_at.le(now))
            .filter(outbox::payload.is_not_null())
    )
    .set(outbox::payload.eq(None::<Bytes>))
    .execute(c)
    .await)?)
}

/// Puts a mail off after a failure.
pub async fn retry_mail_later(
    conn: &mut Conn,
    id: Key,
    next_at: Micros,
    error: &str,
) -> Result<()> {
    on!(conn, |c| diesel::update(outbox::table.find(id))
        .set((outbox::next_at.eq(next_at), outbox::last_error.eq(error)))
        .execute(c)
        .await)?;
    Ok(())
}

/// Mails that wait although they were tried: the mail server is in trouble.
pub async fn count_stuck_mails(conn: &mut Conn) -> Result<i64> {
    Ok(on!(conn, |c| outbox::table
        .filter(outbox::state.eq("waiting"))
        .filter(outbox::last_error.ne(""))
        .count()
        .get_result(c)
        .await)?)
}
