//! The variables that expressions see.
use cel::{Value, to_value};
use serde_json::{Value as Json, json};

use crate::Failed;

/// Longest list that an expression may loop over.
const LONGEST_LIST: usize = 200;
/// Deepest nesting of a claim.
const DEEPEST: usize = 8;

/// Everything that an expression may look at, as JSON objects.
#[derive(Debug, Clone)]
pub struct Variables {
    /// What the provider says now.
    pub claims: Json,
    /// Claims of the identity that the account used last (GV-05).
    pub last: Json,
    /// Claims of each linked identity by provider key (GV-06).
    pub identities: Json,
    pub account: Json,
    pub application: Json,
    pub provider: Json,
}

impl Variables {
    pub(crate) fn named(&self) -> Result<Vec<(&'static str, Value)>, Failed> {
        let by_old_name: Json = match &self.identities {
            Json::Object(all) => all.iter().map(|(key, claims)| (key.clone(), json!({"additionalInformation": claims}))).collect::<serde_json::Map<_, _>>().into(),
            _ => json!({}),
        };
        [
            ("claims", &self.claims),
            ("identity", &json!({"last": self.last})),
            ("identities", &self.identities),
            ("account", &self.account),
            ("application", &self.application),
            ("provider", &self.provider),
            ("lastIdentityInformation", &self.last),
            ("identitiesAsMap", &by_old_name),
        ]
        .into_iter()
        .map(|(name, value)| {
            bounded(value, 0)?;
            to_value(value).map(|v| (name, v)).map_err(|e| Failed(e.to_string()))
        })
        .collect()
    }
}

fn bounded(value: &Json, depth: usize) -> Result<(), Failed> {
    if depth > DEEPEST {
        return Err(Failed("claims are nested too deep".into()));
    }
    match value {
        Json::Array(items) if items.len() > LONGEST_LIST => Err(Failed("a list of claims is too long".into())),
        Json::Array(items) => items.iter().try_for_each(|v| bounded(v, depth + 1)),
        Json::Object(fields) if fields.len() > LONGEST_LIST => Err(Failed("too many claims".into())),
        Json::Object(fields) => fields.values().try_for_each(|v| bounded(v, depth + 1)),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => Ok(()),
    }
}
