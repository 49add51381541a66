//! What pages are made of, each a component with named properties.
mod choice;
mod field;
mod moment;
mod notice;
mod provider_button;
mod setting;

pub use choice::{Check, Radios, Select};
pub use field::{ContactField, Field, Lines, TextArea};
pub use moment::{Mark, Moment, ProviderMark, method_name, moment_text};
pub use notice::{Notice, Problems};
pub use provider_button::ProviderButton;
pub use setting::SettingField;
