//! Adding, trying and deleting providers in the console.
use std::collections::BTreeMap;

pub use domain::provider_change::NotDeleted;
use domain::{
    EventKind, Refusal, Right, audit_events::Target, policy::Document, provider_change::may_delete,
};
use storage::{
    accounts::links::count_every_link,
    policy::providers::{count_adopters, delete_provider, find_provider, list_providers},
};
pub use upstream::{
    Check, Found, Input, SamlSettings, Setting, Settings, SettingsProblem,
    presets::{self, Capability, Preset},
};

use crate::{
    Error, RequestContext,
    policy::documents::{provider_scope, save},
    services::ProviderAdmin,
    transaction::Transactions,
};

/// The settings of a new provider: the preset's, for the client and the place that were typed, with what was typed beside.
///
/// # Errors
/// The first [`SettingsProblem`].
pub fn new_settings(
    preset: &Preset,
    client_id: &str,
    places: &BTreeMap<String, String>,
    typed: &BTreeMap<String, String>,
) -> Result<Settings, SettingsProblem> {
    preset.filled(client_id.trim(), places)?.with_typed(typed)
}

impl ProviderAdmin {
    /// A key that no provider has, beginning with a word.
    ///
    /// # Errors
    /// Without the right to change providers.
    pub async fn free_key(&self, ctx: &RequestContext, word: &str) -> Result<String, Error> {
        self.admin_rights().allowed(ctx, Right::ChangeProviders).await?;
        let taken = list_providers(&mut self.store.read().await?, self.org).await?;
        let is_free = |key: &str| taken.iter().all(|row| row.key != key);
        let further = (2..).map(|n| format!("{word}-{n}"));
        let mut keys = std::iter::once(word.to_owned()).chain(further);
        Ok(keys.find(|key| is_free(key)).unwrap_or_default())
    }

    /// Tries a provider as it is stored, without anybody who signs in: metadata, keys, and whether it knows our client.
    /// Nothing that was read before counts.
    ///
    /// # Errors
    /// Without the right to change providers, or [`Refusal::NotFound`].
    pub async fn check_provider(
        &self,
        ctx: &RequestContext,
        key: &str,
    ) -> Result<Vec<Check>, Error> {
        self.admin_rights().allowed(ctx, Right::ChangeProviders).await?;
        let found = find_provider(&mut self.store.read().await?, self.org, key).await?;
        let row = found.ok_or(Refusal::NotFound)?;
        let connector = self.configuration().new_connector(&row)?;
        let redirect_uri = self.configuration().redirect_uri(key);
        Ok(connector.check(&redirect_uri, self.now()).await)
    }

    /// Deletes a provider with its association, if nobody loses anything by it.
    ///
    /// # Errors
    /// Without the right to change providers, or [`Refusal::NotFound`].
    pub async fn delete_provider(
        &self,
        ctx: &RequestContext,
        key: &str,
    ) -> Result<Result<(), NotDeleted>, Error> {
        let key = key.to_owned();
        self.administer::<_, Error, _>(ctx, Right::ChangeProviders, move |this, c, admin| {
            Box::pin(async move {
                let row = find_provider(c, this.org, &key)
                    .await?
                    .filter(|row| row.organisation_id == this.org)
                    .ok_or(Refusal::NotFound)?;
                let (links, adopters) =
                    (count_every_link(c, row.id).await?, count_adopters(c, row.id).await?);
                if let Err(why) = may_delete(links, adopters) {
                    return Ok(Err(why));
                }
                delete_provider(c, this.org, &row).await?;
                // The next one under this key begins with nothing of it.
                let (scope, empty) = (provider_scope(&key), Document::default());
                save(c, this.org, &scope, &empty, &admin.name(), this.now()).await?;
                let event = admin
                    .event(EventKind::ProviderDeleted, Target::Provider(key.clone()))
                    .by_provider(key);
                this.record(c, event).await?;
                Ok(Ok(()))
            })
        })
        .await
    }
}
