//! Saving a provider: its settings, its secret and how it is associated. Everything that decides whether it may be saved
//! is read in the transaction that saves it (threat rules 14 to 16).
use crate::services::{ProviderAdmin, Transactions};
use domain::{
    ProviderId, Refusal, Right,
    policy::{Document, Evidence},
    provider_change::{NotSaved, ProviderChange, SavedBy, may_save},
};
use serde_json::json;
use storage::{
    Conn,
    accounts::links::{count_links_beside, count_spoken_for},
    policy::providers::{Provider, add_provider, find_provider, set_provider, set_provider_choice},
};
use upstream::{Settings as ProviderSettings, SettingsProblem};

use crate::{
    Authority, Error, RequestContext,
    admin::{ProviderForm, SaveProblem, association::Association},
    audit::Event,
    crypto::random::row_id,
    policy::documents::{provider_scope, save},
};

/// Why a form was not saved, found in the transaction.
type NotNow = (&'static str, &'static str);

/// Who saves, as the transaction found them.
struct Saver {
    /// For the trail.
    name: String,
    by: SavedBy,
    /// May offer providers to every organisation.
    offers: bool,
}

impl ProviderAdmin {
    /// Creates or changes a provider with its association. The namespace and the key never change afterwards.
    ///
    /// # Errors
    /// [`SaveProblem`]; [`SaveProblem::Unconfirmed`] where its word would come from somewhere else for identities that are
    /// linked (DL-01).
    pub async fn save_provider(
        &self,
        ctx: &RequestContext,
        form: ProviderForm,
        create: bool,
    ) -> Result<(), SaveProblem> {
        self.admin_rights().allowed(ctx, Right::ChangeProviders).await?;
        self.put_provider(&Authority::Console(Box::new(ctx.clone())), form, create).await
    }

    /// Takes a provider that the home organisation offers, or leaves it; with how it is associated here (ZI-20).
    ///
    /// # Errors
    /// As [`crate::ProviderAdmin::save_provider`].
    pub async fn take_provider(
        &self,
        ctx: &RequestContext,
        key: &str,
        enabled: bool,
        association: Association,
        confirmed: Option<i64>,
    ) -> Result<(), SaveProblem> {
        self.admin_rights().allowed(ctx, Right::ChangeProviders).await?;
        let offered = self.configuration().provider(&mut self.store.read().await?, key).await?;
        if offered.organisation_id == self.org {
            return Err(SaveProblem::Error(Refusal::NotFound.into()));
        }
        let form = ProviderForm {
            key: key.to_owned(),
            name: offered.name,
            settings: serde_json::from_str(&offered.config).map_err(Error::from)?,
            secret: String::new(),
            enabled,
            position: offered.position,
            shared: false,
            association,
            confirmed,
        };
        self.save_provider(ctx, form, false).await
    }

    /// Creates or changes a provider on somebody's word.
    ///
    /// # Errors
    /// As [`crate::ProviderAdmin::save_provider`].
    pub async fn put_provider(
        &self,
        authority: &Authority,
        form: ProviderForm,
        create: bool,
    ) -> Result<(), SaveProblem> {
        let slug = form.key.len() <= 40
            && !form.key.is_empty()
            && form.key.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if !slug {
            return Err(SaveProblem::Field("key", "field-key"));
        }
        if form.name.trim().is_empty()
            || form.name.chars().count() > 60
            || form.name.chars().any(char::is_control)
        {
            return Err(SaveProblem::Field("name", "field-name"));
        }
        form.settings
            .check(self.settings.plain_http)
            .map_err(|SettingsProblem { field, remedy }| SaveProblem::Field(field, remedy))?;
        if form.association.own_directory
            && Evidence::OwnDirectory.of(&form.settings.namespace(ProviderId([0; 16])))
                != Evidence::OwnDirectory
        {
            return Err(SaveProblem::Field("own_directory", "field-own-directory"));
        }
        let scope = provider_scope(&form.key);
        let policies = self.configuration().policies(&mut self.store.read().await?).await?;
        let document = form.association.document(&policies.document(&scope));
        self.policy_admin()
            .check_document(&policies, &scope, &document, &[])
            .map_err(SaveProblem::Policy)?;
        let confirmed = form.confirmed;
        self.with_authority::<_, Error, _>(
            authority,
            Right::ChangeProviders,
            move |this, c, actor| {
                Box::pin(async move {
                    let by = match &actor.admin {
                        None => SavedBy::Operator,
                        Some(admin) if admin.may(Right::ChangeTrust) => {
                            SavedBy::Owner { confirmed }
                        }
                        Some(_) => SavedBy::Delegate,
                    };
                    let offers = this.is_home()
                        && actor.admin.as_ref().is_none_or(|admin| admin.may(Right::RunInstance));
                    let saver = Saver { name: actor.name(), by, offers };
                    this.save_provider_in(c, &saver, &form, create).await
                })
            },
        )
        .await?
    }

