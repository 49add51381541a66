//! The use cases: load facts, let the domain decide, apply the effects in one transaction.
//!
//! There is a service for each area, and all stand on one [`Core`]: store, keys, clock and settings. The list in
//! `services.rs` says which services each may call. [`Ligature`] bundles them for pages and routes.
//!
//! * [`sign_in`]: the ways in. [`SignIn`] starts at a provider and takes its answer; [`AttemptSteps`] are the pages between.
//! * [`account`]: My Account and what an account can undergo. [`codes`]: codes that people type, and how often they may try.
//! * [`policy`]: what is in force, with its expressions. [`admin`]: the console.
//! * [`oidc_provider`]: what applications ask. [`notifications`]: mails and texts, queued with what they tell.
//! * [`crypto`]: keys, sealing, random values. [`request`]: who asks.
//!
//! Whoever acts does so in a transaction that reads the session again; what the console writes needs an administrator whose
//! right was found in that transaction. Decisions are never taken here, and no page or path is known here.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        reason = "tests may panic"
    )
)]

pub mod account;
pub mod admin;
mod attempt;
mod audit;
mod audit_seals;
pub mod audit_verify;
pub mod codes;
mod core;
pub mod crypto;
mod error;
mod first_organisation;
#[cfg(test)]
mod model;
pub mod notifications;
pub mod oidc_provider;
pub mod policy;
pub mod request;
mod services;
pub mod sign_in;
mod transaction;

pub use crate::core::{Clock, Core, Inner, Settings};
pub use admin::{flash::Once, setup::FirstOwner};
pub use attempt::{AttemptView, CodeFor, Details, ShownAccount, ViewBody};
pub use crypto::{
    keys::{KeyStore, MasterKey},
    password_hash::HashCost,
    random::{random_bytes, support_code, token},
};
pub use domain::policy::Problem as PolicyProblem;
pub use error::Error;
pub use request::{RequestContext, SessionInfo};
pub use services::*;
pub use sign_in::{
    callback::Callback,
    login_outcome::{Destination, LoginOutcome},
    sign_up::NewPerson,
    start::{AuthorizationUrl, Purpose, Started},
};
pub use storage::maintenance::recovery::Recovery;
pub use transaction::Authority;

/// Rows that use cases hand through to pages unchanged.
pub mod rows {
    pub use storage::{
        Key,
        accounts::{Account, Email, attributes::Attribute},
        key,
        maintenance::audit::{AuditEvent, Onward, Place},
        policy::{documents::PolicyVersion, dry_runs::DryRunCase},
    };
}
