//! Signing in: a file for each page and each step of an attempt, with its forms.
pub mod address_changed;
pub mod attempt;
pub mod bind;
pub mod by_code;
pub mod by_directory;
pub mod choose;
pub mod code;
pub mod details;
pub mod factor;
pub mod finish;
pub mod login;
pub mod refused;
pub mod reset;
pub mod restore;
pub mod setup;
pub mod sign_up;
