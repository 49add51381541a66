//! Connections of either database behind one type, and transactions that a dropped request cannot break.
use std::{
    os::unix::fs::OpenOptionsExt,
    panic::AssertUnwindSafe,
    path::Path,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use diesel::{Connection, ConnectionError, SqliteConnection, connection::SimpleConnection};
use diesel_async::{
    AsyncPgConnection, SimpleAsyncConnection,
    pooled_connection::{
        AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod,
        deadpool::{Object, Pool},
    },
    sync_connection_wrapper::{SpawnBlocking, SyncConnectionWrapper},
};
use futures_util::{FutureExt, TryFutureExt, future::BoxFuture};

use crate::{
    maintenance::recovery::{Watch, settle},
    postgres::{Address, explained, is_read_only, takes_no_writes},
};

type Lite = SyncConnectionWrapper<SqliteConnection, Place>;

/// Where SQLite's statements run. An indexed one takes a few microseconds, less than handing it to another thread and
/// back, so those run where they are asked; what can take long (a commit, a walk through a table) goes to tokio's
/// blocking threads (ADR 0011).
pub struct Place {
    here: Arc<AtomicBool>,
}

impl SpawnBlocking for Place {
    fn spawn_blocking<'a, R>(
        &mut self,
        task: impl FnOnce() -> R + Send + 'static,
    ) -> BoxFuture<'a, Result<R, Box<dyn std::error::Error + Send + Sync + 'static>>>
    where
        R: Send + 'static,
    {
        if self.here.load(Ordering::Relaxed) {
            return std::future::ready(Ok(task())).boxed();
        }
        tokio::task::spawn_blocking(task).map_err(Box::from).boxed()
    }

    fn get_runtime() -> Self {
        Self { here: Arc::default() }
    }
}

/// What can go wrong below the use cases.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No connection in time, or the database is gone: answer 503.
    #[error("the database does not answer: {0}")]
    Unavailable(String),
    /// A unique index said no.
    #[error("the row exists already")]
    Duplicate,
    /// The account was changed by somebody else since it was read: load and decide again.
    #[error("the account changed meanwhile")]
    Changed,
    #[error("query failed: {0}")]
    Query(String),
    #[error("migration failed: {0}")]
    Migration(String),
}

impl Error {
    /// Whatever kept a connection from being had, with what to do where that is known (FR-61).
    pub(crate) fn unavailable(words: impl std::fmt::Display) -> Self {
        Self::Unavailable(explained(&words.to_string()))
    }
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

impl From<diesel::result::Error> for Error {
    fn from(error: diesel::result::Error) -> Self {
        use diesel::result::{DatabaseErrorKind, Error as E};
        match error {
            E::DatabaseError(DatabaseErrorKind::UniqueViolation, _) => Self::Duplicate,
            // What it refers to was deleted meanwhile, or what is deleted is referred to by now.
            E::DatabaseError(DatabaseErrorKind::ForeignKeyViolation, _) => Self::Changed,
            // Two transactions waited for each other, and this one was chosen to give way.
            E::DatabaseError(DatabaseErrorKind::SerializationFailure, _) => Self::Changed,
            E::DatabaseError(_, info) if info.message() == "deadlock detected" => Self::Changed,
            E::DatabaseError(DatabaseErrorKind::ClosedConnection, info) => {
                Self::unavailable(info.message())
            }
            other => {
                let words = other.to_string();
                match takes_no_writes(&words) {
                    Some(reason) => Self::Unavailable(format!("{reason} ({words})")),
                    None => Self::Query(explained(&words)),
                }
            }
        }
    }
}

/// A connection from the pool.
#[expect(
    clippy::large_enum_variant,
    reason = "it lives on the stack of one request; a box would cost an allocation for nothing"
)]
pub enum Conn {
    Pg(Object<AsyncPgConnection>),
    Sqlite(Object<Lite>),
}

/// Runs one body on either database; it is type-checked for both.
macro_rules! on {
    ($conn:expr, |$c:ident| $body:expr) => {
        match $conn {
            $crate::Conn::Pg($c) => {
                let $c = &mut **$c;
                $body
            }
            $crate::Conn::Sqlite($c) => {
                let $c = &mut **$c;
                $body
            }
        }
    };
}

/// Runs writes of a transaction that wait for nothing of each other: a statement, then `Option`s of statements. Awaits them
/// itself. PostgreSQL gets all of them at once, also those behind one that fails; the first error in their order is the answer,
/// since those behind it fail only for that reason.
macro_rules! together {
    ($conn:expr, $first:expr $(, $more:expr)*) => {
        match $conn {
            $crate::Conn::Pg(c) => {
                let c: &diesel_async::AsyncPgConnection = &**c;
                let mut all = vec![$first.execute(&mut &*c)];
                $(all.extend($more.map(|query| query.execute(&mut &*c)));)*
                futures_util::future::join_all(all).await.into_iter().try_for_each(|one| one.map(drop))
            }
            $crate::Conn::Sqlite(c) => {
                let c = &mut **c;
                let mut done = $first.execute(c).await;
                $(
                    if let (Ok(_), Some(query)) = (&done, $more) {
                        done = query.execute(c).await;
                    }
                )*
                done.map(drop)
            }
        }
    };
}

