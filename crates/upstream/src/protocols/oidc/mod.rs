//! OpenID Connect: discovery, PKCE, `iss`, signatures, claims (OpenID Connect Core §3.1, RFC 9207, RFC 7636, RFC 9126).
mod cache;
mod claims;
#[cfg(test)]
mod conformance;
#[cfg(test)]
mod conformance_logout;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzzing;
#[cfg(test)]
mod hostile;
pub(crate) mod keys;
mod logout;
mod metadata;
#[cfg(test)]
pub mod tests;
mod userinfo;
mod verify;

use std::sync::{
    Arc,
    atomic::{AtomicU8, Ordering},
};

use ::http::Request;
use futures_util::{FutureExt, future::BoxFuture};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};
use url::Url;

use self::{
    cache::{Cache, Copied, Sender},
    keys::{ALGORITHMS, Keys},
    metadata::Metadata,
    verify::{Expected, NotSigned},
};
use crate::{
    Assertion, Check, CodeExchange, Connector, EndedThere, Reauth, RedirectFlow, SafeHttpClient,
    SignInWay, SignOutToo, Start, UpstreamError,
    connection_test::{client_known, trial, trial_start},
    error::{Part, kind_of},
    http::{answer, json},
    origin::origin_of,
    protocols::{
        client::Client,
        dialect::PLAIN,
        request::{self, Parameters},
        token::exchange,
    },
    settings::OidcSettings,
    subject::text_subject,
};

/// Keys are fetched again for an unknown key at most this often (OC-10).
const KEYS_AGAIN: domain::Micros = domain::MINUTE;

/// The longest name of a pushed request, in bytes.
const LONGEST_NAME: usize = 2000;

/// Whether answers to a request for a fresh sign-in say when it was: not seen yet, yes, no.
const UNSEEN: u8 = 0;
const SAYS: u8 = 1;
const SILENT: u8 = 2;

pub struct Oidc {
    settings: OidcSettings,
    secret: SecretString,
    guard: SafeHttpClient,
    metadata: Cache<Metadata>,
    keys: Cache<Keys>,
    auth_time: AtomicU8,
}

impl Oidc {
    pub fn new(settings: OidcSettings, secret: SecretString, guard: SafeHttpClient) -> Self {
        Self {
            settings,
            secret,
            guard,
            metadata: Cache::default(),
            keys: Cache::default(),
            auth_time: AtomicU8::new(UNSEEN),
        }
    }

