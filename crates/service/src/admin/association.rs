//! The association of a provider with accounts, as the console names it; what decides is the document that it writes.
use domain::{
    policy::{
        Disclosure, Document, Evidence, NoMatch, Offer, OnMultipleMatches, OnSingleMatch,
        ProofMethod, Rule,
    },
    trust::{LinkRequirement, Proof, Trust},
};

/// The association of a provider: names for policy documents; the engine reads only the documents.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Association {
    pub mode: Mode,
    pub login_only: bool,
    /// What the binding page asks for; empty: as the instance's policy says (AU-10).
    pub bind_methods: Vec<ProofMethod>,
    pub as_source: bool,
    pub as_target: bool,
    /// The provider's verified flag counts.
    pub verified_counts: bool,
    pub domains: Vec<String>,
    /// The provider is the own directory of these domains (ID-16).
    pub own_directory: bool,
}

/// How unknown identities of a provider meet existing accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Mode {
    /// As the instance's policy says.
    Inherit,
    /// Each identity its own account (AU-05).
    Off,
    /// By equal address (AU-08).
    FieldMatch,
    /// By showing the account's credential (AU-11).
    AskBinding,
}

impl Mode {
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Inherit => "inherit",
            Self::Off => "off",
            Self::FieldMatch => "field_match",
            Self::AskBinding => "ask_binding",
        }
    }

    #[must_use]
    pub fn parse(name: &str) -> Self {
        [Self::Off, Self::FieldMatch, Self::AskBinding]
            .into_iter()
            .find(|m| m.name() == name)
            .unwrap_or(Self::Inherit)
    }
}

impl Association {
    /// The document that says it, on top of what the provider's document says already: fields that no switch names
    /// stay as they are.
    #[must_use]
    pub fn document(&self, base: &Document) -> Document {
        let mut document = base.clone();
        let pairs = |accept: &[(Trust, Proof)]| {
            accept
                .iter()
                .map(|(trust, proof)| LinkRequirement { trust: *trust, proof: *proof })
                .collect::<Vec<_>>()
        };
        if Self::read(base).mode != self.mode {
            document.permits.link_on_login = None;
            (
                document.choices.rules,
                document.choices.none,
                document.choices.offers,
                document.choices.disclosure,
            ) = (None, None, None, None);
            match self.mode {
                Mode::Inherit => {}
                Mode::Off => {
                    document.permits.link_on_login = Some(false);
                    document.choices.none = Some(NoMatch::Create);
                }
                Mode::FieldMatch => {
                    let accept = pairs(&[
                        (Trust::Asserted, Proof::None),
                        (Trust::Asserted, Proof::Mailbox),
                        (Trust::Asserted, Proof::Credential),
                    ]);
                    document.choices.rules = Some(vec![Rule::by_email(
                        "email",
                        accept,
                        OnSingleMatch::Link,
                        OnMultipleMatches::Refuse,
                    )]);
                    document.choices.none = Some(NoMatch::Create);
                }
                Mode::AskBinding => {
                    document.choices.rules = Some(vec![Rule::entered(
                        "entered",
                        pairs(&[
                            (Trust::Asserted, Proof::Credential),
                            (Trust::Asserted, Proof::Mailbox),
                        ]),
                    )]);
                    document.choices.none = Some(NoMatch::Offer);
                    document.choices.offers = Some(vec![Offer::EnterAccount, Offer::CreateNew]);
                    document.choices.disclosure = Some(Disclosure::AfterProof);
                }
            }
        }
        if self.mode == Mode::AskBinding && !self.bind_methods.is_empty() {
            document.choices.bind_methods = Some(self.bind_methods.clone());
        }
        if self.login_only {
            document.choices.login_only = Some(true);
            document.permits.create = Some(false);
            document.permits.link_on_login = Some(false);
        } else if base.choices.login_only == Some(true) {
            document.choices.login_only = None;
            document.permits.create = None;
            document.permits.link_on_login = (self.mode == Mode::Off).then_some(false);
        }
        document.permits.as_source = Some(self.as_source);
        document.permits.as_target = Some(self.as_target);
        document.choices.verified_counts = Some(self.verified_counts);
        document.choices.domains = (!self.domains.is_empty()).then(|| self.domains.clone());
        document.choices.evidence = if self.own_directory {
            Some(Evidence::OwnDirectory)
        } else {
            base.choices.evidence.filter(|e| *e != Evidence::OwnDirectory)
        };
        document.preset = Some(format!("association:{}", self.mode.name()));
        document
    }

