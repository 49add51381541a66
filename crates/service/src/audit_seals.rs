//! Seals over the audit trail: events that are ten minutes old go into batches, each with a digest over its events and
//! over the batch before it, sealed by a key that is not in the database. A sign-in knows nothing of it.
use domain::{EventKind, HOUR, MINUTE, Micros, OrgId};
use sha2::{Digest, Sha256};
use storage::{
    Bytes, Key,
    maintenance::{
        audit::AuditEvent,
        audit_batches::{
            AuditBatch, add_batch, find_last_batch, list_events_between, list_old_batches,
            remove_batch_events, wipe_networks,
        },
    },
};

use crate::{
    Error,
    crypto::{keys::KeyStore, random::random_bytes},
    services::Maintenance,
};

/// How old an event is before it is sealed: no transaction takes longer, and no two clocks differ by more.
const SETTLED: Micros = 10 * MINUTE;
/// Events in a batch.
const A_BATCH: usize = 1000;
/// A batch that is not full is closed once its oldest event is this old.
const LATEST: Micros = HOUR;
/// Batches that one round seals, wipes or removes.
const A_ROUND: usize = 20;
/// How long a network stays in an event (GD-03).
const NETWORK_KEPT: Micros = 30 * domain::DAY;

/// SHA-256 over parts, each with its length in front.
pub(crate) fn digest(parts: &[&[u8]]) -> Bytes {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().to_vec()
}

/// What of an event is personal and can be erased, as one digest. After that it stands in the row itself.
fn personal(event: &AuditEvent) -> Bytes {
    let account = event.account_id.map(|id| id.0.to_vec()).unwrap_or_default();
    // The network in the detail of such an event is wiped after thirty days.
    let detail =
        if event.kind == EventKind::SignInStuffing.name() { "{}" } else { event.detail.as_str() };
    digest(&[
        event.salt.as_deref().unwrap_or_default(),
        &account,
        event.subject_hash.as_bytes(),
        detail.as_bytes(),
    ])
}

/// What an erased event keeps for its batch: the digest of what was erased, and the server's word that it was erased.
pub(crate) fn withheld(keys: &KeyStore, event: &AuditEvent) -> Bytes {
    if let Some(before) = &event.withheld {
        return before.clone();
    }
    let digest = personal(event);
    let word = keys.lookup(&[b"audit-erased", &event.id.0, &digest]);
    [digest, word].concat()
}

/// The digest of an event's personal part; `None` if the row says that it was erased and the server never said so.
fn personal_or_withheld(keys: &KeyStore, event: &AuditEvent) -> Option<Bytes> {
    let Some(withheld) = &event.withheld else { return Some(personal(event)) };
    let (digest, word) = withheld.split_at_checked(32)?;
    let erased = event.account_id.is_none() && event.detail == "{}" && event.salt.is_none();
    let said = keys.lookup(&[b"audit-erased", &event.id.0, digest]) == word;
    (erased && said).then(|| digest.to_vec())
}

/// The digest of everything of an event but its network.
fn content_of(keys: &KeyStore, org: Key, event: &AuditEvent) -> Option<Bytes> {
    let personal = personal_or_withheld(keys, event)?;
    let actor = event.actor_id.map(|id| id.0.to_vec()).unwrap_or_default();
    Some(digest(&[
        &event.id.0,
        &org.0,
        &event.at.to_be_bytes(),
        event.kind.as_bytes(),
        event.actor.as_bytes(),
        &actor,
        event.target_kind.as_bytes(),
        event.target.as_bytes(),
        event.provider.as_bytes(),
        event.application.as_bytes(),
        event.outcome.as_bytes(),
        event.code.as_bytes(),
        event.support_code.as_bytes(),
        &personal,
    ]))
}

/// The digests of a batch's events: what stays, and their networks. `None` where an erasure is not the server's.
pub(super) fn digests(
    core: &Maintenance,
    events: &[(Key, AuditEvent)],
    salt: &[u8],
) -> Option<(Bytes, Bytes)> {
    let (mut content, mut networks) = (Sha256::new(), Sha256::new());
    networks.update(salt);
    for (org, event) in events {
        let keys = core.keys.of((*org != Key(core.shared.home.0)).then_some(OrgId(org.0)));
        content.update(content_of(&keys, *org, event)?);
        networks.update(digest(&[&event.id.0, event.network.as_bytes()]));
    }
    Some((content.finalize().to_vec(), networks.finalize().to_vec()))
}

/// The seal over a batch.
pub(super) fn seal_of(keys: &KeyStore, b: &AuditBatch) -> Bytes {
    keys.lookup(&[
        b"audit-batch",
        &b.number.to_be_bytes(),
        &b.last_id.0,
        &b.last_at.to_be_bytes(),
        &b.sealed_at.to_be_bytes(),
        &b.events.to_be_bytes(),
        &b.content,
        &b.networks,
        &b.previous,
    ])
}

