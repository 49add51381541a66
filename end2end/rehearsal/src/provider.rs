//! An OpenID Provider that behaves, or misbehaves as told: knobs for the next answers, a log of what it was asked.
use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use axum::{
    Form, Json, Router,
    extract::{Query, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{
    page::{escape, html},
    token::{SigningKey, random},
};

/// A person at this provider.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Person {
    pub sub: String,
    /// Further claims: email, email_verified, name …
    pub claims: Value,
}

/// What the next answers are like. All off: a good provider.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Knobs {
    /// Claims that replace those of the ID token; null removes one.
    pub id_token: Value,
    /// Claims that replace those of userinfo.
    pub userinfo: Value,
    /// A fault of the signature: none, hs256, no_kid, unknown_kid, jwk_header, wrong_key, es256_header.
    pub sign: String,
    /// Leave `iss` out of the answer, or send another.
    pub no_iss: bool,
    pub other_iss: Option<String>,
    /// Answer the authorization with this error.
    pub error: Option<String>,
    /// Milliseconds before the token answer.
    pub delay_ms: u64,
    /// The token endpoint keeps its answer until this is taken back, ten seconds at most.
    pub hold: bool,
    /// The same for the metadata and the key set.
    pub hold_published: bool,
    /// The token endpoint answers 503.
    pub down: bool,
    /// The metadata names this issuer.
    pub metadata_issuer: Option<String>,
    /// Send e-mail only by userinfo.
    pub email_in_userinfo: bool,
    /// A second key stands in the key set.
    pub second_key: bool,
    /// In this answer (`metadata`, `jwks`, `token`, `userinfo`, `id_token`, `header`) a key stands twice.
    pub twice: String,
    /// This answer (`metadata`, `jwks`, `token`, `userinfo`) leads to another place of the provider.
    pub redirect: String,
    /// The token endpoint answers with this status and a page.
    pub broken: u16,
    /// It has a sign-out of its own.
    pub end_session: bool,
    /// The state that its sign-out brings back instead of the one that it was given; empty: none.
    pub other_state: Option<String>,
    /// Where its sign-out tells, before it goes back, that the session of whoever signed in last is over.
    pub backchannel: Option<String>,
}

/// One request as it came in.
#[derive(Debug, Clone, Serialize)]
pub struct Seen {
    pub what: &'static str,
    pub parameters: HashMap<String, String>,
}

#[derive(Clone)]
struct Grant {
    person: Person,
    nonce: Option<String>,
    challenge: Option<String>,
    redirect_uri: String,
    client_id: String,
    /// `max_age` was asked: the ID token says when the person authenticated (OpenID Connect Core §3.1.2.1).
    supports_auth_time: bool,
}

/// The provider.
#[derive(Clone)]
pub struct Provider {
    pub issuer: String,
    inner: Arc<Mutex<Inner>>,
}

struct Inner {
    key: SigningKey,
    more: Option<SigningKey>,
    people: Vec<Person>,
    knobs: Knobs,
    codes: HashMap<String, Grant>,
    tokens: HashMap<String, Person>,
    log: Vec<Seen>,
    /// Access and ID tokens that were given out.
    issued: Vec<String>,
    title: String,
    jwks_reads: u32,
    /// Subject, `sid` and client of whoever signed in last.
    last: Option<(String, Value, String)>,
}

impl Provider {
    /// A provider at an issuer.
    ///
    /// # Errors
    /// When no key can be made.
    pub fn new(issuer: &str, title: &str, people: Vec<Person>) -> anyhow::Result<Self> {
        let inner = Inner {
            key: SigningKey::generate("k1")?,
            more: None,
            people,
            knobs: Knobs::default(),
            codes: HashMap::new(),
            tokens: HashMap::new(),
            log: Vec::new(),
            issued: Vec::new(),
            title: title.into(),
            jwks_reads: 0,
            last: None,
        };
        Ok(Self { issuer: issuer.into(), inner: Arc::new(Mutex::new(inner)) })
    }

