//! The request that a browser takes to the provider (SAML 2.0 Core §3.4.1, by HTTP-Redirect: Bindings §3.4).
use aws_lc_rs::{rand::SystemRandom, signature::RSA_PKCS1_SHA256};
use base64::{Engine, engine::general_purpose::STANDARD};
use url::{Url, form_urlencoded::Serializer};

use super::{key::OwnKey, time, xml::escape};
use crate::{Start, UpstreamError, error::Part, settings::SamlSettings};

/// The name of the request of a start: that of this browser, and of no other.
pub fn id(nonce: &str) -> String {
    format!("_{nonce}")
}

fn request(settings: &SamlSettings, start: &Start<'_>) -> String {
    let acs = escape(start.redirect_uri);
    let fresh = if start.fresh && settings.force_authn { " ForceAuthn=\"true\"" } else { "" };
    // Whoever is known by an attribute may be named in any way.
    let policy = if settings.subject_claim.is_empty() {
        "<samlp:NameIDPolicy Format=\"urn:oasis:names:tc:SAML:2.0:nameid-format:persistent\" AllowCreate=\"true\"/>"
    } else {
        ""
    };
    format!(
        "<samlp:AuthnRequest xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" ID=\"{id}\" Version=\"2.0\" IssueInstant=\"{at}\" Destination=\"{to}\" AssertionConsumerServiceURL=\"{acs}\" ProtocolBinding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST\"{fresh}><saml:Issuer>{issuer}</saml:Issuer>{policy}</samlp:AuthnRequest>",
        id = escape(&id(start.nonce)),
        at = time::write(start.now),
        to = escape(&settings.sso_url),
        issuer = escape(&SamlSettings::entity_id(start.redirect_uri)),
    )
}

/// DEFLATE without compression (RFC 1951 §3.2.4): a request is short, and nothing has to be trusted with it.
fn stored(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len().saturating_add(5));
    let mut rest = text;
    loop {
        let (piece, more) = rest.split_at(rest.len().min(usize::from(u16::MAX)));
        let length = u16::try_from(piece.len()).unwrap_or(u16::MAX);
        out.push(u8::from(more.is_empty()));
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(&(!length).to_le_bytes());
        out.extend_from_slice(piece);
        if more.is_empty() {
            return out;
        }
        rest = more;
    }
}

/// Where the browser goes; signed where there is a key for it.
///
/// # Errors
/// [`UpstreamError::Answer`] for an address that is none.
pub fn address(
    settings: &SamlSettings,
    key: Option<&OwnKey>,
    start: &Start<'_>,
) -> Result<Url, UpstreamError> {
    let mut url = Url::parse(&settings.sso_url)
        .map_err(|_| UpstreamError::field(Part::Settings, "sso_url", "no address"))?;
    let mut query = Serializer::new(String::new());
    query.append_pair("SAMLRequest", &STANDARD.encode(stored(request(settings, start).as_bytes())));
    query.append_pair("RelayState", start.state);
    let mut query = query.finish();
    if settings.sign_requests {
        let key = key
            .ok_or_else(|| UpstreamError::field(Part::Settings, "secret", "no key to sign with"))?;
        let mut algorithm = Serializer::new(query);
        algorithm.append_pair("SigAlg", "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256");
        query = algorithm.finish();
        // Of the octets as they stand in the address (Bindings §3.4.4.1).
        let signature = key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), query.as_bytes())?;
        let mut signed = Serializer::new(query);
        signed.append_pair("Signature", &STANDARD.encode(signature));
        query = signed.finish();
    }
    let before = url.query().filter(|q| !q.is_empty()).map(|q| format!("{q}&")).unwrap_or_default();
    url.set_query(Some(&format!("{before}{query}")));
    Ok(url)
}
