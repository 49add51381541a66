//! Passwords: argon2id with bounded parallelism, and answers that look alike.
use crate::services::Passwords;
use argon2::{PasswordHasher, password_hash::phc::PasswordHash};
use domain::{
    AccountId, CredentialId, EventKind, Refusal,
    attempt::ProvedBy,
    audit_events::{Actor, Target},
    contact::Contact,
};
use storage::accounts::{find_password_row, rehash_password};

use crate::{
    Error, RequestContext,
    audit::Event,
    codes::limits::{Counted, Guarded},
    crypto::password_hash::{hasher, judge, normal},
};

/// Longest password that is read (RL-11); the shortest that may be set.
pub(crate) const LONGEST: usize = 256;
const SHORTEST: usize = 15;

/// Whether a new password may be set: 15 characters at least when it is the only factor, and hard to guess, also for
/// who knows these words about the person. No rules on kinds of characters (NIST SP 800-63B §5.1.1.2).
pub(crate) fn acceptable(password: &str, known: &[String]) -> bool {
    is_long_enough(password)
        && password.len() <= LONGEST
        && zxcvbn::zxcvbn(password, &words(known)).score() >= zxcvbn::Score::Three
}

/// Long enough to be the only factor.
#[must_use]
pub fn is_long_enough(password: &str) -> bool {
    password.chars().count() >= SHORTEST
}

/// How hard a password is to guess, 0 to 4, for who knows these words about the person. Below three it may not be set.
#[must_use]
pub fn measure(password: &str, known: &str) -> u8 {
    let bounded: String = normal(password).chars().take(LONGEST).collect();
    let score = u8::from(zxcvbn::zxcvbn(&bounded, &words(&[known.to_owned()])).score());
    if is_long_enough(password) { score } else { score.min(2) }
}

/// The parts of what is known of a person that a password could be made of.
fn words(known: &[String]) -> Vec<&str> {
    known
        .iter()
        .flat_map(|k| k.split(['@', '.', ' ']).chain([k.as_str()]))
        .filter(|w| w.len() > 2)
        .collect()
}

impl Passwords {
    /// Waits for a place among the hashing threads; too many waiting is "busy" (RL-09).
    async fn with_slot<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Error> {
        let _queue = self.shared.waiting.try_acquire().map_err(|_| Refusal::Busy)?;
        let _slot =
            self.shared.hashing.acquire().await.map_err(|e| Error::Internal(e.to_string()))?;
        tokio::task::spawn_blocking(work).await.map_err(|e| Error::Internal(e.to_string()))
    }

    /// Whether a password may be set by somebody of whom these words are known.
    ///
    /// # Errors
    /// [`Refusal::BadRequest`] for one that is too short or easy to guess, [`Refusal::PasswordLeaked`].
    pub(crate) async fn check_new_password(
        &self,
        password: &str,
        known: &[String],
    ) -> Result<(), Error> {
        let password = &normal(password);
        if !acceptable(password, known) {
            return Err(Refusal::BadRequest.into());
        }
        if self.is_leaked(password).await { Err(Refusal::PasswordLeaked.into()) } else { Ok(()) }
    }

    /// Whether a password is known to have leaked.
    pub async fn is_leaked(&self, password: &str) -> bool {
        self.settings.leaks.know(password, &self.guard).await
    }

    /// Hashes a new password as a PHC string.
    pub(crate) async fn hash_password(&self, password: &str) -> Result<String, Error> {
        let (hasher, password) = (hasher(self.settings.hash_cost)?, normal(password));
        self.with_slot(move || {
            let hashed: Result<PasswordHash, _> = hasher.hash_password(password.as_bytes());
            hashed.map(|h| h.to_string()).map_err(|e| Error::Internal(e.to_string()))
        })
        .await?
    }

    /// Checks a password against an account's, or burns the same time where there is none and where the account's limit
    /// lets none be looked at. A right one whose hash was made at another cost comes back hashed at today's.
    async fn matches(
        &self,
        counted: &Counted,
        stored: Option<String>,
        password: &str,
    ) -> Result<(bool, Option<String>), Error> {
        let (cost, typed) = (self.settings.hash_cost, password.to_owned());
        let hasher = hasher(cost)?;
        let stored = stored.filter(|_| counted.opens());
        self.with_slot(move || judge(&hasher, cost, stored.as_deref(), &typed)).await
    }