    /// Listens on a loopback port (0: any) and serves; answers the provider with its issuer.
    ///
    /// # Errors
    /// When the port is taken.
    pub async fn serve(port: u16, title: &str, people: Vec<Person>) -> anyhow::Result<Self> {
        let listener =
            tokio::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], port))).await?;
        let provider = Self::new(&format!("http://{}", listener.local_addr()?), title, people)?;
        let router = provider.router();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(provider)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Turns the knobs.
    pub fn set(&self, knobs: Knobs) {
        self.lock().knobs = knobs;
    }

    /// Adds or replaces a person.
    pub fn person(&self, sub: &str, claims: Value) {
        let mut inner = self.lock();
        inner.people.retain(|p| p.sub != sub);
        inner.people.push(Person { sub: sub.into(), claims });
    }

    /// A new signing key; the old one is forgotten.
    ///
    /// # Errors
    /// When no key can be made.
    pub fn rotate(&self, kid: &str) -> anyhow::Result<()> {
        self.lock().key = SigningKey::generate(kid)?;
        Ok(())
    }

    /// What it was asked so far.
    #[must_use]
    pub fn log(&self) -> Vec<Seen> {
        self.lock().log.clone()
    }

    /// Access and ID tokens that it gave out so far.
    #[must_use]
    pub fn issued(&self) -> Vec<String> {
        self.lock().issued.clone()
    }

    /// A logout token for our client, with some claims replaced; null takes one away. `how` as for the signature's faults.
    ///
    /// # Errors
    /// When signing fails.
    #[expect(clippy::disallowed_methods, reason = "a provider of its own, with its own clock")]
    pub fn logout_token(&self, changes: &Value, how: &str) -> anyhow::Result<String> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
        let claims = json!({"iss": self.issuer, "aud": "ligature", "iat": now, "exp": now + 120, "jti": random(), "events": {"http://schemas.openid.net/event/backchannel-logout": {}}});
        self.lock().key.sign(&merge(claims, changes), how)
    }

    /// How often its keys were read.
    #[must_use]
    pub fn jwks_reads(&self) -> u32 {
        self.lock().jwks_reads
    }

    fn router(&self) -> Router {
        Router::new()
            .route("/.well-known/openid-configuration", get(metadata))
            .route("/authorize", get(authorize))
            .route("/token", post(token))
            .route("/userinfo", get(userinfo))
            .route("/jwks", get(jwks))
            .route("/end_session", get(end_session))
            .route("/elsewhere", get(elsewhere).post(elsewhere))
            .route("/knobs", post(turn))
            .route("/log", get(|State(p): State<Self>| async move { Json(p.log()) }))
            // Whatever else somebody tries here is seen too.
            .fallback(other)
            .method_not_allowed_fallback(other)
            .with_state(self.clone())
    }
}

async fn other(State(p): State<Provider>, request: axum::extract::Request) -> StatusCode {
    let parameters = HashMap::from([
        ("method".to_owned(), request.method().to_string()),
        ("path".to_owned(), request.uri().path().to_owned()),
    ]);
    p.lock().log.push(Seen { what: "other", parameters });
    StatusCode::NOT_FOUND
}

async fn turn(State(p): State<Provider>, Json(knobs): Json<Knobs>) -> StatusCode {
    p.set(knobs);
    StatusCode::NO_CONTENT
}

/// An answer, as the knobs want it.
fn answer(p: &Provider, what: &'static str, value: &Value) -> Response {
    let knobs = p.lock().knobs.clone();
    if knobs.redirect == what {
        return (StatusCode::FOUND, [("location", format!("{}/elsewhere", p.issuer))])
            .into_response();
    }
    let text = if knobs.twice == what { twice(value) } else { value.to_string() };
    ([("content-type", "application/json")], text).into_response()
}

/// The object with its last field written twice, first with another value.
fn twice(value: &Value) -> String {
    let text = value.to_string();
    let last = value.as_object().and_then(|o| o.keys().next_back()).cloned().unwrap_or_default();
    text.replacen('{', &format!("{{{}:null,", Value::from(last)), 1)
}

/// Where a redirect leads: whoever comes here followed it.
async fn elsewhere(State(p): State<Provider>) -> StatusCode {
    p.lock().log.push(Seen { what: "elsewhere", parameters: HashMap::new() });
    StatusCode::NOT_FOUND
}

