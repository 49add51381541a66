//! SimpleSAMLphp ("IdP quickstart", `saml:PersistentNameID`).
use super::{Capability::{Email, UserName, StableSubject, Groups, Reauthentication}, Preset, SAML, Template};

pub const PRESET: Preset = Preset {
    key: "simplesamlphp",
    name: "SimpleSAMLphp",
    template: Template::Saml(SAML),
    asks: &["metadata_url", "metadata", "subject_claim"],
    can: &[Email, UserName, StableSubject, Groups, Reauthentication],
    notes: "It sends a persistent NameID only with the authentication processing filter for one; eduPersonUniqueId or pairwise-id is as good.",
};
