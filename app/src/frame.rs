//! The frame around every page: its head, the way to other pages, signing out, the languages.
use std::sync::Arc;

use domain::Right;
use leptos::{prelude::*, server_fn::ServerFn};
use service::{admin::brand::Look, oidc_provider::Out};

use crate::{
    context::{Assets, WebRequest, asked},
    i18n::{Lang, t},
    language::SetLanguage,
    outcome::{Code, refuse, respond},
    paths,
    signed_out::signed_out,
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
    /// A form of the page may end at a provider or an application, after redirects that nobody knows in advance: browsers
    /// hold `form-action` against each of them, and a pop-up must keep the page that opened it (FR-05 to FR-07).
    pub leads_out: bool,
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
            leads_out: layout == Layout::Narrow,
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

    /// For pages with a provider's button; those of the sign-in lead out as they are.
    #[must_use]
    pub fn leads_out(mut self) -> Self {
        self.leads_out = true;
        self
    }
}

/// A page: what stands around it, and its body, which are the children.
#[component]
pub fn Frame(
    assets: Arc<Assets>,
    web: WebRequest,
    head: Head,
    /// This is the demonstration, and the page says so.
    demo: bool,
    look: Look,
    /// In the console: what the person may do there.
    rights: Vec<Right>,
    children: Children,
) -> AnyView {
    if let Some(shared) = Owner::current_shared_context() {
        shared.set_is_hydrating(false);
    }
    let l = web.lang;
    let here = web.here;
    let path = here.split('?').next().unwrap_or_default().to_owned();
    let (class, navigation) = match head.layout {
        Layout::Narrow => ("narrow", ().into_any()),
        Layout::Account => ("account", view! { <AccountNavigation l=l here=path/> }.into_any()),
        Layout::Admin(section) => {
            ("admin", view! { <AdminNavigation l=l section=section rights=rights/> }.into_any())
        }
    };
    view! {
        <!DOCTYPE html>
        <html lang=l.tag()>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <title>{format!("{} · {}", head.title, look.name)}</title>
                {head.onward.map(|to| view! { <meta http-equiv="refresh" content=format!("2;url={to}")/> })}
                <link rel="stylesheet" href=assets.css.clone()/>
                {(!look.colour.is_empty()).then(|| view! { <link rel="stylesheet" href=paths::brand(&look.colour, "css")/> })}
                <link rel="icon" href=assets.icon.clone()/>
            </head>
            <body class=class>
                <a class="skip" href="#main">{t(l, "skip")}</a>
                <header class="top"><a class="brand" href="/account"><Brand look=look/></a>{navigation}</header>
                <main id="main">{children()}</main>
                <footer class="bottom"><Languages l=l here=here/>{demo.then(|| view! { <p class="muted">{t(l, "demo-note")}</p> })}</footer>
            </body>
        </html>
    }
    .into_any()
}

#[component]
fn AccountNavigation(
    l: Lang,
    /// The path of the page.
    here: String,
) -> AnyView {
    let items = [
        (paths::ACCOUNT, "nav-methods"),
        (paths::SESSIONS, "nav-sessions"),
        (paths::APPLICATIONS, "nav-applications"),
        (paths::ACTIVITY, "nav-activity"),
    ];
    view! {
        <nav aria-label=t(l, "nav-account")>
            {items.into_iter().map(|(href, key)| view! { <a href=href aria-current=(here == href).then_some("page")>{t(l, key)}</a> }).collect_view()}
            <form method="post" action=SignOut::url()><button class="link">{t(l, "sign-out")}</button></form>
        </nav>
    }
    .into_any()
}

/// The organisation's logo, or our mark with its name.
#[component]
fn Brand(look: Look) -> AnyView {
    if look.logo.is_empty() {
        view! { <span class="mark" aria-hidden="true">"ﬁ"</span><span>{look.name}</span> }
            .into_any()
    } else {
        view! { <img class="logo" src=paths::brand(&look.logo, "png") alt=look.name/> }.into_any()
    }
}

/// Only what the person's roles open.
#[component]
fn AdminNavigation(l: Lang, section: &'static str, rights: Vec<Right>) -> AnyView {
    let items = [
        (Right::Overview, paths::ADMIN, "admin-overview"),
        (Right::SeeProviders, paths::ADMIN_PROVIDERS, "admin-providers"),
        (Right::SeePolicy, paths::ADMIN_POLICY, "admin-policy"),
        (Right::SeeAccounts, paths::ADMIN_ACCOUNTS, "admin-accounts"),
        (Right::SeeAccounts, paths::ADMIN_GROUPS, "admin-groups"),
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
    .into_any()
}

#[component]
fn Languages(
    l: Lang,
    /// The page that the switch comes back to.
    here: String,
) -> AnyView {
    view! {
        <form class="languages" method="post" action=SetLanguage::url()>
            <input type="hidden" name="back" value=here/>
            <fieldset><legend class="sr">{t(l, "language")}</legend>
            {Lang::ALL.into_iter().map(|other| view! { <button class="link" name="language" value=other.tag() lang=other.tag() aria-pressed=if other == l { "true" } else { "false" }>{other.own_name()}</button> }).collect_view()}
            </fieldset>
        </form>
    }
    .into_any()
}

#[server(prefix = "/fn", endpoint = "signout")]
pub async fn sign_out() -> Result<(), Code> {
    let (context, web) = asked();
    let sessions = context.ligature.sessions();
    let next = match sessions.sign_out(&web.ctx).await {
        Ok(()) => {
            let there = match &web.ctx.session {
                Some(session) => sessions.still_there(session).await,
                None => None,
            };
            signed_out(&context, &web, Out { there, ..Out::default() }).await
        }
        Err(error) => refuse(&error),
    };
    respond(&context, &next)
}
