//! Puts everything together and runs it.
use std::{sync::Arc, time::Duration};

use axum::Router;
use domain::{Micros, SECOND};
use sd_notify::NotifyState;
use service::{
    Clock, HashCost, Ligature, MasterKey, Settings, account::leaked_passwords::Leaks,
    admin::organisations::Organisations,
};
use storage::Store;
use tokio::sync::watch;
use upstream::{SafeHttpClient, SafeHttpOptions};

use crate::{
    config::Config,
    hosts::{Hosts, hosts},
    key_file,
    layers::address::Addresses,
    listen::Listening,
    metrics::Metrics,
    outbox,
};

/// The system's clock.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the composition root is where time comes in")]
pub fn system_clock() -> Clock {
    Arc::new(|| {
        std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(0, |d| Micros::try_from(d.as_micros()).unwrap_or(Micros::MAX))
    })
}

/// The database of a configuration.
///
/// # Errors
/// A URL that cannot be used.
pub fn store(config: &Config) -> anyhow::Result<Store> {
    Ok(Store::open(
        &config.database.url,
        config.database.pool_size,
        Duration::from_millis(config.database.acquire_ms),
    )?)
}

/// The use cases of a configuration. The schema must be there.
///
/// # Errors
/// A wrong master key, no database.
pub async fn ligature(
    config: &Config,
    master: &MasterKey,
    clock: Clock,
) -> anyhow::Result<Ligature> {
    let options = SafeHttpOptions {
        allow_private: config.http_client.allow_private,
        timeout: Duration::from_millis(config.http_client.timeout_ms),
        max_bytes: config.http_client.max_bytes,
    };
    let guard = SafeHttpClient::through(options, config.outside()?)?;
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    let limits = &config.limits;
    let settings = Settings {
        public_url: config.server.public_url.clone(),
        session_idle: config.session.idle * SECOND,
        session_absolute: config.session.absolute * SECOND,
        hash_cost: HashCost {
            kib: limits.hash_kib,
            passes: limits.hash_passes,
            lanes: limits.hash_lanes,
        },
        hash_slots: if limits.hash_slots == 0 { cores } else { limits.hash_slots },
        mails_an_hour: limits.mails_an_hour,
        texts: !config.sms.webhook_url.is_empty(),
        text_prefixes: config.sms.prefixes.clone(),
        texts_an_hour: limits.texts_an_hour,
        codes_a_day: limits.codes_a_day,
        wrong_passwords: limits.wrong_passwords,
        leaks: Leaks {
            file: config.passwords.leaked_file.clone(),
            url: config.passwords.leaked_url.clone(),
        },
        synchronous_standby: config.database.synchronous_standby,
        audit_kept: (config.audit.keep_days > 0)
            .then(|| i64::from(config.audit.keep_days) * domain::DAY),
        plain_http: config.http_client.allow_private,
    };
    Ok(Ligature::open(store(config)?, master, guard, clock, settings).await?)
}

/// The router of a configuration, for `serve` and for tests: every organisation at its own address. There is none before what a
/// restored copy or a promoted standby revived is void (RB-18).
///
/// # Errors
/// A public address that cannot be a trusted origin, no database.
pub async fn application(
    organisations: Organisations,
    config: &Config,
) -> anyhow::Result<(Router, Addresses)> {
    organisations.home().maintenance().settle_recovery().await?;
    // Pages render on tokio; a second router in the same process (tests) finds it set already.
    drop(any_spawner::Executor::init_tokio());
    let addresses = Addresses::new(
        &config.server.trusted_proxies,
        config.limits.requests_per_second,
        config.limits.burst,
    )
    .reading(config.server.forwarded_by == "forwarded");
    Ok((hosts(Hosts::new(organisations, config, addresses.clone())?), addresses))
}

/// Serves until a stop signal, then lets open requests end.
///
/// # Errors
/// An address that cannot be listened on, TLS files that cannot be read.
pub async fn serve(config: &Config, ligature: Ligature) -> anyhow::Result<()> {
    let organisations = Organisations::new(ligature);
    let (router, addresses) = application(organisations.clone(), config).await?;
    let listening = Listening::open(&config.server.listen)?;
    let (stop, stopped) = watch::channel(false);
    let metrics = Metrics::new(organisations.clone());
    let figures = match config.server.metrics_listen.as_str() {
        "" => None,
        place => {
            let (place, routes, mut over) =
                (Listening::open(place)?, metrics.router(), stopped.clone());
            let (mut plain, addresses) = (config.clone(), addresses.clone());
            (plain.server.tls_cert, plain.server.tls_key, plain.server.proxy_protocol) =
                (None, None, false);
            Some(tokio::spawn(async move {
                place
                    .serve(routes, &plain, &addresses, async { drop(over.wait_for(|s| *s).await) })
                    .await
            }))
        }
    };
    let background =
        tokio::spawn(background(organisations, config.clone(), addresses.clone(), stopped.clone()));
    tracing::info!(listen = config.server.listen, public_url = config.server.public_url, "serving");
    // systemd may wait for it (sd_notify); elsewhere nobody listens.
    drop(sd_notify::notify(&[NotifyState::Ready]));
    let until = async {
        signal().await;
        tracing::info!("stopping: open requests may end");
        drop(sd_notify::notify(&[NotifyState::Stopping]));
    };
    listening.serve(metrics.around(router), config, &addresses, until).await?;
    stop.send(true)?;
    background.await?;
    if let Some(figures) = figures {
        figures.await??;
    }
    Ok(())
}

/// Mails, texts, and tidying up every minute.
async fn background(
    organisations: Organisations,
    config: Config,
    addresses: Addresses,
    stopped: watch::Receiver<bool>,
) {
    let (mut for_mails, mut for_texts, mut for_ends) =
        (stopped.clone(), stopped.clone(), stopped.clone());
    let ends = tokio::spawn(outbox::tell_of_ends(organisations.clone(), async move {
        drop(for_ends.wait_for(|s| *s).await)
    }));
    let mails =
        tokio::spawn(outbox::send_mails(organisations.clone(), config.mail(), async move {
            drop(for_mails.wait_for(|s| *s).await)
        }));
    let texts =
        tokio::spawn(outbox::send_texts(organisations.clone(), config.sms.clone(), async move {
            drop(for_texts.wait_for(|s| *s).await)
        }));
    let mut stopped = stopped;
    loop {
        tokio::select! {
            _ = stopped.wait_for(|s| *s) => break,
            () = tokio::time::sleep(Duration::from_secs(60)) => {}
        }
        addresses.tidy();
        // The key file may have got a new key in front.
        match key_file::read_master(&config) {
            Ok(master) => {
                if let Err(error) = organisations.home().key_rotation().adopt_master(&master).await
                {
                    tracing::error!(%error, "the key file does not open every key: the keys of before stay");
                }
            }
            Err(error) => {
                tracing::error!(%error, "the key file cannot be read: the keys of before stay")
            }
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
