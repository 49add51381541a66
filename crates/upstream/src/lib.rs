//! Connectors to identity providers, all behind one trait and one guarded HTTP client.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "tests may panic"))]

mod assertion;
mod connector;
mod github;
mod guard;
mod json;
mod oauth2;
mod oidc;
mod outside;
mod settings;
mod subject;
#[cfg(test)]
mod testing;

pub use assertion::Assertion;
pub use connector::{Connector, Start, UpstreamError, Visit, connector};
pub use guard::{Guard, GuardOptions};
pub use outside::{Outside, OutsideProblem};
pub use settings::{Auth, Settings, SettingsProblem, Source};
