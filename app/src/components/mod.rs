//! What pages are made of, each a component with named properties.
mod actions;
mod choice;
mod field;
mod list;
mod moment;
mod notice;
mod passkey;
mod provider_button;
mod setting;
mod step;

pub use actions::{GoOrLeave, SaveOrRead};
pub use choice::{Check, Radios, Select};
pub use field::{ContactField, Field, Lines, NewPasswordField, TextArea};
pub use list::{Rows, Table};
pub use moment::{Mark, Moment, ProviderMark, method_name, moment_text};
pub use notice::{Notice, Problems, Said};
pub use passkey::{CeremonyForm, NeedsScript};
pub use provider_button::{ProviderButton, Unavailable};
pub use setting::SettingField;
pub use step::{StepChoice, StepLink};
