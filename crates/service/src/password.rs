//! Passwords: argon2id with bounded parallelism, one limiter per account, answers that look alike.
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version, password_hash::phc::PasswordHash};
use domain::{
    AccountId, DAY, MINUTE, Refusal,
    attempt::{Kept, Then},
    contact::Contact,
    path::Continuation,
};
use storage::{
    Conn,
    accounts::{find_password, rehash_password},
    counters::{clear_counter, count_up, read_counter},
};

use crate::{Arrival, Fault, Ligature, Visitor, audit::Event};

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

/// Longest password that is read (RL-11); the shortest that may be set.
pub(crate) const LONGEST: usize = 256;
const SHORTEST: usize = 15;
/// So many wrong ones in a row are looked at, and no more until a new password is set (RL-01).
const IN_A_ROW: i64 = 100;
/// A network may be wrong as often as this many accounts together, in a quarter of an hour.
const NETWORK: i64 = 20;

/// Whether a new password may be set: 15 characters at least when it is the only factor, and hard to guess, also for
/// who knows these words about the person. No rules on kinds of characters (NIST SP 800-63B §5.1.1.2).
pub(crate) fn acceptable(password: &str, known: &[String]) -> bool {
    is_long_enough(password) && password.len() <= LONGEST && zxcvbn::zxcvbn(password, &words(known)).score() >= zxcvbn::Score::Three
}

/// Long enough to be the only factor.
#[must_use]
pub fn is_long_enough(password: &str) -> bool {
    password.chars().count() >= SHORTEST
}

/// How hard a password is to guess, 0 to 4, for who knows these words about the person. Below three it may not be set.
#[must_use]
pub fn measure(password: &str, known: &str) -> u8 {
    let bounded: String = password.chars().take(LONGEST).collect();
    let score = u8::from(zxcvbn::zxcvbn(&bounded, &words(&[known.to_owned()])).score());
    if is_long_enough(password) { score } else { score.min(2) }
}

/// The parts of what is known of a person that a password could be made of.
fn words(known: &[String]) -> Vec<&str> {
    known.iter().flat_map(|k| k.split(['@', '.', ' ']).chain([k.as_str()])).filter(|w| w.len() > 2).collect()
}

