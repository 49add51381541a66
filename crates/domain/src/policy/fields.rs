//! The fields of the policy: what one scope states, what is in force, and how scopes merge.
//!
//! Three kinds of field, three merge laws: permits combine by AND, floors take the strictest, choices take the
//! nearest scope unless a wider one says `final`.
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{
    attribute::ProfileAttribute,
    choices::{
        AbandonAudit, AfterAdd, Agreement, Alphabet, CodeRecipient, Disclosure, DistinctBy,
        EmailChange, Field, MailEvent, MailMatrix, Mapping, Merge, NoMatch, Notify, Offer,
        OnUnlink, PasswordAdd, Pin, ProofMethod, Requires, SoleProvider, Sync, UnverifiedTarget,
    },
    evidence::{Evidence, Word},
    rules::Rule,
    second_factor::SecondFactor,
};
use crate::{
    Role,
    trust::{LinkRequirement, Proof, Trust},
};

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
    /// Accounts that use this provider may be linked to; what may not be linked to is not linked either (GO-16
    /// `allowLinkingTo`).
    as_target = true,
    /// Sign-in through this provider is possible; `false` leaves it for linking only (LK-18).
    sign_in = true,
    /// People may sign in by address and password (ZI-12).
    password_sign_in = true,
    /// People may sign in by a code to a mailbox that their account owns.
    email_code_sign_in = false,
    /// People may sign in by a code to a phone whose number their account proved.
    phone_code_sign_in = false,
    /// People may sign in by a passkey.
    passkey_sign_in = false,
    /// Unsafe: a provider's unproven word may open an existing account (I11). Off unless an instance owner turns it on.
    accept_unproven_links = false,
}

impl Permits {
    /// An identity of this provider may be added to an account that exists, on whatever path (GO-16, ZI-15).
    #[must_use]
    pub const fn linkable(&self) -> bool {
        self.as_source && self.as_target
    }
}

/// Floors as one scope states them; the strictest of all scopes counts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FloorFields {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trust: Option<Trust>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proof: Option<Proof>,
    /// How long ago the sign-in of a session may be for a change of its methods, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_age: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pin_tries: Option<i32>,
    /// Bits of a code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pin_bits: Option<u32>,
    /// Seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pin_ttl: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_per_provider: Option<u32>,
    /// Whether a second factor is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub second_factor: Option<SecondFactor>,
    /// The same for whoever has a role.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub second_factor_roles: BTreeMap<Role, SecondFactor>,
    /// Seconds in which somebody who has none goes on without, from the first sign-in that asks for it. Without a word: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub second_factor_grace: Option<i64>,
    /// Events that are always told by mail; the scopes' lists add up.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub notify_on: BTreeSet<MailEvent>,
}

/// Floors in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Floors {
    pub trust: Trust,
    pub proof: Proof,
    /// Seconds.
    pub session_age: i64,
    pub pin_tries: i32,
    pub pin_bits: u32,
    /// Seconds.
    pub pin_ttl: i64,
    pub max_per_provider: u32,
    pub second_factor: Option<SecondFactor>,
    pub second_factor_roles: BTreeMap<Role, SecondFactor>,
    /// Seconds.
    pub second_factor_grace: Option<i64>,
    pub notify_on: BTreeSet<MailEvent>,
}

impl Floors {
    fn strictest(&mut self, fields: &FloorFields) {
        self.trust = self.trust.max(fields.trust.unwrap_or(self.trust));
        self.proof = self.proof.max(fields.proof.unwrap_or(self.proof));
        self.session_age =
            self.session_age.min(fields.session_age.unwrap_or(self.session_age)).max(60);
        self.pin_bits = self.pin_bits.max(fields.pin_bits.unwrap_or(self.pin_bits)).min(80);
        self.pin_tries = self.pin_tries.min(fields.pin_tries.unwrap_or(self.pin_tries)).max(1);
        self.pin_ttl = self.pin_ttl.min(fields.pin_ttl.unwrap_or(self.pin_ttl)).max(60);
        self.max_per_provider =
            self.max_per_provider.min(fields.max_per_provider.unwrap_or(self.max_per_provider));
        self.second_factor = self.second_factor.max(fields.second_factor);
        for (role, wanted) in &fields.second_factor_roles {
            let strictest = self.second_factor_roles.entry(*role).or_insert(*wanted);
            *strictest = (*strictest).max(*wanted);
        }
        self.second_factor_grace =
            self.second_factor_grace.into_iter().chain(fields.second_factor_grace).min();
        self.notify_on.extend(fields.notify_on.iter().copied());
    }
}

