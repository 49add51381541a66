//! libpq's words for TLS in a URL, and what they ask for: `sslmode`, `sslrootcert`, `sslcert`, `sslkey` (PostgreSQL, "SSL
//! Support" of libpq).
use std::path::PathBuf;

use crate::postgres::url_problem::{UrlProblem, problem};

/// What has to hold before anything is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Disable,
    /// TLS where the server has it, whoever the server is.
    Prefer,
    /// TLS, whoever the server is.
    Require,
    /// TLS with a certificate of a known authority.
    VerifyCa,
    /// TLS with a certificate of a known authority for this very host.
    VerifyFull,
}

/// Which authorities are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Roots {
    System,
    File(PathBuf),
}

/// The parameters of a URL.
#[derive(Default)]
pub(super) struct SslParameters {
    pub(super) mode: Option<String>,
    pub(super) root: Option<String>,
    pub(super) cert: Option<String>,
    pub(super) key: Option<String>,
}

impl SslParameters {
    pub(super) fn mode(&self, on_sockets: bool) -> Result<Mode, UrlProblem> {
        let mode = match self.mode.as_deref() {
            None | Some("prefer") => Mode::Prefer,
            Some("disable") => Mode::Disable,
            // As libpq: with an authority at hand, its signature is wanted.
            Some("require") if self.root.is_some() => Mode::VerifyCa,
            Some("require") => Mode::Require,
            Some("verify-ca") => Mode::VerifyCa,
            Some("verify-full") => Mode::VerifyFull,
            Some("allow") => {
                return Err(problem(
                    "sslmode=allow",
                    "allow asks in clear first: choose prefer, or better require or verify-full",
                ));
            }
            Some(other) => {
                return Err(problem(
                    format!("sslmode={other}"),
                    "sslmode is disable, prefer, require, verify-ca or verify-full",
                ));
            }
        };
        if mode == Mode::Prefer && self.root.is_some() {
            return Err(problem(
                "sslrootcert",
                "an authority is of use with sslmode=verify-full or verify-ca only",
            ));
        }
        // PostgreSQL has no TLS on Unix sockets.
        Ok(if on_sockets { Mode::Disable } else { mode })
    }

    pub(super) fn roots(&self) -> Roots {
        match self.root.as_deref() {
            None | Some("system") => Roots::System,
            Some(file) => Roots::File(file.into()),
        }
    }

    pub(super) fn identity(&self) -> Result<Option<(PathBuf, PathBuf)>, UrlProblem> {
        match (&self.cert, &self.key) {
            (None, None) => Ok(None),
            (Some(cert), Some(key)) => Ok(Some((cert.into(), key.into()))),
            (Some(cert), None) => Err(problem(
                format!("sslcert={cert}"),
                "give sslkey too: the private key of the certificate",
            )),
            (None, Some(key)) => Err(problem(
                format!("sslkey={key}"),
                "give sslcert too: the certificate of the key",
            )),
        }
    }
}
