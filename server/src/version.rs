//! Which Ligature this is.

/// The version and the commit that this is built from.
pub const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " (", env!("LIGATURE_COMMIT"), ")");
