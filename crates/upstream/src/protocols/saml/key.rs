//! The key with which we sign requests: the provider's secret, a private key and the certificate of it as PEM, made by us.
use aws_lc_rs::{
    rand::SecureRandom,
    signature::{RsaEncoding, RsaKeyPair},
};
use rcgen::{CertificateParams, DnType, KeyPair, PKCS_RSA_SHA256, RsaKeySize};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, pem::PemObject};

use super::certificate::Certificate;
use crate::{UpstreamError, error::Part};

/// A key of ours.
pub struct OwnKey {
    pair: RsaKeyPair,
    /// For the provider.
    pub certificate: Certificate,
}

fn wrong(what: &str) -> UpstreamError {
    UpstreamError::field(Part::Settings, "secret", what)
}

impl OwnKey {
    /// Reads one: PKCS #8 and X.509, both in PEM.
    ///
    /// # Errors
    /// [`UpstreamError::Answer`] about the settings.
    pub fn read(pem: &str) -> Result<Self, UpstreamError> {
        let key = PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes())
            .map_err(|_| wrong("no private key in PEM (PKCS #8)"))?;
        let pair = RsaKeyPair::from_pkcs8(key.secret_pkcs8_der())
            .map_err(|_| wrong("the private key is no RSA key of 2048 bits or more"))?;
        let certificate = CertificateDer::from_pem_slice(pem.as_bytes())
            .ok()
            .and_then(|der| Certificate::from_der(der.as_ref()))
            .ok_or_else(|| wrong("no certificate in PEM beside the private key"))?;
        Ok(Self { pair, certificate })
    }

    pub fn sign(
        &self,
        algorithm: &'static dyn RsaEncoding,
        random: &dyn SecureRandom,
        message: &[u8],
    ) -> Result<Vec<u8>, UpstreamError> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(algorithm, random, message, &mut signature)
            .map_err(|_| wrong("the private key cannot sign"))?;
        Ok(signature)
    }
}

/// A new key with a certificate of it, as PEM. Providers look at the key in it and not at its dates.
///
/// # Errors
/// When the library fails.
pub fn generate() -> Result<String, UpstreamError> {
    let failed = |_| wrong("no key can be made");
    let pair = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).map_err(failed)?;
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "Ligature");
    let certificate = params.self_signed(&pair).map_err(failed)?;
    Ok(format!("{}{}", pair.serialize_pem(), certificate.pem()))
}
