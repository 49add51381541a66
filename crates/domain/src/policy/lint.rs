//! Named dangers of a policy, for the administrator to weigh before it is in force.
use serde::Serialize;

use super::{
    Attribute, Disclosure, EmailChange, Merge, NoMatch, Notify, Policy, ProofMethod, Rule,
    UnverifiedTarget,
};
use crate::trust::{Proof, Trust};

/// A danger; its text is `danger-<name>` in the locales.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Danger {
    pub name: &'static str,
    /// The rule that brings it, if one does.
    pub rule: String,
    pub exposes: Exposes,
    /// It can cost somebody their account; the others cost privacy or comfort.
    pub severe: bool,
}

/// The accounts that a danger touches; the service counts them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Exposes {
    Nobody,
    /// Active accounts with a proved address.
    Proved,
    /// Active accounts that have the attribute.
    Having(Attribute),
    /// Every active account.
    Active,
    /// Sign-ups that nobody finished.
    Pending,
}

impl Danger {
    /// Every name, for the test that each has its text.
    pub const NAMES: [&str; 13] = [
        "unproven-links",
        "unproven-pair",
        "weak-field",
        "verified-counts",
        "no-mail",
        "reveals",
        "exit-reveals",
        "lock-out",
        "digits",
        "overwrite",
        "phone",
        "mfa",
        "merge-admin",
    ];
}

/// What is dangerous about a policy, the worst first.
#[must_use]
pub fn lint(policy: &Policy) -> Vec<Danger> {
    let c = &policy.choices;
    let mut found = Vec::new();
    let mut say = |name: &'static str, rule: &str, exposes: Exposes, severe: bool| {
        found.push(Danger { name, rule: rule.to_owned(), exposes, severe })
    };
    for rule in c.rules.iter().filter(|r| !r.entered_by_user && unproven(r)) {
        let exposes = exposed(rule);
        if policy.permits.accept_unproven_links {
            say("unproven-links", &rule.id, exposes, true);
        } else {
            say("unproven-pair", &rule.id, exposes, false);
        }
    }
    for rule in c.rules.iter().filter(|r| !r.entered_by_user && !r.on_claimed_address()) {
        say(
            "weak-field",
            &rule.id,
            exposed(rule),
            policy.permits.accept_unproven_links && unproven(rule),
        );
    }
    if c.verified_counts {
        say("verified-counts", "", Exposes::Proved, false);
    }
    if c.email_change == EmailChange::Overwrite {
        say("overwrite", "", Exposes::Active, true);
    }
    if c.unverified_target == UnverifiedTarget::Refuse {
        say("lock-out", "", Exposes::Pending, true);
    }
    if c.mail.login_link == Notify::None {
        say("no-mail", "", Exposes::Active, policy.permits.accept_unproven_links);
    }
    if matches!(c.disclosure, Disclosure::Masked | Disclosure::Open) {
        say("reveals", "", Exposes::Proved, false);
    }
    if policy.permits.accept_unproven_links && c.none == NoMatch::Refuse {
        say("exit-reveals", "", Exposes::Proved, false);
    }
    if policy.pin().decibits() < 300 {
        say("digits", "", Exposes::Proved, false);
    }
    if c.bind_methods.contains(&ProofMethod::PhoneCode)
        || c.rules.iter().any(|r| r.all.iter().any(|m| m.account == Attribute::Phone))
    {
        say("phone", "", Exposes::Nobody, false);
    }
    if policy.floors.proof == Proof::CredentialMfa {
        say("mfa", "", Exposes::Nobody, false);
    }
    if c.merge == Merge::Admin {
        say("merge-admin", "", Exposes::Active, false);
    }
    found.sort_by_key(|d| !d.severe);
    found
}

fn unproven(rule: &Rule) -> bool {
    rule.accept.iter().any(|p| p.proof == Proof::None && p.trust < Trust::Authoritative)
}

fn exposed(rule: &Rule) -> Exposes {
    match rule.all.first() {
        Some(one) if one.account != Attribute::Email => Exposes::Having(one.account.clone()),
        _ => Exposes::Proved,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{PRESETS, preset};

    fn names(name: &str, permit: bool) -> Vec<&'static str> {
        let mut document = preset(name).unwrap();
        document.permits.accept_unproven_links = Some(permit);
        lint(&Policy::merge(1, &[&document])).into_iter().map(|d| d.name).collect()
    }

    #[test]
    fn au_16_the_linter_names_a_match_field_that_is_not_credible() {
        assert!(names("authing_field", false).contains(&"weak-field"));
        assert!(names("authing_field", true).contains(&"unproven-links"));
        assert_eq!(names("recommended", false), Vec::<&str>::new());
    }

    #[test]
    fn every_danger_of_every_preset_has_a_name_in_the_list() {
        for name in PRESETS {
            for permit in [true, false] {
                assert!(names(name, permit).iter().all(|n| Danger::NAMES.contains(n)));
            }
        }
    }
}
