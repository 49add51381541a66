//! Whether a second factor is asked for: by organisation, application and role, with time to set one up.
use super::{
    fields::Floors,
    second_factor::{FactorState, Owes, SecondFactor},
};
use crate::{Micros, Role, SECOND};

impl Floors {
    /// What is asked of somebody with these roles.
    #[must_use]
    pub fn second_factor_of(&self, roles: &[String]) -> SecondFactor {
        let of_roles = roles
            .iter()
            .filter_map(|name| Role::parse(name))
            .filter_map(|role| self.second_factor_roles.get(&role).copied());
        of_roles.chain(self.second_factor).max().unwrap_or(SecondFactor::IfSet)
    }

    /// Whether anybody is asked to set one up.
    #[must_use]
    pub fn demands_second_factor(&self) -> bool {
        self.second_factor_roles.values().copied().chain(self.second_factor).max()
            == Some(SecondFactor::Always)
    }

    /// Whether nobody may set one up.
    #[must_use]
    pub fn bars_second_factor(&self) -> bool {
        self.second_factor_roles.values().copied().chain(self.second_factor).max()
            == Some(SecondFactor::Never)
    }

    /// What somebody owes at a moment.
    #[must_use]
    pub fn owes(&self, roles: &[String], state: FactorState, now: Micros) -> Owes {
        match (self.second_factor_of(roles), state) {
            (SecondFactor::Never | SecondFactor::IfSet, _)
            | (SecondFactor::Always, FactorState { shown: true, .. }) => Owes::Nothing,
            (SecondFactor::Always, FactorState { set: true, .. }) => Owes::Show,
            (SecondFactor::Always, FactorState { asked_at, .. }) => {
                let until = asked_at
                    .unwrap_or(now)
                    .saturating_add(self.second_factor_grace.unwrap_or(0).saturating_mul(SECOND));
                if now < until { Owes::Soon(until) } else { Owes::Now }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Document, Policy};

    fn floors(documents: &[&str]) -> Floors {
        let all: Vec<Document> = documents.iter().map(|d| Document::parse(d).unwrap()).collect();
        Policy::merge(1, &all.iter().collect::<Vec<_>>()).floors
    }

    #[test]
    fn the_strictest_scope_and_role_counts_and_without_a_word_whoever_has_one_is_asked() {
        let owner = ["owner".to_owned()];
        assert_eq!(floors(&["{}"]).second_factor_of(&owner), SecondFactor::IfSet);
        assert_eq!(
            floors(&[r#"{"floors":{"second_factor":"never"}}"#]).second_factor_of(&[]),
            SecondFactor::Never
        );
        let wide = r#"{"floors":{"second_factor":"never","second_factor_roles":{"owner":"always"},"second_factor_grace":600}}"#;
        let two = floors(&[
            wide,
            r#"{"floors":{"second_factor":"if_set","second_factor_roles":{"owner":"if_set"},"second_factor_grace":60}}"#,
        ]);
        assert_eq!(
            (two.second_factor_of(&[]), two.second_factor_of(&owner), two.second_factor_grace),
            (SecondFactor::IfSet, SecondFactor::Always, Some(60))
        );
        assert!(two.demands_second_factor() && !two.bars_second_factor());
        let application = floors(&[wide, r#"{"floors":{"second_factor":"always"}}"#]);
        assert_eq!(application.second_factor_of(&["support".into()]), SecondFactor::Always);
        assert!(
            floors(&[r#"{"floors":{"second_factor":"never"}}"#]).bars_second_factor()
                && !floors(&["{}"]).bars_second_factor()
        );
        assert!(
            Document::parse(r#"{"floors":{"second_factor_roles":{"king":"always"}}}"#).is_err()
        );
        assert!(Document::parse(r#"{"floors":{"second_factor_grace":-1}}"#).is_err());
    }

    #[test]
    fn grace_runs_from_the_first_sign_in_that_asked_and_a_shown_factor_owes_nothing() {
        let asked = floors(&[r#"{"floors":{"second_factor":"always","second_factor_grace":100}}"#]);
        let at = |state, now| asked.owes(&[], state, now * SECOND);
        assert_eq!(at(FactorState::default(), 1000), Owes::Soon(1100 * SECOND));
        let since = FactorState { asked_at: Some(1000 * SECOND), ..FactorState::default() };
        assert_eq!((at(since, 1099), at(since, 1100)), (Owes::Soon(1100 * SECOND), Owes::Now));
        assert_eq!(at(FactorState { set: true, ..since }, 1000), Owes::Show);
        assert_eq!(at(FactorState { set: true, shown: true, ..since }, 5000), Owes::Nothing);
        assert_eq!(
            floors(&[r#"{"floors":{"second_factor":"always"}}"#]).owes(
                &[],
                FactorState::default(),
                5
            ),
            Owes::Now
        );
    }
}
