//! Active Directory, by LDAP.
use super::{Capability, LDAP, LdapTemplate, Preset, Template};

pub const PRESET: Preset = Preset {
    key: "active-directory",
    name: "Active Directory",
    template: Template::Ldap(LdapTemplate {
        // Of people who may sign in, and not of computers; the rule leaves disabled accounts out (MS-ADTS §3.1.1.3.4.4.1).
        login_filter: "(&(objectCategory=person)(objectClass=user)(!(userAccountControl:1.2.840.113556.1.4.803:=2))(|(sAMAccountName={login})(userPrincipalName={login})))",
        subject_attribute: "objectGUID",
        username_attribute: "sAMAccountName",
        name_attribute: "displayName",
        // Groups of groups in one search (MS-ADTS §3.1.1.3.4.4.3).
        group_filter: "(&(objectClass=group)(member:1.2.840.113556.1.4.1941:={dn}))",
        nested_groups: false,
        ..LDAP
    }),
    asks: &["bind_dn", "base_dn", "emails_are_verified"],
    can: &[
        Capability::Email,
        Capability::UserName,
        Capability::StableSubject,
        Capability::Groups,
        Capability::Reauthentication,
    ],
    notes: "The account that searches needs to read people and groups only. People sign in with their user name or their userPrincipalName.",
};
