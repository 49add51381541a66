//! The keys that tokens are signed with, as rows: made, opened and put together.
use domain::Micros;
use issuer::{Algorithm, Keyring, Signer};
use storage::{
    Key,
    maintenance::data_keys::{DataKey, add_key, list_keys},
};

use crate::{Error, KeyStore, crypto::random::row_id};

pub(super) const NEXT: &str = "next";
pub(super) const ACTIVE: &str = "active";
pub(super) const RETIRING: &str = "retiring";

/// The kind of an algorithm's keys in the table.
pub(super) fn kind(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::Rs256 => "signing",
        Algorithm::Es256 => "signing_es256",
        Algorithm::EdDsa => "signing_eddsa",
    }
}

fn broken(error: impl std::fmt::Display) -> Error {
    Error::Internal(error.to_string())
}

/// A new key of an algorithm, in a state.
pub(crate) fn fresh_key(
    keys: &KeyStore,
    algorithm: Algorithm,
    state: &str,
    now: Micros,
) -> Result<DataKey, Error> {
    let pem = issuer::generate(algorithm).map_err(broken)?;
    let wrapped = keys.wrap(kind(algorithm), pem.as_bytes())?;
    Ok(DataKey {
        id: Key(row_id(now)),
        kind: kind(algorithm).into(),
        state: state.into(),
        wrapped,
        public: String::new(),
        created_at: now,
        changed_at: now,
    })
}

/// Opens every signing key.
pub(crate) fn keyring(keys: &KeyStore, rows: &[DataKey]) -> Result<Keyring, Error> {
    let mut ring = Keyring::default();
    for algorithm in Algorithm::ALL {
        for row in rows.iter().filter(|r| r.kind == kind(algorithm)) {
            let pem = String::from_utf8(keys.unwrap(&row.kind, &row.wrapped)?)
                .map_err(|_| Error::WrongKey)?;
            ring.add(Signer::from_pem(&pem, algorithm).map_err(broken)?, row.state == ACTIVE);
        }
    }
    Ok(ring)
}

/// The keys of an instance, made where there are none yet.
pub(crate) async fn first_keys(
    store: &storage::Store,
    keys: &KeyStore,
    now: Micros,
) -> Result<Keyring, Error> {
    let rows = list_keys(&mut store.read().await?).await?;
    let missing: Vec<DataKey> = Algorithm::ALL
        .into_iter()
        .filter(|a| !rows.iter().any(|r| r.kind == kind(*a) && r.state == ACTIVE))
        .map(|a| fresh_key(keys, a, ACTIVE, now))
        .collect::<Result<_, _>>()?;
    if missing.is_empty() {
        return keyring(keys, &rows);
    }
    store
        .write::<_, Error, _>(move |c| {
            Box::pin(async move {
                // One that another node made in the meantime stays.
                for row in &missing {
                    add_key(c, row).await?;
                }
                Ok(())
            })
        })
        .await?;
    keyring(keys, &list_keys(&mut store.read().await?).await?)
}
