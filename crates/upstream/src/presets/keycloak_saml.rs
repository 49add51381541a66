//! Keycloak by SAML ("Server Administration Guide", SAML clients).
use super::{Capability::{Email, UserName, StableSubject, Groups, Reauthentication}, Preset, SAML, SamlTemplate, Template};

pub const PRESET: Preset = Preset {
    key: "keycloak-saml",
    name: "Keycloak, by SAML",
    template: Template::Saml(SamlTemplate {
        metadata_url: "https://{host}/realms/{realm}/protocol/saml/descriptor",
        ..SAML
    }),
    asks: &["metadata"],
    can: &[Email, UserName, StableSubject, Groups, Reauthentication],
    notes: "Sign assertions has to be on and Encrypt assertions off; address, name and groups each need a mapper of the client.",
};
