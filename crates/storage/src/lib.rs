//! The database: one schema and one set of queries on SQLite and PostgreSQL, chosen at run time by the URL.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "tests may panic"))]

#[macro_use]
mod conn;
pub mod accounts;
pub mod agreements;
pub mod applications;
pub mod attempts;
pub mod attributes;
pub mod audit;
pub mod backup;
pub mod browsers;
pub mod counters;
pub mod doctor;
pub mod dry_runs;
pub mod factors;
pub mod flash;
pub mod images;
pub mod instance;
pub mod key;
pub mod keys;
pub mod links;
pub mod logins;
pub mod merges;
pub mod migrate;
pub mod organisations;
pub mod outbox;
pub mod passkeys;
pub mod policies;
pub mod postgres;
pub mod providers;
pub mod registrations;
pub mod schema;
pub mod sealed;
pub mod sessions;
pub mod setup;
pub mod snapshots;
pub mod stamp;
pub mod tidy;
pub mod tokens;
pub mod undo;
pub mod ways;

pub use conn::{Conn, Error, Result, Store};
pub use key::{Bytes, Key, key};
