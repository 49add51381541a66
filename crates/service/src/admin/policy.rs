//! Policies in the console: drafts, shadow, activation, roll back; presets; the policy in force with its origins.
use std::sync::Arc;

use domain::{
    EventKind, Policy, Refusal, Right,
    audit_events::Target,
    continuity::Consent,
    policy::{
        Danger, DangerName, Document, Effective, Exposes, PRESETS, Problem, Remedy, deviations,
        explain, lint, preset,
    },
};
use serde_json::json;
use storage::{
    Conn,
    accounts::{attributes::count_with_attribute, snapshots::count_exposed},
    maintenance::audit::{AuditEvent, AuditFilter, list_audit_events},
    oauth::applications::list_applications,
    policy::{
        documents::{
            PolicyVersion, add_policy_version, find_policy_version, list_policy_versions,
            set_policy_state,
        },
        providers::list_providers,
    },
};

use crate::{
    Authority, Error, RequestContext,
    admin::{
        continuity::{Change, Shown},
        save_problem::SaveProblem,
        switches::Switches,
    },
    policy::context::PolicyContext,
    policy::documents::{
        INSTANCE, ORGANISATION, Policies, application_scope, names_provider, parts, provider_scope,
        save,
    },
    services::PolicyAdmin,
    transaction::Transactions,
};

/// The policy page's data.
#[derive(Debug, Clone)]
pub struct PolicyView {
    pub switches: Switches,
    pub presets: Vec<&'static str>,
    pub version: i64,
    /// Versions of every scope, newest first.
    pub history: Vec<PolicyVersion>,
    pub dangers: Vec<Exposed>,
    /// Decisions that a shadow policy would have taken otherwise, newest first.
    pub differences: Vec<AuditEvent>,
}

/// A danger with the number of accounts that it touches today.
#[derive(Debug, Clone)]
pub struct Exposed {
    pub danger: Danger,
    /// For whoever may see accounts.
    pub accounts: Option<i64>,
}

/// One scope's document for editing.
#[derive(Debug, Clone)]
pub struct DocumentView {
    pub scope: String,
    pub text: String,
    /// Every scope that could have one.
    pub scopes: Vec<String>,
}

/// The policy of one pair, value by value.
#[derive(Debug, Clone)]
pub struct EffectiveView {
    pub fields: Vec<Effective>,
    pub dangers: Vec<Exposed>,
    pub providers: Vec<(String, String)>,
    pub applications: Vec<(String, String)>,
}

/// A preset: what it says, where it differs from the recommended one and from its system, and what is dangerous.
#[derive(Debug, Clone)]
pub struct PresetView {
    pub name: &'static str,
    pub text: String,
    /// Field, this preset's value, the recommended one's.
    pub differences: Vec<(String, String, String)>,
    pub deviations: Vec<&'static str>,
    pub dangers: Vec<Exposed>,
}

/// A stored version with the trouble it would make.
#[derive(Debug, Clone)]
pub struct VersionView {
    pub row: PolicyVersion,
    /// The newest version in force, against which the difference is.
    pub in_force: i64,
    pub dangers: Vec<Exposed>,
    /// Field, value with this version, value now; for the scope alone.
    pub differences: Vec<(String, String, String)>,
}

/// What a version can become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Becomes {
    /// Decides beside the active one and acts on nothing.
    Shadow,
    Active,
    /// Neither any more.
    Retired,
}

impl Becomes {
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "shadow" => Some(Self::Shadow),
            "active" => Some(Self::Active),
            "retired" => Some(Self::Retired),
            _ => None,
        }
    }
}

impl PolicyAdmin {
    /// # Errors
    /// As [`crate::AdminRights::allowed`], like everything below.
    pub async fn policy_view(&self, ctx: &RequestContext) -> Result<PolicyView, Error> {
        self.admin_rights().allowed(ctx, Right::SeePolicy).await?;
        let mut conn = self.store.read_bulk().await?;
        let c = &mut conn;
        let policies = self.configuration().policies(c).await?;
        let filter = AuditFilter {
            kind: Some(EventKind::PolicyShadow.to_string()),
            ..AuditFilter::default()
        };
        Ok(PolicyView {
            switches: Switches::read(&policies.document(INSTANCE)),
            presets: PRESETS.to_vec(),
            version: policies.version,
            history: list_policy_versions(c, self.org, "", 30).await?,
            dangers: self.exposed(c, ctx, &policies.effective(None, None)).await?,
            differences: if self.admin_rights().rights_in(c, ctx).await?.contains(&Right::SeeTrail)
            {
                list_audit_events(c, self.org, &filter, 20).await?
            } else {
                Vec::new()
            },
        })
    }

