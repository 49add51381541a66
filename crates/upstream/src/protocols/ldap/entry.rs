//! An entry of a directory as claims.
use ldap3_proto::proto::LdapSearchResultEntry;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::{Assertion, UpstreamError, error::Part, settings::LdapSettings};

/// Values that are kept of one attribute, and how long each may be.
const MOST_VALUES: usize = 50;
const LONGEST: usize = 2000;

/// The values of an attribute; its name counts without its case and without options (RFC 4512 §2.5).
fn values<'a>(entry: &'a LdapSearchResultEntry, name: &str) -> impl Iterator<Item = &'a [u8]> {
    let name = name.to_owned();
    entry
        .attributes
        .iter()
        .filter(move |attribute| attribute.atype.eq_ignore_ascii_case(&name))
        .flat_map(|attribute| attribute.vals.iter().map(Vec::as_slice))
}

/// The texts of an attribute; what is no text is left out.
pub(super) fn texts(entry: &LdapSearchResultEntry, name: &str) -> Vec<String> {
    values(entry, name)
        .filter_map(|value| std::str::from_utf8(value).ok())
        .map(str::trim)
        .filter(|text| !text.is_empty() && text.len() <= LONGEST)
        .map(str::to_owned)
        .take(MOST_VALUES)
        .collect()
}

/// The key of an entry: a text as it is, the 16 bytes of a GUID as Active Directory writes it (MS-DTYP §2.3.4).
fn subject(entry: &LdapSearchResultEntry, name: &str) -> Result<String, UpstreamError> {
    let field = |what: &str| UpstreamError::field(Part::Entries, name.to_owned(), what);
    let mut all = values(entry, name);
    let value =
        all.next().ok_or_else(|| field("missing, or the search account may not read it"))?;
    if all.next().is_some() {
        return Err(field("several values"));
    }
    let is_guid = name.eq_ignore_ascii_case("objectGUID");
    match (is_guid.then(|| <[u8; 16]>::try_from(value).ok()).flatten(), std::str::from_utf8(value))
    {
        (Some(guid), _) => Ok(Uuid::from_bytes_le(guid).to_string()),
        (None, Ok(text))
            if (1..=255).contains(&text.len()) && !text.chars().any(char::is_control) =>
        {
            Ok(text.to_owned())
        }
        (None, _) => Err(field("no text")),
    }
}

/// What the directory says of who signed in; `groups` are names.
pub(super) fn assertion(
    settings: &LdapSettings,
    entry: &LdapSearchResultEntry,
    groups: Option<Vec<String>>,
    now: domain::Micros,
) -> Result<Assertion, UpstreamError> {
    let subject = subject(entry, &settings.subject_attribute)?;
    let mut claims = Map::new();
    claims.insert("dn".into(), entry.dn.clone().into());
    for name in &settings.wanted_attributes {
        let mut found = texts(entry, name);
        match found.len() {
            0 => continue,
            1 => claims.insert(name.clone(), found.swap_remove(0).into()),
            _ => claims.insert(name.clone(), found.into()),
        };
    }
    // An address that stands first is the entry's own; further ones are aliases of the mailbox at best.
    for (claim, attribute) in [
        ("email", &settings.email_attribute),
        ("name", &settings.name_attribute),
        ("preferred_username", &settings.username_attribute),
    ] {
        if let Some(first) = texts(entry, attribute).into_iter().next() {
            claims.insert(claim.into(), first.into());
        }
    }
    if claims.contains_key("email") {
        claims.insert("email_verified".into(), Value::Bool(settings.emails_are_verified));
    }
    if let Some(groups) = groups {
        claims.insert("groups".into(), groups.into());
    }
    // The password was typed just now: to the microsecond, and not of the directory's saying.
    Ok(Assertion { auth_at: Some(now), ..Assertion::from_claims(subject, claims) })
}

#[cfg(test)]
mod tests {
    use ldap3_proto::proto::LdapPartialAttribute;

    use super::*;

    fn entry(attributes: &[(&str, &[&[u8]])]) -> LdapSearchResultEntry {
        LdapSearchResultEntry {
            dn: "uid=a,dc=corp,dc=test".into(),
            attributes: attributes
                .iter()
                .map(|(name, vals)| LdapPartialAttribute {
                    atype: (*name).into(),
                    vals: vals.iter().map(|v| v.to_vec()).collect(),
                })
                .collect(),
        }
    }

    fn settings(subject: &str) -> LdapSettings {
        LdapSettings {
            subject_attribute: subject.into(),
            email_attribute: "mail".into(),
            name_attribute: "cn".into(),
            username_attribute: "uid".into(),
            wanted_attributes: vec!["department".into(), "proxyAddresses".into()],
            ..LdapSettings::default()
        }
    }

    #[test]
    fn an_entry_becomes_claims_and_its_address_is_verified_only_where_the_directory_vouches() {
        let found = entry(&[
            ("EntryUUID", &[b"59ec4b3c"]),
            ("mail", &[b"a@corp.test", b"b@corp.test"]),
            ("cn", &[b"Anna"]),
            ("UID", &[b"anna"]),
            ("department", &[b"Ops"]),
            ("proxyAddresses", &[b"x", b"y"]),
        ]);
        let told = assertion(&settings("entryUUID"), &found, Some(vec!["staff".into()]), 5_000_000)
            .unwrap();
        assert_eq!((told.subject.as_str(), told.auth_at), ("59ec4b3c", Some(5_000_000)));
        assert_eq!((told.email.as_deref(), told.email_verified), (Some("a@corp.test"), false));
        assert_eq!(told.name.as_deref(), Some("Anna"));
        assert_eq!(told.claims["preferred_username"], "anna");
        assert_eq!(told.claims["department"], "Ops");
        assert_eq!(told.claims["proxyAddresses"], serde_json::json!(["x", "y"]));
        assert_eq!(told.claims["groups"], serde_json::json!(["staff"]));
        let vouched = LdapSettings { emails_are_verified: true, ..settings("entryUUID") };
        assert!(assertion(&vouched, &found, None, 0).unwrap().email_verified);
    }

    #[test]
    fn a_key_is_one_value_and_a_guid_is_written_as_its_owner_writes_it() {
        let guid = b"\x33\x22\x11\x00\x55\x44\x77\x66\x88\x99\xaa\xbb\xcc\xdd\xee\xff";
        let told = assertion(&settings("objectGUID"), &entry(&[("objectGUID", &[guid])]), None, 0);
        assert_eq!(told.unwrap().subject, "00112233-4455-6677-8899-aabbccddeeff");
        for bad in [
            entry(&[]),
            entry(&[("entryUUID", &[b"a", b"b"])]),
            entry(&[("entryUUID", &[b"\xff\xfe"])]),
            entry(&[("entryUUID", &[b""])]),
            entry(&[("entryUUID", &[b"a\nb"])]),
        ] {
            assert!(assertion(&settings("entryUUID"), &bad, None, 0).is_err());
        }
    }
}
