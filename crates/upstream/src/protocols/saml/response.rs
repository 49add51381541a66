//! A response that a browser brought: everything that has to be so before anybody is somebody (SAML 2.0 Core §2, §3;
//! Profiles §4.1.4). Who it is is read from the octets that a key of the provider signed, and from nowhere else.
use std::collections::BTreeSet;

use super::{
    assertion::{Expected, Vouched, vouched},
    certificate::Certificate,
    signature::verified,
    xml::{ASSERTION, DSIG, LARGEST, Node, PROTOCOL, parse},
};
use crate::error::{Part, Trouble, UpstreamError, plain};

const SUCCESS: &str = "urn:oasis:names:tc:SAML:2.0:status:Success";

fn response(field: &'static str, what: impl Into<String>) -> UpstreamError {
    UpstreamError::field(Part::Response, field, what)
}

/// Reads a response.
///
/// # Errors
/// [`UpstreamError::Declined`] where the provider says that it let nobody in, [`UpstreamError::Refused`] where it says that
/// something else is wrong, [`UpstreamError::Answer`] where a check failed.
pub fn read(text: &str, expected: &Expected<'_>) -> Result<Vouched, UpstreamError> {
    let whole = |what: String| UpstreamError::answer(Part::Response, what);
    let doc = parse(text, LARGEST).map_err(whole)?;
    let root = Node::root(&doc).filter(|root| root.is(PROTOCOL, "Response"));
    let root = root.ok_or_else(|| whole("no SAML response".into()))?;
    let signed = signed(root, expected.keys);
    // What is said in the clear has to be right too, and tells more of what is wrong.
    addressed(root, expected)?;
    status(root)?;
    let octets = signed?;
    let doc = parse(octets.text(), LARGEST).map_err(whole)?;
    let root = Node::root(&doc).ok_or_else(|| whole("nothing is signed".into()))?;
    match &octets {
        Octets::OfAssertion(_) => vouched(root, expected),
        Octets::OfResponse(_) => {
            addressed(root, expected)?;
            status(root)?;
            if root.attribute("Destination").is_none() {
                return Err(response("Destination", "missing though the response is signed"));
            }
            let inner = root.one(ASSERTION, "Assertion").ok().flatten();
            vouched(inner.ok_or_else(|| response("Assertion", "missing"))?, expected)
        }
    }
}

/// Whether a key of the provider signed it, whomever it is for.
///
/// # Errors
/// Why not; what the provider says of itself comes before that.
pub fn genuine(text: &str, keys: &[Certificate]) -> Result<(), UpstreamError> {
    let whole = |what: String| UpstreamError::answer(Part::Response, what);
    let doc = parse(text, LARGEST).map_err(whole)?;
    let root = Node::root(&doc).filter(|root| root.is(PROTOCOL, "Response"));
    let root = root.ok_or_else(|| whole("no SAML response".into()))?;
    match signed(root, keys) {
        Ok(_) => Ok(()),
        Err(error) => status(root).and(Err(error)),
    }
}

/// What was signed.
enum Octets {
    OfResponse(String),
    OfAssertion(String),
}

impl Octets {
    fn text(&self) -> &str {
        match self {
            Self::OfResponse(text) | Self::OfAssertion(text) => text,
        }
    }
}

/// What a key of the provider signed of a response. A signature that is there has to be right, beside another one, too.
fn signed(root: Node<'_>, keys: &[Certificate]) -> Result<Octets, UpstreamError> {
    let (assertion, (of_response, of_assertion)) = shape(root)?;
    let inner = match (assertion, of_assertion) {
        (Some(assertion), Some(own)) => Some(verified(assertion, own, keys).map_err(unsigned)?),
        _ => None,
    };
    match (of_response, inner) {
        (Some(own), _) => verified(root, own, keys).map(Octets::OfResponse).map_err(unsigned),
        (None, Some(octets)) => Ok(Octets::OfAssertion(octets)),
        (None, None) => {
            Err(unsigned("missing: neither the response nor the assertion in it is signed".into()))
        }
    }
}

fn unsigned(what: String) -> UpstreamError {
    UpstreamError::field(Part::Response, "Signature", what)
}

type Signatures<'d> = (Option<Node<'d>>, Option<Node<'d>>);

