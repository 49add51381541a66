//! A SAML identity provider that says whatever it is told, and signs it. It writes XML in its canonical form to begin with,
//! so that it needs no canonicalization: what the product does with one is checked against something else.
use std::sync::Arc;

use aws_lc_rs::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    signature::{RSA_PKCS1_SHA256, RsaKeyPair},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256, RsaKeySize};

const ASSERTION: &str = "urn:oasis:names:tc:SAML:2.0:assertion";
const PROTOCOL: &str = "urn:oasis:names:tc:SAML:2.0:protocol";
const DSIG: &str = "http://www.w3.org/2000/09/xmldsig#";
pub const PERSISTENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";

/// Algorithms as a signature names them.
#[derive(Debug, Clone, Copy)]
pub struct Names {
    pub c14n: &'static str,
    pub signature: &'static str,
    pub digest: &'static str,
}

pub const RECOMMENDED: Names = Names {
    c14n: "http://www.w3.org/2001/10/xml-exc-c14n#",
    signature: "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
    digest: "http://www.w3.org/2001/04/xmlenc#sha256",
};

/// What a response says.
#[derive(Debug, Clone)]
pub struct Says {
    /// The request that it answers.
    pub request: String,
    /// Where it is posted.
    pub acs: String,
    pub audience: String,
    pub issuer: String,
    /// In seconds since 1970.
    pub now: i64,
    pub authenticated: i64,
    pub name_id: String,
    pub format: String,
    /// Name, friendly name, values.
    pub attributes: Vec<(String, String, Vec<String>)>,
    pub context: String,
    /// The assertion's own name.
    pub id: String,
}

/// The provider.
#[derive(Clone)]
pub struct Idp {
    pub entity_id: String,
    key: Arc<RsaKeyPair>,
    certificate: Vec<u8>,
}

fn text(raw: &str) -> String {
    raw.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('\r', "&#xD;")
}

fn value(raw: &str) -> String {
    raw.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

/// A moment as XML has it; `at` in seconds since 1970.
#[must_use]
pub fn moment(at: i64) -> String {
    let (day, second) = (at.div_euclid(86_400), at.rem_euclid(86_400));
    // One day after the other: slow, and plainly right.
    let leap = |y: i64| y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
    let (mut year, mut left) = (1970, day);
    while left >= if leap(year) { 366 } else { 365 } {
        left -= if leap(year) { 366 } else { 365 };
        year += 1;
    }
    let february = if leap(year) { 29 } else { 28 };
    let mut month = 1;
    for days in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if left < days {
            break;
        }
        left -= days;
        month += 1;
    }
    format!(
        "{year:04}-{month:02}-{:02}T{:02}:{:02}:{:02}Z",
        left + 1,
        second / 3600,
        second / 60 % 60,
        second % 60
    )
}

impl Says {
    /// What a good answer to a request says.
    #[must_use]
    pub fn good(idp: &Idp, request: &str, acs: &str, audience: &str, now: i64) -> Self {
        Self {
            request: request.into(),
            acs: acs.into(),
            audience: audience.into(),
            issuer: idp.entity_id.clone(),
            now,
            authenticated: now,
            name_id: "vera-1".into(),
            format: PERSISTENT.into(),
            attributes: Vec::new(),
            context: "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport".into(),
            id: format!("_a{}", crate::token::random()),
        }
    }

    /// With an attribute.
    #[must_use]
    pub fn with(mut self, name: &str, friendly: &str, values: &[&str]) -> Self {
        let values = values.iter().map(|v| (*v).to_owned()).collect();
        self.attributes.push((name.into(), friendly.into(), values));
        self
    }

