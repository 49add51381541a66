//! Renders a page: complete HTML, scripts and the right to run them only where an island is on it.
use axum::{
    body::Body,
    http::Request,
    response::{IntoResponse, Response},
};
use futures_util::{StreamExt, stream::once};
use http::{HeaderName, HeaderValue, StatusCode, header::CONTENT_SECURITY_POLICY};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use leptos_integration_utils::{BoxedFnOnce, PinnedFuture, PinnedStream};
use service::admin::brand::Look;

pub use crate::frame::{Head, Layout};
use crate::{
    context::{Context, WebRequest},
    frame::Frame,
};

/// The attribute of a password field that has a meter; its module asks the server.
pub const METER: &str = "data-meter";
/// The attribute of a form that a passkey's answer fills.
pub const PASSKEY: &str = "data-passkey";
/// The attribute of a form that is sent at once.
pub const SUBMIT: &str = "data-submit";

#[derive(Clone)]
struct Policy {
    leads_out: bool,
    frames: String,
    scripts: String,
    modules: Vec<(&'static str, String)>,
}

/// Renders a page for whoever asks.
pub async fn page<V: IntoView + 'static>(
    context: &Context,
    web: &WebRequest,
    head: Head,
    body: impl FnOnce() -> V + Send + 'static,
) -> Response {
    let frames = if head.frames.is_empty() { "'none'".to_owned() } else { head.frames.join(" ") };
    let policy = Policy {
        frames,
        leads_out: head.leads_out,
        scripts: context.assets.scripts.clone(),
        modules: context.assets.modules.clone(),
    };
    let (assets, web, demo) = (context.assets.clone(), web.clone(), context.demo);
    // A page without its look is better than none.
    let client = head.client.clone().or_else(|| web.bound_for());
    let look = context.ligature.branding().look(client.as_deref()).await.unwrap_or_else(|_| Look {
        name: "Ligature".into(),
        colour: String::new(),
        logo: String::new(),
    });
    let rights = if matches!(head.layout, Layout::Admin(_)) {
        context.ligature.admin_rights().rights(&web.ctx).await.unwrap_or_default()
    } else {
        Vec::new()
    };
    let status = StatusCode::from_u16(head.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let provide = move || provide_context(policy.clone());
    let mut response = leptos_axum::handle_response_inner(
        provide,
        move || {
            view! { <Frame assets=assets web=web head=head demo=demo look=look rights=rights>{body().into_any()}</Frame> }
        },
        Request::new(Body::empty()),
        finish,
    )
    .await
    .into_response();
    *response.status_mut() = status;
    response
}

fn finish<V: IntoView + 'static>(
    app: V,
    _chunks: BoxedFnOnce<PinnedStream<String>>,
    _islands_router: bool,
) -> PinnedFuture<PinnedStream<String>> {
    let (response, policy) = (expect_context::<ResponseOptions>(), expect_context::<Policy>());
    Box::pin(async move {
        let mut html: String = app.to_html_stream_in_order().collect().await;
        let islands = html.contains("<leptos-island") && !policy.scripts.is_empty();
        if islands {
            html = html.replacen("</head>", &format!("{}</head>", policy.scripts), 1);
        }
        // A module is there only where a page has what it is for.
        let wanted: Vec<_> = policy
            .modules
            .iter()
            .filter(|(attribute, _)| html.contains(&format!(" {attribute}=")))
            .collect();
        for (_, element) in &wanted {
            html = html.replacen("</head>", &format!("{element}</head>"), 1);
        }
        let script = match (islands, wanted.is_empty()) {
            (true, _) => "'self' 'wasm-unsafe-eval'",
            (false, false) => "'self'",
            (false, true) => "'none'",
        };
        let connects = islands || wanted.iter().any(|(attribute, _)| *attribute == METER);
        let csp = format!(
            "default-src 'none'; script-src {script}; connect-src {}; style-src 'self'; img-src 'self'; frame-src {}; {}base-uri 'none'; frame-ancestors 'none'; object-src 'none'",
            if connects { "'self'" } else { "'none'" },
            policy.frames,
            if policy.leads_out { "" } else { "form-action 'self'; " }
        );
        if let Ok(value) = HeaderValue::from_str(&csp) {
            response.insert_header(CONTENT_SECURITY_POLICY, value);
        }
        if policy.leads_out {
            response.insert_header(
                HeaderName::from_static("cross-origin-opener-policy"),
                HeaderValue::from_static("unsafe-none"),
            );
        }
        // Marks between texts are for islands only. What people wrote is escaped and holds none.
        html = if islands {
            html.replacen("<!></title>", "</title>", 1)
        } else {
            html.replace("<!>", "")
        };
        let stream: PinnedStream<String> = Box::pin(once(async { html }));
        stream
    })
}
