//! Values of an assertion: what the match rules compare, the claim filter, and profile fields.
//!
//! Expressions run on a blocking thread while no transaction is open (EX-02). Whoever gathers facts asks for the values of
//! (assertion, policy, surroundings); what has not been evaluated yet ends the work with the question, and
//! [`crate::transaction::Transactions::with_expressions`] answers it outside and runs the work again. A question counts
//! only as a whole: when the policy or an identity's claims changed in between, it is another one. Nothing else in this
//! crate can evaluate an expression.
use crate::core::Core;
use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock},
};

use domain::{
    Policy,
    linking::RuleValues,
    policy::{Match, ProfileAttribute},
};
use expr::{Cache, Failed, Scope, Variables};
use serde_json::{Map, Value, json};

use crate::{
    Error,
    policy::expression_values::{Answers, ExpressionContext, ExpressionValues, Question},
    sign_in::upstream_identity::UpstreamIdentity,
};

/// Parsed expressions, of all organisations.
static CACHE: LazyLock<Cache> = LazyLock::new(Cache::default);

impl Answers {
    /// Answers one more question, on a blocking thread.
    ///
    /// # Errors
    /// [`Error::Internal`] when the thread is gone.
    pub(crate) async fn add(&mut self, question: Question) -> Result<(), Error> {
        let asked = question.clone();
        let values = blocking(move || evaluate(question, Some(&CACHE))).await?;
        self.0.push((asked, Arc::new(values)));
        Ok(())
    }
}

impl Core {
    /// The values of an assertion, if they are known; a policy without expressions has no question.
    ///
    /// # Errors
    /// [`Error::Unanswered`], which [`crate::transaction::Transactions::with_expressions`] answers.
    pub(crate) fn values(
        &self,
        held: &UpstreamIdentity,
        policy: &Arc<Policy>,
        around: &ExpressionContext,
    ) -> Result<Arc<ExpressionValues>, Error> {
        let known = self.answers().0.iter().find(|(q, _)| {
            q.held == *held
                && (Arc::ptr_eq(&q.policy, policy) || q.policy == *policy)
                && q.around == *around
        });
        if let Some((_, values)) = known {
            return Ok(Arc::clone(values));
        }
        let question =
            Question { held: held.clone(), policy: Arc::clone(policy), around: around.clone() };
        if policy.has_expressions() {
            Err(Error::Unanswered(Box::new(question)))
        } else {
            Ok(Arc::new(evaluate(question, None)))
        }
    }
}

/// Whether an expression reads what the account's identities said. One that cannot be parsed reads nothing.
pub(crate) fn reads_identities(text: &str) -> bool {
    !text.is_empty() && CACHE.get(text).is_ok_and(|expression| expression.reads_identities())
}

/// Many at once, for runs over all accounts that hold no transaction.
pub(crate) async fn evaluated(questions: Vec<Question>) -> Result<Vec<ExpressionValues>, Error> {
    blocking(move || questions.into_iter().map(|q| evaluate(q, Some(&CACHE))).collect()).await
}

/// Claims of an application by its own expressions, as JSON; one that fails is left out and logged, without what it saw.
pub(crate) async fn mapped(
    client: String,
    texts: BTreeMap<String, String>,
    variables: Variables,
) -> Result<Map<String, Value>, Error> {
    blocking(move || {
        let scope = Scope::new(&variables);
        let made = |text: &str| {
            CACHE.get(text).map_err(|m| m.to_string()).and_then(|e| {
                scope.as_ref().map_err(|f| f.0.clone()).and_then(|s| e.json(s).map_err(|f| f.0))
            })
        };
        let mut claims = Map::new();
        for (name, text) in texts {
            match made(&text) {
                Ok(Some(value)) => drop(claims.insert(name, value)),
                Ok(None) => {}
                Err(_) => {
                    tracing::error!(client_id = client, claim = name, "a claim's expression failed")
                }
            }
        }
        claims
    })
    .await
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Error> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|e| Error::Internal(format!("an expression: {e}")))
}