    /// The assertion, canonical and unsigned.
    #[must_use]
    pub fn assertion(&self) -> String {
        let attributes: String = self
            .attributes
            .iter()
            .map(|(name, friendly, values)| {
                let values: String = values
                    .iter()
                    .map(|v| format!("<saml:AttributeValue>{}</saml:AttributeValue>", text(v)))
                    .collect();
                let friendly = if friendly.is_empty() {
                    String::new()
                } else {
                    format!(" FriendlyName=\"{}\"", value(friendly))
                };
                format!(
                    "<saml:Attribute{friendly} Name=\"{}\">{values}</saml:Attribute>",
                    value(name)
                )
            })
            .collect();
        let attributes = if attributes.is_empty() {
            attributes
        } else {
            format!("<saml:AttributeStatement>{attributes}</saml:AttributeStatement>")
        };
        format!(
            "<saml:Assertion xmlns:saml=\"{ASSERTION}\" ID=\"{id}\" IssueInstant=\"{now}\" Version=\"2.0\"><saml:Issuer>{issuer}</saml:Issuer><saml:Subject><saml:NameID Format=\"{format}\">{name}</saml:NameID><saml:SubjectConfirmation Method=\"urn:oasis:names:tc:SAML:2.0:cm:bearer\"><saml:SubjectConfirmationData InResponseTo=\"{request}\" NotOnOrAfter=\"{until}\" Recipient=\"{acs}\"></saml:SubjectConfirmationData></saml:SubjectConfirmation></saml:Subject><saml:Conditions NotBefore=\"{from}\" NotOnOrAfter=\"{until}\"><saml:AudienceRestriction><saml:Audience>{audience}</saml:Audience></saml:AudienceRestriction></saml:Conditions><saml:AuthnStatement AuthnInstant=\"{at}\" SessionIndex=\"s1\"><saml:AuthnContext><saml:AuthnContextClassRef>{context}</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>{attributes}</saml:Assertion>",
            id = value(&self.id),
            now = moment(self.now),
            issuer = text(&self.issuer),
            format = value(&self.format),
            name = text(&self.name_id),
            request = value(&self.request),
            until = moment(self.now + 300),
            from = moment(self.now - 60),
            acs = value(&self.acs),
            audience = text(&self.audience),
            at = moment(self.authenticated),
            context = text(&self.context),
        )
    }

    /// A response around an assertion, canonical and unsigned.
    #[must_use]
    pub fn response(&self, assertion: &str) -> String {
        self.answer(
            "<samlp:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:Success\"></samlp:StatusCode>",
            assertion,
        )
    }

    /// A response that lets nobody in: two codes and words.
    #[must_use]
    pub fn refusal(&self, first: &str, second: &str, words: &str) -> String {
        let code = |name: &str, inner: &str| {
            format!(
                "<samlp:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:{name}\">{inner}</samlp:StatusCode>"
            )
        };
        let status = code(first, &code(second, ""))
            + &format!("<samlp:StatusMessage>{}</samlp:StatusMessage>", text(words));
        self.answer(&status, "")
    }

    fn answer(&self, status: &str, assertion: &str) -> String {
        format!(
            "<samlp:Response xmlns:samlp=\"{PROTOCOL}\" Destination=\"{}\" ID=\"{}r\" InResponseTo=\"{}\" IssueInstant=\"{}\" Version=\"2.0\"><saml:Issuer xmlns:saml=\"{ASSERTION}\">{}</saml:Issuer><samlp:Status>{status}</samlp:Status>{assertion}</samlp:Response>",
            value(&self.acs),
            value(&self.id),
            value(&self.request),
            moment(self.now),
            text(&self.issuer),
        )
    }
}

