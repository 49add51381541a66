//! Codes by mail or text: made, bound to everything that matters, counted, compared, used once.
use domain::{AccountId, DAY, HOUR, Micros, Policy, Refusal, SECOND, code, contact::Contact, policy::Pin};
use storage::{
    Conn,
    attempts::{Attempt, NewChallenge, add_challenge, find_challenge, keep_tries, spend_challenge, take_try},
    counters::{count_up, read_counter},
};
use subtle::ConstantTimeEq;

use crate::{
    Fault, Ligature, Vault,
    audit::Event,
    chance::{mail_code, row_id},
    mails::{Channel, Letter},
};

/// What a code is bound to; a code for anything else is another code (LK-11).
#[derive(Debug, Clone, Default)]
pub(crate) struct Binding {
    pub action: &'static str,
    pub provider: String,
    pub namespace: String,
    pub subject: String,
    pub account: Option<AccountId>,
    pub address: String,
}

/// Wrong codes an hour, over all accounts, that are no accident any more; and the length of codes from then on.
const SPRAYED: i64 = 100;
const SPRAYED_LENGTH: u32 = 12;

/// A challenge that nothing answers.
const DECOY: &str = "decoy";

impl Binding {
    /// Whose mailbox the code goes to: the claimed one, the account's, or nobody's.
    fn kind(&self) -> &'static str {
        match (self.action, self.account) {
            ("claim" | "email", _) => "claim_code",
            (_, Some(_)) => "account_code",
            (_, None) => DECOY,
        }
    }
}

/// A right answer, not yet used up.
pub(crate) struct Right(storage::Key);

impl Ligature {
    fn code_macs(&self, attempt: &Attempt, binding: &Binding, typed: &str) -> Vec<Vec<u8>> {
        code_macs(&self.vault, &attempt.hash, &attempt.browser, binding, typed)
    }

    /// Makes a challenge and sends its code. A decoy is the same row without a mail, and never right.
    /// Over the budget of an address no mail goes out and nothing looks different (RL-05).
    pub(crate) async fn challenge(&self, c: &mut Conn, attempt: &Attempt, binding: &Binding, (ttl, pin): (Micros, Pin), letter: Option<Letter>) -> Result<(), Fault> {
        let now = self.now();
        let sprayed = self.is_sprayed(c).await?;
        let pin = if sprayed { Pin { length: pin.length.max(SPRAYED_LENGTH), ..pin } } else { pin };
        let fresh = mail_code(pin);
        let mut within = self.within_budget(c, &binding.address).await?;
        if within && letter.as_ref().is_some_and(|l| l.channel() == Channel::Text) {
            within = self.within_texts(c).await?;
        }
        let new = NewChallenge {
            id: row_id(now),
            attempt: attempt.hash.clone(),
            kind: binding.kind().into(),
            account: binding.account,
            mac: self.code_macs(attempt, binding, &fresh).into_iter().next().unwrap_or_default(),
            sent_to: domain::contact::masked(&binding.address),
            expires_at: now + ttl,
        };
        add_challenge(c, &new, now).await?;
        if sprayed {
            keep_tries(c, &attempt.hash, 1).await?;
        }
        match letter {
            Some(letter) if within && binding.kind() != DECOY => self.post(c, &Letter { code: code::grouped(&fresh), ..letter }).await,
            _ => Ok(()),
        }
    }

    /// Counts a mail or text to an address or number that somebody without a session caused.
    pub(crate) async fn within_budget(&self, c: &mut Conn, address: &str) -> Result<bool, Fault> {
        let canonical = Contact::parse(address).map(|c| c.as_str().to_owned()).unwrap_or_default();
        let now = self.now();
        let hour = count_up(c, &self.vault.lookup(&[b"mails-hour", canonical.as_bytes()]), now, HOUR).await?;
        let day = count_up(c, &self.vault.lookup(&[b"mails-day", canonical.as_bytes()]), now, DAY).await?;
        Ok(hour <= self.settings.mails_an_hour && day <= self.settings.mails_an_hour * 4)
    }

    /// Linking attempts by code for one address a day.
    pub(crate) async fn count_code_attempt(&self, c: &mut Conn, address: &str) -> Result<(), Fault> {
        let n = count_up(c, &self.vault.lookup(&[b"codes-day", address.as_bytes()]), self.now(), DAY).await?;
        if n > self.settings.codes_a_day { Err(Refusal::RateLimited.into()) } else { Ok(()) }
    }

