//! One connection to a directory: the socket, TLS, and one operation after the other. Whatever the server sends is bounded
//! in size, depth, number and time.
use std::{net::SocketAddr, sync::Arc};

use futures_util::{SinkExt, StreamExt};
use ldap3_proto::{
    LdapCodec,
    control::LdapControl,
    proto::{
        LdapBindCred, LdapBindRequest, LdapBindResponse, LdapExtendedRequest, LdapMsg, LdapOp,
        LdapResult, LdapResultCode, LdapSearchRequest, LdapSearchResultEntry,
    },
};
use rustls::{ClientConfig, crypto::aws_lc_rs, pki_types::ServerName};
use rustls_platform_verifier::Verifier;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;
use tokio_util::codec::Framed;
use url::Url;

use crate::{
    SafeHttpClient, UpstreamError,
    error::{Part, Trouble, plain},
};

/// The largest message, in bytes, and how deep it may be nested.
const MOST_BYTES: usize = 256 << 10;
const MOST_DEPTH: usize = 12;
/// Messages of one operation.
const MOST_MESSAGES: usize = 3000;
/// Entries of one page (RFC 2696).
const PAGE: i64 = 500;
/// StartTLS (RFC 4511 §4.14.1).
const START_TLS: &str = "1.3.6.1.4.1.1466.20037";

pub(super) trait Socket: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Socket for T {}

/// An open connection. It ends with its owner.
pub(super) struct Connection {
    framed: Framed<Box<dyn Socket>, LdapCodec>,
    last_id: i32,
}

/// What a directory answered to a bind.
pub(super) enum Bound {
    Yes,
    /// The name or the password is wrong, or the account may not sign in; with the directory's words.
    No(Trouble),
}

impl Connection {
    /// Connects to one server.
    ///
    /// # Errors
    /// [`UpstreamError::Down`] without a connection that is as safe as the address says.
    pub(super) async fn open(
        server: &str,
        unencrypted: bool,
        guard: &SafeHttpClient,
    ) -> Result<Self, UpstreamError> {
        let down = |what: String| {
            UpstreamError::Down(Trouble::of(Part::Directory, server.to_owned(), what))
        };
        let url = Url::parse(server).map_err(|e| down(e.to_string()))?;
        let host = url.host_str().ok_or_else(|| down("no host".into()))?;
        let at_once = url.scheme() == "ldaps";
        let port = url.port().unwrap_or(if at_once { 636 } else { 389 });
        let addresses =
            guard.directory_addresses(host, port).await.map_err(|e| down(e.to_string()))?;
        let socket = connect(&addresses).await.map_err(|e| down(e.to_string()))?;
        if at_once {
            return encrypted(socket, host, guard).await.map(Self::over).map_err(down);
        }
        let mut open = Self::over(Box::new(socket));
        if unencrypted {
            return Ok(open);
        }
        let asked = LdapExtendedRequest { name: START_TLS.into(), value: None };
        open.send(LdapOp::ExtendedRequest(asked), Vec::new()).await?;
        match open.receive().await?.op {
            LdapOp::ExtendedResponse(answer) if answer.res.code == LdapResultCode::Success => {}
            LdapOp::ExtendedResponse(answer) => {
                return Err(down(format!("StartTLS: {}", said(&answer.res))));
            }
            _ => return Err(down("StartTLS: another answer".into())),
        }
        let parts = open.framed.into_parts();
        // What came before the encryption could be anybody's.
        if !parts.read_buf.is_empty() {
            return Err(down("StartTLS: more than the answer".into()));
        }
        encrypted(parts.io, host, guard).await.map(Self::over).map_err(down)
    }

    pub(super) fn over(socket: Box<dyn Socket>) -> Self {
        let codec = LdapCodec::new(Some(MOST_BYTES), Some(MOST_DEPTH));
        Self { framed: Framed::new(socket, codec), last_id: 0 }
    }

    async fn send(&mut self, op: LdapOp, ctrl: Vec<LdapControl>) -> Result<(), UpstreamError> {
        self.last_id = self.last_id.saturating_add(1);
        self.framed
            .send(LdapMsg { msgid: self.last_id, op, ctrl })
            .await
            .map_err(|e| UpstreamError::Down(Trouble::new(Part::Directory, e.to_string())))
    }

    /// The next answer to the operation that was sent last.
    async fn receive(&mut self) -> Result<LdapMsg, UpstreamError> {
        let down = |what: String| UpstreamError::Down(Trouble::new(Part::Directory, what));
        let message = self
            .framed
            .next()
            .await
            .ok_or_else(|| down("it closed the connection".into()))?
            .map_err(|e| down(e.to_string()))?;
        if message.msgid == self.last_id {
            Ok(message)
        } else {
            // 0 is a notice of disconnection (RFC 4511 §4.4.1); anything else was not asked for.
            Err(down("an answer to nothing that was asked".into()))
        }
    }

