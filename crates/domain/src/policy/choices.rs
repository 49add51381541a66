//! The values that a policy can choose between.
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::attribute::ProfileAttribute;

/// What no match leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoMatch {
    Create,
    Offer,
    Refuse,
}

/// A choice on the chooser.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Offer {
    /// Sign in by a method that the account already has; the new identity is dropped (GO-13, GO-14).
    UseExisting,
    /// Add the new identity to the account (GO-16).
    AddToExisting,
    /// Name an account and show its credential (AU-13).
    EnterAccount,
    /// A new account (GO-20).
    CreateNew,
}

crate::named! {
    /// A way to show on the binding page that an account is one's own (AU-10, AU-18).
    pub enum ProofMethod {
        /// Address and password.
        Password = "password",
        /// A code to the account's mailbox.
        EmailCode = "email_code",
        /// A code to the account's phone.
        PhoneCode = "phone_code",
        Passkey = "passkey",
        /// A provider that the account has already.
        Identity = "identity",
    }
}

crate::named! {
    /// What pages may reveal before a proof (docs/explanation/policy.md).
    pub enum Disclosure {
        /// No question: a code to the claimed address first, whoever it belongs to, and then the outcome (NE-12).
        Silent = "silent",
        /// The same generic chooser whether or not an account matches.
        AfterProof = "after_proof",
        /// Masked addresses, for claims that the provider verified.
        Masked = "masked",
        /// Addresses and providers of the account, for claims that the provider verified.
        Open = "open",
    }
}

/// Where the code of a linking goes: to the claimed address (raises trust) or to the account's own (raises proof).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CodeRecipient {
    Account,
    Claim,
}

/// What happens when a sign-up that nobody finished holds the claimed address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnverifiedTarget {
    /// Code, then a password of one's own, then the link (NE-07).
    FinishSignup,
    /// Code, then the link; everything older goes (PH-01).
    Reclaim,
    /// As if it did not exist.
    Ignore,
    /// Refuse. Strangers can lock owners out this way; the linter says so.
    Refuse,
}

/// Letters of mailed codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Alphabet {
    /// Crockford's 32 letters and digits, 5 bits each.
    Base32,
    /// Ten digits, 3.3 bits each.
    Digits,
}

/// The shape of mailed codes; never shorter than eight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pin {
    pub alphabet: Alphabet,
    pub length: u32,
}

impl Pin {
    /// Strength in tenths of a bit.
    #[must_use]
    pub fn decibits(self) -> u32 {
        let each = match self.alphabet {
            Alphabet::Base32 => 50,
            Alphabet::Digits => 33,
        };
        self.length.saturating_mul(each)
    }
}

/// Whether a mail tells the account about a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notify {
    #[default]
    None,
    Notify,
}

/// What a mail can be about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailEvent {
    LoginLink,
    AccountLink,
    Unlink,
    Refused,
}

/// Mails by event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailMatrix {
    /// A link made while signing in.
    pub login_link: Notify,
    /// A link made in My Account.
    pub account_link: Notify,
    /// A link removed.
    pub unlink: Notify,
    /// A linking to the account that was refused after a wrong proof.
    #[serde(default)]
    pub refused: Notify,
}

/// Which identity the session stands on after an add.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AfterAdd {
    Switch,
    Keep,
}

/// Which sessions end when a provider is removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnUnlink {
    /// Those that were opened by this identity.
    RevokeIdentity,
    /// All but the one that acts.
    RevokeOthers,
}

/// Whether the audit event of an abandoned identity keeps a keyed hash of its subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AbandonAudit {
    Hashed,
    None,
}

/// What an account must have for a provider to be added: every one of its methods allows it, or any.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Requires {
    All,
    Any,
}

impl Requires {
    /// Whether an account may be linked to of whose methods so many allow it (GO-27).
    #[must_use]
    pub const fn met(self, methods: u32, target_methods: u32) -> bool {
        match self {
            Self::All => methods == target_methods,
            Self::Any => target_methods > 0,
        }
    }
}

/// What makes two identities of one provider on one account different ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DistinctBy {
    Subject,
    /// Their addresses must differ too (GO-31).
    Email,
}

/// What happens when a linked identity comes back with an address that the account does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EmailChange {
    /// Update, ignore or cancel (GO-47).
    Ask,
    /// Take it as the new primary address if the provider verified it and nobody owns it.
    Overwrite,
    Keep,
}

/// When a person without a password may set one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PasswordAdd {
    Never,
    ByReset,
    InAccount,
}

/// Who may make one account of two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Merge {
    Never,
    Admin,
    BothProofs,
}

/// What the sign-in page does when there is exactly one provider and no password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SoleProvider {
    /// Goes there at once (ZI-12, GO-54).
    Redirect,
    Page,
}

/// Which profile fields follow the provider, and when. What is not listed is never touched.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sync {
    pub on_create: Vec<ProfileAttribute>,
    pub on_login: Vec<ProfileAttribute>,
    pub on_link: Vec<ProfileAttribute>,
}

/// Expressions by profile field; fields without one take the claim of their name.
pub type Mapping = BTreeMap<ProfileAttribute, String>;

/// Something to accept before coming in, by its version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agreement {
    pub id: String,
    /// A new one is asked for anew.
    pub version: String,
    /// As the page names it.
    pub title: String,
    /// Where it can be read.
    pub url: String,
}

impl Agreement {
    /// The agreement with its version, as it is kept.
    #[must_use]
    pub fn what(&self) -> String {
        format!("{}@{}", self.id, self.version)
    }
}

/// A profile field that a new person is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    pub field: ProfileAttribute,
    #[serde(default)]
    pub required: bool,
}
