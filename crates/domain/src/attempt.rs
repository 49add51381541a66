//! The state of one passage through sign-in, as data: each step takes the state and gives the next, or refuses.
use serde::{Deserialize, Serialize};

use crate::{
    AccountId, Refusal,
    decide::{Choice, Outcome},
    facts::Act,
    policy::Offer,
};

/// Lifetime of an attempt: one hour (GO-54).
pub const TTL: crate::Micros = crate::HOUR;

/// Where an attempt stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "at")]
pub enum State {
    /// The chooser; what it offers was fixed when it was entered.
    Choosing {
        choice: Choice,
    },
    /// A code from the account's mailbox is awaited; no target is a decoy.
    Proving {
        choice: Choice,
        target: Option<AccountId>,
    },
    /// The person shows a credential of an account; with a target, of this one.
    Binding {
        choice: Choice,
        target: Option<AccountId>,
    },
    /// A sign-up waits for the code that proves its address; no account is a decoy for a taken one (RL-08).
    SigningUp {
        account: Option<AccountId>,
    },
    /// A reset waits for the code from the owner's mailbox, and a new password.
    Resetting {
        account: Option<AccountId>,
    },
    Done,
    Abandoned,
    Refused {
        refusal: Refusal,
    },
}

impl State {
    /// The attempt is over; its assertion is wiped.
    #[must_use]
    pub fn is_terminal(&self) -> bool {
        match self {
            Self::Choosing { .. } | Self::Proving { .. } | Self::Binding { .. } | Self::SigningUp { .. } | Self::Resetting { .. } => false,
            Self::Done | Self::Abandoned | Self::Refused { .. } => true,
        }
    }

    /// The page that belongs to the state: the last part of `/attempt/{id}/…`.
    #[must_use]
    pub fn page(&self) -> &'static str {
        match self {
            Self::Choosing { .. } => "choose",
            Self::Proving { .. } | Self::SigningUp { .. } => "code",
            Self::Resetting { .. } => "reset",
            Self::Binding { .. } => "bind",
            Self::Done | Self::Abandoned | Self::Refused { .. } => "over",
        }
    }

    /// What the chooser offered.
    #[must_use]
    pub fn choice(&self) -> Option<&Choice> {
        match self {
            Self::Choosing { choice } | Self::Proving { choice, .. } | Self::Binding { choice, .. } => Some(choice),
            Self::SigningUp { .. } | Self::Resetting { .. } | Self::Done | Self::Abandoned | Self::Refused { .. } => None,
        }
    }

    /// The person picked something; it must have been offered, whatever the form says (LK-12, LK-14).
    ///
    /// # Errors
    /// [`Refusal::AttemptExpired`] after the end, [`Refusal::AttemptStep`] for what was not offered.
    pub fn pick(&self, act: Act) -> Result<Act, Refusal> {
        let choice = self.choice().ok_or(Refusal::AttemptExpired)?;
        let offer = match act {
            Act::UseExisting => Offer::UseExisting,
            Act::AddTo(target) => {
                let known = target.is_none_or(|t| choice.shown.iter().any(|s| s.account == t && s.addable));
                if !known || (target.is_none() && !choice.shown.is_empty()) {
                    return Err(Refusal::AttemptStep);
                }
                Offer::AddToExisting
            }
            Act::EnterAccount => Offer::EnterAccount,
            Act::CreateNew => Offer::CreateNew,
            Act::Arrived | Act::Proved(..) => return Err(Refusal::AttemptStep),
        };
        if choice.offers.contains(&offer) { Ok(act) } else { Err(Refusal::AttemptStep) }
    }

    /// A mailbox proof can be given only while one is awaited.
    ///
    /// # Errors
    /// [`Refusal::AttemptExpired`] after the end, [`Refusal::AttemptStep`] elsewhere.
    pub fn proving(&self) -> Result<Option<AccountId>, Refusal> {
        match self {
            Self::Proving { target, .. } => Ok(*target),
            Self::Choosing { .. } | Self::Binding { .. } | Self::SigningUp { .. } | Self::Resetting { .. } => Err(Refusal::AttemptStep),
            Self::Done | Self::Abandoned | Self::Refused { .. } => Err(Refusal::AttemptExpired),
        }
    }

    /// The account whose address waits for a code in a sign-up.
    ///
    /// # Errors
    /// As [`State::proving`].
    pub fn signing_up(&self) -> Result<Option<AccountId>, Refusal> {
        match self {
            Self::SigningUp { account } => Ok(*account),
            Self::Choosing { .. } | Self::Proving { .. } | Self::Binding { .. } | Self::Resetting { .. } => Err(Refusal::AttemptStep),
            Self::Done | Self::Abandoned | Self::Refused { .. } => Err(Refusal::AttemptExpired),
        }
    }

    /// The account whose password is reset.
    ///
    /// # Errors
    /// As [`State::proving`].
    pub fn resetting(&self) -> Result<Option<AccountId>, Refusal> {
        match self {
            Self::Resetting { account } => Ok(*account),
            Self::Choosing { .. } | Self::Proving { .. } | Self::Binding { .. } | Self::SigningUp { .. } => Err(Refusal::AttemptStep),
            Self::Done | Self::Abandoned | Self::Refused { .. } => Err(Refusal::AttemptExpired),
        }
    }

    /// A credential can be shown while binding, or instead of the code for the same target.
    ///
    /// # Errors
    /// As [`State::proving`].
    pub fn binding(&self) -> Result<Option<AccountId>, Refusal> {
        match self {
            Self::Binding { target, .. } | Self::Proving { target, .. } => Ok(*target),
            Self::Choosing { .. } | Self::SigningUp { .. } | Self::Resetting { .. } => Err(Refusal::AttemptStep),
            Self::Done | Self::Abandoned | Self::Refused { .. } => Err(Refusal::AttemptExpired),
        }
    }

    /// The state after a decision.
    ///
    /// # Errors
    /// [`Refusal::AttemptExpired`] when the attempt is over already.
    pub fn after(self, outcome: &Outcome) -> Result<Self, Refusal> {
        let choice = self.choice().cloned().ok_or(Refusal::AttemptExpired)?;
        Ok(match outcome {
            Outcome::SignIn { .. } | Outcome::Create | Outcome::Link { .. } | Outcome::AlreadyLinked | Outcome::Remove { .. } => Self::Done,
            Outcome::Choose(choice) => Self::Choosing { choice: choice.clone() },
            Outcome::Challenge { target } => Self::Proving { choice, target: *target },
            Outcome::Bind { target } => Self::Binding { choice, target: *target },
            Outcome::Abandon => Self::Abandoned,
            Outcome::Refuse { refusal } => Self::Refused { refusal: *refusal },
        })
    }
}
