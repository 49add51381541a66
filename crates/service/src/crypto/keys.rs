//! Keys: one master key wraps the data keys in the database; they seal columns and cookies, and make keyed hashes.
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use domain::{Micros, OrgId};
use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use storage::{
    Key, Store,
    maintenance::data_keys::{DataKey, add_key, list_keys},
};

use crate::{
    Error,
    crypto::random::{random_bytes, row_id},
};

/// The master keys of an instance, a line of `id:base64` of 32 bytes each. The first wraps; those after it open what they
/// wrapped before, until everything is wrapped anew (OP-06).
#[derive(Clone)]
pub struct MasterKey(Vec<SecretString>);

impl MasterKey {
    /// Reads the text of a key file.
    ///
    /// # Errors
    /// [`Error::WrongKey`] when it holds none, or a line that is none.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let keys: Vec<SecretString> = text
            .lines()
            .map(str::trim)
            .filter(|l| !l.is_empty())
            .map(|line| {
                line.split_once(':').map(|(_, key)| SecretString::from(key)).ok_or(Error::WrongKey)
            })
            .collect::<Result<_, _>>()?;
        let keys = Self(keys);
        if keys.ciphers()?.is_empty() { Err(Error::WrongKey) } else { Ok(keys) }
    }

    /// The text of a new key file.
    #[must_use]
    pub fn generate() -> String {
        format!("k1:{}\n", STANDARD.encode(random_bytes::<32>()))
    }

    /// The text of a key file with a new key in front of those that are there.
    #[must_use]
    pub fn generate_before(text: &str) -> String {
        let progress: Vec<&str> = text.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
        let highest = progress
            .iter()
            .filter_map(|l| l.split_once(':')?.0.strip_prefix('k')?.parse::<u32>().ok())
            .max()
            .unwrap_or_default();
        let older: String = progress.iter().map(|l| format!("{l}\n")).collect();
        format!("k{}:{}\n{older}", highest + 1, STANDARD.encode(random_bytes::<32>()))
    }

    /// The text of a key file with its first key only.
    #[must_use]
    pub fn first_of(text: &str) -> String {
        text.lines()
            .map(str::trim)
            .find(|l| !l.is_empty())
            .map_or_else(String::new, |l| format!("{l}\n"))
    }

    fn ciphers(&self) -> Result<Vec<XChaCha20Poly1305>, Error> {
        self.0
            .iter()
            .map(|key| {
                let bytes: [u8; 32] = STANDARD
                    .decode(key.expose_secret())
                    .ok()
                    .and_then(|b| b.try_into().ok())
                    .ok_or(Error::WrongKey)?;
                Ok(XChaCha20Poly1305::new(&bytes.into()))
            })
            .collect()
    }
}

/// The opened data keys of the instance.
struct Root {
    masters: Vec<XChaCha20Poly1305>,
    /// The first seals; all of them open.
    seal: Vec<[u8; 32]>,
    mac: Vec<[u8; 32]>,
    lookup: [u8; 32],
}

/// The keys as one organisation has them: the home organisation the data keys themselves, every other one keys of its own that are
/// derived from them. What one sealed, another does not open.
pub struct KeyStore {
    root: Arc<RwLock<Root>>,
    organisation: Option<OrgId>,
}

/// Data keys that are not for signing. `lookup` never changes: what is found by it could not be found any more.
pub(crate) const KINDS: [&str; 3] = ["seal", "mac", "lookup"];
/// Those that rotate.
pub(crate) const ROTATING: [&str; 2] = ["seal", "mac"];

impl Root {
    fn read(masters: Vec<XChaCha20Poly1305>, rows: &[DataKey]) -> Result<Self, Error> {
        let all = |kind: &str| -> Result<Vec<[u8; 32]>, Error> {
            let mut own: Vec<&DataKey> = rows.iter().filter(|r| r.kind == kind).collect();
            // The active one first, then the newest.
            own.sort_by_key(|r| (r.state != "active", -r.created_at));
            if own.first().is_none_or(|r| r.state != "active") {
                return Err(Error::WrongKey);
            }
            own.into_iter()
                .map(|row| {
                    unwrap(&masters, kind, &row.wrapped)
                        .and_then(|key| key.try_into().ok())
                        .ok_or(Error::WrongKey)
                })
                .collect()
        };
        let (seal, mac, lookup) =
            (all("seal")?, all("mac")?, all("lookup")?.first().copied().ok_or(Error::WrongKey)?);
        Ok(Self { masters, seal, mac, lookup })
    }
}

