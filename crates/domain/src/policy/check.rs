//! What a document may not say, found before it is saved.
use super::{
    attribute::{AttributeUse, ProfileAttribute},
    choices::{Agreement, Disclosure, NoMatch},
    fields::{CHOICE_NAMES, Document, Policy},
    rules::OnSingleMatch,
};

crate::named! {
    /// What would be right; `problem-<name>` in the locales.
    pub enum Remedy {
        /// It is said of a provider by name.
        ByName = "by-name",
        /// The field has another name, type or range.
        Field = "field",
        /// Only choices can be final.
        Final = "final",
        /// Nobody new could come in; that is `login_only`.
        BothOff = "both-off",
        /// `login_only` and its contrary.
        LoginOnly = "login-only",
        /// A rule accepts at least one pair.
        Accept = "accept",
        /// A rule has an id of its own.
        RuleId = "rule-id",
        /// Whoever asks is not silent.
        SilentOffer = "silent-offer",
        /// A code has 8 to 16 letters.
        Pin = "pin",
        /// A domain is written as such.
        Domain = "domain",
        /// The expression does not compile.
        Expression = "expression",
        /// A provider that is no source cannot be added in My Account.
        Source = "source",
        /// An agreement has an id, a version, a title and an address.
        Agreement = "agreement",
        /// The field cannot be asked for, or is asked for twice.
        Registration = "registration",
        /// Only whoever runs the instance answers for it (I11).
        HomeOnly = "home-only",
    }
}

/// A document that cannot be in force: the path of the field, what it holds, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub path: String,
    pub value: String,
    pub remedy: Remedy,
}

impl Problem {
    pub fn new(path: impl Into<String>, value: impl Into<String>, remedy: Remedy) -> Self {
        Self { path: path.into(), value: value.into(), remedy }
    }
}

/// Longest time to set up a second factor, in seconds.
const MOST_GRACE: i64 = 90 * 86_400;

impl Agreement {
    /// A short id and version, a title, and an address that a browser can open.
    fn is_sound(&self) -> bool {
        let slug = |s: &str| {
            !s.is_empty()
                && s.len() <= 40
                && s.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b))
        };
        let opens = (self.url.starts_with("https://")
            || (self.url.starts_with('/') && !self.url.starts_with("//")))
            && !self.url.contains(char::is_whitespace)
            && self.url.len() <= 500;
        slug(&self.id)
            && slug(&self.version)
            && !self.title.trim().is_empty()
            && self.title.chars().count() <= 120
            && opens
    }
}

impl Document {
    /// Reads a document.
    ///
    /// # Errors
    /// A [`Problem`] with the path of what is unknown or has a wrong value.
    pub fn parse(json: &str) -> Result<Self, Problem> {
        let mut reader = serde_json::Deserializer::from_str(json);
        let document: Self = serde_path_to_error::deserialize(&mut reader).map_err(|e| {
            Problem::new(e.path().to_string(), e.inner().to_string(), Remedy::Field)
        })?;
        reader.end().map_err(|e| {
            Problem::new(format!("line {}", e.line()), e.to_string(), Remedy::Field)
        })?;
        document.check().map(|()| document)
    }

    /// What no scope may say.
    ///
    /// # Errors
    /// The first [`Problem`]: unknown names in `final`, both permits off without `login_only` (ZI-17) or with its
    /// contrary, a rule without a pair or without its own id, codes that are too short, domains that are none.
    pub fn check(&self) -> Result<(), Problem> {
        if let Some(name) = self.pinned.iter().find(|name| !CHOICE_NAMES.contains(&name.as_str())) {
            return Err(Problem::new("final", name, Remedy::Final));
        }
        let says = |permit: Option<bool>, value: bool| permit == Some(value);
        let (create, link, only) = (
            self.permits.create,
            self.permits.link_on_login,
            self.choices.login_only == Some(true),
        );
        if says(create, false) && says(link, false) && !only {
            return Err(Problem::new(
                "permits",
                "create: false, link_on_login: false",
                Remedy::BothOff,
            ));
        }
        if only && (says(create, true) || says(link, true)) {
            return Err(Problem::new("choices.login_only", "true", Remedy::LoginOnly));
        }
        if says(self.permits.as_source, false) && says(self.permits.link_in_account, true) {
            return Err(Problem::new("permits.as_source", "false", Remedy::Source));
        }
        if let Some(grace) =
            self.floors.second_factor_grace.filter(|grace| !(0..=MOST_GRACE).contains(grace))
        {
            return Err(Problem::new(
                "floors.second_factor_grace",
                grace.to_string(),
                Remedy::Field,
            ));
        }
        let mut ids = std::collections::BTreeSet::new();
        for (place, rule) in self.choices.rules.iter().flatten().enumerate() {
            if rule.accept.is_empty() {
                return Err(Problem::new(
                    format!("choices.rules[{place}].accept"),
                    "[]",
                    Remedy::Accept,
                ));
            }
            let slug = !rule.id.is_empty()
                && rule.id.len() <= 40
                && rule.id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
            if !slug || !ids.insert(rule.id.as_str()) {
                return Err(Problem::new(
                    format!("choices.rules[{place}].id"),
                    &rule.id,
                    Remedy::RuleId,
                ));
            }
        }
        if let Some(pin) = self.choices.pin.filter(|pin| !(8..=16).contains(&pin.length)) {
            return Err(Problem::new("choices.pin.length", pin.length.to_string(), Remedy::Pin));
        }
        let mut ids = std::collections::BTreeSet::new();
        for (place, agreement) in self.choices.agreements.iter().flatten().enumerate() {
            if !agreement.is_sound() || !ids.insert(agreement.id.as_str()) {
                return Err(Problem::new(
                    format!("choices.agreements[{place}]"),
                    &agreement.id,
                    Remedy::Agreement,
                ));
            }
        }
        let mut fields = std::collections::BTreeSet::new();
        for (place, field) in self.choices.registration.iter().flatten().enumerate() {
            if !field.field.allows(AttributeUse::Ask) || !fields.insert(&field.field) {
                return Err(Problem::new(
                    format!("choices.registration[{place}].field"),
                    field.field.name(),
                    Remedy::Registration,
                ));
            }
        }
        for (path, attribute) in self.filled() {
            if let Err(mistake) = attribute.clone().for_use(AttributeUse::Fill) {
                return Err(Problem::new(path, mistake, Remedy::Field));
            }
        }
        if let Some(name) = self.choices.groups_attribute.as_ref().filter(|name| {
            name.trim().is_empty() || name.len() > 200 || name.chars().any(char::is_control)
        }) {
            return Err(Problem::new("choices.groups_attribute", name, Remedy::Field));
        }
        for (place, domain) in self.choices.domains.iter().flatten().enumerate() {
            if crate::email_address::Canonical::parse(&format!("x@{domain}")).is_err() {
                return Err(Problem::new(
                    format!("choices.domains[{place}]"),
                    domain,
                    Remedy::Domain,
                ));
            }
        }
        Ok(())
    }

