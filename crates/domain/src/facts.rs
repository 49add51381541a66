//! What a decision looks at: evaluated values only, never claims or text.
use serde::{Deserialize, Serialize};

use crate::{
    AccountId, ProviderId, Refusal,
    policy::Target,
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
    pub fields: Vec<Target>,
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
    /// Facts without a provider: local methods, My Account, the console.
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
    /// A signed-in person, or an administrator, removes a method.
    Remove(Remove),
    /// Somebody without an account begins a local one.
    SignUp,
    /// A signed-in person takes the address that their provider gave; our code came back from it (GO-48).
    UpdateEmail(UpdateEmail),
    /// A signed-in person signs in once more, before something that needs it (MA-09).
    Confirm(Confirm),
    /// A signed-in person changes something of their own account.
    Change(Change),
    /// Somebody says of a change: this wasn't me (MA-13).
    Undo(Undo),
    /// Two accounts of one person become one. The other account is in [`Facts::known`].
    Merge(Merge),
    /// An administrator acts on an account.
    AdministerAccount(AdministerAccount),
}

/// The account that an administrator acts on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdministerAccount {
    pub account: AccountId,
    pub state: AccountState,
    pub act: AdminAction,
    /// It is the administrator's own.
    pub own: bool,
    /// It has a role itself.
    pub administrator: bool,
    /// An owner acts.
    pub by_owner: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AdminAction {
    /// Off or on; what is pending, closing or merged is neither.
    Disable,
    Enable,
    /// For somebody who lost it; one's own is removed in My Account, with a code.
    RemoveSecondFactor,
    /// A mailbox that is contested stays the account's (I13).
    KeepEmail,
    /// Who may do what in the console.
    GiveRole,
    TakeRole,
}

/// The account that stays, and what of both matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Merge {
    pub account: AccountId,
    pub state: AccountState,
    /// Who asks: somebody who showed both accounts, or an administrator.
    pub by: MergeBy,
    /// The session's last authentication is recent enough (MA-09).
    pub reauthenticated: bool,
    /// Why one of the other account's methods may not become one of this account's, as [`crate::linking::fits`] answers
    /// under that method's own policy (MG-01); `None`: all may.
    #[serde(default)]
    pub misfit: Option<Refusal>,
    /// One of them has an administrative role: power is never gained by merging (I12).
    pub administrator: bool,
    /// The account that stays has a second factor.
    pub second_factor: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MergeBy {
    BothProofs,
    Admin,
}

/// A rewind of the account (threat rule 18).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undo {
    pub account: AccountId,
    pub state: AccountState,
    pub step: UndoStep,
    pub by: UndoBy,
    /// Credentials and owned mailboxes that the account has afterwards.
    pub ways_left: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UndoStep {
    /// Everybody is signed out, and what came since stops.
    Suspend,
    /// It is taken back for good.
    Finish,
    /// It was the owner: what stopped counts again.
    Keep,
}

/// On whose word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UndoBy {
    /// Somebody in a session of the account.
    Nothing,
    /// Whoever has the link of a notice.
    Link,
    /// Somebody who showed a credential from before the change, with its factor.
    Credential,
    /// Nobody's: 72 hours passed since every address was told.
    Waited,
}

/// The session that a sign-in in between is for. The account that the credential opened is in [`Facts::known`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirm {
    pub account: AccountId,
    pub by: ReauthMethod,
    /// The person was really asked: a credential typed here, or a provider's `auth_time` after the start.
    pub fresh: bool,
    /// What else the account could confirm by; weak means count only where there is nothing better.
    pub available: AvailableMethods,
}

/// By what a session is confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReauthMethod {
    Password,
    /// A passkey of the account.
    Passkey,
    /// A code from the account's own mailbox.
    Mailbox,
    /// A code from the account's own phone.
    Phone,
    /// A linked identity; `reports_auth_time`: its provider says when it asked.
    Identity {
        reports_auth_time: bool,
    },
}

/// Means that an account has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AvailableMethods {
    pub password: bool,
    #[serde(default)]
    pub passkey: bool,
    pub reports_auth_time: bool,
    /// A mailbox or a phone.
    pub mailbox: bool,
}

/// What changes in My Account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    pub account: AccountId,
    pub state: AccountState,
    pub what: AccountChange,
    /// The session's last authentication is recent enough (MA-09).
    pub reauthenticated: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountChange {
    /// A new password; `first`: the account has none yet (NE-04, NE-20).
    Password { first: bool },
    /// Another primary address; `taken`: somebody else owns it. Before its code it is not said, so that nobody learns of it.
    Email { taken: bool },
    /// An address that the account has is proved to be its own, on the way to an application; `taken`: somebody else owns it.
    ProvenEmail { taken: bool },
    /// A second factor; `adds`: the account has none yet.
    SecondFactor { adds: bool },
    /// One more passkey.
    Passkey,
    /// Another telephone number; `held_by`: the other account that has it. Before its code it is not said, so that nobody
    /// learns of it.
    Phone { held_by: Option<AccountId> },
    /// No telephone number any more.
    RemovePhone,
    /// A mailbox that is contested stays the account's (I13); `by_credential`: the session stands on one.
    KeepEmail { by_credential: bool },
    /// An address less; `last`: no other one is proved.
    RemoveEmail { last: bool },
    /// Everything about the account, to take along (GD-01).
    Export,
    /// The account goes; `last_owner`: nobody would be left to run the console.
    Delete { last_owner: bool },
}

/// The account whose address changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateEmail {
    pub account: AccountId,
    pub state: AccountState,
    /// Another account owns the address, or has just given it up.
    pub taken: bool,
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

/// The method to remove.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remove {
    pub account: AccountId,
    /// Methods that the account has, this one included, and how many of them may be linked to (GO-26).
    #[serde(default)]
    pub methods: u32,
    #[serde(default)]
    pub target_methods: u32,
    /// It is a passkey.
    #[serde(default)]
    pub passkey: bool,
    /// Methods by which the person could still sign in afterwards: enabled providers, a password.
    pub usable_left: u32,
    /// The session's last authentication is recent enough (MA-09).
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
    /// It became part of another account; its id leads there.
    Merged,
}

impl AccountState {
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Disabled => "disabled",
            Self::Closing => "closing",
            Self::Merged => "merged",
        }
    }

    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Pending, Self::Active, Self::Disabled, Self::Closing, Self::Merged].into_iter().find(|s| s.name() == name)
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
