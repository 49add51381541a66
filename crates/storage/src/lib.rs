//! The database: one schema and one set of queries for SQLite and PostgreSQL, chosen at run time by the URL.
//!
//! [`Store`] opens it and hands out connections and transactions; a query is an ordinary function over a [`Conn`], written
//! once and compiled for both. Rows stay here: what leaves is a row's struct or a type of the domain.
//!
//! * [`accounts`]: accounts with their addresses, links, passkeys, second factors, and the journal of their changes.
//! * [`sign_in`]: attempts, sessions, counters, known browsers.
//! * [`oauth`]: applications and their tokens. [`policy`]: organisations, policy documents, providers.
//! * [`maintenance`]: migrations, keys, outbox, audit trail, backups, and what becomes of a restored copy.
//! * [`schema`]: the tables, as the migrations make them.
//!
//! Queries are named by what they do: `find_` (perhaps one), `list_`, `count_`, `add_`, `set_`, `remove_`.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        reason = "tests may panic"
    )
)]

#[macro_use]
mod conn;
pub mod accounts;
mod cached;
pub mod key;
pub mod maintenance;
pub mod oauth;
pub mod policy;
pub mod postgres;
pub mod schema;
pub mod sign_in;

pub(crate) use cached::cached;
pub use conn::{Conn, Error, Result, Store};
pub use key::{Bytes, Key, key};
