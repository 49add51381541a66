//! What a guarded host says of a refusal: our own page at our own address shows it, and no cookie of ours can be set from there.
use domain::{MINUTE, Micros, Refusal};
use serde::{Deserialize, Serialize};

use crate::{Error, services::PageState};

/// How long the page of such a refusal can be opened.
const LIFE: Micros = 10 * MINUTE;

#[derive(Serialize, Deserialize)]
struct Told {
    code: String,
    support: String,
    until: Micros,
}

impl PageState {
    /// A word of ours that this refusal happened.
    ///
    /// # Errors
    /// No key to seal with.
    pub fn vouch(&self, refusal: Refusal, support: &str) -> Result<String, Error> {
        self.keys.seal_json(
            "refused",
            &Told {
                code: refusal.code().to_owned(),
                support: support.to_owned(),
                until: self.now() + LIFE,
            },
        )
    }

    /// Whether a word is ours, of this refusal, and not too old.
    #[must_use]
    pub fn is_vouched(&self, refusal: Refusal, support: &str, word: &str) -> bool {
        self.keys.open_json::<Told>("refused", word).is_some_and(|told| {
            told.code == refusal.code() && told.support == support && told.until > self.now()
        })
    }
}
