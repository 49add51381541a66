//! What the form of a provider's association sends, and what is kept of it.
use crate::form_input::bounded;
use domain::policy::ProofMethod;
use serde::{Deserialize, Serialize};
use service::admin::association::{Association, Mode};

/// The switches of an association. A box that is not ticked sends nothing: here that says no.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct AssociationForm {
    pub mode: String,
    pub login_only: bool,
    pub as_source: bool,
    pub as_target: bool,
    pub verified_counts: bool,
    pub domains: String,
    pub own_directory: bool,
    pub bind_methods: Vec<String>,
}

impl From<AssociationForm> for Association {
    fn from(form: AssociationForm) -> Self {
        Self {
            mode: Mode::parse(&form.mode),
            login_only: form.login_only,
            bind_methods: BINDS
                .into_iter()
                .filter(|(name, ..)| form.bind_methods.iter().any(|one| one == name))
                .map(|(_, method, _)| method)
                .collect(),
            as_source: form.as_source,
            as_target: form.as_target,
            verified_counts: form.verified_counts,
            domains: form
                .domains
                .split([' ', ',', '\n', '\r'])
                .filter(|word| !word.is_empty())
                .map(|word| bounded(word, 120))
                .take(40)
                .collect(),
            own_directory: form.own_directory,
        }
    }
}

/// What a binding page can ask for: what the form sends, and the label.
pub(crate) const BINDS: [(&str, ProofMethod, &str); 5] = [
    ("password", ProofMethod::Password, "bind-method-password"),
    ("email_code", ProofMethod::EmailCode, "bind-method-email-code"),
    ("phone_code", ProofMethod::PhoneCode, "bind-method-phone-code"),
    ("passkey", ProofMethod::Passkey, "bind-method-passkey"),
    ("identity", ProofMethod::Identity, "bind-method-identity"),
];

/// Where a flash holds a form's association.
pub(crate) const KEPT: &str = "association";

/// The association as the form had it, for a page that comes back with a problem: boxes that are not ticked send nothing.
pub(crate) fn kept(association: &Association) -> Option<(String, String)> {
    Some((KEPT.to_owned(), serde_json::to_string(association).ok()?))
}
