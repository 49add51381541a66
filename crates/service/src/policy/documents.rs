//! Policy documents by scope, and what they come to for a provider and an application.
use std::collections::{BTreeSet, HashMap};

use domain::{
    OrgId, Policy,
    policy::{Belief, Document, Problem, preset},
};
use storage::{Conn, policy::documents::add_policy_version};

use crate::Error;

/// Active and shadow documents by scope.
#[derive(Debug, Clone, Default)]
pub struct Policies {
    active: HashMap<String, Document>,
    shadow: HashMap<String, Document>,
    /// The newest active version.
    pub version: i64,
    /// The newest shadow version.
    pub shadow_version: i64,
}

/// The scope of the whole instance.
pub const INSTANCE: &str = "instance";
/// The scope of the organisation.
pub const ORGANISATION: &str = "organisation";

/// The scope of one provider.
#[must_use]
pub fn provider_scope(key: &str) -> String {
    format!("provider:{key}")
}

/// The scope of one application.
#[must_use]
pub fn application_scope(client: &str) -> String {
    format!("application:{client}")
}

/// The application and the provider of a scope.
pub(crate) fn parts(scope: &str) -> (Option<&str>, Option<&str>) {
    match scope.strip_prefix("application:") {
        Some(rest) => match rest.split_once("/provider:") {
            Some((client, key)) => (Some(client), Some(key)),
            None => (Some(rest), None),
        },
        None => (None, scope.strip_prefix("provider:")),
    }
}

/// Whether a scope is one provider's, in an application or not.
#[must_use]
pub fn names_provider(scope: &str) -> bool {
    parts(scope).1.is_some()
}

/// The scopes that meet at a provider and an application, the widest first.
#[must_use]
pub fn scopes(provider: Option<&str>, client: Option<&str>) -> Vec<String> {
    let mut all = vec![INSTANCE.to_owned(), ORGANISATION.to_owned()];
    all.extend(provider.map(provider_scope));
    all.extend(client.map(application_scope));
    if let (Some(key), Some(client)) = (provider, client) {
        all.push(format!("{}/{}", application_scope(client), provider_scope(key)));
    }
    all
}

impl Policies {
    pub(crate) fn read(
        rows: Vec<storage::policy::documents::PolicyVersion>,
    ) -> Result<Self, Error> {
        let mut all = Self::default();
        for row in rows {
            let document = Document::parse(&row.document).map_err(|p| {
                Error::Internal(format!("policy {}: {} {}", row.scope, p.path, p.value))
            })?;
            if row.state == "shadow" {
                all.shadow_version = all.shadow_version.max(row.version);
                all.shadow.insert(row.scope, document);
            } else {
                all.version = all.version.max(row.version);
                all.active.insert(row.scope, document);
            }
        }
        Ok(all)
    }

    /// One scope's own document; the recommended preset where the instance has none.
    #[must_use]
    pub fn document(&self, scope: &str) -> Document {
        match self.active.get(scope) {
            Some(document) => document.clone(),
            None if scope == INSTANCE => preset("recommended").unwrap_or_default(),
            None => Document::default(),
        }
    }

    /// Scopes that have a document of their own.
    #[must_use]
    pub fn stated(&self) -> Vec<String> {
        let mut all: Vec<String> = self.active.keys().cloned().collect();
        all.sort();
        all
    }

    /// The documents that meet at a provider and an application, with their scopes.
    #[must_use]
    pub fn chain(&self, provider: Option<&str>, client: Option<&str>) -> Vec<(String, Document)> {
        let counting = |scope: String| {
            let document = self.document(&scope);
            // Whose word counts is said of a provider by name, and by no wider scope (DL-03).
            let document = if names_provider(&scope) { document } else { document.of_everybody() };
            (scope, document)
        };
        scopes(provider, client).into_iter().map(counting).collect()
    }

    /// What is believed of a provider, in our own pages or in any application.
    #[must_use]
    pub fn believed(&self, key: &str) -> BTreeSet<Belief> {
        let clients = self.active.keys().filter_map(|scope| parts(scope).0).map(Some);
        clients
            .chain([None])
            .flat_map(|client| self.effective(Some(key), client).believes())
            .collect()
    }

    /// The policy in force for a provider, or for the local methods, in an application, or in our own pages.
    #[must_use]
    pub fn effective(&self, provider: Option<&str>, client: Option<&str>) -> Policy {
        let chain = self.chain(provider, client);
        Policy::merge(self.version, &chain.iter().map(|(_, d)| d).collect::<Vec<_>>())
    }

    /// The policies as they would be with the shadow documents in force; `None` without any.
    #[must_use]
    pub fn shadowed(&self) -> Option<Self> {
        if self.shadow.is_empty() {
            return None;
        }
        let mut active = self.active.clone();
        active.extend(self.shadow.clone());
        Some(Self {
            active,
            shadow: HashMap::new(),
            version: self.shadow_version,
            shadow_version: 0,
        })
    }

    /// The policies as they would be with this document in force.
    #[must_use]
    pub fn with(&self, scope: &str, document: Document, version: i64) -> Self {
        let mut next = self.clone();
        next.active.insert(scope.to_owned(), document);
        next.shadow.clear();
        next.version = version;
        next
    }

    /// What no scope may come to when this one says this: every pair that the scope takes part in is merged and checked.
    ///
    /// # Errors
    /// The first [`Problem`].
    pub fn check(
        &self,
        scope: &str,
        document: &Document,
        providers: &[String],
    ) -> Result<(), Problem> {
        let next = self.with(scope, document.clone(), 0);
        let (client, own) = parts(scope);
        next.effective(own, client).check()?;
        match own {
            Some(_) => Ok(()),
            None => providers.iter().try_for_each(|key| next.effective(Some(key), client).check()),
        }
    }
}

/// Activates a document for a scope after it was checked.
pub async fn save(
    conn: &mut Conn,
    org: OrgId,
    scope: &str,
    document: &Document,
    by: &str,
    at: domain::Micros,
) -> Result<i64, Error> {
    let text = serde_json::to_string(document)?;
    Ok(add_policy_version(conn, org, scope, &text, "active", by, at).await?)
}