    /// Reads the association fields of an Authing connection: `loginOnly`, `associationMode` (`none`, `field`,
    /// `challenge`) and `challengeBindingMethods` (AU-22). Binding by phone comes with a sender for text messages.
    ///
    /// # Errors
    /// The name of the field that says something else.
    pub fn import(connection: &serde_json::Value) -> Result<Self, &'static str> {
        let mode = match connection.get("associationMode").and_then(|v| v.as_str()) {
            None | Some("none") => Mode::Off,
            Some("field") => Mode::FieldMatch,
            Some("challenge") => Mode::AskBinding,
            Some(_) => return Err("associationMode"),
        };
        let login_only = match connection.get("loginOnly") {
            None => false,
            Some(value) => value.as_bool().ok_or("loginOnly")?,
        };
        let mut bind_methods = Vec::new();
        for method in connection
            .get("challengeBindingMethods")
            .and_then(|v| v.as_array())
            .into_iter()
            .flatten()
        {
            let ours = match method.as_str() {
                Some("email-code") => ProofMethod::EmailCode,
                Some("phone-code") => ProofMethod::PhoneCode,
                Some("username-password" | "email-password" | "phone-password") => {
                    ProofMethod::Password
                }
                _ => return Err("challengeBindingMethods"),
            };
            if !bind_methods.contains(&ours) {
                bind_methods.push(ours);
            }
        }
        Ok(Self {
            mode,
            login_only,
            bind_methods,
            as_source: true,
            as_target: true,
            verified_counts: false,
            domains: Vec::new(),
            own_directory: false,
        })
    }

    /// What a document says, in these names.
    #[must_use]
    pub fn read(document: &Document) -> Self {
        Self {
            mode: document
                .preset
                .as_deref()
                .and_then(|p| p.strip_prefix("association:"))
                .map_or(Mode::Inherit, Mode::parse),
            login_only: document.choices.login_only == Some(true),
            bind_methods: document.choices.bind_methods.clone().unwrap_or_default(),
            as_source: document.permits.as_source != Some(false),
            as_target: document.permits.as_target != Some(false),
            verified_counts: document.choices.verified_counts == Some(true),
            domains: document.choices.domains.clone().unwrap_or_default(),
            own_directory: document.choices.evidence == Some(Evidence::OwnDirectory),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Shows AU-07, AU-18, AU-22.
    #[test]
    fn au_22_the_fields_of_an_authing_connection_are_imported() {
        let ask =
            Association::import(&json!({"loginOnly": false, "associationMode": "challenge", "challengeBindingMethods": ["email-code", "phone-code", "username-password", "email-password"]})).unwrap();
        assert_eq!((ask.mode, ask.login_only), (Mode::AskBinding, false));
        assert_eq!(
            ask.bind_methods,
            [ProofMethod::EmailCode, ProofMethod::PhoneCode, ProofMethod::Password]
        );
        assert_eq!(ask.document(&Document::default()).choices.bind_methods.unwrap().len(), 3);
        assert_eq!(
            Association::import(&json!({"associationMode": "field"})).unwrap().mode,
            Mode::FieldMatch
        );
        assert!(Association::import(&json!({"loginOnly": true})).unwrap().login_only);
        assert_eq!(
            Association::import(&json!({"associationMode": "maybe"})),
            Err("associationMode")
        );
        assert_eq!(
            Association::import(&json!({"challengeBindingMethods": ["guess"]})),
            Err("challengeBindingMethods")
        );
    }

    #[test]
    fn saving_the_form_keeps_what_no_switch_names() {
        let base = Document::parse(
            r#"{"choices":{"mirror_groups":true,"mapping":{"attr.staff":"claims.no"}}}"#,
        )
        .unwrap();
        let form = Association {
            mode: Mode::FieldMatch,
            login_only: false,
            bind_methods: Vec::new(),
            as_source: true,
            as_target: false,
            verified_counts: false,
            domains: Vec::new(),
            own_directory: false,
        };
        let saved = form.document(&base);
        assert_eq!(
            (saved.choices.mirror_groups, saved.choices.mapping.is_some()),
            (Some(true), true)
        );
        assert_eq!(Association::read(&saved).mode, Mode::FieldMatch);
        let back = Association { mode: Mode::Inherit, ..form }.document(&saved);
        assert!(back.choices.rules.is_none() && back.choices.mirror_groups == Some(true));
    }
}
