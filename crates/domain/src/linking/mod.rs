//! The one function that decides about identities and sign-ins. Every path asks it: callback, binding page, My Account,
//! simulation, replay. What happens to an account otherwise is decided in [`crate::account_rules`].
use serde::{Deserialize, Serialize};

use crate::{
    AccountId, Refusal,
    account_rules::{reauthenticated, still_proved, usable},
    decision::{Named, Trace},
    policy::{Disclosure, EmailChange, Field, MailEvent, Offer, Policy, ProofMethod},
    trust::{Proof, Trust},
};

mod complete;
mod eligible;
mod entrance;
pub mod facts;
mod plan;
mod unknown;

pub use eligible::fits;
pub use entrance::{LoginRedirect, entrance};
use facts::{AccountState, AddTo, Facts, Intent, Known, Local, ProviderFacts, UserAction};
pub use plan::{Condition, Lookup, RuleValues, plan};

pub use crate::decision::Reason;

/// What comes of an identity or a local sign-in, and why.
pub type Decision = crate::decision::Decision<Outcome>;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Sign in to the account that the method belongs to.
    SignIn {
        account: AccountId,
        email: EmailStep,
    },
    /// Open a new account and link the identity to it.
    Create,
    /// Attach the identity to the account.
    Link {
        account: AccountId,
        basis: Basis,
        notify: bool,
    },
    /// The signed-in account has the identity already (MA-06).
    AlreadyLinked,
    /// Ask the person.
    Choose(Choice),
    /// Ask for a code from the claimed mailbox; it raises trust (NE-17).
    Confirm,
    /// Ask for a code from the account's mailbox; `None` is a decoy that nothing answers.
    Challenge {
        target: Option<AccountId>,
        by: crate::linking::facts::By,
    },
    /// Ask for the credential of the account that the person names; `None`: they say which.
    Bind {
        target: Option<AccountId>,
    },
    /// Ask for a password that finishes the sign-up (NE-07).
    FinishSignup {
        account: AccountId,
    },
    /// Ask for the second factor of the account that would be opened or linked to (I5, LK-15).
    SecondFactor {
        account: AccountId,
    },
    /// Ask for agreements, with their versions, and for profile fields (AU-15, GV-02).
    Details {
        agreements: Vec<String>,
        fields: Vec<Field>,
    },
    /// The proved owner takes the unfinished sign-up over: everything older goes, then the link (PH-01).
    Reclaim {
        account: AccountId,
    },
    /// Drop the new identity and sign in by a method that exists (GO-14).
    Abandon,
    /// Ask whether the account, which is being deleted, stays (GD-05).
    Restore {
        account: AccountId,
    },
    Refuse {
        refusal: Refusal,
    },
}

impl Named for Outcome {
    fn name(&self) -> &'static str {
        match self {
            Self::SignIn { .. } => "sign_in",
            Self::Create => "create",
            Self::Link { .. } => "link",
            Self::AlreadyLinked => "already_linked",
            Self::Choose(_) => "choose",
            Self::Confirm => "confirm",
            Self::Challenge { .. } => "challenge",
            Self::Bind { .. } => "bind",
            Self::FinishSignup { .. } => "finish_signup",
            Self::SecondFactor { .. } => "second_factor",
            Self::Details { .. } => "details",
            Self::Reclaim { .. } => "reclaim",
            Self::Abandon => "abandon",
            Self::Restore { .. } => "restore",
            Self::Refuse { .. } => "refuse",
        }
    }
}

/// What to do about an address that differs from the account's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EmailStep {
    Nothing,
    /// Ask: update, ignore, cancel (GO-47).
    Ask,
    /// It becomes the primary address.
    Overwrite,
}

/// Why a link is allowed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Basis {
    pub rule: String,
    pub trust: Trust,
    pub proof: Proof,
}

