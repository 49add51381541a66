//! Who somebody is, and what the provider tells of them: attributes under the names of OpenID Connect's claims.
use serde_json::{Map, Value};

use super::assertion::{Attribute, NameId, Vouched};
use crate::{
    Assertion, Once, UpstreamError, error::Part, settings::SamlSettings, subject::text_subject,
};

const PERSISTENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";
const TRANSIENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient";
const EMAIL: &str = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress";

/// Names under which providers send an address, the likeliest first: the claims of AD FS and Entra, the object identifiers
/// of RFC 4519 and eduPerson, and what people type.
const EMAILS: &[&str] = &[
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress",
    "urn:oid:0.9.2342.19200300.100.1.3",
    "urn:oid:1.2.840.113549.1.9.1",
    "mail",
    "email",
    "emailAddress",
];
const NAMES: &[&str] = &[
    "http://schemas.microsoft.com/identity/claims/displayname",
    "urn:oid:2.16.840.1.113730.3.1.241",
    "displayName",
    "urn:oid:2.5.4.3",
    "http://schemas.xmlsoap.org/claims/CommonName",
    "cn",
];
const USER_NAMES: &[&str] = &[
    "urn:oid:0.9.2342.19200300.100.1.1",
    "http://schemas.microsoft.com/ws/2008/06/identity/claims/windowsaccountname",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name",
    "urn:oid:1.3.6.1.4.1.5923.1.1.1.6",
    "uid",
    "username",
];
const GROUPS: &[&str] = &[
    "http://schemas.xmlsoap.org/claims/Group",
    "http://schemas.microsoft.com/ws/2008/06/identity/claims/groups",
    "urn:oid:1.3.6.1.4.1.5923.1.5.1.1",
    "http://schemas.microsoft.com/ws/2008/06/identity/claims/role",
    "groups",
    "memberOf",
    "isMemberOf",
    "Role",
];
const GIVEN: &[&str] = &[
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname",
    "urn:oid:2.5.4.42",
    "givenName",
    "firstName",
];
const FAMILY: &[&str] = &[
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname",
    "urn:oid:2.5.4.4",
    "sn",
    "surname",
    "lastName",
];
const PHONES: &[&str] = &[
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/mobilephone",
    "urn:oid:0.9.2342.19200300.100.1.41",
    "urn:oid:2.5.4.20",
    "mobile",
    "telephoneNumber",
];

/// Claims that mean something to us: an attribute that is only called so is none.
const OURS: [&str; 12] = [
    "acr",
    "amr",
    "auth_time",
    "email",
    "email_verified",
    "groups",
    "iss",
    "name",
    "phone_number",
    "phone_number_verified",
    "preferred_username",
    "sub",
];

/// An attribute by its name, or by the friendly one.
fn find<'a>(all: &'a [Attribute], name: &str) -> Option<&'a Attribute> {
    let has = |one: &&Attribute| !one.values.is_empty();
    let named = all.iter().filter(has).find(|one| one.name == name);
    named.or_else(|| all.iter().filter(has).find(|one| one.friendly == name))
}

/// The attribute that was chosen, or the first of a table.
fn chosen<'a>(all: &'a [Attribute], name: &str, table: &[&str]) -> Option<&'a Attribute> {
    if name.is_empty() { table.iter().find_map(|name| find(all, name)) } else { find(all, name) }
}

