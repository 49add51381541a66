//! What every decision has in common: what comes of it, why, and under which policy.
mod reason;

pub use reason::Reason;
pub(crate) use reason::Trace;
use serde::{Deserialize, Serialize};

use crate::{Policy, Refusal};

/// What happens, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision<O> {
    pub outcome: O,
    /// The steps that led here, in order.
    pub reasons: Vec<Reason>,
    /// The policy version that was used.
    pub policy_version: i64,
}

/// A decision that allows something or refuses it.
pub type Ruling<A> = Decision<Result<A, Refusal>>;

/// Outcomes have short stable names: the audit trail keeps them, `outcome-<name>` is the text.
pub trait Named {
    fn name(&self) -> &'static str;
}

impl<A: Named> Named for Result<A, Refusal> {
    fn name(&self) -> &'static str {
        self.as_ref().map_or("refuse", Named::name)
    }
}

/// Names of everything that a decision can come to, for the test that each has its text.
pub const OUTCOMES: [&str; 22] = [
    "sign_in",
    "create",
    "link",
    "already_linked",
    "choose",
    "confirm",
    "challenge",
    "bind",
    "finish_signup",
    "second_factor",
    "details",
    "reclaim",
    "abandon",
    "remove",
    "update_email",
    "confirmed",
    "change",
    "take_phone",
    "undo",
    "merge",
    "restore",
    "refuse",
];

impl<A> Ruling<A> {
    /// Runs rules and keeps what they said.
    pub(crate) fn of(
        policy: &Policy,
        rules: impl FnOnce(&mut Trace) -> Result<A, Refusal>,
    ) -> Self {
        let mut trace = Trace::default();
        let outcome = rules(&mut trace);
        if let Err(refusal) = &outcome {
            trace.with("refused", refusal.code());
        }
        Self { outcome, reasons: trace.0, policy_version: policy.version }
    }
}
