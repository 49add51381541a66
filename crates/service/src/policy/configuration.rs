//! What administrators configured: read anew when the organisation's stamp changed, and at no other time, so that a change
//! counts at once on every node.
use std::sync::{Arc, Mutex, PoisonError};

use domain::groups::folded;
use storage::{
    Conn,
    accounts::groups::{list_groups, list_mappings},
    policy::{
        config_version::find_config_version,
        documents::list_live_policies,
        organisations::{Organisation, load_organisation},
        providers::{Provider, list_providers},
    },
};

use crate::{
    Error,
    policy::{
        context::{ConfigSnapshot, GroupSettings, PolicyContext},
        documents::Policies,
    },
    services::Configuration,
};

/// Grounds are kept for this many applications.
const APPLICATIONS: usize = 1000;

impl Configuration {
    async fn config_snapshot(&self, c: &mut Conn) -> Result<Arc<ConfigSnapshot>, Error> {
        let stamp = find_config_version(c, self.org).await?;
        let seen = self.config_snapshot.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(seen) = seen.filter(|s| s.stamp == stamp) {
            return Ok(seen);
        }
        let policies = Arc::new(Policies::read(list_live_policies(c, self.org).await?)?);
        let providers = Arc::new(list_providers(c, self.org).await?);
        let organisation = Arc::new(load_organisation(c, self.org).await?);
        let groups = Arc::new(GroupSettings {
            keys: list_groups(c, self.org).await?.iter().map(|group| folded(&group.key)).collect(),
            rules: list_mappings(c, self.org).await?,
        });
        let fresh = Arc::new(ConfigSnapshot {
            stamp,
            policies,
            providers,
            organisation,
            groups,
            grounds: Mutex::default(),
        });
        // PostgreSQL shows each statement what was committed before it: keep only what belongs together.
        if find_config_version(c, self.org).await? == stamp {
            *self.config_snapshot.lock().unwrap_or_else(PoisonError::into_inner) =
                Some(Arc::clone(&fresh));
        }
        Ok(fresh)
    }

    /// The policies in force.
    pub(crate) async fn policies(&self, c: &mut Conn) -> Result<Arc<Policies>, Error> {
        Ok(Arc::clone(&self.config_snapshot(c).await?.policies))
    }

    /// The providers, its own and those that are offered to it.
    pub(crate) async fn providers(&self, c: &mut Conn) -> Result<Arc<Vec<Provider>>, Error> {
        Ok(Arc::clone(&self.config_snapshot(c).await?.providers))
    }

    /// The organisation's own row.
    pub(crate) async fn organisation_row(&self, c: &mut Conn) -> Result<Arc<Organisation>, Error> {
        Ok(Arc::clone(&self.config_snapshot(c).await?.organisation))
    }

    /// Policies and providers for decisions in an application, or in our own pages.
    pub(crate) async fn policy_context(
        &self,
        c: &mut Conn,
        client: Option<&str>,
    ) -> Result<Arc<PolicyContext>, Error> {
        let config_snapshot = self.config_snapshot(c).await?;
        if let Some(config) = config_snapshot
            .grounds
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&client.map(str::to_owned))
        {
            return Ok(Arc::clone(config));
        }
        let registered = match client {
            Some(client) => self.registered_client(c, client).await?,
            None => None,
        };
        let (only, open_to) =
            registered.map(|r| (r.settings.providers, r.settings.groups)).unwrap_or_default();
        // A provider that may not lead to this application is off on the way to it.
        let providers = match only {
            only if !only.is_empty() => Arc::new(
                config_snapshot
                    .providers
                    .iter()
                    .cloned()
                    .map(|p| Provider { enabled: p.enabled && only.contains(&p.key), ..p })
                    .collect(),
            ),
            _ => Arc::clone(&config_snapshot.providers),
        };
        let config = Arc::new(
            PolicyContext::new(
                Arc::clone(&config_snapshot.policies),
                providers,
                client.map(str::to_owned),
            )
            .with_groups(Arc::clone(&config_snapshot.groups), open_to),
        );
        // What changed while this was read has another stamp by now, and is read anew by the next.
        let mut grounds = config_snapshot.grounds.lock().unwrap_or_else(PoisonError::into_inner);
        if grounds.len() < APPLICATIONS {
            grounds.insert(client.map(str::to_owned), Arc::clone(&config));
        }
        Ok(config)
    }
}
