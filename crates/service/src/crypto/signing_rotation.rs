//! The life of signing keys: `next` is published a day before it signs, `active` signs, `retiring` stays published until
//! nothing that it signed counts, then it is gone (OP-06). Other nodes read the change within a minute.
use std::sync::Arc;

use domain::{DAY, EventKind, Micros, audit_events::Target};
use issuer::{Algorithm, Keyring};
use storage::{
    Key,
    maintenance::data_keys::{DataKey, add_key, list_keys, remove_key, set_key_state},
};

use crate::{
    Error,
    audit::Event,
    core::Core,
    crypto::signing::{ACTIVE, NEXT, RETIRING, fresh_key, keyring, kind},
    services::KeyRotation,
};

/// How long a key signs.
const LIFE: Micros = 90 * DAY;
/// How long a key is published before it signs, at least: caches of others live less.
const AHEAD: Micros = DAY;
/// How long a key is published after it has signed: longer than any token lives.
const AFTER: Micros = 2 * DAY;

impl Core {
    /// The keys as this node knows them.
    pub(crate) fn keyring(&self) -> Arc<Keyring> {
        self.shared
            .keyring
            .read()
            .map_or_else(|poisoned| Arc::clone(&poisoned.into_inner()), |ring| Arc::clone(&ring))
    }
}

impl KeyRotation {
    /// Public keys for the applications.
    #[must_use]
    pub fn jwks(&self) -> serde_json::Value {
        self.keyring().jwks()
    }

    /// Reads the keys anew: another node may have changed them.
    ///
    /// # Errors
    /// [`Error::WrongKey`], [`Error::Storage`].
    pub async fn reload_keys(&self) -> Result<(), Error> {
        let rows = list_keys(&mut self.store.read().await?).await?;
        let ring = Arc::new(keyring(&self.keys, &rows)?);
        match self.shared.keyring.write() {
            Ok(mut place) => *place = ring,
            Err(poisoned) => *poisoned.into_inner() = ring,
        }
        Ok(())
    }

    /// What is due of the keys' life: makes the next ones, lets them sign in time, drops the ones that are over.
    /// `at_once`: those that sign retire at once, whatever their age.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn rotate_due_keys(&self, at_once: bool) -> Result<(), Error> {
        for algorithm in Algorithm::ALL {
            self.tend(algorithm, at_once).await?;
        }
        self.reload_keys().await
    }

    async fn tend(&self, algorithm: Algorithm, at_once: bool) -> Result<(), Error> {
        let (now, kind) = (self.now(), kind(algorithm));
        let rows: Vec<DataKey> = list_keys(&mut self.store.read().await?)
            .await?
            .into_iter()
            .filter(|r| r.kind == kind)
            .collect();
        let of = |state: &str| rows.iter().find(|r| r.state == state);
        let over: Vec<Key> = rows
            .iter()
            .filter(|r| r.state == RETIRING && now - r.changed_at > AFTER)
            .map(|r| r.id)
            .collect();
        let old = of(ACTIVE).is_none_or(|active| now - active.changed_at > LIFE);
        let known = of(NEXT).is_some_and(|next| now - next.changed_at >= AHEAD);
        let made = if of(NEXT).is_none() {
            Some(fresh_key(&self.keys, algorithm, NEXT, now)?)
        } else {
            None
        };
        let promoted = (at_once || (old && known))
            .then(|| of(NEXT).or(made.as_ref()).map(|next| next.id))
            .flatten();
        if made.is_none() && promoted.is_none() && over.is_empty() {
            return Ok(());
        }
        // The one after it is published from now on.
        let following = if promoted.is_some() {
            Some(fresh_key(&self.keys, algorithm, NEXT, now)?)
        } else {
            None
        };
        let (this, active) = (self.clone(), of(ACTIVE).map(|a| a.id));
        self.store
            .write(move |c| {
                Box::pin(async move {
                    for id in over {
                        remove_key(c, id).await?;
                    }
                    if let Some(made) = &made {
                        add_key(c, made).await?;
                    }
                    if let Some(next) = promoted {
                        if let Some(active) = active {
                            set_key_state(c, active, ACTIVE, RETIRING, now).await?;
                        }
                        // Another node was faster: then its key signs.
                        if set_key_state(c, next, NEXT, ACTIVE, now).await? {
                            this.record(
                                c,
                                Event::system(EventKind::KeyRotated, Target::Key("sign".into()))
                                    .code(algorithm.name()),
                            )
                            .await?;
                        }
                        if let Some(following) = &following {
                            add_key(c, following).await?;
                        }
                    }
                    Ok(())
                })
            })
            .await
    }
}
