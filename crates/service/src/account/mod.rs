//! My Account, and what an account can undergo.
pub(crate) mod changes;
pub mod deletion;
pub(crate) mod effects;
pub(crate) mod email;
mod groups;
pub mod leaked_passwords;
pub(crate) mod may_change;
pub mod merge;
pub(crate) mod methods;
mod overview;
pub mod passkeys;
pub(crate) mod password;
pub mod phone;
pub(crate) mod profile;
pub mod reauthenticate;
pub mod recovered;
pub(crate) mod removal;
pub mod second_factor;
mod sessions;
pub(crate) mod take_email;
pub mod undo;

pub use methods::Method;
pub use overview::{Address, Overview};
pub use sessions::SessionRow;