    fn client(&self) -> Client<'_> {
        let s = &self.settings;
        Client {
            id: &s.client_id,
            secret: &self.secret,
            auth: s.auth,
            audience: &s.issuer,
            key_id: &s.key_id,
            team_id: &s.team_id,
        }
    }

    async fn metadata(&self, now: domain::Micros) -> Result<Arc<Copied<Metadata>>, UpstreamError> {
        self.metadata
            .get(now, async {
                if let Some(typed) = Metadata::typed(&self.settings) {
                    return Ok(typed);
                }
                Metadata::read(
                    &self
                        .guard
                        .json(Part::Metadata, &metadata::address(&self.settings.issuer))
                        .await?,
                    &self.settings,
                    &self.guard,
                )
            })
            .await
    }

    async fn read_keys(&self, metadata: &Metadata) -> Result<Keys, UpstreamError> {
        Keys::read(&self.guard.json(Part::Keys, &metadata.jwks_uri).await?)
    }

    async fn start(&self, start: Start<'_>) -> Result<Url, UpstreamError> {
        let metadata = self.metadata(start.now).await?;
        let metadata = &metadata.value;
        let mut all = self.parameters(metadata, &start);
        if self.pushes(metadata) {
            all = self.pushed(metadata, &start, all).await?;
        }
        request::address(Part::Metadata, &metadata.authorization_endpoint, all, &PLAIN)
    }

    /// Requests have to be pushed: the provider says so, or its settings do.
    fn pushes(&self, metadata: &Metadata) -> bool {
        metadata.pushes || self.settings.push
    }

    /// What is asked.
    fn parameters(&self, metadata: &Metadata, start: &Start<'_>) -> Parameters {
        let others = self.settings.scopes.iter().map(String::as_str).filter(|s| *s != "openid");
        let mut all = request::parameters(
            &self.settings.client_id,
            std::iter::once("openid").chain(others),
            start,
            &PLAIN,
        );
        request::put(&mut all, "nonce", start.nonce);
        if self.settings.form_post {
            request::put(&mut all, "response_mode", "form_post");
        }
        for (name, value) in
            self.settings.extra.iter().filter(|(name, _)| !request::OURS.contains(&name.as_str()))
        {
            request::put(&mut all, name, value);
        }
        let asks = self.settings.reauth;
        let known = |prompt: &str| {
            metadata.prompts.as_ref().is_none_or(|all| all.iter().any(|one| one == prompt))
        };
        let mut prompts = Vec::new();
        if start.fresh && matches!(asks, Reauth::LoginAndMaxAge | Reauth::Login) && known("login") {
            prompts.push("login");
        }
        if start.choose && known("select_account") {
            prompts.push("select_account");
        }
        if !prompts.is_empty() {
            request::put(&mut all, "prompt", &prompts.join(" "));
        }
        if start.fresh && matches!(asks, Reauth::LoginAndMaxAge | Reauth::MaxAge) {
            request::put(&mut all, "max_age", "0");
        }
        all
    }

    /// Pushes the request; the browser carries only its name (RFC 9126 §2).
    async fn pushed(
        &self,
        metadata: &Metadata,
        start: &Start<'_>,
        all: Parameters,
    ) -> Result<Parameters, UpstreamError> {
        let Some(endpoint) = &metadata.pushed_endpoint else {
            return Err(UpstreamError::field(
                Part::Metadata,
                "pushed_authorization_request_endpoint",
                "missing though requests have to be pushed",
            ));
        };
        let shown = self.client().shown(start.now, start.state)?;
        let form = {
            let mut form = url::form_urlencoded::Serializer::new(String::new());
            form.extend_pairs(all.iter().filter(|(name, _)| name != "client_id"));
            form.extend_pairs(&shown.fields);
            if shown.header.is_some() {
                form.append_pair("client_id", &self.settings.client_id);
            }
            form.finish()
        };
        let mut request = Request::post(endpoint.as_str())
            .header("content-type", "application/x-www-form-urlencoded")
            .header("accept", "application/json");
        if let Some(header) = shown.header {
            request = request.header("authorization", header);
        }
        let request = request
            .body(form.into_bytes())
            .map_err(|_| UpstreamError::answer(Part::Pushed, "its address cannot be called"))?;
        let said = self.guard.ask(Part::Pushed, request).await?;
        let fields = answer::good(
            Part::Pushed,
            said.status(),
            said.body(),
            answer::Readings::default(),
            &[self.secret.expose_secret(), start.verifier],
        )?;
        match fields.get("request_uri") {
            // A browser has to carry it.
            Some(Value::String(name)) if name.len() > LONGEST_NAME => {
                Err(UpstreamError::field(Part::Pushed, "request_uri", "is too long"))
            }
            Some(Value::String(name)) if name.contains(|c: char| !c.is_ascii_graphic()) => {
                Err(UpstreamError::field(Part::Pushed, "request_uri", "is no address"))
            }
            Some(Value::String(name)) if !name.is_empty() => Ok(vec![
                ("client_id".to_owned(), self.settings.client_id.clone()),
                ("request_uri".to_owned(), name.clone()),
            ]),
            other => Err(UpstreamError::field(Part::Pushed, "request_uri", kind_of(other))),
        }
    }

    async fn checked(&self, redirect_uri: &str, now: domain::Micros) -> Vec<Check> {
        let metadata = match self.metadata(now).await {
            Ok(copy) => copy,
            Err(error) => return vec![Check::broken(Part::Metadata, error)],
        };
        let metadata = &metadata.value;
        let keys = match self.read_keys(metadata).await {
            Ok(keys) if keys.is_empty() => {
                Check::broken(Part::Keys, UpstreamError::answer(Part::Keys, "no usable key"))
            }
            Ok(keys) => Check::works(Part::Keys, keys.algorithms().join(", ")),
            Err(error) => Check::broken(Part::Keys, error),
        };
        let visit = trial(redirect_uri, now);
        let known =
            exchange(&self.guard, &metadata.token_endpoint, &self.client(), &PLAIN, &visit).await;
        let mut checks = vec![
            Check::works(Part::Metadata, metadata.authorization_endpoint.clone()),
            keys,
            client_known(known),
        ];
        if self.pushes(metadata) {
            // Another one each time: a signed assertion takes its number from it.
            let state = format!("{}-{now}", visit.nonce);
            let start = trial_start(&visit, &state);
            let pushed = self.pushed(metadata, &start, self.parameters(metadata, &start)).await;
            checks.push(match pushed {
                Ok(_) => Check::works(Part::Pushed, "takes requests"),
                Err(error) => Check::broken(Part::Pushed, error),
            });
        }
        checks
    }

    async fn finish_visit(&self, visit: CodeExchange<'_>) -> Result<Assertion, UpstreamError> {
        let metadata = self.metadata(visit.now).await?;
        let metadata = &metadata.value;
        match visit.issuer {
            Some(issuer) if !self.settings.is_issuer(issuer) => {
                return Err(UpstreamError::field(Part::Callback, "iss", "names another provider"));
            }
            None if metadata.sends_issuer => {
                return Err(UpstreamError::field(Part::Callback, "iss", "missing"));
            }
            _ => {}
        }
        let tokens =
            exchange(&self.guard, &metadata.token_endpoint, &self.client(), &PLAIN, &visit).await?;
        let token = tokens.id_token.ok_or_else(|| {
            UpstreamError::field(Part::Token, "id_token", kind_of(tokens.more.get("id_token")))
        })?;
        let accepted = self.settings.accepted(metadata.algorithms.as_deref());
        let mut claims = self.signed(Part::IdToken, metadata, &token, &accepted, visit.now).await?;
        verify::issuer(&claims, &self.issuer_of(&claims)?)?;
        let expected = Expected {
            client_id: &self.settings.client_id,
            trusted: &self.settings.trusted_audiences,
            nonce: visit.nonce,
            now: visit.now,
        };
        let sub = verify::id_token(&claims, &expected)?;
        claims::tidy(&mut claims, self.settings.text_booleans);
        if visit.fresh {
            self.auth_time.store(
                if claims.contains_key("auth_time") { SAYS } else { SILENT },
                Ordering::Relaxed,
            );
        }
        let settings = &self.settings;
        if claims::lacks(&claims, &settings.scopes, &settings.wanted_claims, visit.counts)
            && let Some(url) = &metadata.userinfo_endpoint
        {
            self.add_userinfo(&mut claims, metadata, url, &tokens.access, &sub, &visit).await?;
        }
        if let Some(name) = visit.user.filter(|_| !claims.contains_key("name")).and_then(name_of) {
            claims.insert("name".into(), name.into());
        }
        let subject = if self.settings.tenant_issuer { tenant_subject(&claims)? } else { sub };
        Ok(Assertion::from_claims(subject, claims))
    }

    /// Who must have issued a token: the settings' issuer, or that of the token's tenant, if it is one of the settings'.
    fn issuer_of(&self, claims: &Map<String, Value>) -> Result<String, UpstreamError> {
        let issuer = self.settings.announced_issuer();
        if !self.settings.tenant_issuer {
            return Ok(issuer);
        }
        let tenant = claims.get("tid").and_then(Value::as_str).filter(|tid| {
            !tid.is_empty()
                && tid.len() <= 64
                && tid.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        });
        let tenant = tenant.ok_or_else(|| {
            UpstreamError::field(Part::IdToken, "tid", kind_of(claims.get("tid")))
        })?;
        let tenants = &self.settings.tenants;
        if !tenants.is_empty() && !tenants.iter().any(|one| one.eq_ignore_ascii_case(tenant)) {
            return Err(UpstreamError::field(Part::IdToken, "tid", "is no tenant of the settings"));
        }
        Ok(issuer.replace("{tenantid}", tenant))
    }

    /// The claims of a signed token that the provider gave us; keys are read again once a minute at most where none is right.
    async fn signed(
        &self,
        part: Part,
        metadata: &Metadata,
        token: &str,
        accepted: &[jsonwebtoken::Algorithm],
        now: domain::Micros,
    ) -> Result<Map<String, Value>, UpstreamError> {
        self.signed_for((Sender::Provider, part), metadata, token, accepted, now).await
    }

    /// The same of a logout token, which anybody can send.
    async fn signed_by_anybody(
        &self,
        metadata: &Metadata,
        token: &str,
        accepted: &[jsonwebtoken::Algorithm],
        now: domain::Micros,
    ) -> Result<Map<String, Value>, UpstreamError> {
        let as_sent = (Sender::Anybody, Part::LogoutToken);
        self.signed_for(as_sent, metadata, token, accepted, now).await
    }

    async fn signed_for(
        &self,
        (sender, part): (Sender, Part),
        metadata: &Metadata,
        token: &str,
        accepted: &[jsonwebtoken::Algorithm],
        now: domain::Micros,
    ) -> Result<Map<String, Value>, UpstreamError> {
        let keys = self.keys.get(now, self.read_keys(metadata)).await?;
        let why = match verify::signed(part, token, &keys.value, accepted) {
            Ok(claims) => return Ok(claims),
            Err(NotSigned::Other(error)) => return Err(error),
            Err(NotSigned::Key(why)) => why,
        };
        let newer =
            self.keys.other_than(&keys, now, (sender, KEYS_AGAIN), self.read_keys(metadata)).await;
        match newer.map(|keys| verify::signed(part, token, &keys.value, accepted)) {
            Some(Ok(claims)) => Ok(claims),
            Some(Err(NotSigned::Other(error))) => Err(error),
            Some(Err(NotSigned::Key(why))) => Err(UpstreamError::answer(part, why.told())),
            None => Err(UpstreamError::answer(part, why.told())),
        }
    }
}

