//! The state of one passage through sign-in, as data: each step takes the state and gives the next, or refuses.
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    AccountId, CredentialId, LinkId, ProviderId, Refusal,
    contact::Contact,
    linking::{
        Choice, Outcome,
        facts::{By, UserAction},
    },
    policy::{Field, Offer, Policy, ProfileAttribute},
};

/// Lifetime of an attempt: one hour (GO-54).
pub const TTL: crate::Micros = crate::HOUR;

/// Where an attempt stands. `proven`: the claimed address was proved by our code in this attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "at")]
pub enum State {
    /// A code from the claimed mailbox is awaited, whoever has an account there. With a choice: it was asked for on the chooser.
    Confirming {
        choice: Option<Choice>,
    },
    /// The chooser; what it offers was fixed when it was entered.
    Choosing {
        choice: Choice,
        #[serde(default)]
        proven: bool,
    },
    /// A code from the account's mailbox is awaited; no target is a decoy.
    Proving {
        choice: Option<Choice>,
        target: Option<AccountId>,
        #[serde(default = "by_rule")]
        by: By,
        /// The canonical address or number that the code goes to, settled when the page was entered: the one that the
        /// person named, else the account's. `None`: the account has none, or there is no account (LK-23).
        #[serde(default)]
        address: Option<String>,
        #[serde(default)]
        proven: bool,
    },
    /// The person shows a credential of an account; with a target, of this one.
    Binding {
        choice: Option<Choice>,
        target: Option<AccountId>,
        #[serde(default)]
        proven: bool,
    },
    /// The claimed address is proved and holds an unfinished sign-up: a password finishes it (NE-07).
    FinishingSignup {
        account: AccountId,
    },
    /// Signed in; the provider's address is another one than the account's (GO-47). `updating`: a code from it is awaited.
    EmailChanged {
        account: AccountId,
        updating: bool,
    },
    /// A code from a mailbox or phone is awaited, and no provider takes part.
    AwaitingCode(Awaited),
    /// Both accounts were shown; the preview waits for a word.
    Merging {
        account: AccountId,
        other: AccountId,
        #[serde(default)]
        progress: AttemptProgress,
    },
    /// Everything else is settled; the second factor, or agreements and fields, are still wanted (I5, LK-15, AU-15).
    Completing {
        then: Box<Then>,
        wants: Wants,
        #[serde(default)]
        progress: AttemptProgress,
    },
    Done,
    Abandoned,
    Refused {
        refusal: Refusal,
    },
}

/// The code that is awaited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Awaited {
    pub purpose: CodePurpose,
    /// Whose code it is; `None`: there is none, and nothing answers (RL-08).
    pub account: Option<AccountId>,
    /// The address or number that it goes to, as it was typed.
    pub contact: String,
}

/// What a code is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CodePurpose {
    /// It proves the address of a sign-up.
    SignUp,
    SignIn,
    /// With a new password.
    Reset,
    /// A session is confirmed, before something that needs a recent sign-in (MA-09).
    Confirm,
    /// It proves the address that the account is to have (MA-14).
    NewEmail,
    /// It proves an address that the account has, on the way to an application (CN-03).
    ProveEmail,
    /// It proves the number that the account is to have.
    NewPhone,
}

impl CodePurpose {
    /// The kind of the attempt, and the action that the code is bound to.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::SignUp => "sign_up",
            Self::SignIn => "sign_in",
            Self::Reset => "recover",
            Self::Confirm => "confirm",
            Self::NewEmail => "new_email",
            Self::ProveEmail => "prove_email",
            Self::NewPhone => "new_phone",
        }
    }

    /// The person is signed in already.
    #[must_use]
    pub fn in_session(self) -> bool {
        match self {
            Self::Confirm | Self::NewEmail | Self::ProveEmail | Self::NewPhone => true,
            Self::SignUp | Self::SignIn | Self::Reset => false,
        }
    }
}

/// What is decided once more when the person gave what was wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "then")]
pub enum Then {
    /// The arrival of an identity, with what the person did.
    Login { act: UserAction, proven: bool, choice: Option<Choice> },
    /// A sign-in by the account's own password, or the end of a reset.
    SignIn { account: AccountId, method: String },
    /// The end of a sign-up whose code was typed.
    SignUp { account: AccountId },
    /// Another account was shown in the session of this one, to merge them.
    Merge { account: AccountId, other: AccountId },
    /// A session is confirmed, by this method (MA-09).
    Confirm {
        account: AccountId,
        method: String,
        link: Option<LinkId>,
        provider: Option<ProviderId>,
    },
}

