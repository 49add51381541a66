//! Named dangers of a policy, for the administrator to weigh before it is in force.
use serde::Serialize;

use super::{
    attribute::ProfileAttribute,
    choices::{Disclosure, EmailChange, Merge, NoMatch, Notify, ProofMethod, UnverifiedTarget},
    fields::Policy,
    rules::Rule,
};
use crate::trust::{Proof, Trust};

crate::named! {
    /// A kind of danger; its texts are `danger-<name>` and `danger-<name>-why` in the locales.
    pub enum DangerName {
        /// A rule links on a word that nobody proved, and the permit lets it.
        UnprovenLinks = "unproven-links",
        /// The same, held back by the permit that is off.
        UnprovenPair = "unproven-pair",
        /// A rule looks accounts up by something that is not proved.
        WeakField = "weak-field",
        /// A provider's flag is believed.
        VerifiedCounts = "verified-counts",
        /// Nobody is told of a new link.
        NoMail = "no-mail",
        /// Pages tell about accounts before a proof.
        Reveals = "reveals",
        /// A refusal tells that there is no account.
        ExitReveals = "exit-reveals",
        /// A sign-up that nobody finished keeps the owner out.
        LockOut = "lock-out",
        /// Codes are easier to guess.
        Digits = "digits",
        /// A provider changes the address of an account.
        Overwrite = "overwrite",
        /// A number proves less than a mailbox.
        Phone = "phone",
        /// Whoever has no second factor cannot link.
        Mfa = "mfa",
        /// Administrators merge accounts.
        MergeAdmin = "merge-admin",
    }
}

/// A danger of a policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Danger {
    pub name: DangerName,
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
    Having(ProfileAttribute),
    /// Every active account.
    Active,
    /// Sign-ups that nobody finished.
    Pending,
}

/// What is dangerous about a policy, the worst first.
#[must_use]
pub fn lint(policy: &Policy) -> Vec<Danger> {
    let c = &policy.choices;
    let mut found = Vec::new();
    let mut say = |name: DangerName, rule: &str, exposes: Exposes, severe: bool| {
        found.push(Danger { name, rule: rule.to_owned(), exposes, severe })
    };
    for rule in c.rules.iter().filter(|r| !r.entered_by_user && unproven(r)) {
        let exposes = exposed(rule);
        if policy.permits.accept_unproven_links {
            say(DangerName::UnprovenLinks, &rule.id, exposes, true);
        } else {
            say(DangerName::UnprovenPair, &rule.id, exposes, false);
        }
    }
    for rule in c.rules.iter().filter(|r| !r.entered_by_user && !r.on_claimed_address()) {
        say(
            DangerName::WeakField,
            &rule.id,
            exposed(rule),
            policy.permits.accept_unproven_links && unproven(rule),
        );
    }
    if c.verified_counts {
        say(DangerName::VerifiedCounts, "", Exposes::Proved, false);
    }
    if c.email_change == EmailChange::Overwrite {
        say(DangerName::Overwrite, "", Exposes::Active, true);
    }
    if c.unverified_target == UnverifiedTarget::Refuse {
        say(DangerName::LockOut, "", Exposes::Pending, true);
    }
    if c.mail.login_link == Notify::None {
        say(DangerName::NoMail, "", Exposes::Active, policy.permits.accept_unproven_links);
    }
    if matches!(c.disclosure, Disclosure::Masked | Disclosure::Open) {
        say(DangerName::Reveals, "", Exposes::Proved, false);
    }
    if policy.permits.accept_unproven_links && c.none == NoMatch::Refuse {
        say(DangerName::ExitReveals, "", Exposes::Proved, false);
    }
    if policy.pin().decibits() < 300 {
        say(DangerName::Digits, "", Exposes::Proved, false);
    }
    if c.bind_methods.contains(&ProofMethod::PhoneCode)
        || c.rules.iter().any(|r| r.all.iter().any(|m| m.account == ProfileAttribute::Phone))
    {
        say(DangerName::Phone, "", Exposes::Nobody, false);
    }
    if policy.floors.proof == Proof::CredentialMfa {
        say(DangerName::Mfa, "", Exposes::Nobody, false);
    }
    if c.merge == Merge::Admin {
        say(DangerName::MergeAdmin, "", Exposes::Active, false);
    }
    found.sort_by_key(|d| !d.severe);
    found
}

fn unproven(rule: &Rule) -> bool {
    rule.accept.iter().any(|p| p.proof == Proof::None && p.trust < Trust::Authoritative)
}

fn exposed(rule: &Rule) -> Exposes {
    match rule.all.first() {
        Some(one) if one.account != ProfileAttribute::Email => Exposes::Having(one.account.clone()),
        _ => Exposes::Proved,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::preset;

    fn names(name: &str, permit: bool) -> Vec<DangerName> {
        let mut document = preset(name).unwrap();
        document.permits.accept_unproven_links = Some(permit);
        lint(&Policy::merge(1, &[&document])).into_iter().map(|d| d.name).collect()
    }

    #[test]
    fn au_16_the_linter_names_a_match_field_that_is_not_credible() {
        assert!(names("authing_field", false).contains(&DangerName::WeakField));
        assert!(names("authing_field", true).contains(&DangerName::UnprovenLinks));
        assert_eq!(names("recommended", false), []);
    }
}
