//! TODO
pub mod password;
pub mod sign_up;
pub mod start;
pub(crate) mod by_code;
pub(crate) mod callback;
pub(crate) mod complete_login;
pub(crate) mod contested;
pub(crate) mod email_change;
pub(crate) mod facts;
pub(crate) mod recovery;
pub(crate) mod reset;
pub(crate) mod sessions;
pub(crate) mod upstream_identity;

