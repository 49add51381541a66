//! Codes that people type: sending, comparing, and how often somebody may try.
pub(crate) mod challenge;
pub(crate) mod contact_owner;
pub(crate) mod limits;