impl Default for Floors {
    fn default() -> Self {
        Self {
            trust: Trust::Asserted,
            proof: Proof::None,
            session_age: crate::DAY * 400 / crate::SECOND,
            pin_bits: 26,
            pin_tries: crate::one_time_code::TRIES,
            pin_ttl: crate::one_time_code::TTL / crate::SECOND,
            max_per_provider: 100,
            second_factor: None,
            second_factor_roles: BTreeMap::new(),
            second_factor_grace: None,
            notify_on: BTreeSet::new(),
        }
    }
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

        pub(super) const CHOICE_NAMES: &[&str] = &[$(stringify!($name)),*];
    };
}

choices! {
    /// Ordered match rules.
    rules: Vec<Rule>,
    none: NoMatch,
    offers: Vec<Offer>,
    /// What the binding page asks for.
    bind_methods: Vec<ProofMethod>,
    disclosure: Disclosure,
    code_to: CodeRecipient,
    unverified_target: UnverifiedTarget,
    pin: Pin,
    mail: MailMatrix,
    after_add: AfterAdd,
    on_unlink: OnUnlink,
    sync: Sync,
    mapping: Mapping,
    email_change: EmailChange,
    password_add: PasswordAdd,
    merge: Merge,
    abandon_audit: AbandonAudit,
    sole_provider: SoleProvider,
    target_requires: Requires,
    /// Providers of one name can share accounts, those of different names cannot (GO-08). Empty: the common one.
    isolation: String,
    /// Groups come from this provider: it shares no account with any other.
    mirror_groups: bool,
    /// Where the provider keeps its groups: a claim, or a way through objects with dots (GO-41).
    groups_attribute: String,
    distinct_by: DistinctBy,
    /// An expression that must hold for anybody to come in by this provider. Empty: everybody may.
    claim_filter: String,
    /// Only identities that are linked already may sign in (AU-06).
    login_only: bool,
    /// The provider's verified flag counts; `false`: its word is `asserted` whatever it says (ID-14).
    verified_counts: bool,
    /// Domains whose mailboxes this provider runs; only an instance owner edits them.
    domains: Vec<String>,
    /// What shows that it speaks for them (ID-16).
    evidence: Evidence,
    /// What people accept before they come in, new versions anew (AU-15).
    agreements: Vec<Agreement>,
    /// What a new person is asked for (GV-02).
    registration: Vec<Field>,
    /// Values of this provider's `acr`, or among its `amr`, that stand for two factors; no others do (LK-15).
    second_factor_acr: Vec<String>,
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

impl Policy {
    /// Merges documents from the widest scope (the instance) to the narrowest.
    #[must_use]
    pub fn merge(version: i64, documents: &[&Document]) -> Self {
        let mut policy = Self {
            version,
            permits: Permits::default(),
            floors: Floors::default(),
            choices: built_in(),
        };
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

    /// How far a provider's word about an address is believed: the domain's owner with its evidence, a verified flag that
    /// counts, or nothing.
    #[must_use]
    pub fn trust(&self, word: &Word<'_>) -> Trust {
        let listed = self.choices.domains.iter().any(|d| d.eq_ignore_ascii_case(word.domain));
        let verified = word.is_verified();
        if verified && listed && self.choices.evidence.is_in(word) {
            Trust::Authoritative
        } else if verified && self.choices.verified_counts {
            Trust::ClaimedVerified
        } else {
            Trust::Asserted
        }
    }

    /// A pair as it counts here: guarded by I11 and raised to the floors.
    #[must_use]
    pub fn pair(&self, pair: LinkRequirement, trust: Trust, owned: bool) -> LinkRequirement {
        let pair = pair.guarded(trust, owned, self.permits.accept_unproven_links);
        LinkRequirement {
            trust: pair.trust.max(self.floors.trust),
            proof: pair.proof.max(self.floors.proof),
        }
    }

    /// The shape of codes: as chosen, as long as the floor of bits asks, never shorter than eight.
    #[must_use]
    pub fn pin(&self) -> Pin {
        let mut pin = self.choices.pin;
        pin.length = pin.length.clamp(8, 16);
        while pin.decibits() < self.floors.pin_bits.saturating_mul(10) && pin.length < 16 {
            pin.length += 1;
        }
        pin
    }

    /// Whether an event is told by mail.
    #[must_use]
    pub fn notifies(&self, event: MailEvent) -> bool {
        let mail = &self.choices.mail;
        let chosen = match event {
            MailEvent::LoginLink => mail.login_link,
            MailEvent::AccountLink => mail.account_link,
            MailEvent::Unlink => mail.unlink,
            MailEvent::Refused => mail.refused,
        };
        chosen == Notify::Notify || self.floors.notify_on.contains(&event)
    }

    /// Whether anything of it has to be evaluated.
    #[must_use]
    pub fn has_expressions(&self) -> bool {
        let c = &self.choices;
        !c.claim_filter.is_empty()
            || !c.mapping.is_empty()
            || c.rules.iter().any(|r| !r.when.is_empty() || r.all.iter().any(|m| !m.is_claim()))
    }

    /// The name under which a provider shares accounts with others. One that mirrors groups shares none, with nobody: its
    /// groups would be the account's (GO-08).
    #[must_use]
    pub fn isolation(&self, provider: &str) -> String {
        if self.choices.mirror_groups {
            format!("mirrored groups {provider}")
        } else {
            self.choices.isolation.clone()
        }
    }
}

/// The choices under every document: refuse nothing needlessly, reveal nothing, trust nobody.
fn built_in() -> Choices {
    Choices {
        rules: Vec::new(),
        none: NoMatch::Create,
        offers: vec![
            Offer::UseExisting,
            Offer::AddToExisting,
            Offer::EnterAccount,
            Offer::CreateNew,
        ],
        bind_methods: vec![ProofMethod::Password, ProofMethod::EmailCode, ProofMethod::Identity],
        disclosure: Disclosure::AfterProof,
        code_to: CodeRecipient::Account,
        unverified_target: UnverifiedTarget::Ignore,
        pin: Pin { alphabet: Alphabet::Base32, length: 8 },
        mail: MailMatrix {
            login_link: Notify::Notify,
            account_link: Notify::Notify,
            unlink: Notify::Notify,
            refused: Notify::None,
        },
        after_add: AfterAdd::Switch,
        on_unlink: OnUnlink::RevokeIdentity,
        sync: Sync {
            on_create: vec![ProfileAttribute::Name],
            on_login: Vec::new(),
            on_link: Vec::new(),
        },
        mapping: Mapping::new(),
        email_change: EmailChange::Keep,
        password_add: PasswordAdd::ByReset,
        merge: Merge::Never,
        abandon_audit: AbandonAudit::Hashed,
        sole_provider: SoleProvider::Redirect,
        target_requires: Requires::All,
        isolation: String::new(),
        mirror_groups: false,
        groups_attribute: crate::groups::ATTRIBUTE.into(),
        distinct_by: DistinctBy::Subject,
        claim_filter: String::new(),
        login_only: false,
        verified_counts: false,
        domains: Vec::new(),
        evidence: Evidence::default(),
        agreements: Vec::new(),
        registration: Vec::new(),
        second_factor_acr: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_narrower_scope_can_only_forbid() {
        let wide = Document::parse(r#"{"permits":{"link_on_login":false}}"#).unwrap();
        let narrow = Document::parse(
            r#"{"permits":{"link_on_login":true,"create":false,"accept_unproven_links":true}}"#,
        )
        .unwrap();
        let policy = Policy::merge(1, &[&wide, &narrow]);
        assert!(
            !policy.permits.link_on_login
                && !policy.permits.create
                && !policy.permits.accept_unproven_links
        );
    }

    #[test]
    fn go_33_a_final_choice_of_the_instance_is_set_once_for_all_providers() {
        let wide = Document::parse(r#"{"choices":{"none":"create"},"final":["none"]}"#).unwrap();
        let narrow =
            Document::parse(r#"{"choices":{"none":"refuse","disclosure":"open"}}"#).unwrap();
        let policy = Policy::merge(1, &[&wide, &narrow]);
        assert_eq!(
            (policy.choices.none, policy.choices.disclosure),
            (NoMatch::Create, Disclosure::Open)
        );
    }

    #[test]
    fn floors_take_the_strictest_of_all_scopes() {
        let wide = Document::parse(r#"{"floors":{"pin_tries":2,"proof":"mailbox"}}"#).unwrap();
        let narrow =
            Document::parse(r#"{"floors":{"pin_tries":3,"proof":"none","max_per_provider":1}}"#)
                .unwrap();
        let floors = Policy::merge(1, &[&wide, &narrow]).floors;
        assert_eq!(
            (floors.pin_tries, floors.proof, floors.max_per_provider),
            (2, Proof::Mailbox, 1)
        );
    }

    #[test]
    fn unknown_fields_and_both_permits_off_are_refused_with_path_and_remedy() {
        assert_eq!(
            Document::parse(r#"{"permits":{"lnik":true}}"#).unwrap_err().path,
            "permits.lnik"
        );
        assert_eq!(
            Document::parse(r#"{"permits":{"create":false,"link_on_login":false}}"#)
                .unwrap_err()
                .path,
            "permits"
        );
        assert!(Document::parse(r#"{"permits":{"create":false,"link_on_login":false},"choices":{"login_only":true}}"#).is_ok());
        assert_eq!(Document::parse(r#"{"final":["nothing"]}"#).unwrap_err().path, "final");
    }
}
