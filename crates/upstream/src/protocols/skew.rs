//! How much the clock of a provider may differ from ours.

/// In microseconds.
pub const SKEW: domain::Micros = domain::MINUTE;
