//! Signing in: from the start at a provider, or by a local method, to the session.
pub(crate) mod by_code;
pub mod by_directory;
pub(crate) mod by_password;
pub(crate) mod callback;
pub(crate) mod complete_login;
pub(crate) mod contested;
pub(crate) mod email_change;
pub(crate) mod facts;
pub(crate) mod login_outcome;
pub mod password;
pub(crate) mod posted_answer;
pub(crate) mod recovery;
pub(crate) mod reset;
mod sealed_identity;
pub(crate) mod sessions;
pub mod sign_up;
pub mod start;
pub(crate) mod upstream_identity;
