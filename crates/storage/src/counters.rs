//! Counters over a window: shared by all nodes, kept over restarts.
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::Micros;

use crate::{Conn, Result, schema::counter};

/// Counts one more for a subject and answers the number in its running window; a window that is over begins anew.
pub async fn count_up(conn: &mut Conn, subject: &[u8], now: Micros, window: Micros) -> Result<i64> {
    Ok(on!(conn, |c| {
        diesel::delete(counter::table.filter(counter::subject.eq(subject)).filter(counter::until.le(now))).execute(c).await?;
        diesel::insert_into(counter::table).values((counter::subject.eq(subject), counter::until.eq(now + window), counter::n.eq(0))).on_conflict_do_nothing().execute(c).await?;
        diesel::update(counter::table.find(subject)).set(counter::n.eq(counter::n + 1)).returning(counter::n).get_result(c).await
    })?)
}

/// The number in the running window, without counting.
pub async fn read_counter(conn: &mut Conn, subject: &[u8], now: Micros) -> Result<i64> {
    let n: Option<i64> = on!(conn, |c| counter::table.filter(counter::subject.eq(subject)).filter(counter::until.gt(now)).select(counter::n).first(c).await.optional())?;
    Ok(n.unwrap_or(0))
}

/// Forgets a subject's count, after the right answer of its own owner.
pub async fn clear_counter(conn: &mut Conn, subject: &[u8]) -> Result<()> {
    on!(conn, |c| diesel::delete(counter::table.find(subject)).execute(c).await)?;
    Ok(())
}
