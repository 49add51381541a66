//! The one function that decides. Every path asks it: sign-in, My Account, the console, simulation, replay.
use serde::{Deserialize, Serialize};

use crate::{
    AccountId, Refusal,
    facts::{
        AccountChange, AccountState, AddTo, AdminAction, AdministerAccount, AvailableMethods, Change, Confirm, Facts, Intent, Known, Local, Merge, MergeBy, ReauthMethod, Remove, Undo, UndoBy,
        UndoStep, UpdateEmail, UserAction,
    },
    policy::{Disclosure, EmailChange, Field, MailEvent, Merge as MergePolicy, Offer, PasswordAdd, Policy, ProofMethod},
    trust::{Proof, Trust},
};

mod complete;
mod eligible;
mod entrance;
mod plan;
mod reason;
mod unknown;

pub use eligible::fits;
pub use entrance::{LoginRedirect, entrance};
pub use plan::{Condition, Lookup, RuleValues, plan};
pub use reason::Reason;
use reason::Trace;

/// What happens, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    pub outcome: Outcome,
    /// The steps that led here, in order.
    pub reasons: Vec<Reason>,
    /// The policy version that was used.
    pub policy_version: i64,
}

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
        by: crate::facts::By,
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
    /// Remove the method.
    Remove {
        notify: bool,
    },
    /// The proved address becomes the account's primary one (GO-48).
    UpdateEmail,
    /// The session stands on a sign-in of this moment (MA-09).
    Confirmed,
    /// The person may change what they asked to.
    Change,
    /// The number becomes the person's, and no longer that account's: numbers are handed on, and who proved it last has it.
    TakePhone {
        from: AccountId,
    },
    /// The change is taken back.
    Undo,
    /// The other account becomes part of this one.
    Merge,
    /// Ask whether the account, which is being deleted, stays (GD-05).
    Restore {
        account: AccountId,
    },
    Refuse {
        refusal: Refusal,
    },
}

impl Outcome {
    /// A short stable name, for lists and comparisons.
    #[must_use]
    pub fn name(&self) -> &'static str {
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
            Self::Remove { .. } => "remove",
            Self::UpdateEmail => "update_email",
            Self::Confirmed => "confirmed",
            Self::Change => "change",
            Self::TakePhone { .. } => "take_phone",
            Self::Undo => "undo",
            Self::Merge => "merge",
            Self::Restore { .. } => "restore",
            Self::Refuse { .. } => "refuse",
        }
    }

    /// Every name, for the test that each has its text.
    pub const NAMES: [&str; 22] = [
        "sign_in",
        "create",
        "link",
        "already_linked",
        "choose",
        "confirm",
        "challenge",
        "bind",
        "finish_signup",
        "second_factor",
        "details",
        "reclaim",
        "abandon",
        "remove",
        "update_email",
        "confirmed",
        "change",
        "take_phone",
        "undo",
        "merge",
        "restore",
        "refuse",
    ];
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
    let outcome = deciding.run(&mut trace).map_or_else(|refusal| Outcome::Refuse { refusal }, |outcome| deciding.complete(outcome, &mut trace));
    if let Outcome::Refuse { refusal } = &outcome {
        trace.with("refused", refusal.code());
    }
    Decision { outcome, reasons: trace.0, policy_version: policy.version }
}

struct Deciding<'a> {
    facts: &'a Facts,
    policy: &'a Policy,
}

