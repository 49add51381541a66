//! A small application that signs people in through Ligature and shows whom it sees.
use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Router,
    extract::{Query, State},
    http::HeaderMap,
    response::{Html, IntoResponse, Redirect, Response},
    routing::{get, post},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::{
    page::{escape, html},
    token::{claims, random},
};

/// How it is registered.
#[derive(Debug, Clone)]
pub struct Registration {
    pub issuer: String,
    pub client_id: String,
    pub secret: String,
}

#[derive(Clone)]
struct Application {
    registration: Registration,
    base: String,
    inner: Arc<Mutex<Inner>>,
    http: reqwest::Client,
}

#[derive(Default)]
struct Inner {
    /// state → (verifier, nonce)
    pending: HashMap<String, (String, String)>,
    /// session → userinfo
    sessions: HashMap<String, Value>,
}

impl Application {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Listens on a loopback port (0: any); answers its address. Its redirect URI is `<address>/cb`.
///
/// # Errors
/// When the port is taken.
pub async fn serve(port: u16, registration: Registration) -> anyhow::Result<String> {
    let listener = tokio::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], port))).await?;
    let base = format!("http://{}", listener.local_addr()?);
    let application = Application {
        registration,
        base: base.clone(),
        inner: Arc::default(),
        http: reqwest::Client::builder().no_proxy().build()?,
    };
    let router = Router::new()
        .route("/", get(home))
        .route("/login", get(login))
        .route("/cb", get(callback))
        .route("/logout", post(logout))
        .with_state(application);
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(base)
}

fn session(headers: &HeaderMap) -> Option<String> {
    headers
        .get("cookie")?
        .to_str()
        .ok()?
        .split(';')
        .find_map(|c| c.trim().strip_prefix("photos="))
        .map(str::to_owned)
}

async fn home(State(a): State<Application>, headers: HeaderMap) -> Html<String> {
    let known = session(&headers).and_then(|s| a.lock().sessions.get(&s).cloned());
    match known {
        Some(who) => {
            let text = |name: &str| escape(who.get(name).and_then(Value::as_str).unwrap_or("—"));
            html(
                "Photos",
                &format!(
                    "<p>Hello <b>{}</b>.</p><p>This application knows you as subject <code id=\"sub\">{}</code>, whichever way you signed in.</p><form method=\"post\" action=\"/logout\"><button>Sign out here</button></form><p><a href=\"{}/account\">My Account at Ligature</a></p>",
                    text("name"),
                    text("sub"),
                    escape(&a.registration.issuer)
                ),
            )
        }
        None => html(
            "Photos",
            "<p>A sample application.</p><p><a class=\"button\" href=\"/login\">Sign in</a></p>",
        ),
    }
}

async fn login(State(a): State<Application>) -> Redirect {
    let (state, nonce, verifier) = (random(), random(), format!("{}{}", random(), random()));
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&verifier));
    let parameters = [
        ("response_type", "code"),
        ("client_id", &a.registration.client_id),
        ("redirect_uri", &format!("{}/cb", a.base)),
        ("scope", "openid profile"),
        ("state", &state),
        ("nonce", &nonce),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    let to =
        url::Url::parse_with_params(&format!("{}/authorize", a.registration.issuer), parameters)
            .map(String::from)
            .unwrap_or_default();
    a.lock().pending.insert(state, (verifier, nonce));
    Redirect::to(&to)
}

async fn callback(
    State(a): State<Application>,
    Query(q): Query<HashMap<String, String>>,
) -> Response {
    match finish(&a, &q).await {
        Ok(who) => {
            let id = random();
            a.lock().sessions.insert(id.clone(), who);
            (
                [("set-cookie", format!("photos={id}; Path=/; HttpOnly; SameSite=Lax"))],
                Redirect::to("/"),
            )
                .into_response()
        }
        Err(error) => html(
            "Photos",
            &format!(
                "<p>Signing in did not work: {}</p><p><a class=\"button\" href=\"/\">Back</a></p>",
                escape(&error.to_string())
            ),
        )
        .into_response(),
    }
}

async fn finish(a: &Application, q: &HashMap<String, String>) -> anyhow::Result<Value> {
    let get = |name: &str| q.get(name).cloned().unwrap_or_default();
    let pending = a.lock().pending.remove(&get("state"));
    let (verifier, nonce) =
        pending.ok_or_else(|| anyhow::anyhow!("an answer that was not asked for"))?;
    anyhow::ensure!(get("iss") == a.registration.issuer, "an answer of another issuer");
    anyhow::ensure!(!q.contains_key("error"), "{}", get("error"));
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &get("code")),
        ("redirect_uri", &format!("{}/cb", a.base)),
        ("code_verifier", &verifier),
    ];
    let tokens: Value = a
        .http
        .post(format!("{}/token", a.registration.issuer))
        .basic_auth(&a.registration.client_id, Some(&a.registration.secret))
        .form(&form)
        .send()
        .await?
        .error_for_status()?
        .json()
        .await?;
    let text = |name: &str| tokens.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let id = claims(&text("id_token"));
    let same = |name: &str, value: &str| id.get(name).and_then(Value::as_str) == Some(value);
    anyhow::ensure!(
        same("nonce", &nonce)
            && same("iss", &a.registration.issuer)
            && same("aud", &a.registration.client_id),
        "an ID token for somebody else"
    );
    let who: Value = a
        .http
        .get(format!("{}/userinfo", a.registration.issuer))
        .bearer_auth(text("access_token"))
        .send()
        .await?
        .error_for_status()?
        .json()
        .await?;
    anyhow::ensure!(who.get("sub") == id.get("sub"), "userinfo of somebody else");
    Ok(who)
}

async fn logout(State(a): State<Application>, headers: HeaderMap) -> Redirect {
    if let Some(id) = session(&headers) {
        a.lock().sessions.remove(&id);
    }
    Redirect::to("/")
}
