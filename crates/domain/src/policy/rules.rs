//! Match rules: how the account of an unknown identity is looked for, and what a find is worth.
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

use super::attribute::{AttributeUse, Fold, ProfileAttribute};
use crate::trust::LinkRequirement;

/// One way to find the account that an unknown identity may belong to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written")]
pub struct Rule {
    /// Unique in its list; the trace names it.
    pub id: String,
    /// What it is for, in the administrator's words (GV-08).
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// An expression; the rule takes part only where it holds (GV-09). Empty: always.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub when: String,
    /// Conditions that must all hold (GV-13). Empty for `entered_by_user`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub all: Vec<Match>,
    /// The person names the account on the binding page.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub entered_by_user: bool,
    /// Pairs of (trust, proof), any of which is enough to link.
    pub accept: Vec<LinkRequirement>,
    pub one: OnSingleMatch,
    pub many: OnMultipleMatches,
}

/// One condition: an attribute of the account equals a value of the assertion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Match {
    #[serde(deserialize_with = "matched")]
    pub account: ProfileAttribute,
    /// An expression; empty: the claim that belongs to the attribute.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub equals: String,
    #[serde(default)]
    pub fold: Fold,
}

/// Only what accounts can be looked up by.
fn matched<'de, D: Deserializer<'de>>(d: D) -> Result<ProfileAttribute, D::Error> {
    ProfileAttribute::deserialize(d)?.for_use(AttributeUse::Match).map_err(D::Error::custom)
}

/// What one match leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnSingleMatch {
    /// Link, asking for nothing but the proof that the accepted pair wants.
    Link,
    /// Ask what the person wants.
    Offer,
}

/// What several matches lead to. "The first" does not exist (I3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnMultipleMatches {
    #[default]
    Choose,
    Refuse,
}

impl Rule {
    /// A rule on the claimed address.
    #[must_use]
    pub fn by_email(
        id: &str,
        accept: Vec<LinkRequirement>,
        one: OnSingleMatch,
        many: OnMultipleMatches,
    ) -> Self {
        let all = vec![Match {
            account: ProfileAttribute::Email,
            equals: String::new(),
            fold: Fold::Case,
        }];
        Self {
            id: id.into(),
            description: String::new(),
            when: String::new(),
            all,
            entered_by_user: false,
            accept,
            one,
            many,
        }
    }

    /// A rule on what the person enters.
    #[must_use]
    pub fn entered(id: &str, accept: Vec<LinkRequirement>) -> Self {
        Self {
            id: id.into(),
            description: String::new(),
            when: String::new(),
            all: Vec::new(),
            entered_by_user: true,
            accept,
            one: OnSingleMatch::Offer,
            many: OnMultipleMatches::Choose,
        }
    }

    /// One of its conditions is the claimed address itself, so the provider's word about it counts.
    /// Every other value is worth no more than an assertion.
    #[must_use]
    pub fn on_claimed_address(&self) -> bool {
        self.all.iter().any(|m| m.account == ProfileAttribute::Email && m.is_claim())
    }
}

impl Match {
    /// The value is the attribute's own claim, not an expression's.
    #[must_use]
    pub fn is_claim(&self) -> bool {
        self.equals.is_empty() || self.equals == self.account.expression()
    }
}

/// A rule as documents spell it; `account: email` is short for one condition on the claim.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    id: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    when: String,
    #[serde(default)]
    all: Vec<Match>,
    #[serde(default)]
    account: Option<String>,
    #[serde(default)]
    entered_by_user: bool,
    accept: Vec<LinkRequirement>,
    one: OnSingleMatch,
    #[serde(default)]
    many: OnMultipleMatches,
}

impl TryFrom<Written> for Rule {
    type Error = String;
    fn try_from(w: Written) -> Result<Self, String> {
        let mut rule = Self {
            id: w.id,
            description: w.description,
            when: w.when,
            all: w.all,
            entered_by_user: w.entered_by_user,
            accept: w.accept,
            one: w.one,
            many: w.many,
        };
        match w.account.as_deref() {
            None => {}
            Some("entered_by_user") => rule.entered_by_user = true,
            Some(name) => rule.all.push(Match {
                account: ProfileAttribute::try_from(name.to_owned())?
                    .for_use(AttributeUse::Match)?,
                equals: String::new(),
                fold: Fold::Case,
            }),
        }
        if rule.entered_by_user == rule.all.is_empty() {
            Ok(rule)
        } else {
            Err(format!("rule `{}` needs either conditions or entered_by_user", rule.id))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_of_the_first_version_still_reads() {
        let rule: Rule =
            serde_json::from_str(r#"{"id":"e","account":"email","accept":[],"one":"link"}"#)
                .unwrap();
        assert!(rule.on_claimed_address() && !rule.entered_by_user);
        let rule: Rule = serde_json::from_str(
            r#"{"id":"e","account":"entered_by_user","accept":[],"one":"offer"}"#,
        )
        .unwrap();
        assert!(rule.entered_by_user && rule.all.is_empty());
    }

    #[test]
    fn a_rule_without_a_condition_or_with_an_unknown_attribute_is_refused() {
        for bad in [
            r#"{"id":"e","accept":[],"one":"link"}"#,
            r#"{"id":"e","all":[{"account":"role"}],"accept":[],"one":"link"}"#,
            r#"{"id":"e","account":"email","entered_by_user":true,"accept":[],"one":"link"}"#,
        ] {
            assert!(serde_json::from_str::<Rule>(bad).is_err(), "{bad}");
        }
    }
}
