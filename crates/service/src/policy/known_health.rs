//! What this process knows of the health of providers.
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use domain::{OrgId, ProviderId, provider_health::Health};
use storage::policy::providers::Provider;

/// A provider's figures for monitoring.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderFigures {
    pub organisation: OrgId,
    pub key: String,
    pub available: bool,
    pub requests: u64,
    pub failures: u64,
}

/// What is known of the providers of all organisations.
#[derive(Debug, Default)]
pub(crate) struct KnownHealth(Mutex<HashMap<ProviderId, Known>>);

/// Of one provider, as it is configured since `rev`: other settings begin anew.
#[derive(Debug, Clone)]
struct Known {
    rev: i64,
    organisation: OrgId,
    key: String,
    health: Health,
}

impl KnownHealth {
    fn all(&self) -> MutexGuard<'_, HashMap<ProviderId, Known>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn with<T>(&self, row: &Provider, work: impl FnOnce(&mut Health) -> T) -> T {
        let mut all = self.all();
        let fresh = || Known {
            rev: row.rev,
            organisation: row.organisation_id,
            key: row.key.clone(),
            health: Health::default(),
        };
        let known = all.entry(row.id).or_insert_with(fresh);
        if known.rev < row.rev {
            *known = fresh();
        }
        work(&mut known.health)
    }

    /// Figures of every provider that was asked.
    pub fn figures(&self) -> Vec<ProviderFigures> {
        self.all()
            .values()
            .filter(|known| known.health.requests > 0)
            .map(|known| ProviderFigures {
                organisation: known.organisation,
                key: known.key.clone(),
                available: known.health.unavailable_since().is_none(),
                requests: known.health.requests,
                failures: known.health.failures,
            })
            .collect()
    }
}
