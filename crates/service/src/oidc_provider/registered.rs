//! An application's row, as its requests are read against it.
use issuer::{RegisteredClient, Settings};
use storage::oauth::applications::Application;

pub(crate) fn registered(row: &Application) -> RegisteredClient {
    RegisteredClient {
        id: row.id,
        client_id: row.client_id.clone(),
        name: row.name.clone(),
        redirect_uris: serde_json::from_str(&row.redirect_uris).unwrap_or_default(),
        settings: settings_of(row),
    }
}

/// A settings' document that cannot be read counts as the defaults, which allow the least.
pub(crate) fn settings_of(row: &Application) -> Settings {
    serde_json::from_str(&row.settings).unwrap_or_default()
}