    /// A scope's document in force, or a version's text, as readable JSON.
    pub async fn document_view(
        &self,
        ctx: &RequestContext,
        scope: &str,
        version: Option<i64>,
    ) -> Result<DocumentView, Error> {
        self.admin_rights().allowed(ctx, Right::SeePolicy).await?;
        let mut conn = self.store.read_bulk().await?;
        let c = &mut conn;
        let policies = self.configuration().policies(c).await?;
        let scopes = self.possible_scopes(c).await?;
        if !scopes.iter().any(|s| s == scope) {
            return Err(Refusal::NotFound.into());
        }
        let document = match version {
            Some(version) => {
                let row = find_policy_version(c, self.org, version)
                    .await?
                    .filter(|r| r.scope == scope)
                    .ok_or(Refusal::NotFound)?;
                serde_json::from_str(&row.document)?
            }
            None => policies.document(scope),
        };
        Ok(DocumentView {
            scope: scope.to_owned(),
            text: serde_json::to_string_pretty(&document)?,
            scopes,
        })
    }

    async fn possible_scopes(&self, c: &mut Conn) -> Result<Vec<String>, Error> {
        let mut scopes = vec![INSTANCE.to_owned(), ORGANISATION.to_owned()];
        let providers = list_providers(c, self.org).await?;
        scopes.extend(providers.iter().map(|p| provider_scope(&p.key)));
        for application in list_applications(c, self.org).await? {
            let own = application_scope(&application.client_id);
            scopes.push(own.clone());
            scopes.extend(providers.iter().map(|p| format!("{own}/{}", provider_scope(&p.key))));
        }
        Ok(scopes)
    }

    /// Everything that would keep a document from being in force: its own fields, its expressions, what it comes to
    /// together with the other scopes.
    pub(crate) fn check_document(
        &self,
        policies: &Policies,
        scope: &str,
        document: &Document,
        providers: &[String],
    ) -> Result<(), Problem> {
        document.check()?;
        // Whoever runs the instance answers for it; the owners of other organisations do not (I11).
        if !self.is_home() && document.permits.accept_unproven_links == Some(true) {
            return Err(Problem::new("permits.accept_unproven_links", "true", Remedy::HomeOnly));
        }
        if !names_provider(scope) {
            document.check_of_everybody()?;
        }
        for (path, text, _) in document.expressions() {
            expr::check(&text).map_err(|mistake| {
                Problem::new(path, format!("{text} ({mistake})"), Remedy::Expression)
            })?;
        }
        policies.check(scope, document, providers)
    }

    /// Saves a text as a draft. Nothing of what is in force changes.
    ///
    /// # Errors
    /// [`SaveProblem::Policy`] with path, value and remedy.
    pub async fn save_draft(
        &self,
        ctx: &RequestContext,
        scope: &str,
        text: &str,
    ) -> Result<i64, SaveProblem> {
        self.admin_rights().allowed(ctx, Right::ChangePolicy).await?;
        let mut document = Document::parse(text).map_err(SaveProblem::Policy)?;
        // Expressions of Gravitee AM are taken as they are written there.
        document.translate(|text| {
            if text.trim_start().starts_with("{#") { expr::import(text) } else { text.to_owned() }
        });
        self.add_draft(ctx, scope, document).await
    }

