//! The server: the place where everything is put together.
//!
//! * [`config`] is read once and checked whole; [`commands`] is the command line; [`serve`] opens the database, starts the
//!   workers and listens.
//! * [`router`] has all routes and layers, in order. [`hosts`] picks the organisation by the host of a request.
//! * [`routes`] are what providers, applications and probes call; pages and forms are in the app. [`layers`] stand around them.
//! * [`outbox`] sends what the service queued: [`mail`] by SMTP, [`text`] by a gateway.
//! * [`assets`] are the embedded files; [`seed`] fills a demo.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        reason = "tests may panic"
    )
)]
#![recursion_limit = "256"]

pub mod assets;
pub mod commands;
pub mod config;
pub mod doctor;
pub mod hosts;
pub mod key_file;
pub mod layers;
pub mod listen;
pub mod listen_address;
pub mod mail;
pub mod metrics;
pub mod outbox;
pub mod router;
pub mod routes;
pub mod seed;
pub mod serve;
pub mod text;
pub mod unsent;
pub mod version;
