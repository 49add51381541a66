//! Whether the audit trail is what was sealed: `ligature audit verify`.
use storage::{
    Key,
    maintenance::{
        audit::AuditEvent,
        audit_batches::{AuditBatch, count_events_after, list_batches, list_events_between},
    },
};

use crate::{
    Error,
    audit_seals::{digests, removed_seal_of, seal_of},
    crypto::hex::hex,
    services::Maintenance,
};

/// What is wrong with a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Damage {
    /// A batch before it is not there, or is another one than it was sealed behind.
    Chain,
    /// Its own row was changed.
    Seal,
    /// So many of its events are not there any more.
    Missing(i64),
    /// So many events are there that were not when it was sealed.
    Inserted(i64),
    /// An event is another one than was sealed.
    Changed,
    /// The network of an event is another one.
    Network,
    /// Its events were removed by somebody else than the server.
    Removal,
}

impl std::fmt::Display for Damage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Chain => f.write_str("the batch before it is missing or is another one"),
            Self::Seal => f.write_str("its own row was changed"),
            Self::Missing(n) => write!(f, "{n} of its events are missing"),
            Self::Inserted(n) => write!(f, "{n} events were inserted"),
            Self::Changed => f.write_str("an event was changed"),
            Self::Network => f.write_str("the network of an event was changed"),
            Self::Removal => f.write_str("its events were not removed by the server"),
        }
    }
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verified {
    /// Batches that were looked at.
    pub batches: i64,
    /// Events in them, as sealed.
    pub events: i64,
    /// Batches whose events were removed because they were old enough.
    pub removed: i64,
    /// Events whose personal part was erased.
    pub erased: i64,
    /// Events that are not sealed yet.
    pub unsealed: i64,
    /// Broken batches by number, the first ones.
    pub broken: Vec<(i64, Damage)>,
    /// The newest batch, and its seal in hexadecimal digits: kept elsewhere, it shows when the newest batches are cut off.
    pub head: Option<(i64, String)>,
    /// The seal that was to be there is not.
    pub head_missing: bool,
}

impl Verified {
    /// Nothing is broken.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.broken.is_empty() && !self.head_missing
    }
}

/// Broken batches that are named.
const NAMED: usize = 20;

impl Maintenance {
    /// Reads every sealed event and compares it with its seal. `head`: a seal that must be in the chain.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn verify_audit(&self, head: Option<&str>) -> Result<Verified, Error> {
        let mut found = Verified { head_missing: head.is_some(), ..Verified::default() };
        let (mut before, mut previous) = (Key([0; 16]), Vec::new());
        loop {
            let batches =
                list_batches(&mut self.store.read_bulk().await?, found.batches, 100).await?;
            // Numbers without gaps: what does not follow is behind a batch that is not there.
            if batches.is_empty() {
                break;
            }
            for batch in batches {
                let events = list_events_between(
                    &mut self.store.read_bulk().await?,
                    (before, batch.last_id),
                    batch.events + 1000,
                )
                .await?;
                let in_place = batch.number == found.batches + 1 && batch.previous == previous;
                let damage =
                    if in_place { self.damage(&batch, &events) } else { Some(Damage::Chain) };
                if let Some(damage) = damage
                    && found.broken.len() < NAMED
                {
                    found.broken.push((batch.number, damage));
                }
                let seal = hex(&batch.seal);
                found.head_missing &= head.is_some_and(|head| !head.eq_ignore_ascii_case(&seal));
                found.removed += i64::from(batch.removed_at.is_some());
                let erased = events.iter().filter(|(_, e)| e.withheld.is_some()).count();
                found.erased += i64::try_from(erased).unwrap_or(i64::MAX);
                found.events += batch.events;
                found.batches = batch.number;
                found.head = Some((batch.number, seal));
                (before, previous) = (batch.last_id, batch.seal);
            }
        }
        found.unsealed = count_events_after(&mut self.store.read_bulk().await?, before).await?;
        Ok(found)
    }

    fn damage(&self, batch: &AuditBatch, events: &[(Key, AuditEvent)]) -> Option<Damage> {
        if seal_of(&self.keys, batch) != batch.seal {
            return Some(Damage::Seal);
        }
        let there = i64::try_from(events.len()).unwrap_or(i64::MAX);
        if let Some(at) = batch.removed_at {
            if Some(removed_seal_of(&self.keys, batch, at)) != batch.removed_seal {
                return Some(Damage::Removal);
            }
            return (there > 0).then_some(Damage::Inserted(there));
        }
        match there - batch.events {
            0 => {}
            more if more > 0 => return Some(Damage::Inserted(more)),
            fewer => return Some(Damage::Missing(-fewer)),
        }
        let salt = batch.network_salt.as_deref();
        match digests(self, events, salt.unwrap_or_default()) {
            Some((content, _)) if content != batch.content => Some(Damage::Changed),
            None => Some(Damage::Changed),
            Some((_, networks)) if salt.is_some() && networks != batch.networks => {
                Some(Damage::Network)
            }
            Some(_) => None,
        }
    }
}
