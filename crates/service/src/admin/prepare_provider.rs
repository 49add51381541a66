//! What is done for a provider's settings before they are saved and outside of the transaction: reading a provider's
//! metadata, and making a key of ours.
use std::collections::BTreeMap;

use storage::policy::providers::find_provider;
use upstream::{SamlSettings, Settings, SettingsProblem, first_secret};

use crate::{
    Error,
    admin::{
        provider_edit::{ProviderEdit, SettingsEdit},
        save_problem::SaveProblem,
    },
    services::ProviderAdmin,
};

/// Settings that metadata fill in.
const FILLED: [&str; 4] = ["idp_entity_id", "sso_url", "certificates", "sign_requests"];

fn at_field(problem: SettingsProblem) -> SaveProblem {
    SaveProblem::field(problem.field, problem.remedy)
}

impl ProviderAdmin {
    /// The edit with everything that has to be fetched or made for it.
    ///
    /// # Errors
    /// [`SaveProblem::Fields`] where metadata cannot be had or read.
    pub(super) async fn prepared(&self, edit: ProviderEdit) -> Result<ProviderEdit, SaveProblem> {
        let settings = match &edit.settings {
            SettingsEdit::Whole(settings) => (**settings).clone(),
            SettingsEdit::Typed(typed) if typed.is_empty() => return Ok(edit),
            SettingsEdit::Typed(typed) => {
                let found =
                    find_provider(&mut self.store.read().await?, self.org, &edit.key).await?;
                let Some(row) = found else { return Ok(edit) };
                let stored: Settings = serde_json::from_str(&row.config).map_err(Error::from)?;
                // What is typed wrong is told where it is saved.
                let Ok(settings) = stored.with_typed(typed) else { return Ok(edit) };
                settings
            }
        };
        let Settings::Saml(settings) = settings else { return Ok(edit) };
        let settings = Settings::Saml(self.with_metadata(settings).await?);
        let first_secret = match first_secret(&settings) {
            Ok(made) => made.unwrap_or_default(),
            Err(error) => return Err(SaveProblem::Error(Error::Internal(error.to_string()))),
        };
        let settings = match edit.settings {
            SettingsEdit::Whole(_) => SettingsEdit::Whole(Box::new(settings)),
            SettingsEdit::Typed(typed) => SettingsEdit::Typed(filled(typed, &settings)),
        };
        Ok(ProviderEdit { settings, first_secret, ..edit })
    }

    async fn with_metadata(&self, settings: SamlSettings) -> Result<SamlSettings, SaveProblem> {
        let Settings::Saml(settings) = Settings::Saml(settings).resolved().map_err(at_field)?
        else {
            return Err(SaveProblem::field("kind", "field-required"));
        };
        let problems = Settings::Saml(settings.clone()).problems(self.settings.plain_http);
        let readable = problems.iter().all(|problem| problem.field != "metadata_url");
        if !settings.wants_metadata() || !readable {
            return Ok(settings);
        }
        settings.with_fetched(&self.guard).await.map_err(|error| {
            tracing::warn!(%error, "the metadata of a provider cannot be read");
            SaveProblem::field("metadata_url", "field-saml-fetch")
        })
    }
}

/// What was typed, with what the metadata say in the place of what they fill in.
fn filled(mut typed: BTreeMap<String, String>, settings: &Settings) -> BTreeMap<String, String> {
    if typed.remove("metadata").is_some() || typed.contains_key("metadata_url") {
        for name in FILLED {
            typed.insert(name.to_owned(), settings.typed(name));
        }
    }
    typed
}
