//! Where requests come in: several addresses, Unix sockets, and what proxies say at the beginning of a connection.
use std::{
    io,
    net::{SocketAddr, TcpListener},
    os::unix::{fs::PermissionsExt, net::UnixListener},
    path::PathBuf,
    pin::Pin,
    time::Duration,
};

use anyhow::Context as _;
use axum::{Extension, Router, middleware::AddExtension};
use axum_server::{
    Address, Handle, Server,
    accept::{Accept, DefaultAcceptor},
    tls_rustls::{RustlsAcceptor, RustlsConfig},
};
use futures_util::future::BoxFuture;
use hyper_util::{
    rt::{TokioExecutor, TokioTimer},
    server::conn::auto::Builder,
};
use proxy_header::{ParseConfig, io::ProxiedStream};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, UnixStream},
    task::JoinSet,
};
use tokio_io_timeout::TimeoutStream;
use tower::Layer;

use crate::{
    config::Config,
    layers::address::{Addresses, Peer},
    listen_address::{Place, places},
};

/// Places that are listened at, before the first request is answered.
pub struct Listening {
    tcp: Vec<TcpListener>,
    sockets: Vec<(UnixListener, PathBuf)>,
}

impl Listening {
    /// Takes every place of a configuration.
    ///
    /// # Errors
    /// The place that is taken, or may not be used.
    pub fn open(listen: &str) -> anyhow::Result<Self> {
        let (mut tcp, mut sockets) = (Vec::new(), Vec::new());
        for place in places(listen).context("server.listen names no place to listen at")? {
            match place {
                Place::Tcp(address) => {
                    let listener = TcpListener::bind(address)
                        .with_context(|| format!("{address} cannot be listened at"))?;
                    listener.set_nonblocking(true)?;
                    tcp.push(listener);
                }
                Place::Socket(path) => {
                    let listener = socket(&path)
                        .with_context(|| format!("{} cannot be listened at", path.display()))?;
                    sockets.push((listener, path));
                }
            }
        }
        Ok(Self { tcp, sockets })
    }

    /// The addresses, as they were given by the system.
    #[must_use]
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.tcp.iter().filter_map(|l| l.local_addr().ok()).collect()
    }

    /// Answers requests until `stop` is over, then lets open ones end.
    ///
    /// # Errors
    /// TLS files that cannot be read, a listener that fails.
    pub async fn serve(
        self,
        router: Router,
        config: &Config,
        addresses: &Addresses,
        stop: impl Future<Output = ()>,
    ) -> anyhow::Result<()> {
        let arriving = Arriving {
            inner: DefaultAcceptor::new(),
            addresses: addresses.clone(),
            proxy: config.server.proxy_protocol,
            silence: Duration::from_secs(
                config.server.header_seconds.max(1) + config.server.request_seconds.max(1),
            ),
        };
        let tls = match (&config.server.tls_cert, &config.server.tls_key) {
            (Some(cert), Some(key)) => Some(
                RustlsConfig::from_pem_file(cert, key)
                    .await
                    .context("the TLS files cannot be read")?,
            ),
            _ => None,
        };
        let (tcp, socket) = (Handle::new(), Handle::new());
        let mut all = JoinSet::new();
        for listener in self.tcp {
            let server = axum_server::from_tcp(listener)?.handle(tcp.clone());
            match &tls {
                Some(tls) => all.spawn(run(
                    server.acceptor(arriving.with(RustlsAcceptor::new(tls.clone()))),
                    router.clone(),
                    config,
                )),
                None => all.spawn(run(server.acceptor(arriving.clone()), router.clone(), config)),
            };
        }
        let mut paths = Vec::new();
        for (listener, path) in self.sockets {
            listener.set_nonblocking(true)?;
            all.spawn(run(
                axum_server::from_unix(listener)?.handle(socket.clone()).acceptor(arriving.clone()),
                router.clone(),
                config,
            ));
            paths.push(path);
        }
        tokio::select! {
            () = stop => {}
            Some(ended) = all.join_next() => ended??,
        }
        let drain = Some(Duration::from_secs(config.server.drain_seconds));
        tcp.graceful_shutdown(drain);
        socket.graceful_shutdown(drain);
        while let Some(ended) = all.join_next().await {
            ended??;
        }
        for path in paths {
            drop(std::fs::remove_file(path));
        }
        Ok(())
    }
}