    /// Binds by name and password (RFC 4513 §5.1.3). An empty password would be an anonymous bind that succeeds (§5.1.2),
    /// so it goes out only with an empty name.
    pub(super) async fn bind(&mut self, dn: &str, password: &str) -> Result<Bound, UpstreamError> {
        if password.is_empty() && !dn.is_empty() {
            return Ok(Bound::No(Trouble::new(Part::Directory, "no password")));
        }
        let cred = LdapBindCred::Simple(password.to_owned());
        let asked = LdapBindRequest { version: 3, dn: dn.to_owned(), cred };
        self.send(LdapOp::BindRequest(asked), Vec::new()).await?;
        match self.receive().await?.op {
            LdapOp::BindResponse(LdapBindResponse { res, .. }) => match res.code {
                LdapResultCode::Success => Ok(Bound::Yes),
                LdapResultCode::Busy | LdapResultCode::Unavailable => {
                    Err(UpstreamError::Down(Trouble::new(Part::Directory, said(&res))))
                }
                _ => Ok(Bound::No(Trouble::new(Part::Directory, said_without(&res, password)))),
            },
            _ => Err(UpstreamError::answer(Part::Directory, "no answer to a bind")),
        }
    }

    /// All entries that a search finds, page by page, up to `most`; referrals are not followed. Beyond `most` it ends.
    pub(super) async fn search(
        &mut self,
        request: LdapSearchRequest,
        most: usize,
        paged: bool,
    ) -> Result<Vec<LdapSearchResultEntry>, UpstreamError> {
        let (mut entries, mut cookie, mut messages) = (Vec::new(), Vec::new(), 0_usize);
        loop {
            let control = paged.then_some(LdapControl::SimplePagedResults { size: PAGE, cookie });
            self.send(LdapOp::SearchRequest(request.clone()), control.into_iter().collect())
                .await?;
            cookie = loop {
                messages = messages.saturating_add(1);
                if messages > MOST_MESSAGES {
                    return Err(UpstreamError::answer(Part::Entries, "too many entries"));
                }
                let message = self.receive().await?;
                match message.op {
                    LdapOp::SearchResultEntry(entry) if entries.len() < most => entries.push(entry),
                    LdapOp::SearchResultEntry(_) | LdapOp::SearchResultReference(_) => {}
                    LdapOp::SearchResultDone(result) => match result.code {
                        LdapResultCode::Success => break next_page(message.ctrl),
                        LdapResultCode::NoSuchObject => break Vec::new(),
                        // The answer is whole up to here, and `most` is what was wanted.
                        LdapResultCode::SizeLimitExceeded if entries.len() >= most => {
                            break Vec::new();
                        }
                        _ => {
                            return Err(UpstreamError::Refused(Trouble::new(
                                Part::Entries,
                                said(&result),
                            )));
                        }
                    },
                    _ => return Err(UpstreamError::answer(Part::Entries, "no answer to a search")),
                }
            };
            if cookie.is_empty() || entries.len() >= most {
                return Ok(entries);
            }
        }
    }
}

/// Where the next page begins; empty: there is none.
fn next_page(controls: Vec<LdapControl>) -> Vec<u8> {
    controls
        .into_iter()
        .find_map(|control| match control {
            LdapControl::SimplePagedResults { cookie, .. } => Some(cookie),
            _ => None,
        })
        .unwrap_or_default()
}

async fn connect(addresses: &[SocketAddr]) -> std::io::Result<TcpStream> {
    let socket = TcpStream::connect(addresses).await?;
    socket.set_nodelay(true)?;
    Ok(socket)
}

/// TLS with the system's authorities and those that an operator gave.
async fn encrypted(
    socket: impl Socket + 'static,
    host: &str,
    guard: &SafeHttpClient,
) -> Result<Box<dyn Socket>, String> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier =
        Verifier::new_with_extra_roots(guard.roots().iter().cloned(), Arc::clone(&provider))
            .map_err(|e| e.to_string())?;
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| e.to_string())?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned())
        .map_err(|e| e.to_string())?;
    let stream = TlsConnector::from(Arc::new(config))
        .connect(name, socket)
        .await
        .map_err(|e| e.to_string())?;
    Ok(Box::new(stream))
}

/// A result in words.
fn said(result: &LdapResult) -> String {
    said_without(result, "")
}

/// A result in words that hold nothing that somebody typed.
fn said_without(result: &LdapResult, typed: &str) -> String {
    let words = plain(&result.message, &[typed]);
    if words.is_empty() {
        format!("{:?}", result.code)
    } else {
        format!("{:?}: {words}", result.code)
    }
}
