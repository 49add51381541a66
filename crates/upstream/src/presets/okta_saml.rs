//! Okta by SAML ("Create SAML app integrations", "Okta Expression Language").
use super::{Capability::{Email, UserName, StableSubject, Groups, Reauthentication}, Preset, SAML, SamlTemplate, Template};

pub const PRESET: Preset = Preset {
    key: "okta-saml",
    name: "Okta, by SAML",
    // The NameID is a user name there, whatever its format says.
    template: Template::Saml(SamlTemplate { subject_claim: "id", groups_claim: "groups", ..SAML }),
    asks: &["metadata_url", "metadata"],
    can: &[Email, UserName, StableSubject, Groups, Reauthentication],
    notes: "The application needs an attribute statement id with the value user.getInternalProperty(\"id\").",
};
