//! The trace of a decision: reasons as codes with values, told as a story by the console.
use serde::{Deserialize, Serialize};

/// One step. Its sentence is `trace-<code>` in the locales, with `$value`, `$rule` and `$count`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Reason {
    pub code: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub rule: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub value: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<usize>,
}

impl Reason {
    /// Every code, for the test that each has its sentence.
    pub const CODES: [&str; 47] = [
        "gates-open",
        "filtered",
        "expression-failed",
        "known",
        "unknown",
        "claim",
        "no-claim",
        "linking-off",
        "rule-skipped",
        "rule-empty",
        "rule-failed",
        "rule-found",
        "not-eligible",
        "links-silently",
        "needs-proof",
        "wants-code",
        "wants-credential",
        "decoy",
        "disclosure",
        "confirm-first",
        "pending-found",
        "nobody",
        "several",
        "shows",
        "creates",
        "abandons",
        "proved",
        "adds-own",
        "already-linked",
        "methods-left",
        "email-differs",
        "refused",
        "finishes",
        "confirms",
        "changes-own",
        "not-recent",
        "takes-back",
        "wants-second-factor",
        "second-factor-shown",
        "second-factor-there",
        "wants-details",
        "merges",
        "asks-to-restore",
        "restores",
        "governs",
        "proof-gone",
        "contested",
    ];
}

/// The reasons so far.
#[derive(Debug, Default)]
pub(crate) struct Trace(pub Vec<Reason>);

impl Trace {
    pub fn say(&mut self, code: &'static str) {
        debug_assert!(Reason::CODES.contains(&code), "{code}");
        self.0.push(Reason { code: code.into(), ..Reason::default() });
    }

    pub fn with(&mut self, code: &'static str, value: impl Into<String>) {
        debug_assert!(Reason::CODES.contains(&code), "{code}");
        self.0.push(Reason { code: code.into(), value: value.into(), ..Reason::default() });
    }

    pub fn rule(&mut self, code: &'static str, rule: &str, count: Option<usize>) {
        debug_assert!(Reason::CODES.contains(&code), "{code}");
        self.0.push(Reason {
            code: code.into(),
            rule: rule.to_owned(),
            count,
            ..Reason::default()
        });
    }
}
