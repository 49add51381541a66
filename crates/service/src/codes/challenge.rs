//! Codes by mail or text: made, bound to everything that matters, counted, compared, used once.
use crate::services::Codes;
use domain::{
    AccountId, MINUTE, Micros, Policy, Refusal, SECOND,
    limits::{SPRAYED_LENGTH, SPRAYED_TRIES},
    one_time_code,
    policy::Pin,
};
use storage::{
    Conn,
    sign_in::attempts::{
        Attempt, Challenge, NewChallenge, add_challenge, cap_tries, consume_challenge_row,
        find_challenge, take_try,
    },
};
use subtle::ConstantTimeEq;

use crate::{
    Error, KeyStore,
    crypto::random::{mail_code, row_id},
    notifications::messages::{Channel, Message},
    transaction::LiveRequest,
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
    /// The page may not say where it goes (rule 25); no part of what the code is good for.
    pub hidden: bool,
}

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
pub(crate) struct VerifiedCode(storage::Key);

impl Codes {
    fn code_macs(&self, attempt: &Attempt, binding: &Binding, typed: &str) -> Vec<Vec<u8>> {
        code_macs(&self.keys, &attempt.hash, &attempt.browser, binding, typed)
    }

    /// Makes a challenge and sends its code; answers whether a message may go out. A decoy is the same row without a
    /// message, and never right: for nobody's account, and for a code that is beyond a budget (RL-05, RL-15).
    pub(crate) async fn challenge(
        &self,
        c: &mut Conn,
        ctx: &LiveRequest,
        attempt: &Attempt,
        binding: &Binding,
        shape: Shape,
        message: Option<Message>,
    ) -> Result<bool, Error> {
        let now = self.now();
        let sprayed = self.is_sprayed(c).await?;
        let pin = if sprayed {
            Pin { length: shape.pin.length.max(SPRAYED_LENGTH), ..shape.pin }
        } else {
            shape.pin
        };
        let tries = if sprayed { SPRAYED_TRIES } else { shape.tries };
        let fresh = mail_code(pin);
        // A new code for a challenge that is open is part of the same attempt.
        let goes_on = |before: Challenge| {
            before.kind != DECOY
                && before.kind == binding.kind()
                && before.account_id.map(AccountId::from) == binding.account
        };
        let opens = !find_challenge(c, &attempt.hash).await?.is_some_and(goes_on);
        let text = message.as_ref().is_some_and(|l| l.channel() == Channel::Text);
        let within = self.may_send_code(c, ctx, binding, opens, text).await?;
        if !within && !opens {
            // The code that went out before stays good.
            return Ok(false);
        }
        let message = message.filter(|_| within && binding.kind() != DECOY);
        let new = NewChallenge {
            id: row_id(now),
            attempt: attempt.hash.clone(),
            kind: if message.is_some() { binding.kind() } else { DECOY }.into(),
            account: binding.account,
            mac: self.code_macs(attempt, binding, &fresh).into_iter().next().unwrap_or_default(),
            sent_to: if binding.hidden {
                String::new()
            } else {
                domain::contact::masked(&binding.address)
            },
            expires_at: now + shape.ttl,
        };
        add_challenge(c, &new, now).await?;
        cap_tries(c, &attempt.hash, tries).await?;
        if let Some(message) = message {
            let code = one_time_code::grouped(&fresh);
            let message = Message { code, minutes: shape.minutes(), ..message };
            self.notifications().enqueue(c, &message).await?;
        }
        Ok(within)
    }

    /// Takes a try, in a transaction of its own, and only then compares (D8). `Err(CodeWrong)` leaves tries, `Err(CodeExhausted)` does not.
    pub(crate) async fn compare_code(
        &self,
        attempt: &Attempt,
        binding: &Binding,
        typed: &str,
    ) -> Result<VerifiedCode, Error> {
        let hash = attempt.hash.clone();
        let left = self
            .store
            .write::<_, Error, _>(move |c| Box::pin(async move { Ok(take_try(c, &hash).await?) }))
            .await?;
        let left = left.ok_or(Refusal::CodeExhausted)?;
        let challenge = find_challenge(&mut self.store.read().await?, &attempt.hash)
            .await?
            .ok_or(Refusal::AttemptExpired)?;
        if self.now() >= challenge.expires_at {
            return Err(Refusal::CodeExpired.into());
        }
        let real = challenge.kind != DECOY
            && challenge.kind == binding.kind()
            && challenge.account_id.map(AccountId::from) == binding.account;
        let same = self
            .code_macs(attempt, binding, typed)
            .iter()
            .any(|mac| bool::from(mac.ct_eq(&challenge.mac)));
        match (real && same, left) {
            (true, _) => Ok(VerifiedCode(challenge.id)),
            (false, left) => {
                self.count_wrong_code().await?;
                Err(if left == 0 { Refusal::CodeExhausted } else { Refusal::CodeWrong }.into())
            }
        }
    }

