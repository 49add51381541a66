//! TODO
pub(crate) mod keys;
pub(crate) mod random;
pub(crate) mod rotation;
pub(crate) mod signing;

