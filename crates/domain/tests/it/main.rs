//! Tests of the pure core, a module a topic.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests may panic")]

mod all;
mod decisions;
mod presets;
mod rewind;
