//! The use cases: load facts, let the domain decide, apply the effects in one transaction.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "tests may panic"))]

pub mod account;
pub mod admin;
pub mod applications;
mod arrive;
pub mod association;
mod attempt;
mod audit;
pub mod brand;
pub mod breached;
mod callback;
mod challenge;
mod chance;
mod changes;
pub mod closing;
mod code_sign_in;
pub mod confirm;
mod contested;
mod doctor;
pub mod dry_run;
mod effects;
mod email_change;
mod factor_demand;
mod facts;
mod fault;
mod flash;
mod ground;
mod held;
mod limits;
pub mod mails;
pub mod merge;
#[cfg(test)]
mod model;
pub mod organisations;
mod own_code;
mod own_email;
mod own_password;
pub mod own_phone;
pub mod passkeys;
pub mod password;
pub mod policies;
pub mod policy_admin;
mod profile;
mod provider_save;
pub mod providers;
pub mod recovered;
mod recovery;
mod refused;
mod removal;
pub mod replay;
mod reset;
mod rotation;
pub mod second_factor;
mod sessions;
pub mod setup;
pub mod sign_up;
mod signing;
pub mod simulate;
pub mod start;
pub mod switches;
mod transaction;
pub mod undo;
mod values;
mod vault;
pub mod visitor;

pub use arrive::{Arrival, Destination};
pub use attempt::{AttemptView, CodeFor, Details, ShownAccount, ViewBody};
pub use callback::Callback;
pub use chance::{random_bytes, support_code, token};
pub use domain::policy::Problem as PolicyProblem;
pub use fault::Fault;
pub use password::HashCost;
pub use setup::FirstOwner;
pub use sign_up::NewPerson;
pub use start::{Entry, Purpose, Started};
pub use storage::instance::Recovery;
pub use transaction::Authority;
pub use vault::{MasterKey, Vault};
pub use visitor::{Caller, Visitor};

use std::{collections::HashMap, ops::Deref, sync::Arc};

use domain::{Micros, OrgId, ProviderId};
use storage::Store;
use tokio::sync::{Mutex, Semaphore};
use upstream::{Connector, Guard};

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
    pub leaks: breached::Leaks,
    /// Commits wait for the standby that would be promoted: a promotion loses nothing that was answered.
    pub synchronous_standby: bool,
    /// Providers may be called by plain http.
    pub plain_http: bool,
}

/// Connectors by provider, each with the revision that it was made from.
type Connectors = HashMap<ProviderId, (i64, Arc<dyn Connector>)>;

/// Everything that a use case needs.
pub struct Inner {
    pub store: Store,
    pub vault: Vault,
    pub clock: Clock,
    pub settings: Settings,
    pub org: OrgId,
    guard: Guard,
    connectors: Mutex<Connectors>,
    configured: std::sync::Mutex<Option<Arc<ground::Configured>>>,
    /// What all organisations share: the machine's cores and the signing keys.
    shared: Arc<Shared>,
}

struct Shared {
    hashing: Semaphore,
    waiting: Semaphore,
    keyring: std::sync::RwLock<Arc<issuer::Keyring>>,
    /// Whose people run the instance.
    home: OrgId,
}

/// The product without its web server. Cheap to clone. Inside a use case it carries what expressions gave so far.
#[derive(Clone)]
pub struct Ligature(Arc<Inner>, Arc<values::Answers>);

impl Deref for Ligature {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl Ligature {
    /// Opens the instance: reads or makes its data keys and its first organisation. The schema must be there.
    ///
    /// # Errors
    /// [`Fault::Storage`] without a database, [`Fault::WrongKey`] when the master key is not the one of this database (OP-07).
    pub async fn open(store: Store, master: &MasterKey, guard: Guard, clock: Clock, settings: Settings) -> Result<Self, Fault> {
        let now = clock();
        let vault = Vault::open(&store, master, now).await?;
        let keyring = std::sync::RwLock::new(Arc::new(signing::first_keys(&store, &vault, now).await?));
        let org = setup::organisation(&store, now).await?;
        let hashing = Semaphore::new(settings.hash_slots.max(1));
        let waiting = Semaphore::new(settings.hash_slots.max(1) * 16);
        Ok(Self::of_parts(store, vault, clock, settings, org, guard, Arc::new(Shared { hashing, waiting, keyring, home: org })))
    }

    fn of_parts(store: Store, vault: Vault, clock: Clock, settings: Settings, org: OrgId, guard: Guard, shared: Arc<Shared>) -> Self {
        let (connectors, configured) = (Mutex::new(HashMap::new()), std::sync::Mutex::new(None));
        Self(Arc::new(Inner { store, vault, clock, settings, org, guard, connectors, configured, shared }), Arc::default())
    }

    /// The same product for another organisation: its own accounts, providers, policies, keys and address.
    fn of_organisation(&self, org: OrgId, address: &str) -> Self {
        let settings = Settings { public_url: address.to_owned(), ..self.settings.clone() };
        let vault = self.vault.of((org != self.shared.home).then_some(org));
        Self::of_parts(self.store.clone(), vault, Arc::clone(&self.clock), settings, org, self.guard.clone(), Arc::clone(&self.shared))
    }

    /// The way out that calls take.
    #[must_use]
    pub fn way_out(&self) -> &Guard {
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

/// Rows that use cases hand through to pages unchanged.
pub mod rows {
    pub use storage::{
        accounts::{Account, Email},
        attributes::Attribute,
        audit::{AuditEvent, AuditFilter},
    };
}
