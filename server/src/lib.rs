//! The server: configuration, routes and layers, outbox workers, commands.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "tests may panic"))]
#![recursion_limit = "256"]

pub mod assets;
pub mod commands;
pub mod config;
pub mod doctor;
pub mod hosts;
pub mod layers;
pub mod listen;
pub mod mail;
pub mod metrics;
pub mod outbox;
pub mod router;
pub mod routes;
pub mod seed;
pub mod serve;
pub mod text;
pub mod unsent;