/// The person's key in one of many tenants: the tenant and the person's number there, which is the same for every
/// application (ID-01; Microsoft identity platform, "ID token claims reference").
fn tenant_subject(claims: &Map<String, Value>) -> Result<String, UpstreamError> {
    let part = |name: &'static str| {
        claims
            .get(name)
            .and_then(text_subject)
            .filter(|text| !text.contains('/'))
            .ok_or_else(|| UpstreamError::field(Part::IdToken, name, kind_of(claims.get(name))))
    };
    Ok(format!("{}/{}", part("tid")?.to_ascii_lowercase(), part("oid")?))
}

/// A name out of Apple's `user` parameter (Sign in with Apple REST API, "Request an authorization").
fn name_of(user: &str) -> Option<String> {
    let user = json::read(user.as_bytes()).ok()?;
    let part = |name: &str| {
        user.get("name")
            .and_then(|n| n.get(name))
            .and_then(Value::as_str)
            .map(str::trim)
            .filter(|text| !text.is_empty())
    };
    let name =
        [part("firstName"), part("lastName")].into_iter().flatten().collect::<Vec<_>>().join(" ");
    Some(name.chars().filter(|c| !c.is_control()).take(80).collect::<String>())
        .filter(|name| !name.is_empty())
}

impl OidcSettings {
    /// The algorithms that are accepted: those of the settings, or those that the provider announces, or all that we know.
    fn accepted(
        &self,
        announced: Option<&[jsonwebtoken::Algorithm]>,
    ) -> Vec<jsonwebtoken::Algorithm> {
        if self.algorithms.is_empty() {
            announced.map_or_else(|| ALGORITHMS.to_vec(), <[_]>::to_vec)
        } else {
            self.algorithms.iter().filter_map(|name| keys::algorithm(name)).collect()
        }
    }
}

