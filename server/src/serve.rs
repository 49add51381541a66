//! Puts everything together and runs it.
use std::{net::SocketAddr, pin::Pin, sync::Arc, time::Duration};

use anyhow::Context as _;
use axum::Router;
use axum_server::{
    Handle,
    accept::{Accept, DefaultAcceptor},
    tls_rustls::{RustlsAcceptor, RustlsConfig},
};
use domain::{Micros, SECOND};
use hyper_util::{
    rt::{TokioExecutor, TokioTimer},
    server::conn::auto::Builder,
};
use service::{Clock, HashCost, Ligature, MasterKey, Settings, account::leaked_passwords::Leaks, admin::organisations::Organisations};
use storage::Store;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::watch,
};
use tokio_io_timeout::TimeoutStream;
use upstream::{SafeHttpClient, SafeHttpOptions};

use crate::{
    config::Config,
    hosts::{Hosts, hosts},
    layers::address::Addresses,
    outbox,
};

/// The system's clock.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the composition root is where time comes in")]
pub fn system_clock() -> Clock {
    Arc::new(|| std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |d| Micros::try_from(d.as_micros()).unwrap_or(Micros::MAX)))
}

/// The database of a configuration.
///
/// # Errors
/// A URL that cannot be used.
pub fn store(config: &Config) -> anyhow::Result<Store> {
    Ok(Store::open(&config.database.url, config.database.pool_size, Duration::from_millis(config.database.acquire_ms))?)
}

/// The use cases of a configuration. The schema must be there.
///
/// # Errors
/// A wrong master key, no database.
pub async fn ligature(config: &Config, master: &MasterKey, clock: Clock) -> anyhow::Result<Ligature> {
    let guard = SafeHttpClient::new(SafeHttpOptions {
        allow_private: config.http_client.allow_private,
        timeout: Duration::from_millis(config.http_client.timeout_ms),
        max_bytes: config.http_client.max_bytes,
    })?;
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    let limits = &config.limits;
    let settings = Settings {
        public_url: config.server.public_url.clone(),
        session_idle: config.session.idle * SECOND,
        session_absolute: config.session.absolute * SECOND,
        hash_cost: HashCost { kib: limits.hash_kib, passes: limits.hash_passes, lanes: limits.hash_lanes },
        hash_slots: if limits.hash_slots == 0 { cores } else { limits.hash_slots },
        mails_an_hour: limits.mails_an_hour,
        texts: !config.sms.webhook_url.is_empty(),
        text_prefixes: config.sms.prefixes.clone(),
        texts_an_hour: limits.texts_an_hour,
        codes_a_day: limits.codes_a_day,
        wrong_passwords: limits.wrong_passwords,
        leaks: Leaks { file: config.passwords.leaked_file.clone(), url: config.passwords.leaked_url.clone() },
        synchronous_standby: config.database.synchronous_standby,
        plain_http: config.http_client.allow_private,
    };
    Ok(Ligature::open(store(config)?, master, guard, clock, settings).await?)
}

/// The router of a configuration, for `serve` and for tests: every organisation at its own address. There is none before what a
/// restored copy or a promoted standby revived is void (RB-18).
///
/// # Errors
/// A public address that cannot be a trusted origin, no database.
pub async fn application(organisations: Organisations, config: &Config) -> anyhow::Result<(Router, Addresses)> {
    organisations.home().maintenance().settle_recovery().await?;
    // Pages render on tokio; a second router in the same process (tests) finds it set already.
    drop(any_spawner::Executor::init_tokio());
    let addresses = Addresses::new(&config.server.trusted_proxies, config.limits.requests_per_second, config.limits.burst);
    Ok((hosts(Hosts::new(organisations, config, addresses.clone())?), addresses))
}

