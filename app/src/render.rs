//! Renders a page: complete HTML, scripts and the right to run them only where an island is on it.
use axum::{
    body::Body,
    http::Request,
    response::{IntoResponse, Response},
};
use domain::Right;
use futures_util::{StreamExt, stream::once};
use http::{HeaderValue, StatusCode, header::CONTENT_SECURITY_POLICY};
use leptos::{prelude::*, server_fn::ServerFn};
use leptos_axum::ResponseOptions;
use leptos_integration_utils::{BoxedFnOnce, PinnedFuture, PinnedStream};
use service::admin::brand::Look;

use crate::{
    context::{Assets, Context, WebRequest},
    i18n::{Lang, t},
    paths,
};

/// How wide a page is and what stands around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// Sign-in pages: one column.
    Narrow,
    /// My Account.
    Account,
    /// The console, with the section that is open.
    Admin(&'static str),
}

/// A page's head.
#[derive(Debug, Clone)]
pub struct Head {
    pub title: String,
    pub status: u16,
    pub layout: Layout,
    /// Origins that a form's redirects may lead to (CSP `form-action`).
    pub origins: Vec<String>,
    /// Origins of other sites' pages that are loaded in frames.
    pub frames: Vec<String>,
    /// Where the browser goes on to by itself, after two seconds.
    pub onward: Option<String>,
    /// The application that the person is on the way to: pages look like it wants.
    pub client: Option<String>,
}

impl Head {
    #[must_use]
    pub fn new(title: String, layout: Layout) -> Self {
        Self {
            title,
            status: 200,
            layout,
            origins: Vec::new(),
            frames: Vec::new(),
            onward: None,
            client: None,
        }
    }

    #[must_use]
    pub fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// On the way to an application.
    #[must_use]
    pub fn requesting_client(mut self, client: Option<String>) -> Self {
        self.client = client;
        self
    }

    #[must_use]
    pub fn origins(mut self, origins: impl IntoIterator<Item = String>) -> Self {
        self.origins.extend(origins);
        self
    }
}

/// The attribute of a password field that has a meter; its module asks the server.
pub const METER: &str = "data-meter";
/// The attribute of a form that a passkey's answer fills.
pub const PASSKEY: &str = "data-passkey";

#[derive(Clone)]
struct Policy {
    form_action: String,
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
    let mut origins: Vec<String> = head
        .origins
        .iter()
        .filter(|o| o.bytes().all(|b| (0x21..0x7f).contains(&b) && b != b';' && b != b','))
        .cloned()
        .collect();
    origins.sort();
    origins.dedup();
    let frames = if head.frames.is_empty() { "'none'".to_owned() } else { head.frames.join(" ") };
    let policy = Policy {
        frames,
        form_action: format!("'self' {}", origins.join(" ")).trim().to_owned(),
        scripts: context.assets.scripts.clone(),
        modules: context.assets.modules.clone(),
    };
    let (assets, web, demo) = (context.assets.clone(), web.clone(), context.demo);
    // A page without its look is better than none.
    let client = head.client.clone().or_else(|| web.bound_for(&context.ligature));
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
        move || shell(&assets, &web, &head, Around { demo, look, rights }, body),
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
            "default-src 'none'; script-src {script}; connect-src {}; style-src 'self'; img-src 'self'; frame-src {}; form-action {}; base-uri 'none'; frame-ancestors 'none'; object-src 'none'",
            if connects { "'self'" } else { "'none'" },
            policy.frames,
            policy.form_action
        );
        if let Ok(value) = HeaderValue::from_str(&csp) {
            response.insert_header(CONTENT_SECURITY_POLICY, value);
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

/// What stands around every page.
struct Around {
    demo: bool,
    look: Look,
    /// In the console: what the person may do there.
    rights: Vec<Right>,
}

fn shell<V: IntoView + 'static, F: FnOnce() -> V>(
    assets: &Assets,
    web: &WebRequest,
    head: &Head,
    Around { demo, look, rights }: Around,
    body: F,
) -> impl IntoView + use<V, F> {
    if let Some(shared) = Owner::current_shared_context() {
        shared.set_is_hydrating(false);
    }
    let l = web.lang;
    let class = match head.layout {
        Layout::Narrow => "narrow",
        Layout::Account => "account",
        Layout::Admin(_) => "admin",
    };
    let navigation = match head.layout {
        Layout::Narrow => ().into_any(),
        Layout::Account => account_navigation(l, web).into_any(),
        Layout::Admin(section) => admin_navigation(l, section, &rights).into_any(),
    };
    view! {
        <!DOCTYPE html>
        <html lang=l.tag()>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <title>{format!("{} · {}", head.title, look.name)}</title>
                {head.onward.clone().map(|to| view! { <meta http-equiv="refresh" content=format!("2;url={to}")/> })}
                <link rel="stylesheet" href=assets.css.clone()/>
                {(!look.colour.is_empty()).then(|| view! { <link rel="stylesheet" href=paths::brand(&look.colour, "css")/> })}
                <link rel="icon" href=assets.icon.clone()/>
            </head>
            <body class=class>
                <a class="skip" href="#main">{t(l, "skip")}</a>
                <header class="top"><a class="brand" href="/account">{brand(look)}</a>{navigation}</header>
                <main id="main">{body().into_any()}</main>
                <footer class="bottom">{languages(l, web)}{demo.then(|| view! { <p class="muted">{t(l, "demo-note")}</p> })}</footer>
            </body>
        </html>
    }
}

