//! Random values, the data keys in the database, the keys that tokens are signed with, and hashes of passwords.
pub(crate) mod hex;
pub(crate) mod keys;
pub(crate) mod password_hash;
pub(crate) mod random;
pub(crate) mod rotation;
pub(crate) mod signing;
mod signing_rotation;
