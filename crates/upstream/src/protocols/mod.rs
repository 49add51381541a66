//! The protocols that providers speak.
pub mod client;
pub mod dialect;
pub mod ldap;
pub mod oauth2;
pub mod oidc;
pub mod request;
#[cfg(feature = "saml")]
pub mod saml;
pub mod skew;
pub mod token;
