//! Whether this database goes on, or is a restored copy or a promoted standby: looked at before it is used, and said by an operator
//! (RB-18).
use diesel::{
    QueryResult,
    prelude::*,
    sql_types::{BigInt, Nullable},
};
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use domain::Micros;

use crate::{
    Conn, Result, Store,
    maintenance::recovery::{
        Clock, MARK, Recovery, Watch, identify, settle, settled, stored, void,
    },
    schema::instance,
};

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

#[derive(QueryableByName)]
struct Taken {
    #[diesel(sql_type = Nullable<BigInt>)]
    taken_at: Option<Micros>,
}

/// Marks a copy that was just made.
pub(crate) fn mark(conn: &mut diesel::SqliteConnection, at: Micros) -> QueryResult<()> {
    use diesel::connection::SimpleConnection;
    conn.batch_execute(&format!("CREATE TABLE IF NOT EXISTS {MARK} (taken_at BIGINT NOT NULL); INSERT INTO {MARK} VALUES ({at});"))
}

/// When a copy was taken that nobody has opened since.
async fn marked(conn: &mut Conn) -> Result<Option<Micros>> {
    let Conn::Sqlite(c) = conn else { return Ok(None) };
    let there: Count = diesel::sql_query(format!(
        "SELECT COUNT(*) AS n FROM sqlite_master WHERE type = 'table' AND name = '{MARK}'"
    ))
    .get_result(&mut **c)
    .await?;
    if there.n == 0 {
        return Ok(None);
    }
    let taken: Taken = diesel::sql_query(format!("SELECT MIN(taken_at) AS taken_at FROM {MARK}"))
        .get_result(&mut **c)
        .await?;
    Ok(taken.taken_at)
}

impl Store {
    /// Whether this database is a copy or a standby of which nothing was made void yet.
    ///
    /// # Errors
    /// [`crate::Error`].
    pub async fn unsettled(&self) -> Result<Option<Recovery>> {
        let mut conn = self.read_bulk().await?;
        if let Conn::Pg(c) = &mut conn {
            let Some(here) = identify(c).await? else { return Ok(None) };
            return Ok(here.since(&stored(c, "").await?, false));
        }
        Ok(marked(&mut conn).await?.map(|at| Recovery::Restored { taken_at: Some(at) }))
    }

    /// Makes void what a recovery revived, if there was one; from now on every new connection to PostgreSQL looks before it is
    /// used. `synchronous`: commits wait for the standby that would be promoted. The schema must be there.
    ///
    /// # Errors
    /// [`crate::Error`].
    pub async fn settle(&self, clock: Clock, synchronous: bool) -> Result<Option<Recovery>> {
        let watch = self.watch(Watch { clock, synchronous });
        let mut conn = self.writer().await?;
        if let Conn::Pg(c) = &mut conn {
            return Ok(settle(c, &watch).await?);
        }
        let Some(at) = marked(&mut conn).await? else { return Ok(None) };
        drop(conn);
        let recovery = Recovery::Restored { taken_at: Some(at) };
        self.recover(recovery, (watch.clock)(), "system").await?;
        tracing::warn!(
            ?recovery,
            "this database is a restored copy: what may have come back to life is void"
        );
        Ok(Some(recovery))
    }

    /// Makes void what a recovery revived, on an operator's word. `actor`: `cli` or `system`.
    ///
    /// # Errors
    /// [`crate::Error`].
    pub async fn recover(&self, recovery: Recovery, at: Micros, actor: &'static str) -> Result<()> {
        match self.writer().await? {
            Conn::Pg(mut c) => {
                let known = match identify(&mut c).await? {
                    Some(here) => settled(&here.onto(&stored(&mut c, "").await?)),
                    None => String::new(),
                };
                run(&mut *c, "BEGIN", &(void(true, recovery, at, actor) + &known)).await
            }
            Conn::Sqlite(mut c) => {
                run(&mut *c, "BEGIN IMMEDIATE", &void(false, recovery, at, actor)).await
            }
        }
    }
}

async fn run(c: &mut impl SimpleAsyncConnection, begin: &str, script: &str) -> Result<()> {
    let all = format!("{begin}; {script} COMMIT;");
    let mut rounds = 0;
    loop {
        match c.batch_execute(&all).await {
            Ok(()) => return Ok(()),
            Err(error) => {
                // It may not even have begun.
                drop(c.batch_execute("ROLLBACK").await);
                // Requests that lock in another order make PostgreSQL give one of the two up.
                if rounds == 3 {
                    return Err(error.into());
                }
                rounds += 1;
            }
        }
    }
}

/// When data was last lost by a recovery, and since when changes are lost where that is known.
pub async fn find_loss(conn: &mut Conn) -> Result<Option<(Micros, Option<Micros>)>> {
    let row: (Option<Micros>, Option<Micros>) = on!(conn, |c| instance::table
        .find(1)
        .select((instance::recovered_at, instance::lost_since))
        .first(c)
        .await)?;
    Ok(row.0.map(|at| (at, row.1)))
}
