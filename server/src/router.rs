//! All routes and layers, in order.
use std::{sync::Arc, time::Duration};

use app::{
    context::Context,
    sign_in::refused::{Told, draw_refusals},
};
use axum::{
    Router,
    extract::{DefaultBodyLimit, MatchedPath},
    http::{
        HeaderName, Method, StatusCode,
        header::{RETRY_AFTER, WWW_AUTHENTICATE},
    },
    middleware::{from_fn, from_fn_with_state, map_response},
    response::Response,
    routing::{get, post},
};
use leptos::server_fn::ServerFn;
use tower::ServiceBuilder;
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::CompressionLayer,
    cors::{AllowHeaders, Any, CorsLayer},
    csrf::CsrfLayer,
    request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer},
    timeout::TimeoutLayer,
    trace::TraceLayer,
};

use crate::{
    assets::asset,
    config::Config,
    layers::{
        self,
        address::{Addresses, address},
        cross_site::{cross_site, is_open},
        headers::{Hsts, headers},
        host::{PublicUrl, host},
        request_context::add_request_context,
        text::clean_form,
    },
    metrics::name_route,
    routes::{brand, callback, forms, forward, health, issuer, logout, provider_logout},
};

/// Paths of all server functions, as they registered themselves.
#[must_use]
pub fn function_paths() -> Vec<&'static str> {
    let mut paths: Vec<_> =
        leptos::server_fn::axum::server_fn_paths().map(|(path, _)| path).collect();
    paths.sort_unstable();
    paths
}

/// Server functions whose forms have a file in them.
const FILES: [&str; 1] = [app::admin::brand::SetLogo::PATH];

/// Server functions in whose forms whole documents are pasted: metadata of a provider.
const LARGE: [&str; 2] =
    [app::admin::provider_add::AddProvider::PATH, app::admin::provider::SaveProvider::PATH];

