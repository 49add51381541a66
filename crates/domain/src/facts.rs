//! What a decision looks at: evaluated values only, never claims or text.
use serde::{Deserialize, Serialize};

use crate::{
    AccountId, ProviderId,
    trust::{Proof, Trust},
};

/// Everything that [`crate::decide()`] may know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    pub intent: Intent,
    /// The provider that speaks, or `None` for the local methods.
    pub provider: Option<ProviderFacts>,
    /// Trust in the claimed address; `None` when there is no usable address (ID-08).
    pub trust: Option<Trust>,
    /// The account that the identity or credential already belongs to.
    pub known: Option<Known>,
    pub candidates: Vec<Candidate>,
    pub act: Act,
}

/// Why we are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Intent {
    SignIn,
    /// A signed-in person adds a method to their own account. The session was checked to be the one that started.
    Add(AddTo),
    /// A signed-in person, or an administrator, removes a method.
    Remove(Remove),
}

/// The account that adds, and its flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddTo {
    pub account: AccountId,
    pub state: AccountState,
    /// Methods that the account has, and how many of them may be linked to (`as_target`).
    pub methods: u32,
    pub target_methods: u32,
    /// Identities of this provider that it has already.
    pub of_this_provider: u32,
}

/// The method to remove.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remove {
    pub account: AccountId,
    /// Methods by which the person could still sign in afterwards: enabled providers, a password.
    pub usable_left: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderFacts {
    pub id: ProviderId,
    pub enabled: bool,
}

/// Life of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountState {
    /// Sign-up begun, nothing proved: no session, no link.
    Pending,
    Active,
    Disabled,
    /// Deletion asked for; the days of grace run.
    Closing,
}

impl AccountState {
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Disabled => "disabled",
            Self::Closing => "closing",
        }
    }

    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Pending, Self::Active, Self::Disabled, Self::Closing].into_iter().find(|s| s.name() == name)
    }
}

/// The owner of a known identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    pub account: AccountId,
    pub state: AccountState,
    /// The identity's link; a password has none.
    pub link: Option<crate::LinkId>,
}

/// An account that a rule found, or that the person named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    pub account: AccountId,
    /// The rule's id.
    pub rule: String,
    pub state: AccountState,
    /// It owns the matched address: proved to us, or by the provider of that domain.
    pub owner: bool,
    /// The matched address has a proof at all (NE-05).
    pub verified: bool,
    /// It has an administrative role (I12).
    pub administrator: bool,
    pub methods: u32,
    pub target_methods: u32,
    pub of_this_provider: u32,
    /// "This wasn't me" was said of this very identity.
    pub barred: bool,
}

/// What the person has done in this attempt so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// Has just come back from the provider.
    Arrived,
    /// "Use the sign-in that I have".
    UseExisting,
    /// "Add to my account"; the account, if the page was allowed to show which.
    AddTo(Option<AccountId>),
    /// "I'll name my account".
    EnterAccount,
    /// Control of this account was shown by this proof.
    Proved(AccountId, Proof),
    /// "Create a new account".
    CreateNew,
}
