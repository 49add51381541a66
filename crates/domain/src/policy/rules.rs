//! Match rules: how the account of an unknown identity is looked for, and what a find is worth.
use serde::{Deserialize, Serialize};

use crate::{
    contact::Phone,
    email_address::{Canonical, is_plain},
    trust::LinkRequirement,
};

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
    pub account: Attribute,
    /// An expression; empty: the claim that belongs to the attribute.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub equals: String,
    #[serde(default)]
    pub fold: Fold,
}

/// Whether letters' case counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fold {
    /// `Ann` is `ann`.
    #[default]
    Case,
    Exact,
}

/// What of an account is compared.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Attribute {
    /// A proved address.
    Email,
    Username,
    Phone,
    /// An attribute of the organisation's own, written `attr.<name>`.
    Own(String),
}

impl Attribute {
    /// The name in documents and in the attribute table.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Email => "email".into(),
            Self::Username => "username".into(),
            Self::Phone => "phone".into(),
            Self::Own(name) => format!("attr.{name}"),
        }
    }

    /// The expression that is meant where a rule states none.
    #[must_use]
    pub fn claim(&self) -> String {
        match self {
            Self::Email => "claims.email".into(),
            Self::Username => "claims.preferred_username".into(),
            Self::Phone => "claims.phone_number".into(),
            Self::Own(name) => format!("claims.{name}"),
        }
    }

    /// A value in the form in which it is compared; `None` for what matches nothing: empty, too long, no address.
    #[must_use]
    pub fn folded(&self, value: &str, fold: Fold) -> Option<String> {
        use unicode_normalization::UnicodeNormalization;
        let value = value.trim();
        if value.is_empty() || value.len() > 255 || value.chars().any(char::is_control) {
            return None;
        }
        match self {
            Self::Email => Canonical::parse(value).ok().map(|c| c.as_str().to_owned()),
            // A user name is never an address: nobody takes somebody else's by calling themselves so (PH-11). Nor does
            // anybody by characters that stand for others (EM-07).
            Self::Username => {
                (!value.contains('@') && is_plain(value)).then(|| value.to_lowercase())
            }
            Self::Phone => Phone::parse(value).ok().map(|p| p.as_str().to_owned()),
            Self::Own(_) => Some(match fold {
                Fold::Case => value.nfc().collect::<String>().to_lowercase(),
                Fold::Exact => value.nfc().collect(),
            }),
        }
    }
}

impl From<Attribute> for String {
    fn from(attribute: Attribute) -> Self {
        attribute.name()
    }
}

impl TryFrom<String> for Attribute {
    type Error = String;
    fn try_from(name: String) -> Result<Self, String> {
        match name.as_str() {
            "email" => Ok(Self::Email),
            "username" => Ok(Self::Username),
            "phone" => Ok(Self::Phone),
            other => match other.strip_prefix("attr.") {
                Some(own)
                    if !own.is_empty()
                        && own.len() <= 40
                        && own
                            .bytes()
                            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_') =>
                {
                    Ok(Self::Own(own.to_owned()))
                }
                _ => Err(format!("`{name}` is none of email, username, phone, attr.<name>")),
            },
        }
    }
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
        let all =
            vec![Match { account: Attribute::Email, equals: String::new(), fold: Fold::Case }];
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
        self.all.iter().any(|m| m.account == Attribute::Email && m.is_claim())
    }
}

impl Match {
    /// The value is the attribute's own claim, not an expression's.
    #[must_use]
    pub fn is_claim(&self) -> bool {
        self.equals.is_empty() || self.equals == self.account.claim()
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
                account: Attribute::try_from(name.to_owned())?,
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

    #[test]
    fn id_08_empty_values_match_nothing_and_ph_11_a_user_name_is_never_an_address() {
        let own = Attribute::Own("staff".into());
        assert_eq!(own.folded("  ", Fold::Case), None);
        assert_eq!(own.folded("A7", Fold::Case).as_deref(), Some("a7"));
        assert_eq!(own.folded("A7", Fold::Exact).as_deref(), Some("A7"));
        assert_eq!(Attribute::Username.folded("v@ex.test", Fold::Case), None);
        assert_eq!(
            Attribute::Phone.folded("+49 (30) 123-456", Fold::Case).as_deref(),
            Some("+4930123456")
        );
        assert_eq!(Attribute::Phone.folded("030 123456", Fold::Case), None);
        assert_eq!(Attribute::Email.folded("V@EX.test", Fold::Exact).as_deref(), Some("v@ex.test"));
    }
}