    async fn add_draft(
        &self,
        ctx: &RequestContext,
        scope: &str,
        document: Document,
    ) -> Result<i64, SaveProblem> {
        let mut conn = self.store.read_bulk().await?;
        if !self.possible_scopes(&mut conn).await?.iter().any(|s| s == scope) {
            return Err(Refusal::NotFound.into());
        }
        let providers: Vec<String> =
            list_providers(&mut conn, self.org).await?.into_iter().map(|p| p.key).collect();
        let policies = self.configuration().policies(&mut conn).await?;
        drop(conn);
        self.check_document(&policies, scope, &document, &providers)
            .map_err(SaveProblem::Policy)?;
        let (scope, text) = (scope.to_owned(), serde_json::to_string(&document)?);
        let version = self
            .administer::<_, Error, _>(ctx, Right::ChangePolicy, move |this, c, admin| {
                Box::pin(async move {
                    let version = add_policy_version(
                        c,
                        this.org,
                        &scope,
                        &text,
                        "draft",
                        &admin.name(),
                        this.now(),
                    )
                    .await?;
                    this.record(
                        c,
                        admin
                            .event(EventKind::PolicyDrafted, Target::Policy(scope.clone()))
                            .detail(json!({"version": version, "scope": scope})),
                    )
                    .await?;
                    Ok(version)
                })
            })
            .await?;
        Ok(version)
    }

    /// A stored version, its dangers and what it changes.
    pub async fn version_view(
        &self,
        ctx: &RequestContext,
        version: i64,
    ) -> Result<VersionView, Error> {
        self.admin_rights().allowed(ctx, Right::SeePolicy).await?;
        let mut conn = self.store.read_bulk().await?;
        let c = &mut conn;
        let row = find_policy_version(c, self.org, version).await?.ok_or(Refusal::NotFound)?;
        let policies = self.configuration().policies(c).await?;
        let document: Document = serde_json::from_str(&row.document)?;
        let (client, key) = parts(&row.scope);
        let next = policies.with(&row.scope, document, version);
        let dangers = self.exposed(c, ctx, &next.effective(key, client)).await?;
        let differences =
            differences(&explain(&next.chain(key, client)), &explain(&policies.chain(key, client)));
        Ok(VersionView { row, in_force: policies.version, dangers, differences })
    }

    /// Moves a version on. Going back to an old one makes a new version of its text: numbers only grow. `seen`: the newest
    /// version in force when the person saw the difference; another one means that they saw another difference (PL-01).
    ///
    /// # Errors
    /// [`Refusal::PolicyChanged`] when the policy in force is another one than they saw.
    /// [`SaveProblem::Policy`] when it no longer fits the other scopes.
    pub async fn set_version(
        &self,
        ctx: &RequestContext,
        version: i64,
        becomes: Becomes,
        seen: Option<i64>,
        consent: Option<Consent>,
    ) -> Result<(), SaveProblem> {
        self.admin_rights().allowed(ctx, Right::ChangePolicy).await?;
        let mut conn = self.store.read_bulk().await?;
        let row =
            find_policy_version(&mut conn, self.org, version).await?.ok_or(Refusal::NotFound)?;
        let document = Document::parse(&row.document).map_err(SaveProblem::Policy)?;
        let providers: Vec<String> =
            list_providers(&mut conn, self.org).await?.into_iter().map(|p| p.key).collect();
        let policies = self.configuration().policies(&mut conn).await?;
        drop(conn);
        if becomes != Becomes::Retired {
            self.check_document(&policies, &row.scope, &document, &providers)
                .map_err(SaveProblem::Policy)?;
        }
        if becomes == Becomes::Retired && row.state == "active" {
            return Err(Refusal::BadRequest.into());
        }
        if becomes == Becomes::Active {
            let word = Authority::Console(Box::new(ctx.clone()));
            return self
                .activate(&word, row.scope, document, Some(version), seen, consent)
                .await?
                .map_err(SaveProblem::NotAgreed);
        }
        let state = if becomes == Becomes::Shadow { "shadow" } else { "retired" };
        self.administer::<_, Error, _>(ctx, Right::ChangePolicy, move |this, c, admin| {
            Box::pin(async move {
                set_policy_state(c, this.org, &row.scope, version, state).await?;
                this.record(
                    c,
                    admin
                        .event(EventKind::PolicyChanged, Target::Policy(row.scope.clone()))
                        .detail(json!({"version": version, "scope": row.scope, "state": state})),
                )
                .await
            })
        })
        .await?;
        Ok(())
    }

