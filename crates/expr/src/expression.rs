//! Expressions, parsed and evaluated.
use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

use cel::{Context, Env, ExecutionError, IdedExpr, Value};

use crate::{failed::Failed, guard, limits::Mistake, variables::Variables};

/// The standard functions, made once.
pub(crate) static ENV: LazyLock<Arc<Env>> = LazyLock::new(|| Arc::new(Env::stdlib()));

/// A parsed expression. Cheap to clone.
#[derive(Clone)]
pub struct Expression(Arc<IdedExpr>);

/// The variables of one sign-in, ready to be read by any number of expressions.
pub struct Scope(Context<'static, 'static>);

impl Scope {
    /// # Errors
    /// [`Failed`] when the values are larger or deeper than expressions may see.
    pub fn new(variables: &Variables) -> Result<Self, Failed> {
        let mut context = Context::with_env(Arc::clone(&ENV));
        for (name, value) in variables.named()? {
            context.add_variable_from_value(name, value);
        }
        Ok(Self(context))
    }
}

impl Expression {
    /// Parses and checks; the same as [`crate::check()`], with the result.
    ///
    /// # Errors
    /// [`Mistake`].
    pub fn parse(text: &str) -> Result<Self, Mistake> {
        guard::parse(text).map(|e| Self(Arc::new(e)))
    }

    /// A value; a missing key is none, and so is `null`.
    fn value(&self, scope: &Scope) -> Result<Option<Value>, Failed> {
        match Value::resolve(&self.0, &scope.0) {
            Ok(Value::Null) | Err(ExecutionError::NoSuchKey(_)) => Ok(None),
            Ok(value) => Ok(Some(value)),
            Err(error) => Err(Failed(error.to_string().chars().take(200).collect())),
        }
    }

    /// Whether it reads what the account's identities said: only then somebody has to load that (GV-05, GV-06).
    #[must_use]
    pub fn reads_identities(&self) -> bool {
        let read = self.0.references();
        ["identity", "identities", "lastIdentityInformation", "identitiesAsMap"]
            .iter()
            .any(|name| read.has_variable(name))
    }

    /// Whether a condition holds. What depends on a missing key does not.
    ///
    /// # Errors
    /// [`Failed`], also for a result that is no truth value.
    pub fn holds(&self, scope: &Scope) -> Result<bool, Failed> {
        match self.value(scope)? {
            None => Ok(false),
            Some(Value::Bool(holds)) => Ok(holds),
            Some(other) => {
                Err(Failed(format!("the result is {}, not true or false", other.type_of())))
            }
        }
    }

    /// A text to compare or to store. Missing, `null` and empty are none.
    ///
    /// # Errors
    /// [`Failed`], also for a result that is no text.
    pub fn text(&self, scope: &Scope) -> Result<Option<String>, Failed> {
        match self.value(scope)? {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.to_string()).filter(|t| !t.is_empty())),
            Some(other) => Err(Failed(format!("the result is {}, not text", other.type_of()))),
        }
    }
}

/// Longest claim that an expression may make, as JSON.
const LONGEST_CLAIM: usize = 4096;

impl Expression {
    /// Any value as JSON, for a claim. Missing and `null` are none.
    ///
    /// # Errors
    /// [`Failed`], also for what JSON cannot say and for more than 4 KiB of it.
    pub fn json(&self, scope: &Scope) -> Result<Option<serde_json::Value>, Failed> {
        let Some(value) = self.value(scope)? else { return Ok(None) };
        let made = value.json().map_err(|e| Failed(e.to_string().chars().take(200).collect()))?;
        if made.to_string().len() > LONGEST_CLAIM {
            return Err(Failed("the claim is too long".into()));
        }
        Ok(Some(made))
    }
}

/// Parsed expressions by their text.
#[derive(Default)]
pub struct Cache(Mutex<HashMap<String, Result<Expression, Mistake>>>);

