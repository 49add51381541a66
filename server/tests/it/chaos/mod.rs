//! What kills processes and cuts connections: `cargo xtask chaos`. Everything is on loopback, and ends only what it started.
#![expect(clippy::print_stdout, reason = "the figures go into the page that the command writes")]
mod database_gone;
mod killed;
mod proxy;