    /// Uses a right answer up; a second use finds it gone (LK-09).
    pub(crate) async fn consume_challenge(
        &self,
        c: &mut Conn,
        right: &VerifiedCode,
    ) -> Result<(), Error> {
        if consume_challenge_row(c, right.0).await? {
            Ok(())
        } else {
            Err(Refusal::AttemptExpired.into())
        }
    }
}

/// What the codes of a policy are like. Whoever makes a challenge leaves its attempt no more tries than this (PL-02); one,
/// while somebody tries codes on many accounts (RL-06).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    ttl: Micros,
    pin: Pin,
    tries: i32,
}

impl Shape {
    pub fn of(policy: &Policy) -> Self {
        Self {
            ttl: policy.floors.pin_ttl.saturating_mul(SECOND),
            pin: policy.pin(),
            tries: policy.floors.pin_tries,
        }
    }

    /// For how many whole minutes a code counts.
    fn minutes(self) -> i64 {
        (self.ttl / MINUTE).max(1)
    }
}

impl Clone for VerifiedCode {
    fn clone(&self) -> Self {
        Self(self.0)
    }
}

/// What of a code is stored: an HMAC over everything that the code is good for. The first is by the key of now; one of the
/// others was sent just before the keys changed.
fn code_macs(
    keys: &KeyStore,
    attempt: &[u8],
    browser: &[u8],
    binding: &Binding,
    typed: &str,
) -> Vec<Vec<u8>> {
    let account = binding.account.map(|a| a.0.to_vec()).unwrap_or_default();
    keys.macs(&[
        b"code",
        attempt,
        browser,
        binding.action.as_bytes(),
        binding.provider.as_bytes(),
        binding.namespace.as_bytes(),
        binding.subject.as_bytes(),
        &account,
        binding.address.as_bytes(),
        one_time_code::fold(typed).as_bytes(),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lk_11_a_code_is_good_for_one_browser_provider_issuer_subject_account_address_and_action() {
        let keys = KeyStore::for_tests();
        let mac =
            |browser: &[u8], b: &Binding| code_macs(&keys, b"attempt", browser, b, "K7QM-3XRD");
        let base = Binding {
            action: "link",
            provider: "p1".into(),
            namespace: "oidc:https://a.test".into(),
            subject: "s1".into(),
            account: Some(AccountId([1; 16])),
            address: "v@ex.test".into(),
            hidden: false,
        };
        let right = mac(b"b1", &base);
        assert_eq!(
            right,
            code_macs(&keys, b"attempt", b"b1", &base, " k7qm3xrd "),
            "however it is typed"
        );
        assert_ne!(right, mac(b"b2", &base), "browser");
        assert_ne!(
            right,
            mac(b"b1", &Binding { provider: "p2".into(), ..base.clone() }),
            "provider"
        );
        assert_ne!(
            right,
            mac(b"b1", &Binding { namespace: "oidc:https://b.test".into(), ..base.clone() }),
            "issuer"
        );
        assert_ne!(right, mac(b"b1", &Binding { subject: "s2".into(), ..base.clone() }), "subject");
        assert_ne!(
            right,
            mac(b"b1", &Binding { account: Some(AccountId([2; 16])), ..base.clone() }),
            "target account"
        );
        assert_ne!(
            right,
            mac(b"b1", &Binding { address: "w@ex.test".into(), ..base.clone() }),
            "target address"
        );
        assert_ne!(right, mac(b"b1", &Binding { action: "reset", ..base.clone() }), "action");
        assert_ne!(right, code_macs(&keys, b"other", b"b1", &base, "K7QM-3XRD"), "attempt");
    }
}
