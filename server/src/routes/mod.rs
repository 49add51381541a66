//! Protocol routes: what providers, applications and probes call. Pages and forms are in the app.
pub mod brand;
pub mod callback;
pub mod forms;
pub mod forward;
pub mod health;
pub mod issuer;
pub mod logout;
pub mod provider_logout;
