//! TLS to PostgreSQL by rustls, and a note of whether it was used.
use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime, pem::PemObject},
};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::postgres::{
    ssl_parameters::{Mode, Roots},
    url_problem::UrlProblem,
};

/// The TLS of a server, with a note of whether a handshake was begun.
#[derive(Clone)]
pub(super) struct Connector {
    inner: MakeRustlsConnect,
    used: Arc<AtomicBool>,
}

impl Connector {
    pub(super) fn new(config: ClientConfig) -> Self {
        Self { inner: MakeRustlsConnect::new(config), used: Arc::default() }
    }

    /// One for a single connection, and its note.
    pub(super) fn noting(&self) -> (Self, Arc<AtomicBool>) {
        let used = Arc::new(AtomicBool::new(false));
        (Self { inner: self.inner.clone(), used: Arc::clone(&used) }, used)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> MakeTlsConnect<S> for Connector {
    type Stream = <MakeRustlsConnect as MakeTlsConnect<S>>::Stream;
    type TlsConnect = Noting<<MakeRustlsConnect as MakeTlsConnect<S>>::TlsConnect>;
    type Error = <MakeRustlsConnect as MakeTlsConnect<S>>::Error;

    fn make_tls_connect(&mut self, host: &str) -> Result<Self::TlsConnect, Self::Error> {
        // Of several hosts the one that is tried now counts.
        self.used.store(false, Ordering::Relaxed);
        Ok(Noting {
            inner: MakeTlsConnect::<S>::make_tls_connect(&mut self.inner, host)?,
            used: Arc::clone(&self.used),
        })
    }
}

/// Called only where the server agreed to TLS.
pub(super) struct Noting<T> {
    inner: T,
    used: Arc<AtomicBool>,
}

impl<S, T: TlsConnect<S>> TlsConnect<S> for Noting<T> {
    type Stream = T::Stream;
    type Error = T::Error;
    type Future = T::Future;

    fn connect(self, stream: S) -> Self::Future {
        self.used.store(true, Ordering::Relaxed);
        self.inner.connect(stream)
    }
}

/// The settings of a mode: `identity` is our certificate and its key, for servers that want one.
pub(super) fn client_config(
    mode: Mode,
    roots: &Roots,
    identity: Option<(PathBuf, PathBuf)>,
) -> Result<ClientConfig, UrlProblem> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = verifier(mode, roots, &provider)?;
    let unusable = |remedy| move |_| UrlProblem { value: "sslmode".into(), remedy };
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(unusable("TLS cannot be set up on this machine"))?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    match identity {
        None => Ok(builder.with_no_client_auth()),
        Some((cert, key)) => {
            let chain = certificates("sslcert", &cert)?;
            let named = |remedy| UrlProblem { value: format!("sslkey={}", key.display()), remedy };
            let private = PrivateKeyDer::from_pem_file(&key).map_err(|_| named("the private key cannot be read: give a PEM file without a passphrase that this user may read"))?;
            builder
                .with_client_auth_cert(chain, private)
                .map_err(|_| named("the key does not belong to sslcert"))
        }
    }
}

fn verifier(
    mode: Mode,
    roots: &Roots,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, UrlProblem> {
    if matches!(mode, Mode::Disable | Mode::Prefer | Mode::Require) {
        return Ok(Arc::new(Lenient { chain: None, provider: Arc::clone(provider) }));
    }
    let chain: Arc<dyn ServerCertVerifier> = match roots {
        Roots::System => Arc::new(
            rustls_platform_verifier::Verifier::new(Arc::clone(provider))
                .map_err(|_| UrlProblem { value: "sslrootcert=system".into(), remedy: "this machine has no list of authorities: install ca-certificates, or give sslrootcert" })?,
        ),
        Roots::File(file) => {
            let mut store = RootCertStore::empty();
            store.add_parsable_certificates(certificates("sslrootcert", file)?);
            WebPkiServerVerifier::builder_with_provider(Arc::new(store), Arc::clone(provider))
                .build()
                .map_err(|_| UrlProblem { value: format!("sslrootcert={}", file.display()), remedy: "the file holds no certificate of an authority" })?
        }
    };
    Ok(if mode == Mode::VerifyFull {
        chain
    } else {
        Arc::new(Lenient { chain: Some(chain), provider: Arc::clone(provider) })
    })
}

fn certificates(name: &str, file: &Path) -> Result<Vec<CertificateDer<'static>>, UrlProblem> {
    let named = |remedy| UrlProblem { value: format!("{name}={}", file.display()), remedy };
    let found: Vec<_> = CertificateDer::pem_file_iter(file)
        .map_err(|_| named("the file cannot be read by this user"))?
        .collect::<Result<_, _>>()
        .map_err(|_| named("the file is no PEM file of certificates"))?;
    if found.is_empty() { Err(named("the file holds no certificate")) } else { Ok(found) }
}

/// Looks at less than everything, as libpq's weaker modes do: at no name, or at nothing but that the server has its key.
#[derive(Debug)]
struct Lenient {
    chain: Option<Arc<dyn ServerCertVerifier>>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Lenient {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let Some(chain) = &self.chain else { return Ok(ServerCertVerified::assertion()) };
        match chain.verify_server_cert(end_entity, intermediates, name, ocsp, now) {
            // The name is looked at last, when everything else is right.
            Err(rustls::Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Ok(ServerCertVerified::assertion()),
            other => other,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
