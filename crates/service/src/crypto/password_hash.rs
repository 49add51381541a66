//! Hashes of passwords: argon2id at a cost that the operator sets.
use argon2::{
    Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version,
    password_hash::phc::PasswordHash,
};

use crate::Error;

/// A password as it is measured, hashed and compared: in one normal form, whatever a keyboard makes of its letters
/// (NFKC, NIST SP 800-63B §5.1.1.2, FR-54).
pub(crate) fn normal(password: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    password.nfkc().collect()
}

/// Cost of a password hash: KiB, passes, lanes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HashCost {
    pub kib: u32,
    pub passes: u32,
    pub lanes: u32,
}

impl Default for HashCost {
    fn default() -> Self {
        Self { kib: 46 * 1024, passes: 1, lanes: 1 }
    }
}

pub(crate) fn hasher(cost: HashCost) -> Result<Argon2<'static>, Error> {
    let params = Params::new(cost.kib, cost.passes, cost.lanes, None)
        .map_err(|e| Error::Internal(e.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// Whether a hash is that of what was typed, in the normal form or, for hashes of before, as it was typed; and the hash to
/// keep from now on. Without a hash the same work is done.
pub(crate) fn judge(
    hasher: &Argon2<'_>,
    cost: HashCost,
    stored: Option<&str>,
    typed: &str,
) -> (bool, Option<String>) {
    let password = normal(typed);
    let spellings: &[&str] = if password == typed { &[&password] } else { &[&password, typed] };
    let Some(Ok(hash)) = stored.map(PasswordHash::new) else {
        for spelling in spellings {
            let burnt: Result<PasswordHash, _> = hasher.hash_password(spelling.as_bytes());
            drop(burnt);
        }
        return (false, None);
    };
    let fits: Vec<bool> =
        spellings.iter().map(|s| hasher.verify_password(s.as_bytes(), &hash).is_ok()).collect();
    let right = fits.contains(&true);
    let today = fits.first() == Some(&true)
        && Params::try_from(&hash).is_ok_and(|p| {
            (p.m_cost(), p.t_cost(), p.p_cost()) == (cost.kib, cost.passes, cost.lanes)
        });
    let fresh = (right && !today).then(|| {
        hasher.hash_password(password.as_bytes()).ok().map(|h: PasswordHash| h.to_string())
    });
    (right, fresh.flatten())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fr_54_a_password_fits_from_every_keyboard_and_hashes_of_before_still_do() {
        let cost = HashCost { kib: 8, passes: 1, lanes: 1 };
        let hasher = hasher(cost).unwrap();
        let hashed = |text: &str| {
            let hash: PasswordHash = hasher.hash_password(text.as_bytes()).unwrap();
            hash.to_string()
        };
        let (composed, apart, wide) = (
            "p\u{e4}ssw\u{f6}rt-lang-1",
            "pa\u{308}sswo\u{308}rt-lang-1",
            "p\u{e4}ssw\u{f6}rt-lang-\u{ff11}",
        );
        let progress = hashed(&normal(composed));
        for typed in [composed, apart, wide] {
            assert_eq!(judge(&hasher, cost, Some(&progress), typed), (true, None), "{typed:?}");
        }
        assert!(!judge(&hasher, cost, Some(&progress), "passwort-lang-1").0);
        // A hash of the letters as they came then: it fits, and is made anew, after which every keyboard does.
        let before = hashed(apart);
        assert!(!judge(&hasher, cost, Some(&before), composed).0);
        let (right, fresh) = judge(&hasher, cost, Some(&before), apart);
        assert!(right);
        assert_eq!(judge(&hasher, cost, Some(&fresh.unwrap()), composed), (true, None));
        assert_eq!(judge(&hasher, cost, None, apart), (false, None));
    }
}
