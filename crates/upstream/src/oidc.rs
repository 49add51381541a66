//! OpenID Connect: discovery, PKCE, `iss`, signatures, claims (OpenID Connect Core §3.1, RFC 9207, RFC 7636).
use std::sync::Arc;

use chrono::{DateTime, Utc};
use futures_util::{FutureExt, future::BoxFuture};
use openidconnect::{
    AuthType, AuthenticationFlow, AuthorizationCode, ClientId, ClientSecret, CsrfToken, IssuerUrl, Nonce, OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError,
    Scope, TokenResponse,
    core::{CoreAuthPrompt, CoreClient, CoreIdToken, CoreIdTokenVerifier, CoreJsonWebKeySet, CoreJwsSigningAlgorithm, CoreProviderMetadata, CoreResponseType},
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};
use tokio::sync::Mutex;
use url::Url;

use crate::{Assertion, Auth, CodeExchange, Connector, SafeHttpClient, Start, UpstreamError, connector::origin_of, json, settings::OidcSettings, subject::text_subject};

/// Clock difference that tokens may have.
const SKEW: domain::Micros = domain::MINUTE;
/// Keys are fetched again for an unknown key at most this often (OC-10).
const KEYS_AGAIN: domain::Micros = domain::MINUTE;
/// Metadata is read again after this time.
const METADATA_AGAIN: domain::Micros = domain::HOUR;

/// Never `none`, never a shared secret (OC-07).
const ALGORITHMS: [CoreJwsSigningAlgorithm; 6] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

pub struct Oidc {
    settings: OidcSettings,
    secret: SecretString,
    guard: SafeHttpClient,
    metadata: Mutex<Option<Arc<Metadata>>>,
}

struct Metadata {
    provider: CoreProviderMetadata,
    /// RFC 9207: the answer must carry `iss`.
    sends_issuer: bool,
    keys: CoreJsonWebKeySet,
    read_at: domain::Micros,
    keys_at: domain::Micros,
}

impl Oidc {
    pub fn new(settings: OidcSettings, secret: SecretString, guard: SafeHttpClient) -> Self {
        Self { settings, secret, guard, metadata: Mutex::new(None) }
    }

    /// Metadata and keys from memory, or read once for all who wait.
    async fn metadata(&self, now: Option<domain::Micros>) -> Result<Arc<Metadata>, UpstreamError> {
        let mut slot = self.metadata.lock().await;
        if let Some(metadata) = &*slot
            && now.is_none_or(|now| now - metadata.read_at < METADATA_AGAIN || metadata.read_at == 0)
        {
            return Ok(Arc::clone(metadata));
        }
        let url = format!("{}/.well-known/openid-configuration", self.settings.issuer.trim_end_matches('/'));
        let raw = self.guard.json(&url, None).await?;
        if raw.get("issuer").and_then(Value::as_str) != Some(self.settings.issuer.as_str()) {
            return Err(UpstreamError::Answer("the metadata names another issuer".into()));
        }
        let sends_issuer = raw.get("authorization_response_iss_parameter_supported") == Some(&Value::Bool(true));
        let provider: CoreProviderMetadata = serde_json::from_value(raw).map_err(|e| UpstreamError::Answer(format!("metadata: {e}")))?;
        let keys = self.keys(&provider).await?;
        let at = now.unwrap_or_default();
        let metadata = Arc::new(Metadata { provider, sends_issuer, keys, read_at: at, keys_at: at });
        *slot = Some(Arc::clone(&metadata));
        Ok(metadata)
    }

    async fn keys(&self, provider: &CoreProviderMetadata) -> Result<CoreJsonWebKeySet, UpstreamError> {
        let raw = self.guard.json(provider.jwks_uri().as_str(), None).await?;
        serde_json::from_value(raw).map_err(|e| UpstreamError::Answer(format!("keys: {e}")))
    }

    /// The provider may have rotated its keys: read them again, once a minute at most.
    async fn newer_keys(&self, old: &Metadata, now: domain::Micros) -> Result<Option<Arc<Metadata>>, UpstreamError> {
        let mut slot = self.metadata.lock().await;
        if let Some(current) = &*slot
            && current.keys_at != old.keys_at
        {
            return Ok(Some(Arc::clone(current)));
        }
        if now - old.keys_at < KEYS_AGAIN && old.keys_at != 0 {
            return Ok(None);
        }
        let keys = self.keys(&old.provider).await?;
        let metadata = Arc::new(Metadata { provider: old.provider.clone(), sends_issuer: old.sends_issuer, keys, read_at: old.read_at.max(1), keys_at: now });
        *slot = Some(Arc::clone(&metadata));
        Ok(Some(metadata))
    }

    fn client_id(&self) -> ClientId {
        ClientId::new(self.settings.client_id.clone())
    }

    fn client_secret(&self) -> ClientSecret {
        ClientSecret::new(self.secret.expose_secret().to_owned())
    }

