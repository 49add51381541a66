//! Random values, the data keys in the database, and the keys that tokens are signed with.
pub(crate) mod keys;
pub(crate) mod random;
pub(crate) mod rotation;
pub(crate) mod signing;
