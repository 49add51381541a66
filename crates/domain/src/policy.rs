//! The linking policy as data: documents per scope, how scopes merge, and the presets.
//!
//! Three kinds of field, three merge laws: permits combine by AND, floors take the strictest, choices take the
//! nearest scope unless a wider one says `final`.
use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::trust::{Pair, Proof, Trust};

/// One scope's document. A field that is missing says nothing; an unknown field is an error.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Document {
    /// The preset that this document started from, for the console.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preset: Option<String>,
    pub permits: PermitFields,
    pub floors: FloorFields,
    pub choices: ChoiceFields,
    /// Names of choices that narrower scopes cannot change.
    #[serde(rename = "final", skip_serializing_if = "BTreeSet::is_empty")]
    pub pinned: BTreeSet<String>,
}

macro_rules! permits {
    ($($(#[$doc:meta])* $name:ident = $default:literal),* $(,)?) => {
        /// Permits as one scope states them.
        #[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct PermitFields { $(#[serde(skip_serializing_if = "Option::is_none")] pub $name: Option<bool>,)* }

        /// Permits in force: the AND of all scopes.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
        pub struct Permits { $($(#[$doc])* pub $name: bool,)* }

        impl Default for Permits { fn default() -> Self { Self { $($name: $default,)* } } }

        impl Permits {
            fn narrow(&mut self, fields: &PermitFields) { $(self.$name &= fields.$name.unwrap_or(true);)* }
            /// The instance's own word: what it does not state keeps the built-in default.
            fn instance(fields: &PermitFields) -> Self { let d = Self::default(); Self { $($name: fields.$name.unwrap_or(d.$name),)* } }
        }
    };
}

permits! {
    /// An unknown identity may be linked to an existing account while signing in (GO-10 `linkOnLogin`).
    link_on_login = true,
    /// Somebody signed in may add this provider (GO-24 with `account_management`).
    link_in_account = true,
    /// My Account lets people add and remove providers (GO-24).
    account_management = true,
    /// Links may be removed by their owner.
    unlink = true,
    /// New accounts may be opened.
    create = true,
    /// The chooser offers "create a new account".
    choose_new = true,
    /// An identity of this provider may be added to accounts (GO-16 `allowLinkingFrom`).
    as_source = true,
    /// Accounts that use this provider may be linked to (GO-16 `allowLinkingTo`).
    as_target = true,
    /// Sign-in through this provider is possible; `false` leaves it for linking only (LK-18).
    sign_in = true,
    /// Unsafe: a provider's unproven word may open an existing account (I11). Off unless an instance owner turns it on.
    accept_unproven_links = false,
}

/// Floors as one scope states them; the strictest of all scopes counts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FloorFields {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trust: Option<Trust>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proof: Option<Proof>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pin_tries: Option<i32>,
    /// Seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pin_ttl: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_per_provider: Option<u32>,
}

/// Floors in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Floors {
    pub trust: Trust,
    pub proof: Proof,
    pub pin_tries: i32,
    /// Seconds.
    pub pin_ttl: i64,
    pub max_per_provider: u32,
}

impl Floors {
    fn strictest(&mut self, fields: &FloorFields) {
        self.trust = self.trust.max(fields.trust.unwrap_or(self.trust));
        self.proof = self.proof.max(fields.proof.unwrap_or(self.proof));
        self.pin_tries = self.pin_tries.min(fields.pin_tries.unwrap_or(self.pin_tries)).max(1);
        self.pin_ttl = self.pin_ttl.min(fields.pin_ttl.unwrap_or(self.pin_ttl)).max(60);
        self.max_per_provider = self.max_per_provider.min(fields.max_per_provider.unwrap_or(self.max_per_provider));
    }
}

impl Default for Floors {
    fn default() -> Self {
        Self { trust: Trust::Asserted, proof: Proof::None, pin_tries: crate::code::TRIES, pin_ttl: crate::code::TTL / crate::SECOND, max_per_provider: 100 }
    }
}

/// One way to find the account that an unknown identity may belong to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    pub id: String,
    #[serde(default)]
    pub description: String,
    /// What is compared.
    pub account: MatchField,
    /// Pairs of (trust, proof), any of which is enough to link.
    pub accept: Vec<Pair>,
    pub one: One,
    #[serde(default)]
    pub many: Many,
}

/// The attribute by which a rule finds accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MatchField {
    /// The claimed e-mail address against proved addresses.
    Email,
    /// The person names the account on the binding page.
    EnteredByUser,
}

/// What one match leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum One {
    /// Link without a question where the accepted pair needs no further proof.
    Link,
    /// Ask.
    Offer,
}

