//! Saving a provider: its settings, its secret and how it is associated. Everything that decides whether it may be saved
//! is read in the transaction that saves it (threat rules 14 to 16).
use domain::{
    EventKind, ProviderId, Refusal, Right,
    audit_events::Target,
    policy::{Belief, Document, Evidence},
    provider_change::{NotSaved, ProviderChange, SavedBy, may_save},
};
use serde_json::json;
use storage::{
    Conn,
    accounts::{
        groups::list_mappings,
        links::{count_every_link, count_links_beside, count_spoken_for},
    },
    policy::providers::{
        Provider, add_provider, delete_provider, find_provider, set_provider, set_provider_choice,
    },
};
use upstream::{Settings as ProviderSettings, SettingsProblem};

use crate::{
    Authority, Error, RequestContext,
    admin::{
        association::{Association, Mode},
        continuity::{Change, Shown},
        provider_edit::{ProviderEdit, SettingsEdit},
        save_problem::SaveProblem,
    },
    crypto::random::row_id,
    policy::documents::{provider_scope, save},
    services::ProviderAdmin,
    transaction::{Actor, Transactions},
};

/// Why a form was not saved, found in the transaction.
type NotNow = (&'static str, &'static str);

/// Who saves, as the transaction found them.
struct Saver {
    actor: Actor,
    by: SavedBy,
    /// May offer providers to every organisation.
    offers: bool,
}

/// What an edit would be in its transaction.
struct Edited<'a> {
    edit: &'a ProviderEdit,
    settings: ProviderSettings,
    /// The association's document, and whether it is another one than that in force.
    document: Document,
    associated: bool,
    /// What it does to people.
    effect: Change,
}

impl ProviderAdmin {
    /// Creates or changes a provider: its settings, its switch, its association. The key never changes afterwards, and what
    /// is left out stays. Of a provider that the home organisation offers, only the switch and the association are set
    /// here (ZI-20).
    ///
    /// # Errors
    /// [`SaveProblem`]; [`SaveProblem::Unconfirmed`] where its word would come from somewhere else for identities that are
    /// linked (DL-01).
    pub async fn save_provider(
        &self,
        ctx: &RequestContext,
        edit: ProviderEdit,
        create: bool,
    ) -> Result<(), SaveProblem> {
        self.admin_rights().allowed(ctx, Right::ChangeProviders).await?;
        let exists = self.configuration().provider(&mut self.store.read().await?, &edit.key).await;
        match exists {
            Ok(_) => {}
            Err(error) if create && error.refusal() == Refusal::ProviderUnknown => {}
            Err(error) if error.refusal() == Refusal::ProviderUnknown => {
                return Err(SaveProblem::Error(Refusal::NotFound.into()));
            }
            Err(error) => return Err(error.into()),
        }
        self.put_provider(&Authority::Console(Box::new(ctx.clone())), edit, create).await
    }

