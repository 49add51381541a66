//! Metadata both ways: what a provider publishes of itself, and what we publish for it (SAML 2.0 Metadata §2).
use super::{
    certificate::Certificate,
    xml::{DSIG, METADATA, Node, escape, parse},
};

use crate::settings::SamlSettings;

/// The largest metadata, in bytes: those of AD FS have a list of claims in them.
const LARGEST: usize = 1024 * 1024;
const REDIRECT: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect";

/// A provider, as it publishes itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    pub entity_id: String,
    pub sso_url: String,
    pub certificates: Vec<Certificate>,
    pub wants_signed: bool,
}

/// Reads a provider's metadata. A signature in it is not looked at: an administrator brings them, or TLS does.
///
/// # Errors
/// What is wrong with them, in words.
pub fn read(text: &str) -> Result<Published, String> {
    let doc = parse(text, LARGEST)?;
    let root = Node::root(&doc).ok_or("empty")?;
    let is_provider = |node: &Node<'_>| !node.all(METADATA, "IDPSSODescriptor").is_empty();
    let found: Vec<Node<'_>> = if root.is(METADATA, "EntityDescriptor") {
        vec![root]
    } else if root.is(METADATA, "EntitiesDescriptor") {
        let within = root.descendants().filter(|node| node.is(METADATA, "EntityDescriptor"));
        within.filter(is_provider).take(2).collect()
    } else {
        return Err("no SAML metadata".into());
    };
    let [entity] = found.as_slice() else {
        return Err(if found.is_empty() {
            "no identity provider is in them".into()
        } else {
            "several identity providers are in them: give those of one".into()
        });
    };
    let provider = entity.all(METADATA, "IDPSSODescriptor").into_iter().next();
    let provider = provider.ok_or("no identity provider is in them")?;
    let sso_url = provider
        .all(METADATA, "SingleSignOnService")
        .into_iter()
        .find(|service| service.attribute("Binding") == Some(REDIRECT))
        .and_then(|service| service.attribute("Location"))
        .ok_or("no sign-in address for HTTP-Redirect")?;
    let mut certificates = Vec::new();
    for key in provider.all(METADATA, "KeyDescriptor") {
        if !matches!(key.attribute("use"), None | Some("signing")) {
            continue;
        }
        for text in key.descendants().filter(|node| node.is(DSIG, "X509Certificate")) {
            match Certificate::from_base64(&text.text()) {
                Some(one) if !certificates.contains(&one) => certificates.push(one),
                _ => {}
            }
        }
    }
    if certificates.is_empty() {
        return Err("no signing certificate that can be used".into());
    }
    let entity_id =
        entity.attribute("entityID").filter(|id| !id.is_empty()).ok_or("no entityID")?;
    Ok(Published {
        entity_id: entity_id.to_owned(),
        sso_url: sso_url.to_owned(),
        certificates,
        wants_signed: matches!(provider.attribute("WantAuthnRequestsSigned"), Some("true" | "1")),
    })
}

/// What we publish for a provider; `signs` is the certificate of the key that signs our requests.
#[must_use]
pub fn ours(redirect_uri: &str, signs: Option<&Certificate>, persistent: bool) -> String {
    let key = signs.map_or(String::new(), |one| {
        format!(
            "<md:KeyDescriptor use=\"signing\"><ds:KeyInfo xmlns:ds=\"{DSIG}\"><ds:X509Data><ds:X509Certificate>{}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>",
            one.base64()
        )
    });
    let format = if persistent {
        "<md:NameIDFormat>urn:oasis:names:tc:SAML:2.0:nameid-format:persistent</md:NameIDFormat>"
    } else {
        ""
    };
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<md:EntityDescriptor xmlns:md=\"{METADATA}\" entityID=\"{}\"><md:SPSSODescriptor AuthnRequestsSigned=\"{}\" WantAssertionsSigned=\"true\" protocolSupportEnumeration=\"urn:oasis:names:tc:SAML:2.0:protocol\">{key}{format}<md:AssertionConsumerService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST\" Location=\"{}\" index=\"0\" isDefault=\"true\"/></md:SPSSODescriptor></md:EntityDescriptor>\n",
        escape(&SamlSettings::entity_id(redirect_uri)),
        signs.is_some(),
        escape(redirect_uri),
    )
}
