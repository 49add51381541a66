//! Pages on the way to and from applications.
pub mod address;
pub mod consent;
pub mod device;
pub mod logout;
pub mod no_access;
pub mod reply;