    /// Creates or changes a provider on somebody's word.
    ///
    /// # Errors
    /// As [`crate::ProviderAdmin::save_provider`].
    pub async fn put_provider(
        &self,
        authority: &Authority,
        edit: ProviderEdit,
        create: bool,
    ) -> Result<(), SaveProblem> {
        let edit = self.prepared(edit).await?;
        let mut problems = Vec::new();
        let slug = edit.key.len() <= 40
            && !edit.key.is_empty()
            && edit.key.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if !slug {
            problems.push(("key", "field-key"));
        }
        let named = |name: &String| {
            !name.trim().is_empty()
                && name.chars().count() <= 60
                && !name.chars().any(char::is_control)
        };
        if create && edit.name.is_none() || edit.name.as_ref().is_some_and(|name| !named(name)) {
            problems.push(("name", "field-name"));
        }
        if let SettingsEdit::Whole(settings) = &edit.settings {
            problems.extend(self.problems(settings));
        }
        if !problems.is_empty() {
            return Err(SaveProblem::Fields(problems));
        }
        if let Some(association) = &edit.association {
            let scope = provider_scope(&edit.key);
            let policies = self.configuration().policies(&mut self.store.read().await?).await?;
            let document = association.document(&policies.document(&scope));
            self.policy_admin()
                .check_document(&policies, &scope, &document, &[])
                .map_err(SaveProblem::Policy)?;
        }
        let confirmed = edit.confirmed;
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
                    let saver = Saver { actor, by, offers };
                    this.save_provider_in(c, &saver, &edit, create).await
                })
            },
        )
        .await?
    }

    /// Everything that is wrong with settings, as the form shows it.
    fn problems(&self, settings: &ProviderSettings) -> Vec<(&'static str, &'static str)> {
        settings
            .problems(self.settings.plain_http)
            .into_iter()
            .map(|SettingsProblem { field, remedy }| (field, remedy))
            .collect()
    }

    /// The settings that an edit leads to, out of those that are stored.
    fn edited_settings(
        &self,
        edit: &ProviderEdit,
        stored: Option<&Provider>,
    ) -> Result<Result<ProviderSettings, SaveProblem>, Error> {
        let settings = match (&edit.settings, stored) {
            (SettingsEdit::Whole(settings), _) => (**settings).clone(),
            (SettingsEdit::Typed(typed), Some(row)) => {
                match serde_json::from_str::<ProviderSettings>(&row.config)?.with_typed(typed) {
                    Ok(settings) => settings,
                    Err(SettingsProblem { field, remedy }) => {
                        return Ok(Err(SaveProblem::field(field, remedy)));
                    }
                }
            }
            (SettingsEdit::Typed(_), None) => {
                return Ok(Err(SaveProblem::field("key", "field-required")));
            }
        };
        let problems = self.problems(&settings);
        Ok(if problems.is_empty() { Ok(settings) } else { Err(SaveProblem::Fields(problems)) })
    }

    async fn save_provider_in(
        &self,
        c: &mut Conn,
        saver: &Saver,
        edit: &ProviderEdit,
        create: bool,
    ) -> Result<Result<(), SaveProblem>, Error> {
        let found = find_provider(c, self.org, &edit.key).await?;
        let offered = found.as_ref().filter(|p| p.organisation_id != self.org && !create);
        let old = found.as_ref().filter(|p| p.organisation_id == self.org);
        if create && old.is_some() {
            return Ok(Err(SaveProblem::field("key", "field-taken")));
        }
        let settings = match offered {
            Some(row) => serde_json::from_str(&row.config)?,
            None => match self.edited_settings(edit, old)? {
                Ok(settings) => settings,
                Err(problem) => return Ok(Err(problem)),
            },
        };
        let scope = provider_scope(&edit.key);
        let policies = self.configuration().policies(c).await?;
        let base = policies.document(&scope);
        let document =
            edit.association.as_ref().map_or_else(|| base.clone(), |a| a.document(&base));
        let own_directory = document.choices.evidence == Some(Evidence::OwnDirectory);
        if own_directory
            && Evidence::OwnDirectory.of(&settings.namespace(ProviderId([0; 16])))
                != Evidence::OwnDirectory
        {
            return Ok(Err(SaveProblem::field("own_directory", "field-own-directory")));
        }
        let matches = edit.association.as_ref().is_some_and(|a| a.mode == Mode::FieldMatch);
        if matches && !settings.can_match() {
            return Ok(Err(SaveProblem::field("association", "field-match-nothing")));
        }
        let (mut believed, mut would_be) = (
            policies.believed(&edit.key),
            policies.with(&scope, document.clone(), 0).believed(&edit.key),
        );
        // A value that gives a group is believed as mirrored groups are: applications let people in by it.
        let mapped = list_mappings(c, self.org).await?;
        if found.as_ref().is_some_and(|p| mapped.iter().any(|(of, _)| *of == p.id)) {
            believed.insert(Belief::Groups);
            would_be.insert(Belief::Groups);
        }
        let believes = !would_be.is_subset(&believed);
        let effect = self
            .effect_on_people(c, edit, found.as_ref().filter(|_| !create), &base, believes)
            .await?;
        let change =
            ProviderChange { believed, would_be, by: saver.by, ..ProviderChange::default() };
        let edited = Edited { edit, settings, associated: document != base, document, effect };
        match offered {
            Some(offered) => self.take_provider_in(c, saver, &edited, offered, change).await,
            None => self.put_provider_in(c, saver, &edited, old, change).await,
        }
    }

    /// What a change of a provider does to people: whom it leaves without a way in, and what it lets in that was not let
    /// in before.
    async fn effect_on_people(
        &self,
        c: &mut Conn,
        edit: &ProviderEdit,
        found: Option<&Provider>,
        base: &Document,
        believes: bool,
    ) -> Result<Change, Error> {
        let Some(found) = found else { return Ok(Change::default()) };
        let off = found.enabled && edit.enabled == Some(false);
        let withdrawn = found.organisation_id == self.org
            && found.shared
            && (off || edit.shared == Some(false));
        let change = if off {
            let config = self.configuration().policy_context(c, None).await?;
            Change::without(&config, found.id)
        } else {
            Change::default()
        };
        let matches = edit.association.as_ref().is_some_and(|a| a.mode == Mode::FieldMatch)
            && Association::read(base).mode != Mode::FieldMatch;
        let widens = [(matches, "equal-address"), (believes, "belief")];
        Ok(Change {
            withdrawn: withdrawn.then_some(found.id),
            widens: widens.into_iter().filter(|(is, _)| *is).map(|(_, key)| key).collect(),
            ..change
        })
    }

    /// What a change of a provider would do, for the page that asks before it is made.
    ///
    /// # Errors
    /// Without the right to change providers, [`Refusal::NotFound`].
    pub async fn provider_effect(
        &self,
        ctx: &RequestContext,
        edit: &ProviderEdit,
    ) -> Result<(String, Shown), Error> {
        self.admin_rights().allowed(ctx, Right::ChangeProviders).await?;
        let mut conn = self.store.read_bulk().await?;
        let c = &mut conn;
        let found = find_provider(c, self.org, &edit.key).await?.ok_or(Refusal::NotFound)?;
        let scope = provider_scope(&edit.key);
        let policies = self.configuration().policies(c).await?;
        let base = policies.document(&scope);
        let document =
            edit.association.as_ref().map_or_else(|| base.clone(), |a| a.document(&base));
        let believed = policies.believed(&edit.key);
        let believes = !policies.with(&scope, document, 0).believed(&edit.key).is_subset(&believed);
        let change = self.effect_on_people(c, edit, Some(&found), &base, believes).await?;
        Ok((found.name, self.continuity().shown(c, &change).await?))
    }

    /// A provider that the home organisation offers, taken here or left.
    async fn take_provider_in(
        &self,
        c: &mut Conn,
        saver: &Saver,
        edited: &Edited<'_>,
        offered: &Provider,
        change: ProviderChange,
    ) -> Result<Result<(), SaveProblem>, Error> {
        let enabled = edited.edit.enabled.unwrap_or(offered.enabled);
        // Switched on, it speaks for identities of its namespace that others linked here.
        let beside = count_links_beside(c, self.org, offered.id, &offered.namespace).await?;
        let change = ProviderChange {
            source: enabled && !offered.enabled && beside > 0,
            links: beside,
            ..change
        };
        if let Some(problem) = may_save(&change).err() {
            return Ok(Err(explained(problem, "enabled")));
        }
        let (actor, consent) = (&saver.actor, edited.edit.consent);
        let stranded = match self.continuity().ask(c, &edited.effect, actor, consent).await? {
            Ok(stranded) => stranded,
            Err(shown) => return Ok(Err(SaveProblem::NotAgreed(shown))),
        };
        set_provider_choice(c, self.org, offered.id, enabled).await?;
        self.record_provider(
            c,
            saver,
            edited,
            EventKind::ProviderTaken,
            json!({"enabled": enabled, "stranded": stranded}),
        )
        .await
        .map(Ok)
    }

    /// A provider of this organisation, created or changed.
    async fn put_provider_in(
        &self,
        c: &mut Conn,
        saver: &Saver,
        edited: &Edited<'_>,
        old: Option<&Provider>,
        change: ProviderChange,
    ) -> Result<Result<(), SaveProblem>, Error> {
        // In another namespace it is another provider under the same key: a row of its own, so that nobody who is just
        // signing in is linked to what it was.
        let replaced = old.filter(|o| o.namespace != edited.settings.namespace(o.id));
        let left_behind = match replaced {
            Some(old) => count_every_link(c, old.id).await?,
            None => 0,
        };
        let id = match old.filter(|_| replaced.is_none()) {
            Some(old) => old.id,
            None => ProviderId(row_id(self.now())),
        };
        let namespace = edited.settings.namespace(id);
        let links = count_spoken_for(c, self.org, id, &namespace).await?;
        let (change, (field, receiver)) =
            compared(ProviderChange { left_behind, links, ..change }, old, edited)?;
        if let Some(problem) = may_save(&change).err() {
            return Ok(Err(explained(
                problem,
                if problem == NotSaved::Secret { receiver } else { field },
            )));
        }
        let (actor, consent) = (&saver.actor, edited.edit.consent);
        let stranded = match self.continuity().ask(c, &edited.effect, actor, consent).await? {
            Ok(stranded) => stranded,
            Err(shown) => return Ok(Err(SaveProblem::NotAgreed(shown))),
        };
        let row = match self.write_provider(c, saver, edited, old, id, namespace).await? {
            Ok(row) => row,
            Err((field, remedy)) => return Ok(Err(SaveProblem::field(field, remedy))),
        };
        let detail = json!({"secret_changed": !edited.edit.secret.is_empty(), "offered_to_all": row.shared, "source_changed": change.source, "links": change.links, "enabled": row.enabled, "stranded": stranded});
        let kind =
            if old.is_none() { EventKind::ProviderCreated } else { EventKind::ProviderChanged };
        self.record_provider(c, saver, edited, kind, detail).await.map(Ok)
    }

    async fn write_provider(
        &self,
        c: &mut Conn,
        saver: &Saver,
        edited: &Edited<'_>,
        old: Option<&Provider>,
        id: ProviderId,
        namespace: String,
    ) -> Result<Result<Provider, NotNow>, Error> {
        let now = self.now();
        let edit = edited.edit;
        let replaced = old.filter(|old| old.id != id);
        let given = if edit.secret.is_empty() && old.is_none_or(|old| old.secret.is_none()) {
            &edit.first_secret
        } else {
            &edit.secret
        };
        let (secret, secret_set_at) = if given.is_empty() {
            // A row that stays keeps its own.
            replaced.map_or((None, None), |old| (old.secret.clone(), old.secret_set_at))
        } else {
            (Some(self.keys.seal("provider-secret", given.as_bytes())?), Some(now))
        };
        let row = Provider {
            id,
            organisation_id: self.org,
            key: edit.key.clone(),
            name: match (&edit.name, old) {
                (Some(name), _) => name.trim().to_owned(),
                (None, Some(old)) => old.name.clone(),
                (None, None) => return Ok(Err(("name", "field-name"))),
            },
            kind: edited.settings.kind().into(),
            namespace,
            config: serde_json::to_string(&edited.settings)?,
            secret_set_at,
            secret,
            enabled: edit.enabled.unwrap_or_else(|| old.is_some_and(|o| o.enabled)),
            position: edit.position.unwrap_or_else(|| old.map_or(0, |o| o.position)),
            rev: 1,
            shared: self.is_home()
                && match edit.shared {
                    Some(shared) if saver.offers => shared,
                    _ => old.is_some_and(|o| o.shared),
                },
        };
        if let Some(old) = replaced {
            delete_provider(c, self.org, old).await?;
        }
        let written = if old.is_some() && replaced.is_none() {
            set_provider(c, self.org, &row).await?;
            true
        } else {
            add_provider(c, self.org, &row, now).await?
        };
        Ok(if written { Ok(row) } else { Err(("key", "field-taken")) })
    }

    async fn record_provider(
        &self,
        c: &mut Conn,
        saver: &Saver,
        edited: &Edited<'_>,
        kind: EventKind,
        mut detail: serde_json::Value,
    ) -> Result<(), Error> {
        let key = &edited.edit.key;
        if edited.associated {
            let (scope, document) = (provider_scope(key), &edited.document);
            let version =
                save(c, self.org, &scope, document, &saver.actor.name(), self.now()).await?;
            let a = Association::read(document);
            if let Some(detail) = detail.as_object_mut() {
                detail.extend([
                    ("association".into(), a.mode.name().into()),
                    ("login_only".into(), a.login_only.into()),
                    ("as_source".into(), a.as_source.into()),
                    ("as_target".into(), a.as_target.into()),
                    ("policy_version".into(), version.into()),
                ]);
            }
        }
        self.record(
            c,
            saver
                .actor
                .event(kind, Target::Provider(key.clone()))
                .by_provider(key.clone())
                .detail(detail),
        )
        .await
    }
}

/// The change with what differs from the stored row, the first field that does, and the first address that is new to the
/// secret.
fn compared(
    change: ProviderChange,
    old: Option<&Provider>,
    edited: &Edited<'_>,
) -> Result<(ProviderChange, (&'static str, &'static str)), Error> {
    // A new one is a source for its namespace, whatever its settings.
    let Some(old) = old else {
        return Ok((ProviderChange { source: true, ..change }, ("key", "")));
    };
    let (before, after) =
        (serde_json::from_str::<ProviderSettings>(&old.config)?.source(), edited.settings.source());
    let receiver = after
        .new_receiver(&before)
        .filter(|_| old.secret.is_some() && edited.edit.secret.is_empty());
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
        NotSaved::Namespace => SaveProblem::field("issuer", "field-namespace"),
        NotSaved::Belief => SaveProblem::field("verified_counts", "field-owner-only"),
        NotSaved::Source => SaveProblem::field(field, "field-owner-settings"),
        NotSaved::Secret => SaveProblem::field("secret", "field-secret-again"),
        NotSaved::Unconfirmed(links) => SaveProblem::Unconfirmed(links),
    }
}
