//! What to look up: rules with their evaluated values become conditions in the form in which accounts are stored.
use crate::{
    linking::facts::{RuleFacts, RuleState},
    policy::{Fold, Policy, ProfileAttribute},
};

/// What the expressions of one rule gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleValues {
    pub rule: String,
    /// Whether `when` holds; `None`: the expression failed.
    pub when: Option<bool>,
    /// A value for each condition, in order; `Err`: the expression failed; `Ok(None)`: no value.
    pub values: Vec<Result<Option<String>, ()>>,
}

/// One condition: the account's attribute in its folded form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    pub attribute: ProfileAttribute,
    pub folded: String,
    /// Letters' case counts.
    pub exact: bool,
}

/// Accounts that fulfil all conditions are candidates of the rule (GV-13).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lookup {
    pub rule: String,
    pub all: Vec<Condition>,
}

/// The look-ups of a policy, and the state of each rule for the decision.
#[must_use]
pub fn plan(policy: &Policy, evaluated: &[RuleValues]) -> (Vec<Lookup>, Vec<RuleFacts>) {
    let (mut lookups, mut states) = (Vec::new(), Vec::new());
    for rule in policy.choices.rules.iter().filter(|r| !r.entered_by_user) {
        let found = evaluated.iter().find(|e| e.rule == rule.id);
        let state = match found {
            None => RuleState::Failed,
            Some(RuleValues { when: None, .. }) => RuleState::Failed,
            Some(RuleValues { when: Some(false), .. }) => RuleState::Skipped,
            Some(RuleValues { values, .. })
                if values.iter().any(Result::is_err) || values.len() != rule.all.len() =>
            {
                RuleState::Failed
            }
            Some(RuleValues { values, .. }) => {
                let folded = rule.all.iter().zip(values).map(|(m, v)| {
                    let value = v.as_ref().ok().and_then(Option::as_deref)?;
                    Some(Condition {
                        attribute: m.account.clone(),
                        folded: m.account.folded(value, m.fold)?,
                        exact: m.fold == Fold::Exact
                            && matches!(m.account, ProfileAttribute::Own(_)),
                    })
                });
                match folded.collect::<Option<Vec<_>>>() {
                    Some(all) => {
                        lookups.push(Lookup { rule: rule.id.clone(), all });
                        RuleState::Looked
                    }
                    None => RuleState::Empty,
                }
            }
        };
        states.push(RuleFacts { rule: rule.id.clone(), state, values: Vec::new() });
    }
    (lookups, states)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Document;

    fn policy() -> Policy {
        let text = r#"{"choices":{"rules":[{"id":"two","when":"x","all":[{"account":"email"},{"account":"attr.staff","fold":"exact"}],"accept":[{"trust":"asserted","proof":"mailbox"}],"one":"link"}]}}"#;
        Policy::merge(1, &[&Document::parse(text).unwrap()])
    }

    fn run(
        when: Option<bool>,
        values: Vec<Result<Option<String>, ()>>,
    ) -> (Vec<Lookup>, RuleState) {
        let (lookups, states) = plan(&policy(), &[RuleValues { rule: "two".into(), when, values }]);
        (lookups, states[0].state)
    }

    /// Shows GV-09, GV-12, GV-13.
    #[test]
    fn gv_09_gv_12_gv_13_a_rule_looks_only_where_its_condition_holds_and_all_values_are_there() {
        let both = || vec![Ok(Some("A@ex.test".into())), Ok(Some("S7".into()))];
        let (lookups, state) = run(Some(true), both());
        assert_eq!(state, RuleState::Looked);
        assert_eq!(
            lookups[0].all.iter().map(|c| c.folded.as_str()).collect::<Vec<_>>(),
            ["a@ex.test", "S7"]
        );
        assert_eq!(run(Some(false), both()).1, RuleState::Skipped);
        assert_eq!(run(None, both()).1, RuleState::Failed);
        assert_eq!(
            run(Some(true), vec![Ok(Some("a@ex.test".into())), Ok(None)]).1,
            RuleState::Empty
        );
        assert_eq!(
            run(Some(true), vec![Ok(Some("a@ex.test".into())), Ok(Some(" ".into()))]).1,
            RuleState::Empty
        );
        assert_eq!(
            run(Some(true), vec![Ok(Some("a@ex.test".into())), Err(())]).1,
            RuleState::Failed
        );
        assert!(run(Some(true), vec![Ok(Some("a@ex.test".into()))]).0.is_empty(), "a value short");
    }
}
