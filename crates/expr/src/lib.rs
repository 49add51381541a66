//! Policy expressions: a guarded subset of CEL, evaluated before the decision. They compute values and conditions; they
//! cannot lower a floor.
//!
//! [`check()`] judges a text when it is saved: what it may say, and a bound of what it can cost. [`Expression::parse`] reads
//! it, [`Variables`] are what it sees of a sign-in, and [`import()`] takes expressions of other systems over. Only the service
//! depends on this crate; nothing of it reaches the browser.
//!
//! Limits: 1 KiB of text, brackets and operators nested 12 deep, no comprehension inside another, lists of 200, texts of
//! 2 KiB, variables of 64 KiB.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        reason = "tests may panic"
    )
)]

mod cost;
mod expression;
mod failed;
mod guard;
mod import;
mod limits;
mod names;
mod variables;

pub use expression::{Cache, Expression, Scope};
pub use failed::Failed;
pub use guard::check;
pub use import::import;
pub use limits::Mistake;
pub use variables::Variables;
