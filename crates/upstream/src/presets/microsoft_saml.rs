//! Microsoft Entra by SAML ("SAML token claims reference").
use super::{Capability::{Email, UserName, StableSubject, Groups, Reauthentication}, Preset, SAML, SamlTemplate, Template};

pub const PRESET: Preset = Preset {
    key: "microsoft-saml",
    name: "Microsoft Entra, by SAML",
    template: Template::Saml(SamlTemplate {
        // Sent with every token; the NameID is a name that can change.
        subject_claim: "http://schemas.microsoft.com/identity/claims/objectidentifier",
        ..SAML
    }),
    asks: &["metadata_url", "metadata"],
    can: &[Email, UserName, StableSubject, Groups, Reauthentication],
    notes: "People are known by their object identifier. Groups come as identifiers, and from 150 of them on not at all.",
};
