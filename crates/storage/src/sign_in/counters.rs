//! Counters over a window: shared by all nodes, kept over restarts. Nothing is counted without a ceiling.
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::Micros;

use crate::{Bytes, Conn, Result, cached, schema::counter};

/// So many of something in a window that begins with the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    /// A keyed hash of what is counted, and for whom.
    pub subject: Bytes,
    pub most: i64,
    pub window: Micros,
}

impl Limit {
    /// Counts one more and answers the number with it; `None` when the window is full: what is refused does not count.
    pub async fn take(&self, conn: &mut Conn, now: Micros) -> Result<Option<i64>> {
        Ok(on!(conn, |c| {
            let mut counted = None;
            for begun in [true, false] {
                let running = counter::table
                    .filter(counter::subject.eq(&self.subject))
                    .filter(counter::until.gt(now))
                    .filter(counter::n.lt(self.most));
                let one_more = diesel::update(running)
                    .set(counter::n.eq(counter::n + 1))
                    .returning(counter::n);
                counted = cached(one_more).get_result::<i64>(c).await.optional()?;
                if counted.is_some() || !begun {
                    break;
                }
                diesel::delete(
                    counter::table
                        .filter(counter::subject.eq(&self.subject))
                        .filter(counter::until.le(now)),
                )
                .execute(c)
                .await?;
                let fresh = (
                    counter::subject.eq(&self.subject),
                    counter::until.eq(now + self.window),
                    counter::n.eq(0),
                );
                diesel::insert_into(counter::table)
                    .values(fresh)
                    .on_conflict_do_nothing()
                    .execute(c)
                    .await?;
            }
            counted
        }))
    }

    /// The number in the running window, without counting.
    pub async fn count(&self, conn: &mut Conn, now: Micros) -> Result<i64> {
        let n: Option<i64> = on!(conn, |c| counter::table
            .filter(counter::subject.eq(&self.subject))
            .filter(counter::until.gt(now))
            .select(counter::n)
            .first(c)
            .await
            .optional())?;
        Ok(n.unwrap_or(0))
    }

    /// Takes one back: it turned out to be nothing that is counted.
    pub async fn give_back(&self, conn: &mut Conn) -> Result<()> {
        let counted =
            counter::table.filter(counter::subject.eq(&self.subject)).filter(counter::n.gt(0));
        let one_less = diesel::update(counted).set(counter::n.eq(counter::n - 1));
        on!(conn, |c| cached(one_less).execute(c).await)?;
        Ok(())
    }
}

/// Forgets the counts of limits.
pub async fn clear(conn: &mut Conn, limits: &[Limit]) -> Result<()> {
    let subjects: Vec<&Bytes> = limits.iter().map(|l| &l.subject).collect();
    let these = diesel::delete(counter::table.filter(counter::subject.eq_any(subjects)));
    on!(conn, |c| cached(these).execute(c).await)?;
    Ok(())
}
