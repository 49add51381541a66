//! GitHub: plain OAuth 2.0; only addresses that GitHub verified count, and never its no-reply addresses (ID-07).
//! Quirks: errors with status 200, form-encoded answers without `Accept`, 403 without a User-Agent (GitHub REST docs, "User agent required").
use futures_util::{FutureExt, future::BoxFuture};
use secrecy::SecretString;
use serde_json::{Map, Value};
use url::Url;

use crate::{
    Assertion, Auth, CodeExchange, Connector, SafeHttpClient, Start, UpstreamError,
    connector::origin_of,
    oauth2::{Endpoints, access_token, start_url, text_at},
    settings::GithubSettings,
    subject::subject,
};

const NO_REPLY: &str = "@users.noreply.github.com";

pub struct GitHub {
    settings: GithubSettings,
    authorization_url: String,
    token_url: String,
    secret: SecretString,
    guard: SafeHttpClient,
}

impl GitHub {
    pub fn new(settings: GithubSettings, secret: SecretString, guard: SafeHttpClient) -> Self {
        let (authorization_url, token_url) = (format!("{}/login/oauth/authorize", settings.web_url), format!("{}/login/oauth/access_token", settings.web_url));
        Self { settings, authorization_url, token_url, secret, guard }
    }

    fn endpoints(&self) -> Endpoints<'_> {
        Endpoints { client_id: &self.settings.client_id, authorization_url: &self.authorization_url, token_url: &self.token_url, auth: Auth::Post }
    }

    async fn finish_visit(&self, visit: CodeExchange<'_>) -> Result<Assertion, UpstreamError> {
        let token = access_token(&self.endpoints(), &self.secret, &self.guard, &visit).await?;
        let user = self.guard.json(&format!("{}/user", self.settings.api_url), Some(&token)).await?;
        // GitHub numbers its people (REST docs, "Get the authenticated user").
        let subject = user.get("id").filter(|id| id.is_number()).and_then(subject).ok_or_else(|| UpstreamError::Answer("GitHub gave no id".into()))?;
        let emails = self.guard.json(&format!("{}/user/emails", self.settings.api_url), Some(&token)).await?;
        let mut claims = Map::new();
        for name in ["id", "login", "name"] {
            claims.insert(name.into(), user.get(name).cloned().unwrap_or_default());
        }
        let email = verified_address(&emails);
        Ok(Assertion { subject, email_verified: email.is_some(), email, name: text_at(&user, "name").or_else(|| text_at(&user, "login")), auth_at: None, claims })
    }
}

/// The primary address if it is verified, else any verified one.
fn verified_address(emails: &Value) -> Option<String> {
    let usable = |e: &&Value| e.get("verified") == Some(&Value::Bool(true)) && e.get("email").and_then(Value::as_str).is_some_and(|a| !a.ends_with(NO_REPLY));
    let all: Vec<_> = emails.as_array().into_iter().flatten().filter(usable).collect();
    let primary = all.iter().find(|e| e.get("primary") == Some(&Value::Bool(true)));
    primary.or(all.first()).and_then(|e| e.get("email")).and_then(Value::as_str).map(str::to_owned)
}

impl Connector for GitHub {
    fn authorization_url<'a>(&'a self, start: Start<'a>) -> BoxFuture<'a, Result<Url, UpstreamError>> {
        async move { start_url(&self.endpoints(), &["read:user".to_owned(), "user:email".to_owned()], &start) }.boxed()
    }

    fn finish<'a>(&'a self, visit: CodeExchange<'a>) -> BoxFuture<'a, Result<Assertion, UpstreamError>> {
        self.finish_visit(visit).boxed()
    }

    fn origin(&self) -> Option<String> {
        origin_of(&self.settings.web_url)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn id_07_only_addresses_that_github_verified_count() {
        let primary_unverified = json!([{"email": "v@ex.test", "primary": true, "verified": false}]);
        assert_eq!(verified_address(&primary_unverified), None);
        let secondary = json!([{"email": "v@ex.test", "primary": true, "verified": false}, {"email": "w@ex.test", "primary": false, "verified": true}]);
        assert_eq!(verified_address(&secondary).as_deref(), Some("w@ex.test"));
        let no_reply = json!([{"email": "1+v@users.noreply.github.com", "primary": true, "verified": true}]);
        assert_eq!(verified_address(&no_reply), None);
        assert_eq!(verified_address(&json!({"message": "Not Found"})), None);
    }
}