impl Idp {
    /// One with a key of its own.
    ///
    /// # Errors
    /// When the library fails.
    pub fn new(entity_id: &str) -> anyhow::Result<Self> {
        let pair = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048)?;
        let certificate = CertificateParams::default().self_signed(&pair)?.der().to_vec();
        let key =
            RsaKeyPair::from_pkcs8(&pair.serialize_der()).map_err(|_| anyhow::anyhow!("no key"))?;
        Ok(Self { entity_id: entity_id.into(), key: Arc::new(key), certificate })
    }

    /// Its certificate, as base64.
    #[must_use]
    pub fn certificate(&self) -> String {
        STANDARD.encode(&self.certificate)
    }

    /// Its metadata, with further certificates.
    #[must_use]
    pub fn metadata(&self, sso_url: &str, more: &[String]) -> String {
        let keys: String = std::iter::once(&self.certificate())
            .chain(more)
            .map(|c| format!("<md:KeyDescriptor use=\"signing\"><ds:KeyInfo xmlns:ds=\"{DSIG}\"><ds:X509Data><ds:X509Certificate>{c}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"))
            .collect();
        format!(
            "<?xml version=\"1.0\"?><md:EntityDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\" entityID=\"{}\"><md:IDPSSODescriptor protocolSupportEnumeration=\"{PROTOCOL}\">{keys}<md:SingleSignOnService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST\" Location=\"{1}/post\"/><md:SingleSignOnService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect\" Location=\"{1}\"/></md:IDPSSODescriptor></md:EntityDescriptor>",
            value(&self.entity_id),
            value(sso_url)
        )
    }

    /// Signs a canonical element; the signature stands behind its issuer.
    #[must_use]
    pub fn sign(&self, canonical: &str) -> String {
        let with = self.signature(canonical, RECOMMENDED);
        canonical.replacen("</saml:Issuer>", &format!("</saml:Issuer>{with}"), 1)
    }

    /// The signature of a canonical element, under whatever names; the algorithms are always those that are recommended.
    #[must_use]
    pub fn signature(&self, canonical: &str, names: Names) -> String {
        let id = canonical
            .split_once(" ID=\"")
            .and_then(|(_, rest)| rest.split_once('"'))
            .map_or("", |(id, _)| id);
        let body = format!(
            "<ds:CanonicalizationMethod Algorithm=\"{0}\"></ds:CanonicalizationMethod><ds:SignatureMethod Algorithm=\"{1}\"></ds:SignatureMethod><ds:Reference URI=\"#{id}\"><ds:Transforms><ds:Transform Algorithm=\"{DSIG}enveloped-signature\"></ds:Transform><ds:Transform Algorithm=\"{0}\"></ds:Transform></ds:Transforms><ds:DigestMethod Algorithm=\"{2}\"></ds:DigestMethod><ds:DigestValue>{3}</ds:DigestValue></ds:Reference></ds:SignedInfo>",
            names.c14n,
            names.signature,
            names.digest,
            STANDARD.encode(digest(&SHA256, canonical.as_bytes())),
        );
        let signed = format!("<ds:SignedInfo xmlns:ds=\"{DSIG}\">{body}");
        let mut signature = vec![0; self.key.public_modulus_len()];
        let made = self.key.sign(
            &RSA_PKCS1_SHA256,
            &SystemRandom::new(),
            signed.as_bytes(),
            &mut signature,
        );
        let signature = made.map_or(String::new(), |()| STANDARD.encode(&signature));
        format!(
            "<ds:Signature xmlns:ds=\"{DSIG}\"><ds:SignedInfo>{body}<ds:SignatureValue>{signature}</ds:SignatureValue><ds:KeyInfo><ds:X509Data><ds:X509Certificate>{}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></ds:Signature>",
            self.certificate()
        )
    }

    /// A good response: its assertion is signed.
    #[must_use]
    pub fn response(&self, says: &Says) -> String {
        says.response(&self.sign(&says.assertion()))
    }
}

/// As a browser posts it.
#[must_use]
pub fn posted(xml: &str) -> String {
    STANDARD.encode(xml)
}

/// The request in an address, if it was not compressed: its XML.
#[must_use]
pub fn requested(saml_request: &str) -> Option<String> {
    let bytes = STANDARD.decode(saml_request).ok()?;
    // One stored block (RFC 1951 §3.2.4).
    String::from_utf8(bytes.get(5..)?.to_vec()).ok()
}

/// An attribute of the first element of an XML text.
#[must_use]
pub fn attribute(xml: &str, name: &str) -> Option<String> {
    let (_, rest) = xml.split_once(&format!(" {name}=\""))?;
    rest.split_once('"').map(|(value, _)| value.to_owned())
}
