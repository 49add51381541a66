//! What signing in writes: attempts, sessions, counters and what a browser keeps for a while.
pub mod attempts;
pub mod browsers;
pub mod counters;
pub mod flash;
pub mod sessions;
