//! How often somebody may try a password, and how many messages go out. Every limit exists twice, for browsers that are
//! known to the account and for strangers, so that a stranger's failures never keep the owner out (rule 23 of the threats).
//! The tries of a code by mail are counted with its attempt (`compare_code` of the service).
use unicode_normalization::UnicodeNormalization;

use crate::{DAY, HOUR, MINUTE, Micros, email_address::is_invisible};

/// Whose tries they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// A browser in which somebody signed in to the account and finished, not long ago; or the account's own session.
    Known,
    /// Everybody else, and everybody where there is no account.
    Stranger,
}

impl Side {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Known, Self::Stranger];

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Known => "known",
            Self::Stranger => "stranger",
        }
    }
}

/// How long a browser stays known after a sign-in.
pub const KNOWN_FOR: Micros = 90 * DAY;
/// Wrong answers in a row that one side may give for an account, however slowly. Later ones are wrong without being
/// looked at, until somebody of that side gets in by another way or the secret is a new one (RL-01).
pub const IN_A_ROW: i64 = 100;
/// How long answers in a row are remembered.
pub const ROW_KEPT: Micros = 400 * DAY;
/// Wrong codes of an authenticator in one wait, and wrong recovery codes.
pub const FACTOR_TRIES: i64 = 5;
/// A network may be wrong as often as this many identifiers together.
pub const NETWORK: i64 = 20;
/// Passwords that may be wrong for one name at a directory in an hour.
pub const DIRECTORY_TRIES: i64 = 50;
/// Logout tokens from one network that may be bad in an hour.
pub const LOGOUT_TOKENS: i64 = 60;
/// Wrong short codes of devices by one person in an hour.
pub const DEVICE_CODES: i64 = 10;
/// Wrong codes by mail or text in an hour, over all accounts, that are no accident any more (RL-06); the length of
/// codes from then on, and their tries.
pub const SPRAYED: i64 = 100;
pub const SPRAYED_LENGTH: u32 = 12;
pub const SPRAYED_TRIES: i32 = 1;

/// How long the next tries have to wait when so many are used up: a quarter of an hour, twice as long after each ten in
/// a day, never more than an hour.
#[must_use]
pub fn wait(tries: i64) -> Micros {
    match tries {
        ..=10 => 15 * MINUTE,
        11..=20 => 30 * MINUTE,
        _ => HOUR,
    }
}

/// Messages to one address in a day, by those in an hour: three and ten (RL-05).
#[must_use]
pub fn messages_a_day(an_hour: i64) -> i64 {
    an_hour.saturating_mul(10) / 3
}

/// A name at a directory as tries for it are counted: directories take many spellings for the same one (RFC 4518 §2).
#[must_use]
pub fn folded_login(typed: &str) -> String {
    let plain: String = typed.nfkc().filter(|c| !is_invisible(*c)).take(500).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rl_01_waiting_grows_and_never_takes_longer_than_an_hour() {
        let waits: Vec<Micros> = (1..1000).map(wait).collect();
        assert!(
            waits.is_sorted()
                && waits.first() == Some(&(15 * MINUTE))
                && waits.last() == Some(&HOUR),
            "{waits:?}"
        );
    }

    #[test]
    fn spellings_that_a_directory_takes_for_one_name_are_counted_as_one() {
        for spelling in ["anna", " ANNA ", "\u{ff41}nna", "an\u{ad}na", "\u{200b}anna"] {
            assert_eq!(folded_login(spelling), "anna", "{spelling}");
        }
        assert_eq!(folded_login("anna  maria"), "anna maria");
        assert_ne!(folded_login("annam"), folded_login("anna"));
    }

    #[test]
    fn rl_05_three_an_hour_are_ten_a_day() {
        assert_eq!([1, 2, 3, i64::MAX].map(messages_a_day)[..3], [3, 6, 10]);
    }
}
