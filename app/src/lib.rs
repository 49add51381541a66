//! The one Leptos app: pages with their forms, and texts. Only `islands` reaches the browser as wasm; all else is
//! server-rendered HTML.
//!
//! * `sign_in`, `account`, `admin` and `oidc` hold the pages, one file each: view, query and server functions.
//! * `components` are fields, choices, notices: what pages are built of.
//! * `page_request` is what a page is given and what it answers; `outcome` turns a use case's result into a redirect with
//!   cookies; `frame` is what stands around a page, `render` draws both with the content security policy that fits.
//! * `paths` are the addresses of our pages, `routes` the files that answer them.
//! * `i18n` reads the catalogues in `locales`, one for each area.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        reason = "tests may panic"
    )
)]
#![recursion_limit = "256"]

pub mod islands;

#[cfg(feature = "ssr")]
pub mod account;
#[cfg(feature = "ssr")]
pub mod admin;
#[cfg(feature = "ssr")]
mod components;
#[cfg(feature = "ssr")]
pub mod confirm;
#[cfg(feature = "ssr")]
pub mod context;
#[cfg(feature = "ssr")]
pub mod cookies;
#[cfg(feature = "ssr")]
mod form_input;
#[cfg(feature = "ssr")]
mod frame;
#[cfg(feature = "ssr")]
pub mod i18n;
#[cfg(feature = "ssr")]
pub mod language;
#[cfg(feature = "ssr")]
pub mod oidc;
#[cfg(feature = "ssr")]
pub mod outcome;
#[cfg(feature = "ssr")]
pub mod page_request;
#[cfg(feature = "ssr")]
pub mod password_meter;
#[cfg(feature = "ssr")]
pub mod paths;
#[cfg(feature = "ssr")]
pub mod render;
#[cfg(feature = "ssr")]
pub mod routes;
#[cfg(feature = "ssr")]
pub mod sign_in;
#[cfg(feature = "ssr")]
pub mod signed_out;