/// Without a cache: for a policy that has no expression.
fn evaluate(
    Question { held, policy, around }: Question,
    cache: Option<&Cache>,
) -> ExpressionValues {
    #[cfg(test)]
    if cache.is_some() {
        gate::pass(&held.assertion.subject);
    }
    let mut run = ExpressionEvaluator { cache, held: &held, around: &around, scope: None };
    let choices = &policy.choices;
    let filter = run.holds(&choices.claim_filter);
    let rules = choices.rules.iter().filter(|r| !r.entered_by_user);
    let rules = rules
        .map(|rule| {
            let when = run.holds(&rule.when);
            // Where the condition does not hold nothing else is evaluated.
            let values = if when == Some(true) {
                rule.all.iter().map(|one| run.compared(one)).collect()
            } else {
                Vec::new()
            };
            RuleValues { rule: rule.id.clone(), when, values }
        })
        .collect();
    let sync = &choices.sync;
    let attributes = sync.on_create.iter().chain(&sync.on_login).chain(&sync.on_link);
    let profile = attributes
        .filter_map(|one| run.profile(&policy, one).map(|value| (one.clone(), value)))
        .collect();
    ExpressionValues { filter, rules, profile }
}

/// One evaluation; the variables are made at most once.
struct ExpressionEvaluator<'a> {
    cache: Option<&'a Cache>,
    held: &'a UpstreamIdentity,
    around: &'a ExpressionContext,
    scope: Option<Result<Scope, Failed>>,
}

impl ExpressionEvaluator<'_> {
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
        let expression = self.cache?.get(text).ok()?;
        self.failing(text, |scope| expression.holds(scope))
    }

    fn text(&mut self, text: &str) -> Result<Option<String>, ()> {
        let expression = self.cache.ok_or(())?.get(text).map_err(drop)?;
        self.failing(text, |scope| expression.text(scope)).ok_or(())
    }

    /// A failure is the administrator's business: it is logged with the expression, never with claims.
    fn failing<T>(
        &mut self,
        text: &str,
        run: impl FnOnce(&Scope) -> Result<T, Failed>,
    ) -> Option<T> {
        match self.scope().and_then(run) {
            Ok(value) => Some(value),
            Err(_) => {
                tracing::error!(
                    provider.key = self.held.key,
                    expression = text,
                    "a policy expression failed"
                );
                None
            }
        }
    }

    fn compared(&mut self, one: &Match) -> Result<Option<String>, ()> {
        if !one.is_claim() {
            return self.text(&one.equals);
        }
        Ok(self.claimed(&one.account))
    }

    /// What the provider said of an attribute.
    fn claimed(&self, attribute: &ProfileAttribute) -> Option<String> {
        let assertion = &self.held.assertion;
        match attribute {
            ProfileAttribute::Email => assertion.email.clone(),
            ProfileAttribute::Name => assertion.name.clone(),
            ProfileAttribute::GivenName
            | ProfileAttribute::FamilyName
            | ProfileAttribute::Locale
            | ProfileAttribute::Username
            | ProfileAttribute::Phone
            | ProfileAttribute::Own(_) => {
                assertion.claims.get(attribute.claim()).and_then(Value::as_str).map(str::to_owned)
            }
        }
    }

    fn profile(&mut self, policy: &Policy, attribute: &ProfileAttribute) -> Option<String> {
        match policy.choices.mapping.get(attribute) {
            Some(text) => self.text(text).ok().flatten(),
            None => self.claimed(attribute),
        }
    }
}

/// Lets a test hold the expressions on one subject back for a while.
#[cfg(test)]
pub(crate) mod gate {
    use std::sync::{Condvar, Mutex};

    /// The subject that is held back, and whether somebody stands there.
    static HELD: Mutex<(Option<&'static str>, bool)> = Mutex::new((None, false));
    static MOVED: Condvar = Condvar::new();

    pub(crate) fn pass(subject: &str) {
        let mut held = HELD.lock().unwrap();
        while held.0 == Some(subject) {
            held.1 = true;
            MOVED.notify_all();
            held = MOVED.wait(held).unwrap();
        }
    }

    pub(crate) fn hold(subject: &'static str) {
        *HELD.lock().unwrap() = (Some(subject), false);
    }

    /// Waits until an evaluation stands at the gate.
    pub(crate) fn reached() {
        let (held, waited) = MOVED
            .wait_timeout_while(HELD.lock().unwrap(), std::time::Duration::from_secs(60), |held| {
                !held.1
            })
            .unwrap();
        assert!(!waited.timed_out() && held.1, "no expression runs");
    }

    pub(crate) fn open() {
        *HELD.lock().unwrap() = (None, false);
        MOVED.notify_all();
    }
}
