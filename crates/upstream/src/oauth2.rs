//! Plain OAuth 2.0 (RFC 6749) with PKCE, and a userinfo answer read by configured paths.
use ::oauth2::{
    AuthType, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError, Scope, TokenResponse, TokenUrl, basic::BasicClient,
};
use futures_util::{FutureExt, future::BoxFuture};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::Url;

use crate::{Assertion, Auth, CodeExchange, Connector, SafeHttpClient, Start, UpstreamError, connector::origin_of, json, settings::Oauth2Settings, subject::subject};

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
pub async fn access_token(at: &Endpoints<'_>, secret: &SecretString, guard: &SafeHttpClient, visit: &CodeExchange<'_>) -> Result<String, UpstreamError> {
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
        RequestTokenError::Request(e) => e.into(),
        // GitHub answers errors with status 200 (docs: "Troubleshooting OAuth app access token request errors").
        RequestTokenError::Parse(e, body) => match json::read(&body).ok().and_then(|v| v.get("error").and_then(Value::as_str).map(str::to_owned)) {
            Some(code) => UpstreamError::Refused(code),
            None => UpstreamError::Answer(e.to_string()),
        },
        RequestTokenError::Other(text) => UpstreamError::Answer(text),
    })?;
    Ok(answer.access_token().secret().clone())
}

/// A value at a dotted path; none at an empty one.
fn at<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    if path.is_empty() { None } else { path.split('.').try_fold(value, |v, name| v.get(name)) }
}

/// Text to show, at a dotted path.
pub fn text_at(value: &Value, path: &str) -> Option<String> {
    at(value, path)?.as_str().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}

pub struct Generic {
    settings: Oauth2Settings,
    secret: SecretString,
    guard: SafeHttpClient,
}

impl Generic {
    pub fn new(settings: Oauth2Settings, secret: SecretString, guard: SafeHttpClient) -> Self {
        Self { settings, secret, guard }
    }

    fn endpoints(&self) -> Endpoints<'_> {
        Endpoints { client_id: &self.settings.client_id, authorization_url: &self.settings.authorization_url, token_url: &self.settings.token_url, auth: self.settings.auth }
    }

    async fn finish_visit(&self, visit: CodeExchange<'_>) -> Result<Assertion, UpstreamError> {
        let token = access_token(&self.endpoints(), &self.secret, &self.guard, &visit).await?;
        let who = self.guard.json(&self.settings.userinfo_url, Some(&token)).await?;
        let subject = at(&who, &self.settings.subject_path).and_then(subject).ok_or_else(|| UpstreamError::Answer("no subject at the configured path".into()))?;
        let verified = at(&who, &self.settings.email_verified_path) == Some(&Value::Bool(true));
        Ok(Assertion {
            subject,
            email: text_at(&who, &self.settings.email_path),
            email_verified: verified,
            name: text_at(&who, &self.settings.name_path),
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

    fn finish<'a>(&'a self, visit: CodeExchange<'a>) -> BoxFuture<'a, Result<Assertion, UpstreamError>> {
        self.finish_visit(visit).boxed()
    }

    fn origin(&self) -> Option<String> {
        origin_of(&self.settings.authorization_url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{GuardOptions, testing::Server};

    async fn who(server: &Server) -> Result<Assertion, UpstreamError> {
        let settings = Oauth2Settings {
            client_id: "c".into(),
            authorization_url: server.url("/authorize"),
            token_url: server.url("/token"),
            userinfo_url: server.url("/userinfo"),
            auth: Auth::Post,
            scopes: vec![],
            subject_path: "user.id".into(),
            email_path: "user.email".into(),
            email_verified_path: "user.sure".into(),
            name_path: String::new(),
        };
        let guard = SafeHttpClient::new(GuardOptions { allow_private: true, ..GuardOptions::default() }).unwrap();
        let visit = CodeExchange { redirect_uri: "http://here.test/cb", code: "x", issuer: None, nonce: "n", verifier: &"v".repeat(43), now: 0 };
        Generic::new(settings, SecretString::from("s"), guard).finish(visit).await
    }

    fn server(userinfo: &str) -> Server {
        let server = Server::start();
        server.says("/token", r#"{"access_token":"t","token_type":"Bearer"}"#);
        server.says("/userinfo", userinfo);
        server
    }

    #[tokio::test]
    async fn id_17_the_subject_of_an_answer_is_kept_as_it_came_or_refused() {
        for (there, kept) in [("7", "7"), (r#""7""#, r#""7""#), (r#"" 7""#, " 7"), (r#""007""#, "007"), (r#""a\u0062""#, "ab"), ("18446744073709551615", "18446744073709551615")] {
            assert_eq!(who(&server(&format!(r#"{{"user":{{"id":{there}}}}}"#))).await.unwrap().subject, kept, "{there}");
        }
        for bad in ["7.0", "7e0", "007", "18446744073709551616", "null", "true", r#""""#, r#""\n""#, "[7]"] {
            assert!(matches!(who(&server(&format!(r#"{{"user":{{"id":{bad}}}}}"#))).await, Err(UpstreamError::Answer(_))), "{bad}");
        }
    }

    #[tokio::test]
    async fn id_19_an_answer_with_a_key_twice_is_refused_wherever_it_stands() {
        let good = r#"{"user":{"id":7,"email":"v@ex.test","sure":true}}"#;
        let said = who(&server(good)).await.unwrap();
        assert_eq!((said.email.as_deref(), said.email_verified), (Some("v@ex.test"), true));
        for twice in [r#"{"user":{"id":7,"email":"v@ex.test","sure":false,"sure":true}}"#, r#"{"user":{"id":7},"user":{"id":8}}"#, r#"{"user":{"id":7},"more":[{"a":1,"a":2}]}"#] {
            assert!(matches!(who(&server(twice)).await, Err(UpstreamError::Answer(_))), "{twice}");
        }
        let token = server(good);
        token.says("/token", r#"{"access_token":"t","access_token":"u","token_type":"Bearer"}"#);
        assert!(matches!(who(&token).await, Err(UpstreamError::Answer(_))));
        assert_eq!(token.asked(), ["/token"], "nobody was asked who that is");
        token.says("/token", r#"{"error":"invalid_grant","error_description":"a","error_description":"b"}"#);
        assert!(matches!(who(&token).await, Err(UpstreamError::Answer(_))));
    }
}