enum Pools {
    Pg {
        pool: Pool<AsyncPgConnection>,
        address: Arc<Address>,
        /// Set once requests are served: each new connection may lead to a server that took over.
        watch: Arc<OnceLock<Watch>>,
    },
    /// SQLite takes one writer at a time; readers never wait for it (WAL).
    Sqlite {
        writer: Pool<Lite>,
        /// Whether the writer's statements run where they are asked: between BEGIN and COMMIT. There is one writer.
        writing: Arc<AtomicBool>,
        readers: Pool<Lite>,
        walkers: Pool<Lite>,
        path: String,
    },
}

/// The database.
#[derive(Clone)]
pub struct Store(Arc<Pools>);

impl Store {
    /// Opens the database of a URL: `sqlite://path` or `postgres://…`. Connections are made when first needed.
    ///
    /// # Errors
    /// [`Error::Unavailable`] for another scheme or a pool that cannot be built.
    pub fn open(url: &str, size: usize, wait: Duration) -> Result<Self> {
        let broken = |e: &dyn std::fmt::Display| Error::unavailable(e);
        if let Some(path) = url.strip_prefix("sqlite://") {
            let pool = |n: usize, here: &Arc<AtomicBool>| {
                let mut config = ManagerConfig::<Lite>::default();
                config.recycling_method = RecyclingMethod::Fast;
                let here = Arc::clone(here);
                config.custom_setup =
                    Box::new(move |url| open_sqlite(url.to_owned(), Arc::clone(&here)).boxed());
                Pool::builder(AsyncDieselConnectionManager::new_with_config(path, config))
                    .max_size(n)
                    .wait_timeout(Some(wait))
                    .runtime(deadpool_runtime())
                    .build()
            };
            let writing = Arc::new(AtomicBool::new(false));
            let writer = pool(1, &writing).map_err(|e| broken(&e))?;
            let readers =
                pool(size.max(1), &Arc::new(AtomicBool::new(true))).map_err(|e| broken(&e))?;
            let walkers = pool(2, &Arc::new(AtomicBool::new(false))).map_err(|e| broken(&e))?;
            return Ok(Self(Arc::new(Pools::Sqlite {
                writer,
                writing,
                readers,
                walkers,
                path: path.to_owned(),
            })));
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            let mut config = ManagerConfig::<AsyncPgConnection>::default();
            config.recycling_method = RecyclingMethod::Fast;
            let watch = Arc::new(OnceLock::new());
            let watching = Arc::clone(&watch);
            let address = Address::parse(url).map_err(|p| {
                Error::Unavailable(format!("database.url: {}: {}", p.value, p.remedy))
            })?;
            let address = Arc::new(address.patient(wait));
            let reaching = Arc::clone(&address);
            config.custom_setup = Box::new(move |_| {
                open_postgres(Arc::clone(&reaching), Arc::clone(&watching)).boxed()
            });
            let manager = AsyncDieselConnectionManager::new_with_config(url, config);
            let pool = Pool::builder(manager)
                .max_size(size.max(2))
                .wait_timeout(Some(wait))
                .create_timeout(Some(wait))
                .runtime(deadpool_runtime())
                .build()
                .map_err(|e| broken(&e))?;
            return Ok(Self(Arc::new(Pools::Pg { pool, address, watch })));
        }
        Err(Error::Unavailable("database.url must begin with sqlite:// or postgres://".into()))
    }

    /// Whether this is PostgreSQL.
    #[must_use]
    pub fn is_postgres(&self) -> bool {
        matches!(*self.0, Pools::Pg { .. })
    }

    /// How PostgreSQL is reached.
    #[must_use]
    pub fn postgres(&self) -> Option<&Address> {
        match &*self.0 {
            Pools::Pg { address, .. } => Some(address),
            Pools::Sqlite { .. } => None,
        }
    }

    pub(crate) fn sqlite_path(&self) -> Option<&str> {
        match &*self.0 {
            Pools::Pg { .. } => None,
            Pools::Sqlite { path, .. } => Some(path),
        }
    }

    /// A connection for reading by index: few rows, at once.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when none is free in time.
    pub async fn read(&self) -> Result<Conn> {
        match &*self.0 {
            Pools::Pg { pool, .. } => pool.get().await.map(Conn::Pg),
            Pools::Sqlite { readers, .. } => readers.get().await.map(Conn::Sqlite),
        }
        .map_err(Error::unavailable)
    }

    /// A connection for reading much: walks, counts and copies, which must not hold up other requests.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when none is free in time.
    pub async fn read_bulk(&self) -> Result<Conn> {
        match &*self.0 {
            Pools::Pg { pool, .. } => pool.get().await.map(Conn::Pg),
            Pools::Sqlite { walkers, .. } => walkers.get().await.map(Conn::Sqlite),
        }
        .map_err(Error::unavailable)
    }

