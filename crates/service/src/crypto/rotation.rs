//! The life of the keys that seal and of the master keys (OP-06). A new sealing key is `next` until every node knows it, then
//! `active`; the one before is `retiring` while what it sealed is sealed anew, then `resealed` until nothing short-lived can need
//! it, then gone. Nothing that lives longer is lost by it, and nobody is signed out.
use crate::services::KeyRotation;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{
    AccountId, DAY, EventKind, MINUTE, Micros, account_rules::rewind::KEPT, audit_events::Target,
};
use serde_json::json;
use storage::{
    Key,
    maintenance::{
        data_keys::{DataKey, add_key, list_keys, remove_key, rewrap_key, set_key_state},
        sealed::{Column, Sealed, list_sealed, replace_sealed},
    },
};

use crate::{
    Error, MasterKey,
    account::second_factor::purpose,
    audit::Event,
    crypto::{
        keys::ROTATING,
        random::{random_bytes, row_id},
    },
};

/// How long a key is known before it seals: every node reads the keys each minute.
const KNOWN: Micros = 2 * MINUTE;
/// How long a key opens after it has sealed: longer than cookies, attempts, codes, letters and the journal of an account's
/// changes live.
const OPENS: Micros = KEPT + DAY;
/// Rows in one transaction.
const PART: i64 = 200;

