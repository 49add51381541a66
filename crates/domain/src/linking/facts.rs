//! What a decision looks at: evaluated values only, never claims or text.
use crate::{
    AccountId, ProviderId,
    policy::ProfileAttribute,
    trust::{Proof, Trust},
};
use serde::{Deserialize, Serialize};

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
    /// What evaluating the match rules gave, by rule.
    #[serde(default)]
    pub rules: Vec<RuleFacts>,
    pub candidates: Vec<Candidate>,
    /// A sign-up that nobody finished holds the claimed address.
    #[serde(default)]
    pub pending: Option<AccountId>,
    /// A known identity came with an address that its account does not have.
    #[serde(default)]
    pub email: Option<EmailFacts>,
    pub act: UserAction,
    /// By what somebody signs in who comes by no provider.
    #[serde(default)]
    pub local: Local,
    #[serde(default)]
    pub given: CompletedRequirements,
    /// What showed the account to be the person's is no longer the account's: its password is another one, the identity
    /// was removed, the address was given up (I4, MG-02, LK-23).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub proof_gone: bool,
    /// It is done by a mailbox that proves nothing for the account: another subject of an issuer that it has came with
    /// the same address (I13).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub contested: bool,
}

/// A sign-in without a provider.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Local {
    #[default]
    Password,
    /// A code to a mailbox that the account owns.
    EmailCode,
    /// A code to a phone whose number the account proved.
    PhoneCode,
    /// A passkey whose device verified the person.
    Passkey,
    /// A new password, set by a code to a mailbox that the account owns.
    Reset,
}

impl Local {
    /// A session's method, where it is none of a provider.
    #[must_use]
    pub fn named(method: &str) -> Option<Self> {
        match method {
            "password" => Some(Self::Password),
            "code" => Some(Self::EmailCode),
            "phone" => Some(Self::PhoneCode),
            "passkey" => Some(Self::Passkey),
            _ => None,
        }
    }
}

/// What was shown and given beside the act: it completes what is otherwise settled.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompletedRequirements {
    /// The account whose second factor was shown in this attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub factor: Option<AccountId>,
    /// Agreements that were accepted, by whom.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub agreed: Vec<Agreed>,
    /// Profile fields that the provider filled, or the person in this attempt.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<ProfileAttribute>,
    /// The page that asks for fields was answered; what is optional may be empty.
    #[serde(default)]
    pub answered: bool,
    /// The person said that this account, which is being deleted, stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restores: Option<AccountId>,
}

/// An agreement that was accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agreed {
    /// By this account; `None`: in this attempt, by whoever it turns out to be.
    pub account: Option<AccountId>,
    /// The agreement with its version.
    pub what: String,
}

impl Facts {
    /// An administrator whose account would have been found, had it no role (ID-11): whoever runs the provider may have
    /// meant it, and somebody should hear of it.
    #[must_use]
    pub fn kept_out_of(&self) -> Option<AccountId> {
        let met = |c: &&Candidate| c.administrator && c.verified;
        self.candidates.iter().filter(|_| self.known.is_none()).find(met).map(|c| c.account)
    }

    /// Facts without a provider: the local methods.
    #[must_use]
    pub fn local(intent: Intent, known: Option<Known>) -> Self {
        Self {
            intent,
            provider: None,
            trust: None,
            known,
            rules: Vec::new(),
            candidates: Vec::new(),
            pending: None,
            email: None,
            act: UserAction::Initial,
            local: Local::Password,
            given: CompletedRequirements::default(),
            proof_gone: false,
            contested: false,
        }
    }
}

/// A match rule, evaluated: expressions ran before the decision and cannot lower a floor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleFacts {
    pub rule: String,
    pub state: RuleState,
    /// Keyed hashes of the compared values, for telling later whether two decisions looked for the same (I10); never the values.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleState {
    /// Its condition holds and every value is there: accounts were looked for.
    Looked,
    /// Its condition does not hold (GV-09).
    Skipped,
    /// A value is missing or empty; that matches nothing (ID-08).
    Empty,
    /// An expression failed; nobody is let in on a guess.
    Failed,
}

/// The claimed address of a known identity, where it differs from all of the account's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmailFacts {
    /// Another account owns it.
    pub taken: bool,
    /// The person said: ignore it (GO-49).
    pub ignored: bool,
}

/// Why we are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Intent {
    SignIn,
    /// A signed-in person adds a method to their own account. The session was checked to be the one that started.
    Add(AddTo),
    /// Somebody without an account begins a local one.
    SignUp,
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
    /// One of them has the claimed address (GO-31).
    #[serde(default)]
    pub same_email: bool,
    /// One of its providers is of another isolation domain (GO-08).
    #[serde(default)]
    pub foreign_domain: bool,
    /// The session's last authentication was recent when this began (MA-09).
    #[serde(default = "yes")]
    pub reauthenticated: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderFacts {
    pub id: ProviderId,
    pub enabled: bool,
    /// The claim filter, if there is one, held. `None`: its expression failed.
    #[serde(default = "passed")]
    pub filter: Option<bool>,
    /// It says that it asked for two factors, in a word that the policy maps (LK-15).
    #[serde(default)]
    pub second_factor: bool,
}

/// The provider lets this assertion through, as far as the filter goes.
#[expect(clippy::unnecessary_wraps, reason = "serde wants the field's type")]
fn passed() -> Option<bool> {
    Some(true)
}

crate::named! {
    /// Life of an account.
    pub enum AccountState {
        /// Sign-up begun, nothing proved: no session, no link.
        Pending = "pending",
        Active = "active",
        Disabled = "disabled",
        /// Deletion asked for; the days of grace run.
        Closing = "closing",
        /// It became part of another account; its id leads there.
        Merged = "merged",
    }
}

/// The owner of a known identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    pub account: AccountId,
    pub state: AccountState,
    /// The identity's link; a password has none.
    pub link: Option<crate::LinkId>,
    /// The account has a second factor.
    #[serde(default)]
    pub second_factor: bool,
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
    /// It had this very identity once: a proof is wanted before it has it again.
    #[serde(default)]
    pub released: bool,
    /// An identity of this provider with the claimed address is there already (GO-31).
    #[serde(default)]
    pub same_email: bool,
    /// One of its providers is of another isolation domain (GO-08).
    #[serde(default)]
    pub foreign_domain: bool,
    /// It has a proved address that a code could go to.
    #[serde(default = "yes")]
    pub mailbox: bool,
    /// It has a second factor (LK-15).
    #[serde(default)]
    pub second_factor: bool,
    /// Its mailbox proves nothing for it: another subject of an issuer that it has came with the same address (ID-18, I13).
    #[serde(default)]
    pub contested: bool,
}

fn yes() -> bool {
    true
}

/// What the person has done in this attempt so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UserAction {
    /// Has just come back from the provider.
    Initial,
    /// "Use the sign-in that I have".
    UseExisting,
    /// "Add to my account"; the account, if the page was allowed to show which.
    AddTo(Option<AccountId>),
    /// "I'll name my account".
    EnterAccount,
    /// "A code to the account's mailbox", for the account that was named; nobody's address is a decoy.
    Named(Option<AccountId>),
    /// The same by the account's number: a code to its phone.
    NamedByPhone(Option<AccountId>),
    /// Control of this account was shown by this proof, after it was found or named this way.
    Proved(AccountId, Proof, By),
    /// A password was chosen to finish the sign-up (NE-07).
    Finished,
    /// "Create a new account".
    CreateNew,
}

/// How the account of a proof was settled on; a proof counts only for the same way (I4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// A match rule found it.
    Rule,
    /// The person named it on the binding page.
    Name,
}
