//! What an administrator configures of a SAML identity provider.
use serde::{Deserialize, Serialize};

use super::problem::SettingsProblem;

/// A SAML 2.0 identity provider. The provider's secret is the key that signs our requests, with its certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SamlSettings {
    /// The preset that filled the settings in; empty: none.
    #[serde(default)]
    pub preset: String,
    /// Where its metadata are; read when something of the three below is empty, and at no other time, so that nobody but an
    /// administrator changes who is believed.
    #[serde(default)]
    pub metadata_url: String,
    /// Its metadata as XML, in the place of the three below. What they say is stored, and they are not.
    #[serde(default, skip_serializing)]
    pub metadata: String,
    /// The provider's name, byte for byte.
    #[serde(default)]
    pub idp_entity_id: String,
    /// Where requests go, by HTTP-Redirect.
    #[serde(default)]
    pub sso_url: String,
    /// Certificates of the keys that sign its answers, as PEM: all that are in use, and those that come next.
    #[serde(default)]
    pub certificates: String,
    /// The attribute that names a person for ever (ID-12); empty: the persistent NameID.
    #[serde(default)]
    pub subject_claim: String,
    /// Empty: what is usual, here and in the next three.
    #[serde(default)]
    pub email_claim: String,
    /// Nobody can have somebody else's address there: addresses count as verified.
    #[serde(default)]
    pub emails_are_verified: bool,
    #[serde(default)]
    pub name_claim: String,
    #[serde(default)]
    pub username_claim: String,
    #[serde(default)]
    pub groups_claim: String,
    /// Requests are signed, by a key that we make where none was given.
    #[serde(default)]
    pub sign_requests: bool,
    /// It authenticates people anew when it is asked to (ForceAuthn), and says when it did (FR-32).
    #[serde(default = "yes")]
    pub force_authn: bool,
}

fn yes() -> bool {
    true
}

impl Default for SamlSettings {
    fn default() -> Self {
        Self {
            preset: String::new(),
            metadata_url: String::new(),
            metadata: String::new(),
            idp_entity_id: String::new(),
            sso_url: String::new(),
            certificates: String::new(),
            subject_claim: String::new(),
            email_claim: String::new(),
            emails_are_verified: false,
            name_claim: String::new(),
            username_claim: String::new(),
            groups_claim: String::new(),
            sign_requests: false,
            force_authn: true,
        }
    }
}

/// Ends of attributes' names that can change, or that somebody else can have later: no key (ID-12).
const MUTABLE: [&str; 22] = [
    "cn",
    "displayname",
    "email",
    "emailaddress",
    "givenname",
    "mail",
    "name",
    "samaccountname",
    "sn",
    "surname",
    "uid",
    "upn",
    "username",
    "userprincipalname",
    "windowsaccountname",
    "urn:oid:0.9.2342.19200300.100.1.1",
    "urn:oid:0.9.2342.19200300.100.1.3",
    "urn:oid:1.2.840.113549.1.9.1",
    "urn:oid:2.5.4.3",
    "urn:oid:2.5.4.4",
    "urn:oid:2.5.4.42",
    "urn:oid:2.16.840.1.113730.3.1.241",
];

/// Whether an attribute of this name can change.
fn is_mutable(name: &str) -> bool {
    let name = name.to_lowercase();
    let end = name.rsplit('/').next().unwrap_or_default();
    MUTABLE.contains(&end) || MUTABLE.contains(&name.as_str())
}

impl SamlSettings {
    /// Our own name at the provider: the address of what we publish for it. `redirect_uri` ends in `/callback/<key>`.
    #[must_use]
    pub fn entity_id(redirect_uri: &str) -> String {
        match redirect_uri.rsplit_once("/callback/") {
            Some((here, key)) => format!("{here}/saml/{key}/metadata"),
            None => redirect_uri.to_owned(),
        }
    }

    /// Something of who the provider is has to be read at the address of its metadata.
    #[must_use]
    pub fn wants_metadata(&self) -> bool {
        let known = [&self.idp_entity_id, &self.sso_url, &self.certificates];
        self.metadata.trim().is_empty()
            && !self.metadata_url.is_empty()
            && known.iter().any(|text| text.trim().is_empty())
    }

