//! OpenLDAP, by LDAP.
use super::{Capability, Preset, Template, LDAP};

pub const PRESET: Preset = Preset {
    key: "openldap",
    name: "OpenLDAP",
    template: Template::Ldap(LDAP),
    asks: &["bind_dn", "base_dn", "emails_are_verified"],
    can: &[
        Capability::Email,
        Capability::UserName,
        Capability::StableSubject,
        Capability::Groups,
        Capability::Reauthentication,
    ],
    notes: "People and groups follow inetOrgPerson and groupOfNames; other classes need another filter.",
};
