//! An application of these tests: registered, asking for codes, trading them.
use std::collections::HashMap;

use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{Browser, Page, World};

pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
/// Nobody answers here; only where a redirect leads is looked at.
pub const CALLBACK: &str = "https://rp.example.test/cb";
pub const SECRET: &str = "rp:se%cret-of-the-application";

/// An application as these tests play it.
#[derive(Clone)]
pub struct Rp {
    pub client_id: String,
    url: String,
    public: bool,
    programs: reqwest::Client,
}

/// Registers an application with settings; `pkce_optional` unless they say otherwise, as the public test modules want.
pub async fn register(w: &World, client_id: &str, settings: Value) -> Rp {
    let mut all = json!({"pkce_optional": true, "post_logout_redirect_uris": ["https://rp.example.test/out", "https://rp.example.test/out?x=1"]});
    for (name, value) in settings.as_object().unwrap() {
        all[name] = value.clone();
    }
    let public = ["single_page", "native"].contains(&all["kind"].as_str().unwrap_or_default());
    let redirect = if all["kind"] == "native" { "http://127.0.0.1/cb" } else { CALLBACK };
    register_at(&w.ligature(), client_id, redirect, all).await;
    let programs = crate::world::client(&w.url()).build().unwrap();
    Rp { client_id: client_id.into(), url: w.url(), public, programs }
}

/// An application of the same name and secret in another organisation.
pub async fn register_in(one: &service::Ligature, client_id: &str, settings: Value) -> Rp {
    let mut all = json!({"pkce_optional": true});
    for (name, value) in settings.as_object().unwrap() {
        all[name] = value.clone();
    }
    register_at(one, client_id, CALLBACK, all).await;
    let url = one.settings.public_url.clone();
    Rp {
        client_id: client_id.into(),
        programs: crate::world::client(&url).build().unwrap(),
        url,
        public: false,
    }
}

/// An application with one redirect URI, so that it can be told of what names none.
pub async fn register_single(w: &World, client_id: &str) -> Rp {
    let text = json!({"applications": [{"client_id": client_id, "name": format!("The {client_id}"), "secret": SECRET, "redirect_uris": [CALLBACK], "settings": {"pkce_optional": true}}]});
    w.apply(text).await;
    let programs = crate::world::client(&w.url()).build().unwrap();
    Rp { client_id: client_id.into(), url: w.url(), public: false, programs }
}

async fn register_at(one: &service::Ligature, client_id: &str, redirect: &str, all: Value) {
    let text = json!({"applications": [{"client_id": client_id, "name": format!("The {client_id}"), "secret": SECRET, "redirect_uris": [redirect, format!("{CALLBACK}?fixed=1")], "settings": all}]});
    server::seed::apply(one, serde_json::from_value(text).unwrap()).await.unwrap();
}

/// A JSON answer of an endpoint for programs.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
    pub headers: reqwest::header::HeaderMap,
}

impl Answer {
    pub fn text(&self, name: &str) -> String {
        self.body[name].as_str().unwrap_or_else(|| panic!("no {name} in {}", self.body)).to_owned()
    }

    pub fn error(&self) -> (u16, &str) {
        (self.status, self.body["error"].as_str().unwrap_or_default())
    }
}

impl Rp {
    /// The same application where the world is served now.
    pub fn at(&self, w: &World) -> Self {
        Self { url: w.url(), ..self.clone() }
    }

    /// A request as the test modules make it, with changes: an empty value leaves a parameter out.
    pub fn request(&self, changes: &[(&str, &str)]) -> Vec<(String, String)> {
        let mut all: Vec<(String, String)> = [
            ("response_type", "code"),
            ("client_id", self.client_id.as_str()),
            ("redirect_uri", CALLBACK),
            ("scope", "openid"),
            ("state", "st-1"),
            ("nonce", "n-1"),
        ]
        .into_iter()
        .map(|(k, v)| (k.to_owned(), v.to_owned()))
        .collect();
        for (name, value) in changes {
            all.retain(|(k, _)| k != name);
            if !value.is_empty() {
                all.push(((*name).to_owned(), (*value).to_owned()));
            }
        }
        all
    }

    pub async fn authorize(&self, b: &Browser, changes: &[(&str, &str)]) -> Page {
        b.send(b.request(Method::GET, "/authorize").query(&self.request(changes))).await
    }

    /// The parameters of a redirect to the application.
    pub fn back(page: &Page) -> HashMap<String, String> {
        let location = page.header("location");
        assert!(
            location.starts_with("https://rp.example.test/")
                || location.starts_with("http://127.0.0.1"),
            "not back at the application: {location} {}",
            page.body
        );
        url::Url::parse(&location).unwrap().query_pairs().into_owned().collect()
    }

    /// A code for who is signed in.
    pub async fn code(&self, b: &Browser, changes: &[(&str, &str)]) -> String {
        let back = Self::back(&self.authorize(b, changes).await);
        back.get("code").unwrap_or_else(|| panic!("no code: {back:?}")).clone()
    }

    /// Posts to an endpoint with the application's credentials.
    pub async fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        let request = self.programs.post(format!("{}{path}", self.url));
        // Basic credentials are form-encoded first (RFC 6749 §2.3.1).
        let encode =
            |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let request = if self.public {
            let mut with: Vec<(&str, &str)> = form.to_vec();
            with.push(("client_id", &self.client_id));
            request.form(&with)
        } else {
            request.basic_auth(encode(&self.client_id), Some(encode(SECRET))).form(form)
        };
        answer(request).await
    }

    pub async fn token(&self, code: &str, more: &[(&str, &str)]) -> Answer {
        let mut form =
            vec![("grant_type", "authorization_code"), ("code", code), ("redirect_uri", CALLBACK)];
        form.extend_from_slice(more);
        self.post("/token", &form).await
    }

    pub async fn refresh(&self, token: &str) -> Answer {
        self.post("/token", &[("grant_type", "refresh_token"), ("refresh_token", token)]).await
    }

    pub async fn userinfo(&self, access: &str) -> Answer {
        answer(self.programs.get(format!("{}/userinfo", self.url)).bearer_auth(access)).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        answer(self.programs.get(format!("{}{path}", self.url))).await
    }

    pub fn program(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.programs.request(method, format!("{}{path}", self.url))
    }

    /// The claims of an ID token whose signature fits the published keys.
    pub async fn verified(&self, id_token: &str) -> Value {
        let jwks = self.get("/jwks").await.body;
        let header = jsonwebtoken::decode_header(id_token).unwrap();
        let set: jsonwebtoken::jwk::JwkSet = serde_json::from_value(jwks).unwrap();
        let jwk = set.find(header.kid.as_deref().unwrap()).expect("a published key");
        let mut validation = jsonwebtoken::Validation::new(header.alg);
        validation.set_audience(&[&self.client_id]);
        validation.set_issuer(&[&self.url]);
        jsonwebtoken::decode::<Value>(
            id_token,
            &jsonwebtoken::DecodingKey::from_jwk(jwk).unwrap(),
            &validation,
        )
        .unwrap()
        .claims
    }
}

pub async fn answer(request: reqwest::RequestBuilder) -> Answer {
    let answer = request.send().await.unwrap();
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    Answer { status, headers, body: answer.json().await.unwrap_or(Value::Null) }
}
