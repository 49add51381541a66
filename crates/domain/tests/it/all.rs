//! Everything that is decided, behind one door: the properties draw facts of every kind and ask whichever function is the
//! one for them.
use ligature_domain::{
    AccountId, Decision, Named, Policy, Refusal, Ruling, Trust,
    account_rules::{
        administer::{AdministerAccount, administer},
        change::{Change, ChangeOutcome, change, update_email},
        merge::{self, MergeBy, MergeOutcome},
        reauthenticate::{
            AvailableMethods, ReauthMethod, ReauthOutcome, Reauthenticate, reauthenticate,
        },
        remove::{Remove, RemoveOutcome, remove},
        undo::{Undo, undo},
    },
    decision::Reason,
    linking::{
        self, Basis, Choice, EmailStep,
        facts::{
            self, AccountState, AddTo, By, Candidate, CompletedRequirements, EmailFacts, Known,
            Local, ProviderFacts, RuleFacts, UserAction,
        },
    },
    policy::Field,
};

/// Why somebody asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intent {
    SignIn,
    SignUp,
    Add(AddTo),
    Remove(Remove),
    UpdateEmail(UpdateEmail),
    Confirm(Confirm),
    Change(Change),
    Undo(Undo),
    Merge(Merge),
    AdministerAccount(AdministerAccount),
}

/// A new address; the trust in it is among the other facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UpdateEmail {
    pub account: AccountId,
    pub state: AccountState,
    pub taken: bool,
}

/// A sign-in in between; who it opened is among the other facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Confirm {
    pub account: AccountId,
    pub by: ReauthMethod,
    pub fresh: bool,
    pub available: AvailableMethods,
}

/// Two accounts; the other one is among the other facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Merge {
    pub account: AccountId,
    pub state: AccountState,
    pub by: MergeBy,
    pub reauthenticated: bool,
    pub misfit: Option<Refusal>,
    pub administrator: bool,
    pub second_factor: bool,
}

/// Facts of every kind; the fields are those of [`facts::Facts`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    pub intent: Intent,
    pub provider: Option<ProviderFacts>,
    pub trust: Option<Trust>,
    pub known: Option<Known>,
    pub rules: Vec<RuleFacts>,
    pub candidates: Vec<Candidate>,
    pub pending: Option<AccountId>,
    pub email: Option<EmailFacts>,
    pub act: UserAction,
    pub local: Local,
    pub given: CompletedRequirements,
    pub proof_gone: bool,
    pub contested: bool,
}

impl Facts {
    pub fn local(intent: Intent, known: Option<Known>) -> Self {
        let facts::Facts {
            provider,
            trust,
            known,
            rules,
            candidates,
            pending,
            email,
            act,
            local,
            given,
            proof_gone,
            contested,
            ..
        } = facts::Facts::local(facts::Intent::SignIn, known);
        Self {
            intent,
            provider,
            trust,
            known,
            rules,
            candidates,
            pending,
            email,
            act,
            local,
            given,
            proof_gone,
            contested,
        }
    }

    /// As facts of a sign-in.
    pub fn linking(&self, intent: facts::Intent) -> facts::Facts {
        let Self {
            provider,
            trust,
            known,
            rules,
            candidates,
            pending,
            email,
            act,
            local,
            given,
            proof_gone,
            contested,
            ..
        } = self.clone();
        facts::Facts {
            intent,
            provider,
            trust,
            known,
            rules,
            candidates,
            pending,
            email,
            act,
            local,
            given,
            proof_gone,
            contested,
        }
    }
}

/// What comes of it, of every kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    SignIn { account: AccountId, email: EmailStep },
    Create,
    Link { account: AccountId, basis: Basis, notify: bool },
    AlreadyLinked,
    Choose(Choice),
    Confirm,
    Challenge { target: Option<AccountId>, by: By },
    Bind { target: Option<AccountId> },
    FinishSignup { account: AccountId },
    SecondFactor { account: AccountId },
    Details { agreements: Vec<String>, fields: Vec<Field> },
    Reclaim { account: AccountId },
    Abandon,
    Restore { account: AccountId },
    Remove { notify: bool },
    UpdateEmail,
    Confirmed,
    Change,
    TakePhone { from: AccountId },
    Undo,
    Merge,
    Refuse { refusal: Refusal },
}

