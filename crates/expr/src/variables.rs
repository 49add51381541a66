//! The variables that expressions see.
use cel::{Value, to_value};
use serde_json::{Value as Json, json};

use crate::{
    failed::Failed,
    limits::{LARGEST, LONGEST_LIST, LONGEST_TEXT, OVERHEAD},
};

/// Deepest nesting of a claim.
const DEEPEST: usize = 8;

/// What the variables are called, in the order of [`Variables::named`]; the last two as another system calls them.
pub(crate) const NAMES: [&str; 8] = [
    "claims",
    "identity",
    "identities",
    "account",
    "application",
    "provider",
    "lastIdentityInformation",
    "identitiesAsMap",
];

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
            Json::Object(all) => all
                .iter()
                .map(|(key, claims)| (key.clone(), json!({"additionalInformation": claims})))
                .collect::<serde_json::Map<_, _>>()
                .into(),
            _ => json!({}),
        };
        let values = [
            &self.claims,
            &json!({"last": self.last}),
            &self.identities,
            &self.account,
            &self.application,
            &self.provider,
            &self.last,
            &by_old_name,
        ];
        NAMES
            .into_iter()
            .zip(values)
            .map(|(name, value)| {
                let mut left = LARGEST;
                let whole = bounded(value, 0, &mut left)?;
                let value = if whole { to_value(value) } else { to_value(shortened(value)) };
                value.map(|v| (name, v)).map_err(|e| Failed(e.to_string()))
            })
            .collect()
    }
}

/// Takes the value's weight off what is left; answers whether every text in it may be shown.
fn bounded(value: &Json, depth: usize, left: &mut usize) -> Result<bool, Failed> {
    if depth > DEEPEST {
        return Err(Failed("claims are nested too deep".into()));
    }
    let mut weigh = |bytes: usize| {
        left.checked_sub(bytes)
            .map(|less| *left = less)
            .ok_or_else(|| Failed("the claims are too large".into()))
    };
    weigh(OVERHEAD)?;
    match value {
        Json::String(text) if text.len() > LONGEST_TEXT => Ok(false),
        Json::String(text) => weigh(text.len()).map(|()| true),
        Json::Array(items) if items.len() > LONGEST_LIST => {
            Err(Failed("a list of claims is too long".into()))
        }
        Json::Array(items) => {
            items.iter().try_fold(true, |whole, v| Ok(bounded(v, depth + 1, left)? && whole))
        }
        Json::Object(fields) if fields.len() > LONGEST_LIST => {
            Err(Failed("too many claims".into()))
        }
        Json::Object(fields) => {
            weigh(fields.keys().map(String::len).sum())?;
            fields.values().try_fold(true, |whole, v| Ok(bounded(v, depth + 1, left)? && whole))
        }
        Json::Null | Json::Bool(_) | Json::Number(_) => Ok(true),
    }
}

/// The value without texts that are too long: what is not shown is missing, and matches nothing.
fn shortened(value: &Json) -> Json {
    match value {
        Json::String(text) if text.len() > LONGEST_TEXT => Json::Null,
        Json::Array(items) => items.iter().map(shortened).collect(),
        Json::Object(fields) => {
            fields.iter().map(|(name, field)| (name.clone(), shortened(field))).collect()
        }
        Json::String(_) | Json::Null | Json::Bool(_) | Json::Number(_) => value.clone(),
    }
}