fn unwrap(masters: &[XChaCha20Poly1305], kind: &str, wrapped: &[u8]) -> Option<Vec<u8>> {
    masters.iter().find_map(|master| decrypt(master, kind.as_bytes(), wrapped))
}

impl KeyStore {
    /// Reads the data keys, or makes them in an empty database.
    ///
    /// # Errors
    /// [`Error::WrongKey`] when the master key does not open them.
    pub async fn open(store: &Store, master: &MasterKey, now: Micros) -> Result<Self, Error> {
        let masters = master.ciphers()?;
        let mut rows = list_keys(&mut store.read().await?).await?;
        if rows.is_empty() {
            let first = masters.first().ok_or(Error::WrongKey)?;
            let mut fresh = Vec::new();
            for kind in KINDS {
                let wrapped = encrypt(first, kind.as_bytes(), &random_bytes::<32>())?;
                fresh.push(DataKey {
                    id: Key(row_id(now)),
                    kind: kind.into(),
                    state: "active".into(),
                    wrapped,
                    public: String::new(),
                    created_at: now,
                    changed_at: now,
                });
            }
            store
                .write::<_, Error, _>(move |c| {
                    Box::pin(async move {
                        for row in &fresh {
                            add_key(c, row).await?;
                        }
                        Ok(())
                    })
                })
                .await?;
            rows = list_keys(&mut store.read().await?).await?;
        }
        Ok(Self { root: Arc::new(RwLock::new(Root::read(masters, &rows)?)), organisation: None })
    }

    #[cfg(test)]
    pub(crate) fn for_tests() -> Self {
        Self::of_bytes(2, 3)
    }

    #[cfg(test)]
    fn of_bytes(mac: u8, lookup: u8) -> Self {
        let root = Root {
            masters: vec![XChaCha20Poly1305::new(&[4; 32].into())],
            seal: vec![[1; 32]],
            mac: vec![[mac; 32]],
            lookup: [lookup; 32],
        };
        Self { root: Arc::new(RwLock::new(root)), organisation: None }
    }

    /// The same keys as another organisation has them.
    pub(crate) fn of(&self, organisation: Option<OrgId>) -> Self {
        Self { root: Arc::clone(&self.root), organisation }
    }

    fn root(&self) -> RwLockReadGuard<'_, Root> {
        self.root.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// A data key as this organisation has it.
    fn own(&self, key: &[u8; 32]) -> [u8; 32] {
        match self.organisation {
            None => *key,
            Some(org) => keyed(key, &[b"organisation", &org.0]).try_into().unwrap_or_default(),
        }
    }

    /// Takes the data keys of the table, all of them or none.
    pub(crate) fn reload(&self, rows: &[DataKey]) -> Result<(), Error> {
        let masters = self.root().masters.clone();
        self.replace(masters, rows)
    }

    /// Takes other master keys, if they open every data key that the table has.
    pub(crate) fn adopt(&self, master: &MasterKey, rows: &[DataKey]) -> Result<(), Error> {
        let masters = master.ciphers()?;
        if rows.iter().any(|row| unwrap(&masters, &row.kind, &row.wrapped).is_none()) {
            return Err(Error::WrongKey);
        }
        self.replace(masters, rows)
    }

    fn replace(&self, masters: Vec<XChaCha20Poly1305>, rows: &[DataKey]) -> Result<(), Error> {
        let fresh = Root::read(masters, rows)?;
        *self.root.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }

    /// A key for the table of keys, wrapped by the first master key.
    pub(crate) fn wrap(&self, kind: &str, key: &[u8]) -> Result<Vec<u8>, Error> {
        encrypt(self.root().masters.first().ok_or(Error::WrongKey)?, kind.as_bytes(), key)
    }