    /// Makes a draft of the instance's policy in force with what the switches change; `None`: they change nothing. It is
    /// put in force from its own page, which shows the difference (PL-01).
    ///
    /// # Errors
    /// [`SaveProblem::Policy`].
    pub async fn draft_switches(
        &self,
        ctx: &RequestContext,
        switches: &Switches,
    ) -> Result<Option<i64>, SaveProblem> {
        self.admin_rights().allowed(ctx, Right::ChangePolicy).await?;
        let base =
            self.configuration().policies(&mut self.store.read().await?).await?.document(INSTANCE);
        let document = switches.patch(&base);
        if document == base {
            return Ok(None);
        }
        self.add_draft(ctx, INSTANCE, document).await.map(Some)
    }

    /// Makes a preset the instance's policy, for the command line and the demo.
    ///
    /// # Errors
    /// [`Error::Internal`] for an unknown name.
    pub async fn use_preset(&self, name: &str) -> Result<(), Error> {
        let document =
            preset(name).ok_or_else(|| Error::Internal(format!("no preset is called {name}")))?;
        self.impose(INSTANCE, document).await
    }

    /// Makes a document a scope's policy, for the command line and tests.
    ///
    /// # Errors
    /// [`Error::Internal`] with the problem's path for a document that cannot be in force.
    pub async fn use_document(&self, scope: &str, document: Document) -> Result<(), Error> {
        let policies = self.configuration().policies(&mut self.store.read().await?).await?;
        self.check_document(&policies, scope, &document, &[])
            .map_err(|p| Error::Internal(format!("{}: {} ({})", p.path, p.value, p.remedy)))?;
        self.impose(scope, document).await
    }

