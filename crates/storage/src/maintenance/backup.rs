//! One consistent copy of an embedded database, taken while it is used.
use std::path::{Path, PathBuf};

use diesel::{Connection, SqliteConnection, sql_types::Text};
use diesel_async::RunQueryDsl;
use domain::Micros;

use crate::{Conn, Error, Result, Store, conn::make_private, maintenance::instance::mark};

impl Store {
    /// Copies an SQLite database into a new file (`VACUUM INTO`: one read transaction, writers go on). The copy says that it is
    /// one, and of when, so that it is known where it is restored (RB-18); it has its name only after that.
    ///
    /// # Errors
    /// [`Error::Unavailable`] on PostgreSQL, which has its own tools; [`Error::Query`] when the file exists.
    pub async fn backup_to(&self, file: &Path, at: Micros) -> Result<()> {
        if self.sqlite_path().is_none() {
            return Err(Error::Unavailable(
                "PostgreSQL is backed up by pg_dump or base backups; see docs/how-to/back-up.md"
                    .into(),
            ));
        }
        if file.exists() {
            return Err(Error::Query(format!("{} exists already", file.display())));
        }
        let mut unfinished = file.as_os_str().to_owned();
        unfinished.push(".unfinished");
        let unfinished = PathBuf::from(unfinished);
        let made = self.copy(&unfinished, file, at).await;
        if made.is_err() {
            drop(std::fs::remove_file(&unfinished));
        }
        made
    }

    async fn copy(&self, unfinished: &Path, file: &Path, at: Micros) -> Result<()> {
        let said = |e: &dyn std::fmt::Display| Error::Query(e.to_string());
        // What an interrupted backup left.
        drop(std::fs::remove_file(unfinished));
        make_private(unfinished);
        match self.read_bulk().await? {
            Conn::Sqlite(mut c) => {
                diesel::sql_query("VACUUM INTO ?")
                    .bind::<Text, _>(unfinished.to_string_lossy())
                    .execute(&mut *c)
                    .await?
            }
            Conn::Pg(_) => return Err(Error::Unavailable("not an SQLite database".into())),
        };
        let (unfinished, file) = (unfinished.to_owned(), file.to_owned());
        let named = tokio::task::spawn_blocking(move || {
            let mut copy =
                SqliteConnection::establish(&unfinished.to_string_lossy()).map_err(|e| said(&e))?;
            mark(&mut copy, at)?;
            drop(copy);
            std::fs::File::open(&unfinished)
                .and_then(|f| f.sync_all())
                .and_then(|()| std::fs::rename(&unfinished, &file))
                .map_err(|e| said(&e))
        });
        named.await.map_err(|e| Error::Query(e.to_string()))?
    }
}