/// The person's key: the chosen attribute, or the persistent name (Core §8.3.7).
fn subject(
    settings: &SamlSettings,
    entity_id: &str,
    vouched: &Vouched,
) -> Result<String, UpstreamError> {
    let wrong = |field: String, what: &str| UpstreamError::field(Part::Assertion, field, what);
    if !settings.subject_claim.is_empty() {
        let name = settings.subject_claim.clone();
        return match find(&vouched.attributes, &name).map(|one| one.values.as_slice()) {
            None => Err(wrong(name, "missing: the provider has to send it")),
            Some([value]) => text_subject(&Value::from(value.as_str()))
                .ok_or_else(|| wrong(name, "is no key: too long, or with control characters")),
            Some(_) => Err(wrong(name, "has several values")),
        };
    }
    let field = || "NameID".to_owned();
    let name = vouched.name_id.as_ref().ok_or_else(|| wrong(field(), "missing"))?;
    match name.format.as_str() {
        PERSISTENT => {}
        TRANSIENT => {
            return Err(wrong(
                field(),
                "is another one each time (transient): have a persistent one sent, or choose an attribute as the key",
            ));
        }
        _ => {
            return Err(wrong(
                field(),
                "is not persistent, so that somebody else can have it later: have a persistent one sent, or choose an attribute as the key",
            ));
        }
    }
    let of = |qualifier: &str, own: &str| qualifier.is_empty() || qualifier == own;
    if !of(&name.qualifier, &settings.idp_entity_id) || !of(&name.sp_qualifier, entity_id) {
        return Err(wrong(field(), "is qualified for somebody else"));
    }
    text_subject(&Value::from(name.value.trim()))
        .ok_or_else(|| wrong(field(), "is no key: empty, too long, or with control characters"))
}

/// An address as a name.
fn address(name: Option<&NameId>) -> Option<String> {
    name.filter(|name| name.format == EMAIL).map(|name| name.value.trim().to_owned())
}

/// What is vouched for, as an assertion; `entity_id` is our own name.
pub fn assertion(
    settings: &SamlSettings,
    entity_id: &str,
    vouched: Vouched,
) -> Result<Assertion, UpstreamError> {
    let subject = subject(settings, entity_id, &vouched)?;
    let all = &vouched.attributes;
    let mut claims = Map::new();
    let value = |values: &[String]| match values {
        [one] => Value::from(one.as_str()),
        many => Value::from(many.to_vec()),
    };
    for name in [|one: &Attribute| one.friendly.clone(), |one: &Attribute| one.name.clone()] {
        for one in all.iter().filter(|one| !one.values.is_empty()) {
            let name = name(one);
            if !name.is_empty() && name.len() <= 500 && !OURS.contains(&name.as_str()) {
                claims.insert(name, value(&one.values));
            }
        }
    }
    for (claim, name, table) in [
        ("email", settings.email_claim.as_str(), EMAILS),
        ("name", &settings.name_claim, NAMES),
        ("preferred_username", &settings.username_claim, USER_NAMES),
        ("given_name", "", GIVEN),
        ("family_name", "", FAMILY),
        ("phone_number", "", PHONES),
    ] {
        if let Some(first) = chosen(all, name, table).and_then(|one| one.values.first()) {
            claims.insert(claim.into(), first.as_str().into());
        }
    }
    if !claims.contains_key("email")
        && let Some(address) = address(vouched.name_id.as_ref())
    {
        claims.insert("email".into(), address.into());
    }
    if claims.contains_key("email") {
        claims.insert("email_verified".into(), settings.emails_are_verified.into());
    }
    if !claims.contains_key("name")
        && let (Some(Value::String(given)), Some(Value::String(family))) =
            (claims.get("given_name"), claims.get("family_name"))
    {
        claims.insert("name".into(), format!("{given} {family}").into());
    }
    if let Some(groups) = chosen(all, &settings.groups_claim, GROUPS) {
        claims.insert("groups".into(), groups.values.clone().into());
    }
    if let Some(context) = vouched.context {
        claims.insert("acr".into(), context.into());
    }
    let auth_at = vouched.authenticated_at.filter(|_| settings.force_authn);
    if let Some(at) = auth_at {
        claims.insert("auth_time".into(), at.div_euclid(domain::SECOND).into());
    }
    Ok(Assertion {
        auth_at,
        once: Some(Once { id: vouched.id, until: vouched.until }),
        ..Assertion::from_claims(subject, claims)
    })
}
