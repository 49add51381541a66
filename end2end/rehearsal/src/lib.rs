//! The rehearsal: identity providers with knobs, a mailbox and a small application, for the demo and for tests.
//! It shares no code with the product's protocol code.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        reason = "tests may panic"
    )
)]

pub mod application;
pub mod directory;
pub mod mailbox;
pub mod page;
pub mod provider;
pub mod saml;
pub mod token;