fn hasher(cost: HashCost) -> Result<Argon2<'static>, Fault> {
    let params = Params::new(cost.kib, cost.passes, cost.lanes, None).map_err(|e| Fault::Internal(e.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

impl Ligature {
    /// Waits for a place among the hashing threads; too many waiting is "busy" (RL-09).
    async fn with_slot<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Fault> {
        let _queue = self.shared.waiting.try_acquire().map_err(|_| Refusal::Busy)?;
        let _slot = self.shared.hashing.acquire().await.map_err(|e| Fault::Internal(e.to_string()))?;
        tokio::task::spawn_blocking(work).await.map_err(|e| Fault::Internal(e.to_string()))
    }

    /// Whether a password may be set by somebody of whom these words are known.
    ///
    /// # Errors
    /// [`Refusal::BadRequest`] for one that is too short or easy to guess, [`Refusal::PasswordLeaked`].
    pub(crate) async fn check_new_password(&self, password: &str, known: &[String]) -> Result<(), Fault> {
        if !acceptable(password, known) {
            return Err(Refusal::BadRequest.into());
        }
        if self.is_leaked(password).await { Err(Refusal::PasswordLeaked.into()) } else { Ok(()) }
    }

    /// Hashes a new password as a PHC string.
    pub(crate) async fn hash_password(&self, password: &str) -> Result<String, Fault> {
        let (hasher, password) = (hasher(self.settings.hash_cost)?, password.to_owned());
        self.with_slot(move || {
            let hashed: Result<PasswordHash, _> = hasher.hash_password(password.as_bytes());
            hashed.map(|h| h.to_string()).map_err(|e| Fault::Internal(e.to_string()))
        })
        .await?
    }

    /// Checks a password against an account's, or burns the same time where there is none. A right one whose hash was
    /// made at another cost comes back hashed at today's.
    async fn matches(&self, stored: Option<String>, password: &str) -> Result<(bool, Option<String>), Fault> {
        let (cost, password) = (self.settings.hash_cost, password.to_owned());
        let hasher = hasher(cost)?;
        self.with_slot(move || match stored.as_deref().map(PasswordHash::new) {
            Some(Ok(hash)) => {
                let right = hasher.verify_password(password.as_bytes(), &hash).is_ok();
                let today = Params::try_from(&hash).is_ok_and(|p| (p.m_cost(), p.t_cost(), p.p_cost()) == (cost.kib, cost.passes, cost.lanes));
                let fresh = (right && !today).then(|| hasher.hash_password(password.as_bytes()).ok().map(|h: PasswordHash| h.to_string()));
                (right, fresh.flatten())
            }
            _ => {
                let burnt: Result<PasswordHash, _> = hasher.hash_password(password.as_bytes());
                drop(burnt);
                (false, None)
            }
        })
        .await
    }

    /// The account of an address, or number, and password. It finds owners only; a named account must be the one.
    /// Wrong answers are counted for the account before they are looked at.
    ///
    /// # Errors
    /// [`Refusal::CredentialsWrong`] for everything that does not fit, [`Refusal::RateLimited`] over the limit.
    pub(crate) async fn check_password(&self, visitor: &Visitor, address: &str, named: Option<AccountId>, password: &str) -> Result<AccountId, Fault> {
        let contact = Contact::parse(address).map_err(|_| Refusal::CredentialsWrong)?;
        let account = match named {
            Some(account) => Some(account),
            None => self.find_contact_owner(&mut self.store.read().await?, &contact).await?,
        };
        self.check_password_of(visitor, account, contact.as_str().as_bytes(), password).await
    }

    /// The password of an account that is known already, by the same limiter.
    ///
    /// # Errors
    /// As [`Ligature::check_password`].
    pub(crate) async fn check_own_password(&self, visitor: &Visitor, account: AccountId, password: &str) -> Result<(), Fault> {
        self.check_password_of(visitor, Some(account), &[], password).await.map(drop)
    }

    async fn check_password_of(&self, visitor: &Visitor, account: Option<AccountId>, address: &[u8], password: &str) -> Result<AccountId, Fault> {
        if password.is_empty() || password.len() > LONGEST {
            return Err(Refusal::CredentialsWrong.into());
        }
        let mut conn = self.store.read().await?;
        let stored = match account {
            Some(account) => find_password(&mut conn, account).await?,
            None => None,
        };
        drop(conn);
        // The counter belongs to the account, or to the address where there is none, so that both look alike.
        let who = account.map_or_else(|| address.to_vec(), |a| a.0.to_vec());
        let (counters, now) = (self.password_counters(&who), self.now());
        let counting = counters.clone();
        let (in_a_row, lately) = self
            .store
            .write::<_, Fault, _>(move |c| {
                Box::pin(async move {
                    let in_a_row = count_up(c, &counting[1], now, 400 * DAY).await?;
                    // Each ten wrong ones in a row double the time to wait.
                    let window = (15 * MINUTE) << u32::try_from(in_a_row / 10).unwrap_or(0).min(6);
                    Ok((in_a_row, count_up(c, &counting[0], now, window).await?))
                })
            })
            .await?;
        let network = self.vault.lookup(&[b"password-network", visitor.network.as_bytes()]);
        if read_counter(&mut self.store.read().await?, &network, now).await? >= self.settings.wrong_passwords * NETWORK {
            return Err(Refusal::RateLimited.into());
        }
        if in_a_row > IN_A_ROW {
            return Err(Refusal::PasswordLocked.into());
        }
        if lately > self.settings.wrong_passwords {
            return Err(Refusal::RateLimited.into());
        }
        let (right, fresh) = self.matches(stored.clone(), password).await?;
        match (right, account) {
            (true, Some(account)) => {
                self.store
                    .write::<_, Fault, _>(move |c| {
                        Box::pin(async move {
                            if let (Some(fresh), Some(old)) = (fresh, stored) {
                                rehash_password(c, account, &old, &fresh).await?;
                            }
                            Self::forget_wrong(c, &counters).await
                        })
                    })
                    .await?;
                Ok(account)
            }
            _ => {
                self.count_wrong(visitor, network).await?;
                Err(Refusal::CredentialsWrong.into())
            }
        }
    }

    /// Many accounts, one network: its wrong answers are counted over all of them, and the console hears of it (RL-02).
    async fn count_wrong(&self, visitor: &Visitor, network: Vec<u8>) -> Result<(), Fault> {
        let (this, at) = (self.clone(), visitor.network.clone());
        self.store
            .write(move |c| {
                Box::pin(async move {
                    let n = count_up(c, &network, this.now(), 15 * MINUTE).await?;
                    if n == this.settings.wrong_passwords * NETWORK {
                        let event = Event { provider: "password".into(), ..Event::new("signin.stuffing").by("system").detail(serde_json::json!({ "network": at })) };
                        this.record(c, event).await?;
                    }
                    Ok(())
                })
            })
            .await
    }

    /// Wrong answers of a while, and in a row.
    fn password_counters(&self, who: &[u8]) -> [Vec<u8>; 2] {
        [self.vault.lookup(&[b"password", who]), self.vault.lookup(&[b"password-row", who])]
    }

    async fn forget_wrong(c: &mut Conn, counters: &[Vec<u8>; 2]) -> Result<(), Fault> {
        for counter in counters {
            clear_counter(c, counter).await?;
        }
        Ok(())
    }

    /// A new password, set by who proved the mailbox, starts without the wrong answers for the old one.
    pub(crate) async fn unlock_password(&self, c: &mut Conn, account: AccountId) -> Result<(), Fault> {
        Self::forget_wrong(c, &self.password_counters(&account.0)).await
    }

    /// Signs in by address, or number, and password.
    ///
    /// # Errors
    /// [`Refusal::CredentialsWrong`], [`Refusal::RateLimited`], [`Refusal::Busy`], refusals of the decision.
    pub async fn sign_in_by_password(&self, visitor: &Visitor, address: &str, password: &str, continuation: Continuation) -> Result<Arrival, Fault> {
        let account = match self.check_password(visitor, address, None, password).await {
            Ok(account) => account,
            Err(fault) => {
                let (this, code) = (self.clone(), fault.refusal().code());
                self.store.write::<_, Fault, _>(move |c| Box::pin(async move { this.record(c, Event { provider: "password".into(), ..Event::new("signin.refused").code(code) }).await })).await?;
                return Err(fault);
            }
        };
        self.settle(visitor, move |this, c, visitor| {
            let continuation = continuation.clone();
            Box::pin(async move { this.end_locally(c, &visitor, Then::SignIn { account, method: "password".into() }, Kept::default(), continuation, None).await })
        })
        .await
    }
}