/// Serves until a stop signal, then lets open requests end.
///
/// # Errors
/// An address that cannot be listened on, TLS files that cannot be read.
pub async fn serve(config: &Config, ligature: Ligature) -> anyhow::Result<()> {
    let organisations = Organisations::new(ligature);
    let (router, addresses) = application(organisations.clone(), config).await?;
    let listen: SocketAddr = config.server.listen.parse()?;
    let (stop, stopped) = watch::channel(false);
    let background = tokio::spawn(background(organisations, config.clone(), addresses, stopped.clone()));
    let handle = Handle::new();
    let drain = Duration::from_secs(config.server.drain_seconds);
    tokio::spawn({
        let handle = handle.clone();
        async move {
            signal().await;
            tracing::info!("stopping: open requests may end");
            handle.graceful_shutdown(Some(drain));
        }
    });
    let silence = Duration::from_secs(config.server.header_seconds.max(1) + config.server.request_seconds.max(1));
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    tracing::info!(address = %listen, public_url = config.server.public_url, "serving");
    match (&config.server.tls_cert, &config.server.tls_key) {
        (Some(cert), Some(key)) => {
            let tls = RustlsConfig::from_pem_file(cert, key).await.context("the TLS files cannot be read")?;
            let mut server = axum_server::bind(listen).acceptor(Patient { inner: RustlsAcceptor::new(tls), silence }).handle(handle);
            patience(server.http_builder(), config);
            server.serve(service).await?;
        }
        _ => {
            let mut server = axum_server::bind(listen).acceptor(Patient { inner: DefaultAcceptor::new(), silence }).handle(handle);
            patience(server.http_builder(), config);
            server.serve(service).await?;
        }
    }
    stop.send(true)?;
    background.await?;
    Ok(())
}

/// Ends connections that are silent for longer than any request may take, from their first byte on.
#[derive(Clone)]
struct Patient<A> {
    inner: A,
    silence: Duration,
}

impl<I, S, A> Accept<I, S> for Patient<A>
where
    A: Accept<TimedStream<I>, S>,
    I: AsyncRead + AsyncWrite,
{
    type Stream = A::Stream;
    type Service = A::Service;
    type Future = A::Future;

    fn accept(&self, stream: I, service: S) -> Self::Future {
        let mut timed = TimeoutStream::new(stream);
        timed.set_read_timeout(Some(self.silence));
        self.inner.accept(Box::pin(timed), service)
    }
}

type TimedStream<I> = Pin<Box<TimeoutStream<I>>>;

/// How long a connection may take to say what it wants (RL-12).
fn patience(builder: &mut Builder<TokioExecutor>, config: &Config) {
    let head = Duration::from_secs(config.server.header_seconds.max(1));
    builder.http1().timer(TokioTimer::new()).header_read_timeout(head);
    builder.http2().timer(TokioTimer::new()).keep_alive_interval(head).keep_alive_timeout(head);
}

/// Mails, texts, and tidying up every minute.
async fn background(organisations: Organisations, config: Config, addresses: Addresses, stopped: watch::Receiver<bool>) {
    let (mut for_mails, mut for_texts, mut for_ends) = (stopped.clone(), stopped.clone(), stopped.clone());
    let ends = tokio::spawn(outbox::tell_of_ends(organisations.clone(), async move { drop(for_ends.wait_for(|s| *s).await) }));
    let mails = tokio::spawn(outbox::send_mails(organisations.clone(), config.mail.clone(), async move { drop(for_mails.wait_for(|s| *s).await) }));
    let texts = tokio::spawn(outbox::send_texts(organisations.clone(), config.sms.clone(), async move { drop(for_texts.wait_for(|s| *s).await) }));
    let mut stopped = stopped;
    loop {
        tokio::select! {
            _ = stopped.wait_for(|s| *s) => break,
            () = tokio::time::sleep(Duration::from_secs(60)) => {}
        }
        addresses.tidy();
        // The key file may have got a new key in front.
        match crate::commands::master(&config) {
            Ok(master) => {
                if let Err(error) = organisations.home().key_rotation().adopt_master(&master).await {
                    tracing::error!(%error, "the key file does not open every key: the keys of before stay");
                }
            }
            Err(error) => tracing::error!(%error, "the key file cannot be read: the keys of before stay"),
        }
        // Connections through a pooler, and those to a standby, outlive a promotion.
        if let Err(error) = organisations.home().maintenance().settle_recovery().await {
            tracing::error!(%error, "whether the database was recovered cannot be seen");
        }
        if let Err(error) = organisations.tidy().await {
            tracing::error!(%error, "tidying up failed");
        }
    }
    drop((mails.await, texts.await, ends.await));
}

async fn signal() {
    let interrupt = tokio::signal::ctrl_c();
    match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = interrupt => {}
                _ = terminate.recv() => {}
            }
        }
        Err(_) => drop(interrupt.await),
    }
}