impl Deciding<'_> {
    fn run(&self, trace: &mut Trace) -> Result<Outcome, Refusal> {
        match self.facts.intent {
            Intent::Remove(remove) => self.remove(remove, trace),
            Intent::Confirm(confirm) => {
                self.gates(trace)?;
                self.confirm(confirm, trace)
            }
            Intent::Change(change) => self.change(change, trace),
            Intent::Undo(undo) => take_back(undo, trace),
            Intent::Merge(merge) => self.merge(merge, trace),
            Intent::AdministerAccount(act) => govern(act, trace),
            Intent::UpdateEmail(update) => self.update_email(update, trace),
            Intent::SignUp => {
                self.gates(trace)?;
                self.create(trace)
            }
            Intent::Add(add) => {
                self.gates(trace)?;
                self.add(add, self.facts.known, trace)
            }
            Intent::SignIn => {
                self.gates(trace)?;
                match self.facts.known {
                    Some(known) => self.known(known, trace),
                    None => self.unknown(trace),
                }
            }
        }
    }

    fn gates(&self, trace: &mut Trace) -> Result<(), Refusal> {
        let local = match self.facts.intent {
            Intent::SignIn | Intent::SignUp => true,
            Intent::Confirm(confirm) => matches!(confirm.by, ReauthMethod::Password | ReauthMethod::Passkey),
            Intent::Add(_) | Intent::Remove(_) | Intent::UpdateEmail(_) | Intent::Change(_) | Intent::Undo(_) | Intent::Merge(_) | Intent::AdministerAccount(_) => false,
        };
        match self.facts.provider {
            Some(provider) if !provider.enabled => return Err(Refusal::ProviderDisabled),
            Some(provider) if provider.filter.is_none() => {
                trace.say("expression-failed");
                return Err(Refusal::ExpressionFailed);
            }
            Some(provider) if provider.filter == Some(false) => {
                trace.say("filtered");
                return Err(Refusal::Filtered);
            }
            None if local && self.facts.local == Local::EmailCode && !self.policy.permits.email_code_sign_in => return Err(Refusal::CodeOff),
            None if local && self.facts.local == Local::PhoneCode && !self.policy.permits.phone_code_sign_in => return Err(Refusal::CodeOff),
            None if local && self.facts.local == Local::Passkey && !self.policy.permits.passkey_sign_in => return Err(Refusal::PasskeyOff),
            None if local && matches!(self.facts.local, Local::Password | Local::Reset) && !self.policy.permits.password_sign_in => return Err(Refusal::PasswordOff),
            // I13: not by the mailbox alone, and by nothing that the mailbox alone would set.
            None if local && self.facts.contested && matches!(self.facts.local, Local::EmailCode | Local::Reset) => {
                trace.say("contested");
                return Err(Refusal::MailboxContested);
            }
            Some(_) | None => {}
        }
        if matches!(self.facts.intent, Intent::SignIn | Intent::Confirm(_)) && !self.policy.permits.sign_in {
            return Err(Refusal::LinkOnly);
        }
        trace.say("gates-open");
        Ok(())
    }

    /// I1: a known identity opens its own account and no other.
    fn known(&self, known: Known, trace: &mut Trace) -> Result<Outcome, Refusal> {
        trace.say("known");
        match known.state {
            AccountState::Closing if self.facts.given.restores == Some(known.account) => trace.say("restores"),
            AccountState::Closing => {
                trace.say("asks-to-restore");
                return Ok(Outcome::Restore { account: known.account });
            }
            state => usable(state)?,
        }
        self.still_proved(trace)?;
        Ok(Outcome::SignIn { account: known.account, email: self.email_step(trace) })
    }

    /// A proof counts by what it proved, as that is now (I4).
    pub(crate) fn still_proved(&self, trace: &mut Trace) -> Result<(), Refusal> {
        if !self.facts.proof_gone {
            return Ok(());
        }
        trace.say("proof-gone");
        Err(Refusal::PolicyChanged)
    }

    /// An address that the account does not have: only one that the provider verified is worth a question, and
    /// only one that nobody owns is taken without one (ID-05, MA-15).
    fn email_step(&self, trace: &mut Trace) -> EmailStep {
        let Some(email) = self.facts.email.filter(|_| self.facts.trust >= Some(Trust::ClaimedVerified)) else { return EmailStep::Nothing };
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

    /// I9: only an address that our own code proved, and that nobody else owns (MA-15).
    fn update_email(&self, update: UpdateEmail, trace: &mut Trace) -> Result<Outcome, Refusal> {
        trace.with("email-differs", "update");
        usable(update.state)?;
        if self.policy.choices.email_change != EmailChange::Ask || self.facts.trust != Some(Trust::ProvenHere) {
            return Err(Refusal::PolicyChanged);
        }
        if update.taken { Err(Refusal::EmailTaken) } else { Ok(Outcome::UpdateEmail) }
    }

    /// A method of the same account, used just now; nothing else lifts a session (MA-10).
    fn confirm(&self, confirm: Confirm, trace: &mut Trace) -> Result<Outcome, Refusal> {
        trace.say("confirms");
        match self.facts.known {
            Some(known) if known.account == confirm.account => usable(known.state)?,
            Some(_) | None => return Err(Refusal::OtherAccount),
        }
        self.still_proved(trace)?;
        if self.facts.contested && confirm.by == ReauthMethod::Mailbox {
            trace.say("contested");
            return Err(Refusal::MailboxContested);
        }
        let AvailableMethods { password, passkey, reports_auth_time, mailbox } = confirm.available;
        let better = password || passkey || reports_auth_time;
        let code = |method| self.policy.choices.bind_methods.contains(&method) || !better;
        let enough = match confirm.by {
            ReauthMethod::Password | ReauthMethod::Passkey | ReauthMethod::Identity { reports_auth_time: true } => confirm.fresh,
            ReauthMethod::Mailbox if !code(ProofMethod::EmailCode) => return Err(Refusal::NotAllowed),
            ReauthMethod::Phone if !code(ProofMethod::PhoneCode) => return Err(Refusal::NotAllowed),
            ReauthMethod::Mailbox | ReauthMethod::Phone => confirm.fresh,
            // A round trip to a provider that cannot say when it asked, rather than no way.
            ReauthMethod::Identity { reports_auth_time: false } => !better && !mailbox,
        };
        if enough { Ok(Outcome::Confirmed) } else { Err(Refusal::NotFresh) }
    }

    /// One person's two accounts: each shown, or an administrator's word, as the policy says. Flags, isolation and limits
    /// hold as for every link (MG-01), and roles are gained by nobody.
    fn merge(&self, merge: Merge, trace: &mut Trace) -> Result<Outcome, Refusal> {
        trace.say("merges");
        let other = self.facts.known.filter(|k| k.account != merge.account).ok_or(Refusal::SameAccount)?;
        usable(merge.state)?;
        usable(other.state)?;
        let allowed = match merge.by {
            MergeBy::BothProofs => self.policy.choices.merge == MergePolicy::BothProofs && self.policy.permits.account_management,
            MergeBy::Admin => self.policy.choices.merge == MergePolicy::Admin,
        };
        if !allowed || merge.administrator {
            return Err(Refusal::MergeOff);
        }
        if let Some(refusal) = merge.misfit {
            return Err(refusal);
        }
        if merge.by == MergeBy::BothProofs {
            self.still_proved(trace)?;
        }
        // What a second factor protects never ends up with less.
        if other.second_factor && !merge.second_factor {
            return Err(Refusal::MergeFactor);
        }
        reauthenticated(merge.reauthenticated, trace)?;
        Ok(Outcome::Merge)
    }

    /// What people do to their own account, beside its sign-in methods.
    fn change(&self, change: Change, trace: &mut Trace) -> Result<Outcome, Refusal> {
        trace.say("changes-own");
        usable(change.state)?;
        let permits = &self.policy.permits;
        match change.what {
            // What the policy asks for, it lets people do.
            AccountChange::SecondFactor { adds: true } if self.policy.floors.demands_second_factor() => {}
            AccountChange::Password { .. }
            | AccountChange::Email { .. }
            | AccountChange::SecondFactor { .. }
            | AccountChange::Passkey
            | AccountChange::Phone { .. }
            | AccountChange::RemovePhone
            | AccountChange::RemoveEmail { .. }
                if !permits.account_management =>
            {
                return Err(Refusal::ManagementOff);
            }
            AccountChange::SecondFactor { adds: true } if self.policy.floors.bars_second_factor() => return Err(Refusal::ManagementOff),
            AccountChange::Passkey if !permits.passkey_sign_in => return Err(Refusal::PasskeyOff),
            AccountChange::Password { .. } if !permits.password_sign_in => return Err(Refusal::PasswordOff),
            AccountChange::Password { first: true } if self.policy.choices.password_add != PasswordAdd::InAccount => return Err(Refusal::PasswordByReset),
            AccountChange::Delete { last_owner: true } => return Err(Refusal::LastOwner),
            AccountChange::Password { .. }
            | AccountChange::Email { .. }
            | AccountChange::ProvenEmail { .. }
            | AccountChange::SecondFactor { .. }
            | AccountChange::Passkey
            | AccountChange::Phone { .. }
            | AccountChange::RemovePhone
            | AccountChange::RemoveEmail { .. }
            | AccountChange::KeepEmail { .. }
            | AccountChange::Export
            | AccountChange::Delete { .. } => {}
        }
        // The code that came back from an address which the account has already is all that it takes.
        if !matches!(change.what, AccountChange::ProvenEmail { .. }) {
            reauthenticated(change.reauthenticated, trace)?;
        }
        match change.what {
            AccountChange::Email { taken: true } | AccountChange::ProvenEmail { taken: true } => Err(Refusal::EmailTaken),
            // The one that recovers the account stays (UD-09).
            AccountChange::RemoveEmail { last: true } => Err(Refusal::LastAddress),
            // A code is what the mailbox, or a phone like it, gives: no credential.
            AccountChange::KeepEmail { by_credential: false } => Err(Refusal::MailboxContested),
            // It strands nobody, since a number never counts as the last way in.
            AccountChange::Phone { held_by: Some(from) } if from != change.account => Ok(Outcome::TakePhone { from }),
            AccountChange::Password { .. }
            | AccountChange::Email { .. }
            | AccountChange::SecondFactor { .. }
            | AccountChange::Passkey
            | AccountChange::Phone { .. }
            | AccountChange::RemovePhone
            | AccountChange::RemoveEmail { .. }
            | AccountChange::ProvenEmail { .. }
            | AccountChange::KeepEmail { .. }
            | AccountChange::Export
            | AccountChange::Delete { .. } => Ok(Outcome::Change),
        }
    }

    fn remove(&self, Remove { methods, target_methods, passkey, usable_left, reauthenticated: just_now, .. }: Remove, trace: &mut Trace) -> Result<Outcome, Refusal> {
        if !self.policy.permits.account_management || !self.policy.permits.unlink {
            return Err(Refusal::ManagementOff);
        }
        // GO-26: the list of an account that may not be linked to is fixed. A passkey on a lost device goes all the same.
        if !passkey && !self.policy.choices.target_requires.met(methods, target_methods) {
            return Err(Refusal::ManagementOff);
        }
        trace.rule("methods-left", "", usize::try_from(usable_left).ok());
        if usable_left == 0 {
            return Err(Refusal::LastMethod);
        }
        reauthenticated(just_now, trace)?;
        Ok(Outcome::Remove { notify: self.policy.notifies(MailEvent::Unlink) })
    }

    fn add(&self, add: AddTo, known: Option<Known>, trace: &mut Trace) -> Result<Outcome, Refusal> {
        let permits = &self.policy.permits;
        usable(add.state)?;
        if !permits.account_management {
            return Err(Refusal::ManagementOff);
        }
        if let Some(known) = known {
            trace.say("already-linked");
            return if known.account == add.account { Ok(Outcome::AlreadyLinked) } else { Err(Refusal::AlreadyInUse) };
        }
        if !permits.link_in_account {
            return Err(Refusal::NotAllowed);
        }
        eligible::Target::from(add).check(self.policy)?;
        reauthenticated(add.reauthenticated, trace)?;
        trace.say("adds-own");
        let trust = self.facts.trust.unwrap_or(Trust::Asserted);
        Ok(Outcome::Link { account: add.account, basis: Basis { rule: "my_account".into(), trust, proof: Proof::Credential }, notify: self.policy.notifies(MailEvent::AccountLink) })
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
            UserAction::CreateNew => self.offered(Offer::CreateNew).and_then(|()| self.create(trace)),
            UserAction::UseExisting => {
                self.offered(Offer::UseExisting)?;
                trace.say("abandons");
                Ok(Outcome::Abandon)
            }
            UserAction::EnterAccount => self.offered(Offer::EnterAccount).map(|()| Outcome::Bind { target: None }),
            UserAction::Named(target) => self.named(target, ProofMethod::EmailCode, trace),
            UserAction::NamedByPhone(target) => self.named(target, ProofMethod::PhoneCode, trace),
            UserAction::AddTo(target) => self.add_to(target, &matches, trace),
            UserAction::Proved(target, proof, by) => self.proved(target, proof, by, trace),
            UserAction::Finished => self.finished(trace),
            UserAction::Initial => self.arrived(&matches, trace),
        }
    }
}

