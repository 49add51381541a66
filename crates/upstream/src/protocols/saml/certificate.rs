//! Certificates of an identity provider, for the keys in them. Whom a key belongs to is what an administrator configured, so
//! neither chains nor dates are looked at (SAML 2.0 Metadata §2.4.1.1, "Metadata Interoperability Profile" §2.3).
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ECDSA_P521_SHA512_FIXED,
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512,
    RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512,
    UnparsedPublicKey, VerificationAlgorithm,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use domain::{Micros, SECOND};
use x509_parser::{prelude::FromDer, public_key::PublicKey};

/// As many as are taken: keys that are in use, and those that come next.
pub const MOST: usize = 10;

/// What a key can be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    Rsa,
    P256,
    P384,
    P521,
}

/// Algorithms of RFC 9231 that are recommended: no SHA-1, nothing symmetric.
pub const ALGORITHMS: &[(&str, Family, &dyn VerificationAlgorithm)] = &[
    ("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", Family::Rsa, &RSA_PKCS1_2048_8192_SHA256),
    ("http://www.w3.org/2001/04/xmldsig-more#rsa-sha384", Family::Rsa, &RSA_PKCS1_2048_8192_SHA384),
    ("http://www.w3.org/2001/04/xmldsig-more#rsa-sha512", Family::Rsa, &RSA_PKCS1_2048_8192_SHA512),
    (
        "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1",
        Family::Rsa,
        &RSA_PSS_2048_8192_SHA256,
    ),
    (
        "http://www.w3.org/2007/05/xmldsig-more#sha384-rsa-MGF1",
        Family::Rsa,
        &RSA_PSS_2048_8192_SHA384,
    ),
    (
        "http://www.w3.org/2007/05/xmldsig-more#sha512-rsa-MGF1",
        Family::Rsa,
        &RSA_PSS_2048_8192_SHA512,
    ),
    ("http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256", Family::P256, &ECDSA_P256_SHA256_FIXED),
    ("http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384", Family::P384, &ECDSA_P384_SHA384_FIXED),
    ("http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512", Family::P521, &ECDSA_P521_SHA512_FIXED),
];

/// A certificate and the key in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    der: Vec<u8>,
    pub family: Family,
    key: Vec<u8>,
    /// The end of its life, in microseconds: for telling, not for deciding.
    pub until: Micros,
    /// Size of the key, in bits.
    pub bits: usize,
}

impl Certificate {
    /// Reads one; `None` for what is none, and for a key that no recommended algorithm uses.
    pub fn from_der(der: &[u8]) -> Option<Self> {
        let (rest, read) = x509_parser::certificate::X509Certificate::from_der(der).ok()?;
        let info = read.public_key();
        let key = info.subject_public_key.data.to_vec();
        let (family, bits) = match info.parsed().ok()? {
            PublicKey::RSA(key) if (2048..=8192).contains(&key.key_size()) => {
                (Family::Rsa, key.key_size())
            }
            PublicKey::EC(point) => match point.key_size() {
                256 => (Family::P256, 256),
                384 => (Family::P384, 384),
                521 | 528 => (Family::P521, 521),
                _ => return None,
            },
            _ => return None,
        };
        let until = read.validity().not_after.timestamp().checked_mul(SECOND)?;
        rest.is_empty().then(|| Self { der: der.to_vec(), family, key, until, bits })
    }

    /// Reads the bare base64 of XML, with blanks anywhere.
    pub fn from_base64(text: &str) -> Option<Self> {
        Self::from_der(&decoded(text)?)
    }

    /// As text that can be pasted anywhere.
    pub fn pem(&self) -> String {
        let text = STANDARD.encode(&self.der);
        let mut pem = "-----BEGIN CERTIFICATE-----\n".to_owned();
        let mut rest = text.as_str();
        while let Some((line, more)) = rest.split_at_checked(64) {
            pem.push_str(line);
            pem.push('\n');
            rest = more;
        }
        if !rest.is_empty() {
            pem.push_str(rest);
            pem.push('\n');
        }
        pem + "-----END CERTIFICATE-----"
    }

    pub fn base64(&self) -> String {
        STANDARD.encode(&self.der)
    }

    /// Whether this key made a signature.
    pub fn verifies(
        &self,
        algorithm: &'static dyn VerificationAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> bool {
        UnparsedPublicKey::new(algorithm, &self.key).verify(message, signature).is_ok()
    }

    /// As administrators know it.
    pub fn told(&self) -> String {
        let kind = match self.family {
            Family::Rsa => "RSA",
            Family::P256 | Family::P384 | Family::P521 => "EC",
        };
        let until = super::time::write(self.until);
        format!("{kind} {} until {}", self.bits, until.get(..10).unwrap_or_default())
    }
}

/// Base64 as XML has it: with blanks and line ends.
pub fn decoded(text: &str) -> Option<Vec<u8>> {
    let text: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    STANDARD.decode(text).ok()
}

/// The certificates of a text: in PEM, or each as bare base64 with an empty line between. `None` where one cannot be read,
/// or is there without a key that can be used, or there are too many.
pub fn read_all(text: &str) -> Option<Vec<Certificate>> {
    let text = text.replace('\r', "");
    let mut found: Vec<Certificate> = Vec::new();
    let mut add = |one: Option<Certificate>| {
        let one = one?;
        if !found.contains(&one) {
            found.push(one);
        }
        (found.len() <= MOST).then_some(())
    };
    if text.contains("-----BEGIN") {
        let mut rest = text.as_str();
        while let Some((before, after)) = rest.split_once("-----BEGIN CERTIFICATE-----") {
            if !before.trim().is_empty() {
                return None;
            }
            let (body, more) = after.split_once("-----END CERTIFICATE-----")?;
            add(Certificate::from_base64(body))?;
            rest = more;
        }
        if !rest.trim().is_empty() {
            return None;
        }
    } else {
        for part in text.split("\n\n").map(str::trim).filter(|part| !part.is_empty()) {
            add(Certificate::from_base64(part))?;
        }
    }
    Some(found)
}
