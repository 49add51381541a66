//! Tests of the pure core, a module a topic.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests may panic")]

mod all;
mod concerns;
mod decisions;
mod defaults;
mod presets;
mod rewind;
mod user_names;