/// Listens at a path, for processes of the same group too. What a process left that ended without cleaning up is removed.
fn socket(path: &PathBuf) -> io::Result<UnixListener> {
    if std::os::unix::net::UnixStream::connect(path)
        .is_err_and(|e| e.kind() == io::ErrorKind::ConnectionRefused)
    {
        std::fs::remove_file(path)?;
    }
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o660))?;
    Ok(listener)
}

fn run<A, Acc>(
    mut server: Server<A, Acc>,
    router: Router,
    config: &Config,
) -> impl Future<Output = io::Result<()>> + Send + use<A, Acc>
where
    A: Address + Send + Sync + 'static,
    A::Stream: Send,
    A::Listener: Send + Sync,
    Acc: Accept<A::Stream, Router, Service = AddExtension<Router, Peer>>
        + Clone
        + Send
        + Sync
        + 'static,
    Acc::Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    Acc::Future: Send,
{
    patience(server.http_builder(), config);
    async move { server.serve(router.into_make_service()).await }
}

/// How long a connection may take to say what it wants (RL-12).
fn patience(builder: &mut Builder<TokioExecutor>, config: &Config) {
    let head = Duration::from_secs(config.server.header_seconds.max(1));
    builder.http1().timer(TokioTimer::new()).header_read_timeout(head);
    builder.http2().timer(TokioTimer::new()).keep_alive_interval(head).keep_alive_timeout(head);
}

/// Whose the other end of a stream is.
pub trait Origin {
    fn peer(&self) -> Peer;
}

impl Origin for TcpStream {
    fn peer(&self) -> Peer {
        self.peer_addr().map_or(Peer::Unknown, |a| Peer::At(a.ip().to_canonical()))
    }
}

impl Origin for UnixStream {
    fn peer(&self) -> Peer {
        Peer::Socket
    }
}

/// A stream that may begin with words of a proxy, and that ends when it is silent for too long.
type Stream<I> = Pin<Box<TimeoutStream<ProxiedStream<I>>>>;

/// Takes a connection in: reads who it comes from where a trusted proxy says it (PROXY protocol, versions 1 and 2), and ends
/// connections that are silent for longer than any request may take, from their first byte on.
#[derive(Clone)]
struct Arriving<A> {
    inner: A,
    addresses: Addresses,
    proxy: bool,
    silence: Duration,
}

impl<A> Arriving<A> {
    fn with<B>(&self, inner: B) -> Arriving<B> {
        Arriving {
            inner,
            addresses: self.addresses.clone(),
            proxy: self.proxy,
            silence: self.silence,
        }
    }

    async fn enter<I: Origin + AsyncRead + Unpin>(
        &self,
        stream: I,
    ) -> io::Result<(ProxiedStream<I>, Peer)> {
        let peer = stream.peer();
        // Who is no proxy of ours could say anything: nothing is read, and words of a proxy are no HTTP.
        if !self.proxy || !self.addresses.trusts_peer(peer) {
            return Ok((ProxiedStream::unproxied(stream), peer));
        }
        let config = ParseConfig { include_tlvs: false, allow_v1: true, allow_v2: true };
        let stream =
            tokio::time::timeout(self.silence, ProxiedStream::create_from_tokio(stream, config))
                .await??;
        // Without an address the proxy itself asks: a health check.
        let peer = stream
            .proxy_header()
            .proxied_address()
            .map_or(peer, |a| Peer::At(a.source.ip().to_canonical()));
        Ok((stream, peer))
    }
}

impl<I, S, A> Accept<I, S> for Arriving<A>
where
    I: Origin + AsyncRead + AsyncWrite + Unpin + Send + 'static,
    S: Send + 'static,
    A: Accept<Stream<I>, AddExtension<S, Peer>> + Clone + Send + Sync + 'static,
    A::Future: Send,
{
    type Stream = A::Stream;
    type Service = A::Service;
    type Future = BoxFuture<'static, io::Result<(Self::Stream, Self::Service)>>;

    fn accept(&self, stream: I, service: S) -> Self::Future {
        let this = self.clone();
        Box::pin(async move {
            let (stream, peer) = this.enter(stream).await?;
            let mut timed = TimeoutStream::new(stream);
            timed.set_read_timeout(Some(this.silence));
            this.inner.accept(Box::pin(timed), Extension(peer).layer(service)).await
        })
    }
}
