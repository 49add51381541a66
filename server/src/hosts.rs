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
    http::{StatusCode, header::RETRY_AFTER},
    response::{IntoResponse, Response},
    routing::any,
};
use service::{
    Ligature,
    admin::organisations::{Organisations, is_at},
};
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

    /// The router for a host; the home one also answers, with 421, for hosts that nobody has. `None` where the database cannot
    /// say whose host it is: that is trouble that passes, and no answer about the host (RB-04).
    async fn router(&self, host: Option<&str>) -> Option<Router> {
        let home = &self.0.organisations.home();
        let Some(host) = host else { return Some(self.0.home.clone()) };
        match self.0.organisations.at(host).await {
            Ok(Some(one)) if one.org != home.org => Some(self.other(one).unwrap_or_else(|error| {
                tracing::error!(%error, "an organisation cannot be served");
                self.0.home.clone()
            })),
            Ok(_) => Some(self.0.home.clone()),
            Err(error) => {
                tracing::error!(%error, "organisations cannot be read");
                is_at(&home.settings.public_url, host).then(|| self.0.home.clone())
            }
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
    // Whether the process lives does not depend on the database.
    let probed = matches!(request.uri().path(), "/healthz" | "/readyz");
    let host = if probed { None } else { asked(&request) };
    let Some(router) = hosts.router(host).await else {
        let again = [(RETRY_AFTER, "10")];
        return (StatusCode::SERVICE_UNAVAILABLE, again, "Please try again shortly.\n")
            .into_response();
    };
    match router.oneshot(request).await {
        Ok(response) => response,
        Err(never) => never.into_response(),
    }
}
