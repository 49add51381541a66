//! AD FS by SAML ("AD FS claim rules", "FederationMetadata.xml").
use super::{Capability::{Email, UserName, StableSubject, Groups, Reauthentication}, Preset, SAML, SamlTemplate, Template};

pub const PRESET: Preset = Preset {
    key: "adfs-saml",
    name: "AD FS, by SAML",
    template: Template::Saml(SamlTemplate {
        metadata_url: "https://{host}/FederationMetadata/2007-06/FederationMetadata.xml",
        // A persistent NameID takes rules of its own there; the SID is a claim of every account and stays with it.
        subject_claim: "http://schemas.microsoft.com/ws/2008/06/identity/claims/primarysid",
        ..SAML
    }),
    asks: &["metadata"],
    can: &[Email, UserName, StableSubject, Groups, Reauthentication],
    notes: "Claim rules have to pass the primary SID through; without it nobody has a key.",
};