    /// The account of an address, or number, and password. It finds owners only.
    ///
    /// # Errors
    /// [`Refusal::CredentialsWrong`] for everything that does not fit, [`Refusal::RateLimited`] over the limit.
    pub(crate) async fn check_password(
        &self,
        ctx: &RequestContext,
        address: &str,
        password: &str,
    ) -> Result<(AccountId, ProvedBy), Error> {
        let contact = Contact::parse(address).map_err(|_| Refusal::CredentialsWrong)?;
        let account =
            self.codes().find_contact_owner(&mut self.store.read().await?, &contact).await?;
        self.check_password_of(ctx, account, contact.as_str().as_bytes(), password).await
    }

    /// The password of the session's own account.
    ///
    /// # Errors
    /// As [`crate::Passwords::check_password`].
    pub(crate) async fn check_own_password(
        &self,
        ctx: &RequestContext,
        account: AccountId,
        password: &str,
    ) -> Result<ProvedBy, Error> {
        Ok(self.check_password_of(ctx, Some(account), &[], password).await?.1)
    }

    /// The password of an account that is known already, or of nobody. `typed` is what the person named it by: waiting
    /// depends on that, never on the account.
    ///
    /// # Errors
    /// As [`crate::Passwords::check_password`].
    pub(crate) async fn check_password_of(
        &self,
        ctx: &RequestContext,
        account: Option<AccountId>,
        typed: &[u8],
        password: &str,
    ) -> Result<(AccountId, ProvedBy), Error> {
        let stored = match account {
            Some(account) => find_password_row(&mut self.store.read().await?, account).await?,
            None => None,
        };
        self.check_hash(ctx, account, typed, stored, password).await
    }

    /// A password that the account had, whose hash was kept; by the same limiter.
    ///
    /// # Errors
    /// As [`crate::Passwords::check_password`].
    pub(crate) async fn check_stored_password(
        &self,
        ctx: &RequestContext,
        account: AccountId,
        stored: Option<(CredentialId, String)>,
        password: &str,
    ) -> Result<(), Error> {
        self.check_hash(ctx, Some(account), &[], stored, password).await.map(drop)
    }

    async fn check_hash(
        &self,
        ctx: &RequestContext,
        account: Option<AccountId>,
        typed: &[u8],
        stored: Option<(CredentialId, String)>,
        password: &str,
    ) -> Result<(AccountId, ProvedBy), Error> {
        if password.is_empty() || password.len() > LONGEST {
            return Err(Refusal::CredentialsWrong.into());
        }
        let counted = self.codes().count_try(ctx, Guarded::Password, account, typed).await?;
        let (credential, stored) = stored.unzip();
        let (right, fresh) = match self.matches(&counted, stored.clone(), password).await {
            Ok(judged) => judged,
            Err(error) => {
                self.store
                    .write(move |c| Box::pin(async move { counted.was_not_made(c).await }))
                    .await?;
                return Err(error);
            }
        };
        match (right, account, credential) {
            (true, Some(account), Some(credential)) => {
                self.store
                    .write::<_, Error, _>(move |c| {
                        Box::pin(async move {
                            if let (Some(fresh), Some(old)) = (fresh, stored) {
                                rehash_password(c, account, &old, &fresh).await?;
                            }
                            counted.was_right(c).await
                        })
                    })
                    .await?;
                Ok((account, ProvedBy::Password(credential)))
            }
            _ => {
                self.tell_of_stuffing(ctx, &counted).await?;
                Err(Refusal::CredentialsWrong.into())
            }
        }
    }

    /// Many accounts, one network: when it has used up its wrong answers the console hears of it (RL-02).
    async fn tell_of_stuffing(&self, ctx: &RequestContext, counted: &Counted) -> Result<(), Error> {
        if !counted.fills_network {
            return Ok(());
        }
        let detail = serde_json::json!({ "network": ctx.network });
        let (this, event) = (
            self.clone(),
            Event::of(ctx, EventKind::SignInStuffing, Actor::System, Target::Instance)
                .by_provider("password")
                .detail(detail),
        );
        self.store.write(move |c| Box::pin(async move { this.record(c, event).await })).await
    }
}
