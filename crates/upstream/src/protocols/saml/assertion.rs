//! A signed assertion: for us, for the request of this browser, for now; and what it vouches for (SAML 2.0 Core §2).
use domain::{DAY, Micros};

use super::{
    certificate::Certificate,
    time,
    xml::{ASSERTION, Node},
};
use crate::{
    error::{Part, UpstreamError},
    protocols::skew::SKEW,
};

const BEARER: &str = "urn:oasis:names:tc:SAML:2.0:cm:bearer";

/// What the answer to one request of one browser has to say.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// Where it was posted.
    pub acs: &'a str,
    /// Our name.
    pub entity_id: &'a str,
    /// The provider's name.
    pub idp: &'a str,
    /// The request of this browser.
    pub request: &'a str,
    pub keys: &'a [Certificate],
    /// Now, in microseconds.
    pub now: Micros,
}

/// The name of a person.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NameId {
    pub value: String,
    pub format: String,
    /// Whose name it is: the provider's that made it, and the application's that it is for; empty: not said.
    pub qualifier: String,
    pub sp_qualifier: String,
}

/// An attribute with its values, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attribute {
    pub name: String,
    pub friendly: String,
    pub values: Vec<String>,
}

/// What the provider vouches for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Vouched {
    /// The assertion's own, for telling it from every other.
    pub id: String,
    /// From then on it counts for nobody any more, in microseconds.
    pub until: Micros,
    pub name_id: Option<NameId>,
    pub attributes: Vec<Attribute>,
    /// How the person authenticated.
    pub context: Option<String>,
    /// When, in microseconds.
    pub authenticated_at: Option<Micros>,
}

fn assertion(field: &'static str, what: impl Into<String>) -> UpstreamError {
    UpstreamError::field(Part::Assertion, field, what)
}

/// What a signed assertion vouches for.
///
/// # Errors
/// [`UpstreamError::Answer`] where a check failed.
pub fn vouched(node: Node<'_>, expected: &Expected<'_>) -> Result<Vouched, UpstreamError> {
    if !node.is(ASSERTION, "Assertion") || node.attribute("Version") != Some("2.0") {
        return Err(assertion("Version", "is not 2.0"));
    }
    let issuer = node.one(ASSERTION, "Issuer").ok().flatten().map(Node::text);
    if issuer.as_deref().map(str::trim) != Some(expected.idp) {
        return Err(assertion("Issuer", "is another provider"));
    }
    let id = node.attribute("ID").filter(|id| (1..=255).contains(&id.len()));
    let id = id.ok_or_else(|| assertion("ID", "missing"))?.to_owned();
    let until = conditions(node, expected)?;
    let subject = node.one(ASSERTION, "Subject").ok().flatten();
    let subject = subject.ok_or_else(|| assertion("Subject", "missing"))?;
    let confirmed = confirmed(subject, expected)?;
    let (context, authenticated_at) = authenticated(node, expected.now)?;
    if !subject.all(ASSERTION, "EncryptedID").is_empty() {
        return Err(assertion("EncryptedID", "encrypted names are not read here"));
    }
    let name_id =
        subject.one(ASSERTION, "NameID").map_err(|_| assertion("NameID", "is there twice"))?;
    Ok(Vouched {
        id,
        until: until.unwrap_or(confirmed).max(confirmed),
        name_id: name_id.map(named),
        attributes: attributes(node)?,
        context,
        authenticated_at,
    })
}

fn named(node: Node<'_>) -> NameId {
    let attribute = |name| node.attribute(name).unwrap_or_default().to_owned();
    NameId {
        value: node.text(),
        format: attribute("Format"),
        qualifier: attribute("NameQualifier"),
        sp_qualifier: attribute("SPNameQualifier"),
    }
}

/// A moment of an attribute; `None` where it is not there.
fn moment(node: Node<'_>, name: &'static str) -> Result<Option<Micros>, UpstreamError> {
    match node.attribute(name) {
        None => Ok(None),
        Some(text) => time::read(text).map(Some).ok_or_else(|| assertion(name, "is no time")),
    }
}

/// When it begins and ends, with some time for clocks that differ. Answers its end.
fn lasts(node: Node<'_>, now: Micros) -> Result<Option<Micros>, UpstreamError> {
    if moment(node, "NotBefore")?.is_some_and(|from| from > now.saturating_add(SKEW)) {
        return Err(assertion("NotBefore", "is not yet: are the clocks of both right?"));
    }
    let until = moment(node, "NotOnOrAfter")?;
    if until.is_some_and(|until| until.saturating_add(SKEW) <= now) {
        return Err(assertion("NotOnOrAfter", "is over: are the clocks of both right?"));
    }
    Ok(until)
}

