//! What kills processes and cuts connections: `cargo xtask chaos`. Everything is on loopback, and ends only what it started.
mod database_gone;
mod killed;
mod proxy;