/// What administrators do to accounts, beside merging them. Nobody shuts themselves out or raises themselves, and whoever has
/// a role is left to owners (AD-05).
fn govern(AdministerAccount { state, act, own, administrator, by_owner, .. }: AdministerAccount, trace: &mut Trace) -> Result<Outcome, Refusal> {
    trace.say("governs");
    match (act, state) {
        _ if own => Err(Refusal::NotAllowed),
        _ if !by_owner && (administrator || !matches!(act, AdminAction::Disable | AdminAction::Enable)) => Err(Refusal::NotAllowed),
        (AdminAction::GiveRole, AccountState::Active) => Ok(Outcome::Change),
        (AdminAction::TakeRole, AccountState::Active | AccountState::Disabled | AccountState::Closing) if administrator => Ok(Outcome::Change),
        (AdminAction::Disable, AccountState::Active) | (AdminAction::Enable, AccountState::Disabled) => Ok(Outcome::Change),
        (AdminAction::RemoveSecondFactor | AdminAction::KeepEmail, AccountState::Active | AccountState::Disabled | AccountState::Closing) => Ok(Outcome::Change),
        (AdminAction::Disable | AdminAction::Enable | AdminAction::RemoveSecondFactor | AdminAction::KeepEmail | AdminAction::GiveRole | AdminAction::TakeRole, _) => Err(Refusal::PolicyChanged),
    }
}