    /// Has every later connection looked at before it is used; answers what is looked for.
    pub(crate) fn watch(&self, watch: Watch) -> Watch {
        match &*self.0 {
            Pools::Pg { watch: place, .. } => place.get_or_init(|| watch).clone(),
            Pools::Sqlite { .. } => watch,
        }
    }

    /// Drops the connections that wait in the pool.
    fn leave(&self) {
        if let Pools::Pg { pool, .. } = &*self.0 {
            pool.retain(|_, _| false);
        }
    }

    fn run_here(&self, here: bool) {
        if let Pools::Sqlite { writing, .. } = &*self.0 {
            writing.store(here, Ordering::Relaxed);
        }
    }

    pub(crate) async fn writer(&self) -> Result<Conn> {
        match &*self.0 {
            Pools::Pg { pool, .. } => pool.get().await.map(Conn::Pg),
            Pools::Sqlite { writer, .. } => writer.get().await.map(Conn::Sqlite),
        }
        .map_err(Error::unavailable)
    }

    /// Runs a transaction to its end even if the caller goes away: commit on `Ok`, roll back on `Err` and on panic.
    ///
    /// # Errors
    /// What `work` answers, or the database's own trouble.
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: for<'c> FnOnce(&'c mut Conn) -> BoxFuture<'c, Result<T, E>> + Send + 'static,
    {
        let store = self.clone();
        let task = tokio::spawn(async move {
            let mut conn = store.writer().await?;
            conn.run("BEGIN").await?;
            store.run_here(true);
            let done = AssertUnwindSafe(work(&mut conn)).catch_unwind().await;
            store.run_here(false);
            match done {
                Ok(Ok(value)) => match conn.run("COMMIT").await {
                    Ok(()) => Ok(value),
                    Err(error) => {
                        conn.discard();
                        Err(error.into())
                    }
                },
                Ok(Err(error)) => {
                    if conn.run("ROLLBACK").await.is_err() {
                        conn.discard();
                    } else if conn.is_demoted().await {
                        // What was the primary is a standby now: no connection to it is of use any more.
                        store.leave();
                        conn.discard();
                    }
                    Err(error)
                }
                Err(_panic) => {
                    conn.discard();
                    Err(Error::Query("a transaction panicked".into()).into())
                }
            }
        });
        task.await.unwrap_or_else(|e| Err(Error::Query(format!("transaction task: {e}")).into()))
    }
}

impl Conn {
    async fn run(&mut self, statement: &str) -> Result<()> {
        match self {
            Self::Pg(c) => c.batch_execute(statement).await?,
            Self::Sqlite(c) => {
                c.batch_execute(if statement == "BEGIN" { "BEGIN IMMEDIATE" } else { statement })
                    .await?
            }
        }
        Ok(())
    }

    /// The server takes no writes, although connections are for writing. Asked after a failure only.
    async fn is_demoted(&mut self) -> bool {
        match self {
            Self::Pg(c) => is_read_only(c).await,
            Self::Sqlite(_) => false,
        }
    }

    /// Takes a connection in an unknown state out of its pool.
    fn discard(self) {
        match self {
            Self::Pg(c) => drop(Object::take(c)),
            Self::Sqlite(c) => drop(Object::take(c)),
        }
    }
}

fn deadpool_runtime() -> deadpool::Runtime {
    deadpool::Runtime::Tokio1
}

async fn open_postgres(
    address: Arc<Address>,
    watch: Arc<OnceLock<Watch>>,
) -> std::result::Result<AsyncPgConnection, ConnectionError> {
    let mut conn = address.connect().await?;
    if let Some(watch) = watch.get() {
        settle(&mut conn, watch).await.map_err(ConnectionError::CouldntSetupConfiguration)?;
    }
    Ok(conn)
}

/// Makes an empty database file that only its owner reads, whatever the umask (FS-01); SQLite gives the files beside it the same
/// mode. What is there already stays, and a place where none can be made is told by SQLite itself.
pub(crate) fn make_private(file: &Path) {
    if !file.as_os_str().as_encoded_bytes().starts_with(b"file:")
        && !file.as_os_str().as_encoded_bytes().starts_with(b":")
    {
        drop(std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file));
    }
}

/// FULL: a commit that was answered survives a power cut (RB-10).
async fn open_sqlite(
    path: String,
    here: Arc<AtomicBool>,
) -> std::result::Result<Lite, ConnectionError> {
    let opening = tokio::task::spawn_blocking(move || {
        make_private(Path::new(&path));
        let mut conn = SqliteConnection::establish(&path)?;
        conn.batch_execute("PRAGMA busy_timeout=5000; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA cache_size=-16384;")
            .map_err(ConnectionError::CouldntSetupConfiguration)?;
        Ok::<_, ConnectionError>(conn)
    });
    let conn = opening.await.map_err(|e| ConnectionError::BadConnection(e.to_string()))??;
    Ok(Lite::with_runtime(conn, Place { here }))
}