/// What the chooser shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    pub offers: Vec<Offer>,
    /// Accounts that the page may show; empty when nothing may be revealed.
    pub shown: Vec<CandidateView>,
    pub disclosure: Disclosure,
}

/// An account on the chooser.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CandidateView {
    pub account: AccountId,
    /// "Add to this account" may be offered (GO-56).
    pub addable: bool,
}

/// Decides. Total and pure: the same facts and policy give the same decision.
#[must_use]
pub fn decide(facts: &Facts, policy: &Policy) -> Decision {
    let mut trace = Trace::default();
    let deciding = Deciding { facts, policy };
    let outcome = deciding.run(&mut trace).map_or_else(
        |refusal| Outcome::Refuse { refusal },
        |outcome| deciding.complete(outcome, &mut trace),
    );
    if let Outcome::Refuse { refusal } = &outcome {
        trace.with("refused", refusal.code());
    }
    Decision { outcome, reasons: trace.0, policy_version: policy.version }
}

struct Deciding<'a> {
    facts: &'a Facts,
    policy: &'a Policy,
}

/// What stands before everything else: the provider's switch and filter, and whether this local way is open at all.
pub(crate) struct Gates {
    pub provider: Option<ProviderFacts>,
    /// By what somebody signs in who comes by no provider; `None`: nobody signs in locally.
    pub local: Option<Local>,
    pub contested: bool,
    /// It is a sign-in, which the policy may have switched off.
    pub signs_in: bool,
}

impl Gates {
    pub fn pass(&self, policy: &Policy, trace: &mut Trace) -> Result<(), Refusal> {
        let permits = &policy.permits;
        match (self.provider, self.local) {
            (Some(provider), _) if !provider.enabled => return Err(Refusal::ProviderDisabled),
            (Some(provider), _) if provider.filter.is_none() => {
                trace.say("expression-failed");
                return Err(Refusal::ExpressionFailed);
            }
            (Some(provider), _) if provider.filter == Some(false) => {
                trace.say("filtered");
                return Err(Refusal::Filtered);
            }
            (None, Some(Local::EmailCode)) if !permits.email_code_sign_in => {
                return Err(Refusal::CodeOff);
            }
            (None, Some(Local::PhoneCode)) if !permits.phone_code_sign_in => {
                return Err(Refusal::CodeOff);
            }
            (None, Some(Local::Passkey)) if !permits.passkey_sign_in => {
                return Err(Refusal::PasskeyOff);
            }
            (None, Some(Local::Password | Local::Reset)) if !permits.password_sign_in => {
                return Err(Refusal::PasswordOff);
            }
            // I13: not by the mailbox alone, and by nothing that the mailbox alone would set.
            (None, Some(Local::EmailCode | Local::Reset)) if self.contested => {
                trace.say("contested");
                return Err(Refusal::MailboxContested);
            }
            (Some(_) | None, _) => {}
        }
        if self.signs_in && !permits.sign_in {
            return Err(Refusal::LinkOnly);
        }
        trace.say("gates-open");
        Ok(())
    }
}

