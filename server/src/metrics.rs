//! Figures for Prometheus and a health report for people, at a place of their own: they say more than strangers should know.
use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use axum::{
    Json, Router,
    extract::{MatchedPath, Request, State},
    http::{StatusCode, header},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::get,
};
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram, info::Info},
    registry::Registry,
};
use serde_json::json;
use service::admin::organisations::Organisations;
use storage::maintenance::outbox::list_unsent_mails;
use tokio::time::Instant;

use crate::version::VERSION;

#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Answered {
    method: String,
    route: String,
    status: u16,
}

#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Route {
    route: String,
}

#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Code {
    code: String,
}

#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Of {
    state: &'static str,
}

/// A provider, by the organisation that owns it and its key.
#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct AtProvider {
    organisation: String,
    provider: String,
}

/// What is counted.
#[derive(Clone)]
pub struct Metrics {
    registry: Arc<Registry>,
    answers: Family<Answered, Counter>,
    seconds: Family<Route, Histogram>,
    refusals: Family<Code, Counter>,
    unsent: Family<Of, Gauge>,
    database: Gauge,
    providers: Providers,
    organisations: Organisations,
}

/// Health of providers, as this process has seen it.
#[derive(Clone, Default)]
struct Providers {
    up: Family<AtProvider, Gauge>,
    requests: Family<AtProvider, Counter>,
    failures: Family<AtProvider, Counter>,
}

impl Providers {
    fn register(&self, registry: &mut Registry) {
        let up = "1 if the provider does its work, 0 while it is unavailable";
        registry.register("provider_up", up, self.up.clone());
        let requests = "Sign-ins for which the provider was asked";
        registry.register("provider_requests", requests, self.requests.clone());
        let failures = "Those that failed by a fault of the provider";
        registry.register("provider_failures", failures, self.failures.clone());
    }

    /// Takes over what the services counted.
    fn read(&self, organisations: &Organisations) {
        for one in organisations.home().configuration().provider_figures() {
            let at = AtProvider { organisation: one.organisation.to_string(), provider: one.key };
            self.up.get_or_create(&at).set(i64::from(one.available));
            self.requests.get_or_create(&at).inner().store(one.requests, Ordering::Relaxed);
            self.failures.get_or_create(&at).inner().store(one.failures, Ordering::Relaxed);
        }
    }
}

/// Seconds, from a session check to a slow provider.
const BOUNDS: [f64; 10] = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];

impl Metrics {
    #[must_use]
    pub fn new(organisations: Organisations) -> Self {
        let mut registry = Registry::with_prefix("ligature");
        let answers = Family::<Answered, Counter>::default();
        let seconds = Family::<Route, Histogram>::new_with_constructor(|| Histogram::new(BOUNDS));
        let (refusals, unsent, database) =
            (Family::<Code, Counter>::default(), Family::<Of, Gauge>::default(), Gauge::default());
        registry.register("http_requests", "Requests that were answered", answers.clone());
        registry.register("http_request_seconds", "How long answers took", seconds.clone());
        registry.register(
            "refusals",
            "People who were led to the page of a refusal",
            refusals.clone(),
        );
        registry.register(
            "unsent_mails",
            "Mails and texts that wait although they were tried, or were given up",
            unsent.clone(),
        );
        registry.register("database_up", "1 if the database answers", database.clone());
        let providers = Providers::default();
        providers.register(&mut registry);
        let build = Info::new(vec![("version", VERSION)]);
        registry.register("build", "What is running", build);
        Self {
            registry: Arc::new(registry),
            answers,
            seconds,
            refusals,
            unsent,
            database,
            providers,
            organisations,
        }
    }

    /// Counts what a router answers.
    pub fn around(&self, router: Router) -> Router {
        router.layer(from_fn_with_state(self.clone(), observe))
    }

    /// `GET /metrics`, `GET /health`.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/metrics", get(metrics))
            .route("/health", get(health))
            .with_state(self.clone())
    }

    /// What is well and what is not, as it is now: `database` and `mail`.
    async fn parts(&self) -> (bool, bool) {
        let unsent = match self.organisations.home().store.read().await {
            Ok(mut conn) => list_unsent_mails(&mut conn, 1000).await.ok(),
            Err(_) => None,
        };
        let count = |state: &str| {
            i64::try_from(unsent.iter().flatten().filter(|m| m.state == state).count())
                .unwrap_or(i64::MAX)
        };
        let (waiting, dead) = (count("waiting"), count("dead"));
        self.unsent.get_or_create(&Of { state: "waiting" }).set(waiting);
        self.unsent.get_or_create(&Of { state: "dead" }).set(dead);
        self.database.set(i64::from(unsent.is_some()));
        (unsent.is_some(), waiting == 0)
    }
}

/// The route of an answer, in its extensions: never the address itself, which may hold secrets.
#[derive(Clone)]
struct Matched(MatchedPath);

/// Notes the route where it is known.
pub async fn name_route(request: Request, next: Next) -> Response {
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let mut response = next.run(request).await;
    if let Some(path) = matched {
        response.extensions_mut().insert(Matched(path));
    }
    response
}

async fn observe(State(metrics): State<Metrics>, request: Request, next: Next) -> Response {
    // Other words than the usual ones are one, or strangers could make as many series as they like.
    let method = match request.method().as_str() {
        known @ ("GET" | "POST" | "HEAD" | "OPTIONS") => known.to_owned(),
        _ => "other".to_owned(),
    };
    let begun = Instant::now();
    let response = next.run(request).await;
    let route = response
        .extensions()
        .get::<Matched>()
        .map_or_else(|| "none".to_owned(), |m| m.0.as_str().to_owned());
    metrics
        .seconds
        .get_or_create(&Route { route: route.clone() })
        .observe(begun.elapsed().as_secs_f64());
    metrics
        .answers
        .get_or_create(&Answered { method, route, status: response.status().as_u16() })
        .inc();
    let led = response
        .headers()
        .get(header::LOCATION)
        .and_then(|l| l.to_str().ok())
        .and_then(|l| l.strip_prefix("/refused/"));
    if let Some(refusal) =
        led.and_then(|code| domain::Refusal::parse(code.split('?').next().unwrap_or_default()))
    {
        metrics.refusals.get_or_create(&Code { code: refusal.code().to_owned() }).inc();
    }
    response
}

async fn metrics(State(metrics): State<Metrics>) -> Response {
    drop(tokio::time::timeout(Duration::from_secs(2), metrics.parts()).await);
    metrics.providers.read(&metrics.organisations);
    let mut text = String::new();
    match encode(&mut text, &metrics.registry) {
        Ok(()) => (
            [(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")],
            text,
        )
            .into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// 200 while people can sign in; `status` is `ok`, `degraded` (a part that matters less is not well) or `down`.
async fn health(State(metrics): State<Metrics>) -> Response {
    let (database, mail) = tokio::time::timeout(Duration::from_secs(2), metrics.parts())
        .await
        .unwrap_or((false, true));
    let word = |well: bool| if well { "ok" } else { "failing" };
    let status = match (database, mail) {
        (false, _) => "down",
        (true, false) => "degraded",
        (true, true) => "ok",
    };
    let code = if database { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (
        code,
        Json(json!({"status": status, "parts": {"database": word(database), "mail": word(mail)}})),
    )
        .into_response()
}
