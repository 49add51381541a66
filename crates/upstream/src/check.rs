//! What trying a provider found, part by part.
use crate::error::{Part, UpstreamError};

/// What one part of a provider answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    pub part: Part,
    pub found: Found,
}

/// What was found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// It works; details for administrators, such as algorithms.
    Works(String),
    /// It answered, and the answer leaves open whether it will work.
    Unclear(String),
    /// It will not work.
    Broken(UpstreamError),
}

impl Check {
    pub(crate) fn broken(part: Part, error: UpstreamError) -> Self {
        Self { part, found: Found::Broken(error) }
    }

    pub(crate) fn works(part: Part, what: impl Into<String>) -> Self {
        Self { part, found: Found::Works(what.into()) }
    }
}
