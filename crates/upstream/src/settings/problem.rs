//! What keeps settings from being saved.

/// Settings that cannot work, by field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsProblem {
    pub field: &'static str,
    /// Message key.
    pub remedy: &'static str,
}
