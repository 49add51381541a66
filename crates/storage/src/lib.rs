//! The database: one schema and one set of queries on SQLite and PostgreSQL, chosen at run time by the URL.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "tests may panic"))]

#[macro_use]
mod conn;
pub mod accounts;
pub mod key;
pub mod maintenance;
pub mod oauth;
pub mod policy;
pub mod schema;
pub mod sign_in;

pub use conn::{Conn, Error, Result, Store};
pub use key::{Bytes, Key, key};