    /// A key of the table.
    pub(crate) fn unwrap(&self, kind: &str, wrapped: &[u8]) -> Result<Vec<u8>, Error> {
        unwrap(&self.root().masters, kind, wrapped).ok_or(Error::WrongKey)
    }

    /// Seals bytes for one purpose; opened only with the same purpose.
    pub(crate) fn seal(&self, purpose: &str, plain: &[u8]) -> Result<Vec<u8>, Error> {
        let key = self.own(self.root().seal.first().ok_or(Error::WrongKey)?);
        encrypt(&XChaCha20Poly1305::new(&key.into()), purpose.as_bytes(), plain)
    }

    /// What [`KeyStore::seal`] closed; `None` when anything was changed.
    pub(crate) fn open_sealed(&self, purpose: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        self.root().seal.iter().find_map(|key| {
            decrypt(&XChaCha20Poly1305::new(&self.own(key).into()), purpose.as_bytes(), sealed)
        })
    }

    /// The same sealed anew, if another key than the one of now closed it.
    pub(crate) fn reseal(&self, purpose: &str, sealed: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        let now = self.root().seal.first().map(|key| self.own(key)).ok_or(Error::WrongKey)?;
        if decrypt(&XChaCha20Poly1305::new(&now.into()), purpose.as_bytes(), sealed).is_some() {
            return Ok(None);
        }
        self.open_sealed(purpose, sealed).map(|plain| self.seal(purpose, &plain)).transpose()
    }

    /// A value sealed as text, for a cookie.
    pub(crate) fn seal_json<T: serde::Serialize>(
        &self,
        purpose: &str,
        value: &T,
    ) -> Result<String, Error> {
        Ok(URL_SAFE_NO_PAD.encode(self.seal(purpose, &serde_json::to_vec(value)?)?))
    }

    pub(crate) fn open_json<T: serde::de::DeserializeOwned>(
        &self,
        purpose: &str,
        text: &str,
    ) -> Option<T> {
        let sealed = URL_SAFE_NO_PAD.decode(text).ok()?;
        serde_json::from_slice(&self.open_sealed(purpose, &sealed)?).ok()
    }

    /// HMAC-SHA-256 over parts, each with its length in front, so that no two lists of parts look alike: by the key of now
    /// first, then by those that still count.
    pub(crate) fn macs(&self, parts: &[&[u8]]) -> Vec<Vec<u8>> {
        self.root().mac.iter().map(|key| keyed(&self.own(key), parts)).collect()
    }

    /// A keyed hash to look something up by, or to name it in the audit trail without saying it (GD-05).
    pub(crate) fn lookup(&self, parts: &[&[u8]]) -> Vec<u8> {
        keyed(&self.own(&self.root().lookup), parts)
    }

    /// A keyed hash as short text for the audit trail.
    pub(crate) fn pseudonym(&self, parts: &[&[u8]]) -> String {
        URL_SAFE_NO_PAD.encode(self.lookup(parts).get(..12).unwrap_or_default())
    }
}

/// The key in a block of the hash, as the type wants it; HMAC pads short keys with zeros in the same way.
fn block(key: &[u8; 32]) -> hmac::digest::Key<Hmac<Sha256>> {
    let mut block = hmac::digest::Key::<Hmac<Sha256>>::default();
    for (to, from) in block.iter_mut().zip(key) {
        *to = *from;
    }
    block
}

