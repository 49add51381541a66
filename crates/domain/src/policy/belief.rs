//! What is believed of a provider. It is said of one by name: in its own document, or in its document for an application
//! (threat rule 16). What a wider scope says of everybody is said of nobody.
use std::collections::BTreeSet;

use super::{
    check::{Problem, Remedy},
    evidence::Evidence,
    fields::{ChoiceFields, Document, Policy},
};

/// A way in which a provider's word opens more than its own links.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Belief {
    /// Its verified flag counts.
    VerifiedFlag,
    /// It runs the mailboxes of this domain.
    Domain(String),
    /// It is the own directory of its domains, so that nothing else has to show it (ID-16).
    OwnDirectory,
    /// This word of it stands for two factors.
    SecondFactor(String),
    /// Its groups are told to applications, which let people in by them (GO-08).
    Groups,
}

impl Policy {
    /// Everything that is believed of the provider of this policy.
    #[must_use]
    pub fn believes(&self) -> BTreeSet<Belief> {
        let flag = self.choices.verified_counts.then_some(Belief::VerifiedFlag);
        let domains = self.choices.domains.iter().map(|d| Belief::Domain(d.to_ascii_lowercase()));
        let words = self.choices.second_factor_acr.iter().cloned().map(Belief::SecondFactor);
        let own = (self.choices.evidence == Evidence::OwnDirectory).then_some(Belief::OwnDirectory);
        let groups = self.choices.mirror_groups.then_some(Belief::Groups);
        flag.into_iter().chain(domains).chain(own).chain(words).chain(groups).collect()
    }
}

impl Document {
    /// The document as far as it counts in a scope that names no provider.
    #[must_use]
    pub fn of_everybody(&self) -> Self {
        let choices = ChoiceFields {
            verified_counts: None,
            domains: None,
            evidence: None,
            second_factor_acr: None,
            mirror_groups: None,
            ..self.choices.clone()
        };
        Self { choices, ..self.clone() }
    }

    /// What a scope that names no provider may not say.
    ///
    /// # Errors
    /// The first belief that it states.
    pub fn check_of_everybody(&self) -> Result<(), Problem> {
        let stated = [
            ("choices.verified_counts", self.choices.verified_counts == Some(true)),
            ("choices.domains", self.choices.domains.as_ref().is_some_and(|d| !d.is_empty())),
            ("choices.evidence", self.choices.evidence.is_some()),
            (
                "choices.second_factor_acr",
                self.choices.second_factor_acr.as_ref().is_some_and(|w| !w.is_empty()),
            ),
            ("choices.mirror_groups", self.choices.mirror_groups == Some(true)),
        ];
        match stated.into_iter().find(|(_, states)| *states) {
            Some((path, _)) => Err(Problem::new(path, "", Remedy::ByName)),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{PRESETS, preset};

    #[test]
    fn dl_03_a_wide_scope_believes_nobody_and_what_else_it_says_stays() {
        let wide = Document::parse(r#"{"choices":{"verified_counts":true,"domains":["Corp.test"],"evidence":"own_directory","second_factor_acr":["gold"],"mirror_groups":true,"merge":"admin"}}"#).unwrap();
        let believed = Policy::merge(1, &[&wide]).believes();
        assert_eq!(
            believed.into_iter().collect::<Vec<_>>(),
            [
                Belief::VerifiedFlag,
                Belief::Domain("corp.test".into()),
                Belief::OwnDirectory,
                Belief::SecondFactor("gold".into()),
                Belief::Groups,
            ]
        );
        let policy = Policy::merge(1, &[&wide.of_everybody()]);
        assert!(
            policy.believes().is_empty() && policy.choices.merge == crate::policy::Merge::Admin
        );
        assert_eq!(wide.check_of_everybody().unwrap_err().path, "choices.verified_counts");
    }

    #[test]
    fn no_preset_believes_a_provider() {
        assert!(PRESETS.into_iter().all(|name| preset(name).unwrap().check_of_everybody().is_ok()));
    }
}
