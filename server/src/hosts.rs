//! One router for each organisation, chosen by the host that a request names, before anything else looks at it.
use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use app::{
    context::{Assets, Context},
    cookies::Cookies,
};
use axum::{
    Router,
    extract::{Request, State},
    response::{IntoResponse, Response},
    routing::any,
};
use service::{Ligature, admin::organisations::Organisations};
use tower::ServiceExt;

use crate::{
    assets::assets,
    config::Config,
    layers::{address::Addresses, host::asked, text::clean_address},
    router::router,
};

/// The organisations and their routers, each made at the first request for it.
#[derive(Clone)]
pub struct Hosts(Arc<Inner>);

struct Inner {
    organisations: Organisations,
    config: Config,
    addresses: Addresses,
    assets: Arc<Assets>,
    home: Router,
    /// By address.
    others: RwLock<HashMap<String, Router>>,
}

impl Hosts {
    /// # Errors
    /// A public address that cannot be a trusted origin.
    pub fn new(
        organisations: Organisations,
        config: &Config,
        addresses: Addresses,
    ) -> anyhow::Result<Self> {
        let assets = Arc::new(assets());
        let home = router(
            context(organisations.home().clone(), Arc::clone(&assets), config),
            config,
            addresses.clone(),
        )?;
        Ok(Self(Arc::new(Inner {
            organisations,
            config: config.clone(),
            addresses,
            assets,
            home,
            others: RwLock::default(),
        })))
    }

    /// The router for a host; the home one also answers, with 421, for hosts that nobody has.
    async fn router(&self, host: Option<&str>) -> Router {
        let Some(host) = host else { return self.0.home.clone() };
        let found = self.0.organisations.at(host).await.unwrap_or_else(|error| {
            tracing::error!(%error, "organisations cannot be read");
            None
        });
        match found {
            Some(one) if one.org != self.0.organisations.home().org => {
                self.other(one).unwrap_or_else(|error| {
                    tracing::error!(%error, "an organisation cannot be served");
                    self.0.home.clone()
                })
            }
            _ => self.0.home.clone(),
        }
    }

    fn other(&self, one: Ligature) -> anyhow::Result<Router> {
        // The id too: an address may go to another organisation.
        let key = format!("{} {}", one.org, one.settings.public_url);
        if let Some(known) = self.0.others.read().unwrap_or_else(PoisonError::into_inner).get(&key)
        {
            return Ok(known.clone());
        }
        let made = router(
            context(one, Arc::clone(&self.0.assets), &self.0.config),
            &self.0.config,
            self.0.addresses.clone(),
        )?;
        self.0.others.write().unwrap_or_else(PoisonError::into_inner).insert(key, made.clone());
        Ok(made)
    }
}

fn context(ligature: Ligature, assets: Arc<Assets>, config: &Config) -> Context {
    let secure = ligature.settings.public_url.starts_with("https://");
    Context { cookies: Cookies { secure, org: ligature.org }, ligature, assets, demo: config.demo }
}

/// The outermost router.
pub fn hosts(hosts: Hosts) -> Router {
    Router::new().fallback(any(dispatch)).with_state(hosts)
}

async fn dispatch(State(hosts): State<Hosts>, mut request: Request) -> Response {
    clean_address(&mut request);
    match hosts.router(asked(&request)).await.oneshot(request).await {
        Ok(response) => response,
        Err(never) => never.into_response(),
    }
}
