//! Signatures of SAML: the one shape that its profile allows (SAML 2.0 Core §5.4), and nothing else of XML Signature. What
//! was signed comes back as the octets that were digested; whoever reads them reads what was signed and nothing beside it,
//! wherever it stood in the message.
use aws_lc_rs::digest::{self, SHA256, SHA384, SHA512};
use bergshamra_c14n::{C14nMode, canonicalize_doc};
use bergshamra_xml::NodeSet;
use uppsala::Document;

use super::{
    certificate::{ALGORITHMS, Certificate, Family, decoded},
    xml::{DSIG, LARGEST, Node, parse},
};

const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";

const DIGESTS: [(&str, &digest::Algorithm); 3] = [
    ("http://www.w3.org/2001/04/xmlenc#sha256", &SHA256),
    ("http://www.w3.org/2001/04/xmldsig-more#sha384", &SHA384),
    ("http://www.w3.org/2001/04/xmlenc#sha512", &SHA512),
];

/// Names that stand in front of all others in the list of namespaces that are kept.
const MOST_PREFIXES: usize = 20;

/// The octets of an element that a signature in it is of, if one of these keys made it.
///
/// # Errors
/// Why not, in words.
pub fn verified(
    signed: Node<'_>,
    signature: Node<'_>,
    keys: &[Certificate],
) -> Result<String, String> {
    let one = |node: Node<'_>, name: &str| {
        node.one(DSIG, name).ok().flatten().map(|found| found.id).ok_or(format!("no one {name}"))
    };
    let at = |id| Node { id, ..signature };
    let info = at(one(signature, "SignedInfo")?);
    let value = decoded(&at(one(signature, "SignatureValue")?).text())
        .ok_or("its value is no base64".to_owned())?;
    let method = at(one(info, "CanonicalizationMethod")?);
    let prefixes = exclusive(method)?;
    let octets = canonical(NodeSet::tree_without_comments(info.id, info.doc), info.doc, &prefixes)?;
    // From here on only what a key vouches for is read.
    let doc = parse(&octets, LARGEST)?;
    let info = Node::root(&doc).ok_or("no SignedInfo")?;
    let algorithm = info
        .one(DSIG, "SignatureMethod")
        .ok()
        .flatten()
        .filter(|method| method.children().next().is_none())
        .and_then(|method| method.attribute("Algorithm"))
        .unwrap_or_default();
    let (_, family, verify) = ALGORITHMS
        .iter()
        .find(|(uri, _, _)| *uri == algorithm)
        .ok_or_else(|| format!("signed by {}, which is not accepted", short(algorithm)))?;
    if !keys
        .iter()
        .filter(|key| key.family == *family)
        .any(|key| key.verifies(*verify, octets.as_bytes(), &value))
    {
        return Err(no_key(keys, *family));
    }
    let names: Vec<_> = info.children().filter_map(|c| c.doc.element(c.id)).collect();
    let shape = ["CanonicalizationMethod", "SignatureMethod", "Reference"];
    if names.len() != 3
        || names.iter().zip(shape).any(|(element, name)| !element.matches_name_ns(DSIG, name))
    {
        return Err("more or less than one element is signed".into());
    }
    let reference = info.one(DSIG, "Reference").ok().flatten().ok_or("no Reference")?;
    referenced(reference, signed, signature)
}

/// The octets that a reference is of, if it is of this element and nothing was changed in it.
fn referenced(
    reference: Node<'_>,
    signed: Node<'_>,
    signature: Node<'_>,
) -> Result<String, String> {
    let id =
        signed.attribute("ID").filter(|id| !id.is_empty()).ok_or("what is signed has no ID")?;
    if reference.attribute("URI").and_then(|uri| uri.strip_prefix('#')) != Some(id) {
        return Err("the signature is of another element".into());
    }
    let transforms = reference.one(DSIG, "Transforms").ok().flatten().ok_or("no Transforms")?;
    let transforms: Vec<_> = transforms.children().collect();
    let [enveloped, c14n] = transforms.as_slice() else {
        return Err("other transforms than enveloped signature and exclusive c14n".into());
    };
    if !enveloped.is(DSIG, "Transform")
        || enveloped.attribute("Algorithm") != Some(ENVELOPED)
        || enveloped.children().next().is_some()
        || !c14n.is(DSIG, "Transform")
    {
        return Err("other transforms than enveloped signature and exclusive c14n".into());
    }
    let prefixes = exclusive(*c14n)?;
    let method = reference
        .one(DSIG, "DigestMethod")
        .ok()
        .flatten()
        .and_then(|method| method.attribute("Algorithm"))
        .unwrap_or_default();
    let (_, algorithm) = DIGESTS
        .iter()
        .find(|(uri, _)| *uri == method)
        .ok_or_else(|| format!("digested by {}, which is not accepted", short(method)))?;
    let value = reference.one(DSIG, "DigestValue").ok().flatten().map(Node::text);
    let value = value.and_then(|text| decoded(&text)).ok_or("no digest")?;
    let whole = NodeSet::tree_without_comments(signed.id, signed.doc);
    let own = NodeSet::tree_with_comments(signature.id, signature.doc);
    let octets = canonical(whole.subtract(&own), signed.doc, &prefixes)?;
    if digest::digest(algorithm, octets.as_bytes()).as_ref() != value.as_slice() {
        return Err("it was changed after it was signed".into());
    }
    Ok(octets)
}

/// The prefixes that a method of exclusive canonicalization keeps.
fn exclusive(method: Node<'_>) -> Result<Vec<String>, String> {
    let algorithm = method.attribute("Algorithm").unwrap_or_default();
    if algorithm != EXCLUSIVE {
        return Err(format!("canonicalised by {}, which is not accepted", short(algorithm)));
    }
    let mut prefixes = Vec::new();
    for child in method.children() {
        if !child.is(EXCLUSIVE, "InclusiveNamespaces") {
            return Err("a canonicalization with more than prefixes".into());
        }
        let list = child.attribute("PrefixList").unwrap_or_default();
        prefixes.extend(list.split_ascii_whitespace().map(str::to_owned));
    }
    if prefixes.len() > MOST_PREFIXES {
        return Err("too many prefixes".into());
    }
    Ok(prefixes)
}

/// Exclusive XML Canonicalization 1.0 without comments.
fn canonical(nodes: NodeSet, doc: &Document<'_>, prefixes: &[String]) -> Result<String, String> {
    let octets = canonicalize_doc(doc, C14nMode::Exclusive, Some(&nodes), prefixes)
        .map_err(|_| "it cannot be canonicalised".to_owned())?;
    String::from_utf8(octets).map_err(|_| "it is no text".into())
}

/// Why no key is right.
fn no_key(keys: &[Certificate], family: Family) -> String {
    if keys.iter().any(|key| key.family == family) {
        "none of the configured certificates made the signature, or it was changed".into()
    } else {
        "none of the configured certificates has a key of this kind".into()
    }
}

/// The end of an algorithm's name, which tells it.
fn short(uri: &str) -> String {
    let end = uri.rsplit(['#', '/']).find(|part| !part.is_empty()).unwrap_or("nothing");
    crate::error::plain(end, &[]).chars().take(40).collect()
}
