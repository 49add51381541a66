//! FreeIPA, by LDAP.
use super::{Capability, LDAP, LdapTemplate, Preset, Template};

pub const PRESET: Preset = Preset {
    key: "free-ipa",
    name: "FreeIPA",
    template: Template::Ldap(LdapTemplate {
        login_filter: "(&(objectClass=person)(!(nsAccountLock=TRUE))(|(uid={login})(mail={login})))",
        subject_attribute: "ipaUniqueID",
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
    notes: "A system account under cn=sysaccounts,cn=etc may search. 389 Directory Server without FreeIPA names entries by nsUniqueId.",
};
