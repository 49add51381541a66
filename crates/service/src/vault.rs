//! Keys: one master key wraps the data keys in the database; they seal columns and cookies, and make keyed hashes.
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use domain::Micros;
use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use storage::{
    Key, Store,
    keys::{DataKey, add_key, list_keys},
};

use crate::{
    Fault,
    chance::{random_bytes, row_id},
};

/// The master key of an instance: `id:base64` of 32 bytes.
#[derive(Clone)]
pub struct MasterKey(SecretString);

impl MasterKey {
    /// Reads the text of a key file.
    ///
    /// # Errors
    /// [`Fault::WrongKey`] when it is none.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let encoded = text.trim().split_once(':').map(|(_, key)| key).ok_or(Fault::WrongKey)?;
        let bytes = STANDARD.decode(encoded).map_err(|_| Fault::WrongKey)?;
        if bytes.len() == 32 { Ok(Self(encoded.to_owned().into())) } else { Err(Fault::WrongKey) }
    }

    /// The text of a new key file.
    #[must_use]
    pub fn generate() -> String {
        format!("k1:{}\n", STANDARD.encode(random_bytes::<32>()))
    }

    fn bytes(&self) -> Result<[u8; 32], Fault> {
        STANDARD.decode(self.0.expose_secret()).ok().and_then(|b| b.try_into().ok()).ok_or(Fault::WrongKey)
    }
}

/// The opened data keys.
pub struct Vault {
    seal: XChaCha20Poly1305,
    mac: [u8; 32],
    lookup: [u8; 32],
    wrapping: XChaCha20Poly1305,
}

const KINDS: [&str; 3] = ["seal", "mac", "lookup"];

impl Vault {
    /// Reads the data keys, or makes them in an empty database.
    ///
    /// # Errors
    /// [`Fault::WrongKey`] when the master key does not open them.
    pub async fn open(store: &Store, master: &MasterKey, now: Micros) -> Result<Self, Fault> {
        let wrapping = XChaCha20Poly1305::new(&master.bytes()?.into());
        let mut rows = list_keys(&mut store.read().await?).await?;
        if rows.is_empty() {
            let mut fresh = Vec::new();
            for kind in KINDS {
                let wrapped = encrypt(&wrapping, kind.as_bytes(), &random_bytes::<32>())?;
                fresh.push(DataKey { id: Key(row_id(now)), kind: kind.into(), state: "active".into(), wrapped, public: String::new(), created_at: now, changed_at: now });
            }
            store
                .write::<_, Fault, _>(move |c| {
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
        let open = |kind: &str| {
            let row = rows.iter().find(|r| r.kind == kind && r.state == "active").ok_or(Fault::WrongKey)?;
            decrypt(&wrapping, kind.as_bytes(), &row.wrapped).ok_or(Fault::WrongKey)
        };
        let fixed = |kind: &str| -> Result<[u8; 32], Fault> { open(kind)?.try_into().map_err(|_| Fault::WrongKey) };
        Ok(Self { seal: XChaCha20Poly1305::new(&fixed("seal")?.into()), mac: fixed("mac")?, lookup: fixed("lookup")?, wrapping })
    }

    #[cfg(test)]
    pub(crate) fn for_tests() -> Self {
        Self { seal: XChaCha20Poly1305::new(&[1; 32].into()), mac: [2; 32], lookup: [3; 32], wrapping: XChaCha20Poly1305::new(&[4; 32].into()) }
    }

    /// A key for the table of keys, wrapped by the master key.
    pub(crate) fn wrap(&self, kind: &str, key: &[u8]) -> Result<Vec<u8>, Fault> {
        encrypt(&self.wrapping, kind.as_bytes(), key)
    }

    /// A key of the table, as text.
    pub(crate) fn unwrap(&self, kind: &str, wrapped: &[u8]) -> Result<String, Fault> {
        decrypt(&self.wrapping, kind.as_bytes(), wrapped).and_then(|b| String::from_utf8(b).ok()).ok_or(Fault::WrongKey)
    }

    /// Seals bytes for one purpose; opened only with the same purpose.
    pub(crate) fn seal(&self, purpose: &str, plain: &[u8]) -> Result<Vec<u8>, Fault> {
        encrypt(&self.seal, purpose.as_bytes(), plain)
    }

    /// What [`Vault::seal`] closed; `None` when anything was changed.
    pub(crate) fn open_sealed(&self, purpose: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        decrypt(&self.seal, purpose.as_bytes(), sealed)
    }

    /// A value sealed as text, for a cookie.
    pub(crate) fn seal_json<T: serde::Serialize>(&self, purpose: &str, value: &T) -> Result<String, Fault> {
        Ok(URL_SAFE_NO_PAD.encode(self.seal(purpose, &serde_json::to_vec(value)?)?))
    }

    pub(crate) fn open_json<T: serde::de::DeserializeOwned>(&self, purpose: &str, text: &str) -> Option<T> {
        let sealed = URL_SAFE_NO_PAD.decode(text).ok()?;
        serde_json::from_slice(&self.open_sealed(purpose, &sealed)?).ok()
    }

    /// HMAC-SHA-256 over parts, each with its length in front, so that no two lists of parts look alike.
    pub(crate) fn mac(&self, parts: &[&[u8]]) -> Vec<u8> {
        keyed(&self.mac, parts)
    }

    /// A keyed hash to look something up by, or to name it in the audit trail without saying it (GD-05).
    pub(crate) fn lookup(&self, parts: &[&[u8]]) -> Vec<u8> {
        keyed(&self.lookup, parts)
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

fn encrypt(key: &XChaCha20Poly1305, purpose: &[u8], plain: &[u8]) -> Result<Vec<u8>, Fault> {
    let nonce = random_bytes::<24>();
    let sealed = key.encrypt(&XNonce::from(nonce), Payload { msg: plain, aad: purpose }).map_err(|_| Fault::Internal("sealing failed".into()))?;
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
        let one = Vault::for_tests();
        let other = Vault { mac: [9; 32], lookup: [8; 32], ..Vault::for_tests() };
        for guess in [b"K7QM3XRD".as_slice(), b"vera@example.test"] {
            for made in [one.mac(&[guess]), one.lookup(&[guess])] {
                assert_ne!(made, Sha256::digest(guess).to_vec());
                assert_ne!(made, Sha256::digest([&u64::try_from(guess.len()).unwrap().to_be_bytes(), guess].concat()).to_vec());
            }
            assert_ne!(one.mac(&[guess]), one.lookup(&[guess]), "a key for each purpose");
        }
        assert_ne!(one.mac(&[b"x"]), other.mac(&[b"x"]));
        assert_ne!(one.lookup(&[b"x"]), other.lookup(&[b"x"]));
    }
}
