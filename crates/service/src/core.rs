//! What every service stands on.
use std::{collections::HashMap, ops::Deref, sync::Arc};

use domain::{Micros, OrgId, ProviderId};
use storage::Store;
use tokio::sync::{Mutex, Semaphore};
use upstream::{Connector, SafeHttpClient};

use crate::{
    Error, HashCost, KeyStore, MasterKey,
    account::leaked_passwords::Leaks,
    crypto::signing::first_keys,
    first_organisation::first_organisation,
    policy::{context::ConfigSnapshot, expression_values::Answers, known_health::KnownHealth},
};

/// A clock: microseconds since 1970-01-01 UTC. Tests move it.
pub type Clock = Arc<dyn Fn() -> Micros + Send + Sync>;

/// What the use cases are told once, at start.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Scheme, host and port without a trailing slash; the only source of addresses (PX-01).
    pub public_url: String,
    pub session_idle: Micros,
    pub session_absolute: Micros,
    pub hash_cost: HashCost,
    /// Passwords hashed at the same time.
    pub hash_slots: usize,
    /// Messages with a code to one address in an hour, for each side (RL-05).
    pub mails_an_hour: i64,
    /// Texts can be sent.
    pub texts: bool,
    /// Country codes, each with its `+`, that texts may go to; empty: all.
    pub text_prefixes: Vec<String>,
    /// Texts an hour, over all numbers.
    pub texts_an_hour: i64,
    /// Codes for one account in a day, of every kind, for each side (RL-15).
    pub codes_a_day: i64,
    /// Wrong passwords for what was typed in one wait.
    pub wrong_passwords: i64,
    /// Where leaked passwords are looked up.
    pub leaks: Leaks,
    /// Commits wait for the standby that would be promoted: a promotion loses nothing that was answered.
    pub synchronous_standby: bool,
    /// How long events of the audit trail are kept; nothing: for ever.
    pub audit_kept: Option<Micros>,
    /// Providers may be called by plain http.
    pub plain_http: bool,
}

/// Connectors by provider, each with the revision that it was made from.
pub(crate) type Connectors = HashMap<ProviderId, (i64, Arc<dyn Connector>)>;

/// Everything that a use case needs.
pub struct Inner {
    pub store: Store,
    pub keys: KeyStore,
    pub clock: Clock,
    pub settings: Settings,
    pub org: OrgId,
    pub(crate) guard: SafeHttpClient,
    pub(crate) connectors: Mutex<Connectors>,
    pub(crate) config_snapshot: std::sync::Mutex<Option<Arc<ConfigSnapshot>>>,
    /// What all organisations share: the machine's cores and the signing keys.
    pub(crate) shared: Arc<Shared>,
}

pub(crate) struct Shared {
    pub hashing: Semaphore,
    pub waiting: Semaphore,
    pub keyring: std::sync::RwLock<Arc<issuer::Keyring>>,
    /// Whose people run the instance.
    pub home: OrgId,
    /// Whether providers do their work.
    pub health: KnownHealth,
}

/// Everything above, shared by all services. Cheap to clone. Inside a use case it carries what expressions gave so far.
#[derive(Clone)]
pub struct Core(Arc<Inner>, Arc<Answers>);

/// A service: a view of the core with the use cases of one area.
pub trait Service: Clone + Send + Sync + Deref<Target = Core> + From<Core> + 'static {}

impl Deref for Core {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl Core {
    /// Opens the instance: reads or makes its data keys and its first organisation. The schema must be there.
    ///
    /// # Errors
    /// [`Error::Storage`] without a database, [`Error::WrongKey`] when the master key is not the one of this database (OP-07).
    pub async fn open(
        store: Store,
        master: &MasterKey,
        guard: SafeHttpClient,
        clock: Clock,
        settings: Settings,
    ) -> Result<Self, Error> {
        let now = clock();
        let keys = KeyStore::open(&store, master, now).await?;
        let keyring = std::sync::RwLock::new(Arc::new(first_keys(&store, &keys, now).await?));
        let org = first_organisation(&store, now).await?;
        let hashing = Semaphore::new(settings.hash_slots.max(1));
        let waiting = Semaphore::new(settings.hash_slots.max(1) * 16);
        Ok(Self::of_parts(
            store,
            keys,
            clock,
            settings,
            org,
            guard,
            Arc::new(Shared {
                hashing,
                waiting,
                keyring,
                home: org,
                health: KnownHealth::default(),
            }),
        ))
    }

    fn of_parts(
        store: Store,
        keys: KeyStore,
        clock: Clock,
        settings: Settings,
        org: OrgId,
        guard: SafeHttpClient,
        shared: Arc<Shared>,
    ) -> Self {
        let (connectors, config_snapshot) =
            (Mutex::new(HashMap::new()), std::sync::Mutex::new(None));
        Self(
            Arc::new(Inner {
                store,
                keys,
                clock,
                settings,
                org,
                guard,
                connectors,
                config_snapshot,
                shared,
            }),
            Arc::default(),
        )
    }

    /// The same product for another organisation: its own accounts, providers, policies, keys and address.
    pub(crate) fn of_organisation(&self, org: OrgId, address: &str) -> Self {
        let settings = Settings { public_url: address.to_owned(), ..self.settings.clone() };
        let keys = self.keys.of((org != self.shared.home).then_some(org));
        Self::of_parts(
            self.store.clone(),
            keys,
            Arc::clone(&self.clock),
            settings,
            org,
            self.guard.clone(),
            Arc::clone(&self.shared),
        )
    }

    /// The same core, with values that expressions gave.
    pub(crate) fn with_answers(&self, answers: Answers) -> Self {
        Self(Arc::clone(&self.0), Arc::new(answers))
    }

    /// What expressions gave so far.
    pub(crate) fn answers(&self) -> &Answers {
        &self.1
    }

    /// The way out that calls take.
    #[must_use]
    pub fn way_out(&self) -> &SafeHttpClient {
        &self.guard
    }

    /// This is the organisation whose owners run the instance.
    #[must_use]
    pub fn is_home(&self) -> bool {
        self.org == self.shared.home
    }

    /// Now, by the instance's clock.
    #[must_use]
    pub fn now(&self) -> Micros {
        (self.clock)()
    }
}