/// Keeps an answer as long as a knob is turned, ten seconds at most.
async fn hold(p: &Provider, is_turned: fn(&Knobs) -> bool) {
    for _ in 0..2000 {
        if !is_turned(&p.lock().knobs) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn metadata(State(p): State<Provider>) -> Response {
    hold(&p, |knobs| knobs.hold_published).await;
    let i = &p.issuer;
    let knobs = p.lock().knobs.clone();
    let named = knobs.metadata_issuer.unwrap_or_else(|| i.clone());
    let end_session = knobs.end_session.then(|| format!("{i}/end_session"));
    answer(
        &p,
        "metadata",
        &json!({
            "end_session_endpoint": end_session,
            "issuer": named, "authorization_endpoint": format!("{i}/authorize"), "token_endpoint": format!("{i}/token"), "userinfo_endpoint": format!("{i}/userinfo"), "jwks_uri": format!("{i}/jwks"),
            "response_types_supported": ["code"], "subject_types_supported": ["public"], "id_token_signing_alg_values_supported": ["RS256"], "scopes_supported": ["openid", "email", "profile"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"], "code_challenge_methods_supported": ["S256"], "authorization_response_iss_parameter_supported": true
        }),
    )
}

async fn jwks(State(p): State<Provider>) -> Response {
    hold(&p, |knobs| knobs.hold_published).await;
    let mut inner = p.lock();
    inner.jwks_reads += 1;
    if inner.knobs.second_key && inner.more.is_none() {
        inner.more = SigningKey::generate("k2").ok();
    }
    let mut keys = vec![inner.key.jwk.clone()];
    keys.extend(inner.more.as_ref().map(|k| k.jwk.clone()));
    drop(inner);
    answer(&p, "jwks", &json!({ "keys": keys }))
}

fn with(uri: &str, parameters: &[(&str, &str)]) -> String {
    url::Url::parse_with_params(uri, parameters).map(Into::into).unwrap_or_default()
}

/// `GET /authorize`: a page with its people; `_who` picks one at once.
async fn authorize(
    State(p): State<Provider>,
    Query(q): Query<HashMap<String, String>>,
) -> Response {
    let mut inner = p.lock();
    inner.log.push(Seen { what: "authorize", parameters: q.clone() });
    let redirect_uri = q.get("redirect_uri").cloned().unwrap_or_default();
    let state = q.get("state").cloned().unwrap_or_default();
    let knobs = inner.knobs.clone();
    if let Some(error) = &knobs.error {
        let evil = [
            ("error", error.as_str()),
            ("error_description", "<script>alert(1)</script>"),
            ("error_uri", "javascript:alert(1)"),
            ("state", &state),
            ("iss", &p.issuer),
        ];
        return Redirect::to(&with(&redirect_uri, &evil)).into_response();
    }
    let Some(person) =
        q.get("_who").and_then(|who| inner.people.iter().find(|x| &x.sub == who)).cloned()
    else {
        let hidden: String = q
            .iter()
            .filter(|(k, _)| *k != "_who")
            .map(|(k, v)| {
                format!("<input type=\"hidden\" name=\"{}\" value=\"{}\">", escape(k), escape(v))
            })
            .collect();
        let people: String = inner
            .people
            .iter()
            .map(|x| {
                format!(
                    "<p><button name=\"_who\" value=\"{}\">{}</button></p>",
                    escape(&x.sub),
                    escape(&describe(x))
                )
            })
            .collect();
        return html(
            &inner.title,
            &format!("<p>A sample provider. Sign in as:</p><form>{hidden}{people}</form>"),
        )
        .into_response();
    };
    let code = random();
    let grant = Grant {
        person,
        nonce: q.get("nonce").cloned(),
        challenge: q.get("code_challenge").cloned(),
        redirect_uri: redirect_uri.clone(),
        client_id: q.get("client_id").cloned().unwrap_or_default(),
        supports_auth_time: q.contains_key("max_age"),
    };
    inner.codes.insert(code.clone(), grant);
    let issuer = knobs.other_iss.clone().unwrap_or_else(|| p.issuer.clone());
    let mut parameters = vec![("code", code.as_str()), ("state", state.as_str())];
    if !knobs.no_iss {
        parameters.push(("iss", &issuer));
    }
    Redirect::to(&with(&redirect_uri, &parameters)).into_response()
}

fn describe(person: &Person) -> String {
    let text = |name: &str| person.claims.get(name).and_then(Value::as_str).map(str::to_owned);
    let name = text("name").unwrap_or_else(|| person.sub.clone());
    match text("email") {
        Some(email) => format!(
            "{name} · {email}{}",
            if person.claims.get("email_verified") == Some(&Value::Bool(true)) {
                " (verified)"
            } else {
                ""
            }
        ),
        None => format!("{name} · no e-mail"),
    }
}

fn merge(mut claims: Value, changes: &Value) -> Value {
    if let (Some(claims), Some(changes)) = (claims.as_object_mut(), changes.as_object()) {
        for (name, value) in changes {
            if value.is_null() {
                claims.remove(name);
            } else {
                claims.insert(name.clone(), value.clone());
            }
        }
    }
    claims
}

fn oauth_error(code: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({ "error": code }))).into_response()
}

#[expect(clippy::disallowed_methods, reason = "a provider of its own, with its own clock")]
async fn token(
    State(p): State<Provider>,
    headers: HeaderMap,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    let knobs = {
        let mut inner = p.lock();
        inner.log.push(Seen { what: "token", parameters: form.clone() });
        inner.knobs.clone()
    };
    tokio::time::sleep(Duration::from_millis(knobs.delay_ms)).await;
    hold(&p, |knobs| knobs.hold).await;
    if knobs.down {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    if let Ok(status) = StatusCode::from_u16(knobs.broken) {
        return (status, html("Broken", "<p>Something went wrong.</p>")).into_response();
    }
    let basic = headers
        .get("authorization")
        .and_then(|v| v.to_str().ok())
        .and_then(|v| v.strip_prefix("Basic "))
        .and_then(|v| STANDARD.decode(v).ok())
        .and_then(|b| String::from_utf8(b).ok());
    let secret = basic
        .and_then(|b| b.split_once(':').map(|(_, s)| s.to_owned()))
        .or_else(|| form.get("client_secret").cloned())
        .unwrap_or_default();
    if secret.replace("%2D", "-") != "rehearsal-secret" {
        return oauth_error("invalid_client");
    }
    let mut inner = p.lock();
    let Some(grant) = form.get("code").and_then(|c| inner.codes.remove(c)) else {
        return oauth_error("invalid_grant");
    };
    let made = form.get("code_verifier").map(|v| URL_SAFE_NO_PAD.encode(Sha256::digest(v)));
    if grant.challenge.is_some() && made != grant.challenge
        || form.get("redirect_uri") != Some(&grant.redirect_uri)
    {
        return oauth_error("invalid_grant");
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
    let mut claims = json!({"iss": p.issuer, "aud": grant.client_id, "sub": grant.person.sub, "iat": now, "exp": now + 300});
    if let Some(nonce) = &grant.nonce {
        claims = merge(claims, &json!({ "nonce": nonce }));
    }
    if grant.supports_auth_time {
        claims = merge(claims, &json!({ "auth_time": now }));
    }
    if !knobs.email_in_userinfo {
        claims = merge(claims, &grant.person.claims);
    }
    let claims = merge(claims, &knobs.id_token);
    inner.last = Some((
        grant.person.sub.clone(),
        claims.get("sid").cloned().unwrap_or_default(),
        grant.client_id.clone(),
    ));
    let how = match knobs.twice.as_str() {
        "id_token" => "twice_claims",
        "header" => "twice_header",
        _ => &knobs.sign,
    };
    let Ok(id_token) = inner.key.sign(&claims, how) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let access = random();
    inner.tokens.insert(access.clone(), grant.person);
    inner.issued.extend([access.clone(), id_token.clone()]);
    drop(inner);
    answer(
        &p,
        "token",
        &json!({"access_token": access, "token_type": "Bearer", "expires_in": 300, "id_token": id_token}),
    )
}

async fn userinfo(State(p): State<Provider>, headers: HeaderMap) -> Response {
    let mut inner = p.lock();
    inner.log.push(Seen { what: "userinfo", parameters: HashMap::new() });
    let bearer = headers
        .get("authorization")
        .and_then(|v| v.to_str().ok())
        .and_then(|v| v.strip_prefix("Bearer "))
        .unwrap_or_default();
    let Some(person) = inner.tokens.get(bearer).cloned() else {
        return StatusCode::UNAUTHORIZED.into_response();
    };
    let claims = merge(merge(json!({"sub": person.sub}), &person.claims), &inner.knobs.userinfo);
    drop(inner);
    answer(&p, "userinfo", &claims)
}

/// `GET /end_session` (OpenID Connect RP-Initiated Logout §2): tells by the back channel, then goes back with the state.
async fn end_session(
    State(p): State<Provider>,
    Query(q): Query<HashMap<String, String>>,
) -> Response {
    let (knobs, last) = {
        let mut inner = p.lock();
        inner.log.push(Seen { what: "end_session", parameters: q.clone() });
        (inner.knobs.clone(), inner.last.take())
    };
    if let (Some(to), Some((sub, sid, client))) = (&knobs.backchannel, last) {
        let token = p.logout_token(&json!({"sub": sub, "sid": sid, "aud": client}), "");
        let form = [("logout_token", token.unwrap_or_default())];
        let told = match reqwest::Client::builder().no_proxy().build() {
            Ok(client) => client.post(to).form(&form).send().await,
            Err(error) => Err(error),
        };
        let status = told.map_or(0, |answer| answer.status().as_u16());
        let parameters = HashMap::from([("status".to_owned(), status.to_string())]);
        p.lock().log.push(Seen { what: "told", parameters });
    }
    let Some(back) = q.get("post_logout_redirect_uri") else {
        return html("Signed out", "<p>You are signed out.</p>").into_response();
    };
    let state = knobs.other_state.or_else(|| q.get("state").cloned()).unwrap_or_default();
    let parameters = if state.is_empty() { Vec::new() } else { vec![("state", state.as_str())] };
    Redirect::to(&with(back, &parameters)).into_response()
}
