//! Whether an identity of a provider may be added to an account: flags, isolation, limits. The same for every path.
use crate::{
    Refusal,
    linking::facts::{AccountState, AddTo, Candidate},
    policy::{DistinctBy, Policy},
};

/// Whether a method may become one of an account's, under the method's own policy: what every link asks, for what moves in a
/// merge (MG-01).
///
/// # Errors
/// [`Refusal::NotAllowed`], [`Refusal::Isolated`], [`Refusal::TooMany`], [`Refusal::SameEmail`].
pub fn fits(to: AddTo, policy: &Policy) -> Result<(), Refusal> {
    Target::from(to).check(policy)
}

/// What of an account matters for it.
pub(super) struct Target {
    methods: u32,
    target_methods: u32,
    of_this_provider: u32,
    same_email: bool,
    foreign_domain: bool,
    barred: bool,
}

impl From<AddTo> for Target {
    fn from(a: AddTo) -> Self {
        Self {
            methods: a.methods,
            target_methods: a.target_methods,
            of_this_provider: a.of_this_provider,
            same_email: a.same_email,
            foreign_domain: a.foreign_domain,
            barred: false,
        }
    }
}

impl From<&Candidate> for Target {
    fn from(c: &Candidate) -> Self {
        Self {
            methods: c.methods,
            target_methods: c.target_methods,
            of_this_provider: c.of_this_provider,
            same_email: c.same_email,
            foreign_domain: c.foreign_domain,
            barred: c.barred,
        }
    }
}

impl Target {
    /// # Errors
    /// Why the provider may not be added to this account.
    pub fn check(&self, policy: &Policy) -> Result<(), Refusal> {
        if self.barred {
            return Err(Refusal::Barred);
        }
        if !policy.permits.linkable()
            || !policy.choices.target_requires.met(self.methods, self.target_methods)
        {
            return Err(Refusal::NotAllowed);
        }
        if self.foreign_domain {
            return Err(Refusal::Isolated);
        }
        if self.of_this_provider >= policy.floors.max_per_provider {
            return Err(Refusal::TooMany);
        }
        if policy.choices.distinct_by == DistinctBy::Email && self.same_email {
            return Err(Refusal::SameEmail);
        }
        Ok(())
    }
}

/// A candidate that a rule may find: active, its address proved (NE-05), no administrator (I12).
pub(super) fn visible(c: &Candidate) -> bool {
    c.state == AccountState::Active && c.verified && !c.administrator
}