impl Deciding<'_> {
    fn run(&self, trace: &mut Trace) -> Result<Outcome, Refusal> {
        let facts = self.facts;
        let local = (!matches!(facts.intent, Intent::Add(_))).then_some(facts.local);
        Gates {
            provider: facts.provider,
            local,
            contested: facts.contested,
            signs_in: facts.intent == Intent::SignIn,
        }
        .pass(self.policy, trace)?;
        match (facts.intent, facts.known) {
            (Intent::SignUp, _) => self.create(trace),
            (Intent::Add(add), known) => self.add(add, known, trace),
            (Intent::SignIn, Some(known)) => self.known(known, trace),
            (Intent::SignIn, None) => self.unknown(trace),
        }
    }

    /// I1: a known identity opens its own account and no other.
    fn known(&self, known: Known, trace: &mut Trace) -> Result<Outcome, Refusal> {
        trace.say("known");
        match known.state {
            AccountState::Closing if self.facts.given.restores == Some(known.account) => {
                trace.say("restores")
            }
            AccountState::Closing => {
                trace.say("asks-to-restore");
                return Ok(Outcome::Restore { account: known.account });
            }
            state => usable(state)?,
        }
        still_proved(self.facts.proof_gone, trace)?;
        Ok(Outcome::SignIn { account: known.account, email: self.email_step(trace) })
    }

    /// An address that the account does not have: only one that the provider verified is worth a question, and
    /// only one that nobody owns is taken without one (ID-05, MA-15).
    fn email_step(&self, trace: &mut Trace) -> EmailStep {
        let Some(email) =
            self.facts.email.filter(|_| self.facts.trust >= Some(Trust::ClaimedVerified))
        else {
            return EmailStep::Nothing;
        };
        let step = match self.policy.choices.email_change {
            EmailChange::Ask if !email.ignored => EmailStep::Ask,
            EmailChange::Overwrite if !email.taken => EmailStep::Overwrite,
            EmailChange::Ask | EmailChange::Overwrite | EmailChange::Keep => EmailStep::Nothing,
        };
        trace.with(
            "email-differs",
            match step {
                EmailStep::Nothing => "nothing",
                EmailStep::Ask => "ask",
                EmailStep::Overwrite => "overwrite",
            },
        );
        step
    }

    fn add(&self, add: AddTo, known: Option<Known>, trace: &mut Trace) -> Result<Outcome, Refusal> {
        let permits = &self.policy.permits;
        usable(add.state)?;
        if !permits.account_management {
            return Err(Refusal::ManagementOff);
        }
        if let Some(known) = known {
            trace.say("already-linked");
            return if known.account == add.account {
                Ok(Outcome::AlreadyLinked)
            } else {
                Err(Refusal::AlreadyInUse)
            };
        }
        if !permits.link_in_account {
            return Err(Refusal::NotAllowed);
        }
        eligible::Target::from(add).check(self.policy)?;
        reauthenticated(add.reauthenticated, trace)?;
        trace.say("adds-own");
        let trust = self.facts.trust.unwrap_or(Trust::Asserted);
        Ok(Outcome::Link {
            account: add.account,
            basis: Basis { rule: "my_account".into(), trust, proof: Proof::Credential },
            notify: self.policy.notifies(MailEvent::AccountLink),
        })
    }

    fn create(&self, trace: &mut Trace) -> Result<Outcome, Refusal> {
        if !self.policy.permits.create {
            return Err(Refusal::CreationClosed);
        }
        trace.say("creates");
        Ok(Outcome::Create)
    }

    fn unknown(&self, trace: &mut Trace) -> Result<Outcome, Refusal> {
        trace.say("unknown");
        if self.policy.choices.login_only {
            return Err(Refusal::LoginOnly);
        }
        match self.facts.trust {
            Some(trust) => trace.with("claim", trust.name()),
            None => trace.say("no-claim"),
        }
        let matches = self.matches(trace)?;
        match self.facts.act {
            UserAction::CreateNew => {
                self.offered(Offer::CreateNew).and_then(|()| self.create(trace))
            }
            UserAction::UseExisting => {
                self.offered(Offer::UseExisting)?;
                trace.say("abandons");
                Ok(Outcome::Abandon)
            }
            UserAction::EnterAccount => {
                self.offered(Offer::EnterAccount).map(|()| Outcome::Bind { target: None })
            }
            UserAction::Named(target) => self.named(target, ProofMethod::EmailCode, trace),
            UserAction::NamedByPhone(target) => self.named(target, ProofMethod::PhoneCode, trace),
            UserAction::AddTo(target) => self.add_to(target, &matches, trace),
            UserAction::Proved(target, proof, by) => self.proved(target, proof, by, trace),
            UserAction::Finished => self.finished(trace),
            UserAction::Initial => self.arrived(&matches, trace),
        }
    }
}