    /// The policy in force for a provider in our own pages.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn effective_policy(
        &self,
        provider: Option<&str>,
    ) -> Result<std::sync::Arc<Policy>, Error> {
        Ok(self
            .configuration()
            .policy_context(&mut self.store.read_bulk().await?, None)
            .await?
            .policy(provider))
    }

    /// On the operator's word, who is asked nothing.
    async fn impose(&self, scope: &str, document: Document) -> Result<(), Error> {
        let word = Authority::Operator("cli");
        let done = self.activate(&word, scope.to_owned(), document, None, None, None).await?;
        done.map_err(|_| Error::Internal("the operator is asked nothing".into()))
    }

    /// What publishing a version would do, for the page that asks before: its scope, how many fields it changes, its
    /// dangers, and whom it leaves without a way in.
    ///
    /// # Errors
    /// Without the right to change the policy, [`Refusal::NotFound`].
    pub async fn publish_effect(
        &self,
        ctx: &RequestContext,
        version: i64,
    ) -> Result<(VersionView, Shown), Error> {
        self.admin_rights().allowed(ctx, Right::ChangePolicy).await?;
        let view = self.version_view(ctx, version).await?;
        let document: Document = serde_json::from_str(&view.row.document)?;
        let mut conn = self.store.read_bulk().await?;
        let c = &mut conn;
        let change = self.effect_on_people(c, &view.row.scope, document).await?;
        Ok((view, self.continuity().shown(c, &change).await?))
    }

    /// Whom a document leaves without a way in. What an application says alone closes no account.
    async fn effect_on_people(
        &self,
        c: &mut Conn,
        scope: &str,
        document: Document,
    ) -> Result<Change, Error> {
        if parts(scope).0.is_some() {
            return Ok(Change::default());
        }
        let config = self.configuration().policy_context(c, None).await?;
        let next = config.policies.with(scope, document, 0);
        let next = PolicyContext::new(Arc::new(next), Arc::clone(&config.providers), None);
        Ok(Change { now: config.ways_in(), then: next.ways_in(), ..Change::default() })
    }

    async fn activate(
        &self,
        authority: &Authority,
        scope: String,
        document: Document,
        from: Option<i64>,
        seen: Option<i64>,
        consent: Option<Consent>,
    ) -> Result<Result<(), Shown>, Error> {
        self.with_authority(authority, Right::ChangePolicy, move |this, c, actor| {
            Box::pin(async move {
                let by = actor.name();
                let policies = this.configuration().policies(c).await?;
                if seen.is_some_and(|seen| seen != policies.version) {
                    return Err(Refusal::PolicyChanged.into());
                }
                let change = this.effect_on_people(c, &scope, document.clone()).await?;
                let stranded = match this.continuity().ask(c, &change, &actor, consent).await? {
                    Ok(stranded) => stranded,
                    Err(shown) => return Ok(Err(shown)),
                };
                let old = policies.document(&scope);
                let version = save(c, this.org, &scope, &document, &by, this.now()).await?;
                if let Some(from) = from
                    && let Some(row) = find_policy_version(c, this.org, from).await?
                    && row.state != "active"
                {
                    set_policy_state(c, this.org, &scope, from, "retired").await?;
                }
                let detail = json!({"version": version, "scope": scope, "from": from, "stranded": stranded, "old": old, "new": document});
                this.record(c, actor.event(EventKind::PolicyChanged, Target::Policy(scope)).detail(detail)).await?;
                Ok(Ok(()))
            })
        })
        .await
    }

    /// The policy in force for a pair, with the scope that each value comes from.
    pub async fn effective_view(
        &self,
        ctx: &RequestContext,
        client: Option<&str>,
        provider: Option<&str>,
    ) -> Result<EffectiveView, Error> {
        self.admin_rights().allowed(ctx, Right::SeePolicy).await?;
        let mut conn = self.store.read_bulk().await?;
        let c = &mut conn;
        let policies = self.configuration().policies(c).await?;
        Ok(EffectiveView {
            fields: explain(&policies.chain(provider, client)),
            dangers: self.exposed(c, ctx, &policies.effective(provider, client)).await?,
            providers: list_providers(c, self.org)
                .await?
                .into_iter()
                .map(|p| (p.key, p.name))
                .collect(),
            applications: list_applications(c, self.org)
                .await?
                .into_iter()
                .map(|a| (a.client_id, a.name))
                .collect(),
        })
    }

    /// A preset as the console shows it before it is used.
    pub async fn preset_view(&self, ctx: &RequestContext, name: &str) -> Result<PresetView, Error> {
        self.admin_rights().allowed(ctx, Right::SeePolicy).await?;
        let name = PRESETS.into_iter().find(|p| *p == name).ok_or(Refusal::NotFound)?;
        let (document, recommended) = (
            preset(name).ok_or(Refusal::NotFound)?,
            preset("recommended").ok_or(Refusal::NotFound)?,
        );
        let policy = Policy::merge(0, &[&document]);
        let fields = |document: &Document| explain(&[(INSTANCE.to_owned(), document.clone())]);
        Ok(PresetView {
            name,
            text: serde_json::to_string_pretty(&document)?,
            differences: differences(&fields(&document), &fields(&recommended)),
            deviations: deviations(name)
                .iter()
                .copied()
                .filter(|d| *d != "phone" || !self.configuration().has_texts())
                .collect(),
            dangers: self.exposed(&mut self.store.read_bulk().await?, ctx, &policy).await?,
        })
    }

    /// The dangers of a policy with the accounts that each touches.
    async fn exposed(
        &self,
        c: &mut Conn,
        ctx: &RequestContext,
        policy: &Policy,
    ) -> Result<Vec<Exposed>, Error> {
        let mut dangers = lint(policy);
        // A danger only where no text can be sent.
        dangers.retain(|d| d.name != DangerName::Phone || !self.configuration().has_texts());
        if dangers.is_empty() {
            return Ok(Vec::new());
        }
        if !self.admin_rights().rights_in(c, ctx).await?.contains(&Right::SeeAccounts) {
            return Ok(dangers
                .into_iter()
                .map(|danger| Exposed { danger, accounts: None })
                .collect());
        }
        let (proved, active, pending) = count_exposed(c, self.org).await?;
        let mut all = Vec::new();
        for danger in dangers {
            let accounts = match &danger.exposes {
                Exposes::Nobody => 0,
                Exposes::Proved => proved,
                Exposes::Active => active,
                Exposes::Pending => pending,
                Exposes::Having(attribute) => {
                    count_with_attribute(c, self.org, &attribute.name()).await?
                }
            };
            all.push(Exposed { danger, accounts: Some(accounts) });
        }
        Ok(all)
    }
}

/// Fields whose values differ: name, first, second.
fn differences(these: &[Effective], those: &[Effective]) -> Vec<(String, String, String)> {
    let other = |field: &str| {
        those.iter().find(|e| e.field == field).map(|e| e.value.clone()).unwrap_or_default()
    };
    these
        .iter()
        .filter(|e| e.value != other(&e.field))
        .map(|e| (e.field.clone(), e.value.to_string(), other(&e.field).to_string()))
        .collect()
}