/// What several matches lead to. "The first" does not exist (I3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Many {
    #[default]
    Choose,
    Refuse,
}

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

/// What pages may reveal before a proof (docs/explanation/policy.md).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Disclosure {
    /// The same generic chooser whether or not an account matches.
    AfterProof,
    /// Masked addresses, for claims that the provider verified.
    Masked,
    /// Addresses and providers of the account, for claims that the provider verified.
    Open,
}

/// Whether a mail tells the account about a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notify {
    None,
    Notify,
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
}

/// Which identity the session stands on after an add.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AfterAdd {
    Switch,
    Keep,
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

macro_rules! choices {
    ($($(#[$doc:meta])* $name:ident: $kind:ty),* $(,)?) => {
        /// Choices as one scope states them.
        #[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct ChoiceFields { $(#[serde(skip_serializing_if = "Option::is_none")] pub $name: Option<$kind>,)* }

        /// Choices in force.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize)]
        pub struct Choices { $($(#[$doc])* pub $name: $kind,)* }

        impl Choices {
            fn nearest(&mut self, fields: &ChoiceFields, pinned: &BTreeSet<String>) {
                $(if let Some(value) = &fields.$name && !pinned.contains(stringify!($name)) { self.$name = value.clone(); })*
            }
        }

        const CHOICE_NAMES: &[&str] = &[$(stringify!($name)),*];
    };
}

choices! {
    /// Ordered match rules.
    rules: Vec<Rule>,
    none: NoMatch,
    offers: Vec<Offer>,
    disclosure: Disclosure,
    mail: MailMatrix,
    after_add: AfterAdd,
    abandon_audit: AbandonAudit,
    target_requires: Requires,
    /// Only identities that are linked already may sign in (AU-06).
    login_only: bool,
    /// The provider's verified flag counts; `false`: its word is `asserted` whatever it says (ID-14).
    verified_counts: bool,
    /// Domains whose mailboxes this provider runs; only an instance owner edits them.
    domains: Vec<String>,
}

/// The policy in force for one (application, provider) pair.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Policy {
    /// The version that every decision stores.
    pub version: i64,
    pub permits: Permits,
    pub floors: Floors,
    pub choices: Choices,
}

/// A document that cannot be in force, with the path of the field, what it holds and what would be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub path: String,
    pub value: String,
    pub remedy: &'static str,
}

impl Policy {
    /// Merges documents from the widest scope (the instance) to the narrowest.
    #[must_use]
    pub fn merge(version: i64, documents: &[&Document]) -> Self {
        let mut policy = Self { version, permits: Permits::default(), floors: Floors::default(), choices: built_in() };
        let mut pinned = BTreeSet::new();
        for (depth, document) in documents.iter().enumerate() {
            if depth == 0 {
                policy.permits = Permits::instance(&document.permits);
            } else {
                policy.permits.narrow(&document.permits);
            }
            policy.floors.strictest(&document.floors);
            policy.choices.nearest(&document.choices, &pinned);
            pinned.extend(document.pinned.iter().cloned());
        }
        policy
    }

    /// How far a provider's word about an address is believed: the domain's owner, a verified flag that counts, or nothing.
    #[must_use]
    pub fn trust(&self, domain: &str, verified: bool, hosted_domain: Option<&str>) -> Trust {
        let owns = self.choices.domains.iter().any(|d| d.eq_ignore_ascii_case(domain));
        if verified && owns && hosted_domain.is_none_or(|h| h.eq_ignore_ascii_case(domain)) {
            Trust::Authoritative
        } else if verified && self.choices.verified_counts {
            Trust::ClaimedVerified
        } else {
            Trust::Asserted
        }
    }

    /// A pair as it counts here: guarded by I11 and raised to the floors.
    #[must_use]
    pub fn pair(&self, pair: Pair, owned: bool) -> Pair {
        let pair = pair.guarded(owned, self.permits.accept_unproven_links);
        Pair { trust: pair.trust.max(self.floors.trust), proof: pair.proof.max(self.floors.proof) }
    }
}

impl Document {
    /// Reads a document.
    ///
    /// # Errors
    /// A [`Problem`] with the parser's path and words for unknown fields and wrong values.
    pub fn parse(json: &str) -> Result<Self, Problem> {
        let document: Self = serde_json::from_str(json).map_err(|e| Problem {
            path: format!("line {} column {}", e.line(), e.column()),
            value: e.to_string(),
            remedy: "see docs/reference/policy.md for the fields",
        })?;
        document.check().map(|()| document)
    }

    /// What no scope may say.
    ///
    /// # Errors
    /// The first [`Problem`] found: unknown names in `final`, both permits off without `login_only` (ZI-17), a rule
    /// without a pair.
    pub fn check(&self) -> Result<(), Problem> {
        if let Some(name) = self.pinned.iter().find(|name| !CHOICE_NAMES.contains(&name.as_str())) {
            return Err(Problem { path: "final".into(), value: name.clone(), remedy: "name a field of choices" });
        }
        let off = |permit: Option<bool>| permit == Some(false);
        if off(self.permits.create) && off(self.permits.link_on_login) && self.choices.login_only != Some(true) {
            return Err(Problem { path: "permits".into(), value: "create: false, link_on_login: false".into(), remedy: "say login_only: true if only linked identities may sign in" });
        }
        for rule in self.choices.rules.iter().flatten() {
            if rule.accept.is_empty() {
                return Err(Problem { path: format!("choices.rules.{}.accept", rule.id), value: "[]".into(), remedy: "state at least one pair of trust and proof" });
            }
        }
        Ok(())
    }
}

/// The choices under every document: refuse nothing needlessly, reveal nothing, trust nobody.
fn built_in() -> Choices {
    Choices {
        rules: Vec::new(),
        none: NoMatch::Offer,
        offers: vec![Offer::UseExisting, Offer::AddToExisting, Offer::EnterAccount, Offer::CreateNew],
        disclosure: Disclosure::AfterProof,
        mail: MailMatrix { login_link: Notify::Notify, account_link: Notify::Notify, unlink: Notify::Notify },
        after_add: AfterAdd::Switch,
        abandon_audit: AbandonAudit::Hashed,
        target_requires: Requires::All,
        login_only: false,
        verified_counts: false,
        domains: Vec::new(),
    }
}

/// Names of the presets that ship, in the order in which the console lists them.
pub const PRESETS: [&str; 2] = ["recommended", "goss"];

/// The text of a preset.
#[must_use]
pub fn preset_text(name: &str) -> Option<&'static str> {
    match name {
        "recommended" => Some(include_str!("../presets/recommended.json")),
        "goss" => Some(include_str!("../presets/goss.json")),
        _ => None,
    }
}

/// A preset as a document.
#[must_use]
pub fn preset(name: &str) -> Option<Document> {
    preset_text(name).and_then(|text| Document::parse(text).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_parses() {
        for name in PRESETS {
            assert_eq!(preset(name).unwrap().preset.as_deref(), Some(name));
        }
    }

    #[test]
    fn a_narrower_scope_can_only_forbid() {
        let wide = Document::parse(r#"{"permits":{"link_on_login":false}}"#).unwrap();
        let narrow = Document::parse(r#"{"permits":{"link_on_login":true,"create":false,"accept_unproven_links":true}}"#).unwrap();
        let policy = Policy::merge(1, &[&wide, &narrow]);
        assert!(!policy.permits.link_on_login && !policy.permits.create && !policy.permits.accept_unproven_links);
    }

    #[test]
    fn go_33_a_final_choice_of_the_instance_is_set_once_for_all_providers() {
        let wide = Document::parse(r#"{"choices":{"none":"create"},"final":["none"]}"#).unwrap();
        let narrow = Document::parse(r#"{"choices":{"none":"refuse","disclosure":"open"}}"#).unwrap();
        let policy = Policy::merge(1, &[&wide, &narrow]);
        assert_eq!((policy.choices.none, policy.choices.disclosure), (NoMatch::Create, Disclosure::Open));
    }

    #[test]
    fn floors_take_the_strictest_of_all_scopes() {
        let wide = Document::parse(r#"{"floors":{"pin_tries":2,"proof":"mailbox"}}"#).unwrap();
        let narrow = Document::parse(r#"{"floors":{"pin_tries":3,"proof":"none","max_per_provider":1}}"#).unwrap();
        let floors = Policy::merge(1, &[&wide, &narrow]).floors;
        assert_eq!((floors.pin_tries, floors.proof, floors.max_per_provider), (2, Proof::Mailbox, 1));
    }

    #[test]
    fn unknown_fields_and_both_permits_off_are_refused_with_path_and_remedy() {
        assert!(Document::parse(r#"{"permits":{"lnik":true}}"#).is_err());
        assert_eq!(Document::parse(r#"{"permits":{"create":false,"link_on_login":false}}"#).unwrap_err().path, "permits");
        assert!(Document::parse(r#"{"permits":{"create":false,"link_on_login":false},"choices":{"login_only":true}}"#).is_ok());
        assert_eq!(Document::parse(r#"{"final":["nothing"]}"#).unwrap_err().path, "final");
    }
}