fn keyed(key: &[u8; 32], parts: &[&[u8]]) -> Vec<u8> {
    let mut mac = <Hmac<Sha256> as hmac::digest::KeyInit>::new(&block(key));
    for part in parts {
        mac.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().to_vec()
}

fn encrypt(key: &XChaCha20Poly1305, purpose: &[u8], plain: &[u8]) -> Result<Vec<u8>, Error> {
    let nonce = random_bytes::<24>();
    let sealed = key
        .encrypt(&XNonce::from(nonce), Payload { msg: plain, aad: purpose })
        .map_err(|_| Error::Internal("sealing failed".into()))?;
    Ok([nonce.as_slice(), &sealed].concat())
}

fn decrypt(key: &XChaCha20Poly1305, purpose: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let (nonce, text) = sealed.split_first_chunk::<24>()?;
    key.decrypt(&XNonce::from(*nonce), Payload { msg: text, aad: purpose }).ok()
}

#[cfg(test)]
mod digests {
    use sha2::Digest;

    use super::*;

    /// Shows GD-05. Codes have 40 bits and addresses fewer: only a key keeps a stolen table from being tried through.
    #[test]
    fn what_can_be_guessed_is_kept_under_a_key_and_no_plain_digest_of_it_is_stored() {
        let one = KeyStore::for_tests();
        let other = KeyStore::of_bytes(9, 8);
        for guess in [b"K7QM3XRD".as_slice(), b"vera@example.test"] {
            for made in [one.macs(&[guess]).remove(0), one.lookup(&[guess])] {
                assert_ne!(made, Sha256::digest(guess).to_vec());
                assert_ne!(
                    made,
                    Sha256::digest(
                        [&u64::try_from(guess.len()).unwrap().to_be_bytes(), guess].concat()
                    )
                    .to_vec()
                );
            }
            assert_ne!(
                one.macs(&[guess]).remove(0),
                one.lookup(&[guess]),
                "a key for each purpose"
            );
        }
        assert_ne!(one.macs(&[b"x"]), other.macs(&[b"x"]));
        assert_ne!(one.lookup(&[b"x"]), other.lookup(&[b"x"]));
    }
    /// What one organisation sealed or hashed is worth nothing to another, whoever carries it over.
    #[test]
    fn zi_20_each_organisation_has_keys_of_its_own() {
        let home = KeyStore::for_tests();
        let (one, other) = (home.of(Some(OrgId([7; 16]))), home.of(Some(OrgId([8; 16]))));
        let sealed = one.seal("start", b"secret").unwrap();
        assert_eq!(one.open_sealed("start", &sealed).unwrap(), b"secret");
        assert!(
            other.open_sealed("start", &sealed).is_none()
                && home.open_sealed("start", &sealed).is_none()
        );
        assert_ne!(one.lookup(&[b"x"]), other.lookup(&[b"x"]));
        assert_ne!(one.macs(&[b"x"]), home.macs(&[b"x"]));
    }

    #[test]
    fn op_06_a_key_file_with_two_keys_wraps_with_the_first_and_opens_with_both() {
        let old = MasterKey::generate();
        let both = MasterKey::generate_before(&old);
        assert!(both.starts_with("k2:") && both.ends_with(&old));
        let (first, all) = (
            MasterKey::parse(&MasterKey::first_of(&both)).unwrap().ciphers().unwrap(),
            MasterKey::parse(&both).unwrap().ciphers().unwrap(),
        );
        let before = MasterKey::parse(&old).unwrap().ciphers().unwrap();
        assert_eq!((first.len(), all.len()), (1, 2));
        let wrapped = encrypt(&all[0], b"seal", b"key").unwrap();
        assert!(
            unwrap(&before, "seal", &wrapped).is_none()
                && unwrap(&first, "seal", &wrapped).is_some()
        );
        let wrapped = encrypt(&before[0], b"seal", b"key").unwrap();
        assert!(
            unwrap(&all, "seal", &wrapped).is_some() && unwrap(&first, "seal", &wrapped).is_none()
        );
        for broken in ["", "\n", "k1", "k1:short", "k1:AAAA\nk2:!!"] {
            assert!(MasterKey::parse(broken).is_err(), "{broken:?}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ad_08_a_master_key_of_less_than_32_random_bytes_is_refused() {
        assert!(MasterKey::parse(&MasterKey::generate()).is_ok());
        let short = STANDARD.encode([7_u8; 16]);
        for weak in [
            "",
            "secret",
            "k1:secret",
            "k1:",
            &format!("k1:{short}"),
            &format!("{}k0:{short}\n", MasterKey::generate()),
        ] {
            assert!(MasterKey::parse(weak).is_err(), "{weak}");
        }
    }
}
