//! Codes that people type: sending, comparing, and how often somebody may try.
pub(crate) mod await_code;
pub(crate) mod challenge;
pub(crate) mod limits;