    /// Takes a try, in a transaction of its own, and only then compares (D8). `Err(CodeWrong)` leaves tries, `Err(CodeExhausted)` does not.
    pub(crate) async fn compare_code(&self, attempt: &Attempt, binding: &Binding, typed: &str) -> Result<Right, Fault> {
        let hash = attempt.hash.clone();
        let left = self.store.write::<_, Fault, _>(move |c| Box::pin(async move { Ok(take_try(c, &hash).await?) })).await?;
        let left = left.ok_or(Refusal::CodeExhausted)?;
        let challenge = find_challenge(&mut self.store.read().await?, &attempt.hash).await?.ok_or(Refusal::AttemptExpired)?;
        if self.now() >= challenge.expires_at {
            return Err(Refusal::CodeExpired.into());
        }
        let real = challenge.kind != DECOY && challenge.kind == binding.kind() && challenge.account_id.map(AccountId::from) == binding.account;
        let same = self.code_macs(attempt, binding, typed).iter().any(|mac| bool::from(mac.ct_eq(&challenge.mac)));
        match (real && same, left) {
            (true, _) => Ok(Right(challenge.id)),
            (false, left) => {
                self.count_wrong_code().await?;
                Err(if left == 0 { Refusal::CodeExhausted } else { Refusal::CodeWrong }.into())
            }
        }
    }

    /// Wrong codes of all accounts together: from a hundred an hour on somebody sprays. The console hears of it, and
    /// new codes are longer with one try; nobody is kept out (RL-06).
    async fn count_wrong_code(&self) -> Result<(), Fault> {
        let this = self.clone();
        self.store
            .write(move |c| {
                Box::pin(async move {
                    let n = count_up(c, &this.wrong_codes(), this.now(), HOUR).await?;
                    if n == SPRAYED {
                        this.record(c, Event::new("code.spray").by("system").detail(serde_json::json!({ "wrong_codes": n }))).await?;
                    }
                    Ok(())
                })
            })
            .await
    }

    async fn is_sprayed(&self, c: &mut Conn) -> Result<bool, Fault> {
        Ok(read_counter(c, &self.wrong_codes(), self.now()).await? >= SPRAYED)
    }

    fn wrong_codes(&self) -> Vec<u8> {
        self.vault.lookup(&[b"wrong-codes"])
    }

    /// Uses a right answer up; a second use finds it gone (LK-09).
    pub(crate) async fn use_up(&self, c: &mut Conn, right: &Right) -> Result<(), Fault> {
        if spend_challenge(c, right.0).await? { Ok(()) } else { Err(Refusal::AttemptExpired.into()) }
    }
}

/// Lifetime and shape of the codes of a policy.
pub(crate) fn code_shape(policy: &Policy) -> (Micros, Pin) {
    (policy.floors.pin_ttl.saturating_mul(SECOND), policy.pin())
}

impl Clone for Right {
    fn clone(&self) -> Self {
        Self(self.0)
    }
}

/// What of a code is stored: an HMAC over everything that the code is good for. The first is by the key of now; one of the
/// others was sent just before the keys changed.
fn code_macs(vault: &Vault, attempt: &[u8], browser: &[u8], binding: &Binding, typed: &str) -> Vec<Vec<u8>> {
    let account = binding.account.map(|a| a.0.to_vec()).unwrap_or_default();
    vault.macs(&[
        b"code",
        attempt,
        browser,
        binding.action.as_bytes(),
        binding.provider.as_bytes(),
        binding.namespace.as_bytes(),
        binding.subject.as_bytes(),
        &account,
        binding.address.as_bytes(),
        code::fold(typed).as_bytes(),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lk_11_a_code_is_good_for_one_browser_provider_issuer_subject_account_address_and_action() {
        let vault = Vault::for_tests();
        let mac = |browser: &[u8], b: &Binding| code_macs(&vault, b"attempt", browser, b, "K7QM-3XRD");
        let base = Binding { action: "link", provider: "p1".into(), namespace: "oidc:https://a.test".into(), subject: "s1".into(), account: Some(AccountId([1; 16])), address: "v@ex.test".into() };
        let right = mac(b"b1", &base);
        assert_eq!(right, code_macs(&vault, b"attempt", b"b1", &base, " k7qm3xrd "), "however it is typed");
        assert_ne!(right, mac(b"b2", &base), "browser");
        assert_ne!(right, mac(b"b1", &Binding { provider: "p2".into(), ..base.clone() }), "provider");
        assert_ne!(right, mac(b"b1", &Binding { namespace: "oidc:https://b.test".into(), ..base.clone() }), "issuer");
        assert_ne!(right, mac(b"b1", &Binding { subject: "s2".into(), ..base.clone() }), "subject");
        assert_ne!(right, mac(b"b1", &Binding { account: Some(AccountId([2; 16])), ..base.clone() }), "target account");
        assert_ne!(right, mac(b"b1", &Binding { address: "w@ex.test".into(), ..base.clone() }), "target address");
        assert_ne!(right, mac(b"b1", &Binding { action: "reset", ..base.clone() }), "action");
        assert_ne!(right, code_macs(&vault, b"other", b"b1", &base, "K7QM-3XRD"), "attempt");
    }
}
