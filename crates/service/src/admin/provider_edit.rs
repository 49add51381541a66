//! What somebody changes of a provider in the console.
use std::collections::BTreeMap;

use domain::continuity::Consent;
use upstream::Settings as ProviderSettings;

use crate::admin::association::Association;

/// What somebody changes of a provider. What is left out stays as it is; of a new one it is as the standard has it.
#[derive(Debug, Clone, Default)]
pub struct ProviderEdit {
    pub key: String,
    pub name: Option<String>,
    pub settings: SettingsEdit,
    /// Empty keeps the secret that is stored.
    pub secret: String,
    /// A key that was made for settings that want one: the secret where none is stored and none is given.
    pub first_secret: String,
    pub enabled: Option<bool>,
    pub position: Option<i32>,
    /// Offered to every organisation; from the home one only.
    pub shared: Option<bool>,
    pub association: Option<Association>,
    /// The number of linked identities for which somebody said that they mean it (DL-01).
    pub confirmed: Option<i64>,
    /// What somebody agreed to on the page that shows what the change does (AD-07).
    pub consent: Option<Consent>,
}

/// What somebody changes of a provider's settings.
#[derive(Debug, Clone)]
pub enum SettingsEdit {
    /// All of them are these.
    Whole(Box<ProviderSettings>),
    /// Those that were typed, by name.
    Typed(BTreeMap<String, String>),
}

impl Default for SettingsEdit {
    fn default() -> Self {
        Self::Typed(BTreeMap::new())
    }
}