fn account_navigation(l: Lang, web: &WebRequest) -> impl IntoView + use<> {
    let here = web.here.split('?').next().unwrap_or_default().to_owned();
    let items = [
        (paths::ACCOUNT, "nav-methods"),
        (paths::SESSIONS, "nav-sessions"),
        (paths::APPLICATIONS, "nav-applications"),
        (paths::ACTIVITY, "nav-activity"),
    ];
    view! {
        <nav aria-label=t(l, "nav-account")>
            {items.into_iter().map(|(href, key)| view! { <a href=href aria-current=(here == href).then_some("page")>{t(l, key)}</a> }).collect_view()}
            <form method="post" action=crate::oidc::logout::SignOut::url()><button class="link">{t(l, "sign-out")}</button></form>
        </nav>
    }
}

/// The organisation's logo, or our mark with its name.
fn brand(look: Look) -> AnyView {
    if look.logo.is_empty() {
        view! { <span class="mark" aria-hidden="true">"ﬁ"</span><span>{look.name}</span> }
            .into_any()
    } else {
        view! { <img class="logo" src=paths::brand(&look.logo, "png") alt=look.name/> }.into_any()
    }
}

/// Only what the person's roles open.
fn admin_navigation(l: Lang, section: &'static str, rights: &[Right]) -> impl IntoView + use<> {
    let items = [
        (Right::Overview, paths::ADMIN, "admin-overview"),
        (Right::SeeProviders, paths::ADMIN_PROVIDERS, "admin-providers"),
        (Right::SeePolicy, paths::ADMIN_POLICY, "admin-policy"),
        (Right::SeeAccounts, paths::ADMIN_ACCOUNTS, "admin-accounts"),
        (Right::SeeApplications, paths::ADMIN_APPLICATIONS, "admin-applications"),
        (Right::SeeTrail, paths::ADMIN_AUDIT, "admin-audit"),
        (Right::ChangeBrand, paths::ADMIN_BRAND, "admin-brand"),
        (Right::RunInstance, paths::ADMIN_ORGANISATIONS, "admin-organisations"),
    ];
    let items: Vec<_> = items
        .into_iter()
        .filter(|(right, _, _)| rights.contains(right))
        .map(|(_, href, key)| (href, key))
        .collect();
    view! {
        <nav class="side" aria-label=t(l, "nav-admin")>
            {items.into_iter().map(|(href, key)| view! { <a href=href aria-current=(section == href).then_some("page")>{t(l, key)}</a> }).collect_view()}
            <a href=paths::ACCOUNT>{t(l, "nav-account")}</a>
        </nav>
    }
}

fn languages(l: Lang, web: &WebRequest) -> impl IntoView + use<> {
    let here = web.here.clone();
    view! {
        <form class="languages" method="post" action=crate::language::SetLanguage::url()>
            <input type="hidden" name="back" value=here/>
            <fieldset><legend class="sr">{t(l, "language")}</legend>
            {Lang::ALL.into_iter().map(|other| view! { <button class="link" name="language" value=other.tag() lang=other.tag() aria-pressed=if other == l { "true" } else { "false" }>{other.own_name()}</button> }).collect_view()}
            </fieldset>
        </form>
    }
}
