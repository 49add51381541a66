//! What became of an expression that has no value.

/// An expression failed on these values: a wrong type, a wrong function, no such variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed(pub String);