/// The seal over the removal of a batch's events.
pub(super) fn removed_seal_of(keys: &KeyStore, b: &AuditBatch, at: Micros) -> Bytes {
    keys.lookup(&[b"audit-removed", &b.seal, &at.to_be_bytes()])
}

/// The id that no event of an earlier moment reaches.
fn id_at(at: Micros) -> Key {
    let millis = u64::try_from(at / 1000).unwrap_or_default().to_be_bytes();
    let mut id = [0; 16];
    for (to, from) in id.iter_mut().zip(millis.iter().skip(2)) {
        *to = *from;
    }
    Key(id)
}

impl Maintenance {
    /// Seals what is old enough, wipes networks after thirty days, and removes what is older than it is to be kept. Of the
    /// home organisation, for all.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn seal_audit(&self) -> Result<usize, Error> {
        let mut sealed = 0;
        while sealed < A_ROUND {
            let Some(batch) = self.next_batch().await? else { break };
            let (number, seal) = (batch.number, crate::crypto::hex::hex(&batch.seal));
            let added = self
                .store
                .write::<_, Error, _>(move |c| {
                    Box::pin(async move { Ok(add_batch(c, &batch).await?) })
                })
                .await;
            match added {
                // Another node was faster.
                Err(Error::Storage(storage::Error::Duplicate)) => break,
                other => other?,
            }
            tracing::info!(
                audit.batch = number,
                audit.seal = seal,
                "a batch of the audit trail is sealed"
            );
            sealed += 1;
        }
        Ok(sealed + self.wipe_old_networks().await? + self.remove_old_events().await?)
    }

    async fn next_batch(&self) -> Result<Option<AuditBatch>, Error> {
        let mut conn = self.store.read_bulk().await?;
        let c = &mut conn;
        let (now, last) = (self.now(), find_last_batch(c).await?);
        let after = last.as_ref().map_or(Key([0; 16]), |b| b.last_id);
        let limit = i64::try_from(A_BATCH).unwrap_or(i64::MAX);
        let events = list_events_between(c, (after, id_at(now - SETTLED)), limit).await?;
        drop(conn);
        let (Some((_, oldest)), Some((_, newest))) = (events.first(), events.last()) else {
            return Ok(None);
        };
        if events.len() < A_BATCH && oldest.at > now - LATEST {
            return Ok(None);
        }
        let salt = random_bytes::<16>().to_vec();
        let Some((content, networks)) = digests(self, &events, &salt) else {
            return Err(Error::Internal("an event of the audit trail was erased by somebody else: run `ligature audit verify`".into()));
        };
        let mut batch = AuditBatch {
            number: last.as_ref().map_or(1, |b| b.number + 1),
            last_id: newest.id,
            last_at: events.iter().map(|(_, e)| e.at).max().unwrap_or(newest.at),
            sealed_at: now,
            events: i64::try_from(events.len()).unwrap_or(i64::MAX),
            content,
            networks,
            network_salt: Some(salt),
            previous: last.map(|b| b.seal).unwrap_or_default(),
            seal: Vec::new(),
            removed_at: None,
            removed_seal: None,
        };
        batch.seal = seal_of(&self.keys, &batch);
        Ok(Some(batch))
    }

    async fn wipe_old_networks(&self) -> Result<usize, Error> {
        let before = self.now() - NETWORK_KEPT;
        let limit = i64::try_from(A_ROUND).unwrap_or(i64::MAX);
        let old = list_old_batches(&mut self.store.read_bulk().await?, before, true, limit).await?;
        let mut wiped = 0;
        for batch in old {
            wiped += self
                .store
                .write::<_, Error, _>(move |c| {
                    Box::pin(async move { Ok(wipe_networks(c, &batch).await?) })
                })
                .await?;
        }
        Ok(wiped)
    }

    async fn remove_old_events(&self) -> Result<usize, Error> {
        let Some(kept) = self.settings.audit_kept else { return Ok(0) };
        let (now, limit) = (self.now(), i64::try_from(A_ROUND).unwrap_or(i64::MAX));
        let old =
            list_old_batches(&mut self.store.read_bulk().await?, now - kept, false, limit).await?;
        let mut removed = 0;
        for batch in old {
            let seal = removed_seal_of(&self.keys, &batch, now);
            removed += self
                .store
                .write::<_, Error, _>(move |c| {
                    Box::pin(async move { Ok(remove_batch_events(c, &batch, now, &seal).await?) })
                })
                .await?;
        }
        Ok(removed)
    }
}