/// The whole application for one organisation.
///
/// # Errors
/// When the public URL cannot be a trusted origin.
pub fn router(context: Context, config: &Config, addresses: Addresses) -> anyhow::Result<Router> {
    let origin = context.ligature.settings.public_url.clone();
    let secure = context.cookies.secure;

    let (with_files, plain): (Vec<_>, Vec<_>) =
        function_paths().into_iter().partition(|path| FILES.contains(path));
    let (large, plain): (Vec<_>, Vec<_>) = plain.into_iter().partition(|path| LARGE.contains(path));
    let functions = |paths: Vec<&'static str>| {
        paths
            .into_iter()
            .fold(Router::new(), |routes, path| routes.route(path, post(forms::function)))
    };
    let functions = functions(plain)
        // Forms are small; every field has its own bound as well (RL-11).
        .layer(DefaultBodyLimit::max(32 * 1024))
        .merge(functions(large).layer(DefaultBodyLimit::max(layers::text::FORM)))
        .layer(from_fn(forms::takes_fields))
        .merge(
            functions(with_files)
                .layer(from_fn(forms::takes_files))
                // A little more than a logo may have, for what a form puts around it.
                .layer(DefaultBodyLimit::max(service::admin::brand::UPLOAD + 8 * 1024)),
        )
        .layer(from_fn_with_state(context.clone(), forms::forms));

    let browser = Router::new()
        .merge(app::routes::routes())
        .merge(functions)
        .route("/callback/{key}", get(callback::callback))
        .route("/callback/{key}/resume", get(callback::resume))
        .route("/callback/{key}/frontchannel-logout", get(provider_logout::by_frame))
        .route("/authorize", get(issuer::authorize).post(issuer::authorize_form))
        .route("/logout", get(logout::logout).post(logout::logout_form))
        .fallback(app::sign_in::refused::not_found)
        .method_not_allowed_fallback(app::sign_in::refused::not_found)
        .layer(
            ServiceBuilder::new()
                // Who asks: needed by every page, errors included.
                .layer(from_fn_with_state(context.clone(), add_request_context))
                // Posts from other sites: drawn by this one, judged by the next.
                .layer(from_fn_with_state(context.clone(), cross_site))
                .layer(
                    CsrfLayer::new()
                        .add_trusted_origin(&origin)?
                        .with_insecure_bypass(|_, uri| is_open(uri.path())),
                )
                .layer(from_fn_with_state(context.clone(), draw_refusals)),
        );

    let programs = Router::new()
        .route("/token", post(issuer::token))
        .route("/introspect", post(issuer::introspect))
        .route("/revoke", post(issuer::revoke))
        .route("/par", post(issuer::push))
        .route("/device_authorization", post(issuer::device))
        .route("/userinfo", get(issuer::userinfo).post(issuer::userinfo_form))
        .route("/register", post(issuer::register))
        .route("/jwks", get(issuer::jwks))
        .route("/.well-known/openid-configuration", get(issuer::discovery))
        .route("/.well-known/oauth-authorization-server", get(issuer::discovery))
        // Applications in browsers ask from their own origins, with whatever headers their tools add; nothing here reads a
        // cookie (Fetch §3.2, FR-44).
        .layer(
            CorsLayer::new()
                .allow_origin(Any)
                .allow_methods([Method::GET, Method::POST])
                .allow_headers(AllowHeaders::mirror_request())
                .expose_headers([
                    WWW_AUTHENTICATE,
                    RETRY_AFTER,
                    HeaderName::from_static("dpop-nonce"),
                ]),
        )
        // A page of a provider posts here, without our cookies: none is asked for, and none is set but the answer's own.
        .route(
            "/callback/{key}",
            post(callback::posted).layer(DefaultBodyLimit::max(layers::text::FORM)),
        )
        .route("/saml/{key}/metadata", get(callback::metadata))
        // A provider tells of a sign-out, by a token that it signed.
        .route("/callback/{key}/backchannel-logout", post(provider_logout::by_token))
        // Reverse proxies ask here, with cookies of the hosts that they guard.
        .route("/forward-auth/{client_id}", get(forward::check))
        .route("/forward-auth/{client_id}/start", get(forward::start))
        .route("/forward-auth/{client_id}/callback", get(forward::callback))
        .route("/forward-auth/{client_id}/out", get(forward::out))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .layer(DefaultBodyLimit::max(32 * 1024));

    let files = Router::new()
        .route("/brand/{file}", get(brand::look))
        .route("/assets/{hash}/{file}", get(asset))
        .layer(CompressionLayer::new());

    let id = HeaderName::from_static("x-request-id");
    // The first is the outermost. One layer of all of them, as each one by itself is copied for each request.
    let around = ServiceBuilder::new()
        .layer(SetRequestIdLayer::new(id.clone(), MakeRequestUuid))
        .layer(
            TraceLayer::new_for_http()
                .make_span_with(|request: &axum::http::Request<_>| {
                    // The route and no more: queries carry codes and states, and paths the secrets of links (GD-02).
                    let id = request
                        .headers()
                        .get("x-request-id")
                        .and_then(|v| v.to_str().ok())
                        .unwrap_or_default();
                    let path =
                        request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
                    tracing::info_span!("request", method = %request.method(), path, id)
                })
                .on_failure(())
                .on_response(
                    |response: &axum::http::Response<_>, latency: Duration, _: &tracing::Span| {
                        // What a page tells of was written when it happened: whoever opens the page writes nothing.
                        if response.status().is_server_error()
                            && response.extensions().get::<Told>().is_none()
                        {
                            tracing::error!(
                                status = response.status().as_u16(),
                                ?latency,
                                "response failed"
                            );
                        } else {
                            tracing::debug!(
                                status = response.status().as_u16(),
                                ?latency,
                                "answered"
                            );
                        }
                    },
                ),
        )
        .layer(PropagateRequestIdLayer::new(id))
        .layer(map_response(|mut response: Response| async {
            response.headers_mut().remove("serverfnerror");
            response
        }))
        .layer(from_fn_with_state(Hsts::of(secure, config), headers))
        // A panic ends one request, not the process.
        .layer(CatchPanicLayer::new())
        // Other hosts are not served.
        .layer(from_fn_with_state(PublicUrl(Arc::from(origin)), host))
        // One address may not use up the server.
        .layer(from_fn_with_state(addresses, address))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::SERVICE_UNAVAILABLE,
            Duration::from_secs(config.server.request_seconds.max(1)),
        ))
        .layer(DefaultBodyLimit::max(64 * 1024))
        // PostgreSQL cannot be asked for a NUL.
        .layer(from_fn(clean_form))
        .layer(from_fn(name_route));
    Ok(browser.merge(programs).merge(files).with_state(context).layer(around))
}