    /// What claims fill, by the path in the document.
    fn filled(&self) -> Vec<(String, &ProfileAttribute)> {
        let mapped = self.choices.mapping.iter().flat_map(|m| m.keys());
        let mut found: Vec<_> =
            mapped.map(|a| (format!("choices.mapping.{}", a.name()), a)).collect();
        if let Some(sync) = &self.choices.sync {
            for (list, attributes) in [
                ("on_create", &sync.on_create),
                ("on_login", &sync.on_login),
                ("on_link", &sync.on_link),
            ] {
                let places = attributes.iter().enumerate();
                found.extend(places.map(|(n, a)| (format!("choices.sync.{list}[{n}]"), a)));
            }
        }
        found
    }

    /// Rewrites every expression, for imports from another spelling.
    pub fn translate(&mut self, translated: impl Fn(&str) -> String) {
        for rule in self.choices.rules.iter_mut().flatten() {
            rule.when = translated(&rule.when);
            for one in &mut rule.all {
                one.equals = translated(&one.equals);
            }
        }
        for text in self.choices.mapping.iter_mut().flat_map(|m| m.values_mut()) {
            *text = translated(text);
        }
        if let Some(text) = &mut self.choices.claim_filter {
            *text = translated(text);
        }
    }

    /// The expressions of the document: path, text, and whether the result is a condition or a value.
    #[must_use]
    pub fn expressions(&self) -> Vec<(String, String, bool)> {
        let mut found = Vec::new();
        for (place, rule) in self.choices.rules.iter().flatten().enumerate() {
            found.push((format!("choices.rules[{place}].when"), rule.when.clone(), true));
            for (n, one) in rule.all.iter().enumerate() {
                found.push((
                    format!("choices.rules[{place}].all[{n}].equals"),
                    one.equals.clone(),
                    false,
                ));
            }
        }
        for (target, text) in self.choices.mapping.iter().flatten() {
            found.push((format!("choices.mapping.{}", target.name()), text.clone(), false));
        }
        found.push((
            "choices.claim_filter".into(),
            self.choices.claim_filter.clone().unwrap_or_default(),
            true,
        ));
        found.retain(|(_, text, _)| !text.is_empty());
        found
    }
}

impl Policy {
    /// What no combination of scopes may come to.
    ///
    /// # Errors
    /// Both permits off without `login_only`; `silent` with a question.
    pub fn check(&self) -> Result<(), Problem> {
        if !self.permits.create && !self.permits.link_on_login && !self.choices.login_only {
            return Err(Problem::new(
                "permits",
                "create: false, link_on_login: false",
                Remedy::BothOff,
            ));
        }
        if self.choices.disclosure == Disclosure::Silent && !self.choices.login_only {
            if let Some(rule) = self.choices.rules.iter().find(|r| r.one == OnSingleMatch::Offer) {
                return Err(Problem::new(
                    format!("choices.rules.{}.one", rule.id),
                    "offer",
                    Remedy::SilentOffer,
                ));
            }
            if self.choices.none == NoMatch::Offer {
                return Err(Problem::new("choices.none", "offer", Remedy::SilentOffer));
            }
        }
        Ok(())
    }
}