/// What is still wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "wants")]
pub enum Wants {
    SecondFactor {
        account: AccountId,
    },
    Details {
        agreements: Vec<String>,
        fields: Vec<Field>,
    },
    /// A word on whether the account, which is being deleted, stays.
    Restore {
        account: AccountId,
    },
}

/// What the person gave so far.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AttemptProgress {
    /// The account whose second factor was shown, and by what: `totp`, `recovery`.
    pub factor: Option<(AccountId, String)>,
    /// Agreements with their versions.
    pub agreed: Vec<String>,
    pub fields: BTreeMap<ProfileAttribute, String>,
    pub answered: bool,
    /// The account that stays after all.
    pub restores: Option<AccountId>,
    /// The hash of a password that finishes a sign-up.
    pub password: Option<String>,
    /// By what the account was shown to be the person's; looked at again when it is to count (I4).
    pub proof: Option<ProvedBy>,
}

/// By what somebody showed that an account is theirs. It counts only while the account still has it (MG-02, LK-23).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProvedBy {
    /// The password that was set under this id; the next one has another id.
    Password(CredentialId),
    /// An identity, by its link.
    Identity(LinkId),
    /// A passkey, by its credential id.
    Passkey(Vec<u8>),
    /// A code to this address, canonical.
    Mailbox(String),
    /// A code to this number.
    Phone(String),
}

impl ProvedBy {
    /// A code to an address or number.
    #[must_use]
    pub fn code_to(contact: &Contact) -> Self {
        match contact {
            Contact::Mailbox(address) => Self::Mailbox(address.as_str().to_owned()),
            Contact::Phone(phone) => Self::Phone(phone.as_str().to_owned()),
        }
    }

    /// The mailbox, where it is one.
    #[must_use]
    pub fn mailbox(&self) -> Option<&str> {
        match self {
            Self::Mailbox(address) => Some(address),
            Self::Password(_) | Self::Identity(_) | Self::Passkey(_) | Self::Phone(_) => None,
        }
    }
}

/// An account that an attempt concerns.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Concern {
    pub account: AccountId,
    pub role: Role,
    /// The canonical address or number of it that a code goes to.
    pub address: Option<String>,
}

/// In what role an attempt concerns an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// It would be opened, or linked to.
    Target,
    /// The page shows it.
    CandidateView,
    /// It is done in its session.
    Session,
    /// It would become part of another account.
    Merged,
}

impl Role {
    /// The name in the database.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Target => "target",
            Self::CandidateView => "shown",
            Self::Session => "session",
            Self::Merged => "merged",
        }
    }
}

fn by_rule() -> By {
    By::Rule
}

impl Then {
    fn concerns(&self) -> Vec<Concern> {
        let one = |account: AccountId, role| Concern { account, role, address: None };
        match self {
            Self::Login {
                act:
                    UserAction::Proved(account, ..)
                    | UserAction::AddTo(Some(account))
                    | UserAction::Named(Some(account))
                    | UserAction::NamedByPhone(Some(account)),
                ..
            } => {
                vec![one(*account, Role::Target)]
            }
            Self::Login {
                act:
                    UserAction::Initial
                    | UserAction::UseExisting
                    | UserAction::AddTo(None)
                    | UserAction::EnterAccount
                    | UserAction::Named(None)
                    | UserAction::NamedByPhone(None)
                    | UserAction::Finished
                    | UserAction::CreateNew,
                ..
            } => Vec::new(),
            Self::SignIn { account, .. } | Self::SignUp { account } => {
                vec![one(*account, Role::Target)]
            }
            Self::Merge { account, other } => {
                vec![one(*account, Role::Session), one(*other, Role::Merged)]
            }
            Self::Confirm { account, .. } => vec![one(*account, Role::Session)],
        }
    }
}

impl Wants {
    fn concerns(&self) -> Vec<Concern> {
        match self {
            Self::SecondFactor { account } | Self::Restore { account } => {
                vec![Concern { account: *account, role: Role::Target, address: None }]
            }
            Self::Details { .. } => Vec::new(),
        }
    }
}

impl AttemptProgress {
    fn concerns(&self) -> Vec<Concern> {
        let accounts =
            self.factor.as_ref().map(|(account, _)| *account).into_iter().chain(self.restores);
        accounts.map(|account| Concern { account, role: Role::Target, address: None }).collect()
    }
}

