//! The admin console's use cases. Every one asks for the role first, here and not in the page (AD-01).
mod accounts;
pub mod association;
mod audit_trail;
pub mod brand;
pub(crate) mod doctor;
pub mod dry_run;
pub(crate) mod flash;
pub mod move_identities;
pub mod organisations;
mod overview;
pub mod policy;
mod provider_edit;
mod provider_list;
pub mod providers;
pub mod replay;
pub(crate) mod rights;
mod save_problem;
pub(crate) mod save_provider;
pub mod setup;
pub mod simulate;
pub mod switches;
pub(crate) mod vouch;

pub use accounts::{AccountView, AccountsPage};
pub use overview::Figures;
pub use provider_edit::{ProviderEdit, SettingsEdit};
pub use provider_list::{LogoutUris, ProviderView};
pub use save_problem::SaveProblem;