    async fn save_provider_in(
        &self,
        c: &mut Conn,
        saver: &Saver,
        form: &ProviderForm,
        create: bool,
    ) -> Result<Result<(), SaveProblem>, Error> {
        let found = find_provider(c, self.org, &form.key).await?;
        let scope = provider_scope(&form.key);
        let policies = self.configuration().policies(c).await?;
        let document = form.association.document(&policies.document(&scope));
        let (believed, would_be) = (
            policies.believed(&form.key),
            policies.with(&scope, document.clone(), 0).believed(&form.key),
        );
        let change =
            ProviderChange { believed, would_be, by: saver.by, ..ProviderChange::default() };
        if let Some(offered) = found.as_ref().filter(|p| p.organisation_id != self.org && !create) {
            // Switched on, it speaks for identities of its namespace that others linked here.
            let beside = count_links_beside(c, self.org, offered.id, &offered.namespace).await?;
            let change = ProviderChange {
                source: form.enabled && !offered.enabled && beside > 0,
                links: beside,
                ..change
            };
            if let Some(problem) = may_save(&change).err() {
                return Ok(Err(explained(problem, "enabled")));
            }
            set_provider_choice(c, self.org, offered.id, form.enabled).await?;
            return self
                .record_provider(c, saver, form, &document, "provider.taken", json!({}))
                .await
                .map(Ok);
        }
        let old = found.filter(|p| p.organisation_id == self.org);
        if create && old.is_some() {
            return Ok(Err(SaveProblem::Field("key", "field-taken")));
        }
        let id = old.as_ref().map_or_else(|| ProviderId(row_id(self.now())), |o| o.id);
        let namespace = form.settings.namespace(id);
        if old.as_ref().is_some_and(|o| o.namespace != namespace) {
            // Changing an issuer is a re-key of every link, not an edit.
            return Ok(Err(SaveProblem::Field("issuer", "field-namespace")));
        }
        let links = count_spoken_for(c, self.org, id, &namespace).await?;
        let (change, (field, receiver)) =
            compared(ProviderChange { links, ..change }, old.as_ref(), form)?;
        if let Some(problem) = may_save(&change).err() {
            return Ok(Err(explained(
                problem,
                if problem == NotSaved::Secret { receiver } else { field },
            )));
        }
        let saved = self.write_provider(c, saver, form, old.as_ref(), id, namespace).await?;
        let Ok(row) = saved else {
            return Ok(saved
                .map(drop)
                .map_err(|(field, remedy)| SaveProblem::Field(field, remedy)));
        };
        let a = &form.association;
        let detail = json!({"login_only": a.login_only, "as_source": a.as_source, "as_target": a.as_target, "secret_changed": row.secret_set_at.is_some(), "offered_to_all": row.shared, "source_changed": change.source, "links": change.links});
        self.record_provider(
            c,
            saver,
            form,
            &document,
            if create { "provider.created" } else { "provider.changed" },
            detail,
        )
        .await
        .map(Ok)
    }

    async fn write_provider(
        &self,
        c: &mut Conn,
        saver: &Saver,
        form: &ProviderForm,
        old: Option<&Provider>,
        id: ProviderId,
        namespace: String,
    ) -> Result<Result<Provider, NotNow>, Error> {
        let now = self.now();
        let secret = if form.secret.is_empty() {
            None
        } else {
            Some(self.keys.seal("provider-secret", form.secret.as_bytes())?)
        };
        let row = Provider {
            id,
            organisation_id: self.org,
            key: form.key.clone(),
            name: form.name.trim().to_owned(),
            kind: form.settings.kind().into(),
            namespace,
            config: serde_json::to_string(&form.settings)?,
            secret_set_at: secret.as_ref().map(|_| now),
            secret,
            enabled: form.enabled,
            position: form.position,
            rev: 1,
            // A form without that switch leaves an offer as it is.
            shared: self.is_home()
                && if saver.offers { form.shared } else { old.is_some_and(|o| o.shared) },
        };
        match old {
            Some(_) => set_provider(c, self.org, &row).await?,
            None if add_provider(c, self.org, &row, now).await? => {}
            None => return Ok(Err(("key", "field-taken"))),
        }
        Ok(Ok(row))
    }

    async fn record_provider(
        &self,
        c: &mut Conn,
        saver: &Saver,
        form: &ProviderForm,
        document: &Document,
        kind: &'static str,
        mut detail: serde_json::Value,
    ) -> Result<(), Error> {
        let version =
            save(c, self.org, &provider_scope(&form.key), document, &saver.name, self.now())
                .await?;
        if let Some(detail) = detail.as_object_mut() {
            detail.extend([
                ("enabled".into(), form.enabled.into()),
                ("association".into(), form.association.mode.name().into()),
                ("policy_version".into(), version.into()),
            ]);
        }
        self.record(
            c,
            Event {
                provider: form.key.clone(),
                ..Event::new(kind).by(saver.name.clone()).detail(detail)
            },
        )
        .await
    }
}

/// The change with what differs from the stored row, the first field that does, and the first address that is new to the
/// secret.
fn compared(
    change: ProviderChange,
    old: Option<&Provider>,
    form: &ProviderForm,
) -> Result<(ProviderChange, (&'static str, &'static str)), Error> {
    // A new one is a source for its namespace, whatever its settings.
    let Some(old) = old else {
        return Ok((ProviderChange { source: true, ..change }, ("key", "")));
    };
    let (before, after) =
        (serde_json::from_str::<ProviderSettings>(&old.config)?.source(), form.settings.source());
    let receiver =
        after.new_receiver(&before).filter(|_| old.secret.is_some() && form.secret.is_empty());
    let field = after.changed_from(&before);
    let change = ProviderChange {
        source: field.is_some(),
        offered: old.shared,
        secret_travels: receiver.is_some(),
        ..change
    };
    Ok((change, (field.unwrap_or_default(), receiver.unwrap_or_default())))
}

/// A problem as the form shows it, at the field that it is about.
fn explained(problem: NotSaved, field: &'static str) -> SaveProblem {
    match problem {
        NotSaved::Belief => SaveProblem::Field("verified_counts", "field-owner-only"),
        NotSaved::Source => SaveProblem::Field(field, "field-owner-settings"),
        NotSaved::Secret => SaveProblem::Field("secret", "field-secret-again"),
        NotSaved::Unconfirmed(links) => SaveProblem::Unconfirmed(links),
    }
}
