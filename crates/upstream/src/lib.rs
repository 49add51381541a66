//! Connectors to identity providers, all behind one trait and one guarded HTTP client.
//!
//! [`Settings`] is what an administrator fills in, a variant for each kind of provider; [`connector()`] makes a
//! [`Connector`] of it. A connector does two things: it says where the browser goes ([`Connector::authorization_url`]), and
//! it turns the answer into a verified [`Assertion`] ([`Connector::finish`]). Who that is to us, and what may follow, is
//! decided elsewhere.
//!
//! Every request goes through [`SafeHttpClient`], which calls no address inside, follows no redirect and reads no more
//! than it should. [`Source`] names everything in the settings that can alter whose word it is.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "tests may panic"))]

mod assertion;
mod connector;
mod github;
mod guard;
mod json;
mod oauth2;
mod oidc;
mod settings;
mod subject;
#[cfg(test)]
mod testing;

pub use assertion::Assertion;
pub use connector::{CodeExchange, Connector, Start, UpstreamError, connector};
pub use guard::{GuardOptions, SafeHttpClient};
pub use settings::{Auth, Settings, SettingsProblem, Source};
