//! What is asked of the expressions of a policy, and what they gave.
use std::{collections::BTreeMap, sync::Arc};

use domain::{Policy, linking::RuleValues, policy::ProfileAttribute};
use serde_json::{Map, Value};

use crate::sign_in::upstream_identity::UpstreamIdentity;

/// What expressions see besides the assertion.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct ExpressionContext {
    pub client: Option<String>,
    /// Claims of the account's identities by provider key, and those used last, if the account is known.
    pub identities: Map<String, Value>,
    pub last: Option<Value>,
}

/// Everything that the values depend on.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    pub(super) held: UpstreamIdentity,
    pub(super) policy: Arc<Policy>,
    pub(super) around: ExpressionContext,
}

impl Question {
    /// An assertion that somebody made up, of nobody who is known.
    pub(crate) fn offline(
        held: &UpstreamIdentity,
        policy: &Arc<Policy>,
        client: Option<&str>,
    ) -> Self {
        Self {
            held: held.clone(),
            policy: Arc::clone(policy),
            around: ExpressionContext {
                client: client.map(str::to_owned),
                ..ExpressionContext::default()
            },
        }
    }
}

/// What came of a policy's expressions on one assertion.
#[derive(Debug, Default)]
pub(crate) struct ExpressionValues {
    /// Whether the claim filter lets the assertion through; `None`: it failed.
    pub filter: Option<bool>,
    /// Conditions and values of every match rule.
    pub rules: Vec<RuleValues>,
    pub(super) profile: BTreeMap<ProfileAttribute, String>,
}

impl ExpressionValues {
    /// The value of a profile field; a failing expression leaves the field as it is.
    pub fn profile(&self, attribute: &ProfileAttribute) -> Option<&String> {
        self.profile.get(attribute)
    }
}

/// Questions that are answered.
#[derive(Debug, Clone, Default)]
pub struct Answers(pub(super) Vec<(Question, Arc<ExpressionValues>)>);