impl State {
    /// The page that an arrival's outcome leads to; `None` for one that ends the journey.
    #[must_use]
    pub fn enter(
        outcome: &Outcome,
        choice: Option<Choice>,
        act: UserAction,
        proven: bool,
        progress: AttemptProgress,
    ) -> Option<Self> {
        match outcome {
            Outcome::SecondFactor { .. } | Outcome::Details { .. } | Outcome::Restore { .. } => {
                Self::complete(outcome, Then::Login { act, proven, choice }, progress)
            }
            Outcome::Choose(choice) => Some(Self::Choosing { choice: choice.clone(), proven }),
            Outcome::Confirm => Some(Self::Confirming { choice }),
            Outcome::Challenge { target, by } => {
                Some(Self::Proving { choice, target: *target, by: *by, address: None, proven })
            }
            Outcome::Bind { target } => Some(Self::Binding { choice, target: *target, proven }),
            Outcome::FinishSignup { account } => Some(Self::FinishingSignup { account: *account }),
            Outcome::SignIn { .. }
            | Outcome::Create
            | Outcome::Link { .. }
            | Outcome::AlreadyLinked
            | Outcome::Reclaim { .. }
            | Outcome::Abandon
            | Outcome::Refuse { .. } => None,
        }
    }

    /// The page that asks for an account's second factor.
    #[must_use]
    pub fn second_factor(account: AccountId, then: Then, progress: AttemptProgress) -> Self {
        Self::Completing { then: Box::new(then), wants: Wants::SecondFactor { account }, progress }
    }

    /// The page that asks for what an outcome still wants.
    #[must_use]
    pub fn complete(outcome: &Outcome, then: Then, progress: AttemptProgress) -> Option<Self> {
        let wants = match outcome {
            Outcome::SecondFactor { account } => Wants::SecondFactor { account: *account },
            Outcome::Details { agreements, fields } => {
                Wants::Details { agreements: agreements.clone(), fields: fields.clone() }
            }
            Outcome::Restore { account } => Wants::Restore { account: *account },
            _ => return None,
        };
        Some(Self::Completing { then: Box::new(then), wants, progress })
    }

    /// What was settled, what is wanted and what was given so far, while something is wanted.
    ///
    /// # Errors
    /// As [`State::confirming`].
    pub fn completing(&self) -> Result<(&Then, &Wants, &AttemptProgress), Refusal> {
        if let Self::Completing { then, wants, progress } = self {
            Ok((then, wants, progress))
        } else {
            Err(self.elsewhere())
        }
    }

    /// The two accounts whose merging waits for a word.
    ///
    /// # Errors
    /// As [`State::confirming`].
    pub fn merging(&self) -> Result<(AccountId, AccountId, &AttemptProgress), Refusal> {
        if let Self::Merging { account, other, progress } = self {
            Ok((*account, *other, progress))
        } else {
            Err(self.elsewhere())
        }
    }

    /// Every account that the attempt concerns, in every role: what ends an account's attempts ends this one (MG-02).
    /// A state that is over concerns nobody.
    #[must_use]
    pub fn concerns(&self) -> Vec<Concern> {
        let one = |account: AccountId, role| Concern { account, role, address: None };
        let mut all = Vec::new();
        match self {
            Self::Confirming { .. } | Self::Choosing { .. } => {}
            Self::Proving { target, address, .. } => all.extend(target.map(|account| Concern {
                account,
                role: Role::Target,
                address: address.clone(),
            })),
            Self::Binding { target, .. } => {
                all.extend(target.map(|account| one(account, Role::Target)))
            }
            Self::FinishingSignup { account } => all.push(one(*account, Role::Target)),
            Self::EmailChanged { account, .. } => all.push(one(*account, Role::Session)),
            Self::AwaitingCode(Awaited { purpose, account, contact }) => {
                let role = if purpose.in_session() { Role::Session } else { Role::Target };
                let address = Contact::parse(contact).ok().map(|c| c.as_str().to_owned());
                all.extend(account.map(|account| Concern { account, role, address }));
            }
            Self::Merging { account, other, progress } => all.extend(
                [one(*account, Role::Session), one(*other, Role::Merged)]
                    .into_iter()
                    .chain(progress.concerns()),
            ),
            Self::Completing { then, wants, progress } => all.extend(
                then.concerns().into_iter().chain(wants.concerns()).chain(progress.concerns()),
            ),
            Self::Done | Self::Abandoned | Self::Refused { .. } => {}
        }
        all.extend(
            self.choice()
                .into_iter()
                .flat_map(|choice| &choice.shown)
                .map(|shown| one(shown.account, Role::CandidateView)),
        );
        // One row for an account and role: the one with the address, if there is one.
        all.sort_by(|a, b| {
            (a.account, a.role, b.address.is_some()).cmp(&(b.account, b.role, a.address.is_some()))
        });
        all.dedup_by(|a, b| (a.account, a.role) == (b.account, b.role));
        all
    }

