//! Signing in: a file for each page, with its forms.
pub mod attempt;
pub mod by_code;
pub mod by_directory;
pub mod complete;
pub mod login;
pub mod refused;
pub mod reset;
pub mod setup;
pub mod sign_up;