    async fn start(&self, start: Start<'_>) -> Result<Url, UpstreamError> {
        let metadata = self.metadata(None).await?;
        let redirect = RedirectUrl::new(start.redirect_uri.to_owned()).map_err(|e| UpstreamError::Answer(e.to_string()))?;
        let client = CoreClient::from_provider_metadata(metadata.provider.clone(), self.client_id(), None).set_redirect_uri(redirect);
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(start.verifier.to_owned()));
        let (state, nonce) = (start.state.to_owned(), start.nonce.to_owned());
        let scopes = self.settings.scopes.iter().filter(|s| *s != "openid").map(|s| Scope::new(s.clone()));
        let mut request =
            client.authorize_url(AuthenticationFlow::<CoreResponseType>::AuthorizationCode, move || CsrfToken::new(state), move || Nonce::new(nonce)).set_pkce_challenge(challenge).add_scopes(scopes);
        if start.fresh {
            request = request.add_prompt(CoreAuthPrompt::Login).set_max_age(std::time::Duration::ZERO);
        }
        Ok(request.url().0)
    }

    async fn finish_visit(&self, visit: CodeExchange<'_>) -> Result<Assertion, UpstreamError> {
        let metadata = self.metadata(Some(visit.now)).await?;
        match visit.issuer {
            Some(issuer) if issuer != self.settings.issuer => return Err(UpstreamError::Answer("iss names another provider".into())),
            None if metadata.sends_issuer => return Err(UpstreamError::Answer("iss is missing".into())),
            _ => {}
        }
        let (id_token, access_token) = self.exchange(&metadata, &visit).await?;
        let mut claims = self.verified(&metadata, &id_token, &visit).await?;
        let subject = claims.get("sub").and_then(text_subject).ok_or_else(|| UpstreamError::Answer("no usable sub".into()))?;
        if !claims.contains_key("email")
            && let Some(url) = metadata.provider.userinfo_endpoint()
        {
            let more = self.guard.json(url.as_str(), Some(&access_token)).await?;
            if more.get("sub").and_then(Value::as_str) != Some(subject.as_str()) {
                return Err(UpstreamError::Answer("userinfo speaks of somebody else".into()));
            }
            if let Value::Object(more) = more {
                for (name, value) in more {
                    claims.entry(name).or_insert(value);
                }
            }
        }
        Ok(Assertion::from_claims(subject, claims))
    }

    async fn exchange(&self, metadata: &Metadata, visit: &CodeExchange<'_>) -> Result<(CoreIdToken, String), UpstreamError> {
        let redirect = RedirectUrl::new(visit.redirect_uri.to_owned()).map_err(|e| UpstreamError::Answer(e.to_string()))?;
        let auth = match self.settings.auth {
            Auth::Basic => AuthType::BasicAuth,
            Auth::Post => AuthType::RequestBody,
        };
        let client = CoreClient::from_provider_metadata(metadata.provider.clone(), self.client_id(), Some(self.client_secret())).set_redirect_uri(redirect).set_auth_type(auth);
        let request =
            client.exchange_code(AuthorizationCode::new(visit.code.to_owned())).map_err(|e| UpstreamError::Answer(e.to_string()))?.set_pkce_verifier(PkceCodeVerifier::new(visit.verifier.to_owned()));
        let answer = request.request_async(&self.guard).await.map_err(|e| match e {
            RequestTokenError::ServerResponse(response) => UpstreamError::Refused(response.error().as_ref().to_owned()),
            RequestTokenError::Request(e) => e.into(),
            RequestTokenError::Parse(e, _) => UpstreamError::Answer(e.to_string()),
            RequestTokenError::Other(text) => UpstreamError::Answer(text),
        })?;
        let id_token = answer.id_token().cloned().ok_or_else(|| UpstreamError::Answer("no ID token".into()))?;
        Ok((id_token, answer.access_token().secret().clone()))
    }

    async fn verified(&self, metadata: &Metadata, token: &CoreIdToken, visit: &CodeExchange<'_>) -> Result<Map<String, Value>, UpstreamError> {
        use openidconnect::{ClaimsVerificationError as E, SignatureVerificationError as S};
        // Read before anything else reads it: what the library believes and what is kept are the same (ID-19).
        let (_, claims) = json::parts(&token.to_string())?;
        match self.check(&metadata.keys, token, visit) {
            Err(E::SignatureVerification(S::NoMatchingKey)) => match self.newer_keys(metadata, visit.now).await? {
                Some(newer) => self.check(&newer.keys, token, visit),
                None => Err(E::SignatureVerification(S::NoMatchingKey)),
            },
            other => other,
        }
        .map_err(|e| UpstreamError::Answer(e.to_string()))?;
        Ok(claims)
    }

    fn check(&self, keys: &CoreJsonWebKeySet, token: &CoreIdToken, visit: &CodeExchange<'_>) -> Result<(), openidconnect::ClaimsVerificationError> {
        let issuer = IssuerUrl::new(self.settings.issuer.clone()).map_err(|e| openidconnect::ClaimsVerificationError::InvalidIssuer(e.to_string()))?;
        let now = visit.now;
        let verifier = CoreIdTokenVerifier::new_public_client(self.client_id(), issuer, keys.clone())
            .set_allowed_algs(ALGORITHMS)
            .set_time_fn(move || moment(now - SKEW))
            .set_issue_time_verifier_fn(move |issued| if issued <= moment(now + SKEW) { Ok(()) } else { Err("issued in the future".into()) });
        let nonce = Nonce::new(visit.nonce.to_owned());
        token.claims(&verifier, &nonce).map(|_| ())
    }
}

fn moment(at: domain::Micros) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(at).unwrap_or_default()
}

impl Connector for Oidc {
    fn authorization_url<'a>(&'a self, start: Start<'a>) -> BoxFuture<'a, Result<Url, UpstreamError>> {
        self.start(start).boxed()
    }

    fn finish<'a>(&'a self, visit: CodeExchange<'a>) -> BoxFuture<'a, Result<Assertion, UpstreamError>> {
        self.finish_visit(visit).boxed()
    }

    fn origin(&self) -> Option<String> {
        origin_of(&self.settings.issuer)
    }

    fn supports_auth_time(&self) -> bool {
        true
    }
}
