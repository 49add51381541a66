//! One consistent copy of an embedded database, taken while it is used.
use diesel::sql_types::Text;
use diesel_async::RunQueryDsl;

use crate::{Conn, Error, Result, Store};

impl Store {
    /// Copies an SQLite database into a new file (`VACUUM INTO`: one read transaction, writers go on).
    ///
    /// # Errors
    /// [`Error::Unavailable`] on PostgreSQL, which has its own tools; [`Error::Query`] when the file exists.
    pub async fn backup_to(&self, file: &str) -> Result<()> {
        if self.sqlite_path().is_none() {
            return Err(Error::Unavailable("PostgreSQL is backed up by pg_dump or base backups; see docs/how-to/back-up.md".into()));
        }
        match self.walk().await? {
            Conn::Sqlite(mut c) => {
                diesel::sql_query("VACUUM INTO ?").bind::<Text, _>(file).execute(&mut *c).await?;
                Ok(())
            }
            Conn::Pg(_) => Err(Error::Unavailable("not an SQLite database".into())),
        }
    }
}
