//! The association of a provider with accounts, as the console names it; what decides is the document that it writes.
use domain::{
    policy::{Disclosure, Document, Many, MatchField, NoMatch, Offer, One, Rule},
    trust::{Pair, Proof, Trust},
};

/// The association of a provider: names for policy documents; the engine reads only the documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Association {
    pub mode: Mode,
    pub login_only: bool,
    pub as_source: bool,
    pub as_target: bool,
    /// The provider's verified flag counts.
    pub verified_counts: bool,
    pub domains: Vec<String>,
}

/// How unknown identities of a provider meet existing accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
        [Self::Off, Self::FieldMatch, Self::AskBinding].into_iter().find(|m| m.name() == name).unwrap_or(Self::Inherit)
    }
}

impl Association {
    /// The document that says it.
    #[must_use]
    pub fn document(&self) -> Document {
        let mut document = Document::default();
        let rule = |id: &str, account, accept: &[(Trust, Proof)], one| Rule {
            id: id.into(),
            description: String::new(),
            account,
            accept: accept.iter().map(|(trust, proof)| Pair { trust: *trust, proof: *proof }).collect(),
            one,
            many: Many::Refuse,
        };
        match self.mode {
            Mode::Inherit => {}
            Mode::Off => {
                document.permits.link_on_login = Some(false);
                document.choices.none = Some(NoMatch::Create);
            }
            Mode::FieldMatch => {
                document.choices.rules =
                    Some(vec![rule("email", MatchField::Email, &[(Trust::Asserted, Proof::None), (Trust::Asserted, Proof::Mailbox), (Trust::Asserted, Proof::Credential)], One::Link)]);
                document.choices.none = Some(NoMatch::Create);
            }
            Mode::AskBinding => {
                document.choices.rules = Some(vec![rule("entered", MatchField::EnteredByUser, &[(Trust::Asserted, Proof::Credential)], One::Offer)]);
                document.choices.none = Some(NoMatch::Offer);
                document.choices.offers = Some(vec![Offer::EnterAccount, Offer::CreateNew]);
                document.choices.disclosure = Some(Disclosure::AfterProof);
            }
        }
        if self.login_only {
            document.choices.login_only = Some(true);
            document.permits.create = Some(false);
            document.permits.link_on_login = Some(false);
        }
        document.permits.as_source = Some(self.as_source);
        document.permits.as_target = Some(self.as_target);
        document.choices.verified_counts = Some(self.verified_counts);
        document.choices.domains = (!self.domains.is_empty()).then(|| self.domains.clone());
        document.preset = Some(format!("association:{}", self.mode.name()));
        document
    }

    /// What a document says, in these names.
    #[must_use]
    pub fn read(document: &Document) -> Self {
        Self {
            mode: document.preset.as_deref().and_then(|p| p.strip_prefix("association:")).map_or(Mode::Inherit, Mode::parse),
            login_only: document.choices.login_only == Some(true),
            as_source: document.permits.as_source != Some(false),
            as_target: document.permits.as_target != Some(false),
            verified_counts: document.choices.verified_counts == Some(true),
            domains: document.choices.domains.clone().unwrap_or_default(),
        }
    }
}