/// I15: a link alone only stops things; for good counts what shows that somebody had the account before. Nobody is left
/// without a way in (I7).
fn take_back(undo: Undo, trace: &mut Trace) -> Result<Outcome, Refusal> {
    trace.say("takes-back");
    match undo.state {
        AccountState::Active | AccountState::Closing => {}
        state => usable(state)?,
    }
    match (undo.step, undo.by) {
        (UndoStep::Suspend, UndoBy::Link) | (UndoStep::Keep, UndoBy::Credential) => Ok(Outcome::Undo),
        (UndoStep::Finish, UndoBy::Credential | UndoBy::Waited) if undo.ways_left == 0 => Err(Refusal::LastMethod),
        (UndoStep::Finish, UndoBy::Credential | UndoBy::Waited) => Ok(Outcome::Undo),
        (UndoStep::Suspend, UndoBy::Nothing | UndoBy::Credential | UndoBy::Waited)
        | (UndoStep::Finish, UndoBy::Nothing | UndoBy::Link)
        | (UndoStep::Keep, UndoBy::Nothing | UndoBy::Link | UndoBy::Waited) => Err(Refusal::UndoCredential),
    }
}

/// MA-09: who only found an open session does not get to keep it.
fn reauthenticated(just_now: bool, trace: &mut Trace) -> Result<(), Refusal> {
    if just_now {
        return Ok(());
    }
    trace.say("not-recent");
    Err(Refusal::NotRecent)
}

pub(crate) fn usable(state: AccountState) -> Result<(), Refusal> {
    match state {
        AccountState::Active => Ok(()),
        AccountState::Pending => Err(Refusal::AccountPending),
        AccountState::Disabled | AccountState::Merged => Err(Refusal::AccountDisabled),
        AccountState::Closing => Err(Refusal::AccountClosing),
    }
}