    /// Everything that keeps them from being saved; `url` judges an address.
    pub(super) fn problems(
        &self,
        url: impl Fn(&'static str, &str) -> Result<(), SettingsProblem>,
    ) -> Vec<Result<(), SettingsProblem>> {
        let wrong = |field: &'static str, remedy: &'static str, is: bool| {
            if is { Err(SettingsProblem { field, remedy }) } else { Ok(()) }
        };
        let named = |field: &'static str, text: &str| {
            wrong(
                field,
                "field-saml-attribute",
                text.len() > 300 || text.contains(char::is_control),
            )
        };
        let known = [&self.idp_entity_id, &self.sso_url, &self.certificates];
        let nothing = known.iter().all(|text| text.trim().is_empty());
        let optional = |field, text: &str| if text.is_empty() { Ok(()) } else { url(field, text) };
        let mut found = vec![
            wrong("kind", "field-saml-absent", !cfg!(feature = "saml")),
            optional("metadata_url", &self.metadata_url),
            wrong("metadata", "field-saml-metadata-unread", !self.metadata.trim().is_empty()),
            wrong("metadata", "field-saml-metadata", nothing),
        ];
        if !nothing {
            found.extend([
                wrong("idp_entity_id", "field-required", self.idp_entity_id.trim().is_empty()),
                wrong("idp_entity_id", "field-saml-attribute", self.idp_entity_id.len() > 1024),
                url("sso_url", &self.sso_url),
                wrong("certificates", "field-required", self.certificates.trim().is_empty()),
                wrong("certificates", "field-saml-certificate", !self.can_read_certificates()),
            ]);
        }
        found.extend([
            named("subject_claim", &self.subject_claim),
            wrong("subject_claim", "field-subject-mutable", is_mutable(&self.subject_claim)),
            named("email_claim", &self.email_claim),
            named("name_claim", &self.name_claim),
            named("username_claim", &self.username_claim),
            named("groups_claim", &self.groups_claim),
        ]);
        found
    }
}

#[cfg(feature = "saml")]
mod reads {
    use super::SamlSettings;
    use crate::{
        SafeHttpClient, UpstreamError,
        protocols::saml::{Published, fetch, read_certificates, read_metadata},
        settings::SettingsProblem,
    };

    impl SamlSettings {
        pub(super) fn can_read_certificates(&self) -> bool {
            read_certificates(&self.certificates).is_some_and(|found| !found.is_empty())
        }

        /// The same certificates in one spelling.
        pub(in crate::settings) fn keys(&self) -> String {
            let mut keys: Vec<_> = read_certificates(&self.certificates)
                .unwrap_or_default()
                .iter()
                .map(|one| one.base64())
                .collect();
            keys.sort_unstable();
            keys.join(" ")
        }

        /// With what the metadata say that stand in them, if some do.
        ///
        /// # Errors
        /// [`SettingsProblem`] where they cannot be read.
        pub(in crate::settings) fn with_own_metadata(self) -> Result<Self, SettingsProblem> {
            if self.metadata.trim().is_empty() {
                return Ok(self);
            }
            match read_metadata(&self.metadata) {
                Ok(found) => Ok(self.with(found)),
                Err(_) => {
                    Err(SettingsProblem { field: "metadata", remedy: "field-saml-metadata-unread" })
                }
            }
        }

        /// With what its metadata say at their address.
        ///
        /// # Errors
        /// As for the metadata at an address: no answer, or none that is metadata.
        pub async fn with_fetched(self, guard: &SafeHttpClient) -> Result<Self, UpstreamError> {
            let found = fetch(&self.metadata_url, guard).await?;
            Ok(self.with(found))
        }

        fn with(self, found: Published) -> Self {
            let pem: Vec<_> = found.certificates.iter().map(|one| one.pem()).collect();
            Self {
                metadata: String::new(),
                idp_entity_id: found.entity_id,
                sso_url: found.sso_url,
                certificates: pem.join("\n"),
                sign_requests: self.sign_requests || found.wants_signed,
                ..self
            }
        }
    }
}

#[cfg(not(feature = "saml"))]
mod reads {
    use super::SamlSettings;
    use crate::{SafeHttpClient, UpstreamError, error::Part, settings::SettingsProblem};

    impl SamlSettings {
        pub(super) fn can_read_certificates(&self) -> bool {
            false
        }

        pub(in crate::settings) fn keys(&self) -> String {
            self.certificates.clone()
        }

        pub(in crate::settings) fn with_own_metadata(self) -> Result<Self, SettingsProblem> {
            Ok(self)
        }

        /// # Errors
        /// Always: this program was built without SAML.
        pub async fn with_fetched(self, _: &SafeHttpClient) -> Result<Self, UpstreamError> {
            Err(UpstreamError::field(Part::Settings, "kind", "built without SAML"))
        }
    }
}