/// For us, now, and under no condition that we do not know (Core §2.5.1). Answers its end.
fn conditions(node: Node<'_>, expected: &Expected<'_>) -> Result<Option<Micros>, UpstreamError> {
    let conditions = node.one(ASSERTION, "Conditions").ok().flatten();
    let conditions = conditions.ok_or_else(|| assertion("Conditions", "missing"))?;
    let until = lasts(conditions, expected.now)?;
    let mut meant = false;
    for condition in conditions.children() {
        if condition.is(ASSERTION, "AudienceRestriction") {
            let audiences = condition.all(ASSERTION, "Audience");
            if !audiences.iter().any(|a| a.text().trim() == expected.entity_id) {
                return Err(assertion("Audience", format!("is not {}", expected.entity_id)));
            }
            meant = true;
        } else if !condition.is(ASSERTION, "OneTimeUse")
            && !condition.is(ASSERTION, "ProxyRestriction")
        {
            return Err(assertion("Conditions", "there is one that is not known here"));
        }
    }
    if meant { Ok(until) } else { Err(assertion("Audience", "missing")) }
}

/// The browser that brings it is the one that asked (Profiles §4.1.4.2). Answers until when that counts.
fn confirmed(subject: Node<'_>, expected: &Expected<'_>) -> Result<Micros, UpstreamError> {
    let mut why = assertion("SubjectConfirmation", "none by bearer");
    for one in subject.all(ASSERTION, "SubjectConfirmation") {
        if one.attribute("Method") != Some(BEARER) {
            continue;
        }
        let data = one.one(ASSERTION, "SubjectConfirmationData").ok().flatten();
        let found = data
            .ok_or_else(|| assertion("SubjectConfirmationData", "missing"))
            .and_then(|data| confirms(data, expected));
        match found {
            Ok(until) => return Ok(until),
            Err(error) => why = error,
        }
    }
    Err(why)
}

fn confirms(data: Node<'_>, expected: &Expected<'_>) -> Result<Micros, UpstreamError> {
    if data.attribute("Recipient") != Some(expected.acs) {
        return Err(assertion("Recipient", "is another address than ours"));
    }
    match data.attribute("InResponseTo") {
        Some(request) if request == expected.request => {}
        Some(_) => return Err(assertion("InResponseTo", "is another request")),
        None => return Err(assertion("InResponseTo", "missing: nobody here asked for it")),
    }
    if data.attribute("NotBefore").is_some() {
        return Err(assertion("NotBefore", "stands where none may stand"));
    }
    lasts(data, expected.now)?.ok_or_else(|| assertion("NotOnOrAfter", "missing"))
}

/// How and when the person authenticated (Core §2.7.2).
fn authenticated(
    node: Node<'_>,
    now: Micros,
) -> Result<(Option<String>, Option<Micros>), UpstreamError> {
    let statement = node.all(ASSERTION, "AuthnStatement").into_iter().next();
    let statement =
        statement.ok_or_else(|| assertion("AuthnStatement", "missing: nobody authenticated"))?;
    if moment(statement, "SessionNotOnOrAfter")?
        .is_some_and(|until| until.saturating_add(SKEW) <= now)
    {
        return Err(assertion("SessionNotOnOrAfter", "is over"));
    }
    // A moment that is still to come vouches for nothing.
    let at = moment(statement, "AuthnInstant")?.filter(|at| *at <= now.saturating_add(SKEW));
    let context = statement
        .one(ASSERTION, "AuthnContext")
        .ok()
        .flatten()
        .and_then(|context| context.one(ASSERTION, "AuthnContextClassRef").ok().flatten())
        .map(|class| class.text().trim().to_owned())
        .filter(|class| (1..=500).contains(&class.len()));
    Ok((context, at.filter(|at| *at > now.saturating_sub(400 * DAY))))
}

/// Attributes that are kept, values of one, and the length of a value.
const MOST_ATTRIBUTES: usize = 200;
const MOST_VALUES: usize = 500;
const LONGEST: usize = 2000;

/// Its attributes (Core §2.7.3). What is longer than anything that somebody needs is left out.
fn attributes(node: Node<'_>) -> Result<Vec<Attribute>, UpstreamError> {
    let mut all: Vec<Attribute> = Vec::new();
    for statement in node.all(ASSERTION, "AttributeStatement") {
        for one in statement.all(ASSERTION, "Attribute") {
            let name = one.attribute("Name").filter(|name| (1..=500).contains(&name.len()));
            let Some(name) = name else { continue };
            let values: Vec<String> = one
                .all(ASSERTION, "AttributeValue")
                .into_iter()
                .map(|value| value.text().trim().to_owned())
                .filter(|text| !text.is_empty() && text.len() <= LONGEST)
                .take(MOST_VALUES)
                .collect();
            match all.iter_mut().find(|known| known.name == name) {
                Some(known) => known.values.extend(values),
                None => all.push(Attribute {
                    name: name.to_owned(),
                    friendly: one.attribute("FriendlyName").unwrap_or_default().to_owned(),
                    values,
                }),
            }
        }
    }
    if all.len() > MOST_ATTRIBUTES {
        return Err(assertion("Attribute", "there are too many"));
    }
    Ok(all)
}
