//! Values of an assertion: what the match rules compare, the claim filter, and profile fields.
use domain::{
    Policy,
    decide::RuleValues,
    policy::{Attribute, Match, Target},
};
use expr::{Cache, Failed, Scope, Variables};
use serde_json::{Map, Value, json};

use crate::held::Held;

/// What expressions see besides the assertion.
#[derive(Debug, Clone, Default)]
pub(crate) struct Surroundings {
    pub client: Option<String>,
    /// Claims of the account's identities by provider key, and those used last, if the account is known.
    pub identities: Map<String, Value>,
    pub last: Option<Value>,
}

/// Evaluates the expressions of a policy on one assertion; the variables are made at most once.
pub(crate) struct Values<'a> {
    cache: &'a Cache,
    held: &'a Held,
    around: &'a Surroundings,
    scope: Option<Result<Scope, Failed>>,
}

impl<'a> Values<'a> {
    pub fn new(cache: &'a Cache, held: &'a Held, around: &'a Surroundings) -> Self {
        Self { cache, held, around, scope: None }
    }

    fn scope(&mut self) -> Result<&Scope, Failed> {
        let (held, around) = (self.held, self.around);
        let made = self.scope.get_or_insert_with(|| {
            Scope::new(&Variables {
                claims: held.assertion.claims.clone().into(),
                last: around.last.clone().unwrap_or_else(|| json!({})),
                identities: around.identities.clone().into(),
                account: json!({}),
                application: json!({"client_id": around.client}),
                provider: json!({"key": held.key, "name": held.provider_name}),
            })
        });
        made.as_ref().map_err(Clone::clone)
    }

    fn holds(&mut self, text: &str) -> Option<bool> {
        if text.is_empty() {
            return Some(true);
        }
        let expression = self.cache.get(text).ok()?;
        self.failing(text, |scope| expression.holds(scope))
    }

    fn text(&mut self, text: &str) -> Result<Option<String>, ()> {
        let expression = self.cache.get(text).map_err(drop)?;
        self.failing(text, |scope| expression.text(scope)).ok_or(())
    }

    /// A failure is the administrator's business: it is logged with the expression, never with claims.
    fn failing<T>(&mut self, text: &str, run: impl FnOnce(&Scope) -> Result<T, Failed>) -> Option<T> {
        match self.scope().and_then(run) {
            Ok(value) => Some(value),
            Err(_) => {
                tracing::error!(provider.key = self.held.key, expression = text, "a policy expression failed");
                None
            }
        }
    }

    /// Whether the claim filter lets the assertion through; `None`: it failed.
    pub fn filter(&mut self, policy: &Policy) -> Option<bool> {
        self.holds(&policy.choices.claim_filter)
    }

    /// Conditions and values of every match rule.
    pub fn rules(&mut self, policy: &Policy) -> Vec<RuleValues> {
        let rules = policy.choices.rules.iter().filter(|r| !r.entered_by_user);
        rules
            .map(|rule| {
                let when = self.holds(&rule.when);
                // Where the condition does not hold nothing else is evaluated.
                let values = if when == Some(true) { rule.all.iter().map(|one| self.compared(one)).collect() } else { Vec::new() };
                RuleValues { rule: rule.id.clone(), when, values }
            })
            .collect()
    }

    fn compared(&mut self, one: &Match) -> Result<Option<String>, ()> {
        if !one.is_claim() {
            return self.text(&one.equals);
        }
        Ok(match &one.account {
            Attribute::Email => self.held.assertion.email.clone(),
            Attribute::Username => self.claim("preferred_username"),
            Attribute::Phone => self.claim("phone_number"),
            Attribute::Own(name) => self.claim(name),
        })
    }

    fn claim(&self, name: &str) -> Option<String> {
        self.held.assertion.claims.get(name).and_then(Value::as_str).map(str::to_owned)
    }

    /// The value of a profile field; a failing expression leaves the field as it is.
    pub fn profile(&mut self, policy: &Policy, target: &Target) -> Option<String> {
        if let Some(text) = policy.choices.mapping.get(target) {
            return self.text(&text.clone()).ok().flatten();
        }
        match target {
            Target::Name => self.held.assertion.name.clone(),
            Target::GivenName | Target::FamilyName | Target::Locale => self.claim(&target.name()),
            Target::Username => self.claim("preferred_username"),
            Target::Phone => self.claim("phone_number"),
            Target::Own(name) => self.claim(name),
        }
    }
}