    /// The attempt is over; its assertion is wiped.
    #[must_use]
    pub fn is_terminal(&self) -> bool {
        match self {
            Self::Confirming { .. }
            | Self::Choosing { .. }
            | Self::Proving { .. }
            | Self::Binding { .. }
            | Self::FinishingSignup { .. }
            | Self::EmailChanged { .. }
            | Self::AwaitingCode(_)
            | Self::Merging { .. }
            | Self::Completing { .. } => false,
            Self::Done | Self::Abandoned | Self::Refused { .. } => true,
        }
    }

    /// Whether the code page may say, masked, where the code goes: what the person typed, an account that the chooser
    /// showed, and else only where it is the claimed address in every case (rule 25, DS-01).
    #[must_use]
    pub fn may_show_address(&self, policy: &Policy) -> bool {
        match self {
            Self::Proving { by: By::Rule, target, choice, .. } => {
                let shown =
                    choice.iter().flat_map(|c| &c.shown).any(|s| Some(s.account) == *target);
                shown
                    || policy
                        .choices
                        .rules
                        .iter()
                        .all(|r| r.entered_by_user || r.on_claimed_address())
            }
            _ => true,
        }
    }

    /// The page that belongs to the state: the last part of `/attempt/{id}/…`. Both codes have the same page, so that
    /// nobody reads from it whether there is an account.
    #[must_use]
    pub fn page(&self) -> &'static str {
        match self {
            Self::Choosing { .. } => "choose",
            Self::AwaitingCode(Awaited { purpose: CodePurpose::Reset, .. }) => "reset",
            Self::Confirming { .. } | Self::Proving { .. } | Self::AwaitingCode(_) => "code",
            Self::Binding { .. } => "bind",
            Self::FinishingSignup { .. } => "finish",
            Self::EmailChanged { .. } => "email",
            Self::Completing { wants: Wants::SecondFactor { .. }, .. } => "factor",
            Self::Completing { wants: Wants::Details { .. }, .. } => "details",
            Self::Completing { wants: Wants::Restore { .. }, .. } => "restore",
            Self::Merging { .. } => "merge",
            Self::Done | Self::Abandoned | Self::Refused { .. } => "over",
        }
    }

    /// What the chooser offered.
    #[must_use]
    pub fn choice(&self) -> Option<&Choice> {
        match self {
            Self::Choosing { choice, .. } => Some(choice),
            Self::Confirming { choice }
            | Self::Proving { choice, .. }
            | Self::Binding { choice, .. } => choice.as_ref(),
            Self::Completing { then, .. } => match then.as_ref() {
                Then::Login { choice, .. } => choice.as_ref(),
                Then::SignIn { .. }
                | Then::SignUp { .. }
                | Then::Confirm { .. }
                | Then::Merge { .. } => None,
            },
            Self::FinishingSignup { .. }
            | Self::EmailChanged { .. }
            | Self::AwaitingCode(_)
            | Self::Merging { .. }
            | Self::Done
            | Self::Abandoned
            | Self::Refused { .. } => None,
        }
    }

    /// The claimed address was proved here.
    #[must_use]
    pub fn proven(&self) -> bool {
        match self {
            Self::Choosing { proven, .. }
            | Self::Proving { proven, .. }
            | Self::Binding { proven, .. } => *proven,
            Self::FinishingSignup { .. } => true,
            Self::Completing { then, .. } => {
                matches!(then.as_ref(), Then::Login { proven: true, .. })
            }
            Self::Confirming { .. }
            | Self::EmailChanged { .. }
            | Self::AwaitingCode(_)
            | Self::Merging { .. }
            | Self::Done
            | Self::Abandoned
            | Self::Refused { .. } => false,
        }
    }

    /// An error for a step that the state does not have: another one while it is open, the end after that.
    fn elsewhere(&self) -> Refusal {
        if self.is_terminal() { Refusal::AttemptExpired } else { Refusal::AttemptStep }
    }

    /// The person picked something; it must have been offered, whatever the form says (LK-12, LK-14).
    ///
    /// # Errors
    /// [`Refusal::AttemptExpired`] after the end, [`Refusal::AttemptStep`] for what was not offered.
    pub fn pick(&self, act: UserAction) -> Result<UserAction, Refusal> {
        let here = !matches!(self, Self::Completing { .. });
        let choice = self.choice().filter(|_| here).ok_or_else(|| self.elsewhere())?;
        let offer = match act {
            UserAction::UseExisting => Offer::UseExisting,
            UserAction::AddTo(target) => {
                let known =
                    target.is_none_or(|t| choice.shown.iter().any(|s| s.account == t && s.addable));
                if !known || (target.is_none() && !choice.shown.is_empty()) {
                    return Err(Refusal::AttemptStep);
                }
                Offer::AddToExisting
            }
            UserAction::EnterAccount => Offer::EnterAccount,
            UserAction::CreateNew => Offer::CreateNew,
            UserAction::Initial
            | UserAction::Named(_)
            | UserAction::NamedByPhone(_)
            | UserAction::Proved(..)
            | UserAction::Finished => return Err(Refusal::AttemptStep),
        };
        if choice.offers.contains(&offer) { Ok(act) } else { Err(Refusal::AttemptStep) }
    }

    /// A code from the claimed mailbox is awaited.
    ///
    /// # Errors
    /// [`Refusal::AttemptExpired`] after the end, [`Refusal::AttemptStep`] elsewhere.
    pub fn confirming(&self) -> Result<(), Refusal> {
        if matches!(self, Self::Confirming { .. }) { Ok(()) } else { Err(self.elsewhere()) }
    }

    /// A mailbox proof can be given only while one is awaited.
    ///
    /// # Errors
    /// As [`State::confirming`].
    pub fn proving(&self) -> Result<(Option<AccountId>, By), Refusal> {
        if let Self::Proving { target, by, .. } = self {
            Ok((*target, *by))
        } else {
            Err(self.elsewhere())
        }
    }

    /// The code that is awaited without a provider.
    ///
    /// # Errors
    /// As [`State::confirming`].
    pub fn awaiting(&self) -> Result<&Awaited, Refusal> {
        if let Self::AwaitingCode(awaited) = self { Ok(awaited) } else { Err(self.elsewhere()) }
    }

    /// The account whose provider came with another address.
    ///
    /// # Errors
    /// As [`State::confirming`].
    pub fn email_changed(&self) -> Result<(AccountId, bool), Refusal> {
        if let Self::EmailChanged { account, updating } = self {
            Ok((*account, *updating))
        } else {
            Err(self.elsewhere())
        }
    }

    /// A password finishes the sign-up.
    ///
    /// # Errors
    /// As [`State::confirming`].
    pub fn finishing(&self) -> Result<AccountId, Refusal> {
        if let Self::FinishingSignup { account } = self {
            Ok(*account)
        } else {
            Err(self.elsewhere())
        }
    }

    /// A password can be shown while binding, or instead of the code for the same target. On a page that asks for a
    /// code from the claimed mailbox it is a decoy.
    ///
    /// # Errors
    /// As [`State::confirming`].
    pub fn showing(&self) -> Result<(Option<AccountId>, By), Refusal> {
        match self {
            Self::Binding { target: None, .. } => Ok((None, By::Name)),
            Self::Binding { target, .. } => Ok((*target, By::Rule)),
            Self::Proving { target, by, .. } => Ok((*target, *by)),
            Self::Confirming { choice: Some(_) } => Ok((None, By::Rule)),
            _ => Err(self.elsewhere()),
        }
    }

    /// Any credential can be shown on the binding page, and only there.
    ///
    /// # Errors
    /// As [`State::confirming`].
    pub fn binding(&self) -> Result<(Option<AccountId>, By), Refusal> {
        if matches!(self, Self::Binding { .. }) { self.showing() } else { Err(self.elsewhere()) }
    }

    /// The end that a decision without a page leads to.
    ///
    /// # Errors
    /// [`Refusal::AttemptExpired`] when the attempt is over already.
    pub fn end(self, outcome: &Outcome) -> Result<Self, Refusal> {
        if self.is_terminal() {
            return Err(Refusal::AttemptExpired);
        }
        Ok(match outcome {
            Outcome::Abandon => Self::Abandoned,
            Outcome::Refuse { refusal } => Self::Refused { refusal: *refusal },
            _ => Self::Done,
        })
    }
}