impl RedirectFlow for Oidc {
    fn authorization_url<'a>(
        &'a self,
        start: Start<'a>,
    ) -> BoxFuture<'a, Result<Url, UpstreamError>> {
        self.guard.in_all(Part::Metadata, self.start(start)).boxed()
    }

    fn finish<'a>(
        &'a self,
        visit: CodeExchange<'a>,
    ) -> BoxFuture<'a, Result<Assertion, UpstreamError>> {
        self.guard.in_all(Part::Token, self.finish_visit(visit)).boxed()
    }

    fn answers_by_form(&self) -> bool {
        self.settings.form_post
    }

    fn ended_there<'a>(
        &'a self,
        token: &'a str,
        now: domain::Micros,
    ) -> BoxFuture<'a, Result<EndedThere, UpstreamError>> {
        self.guard.in_all(Part::LogoutToken, self.read_logout(token, now)).boxed()
    }

    fn sign_out_there<'a>(
        &'a self,
        back: &'a str,
        state: &'a str,
        now: domain::Micros,
    ) -> BoxFuture<'a, Result<Option<Url>, UpstreamError>> {
        self.guard.in_all(Part::Metadata, self.end_session_address(back, state, now)).boxed()
    }

    fn site(&self) -> Option<String> {
        let known = self.metadata.peek().map(|copy| copy.value.authorization_endpoint.clone());
        origin_of(known.as_ref().unwrap_or(&self.settings.issuer))
    }

    fn is_issuer(&self, issuer: &str) -> bool {
        self.settings.is_issuer(issuer)
    }

    fn sign_out_too(&self) -> SignOutToo {
        self.settings.sign_out_too
    }
}

impl Connector for Oidc {
    fn way(&self) -> SignInWay<'_> {
        SignInWay::Redirect(self)
    }

    fn check<'a>(
        &'a self,
        redirect_uri: &'a str,
        now: domain::Micros,
    ) -> BoxFuture<'a, Vec<Check>> {
        self.checked(redirect_uri, now).boxed()
    }

    fn supports_auth_time(&self) -> bool {
        if let Some(set) = self.settings.reports_auth_time {
            return set;
        }
        match self.auth_time.load(Ordering::Relaxed) {
            SAYS => true,
            SILENT => false,
            _ => self.metadata.peek().and_then(|copy| copy.value.names_auth_time).unwrap_or(true),
        }
    }
}
