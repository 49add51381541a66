//! The pure heart of Ligature: policies, decisions and the rules that they rest on.
//!
//! Every intent has its own facts, its own function and its own outcome; what they share is [`decision`]: an outcome, the
//! reasons that led to it, and the version of the [`Policy`].
//!
//! * [`linking`] decides about an identity. Start at [`decide`]: a known identity ends there, an unknown one in `unknown.rs`.
//! * [`account_rules`] decides about one account: changing, removing, merging, undoing, confirming, administering.
//! * [`policy`] is the document: permits, floors and choices of each scope, merged into one policy, with presets and a linter.
//! * [`attempt`] is the state machine of one passage through sign-in.
//! * [`provider_change`] says who may change where a provider's word comes from, [`provider_health`] whether it does its work,
//!   [`continuity`] when people may lose their last way in; [`roles`] what an administrator may do.
//! * [`email_address`], [`contact`], [`one_time_code`], [`path`] and [`colour`] are values that can only be made valid.
//! * [`groups`] says which groups count in a session, and what a provider's word about them is worth.
//! * [`refusals`] is the table of every reason not to go on, [`audit_events`] of everything that the audit trail tells.
//!
//! Nothing here does input or output, waits, reads a clock or draws a random number.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        reason = "tests may panic"
    )
)]

pub mod account_rules;
pub mod attempt;
pub mod audit_events;
pub mod colour;
pub mod contact;
pub mod continuity;
pub mod decision;
pub mod email_address;
pub mod groups;
pub mod identity_move;
pub mod ids;
pub mod limits;
pub mod linking;
mod named;
pub mod one_time_code;
pub mod path;
pub mod policy;
pub mod provider_change;
pub mod provider_health;
pub mod refusals;
pub mod roles;
mod time;
pub mod trust;

pub use audit_events::EventKind;
pub use decision::{Named, Ruling};
pub use ids::{AccountId, ApplicationId, CredentialId, GroupId, LinkId, OrgId, ProviderId};
pub use linking::{Decision, Outcome, decide, facts::Facts};
pub use policy::Policy;
pub use refusals::Refusal;
pub use roles::{Right, Role};
pub use time::{DAY, HOUR, MINUTE, Micros, SECOND};
pub use trust::{Proof, Trust};
