//! TODO
pub(crate) mod await_code;
pub(crate) mod challenge;
pub(crate) mod limits;

