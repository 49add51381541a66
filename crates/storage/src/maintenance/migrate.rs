//! Migrations: twins for both databases, embedded, append-only.
use diesel_async::{AsyncMigrationHarness, SimpleAsyncConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::{Conn, Error, Result, Store, postgres::explained};

const SQLITE: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");
/// Keeps two nodes that start together from migrating at once (any number, the same for ever).
const LOCK: i64 = 4_711_815;

impl Store {
    /// Brings the schema up to date; answers the names of what ran. Needs tokio's multi-threaded runtime.
    ///
    /// # Errors
    /// [`Error::Migration`] with the database's words.
    pub async fn migrate(&self) -> Result<Vec<String>> {
        let broken = |e: Box<dyn std::error::Error + Send + Sync>| {
            Error::Migration(explained(&e.to_string()))
        };
        match self.writer().await? {
            Conn::Pg(mut guard) => {
                let Conn::Pg(c) = self.writer().await? else {
                    return Err(Error::Migration("the other database".into()));
                };
                // In a transaction of its own, which keeps one server behind a pooler in transaction mode (FR-61); it ends with its connection.
                guard
                    .batch_execute(&format!("BEGIN; SELECT pg_advisory_xact_lock({LOCK})"))
                    .await?;
                let mut harness = AsyncMigrationHarness::new(c);
                let ran = harness
                    .run_pending_migrations(POSTGRES)
                    .map(|v| v.iter().map(ToString::to_string).collect())
                    .map_err(broken);
                guard.batch_execute("COMMIT").await?;
                ran
            }
            Conn::Sqlite(c) => {
                let mut harness = AsyncMigrationHarness::new(c);
                harness
                    .run_pending_migrations(SQLITE)
                    .map(|v| v.iter().map(ToString::to_string).collect())
                    .map_err(broken)
            }
        }
    }
}
