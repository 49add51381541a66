//! The policy in force, read with each decision: a change counts at once on every node.
use std::collections::HashMap;

use domain::{
    OrgId, Policy,
    policy::{Document, preset},
};
use storage::{
    Conn,
    policies::{add_policy_version, list_active_policies},
};

use crate::Fault;

/// Active documents by scope.
pub struct Policies {
    documents: HashMap<String, Document>,
    version: i64,
}

/// The scope of the whole instance.
pub const INSTANCE: &str = "instance";

/// The scope of one provider.
#[must_use]
pub fn provider_scope(key: &str) -> String {
    format!("provider:{key}")
}

impl Policies {
    /// Reads the active documents; without one for the instance the recommended preset is in force.
    pub async fn load(conn: &mut Conn, org: OrgId) -> Result<Self, Fault> {
        let rows = list_active_policies(conn, org).await?;
        let version = rows.iter().map(|r| r.version).max().unwrap_or(0);
        let mut documents = HashMap::new();
        for row in rows {
            let document = Document::parse(&row.document).map_err(|p| Fault::Internal(format!("policy {}: {} {}", row.scope, p.path, p.value)))?;
            documents.insert(row.scope, document);
        }
        Ok(Self { documents, version })
    }

    /// One scope's own document.
    #[must_use]
    pub fn document(&self, scope: &str) -> Document {
        match self.documents.get(scope) {
            Some(document) => document.clone(),
            None if scope == INSTANCE => preset("recommended").unwrap_or_default(),
            None => Document::default(),
        }
    }

    /// The policy in force for a provider, or for the local methods.
    #[must_use]
    pub fn effective(&self, provider: Option<&str>) -> Policy {
        let instance = self.document(INSTANCE);
        match provider {
            Some(key) => Policy::merge(self.version, &[&instance, &self.document(&provider_scope(key))]),
            None => Policy::merge(self.version, &[&instance]),
        }
    }
}

/// Activates a document for a scope after checking it.
pub async fn save(conn: &mut Conn, org: OrgId, scope: &str, document: &Document, by: &str, at: domain::Micros) -> Result<i64, Fault> {
    let text = serde_json::to_string(document)?;
    Ok(add_policy_version(conn, org, scope, &text, by, at).await?)
}
