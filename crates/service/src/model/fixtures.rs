//! What the model and the product are both made of: addresses, providers, passwords and limits.
use domain::AccountId;

pub(super) const ADDRESSES: [&str; 3] = ["e0@ex.test", "e1@ex.test", "e2@ex.test"];
pub(super) const PROVIDERS: [&str; 2] = ["trusted", "plain"];
/// Few enough that it is reached, many enough that most attempts get their code.
pub(super) const CODES_A_DAY: i64 = 30;
pub(super) const PASSWORD: &str = "a long enough password";
/// What an intruder sets.
pub(super) const ANOTHER: &str = "another one, as long as that";
/// Somebody with the provider role; nobody of the model.
pub(super) const DELEGATE: AccountId = AccountId([9; 16]);
