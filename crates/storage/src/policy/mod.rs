//! What administrators configure: organisations, policy documents, providers, and trial runs of drafts.
pub mod config_version;
pub mod documents;
pub mod dry_runs;
pub mod images;
pub mod organisations;
pub mod providers;