impl From<linking::Outcome> for Outcome {
    fn from(outcome: linking::Outcome) -> Self {
        use linking::Outcome as L;
        match outcome {
            L::SignIn { account, email } => Self::SignIn { account, email },
            L::Create => Self::Create,
            L::Link { account, basis, notify } => Self::Link { account, basis, notify },
            L::AlreadyLinked => Self::AlreadyLinked,
            L::Choose(choice) => Self::Choose(choice),
            L::Confirm => Self::Confirm,
            L::Challenge { target, by } => Self::Challenge { target, by },
            L::Bind { target } => Self::Bind { target },
            L::FinishSignup { account } => Self::FinishSignup { account },
            L::SecondFactor { account } => Self::SecondFactor { account },
            L::Details { agreements, fields } => Self::Details { agreements, fields },
            L::Reclaim { account } => Self::Reclaim { account },
            L::Abandon => Self::Abandon,
            L::Restore { account } => Self::Restore { account },
            L::Refuse { refusal } => Self::Refuse { refusal },
        }
    }
}

/// A decision of every kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    pub outcome: Outcome,
    pub reasons: Vec<Reason>,
    pub policy_version: i64,
    pub name: &'static str,
}

fn ruled<A: Named + Copy>(ruling: Ruling<A>, outcome: impl Fn(A) -> Outcome) -> Decided {
    let name = ruling.outcome.name();
    Decided {
        outcome: ruling.outcome.map_or_else(|refusal| Outcome::Refuse { refusal }, outcome),
        reasons: ruling.reasons,
        policy_version: ruling.policy_version,
        name,
    }
}

fn linked(decision: Decision) -> Decided {
    let name = decision.outcome.name();
    Decided {
        outcome: decision.outcome.into(),
        reasons: decision.reasons,
        policy_version: decision.policy_version,
        name,
    }
}

/// Asks the function that decides about facts of this kind.
pub fn decide(facts: &Facts, policy: &Policy) -> Decided {
    let factor_shown = facts.given.factor;
    match facts.intent {
        Intent::SignIn => {
            linked(ligature_domain::decide(&facts.linking(facts::Intent::SignIn), policy))
        }
        Intent::SignUp => {
            linked(ligature_domain::decide(&facts.linking(facts::Intent::SignUp), policy))
        }
        Intent::Add(add) => {
            linked(ligature_domain::decide(&facts.linking(facts::Intent::Add(add)), policy))
        }
        Intent::Remove(facts) => {
            ruled(remove(facts, policy), |RemoveOutcome { notify }| Outcome::Remove { notify })
        }
        Intent::UpdateEmail(UpdateEmail { account, state, taken }) => {
            let update = ligature_domain::account_rules::change::UpdateEmail {
                account,
                state,
                taken,
                trust: facts.trust,
            };
            ruled(update_email(update, policy), changed)
        }
        Intent::Change(facts) => ruled(change(facts, policy), changed),
        Intent::Confirm(Confirm { account, by, fresh, available }) => {
            let Facts { known, provider, proof_gone, contested, .. } = *facts;
            let asked = Reauthenticate {
                account,
                by,
                fresh,
                available,
                known,
                provider,
                factor_shown,
                proof_gone,
                contested,
            };
            ruled(reauthenticate(&asked, policy), |outcome| match outcome {
                ReauthOutcome::Confirmed => Outcome::Confirmed,
                ReauthOutcome::SecondFactor { account } => Outcome::SecondFactor { account },
            })
        }
        Intent::Undo(facts) => ruled(undo(facts, policy), |_| Outcome::Undo),
        Intent::Merge(Merge {
            account,
            state,
            by,
            reauthenticated,
            misfit,
            administrator,
            second_factor,
        }) => {
            // Nobody's other account is the same as one's own: there is nothing to merge.
            let other = facts.known.unwrap_or(Known { account, state, link: None, second_factor });
            let both = merge::Merge {
                account,
                state,
                by,
                reauthenticated,
                misfit,
                administrator,
                second_factor,
                other,
                factor_shown,
                proof_gone: facts.proof_gone,
            };
            ruled(merge::merge(both, policy), |outcome| match outcome {
                MergeOutcome::Merge => Outcome::Merge,
                MergeOutcome::SecondFactor { account } => Outcome::SecondFactor { account },
            })
        }
        Intent::AdministerAccount(facts) => ruled(administer(facts, policy), |_| Outcome::Change),
    }
}

fn changed(outcome: ChangeOutcome) -> Outcome {
    match outcome {
        ChangeOutcome::Change => Outcome::Change,
        ChangeOutcome::TakePhone { from } => Outcome::TakePhone { from },
        ChangeOutcome::UpdateEmail => Outcome::UpdateEmail,
    }
}
