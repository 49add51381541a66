//! The pure heart of Ligature: the linking policy, the decision, the attempt state machine, addresses and codes.
//!
//! Nothing here does input or output, waits, reads a clock or draws a random number.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "tests may panic"))]

pub mod account_rules;
pub mod attempt;
pub mod colour;
pub mod contact;
pub mod decision;
pub mod email_address;
pub mod ids;
pub mod limits;
pub mod linking;
pub mod one_time_code;
pub mod path;
pub mod policy;
pub mod provider_change;
pub mod refusals;
pub mod roles;
pub mod trust;

pub use decision::{Named, Ruling};
pub use ids::{AccountId, ApplicationId, AuditId, CredentialId, LinkId, OrgId, ProviderId};
pub use linking::{Decision, Outcome, decide, facts::Facts};
pub use policy::Policy;
pub use refusals::Refusal;
pub use roles::{Right, Role};
pub use trust::{Proof, Trust};

/// A moment, in microseconds since 1970-01-01 UTC.
pub type Micros = i64;
/// One second in [`Micros`].
pub const SECOND: Micros = 1_000_000;
/// One minute in [`Micros`].
pub const MINUTE: Micros = 60 * SECOND;
/// One hour in [`Micros`].
pub const HOUR: Micros = 60 * MINUTE;
/// One day in [`Micros`].
pub const DAY: Micros = 24 * HOUR;