impl KeyRotation {
    /// Makes new keys that seal; they come into use by themselves within minutes. `false` when a change is under way.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn rotate_data_keys(&self) -> Result<bool, Error> {
        let now = self.now();
        let rows = list_keys(&mut self.store.read().await?).await?;
        if rows.iter().any(|r| ROTATING.contains(&r.kind.as_str()) && r.state == "next") {
            return Ok(false);
        }
        let mut fresh = Vec::new();
        for kind in ROTATING {
            let wrapped = self.keys.wrap(kind, &random_bytes::<32>())?;
            fresh.push(DataKey {
                id: Key(row_id(now)),
                kind: kind.into(),
                state: "next".into(),
                wrapped,
                public: String::new(),
                created_at: now,
                changed_at: now,
            });
        }
        self.store
            .write::<_, Error, _>(move |c| {
                Box::pin(async move {
                    for row in &fresh {
                        add_key(c, row).await?;
                    }
                    Ok(())
                })
            })
            .await?;
        self.reload_data_keys().await?;
        Ok(true)
    }

    /// What is due of the sealing keys' life, each minute on each node.
    ///
    /// # Errors
    /// [`Error`].
    pub(crate) async fn rotate_due_data_keys(&self) -> Result<(), Error> {
        self.reload_data_keys().await?;
        let (now, rows) = (self.now(), list_keys(&mut self.store.read().await?).await?);
        for kind in ROTATING {
            let of = |state: &str| {
                rows.iter().filter(|r| r.kind == kind && r.state == state).collect::<Vec<_>>()
            };
            if let [next, ..] = of("next").as_slice()
                && now - next.changed_at >= KNOWN
            {
                self.promote(kind, next.id, of("active").first().map(|r| r.id)).await?;
                self.reload_data_keys().await?;
            }
            for old in of("retiring") {
                // Other nodes seal with it until they read the keys.
                if now - old.changed_at >= KNOWN {
                    if kind == "seal" {
                        self.reseal_everything().await?;
                    }
                    let id = old.id;
                    self.store
                        .write::<_, Error, _>(move |c| {
                            Box::pin(async move {
                                Ok(set_key_state(c, id, "retiring", "resealed", now).await?)
                            })
                        })
                        .await?;
                }
            }
            for over in of("resealed") {
                if now - over.changed_at >= OPENS {
                    let id = over.id;
                    self.store
                        .write::<_, Error, _>(move |c| {
                            Box::pin(async move { Ok(remove_key(c, id).await?) })
                        })
                        .await?;
                }
            }
        }
        self.reload_data_keys().await
    }

    async fn promote(
        &self,
        kind: &'static str,
        next: Key,
        active: Option<Key>,
    ) -> Result<(), Error> {
        let (this, now) = (self.clone(), self.now());
        self.store
            .write(move |c| {
                Box::pin(async move {
                    // Another node was faster: then there is nothing to do.
                    if let Some(active) = active
                        && set_key_state(c, active, "active", "retiring", now).await?
                        && set_key_state(c, next, "next", "active", now).await?
                    {
                        let target = Target::Key(kind.into());
                        this.record(c, Event::system(EventKind::KeyRotated, target).code(kind))
                            .await?;
                    }
                    Ok(())
                })
            })
            .await
    }

    async fn reload_data_keys(&self) -> Result<(), Error> {
        self.keys.reload(&list_keys(&mut self.store.read().await?).await?)
    }

    /// Seals anew whatever an older key sealed; what is changed meanwhile was sealed by the new one.
    async fn reseal_everything(&self) -> Result<(), Error> {
        let mut changed = 0_usize;
        for column in Column::ALL {
            let mut after = Key([0; 16]);
            loop {
                let part =
                    list_sealed(&mut self.store.read_bulk().await?, column, after, PART).await?;
                let Some(last) = part.last() else { break };
                after = last.id;
                let mut fresh = Vec::new();
                for row in part {
                    if let Some(value) = self.resealed(column, &row)? {
                        fresh.push((row, value));
                    }
                }
                changed += fresh.len();
                if !fresh.is_empty() {
                    self.store
                        .write::<_, Error, _>(move |c| {
                            Box::pin(async move {
                                for (old, value) in &fresh {
                                    replace_sealed(c, column, old, value).await?;
                                }
                                Ok(())
                            })
                        })
                        .await?;
                }
            }
        }
        let this = self.clone();
        self.store
            .write(move |c| {
                Box::pin(async move {
                    this.record(
                        c,
                        Event::system(EventKind::KeyResealed, Target::Key("seal".into()))
                            .detail(json!({ "values": changed })),
                    )
                    .await
                })
            })
            .await
    }

    /// A row's value under the key of now; `None` when it is already, or cannot be opened at all.
    fn resealed(&self, column: Column, row: &Sealed) -> Result<Option<Vec<u8>>, Error> {
        let keys = self.keys.of((row.organisation != self.shared.home).then_some(row.organisation));
        match (column, row.account) {
            (Column::Claims, _) => keys.reseal("claims", &row.value),
            (Column::ProviderSecret, _) => keys.reseal("provider-secret", &row.value),
            (Column::OneTime, Some(account)) => {
                let Ok(bytes) = URL_SAFE_NO_PAD.decode(&row.value) else { return Ok(None) };
                Ok(keys
                    .reseal(&purpose(AccountId::from(account)), &bytes)?
                    .map(|fresh| URL_SAFE_NO_PAD.encode(fresh).into_bytes()))
            }
            (Column::OneTime, None) => Ok(None),
        }
    }

    /// Takes the master keys of the file, when they open every data key.
    ///
    /// # Errors
    /// [`Error::WrongKey`], and the ones of before stay.
    pub async fn adopt_master(&self, master: &MasterKey) -> Result<(), Error> {
        self.keys.adopt(master, &list_keys(&mut self.store.read().await?).await?)
    }

    /// Wraps every data key with the first master key; afterwards no other one is needed.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn rewrap_data_keys(&self) -> Result<usize, Error> {
        let this = self.clone();
        self.store
            .write(move |c| {
                Box::pin(async move {
                    let rows = list_keys(c).await?;
                    for row in &rows {
                        let plain = this.keys.unwrap(&row.kind, &row.wrapped)?;
                        rewrap_key(c, row.id, &this.keys.wrap(&row.kind, &plain)?).await?;
                    }
                    this.record(
                        c,
                        Event::operator(EventKind::KeyRewrapped, Target::Key("master".into()))
                            .detail(json!({ "keys": rows.len() })),
                    )
                    .await?;
                    Ok(rows.len())
                })
            })
            .await
    }
}
