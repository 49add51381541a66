//! Plain OAuth 2.0 (RFC 6749) with PKCE, and a userinfo answer read by configured paths.
use ::oauth2::{
    AuthType, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError, Scope, TokenResponse, TokenUrl, basic::BasicClient,
};
use futures_util::{FutureExt, future::BoxFuture};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::Url;

use crate::{Assertion, Auth, Connector, Guard, Start, UpstreamError, Visit, assertion::usable_subject, connector::origin_of, settings::Oauth2Settings};

/// What the two endpoints need.
pub struct Endpoints<'a> {
    pub client_id: &'a str,
    pub authorization_url: &'a str,
    pub token_url: &'a str,
    pub auth: Auth,
}

fn broken(error: impl std::fmt::Display) -> UpstreamError {
    UpstreamError::Answer(error.to_string())
}

/// The authorization request, always with PKCE S256 (OC-03).
pub fn start_url(at: &Endpoints<'_>, scopes: &[String], start: &Start<'_>) -> Result<Url, UpstreamError> {
    let client = BasicClient::new(ClientId::new(at.client_id.to_owned()))
        .set_auth_uri(AuthUrl::new(at.authorization_url.to_owned()).map_err(broken)?)
        .set_redirect_uri(RedirectUrl::new(start.redirect_uri.to_owned()).map_err(broken)?);
    let state = start.state.to_owned();
    let challenge = PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(start.verifier.to_owned()));
    let (url, _) = client.authorize_url(move || CsrfToken::new(state)).set_pkce_challenge(challenge).add_scopes(scopes.iter().cloned().map(Scope::new)).url();
    Ok(url)
}

/// Trades the code for an access token.
pub async fn access_token(at: &Endpoints<'_>, secret: &SecretString, guard: &Guard, visit: &Visit<'_>) -> Result<String, UpstreamError> {
    let client = BasicClient::new(ClientId::new(at.client_id.to_owned()))
        .set_client_secret(ClientSecret::new(secret.expose_secret().to_owned()))
        .set_token_uri(TokenUrl::new(at.token_url.to_owned()).map_err(broken)?)
        .set_redirect_uri(RedirectUrl::new(visit.redirect_uri.to_owned()).map_err(broken)?)
        .set_auth_type(match at.auth {
            Auth::Basic => AuthType::BasicAuth,
            Auth::Post => AuthType::RequestBody,
        });
    let request = client.exchange_code(AuthorizationCode::new(visit.code.to_owned())).set_pkce_verifier(PkceCodeVerifier::new(visit.verifier.to_owned()));
    let answer = request.request_async(guard).await.map_err(|e| match e {
        RequestTokenError::ServerResponse(response) => UpstreamError::Refused(response.error().as_ref().to_owned()),
        RequestTokenError::Request(e) => UpstreamError::Down(e.to_string()),
        // GitHub answers errors with status 200 (docs: "Troubleshooting OAuth app access token request errors").
        RequestTokenError::Parse(e, body) => match serde_json::from_slice::<Value>(&body).ok().and_then(|v| v.get("error").and_then(Value::as_str).map(str::to_owned)) {
            Some(code) => UpstreamError::Refused(code),
            None => UpstreamError::Answer(e.to_string()),
        },
        RequestTokenError::Other(text) => UpstreamError::Answer(text),
    })?;
    Ok(answer.access_token().secret().clone())
}

/// A value at a dotted path, as text: identifiers may be numbers.
pub fn text_at(value: &Value, path: &str) -> Option<String> {
    if path.is_empty() {
        return None;
    }
    let found = path.split('.').try_fold(value, |v, name| v.get(name))?;
    match found {
        Value::String(s) if !s.trim().is_empty() => Some(s.trim().to_owned()),
        Value::Number(n) => Some(n.to_string()),
        _ => None,
    }
}

pub struct Generic {
    settings: Oauth2Settings,
    secret: SecretString,
    guard: Guard,
}

impl Generic {
    pub fn new(settings: Oauth2Settings, secret: SecretString, guard: Guard) -> Self {
        Self { settings, secret, guard }
    }

    fn endpoints(&self) -> Endpoints<'_> {
        Endpoints { client_id: &self.settings.client_id, authorization_url: &self.settings.authorization_url, token_url: &self.settings.token_url, auth: self.settings.auth }
    }

    async fn finish_visit(&self, visit: Visit<'_>) -> Result<Assertion, UpstreamError> {
        let token = access_token(&self.endpoints(), &self.secret, &self.guard, &visit).await?;
        let who = self.guard.json(&self.settings.userinfo_url, Some(&token)).await?;
        let subject = text_at(&who, &self.settings.subject_path).filter(|s| usable_subject(s)).ok_or_else(|| UpstreamError::Answer("no subject at the configured path".into()))?;
        let verified = !self.settings.email_verified_path.is_empty() && self.settings.email_verified_path.split('.').try_fold(&who, |v, name| v.get(name)) == Some(&Value::Bool(true));
        Ok(Assertion {
            subject,
            email: text_at(&who, &self.settings.email_path),
            email_verified: verified,
            name: text_at(&who, &self.settings.name_path),
            hosted_domain: None,
            auth_at: None,
            claims: match who {
                Value::Object(claims) => claims,
                _ => serde_json::Map::new(),
            },
        })
    }
}

impl Connector for Generic {
    fn authorization_url<'a>(&'a self, start: Start<'a>) -> BoxFuture<'a, Result<Url, UpstreamError>> {
        async move { start_url(&self.endpoints(), &self.settings.scopes, &start) }.boxed()
    }

    fn finish<'a>(&'a self, visit: Visit<'a>) -> BoxFuture<'a, Result<Assertion, UpstreamError>> {
        self.finish_visit(visit).boxed()
    }

    fn origin(&self) -> Option<String> {
        origin_of(&self.settings.authorization_url)
    }
}
