//! My Account: a file for each page, with its forms.
pub mod activity;
pub mod applications;
pub mod delete;
pub mod email;
pub mod export;
pub mod merge;
pub mod methods;
pub mod passkeys;
pub mod password;
pub mod phone;
pub mod reauthenticate;
pub mod recovered;
pub mod remove;
pub mod second_factor;
pub mod sessions;
pub mod undo;
