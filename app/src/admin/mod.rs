//! The console: a file for each page, with its forms.
pub mod accounts;
pub mod applications;
pub mod audit;
pub mod brand;
pub mod organisations;
pub mod overview;
pub mod policy;
pub mod policy_document;
pub mod policy_replay;
pub mod policy_try;
pub mod policy_version;
pub mod provider;
pub mod provider_add;
pub mod providers;
mod saved;
pub mod story;
