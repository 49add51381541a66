//! TODO
pub mod messages;

