//! Connectors to identity providers, all behind one trait and one guarded HTTP client.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        reason = "tests may panic"
    )
)]

mod assertion;
mod check;
mod connection_test;
mod connector;
mod error;
mod factory;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
mod http;
mod origin;
mod outside;
pub mod presets;
mod protocols;
mod settings;
mod subject;
#[cfg(test)]
mod testing;

pub use self::http::{SafeHttpClient, SafeHttpOptions};
pub use assertion::{Assertion, Once};
pub use check::{Check, Found};
pub use connector::{
    CodeExchange, Connector, EndedThere, PasswordAnswer, PasswordCheck, RedirectFlow, SignInWay,
    Start,
};
pub use error::{Part, Trouble, UpstreamError};
pub use factory::{connector, first_secret};
pub use outside::{Outside, OutsideProblem};
pub use settings::{
    Auth, GithubSettings, Input, LdapSettings, Oauth2Settings, OidcSettings, Reauth, SamlSettings,
    Setting, Settings, SettingsProblem, SignOutToo, Source,
};