/// One assertion, directly in the response; signatures of the two and of nothing else; no name of an element twice. What
/// stands anywhere else was put there to be mistaken for it (Somorovsky et al., "On Breaking SAML", §4).
fn shape(root: Node<'_>) -> Result<(Option<Node<'_>>, Signatures<'_>), UpstreamError> {
    let mut ids = BTreeSet::new();
    let (mut assertions, mut signatures) = (0_usize, 0_usize);
    for node in std::iter::once(root).chain(root.descendants()) {
        for name in ["ID", "Id", "id"] {
            if node.attribute(name).is_some_and(|id| !ids.insert(id.to_owned())) {
                return Err(response("ID", "stands twice"));
            }
        }
        if node.is(ASSERTION, "EncryptedAssertion") {
            return Err(response(
                "EncryptedAssertion",
                "encrypted assertions are not read here: switch their encryption off at the provider; the way is encrypted already",
            ));
        }
        assertions = assertions.saturating_add(usize::from(node.is(ASSERTION, "Assertion")));
        signatures = signatures.saturating_add(usize::from(node.is(DSIG, "Signature")));
    }
    let of = |node: Node<'_>| match node.all(DSIG, "Signature").as_slice() {
        [] => Ok(None),
        [one] => Ok(Some(one.id)),
        _ => Err(response("Signature", "stands twice")),
    };
    let inner = match (root.all(ASSERTION, "Assertion").as_slice(), assertions) {
        ([], 0) => None,
        ([one], 1) => Some(one.id),
        (_, 1) => return Err(response("Assertion", "stands where none may stand")),
        _ => return Err(response("Assertion", "there are several")),
    };
    let at = |id| Node { id, ..root };
    let inner = inner.map(at);
    let (of_response, of_assertion) = (of(root)?, inner.map(of).transpose()?.flatten());
    if signatures != usize::from(of_response.is_some()) + usize::from(of_assertion.is_some()) {
        return Err(response("Signature", "stands where none may stand"));
    }
    Ok((inner, (of_response.map(at), of_assertion.map(at))))
}

/// For us, by the provider, for this browser's request (Core §3.2.2).
fn addressed(root: Node<'_>, expected: &Expected<'_>) -> Result<(), UpstreamError> {
    if root.attribute("Version") != Some("2.0") {
        return Err(response("Version", "is not 2.0"));
    }
    match root.attribute("Destination") {
        Some(to) if to == expected.acs => {}
        None => {}
        Some(_) => return Err(response("Destination", "is another address than ours")),
    }
    match root.attribute("InResponseTo") {
        Some(request) if request == expected.request => {}
        Some(_) => return Err(response("InResponseTo", "is another request")),
        None => return Err(response("InResponseTo", "missing: nobody here asked for it")),
    }
    match root.one(ASSERTION, "Issuer") {
        Ok(None) => Ok(()),
        Ok(Some(issuer)) if issuer.text().trim() == expected.idp => Ok(()),
        _ => Err(response("Issuer", "is another provider")),
    }
}

/// What the provider says of itself (Core §3.2.2.1 to §3.2.2.4).
fn status(root: Node<'_>) -> Result<(), UpstreamError> {
    let status = root.one(PROTOCOL, "Status").ok().flatten();
    let status = status.ok_or_else(|| response("Status", "missing"))?;
    let code = status.one(PROTOCOL, "StatusCode").ok().flatten();
    let code = code.ok_or_else(|| response("StatusCode", "missing"))?;
    let first = code.attribute("Value").unwrap_or_default();
    if first == SUCCESS {
        return Ok(());
    }
    let second = code.one(PROTOCOL, "StatusCode").ok().flatten();
    let second = second.and_then(|code| code.attribute("Value")).unwrap_or_default();
    let short = |uri: &str| plain(uri.rsplit(':').next().unwrap_or_default(), &[]);
    let message = status.one(PROTOCOL, "StatusMessage").ok().flatten().map(Node::text);
    let mut what = short(first);
    for more in [short(second), plain(&message.unwrap_or_default(), &[])] {
        if !more.is_empty() {
            what = format!("{what}, {more}");
        }
    }
    let trouble = Trouble::of(Part::Response, "Status", what);
    Err(match short(second).as_str() {
        "AuthnFailed" | "RequestDenied" | "NoPassive" | "NoAuthnContext" | "UnknownPrincipal" => {
            UpstreamError::Declined(trouble)
        }
        _ => UpstreamError::Refused(trouble),
    })
}
