//! The use cases: load facts, let the domain decide, apply the effects in one transaction.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "tests may panic"))]

pub mod account;
pub mod admin;
mod attempt;
mod audit;
pub mod codes;
mod core;
pub mod crypto;
mod error;
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
pub use admin::setup::FirstOwner;
pub use attempt::{AttemptView, CodeFor, Details, ShownAccount, ViewBody};
pub use crypto::{
    keys::{KeyStore, MasterKey},
    random::{random_bytes, support_code, token},
};
pub use domain::policy::Problem as PolicyProblem;
pub use error::Error;
pub use request::{RequestContext, SessionInfo};
pub use services::*;
pub use sign_in::{
    callback::Callback,
    complete_login::{Destination, LoginOutcome},
    password::HashCost,
    sign_up::NewPerson,
    start::{PendingAuthorization, Purpose, Started},
};
pub use storage::maintenance::instance::Recovery;
pub use transaction::Authority;

/// Rows that use cases hand through to pages unchanged.
pub mod rows {
    pub use storage::{
        accounts::{Account, Email, attributes::Attribute},
        maintenance::audit::{AuditEvent, AuditFilter},
    };
}