impl Cache {
    /// # Errors
    /// [`Mistake`], remembered like a success.
    pub fn get(&self, text: &str) -> Result<Expression, Mistake> {
        if let Some(found) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(text) {
            return found.clone();
        }
        let parsed = Expression::parse(text);
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= 1000 {
            all.clear();
        }
        all.insert(text.to_owned(), parsed.clone());
        parsed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn scope(claims: serde_json::Value) -> Scope {
        Scope::new(&Variables {
            claims,
            last: json!({"provider": "meridian", "email": "v@ex.test"}),
            identities: json!({"meridian": {"email": "v@ex.test", "staff": "A7"}}),
            account: json!({"username": "vera"}),
            application: json!({"client_id": "photos"}),
            provider: json!({"key": "meridian"}),
        })
        .unwrap()
    }

    fn text(expression: &str, claims: serde_json::Value) -> Result<Option<String>, Failed> {
        Expression::parse(expression).unwrap().text(&scope(claims))
    }

    fn holds(expression: &str, claims: serde_json::Value) -> Result<bool, Failed> {
        Expression::parse(expression).unwrap().holds(&scope(claims))
    }

    /// Shows GV-09, GV-12.
    #[test]
    fn gv_09_gv_12_a_condition_and_a_templated_value() {
        assert_eq!(
            holds("claims.kind == 'staff' && provider.key == 'meridian'", json!({"kind": "staff"})),
            Ok(true)
        );
        assert_eq!(holds("'admins' in claims.groups", json!({"groups": ["admins"]})), Ok(true));
        assert_eq!(
            text(
                "claims.given_name + '.' + claims.family_name",
                json!({"given_name": "vera", "family_name": "li"})
            )
            .unwrap()
            .as_deref(),
            Some("vera.li")
        );
        assert_eq!(text("application.client_id", json!({})).unwrap().as_deref(), Some("photos"));
    }

    /// Shows GV-05, GV-06.
    #[test]
    fn the_last_identity_and_every_linked_one_can_be_read_by_both_names() {
        for expression in [
            "identity.last.email",
            "lastIdentityInformation.email",
            "identities['meridian'].email",
            "identitiesAsMap['meridian'].additionalInformation.email",
        ] {
            assert_eq!(
                text(expression, json!({})).unwrap().as_deref(),
                Some("v@ex.test"),
                "{expression}"
            );
        }
    }

    #[test]
    fn an_expression_says_whether_it_reads_identities() {
        let reads = |text: &str| Expression::parse(text).unwrap().reads_identities();
        for text in [
            "identity.last.email",
            "lastIdentityInformation.email",
            "claims.a == identities['meridian'].email",
            "has(identitiesAsMap['meridian'].additionalInformation.email)",
        ] {
            assert!(reads(text), "{text}");
        }
        for text in [
            "claims.identities == 'x'",
            "claims.email + 'identity'",
            "provider.key == 'identities'",
        ] {
            assert!(!reads(text), "{text}");
        }
    }

    #[test]
    fn what_is_missing_is_nothing_and_equals_nothing() {
        assert_eq!(text("claims.email", json!({})), Ok(None));
        assert_eq!(text("claims.email", json!({"email": null})), Ok(None));
        assert_eq!(text("claims.email", json!({"email": ""})), Ok(None));
        assert_eq!(holds("claims.kind == 'staff'", json!({})), Ok(false));
        assert_eq!(holds("claims.kind != 'staff'", json!({})), Ok(false), "not even unequal");
    }

    #[test]
    fn a_wrong_type_fails_and_is_no_answer() {
        assert!(text("claims.n", json!({"n": 7})).is_err());
        assert_eq!(text("string(claims.n)", json!({"n": 7})).unwrap().as_deref(), Some("7"));
        assert!(holds("claims.email", json!({"email": "x"})).is_err());
        assert!(holds("1 / 0 == 1", json!({})).is_err());
    }

    #[test]
    fn values_that_are_too_long_or_too_deep_are_not_shown_to_expressions() {
        let long: Vec<u32> = (0..201).collect();
        let vars = |claims| Variables {
            claims,
            last: json!({}),
            identities: json!({}),
            account: json!({}),
            application: json!({}),
            provider: json!({}),
        };
        assert!(Scope::new(&vars(json!({"groups": long}))).is_err());
        let mut deep = json!("x");
        for _ in 0..20 {
            deep = json!([deep]);
        }
        assert!(Scope::new(&vars(json!({"deep": deep}))).is_err());
    }

    /// Also what each of them would be alone: one text that is too long is missing, many that are not are too much together.
    #[test]
    fn ex_01_two_hundred_texts_of_two_kilobytes_are_not_shown_to_expressions() {
        let texts = |n: usize, length: usize| json!({"groups": vec!["x".repeat(length); n], "kind": "staff"});
        let vars = |claims| Variables {
            claims,
            last: json!({}),
            identities: json!({}),
            account: json!({}),
            application: json!({}),
            provider: json!({}),
        };
        assert_eq!(
            holds(
                "claims.groups.exists(g, g.startsWith('x')) && claims.kind == 'staff'",
                texts(20, 2048)
            ),
            Ok(true)
        );
        assert!(Scope::new(&vars(texts(200, 2048))).is_err());
        assert_eq!(holds("claims.kind == 'staff'", texts(1, 2049)), Ok(true));
        assert_eq!(text("claims.groups[0]", texts(1, 2049)), Ok(None));
        assert!(
            Scope::new(&vars(json!({"a": {"b": vec!["x".repeat(2048); 40]}}))).is_err(),
            "however deep they are"
        );
    }

    #[test]
    fn a_mistake_is_remembered_as_well() {
        let cache = Cache::default();
        assert!(cache.get("claims.").is_err() && cache.get("claims.").is_err());
        assert!(cache.get("claims.email").is_ok());
    }
}
