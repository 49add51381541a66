//! A provider's metadata (OpenID Connect Discovery §3). Four fields are needed; of the rest nothing is believed that is
//! odd, and nothing odd keeps anybody out (FR-45).
use jsonwebtoken::Algorithm;
use serde_json::Value;
use url::Url;

use crate::{
    SafeHttpClient,
    error::{Part, UpstreamError, kind_of},
    protocols::oidc::keys::algorithm,
    settings::OidcSettings,
};

/// What we use of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata {
    pub authorization_endpoint: String,
    pub token_endpoint: String,
    pub jwks_uri: String,
    pub userinfo_endpoint: Option<String>,
    pub pushed_endpoint: Option<String>,
    /// Where people sign out there (OpenID Connect RP-Initiated Logout §2.1).
    pub end_session_endpoint: Option<String>,
    /// Requests have to be pushed (RFC 9126 §5).
    pub pushes: bool,
    /// The answer carries `iss` (RFC 9207 §3).
    pub sends_issuer: bool,
    /// Algorithms that it signs ID tokens with, as far as we can check them; none announced: `None`.
    pub algorithms: Option<Vec<Algorithm>>,
    pub userinfo_algorithms: Option<Vec<Algorithm>>,
    /// Values of `prompt` that it knows, where it says so.
    pub prompts: Option<Vec<String>>,
    /// Whether it names `auth_time` among its claims, where it names them.
    pub names_auth_time: Option<bool>,
}

/// Where the metadata of an issuer is.
#[must_use]
pub fn address(issuer: &str) -> String {
    format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'))
}

fn texts(value: Option<&Value>) -> Option<Vec<String>> {
    value?.as_array().map(|all| all.iter().filter_map(Value::as_str).map(str::to_owned).collect())
}

fn algorithms(value: Option<&Value>) -> Option<Vec<Algorithm>> {
    texts(value)
        .filter(|all| !all.is_empty())
        .map(|all| all.iter().filter_map(|name| algorithm(name)).collect())
}

impl Metadata {
    /// Of a provider whose endpoints are all typed by hand.
    #[must_use]
    pub fn typed(settings: &OidcSettings) -> Option<Self> {
        let all = [&settings.authorization_endpoint, &settings.token_endpoint, &settings.jwks_uri];
        all.iter().all(|url| !url.is_empty()).then(|| Self {
            authorization_endpoint: settings.authorization_endpoint.clone(),
            token_endpoint: settings.token_endpoint.clone(),
            jwks_uri: settings.jwks_uri.clone(),
            userinfo_endpoint: Some(settings.userinfo_endpoint.clone())
                .filter(|url| !url.is_empty()),
            pushed_endpoint: None,
            end_session_endpoint: None,
            pushes: false,
            sends_issuer: false,
            algorithms: None,
            userinfo_algorithms: None,
            prompts: None,
            names_auth_time: None,
        })
    }

    /// Reads it. Endpoints that are typed by hand count more than what it says.
    ///
    /// # Errors
    /// [`UpstreamError::Answer`] that names the field.
    pub fn read(
        raw: &Value,
        settings: &OidcSettings,
        guard: &SafeHttpClient,
    ) -> Result<Self, UpstreamError> {
        let field = |name: &'static str| raw.get(name);
        let named = settings.announced_issuer();
        match field("issuer") {
            Some(Value::String(issuer)) if *issuer == named => {}
            Some(Value::String(_)) => {
                return Err(UpstreamError::field(
                    Part::Metadata,
                    "issuer",
                    "names another issuer than the settings",
                ));
            }
            other => return Err(UpstreamError::field(Part::Metadata, "issuer", kind_of(other))),
        }
        let url = |value: Option<&Value>| {
            value
                .and_then(Value::as_str)
                .filter(|text| Url::parse(text).is_ok_and(|url| guard.may_show(&url)))
                .map(str::to_owned)
        };
        let needed = |name: &'static str, typed: &str| {
            if !typed.is_empty() {
                return Ok(typed.to_owned());
            }
            url(field(name)).ok_or_else(|| {
                let came = field(name).filter(|v| v.as_str().is_some_and(|text| !text.is_empty()));
                UpstreamError::field(
                    Part::Metadata,
                    name,
                    if came.is_some() { "no https address" } else { kind_of(field(name)) },
                )
            })
        };
        let algorithms_of = |name: &'static str| algorithms(field(name));
        let announced = algorithms_of("id_token_signing_alg_values_supported");
        if announced.as_ref().is_some_and(Vec::is_empty) {
            return Err(UpstreamError::field(
                Part::Metadata,
                "id_token_signing_alg_values_supported",
                "has no asymmetric algorithm that can be checked here",
            ));
        }
        Ok(Self {
            authorization_endpoint: needed(
                "authorization_endpoint",
                &settings.authorization_endpoint,
            )?,
            token_endpoint: needed("token_endpoint", &settings.token_endpoint)?,
            jwks_uri: needed("jwks_uri", &settings.jwks_uri)?,
            userinfo_endpoint: if settings.userinfo_endpoint.is_empty() {
                url(field("userinfo_endpoint"))
            } else {
                Some(settings.userinfo_endpoint.clone())
            },
            pushed_endpoint: url(field("pushed_authorization_request_endpoint")),
            end_session_endpoint: url(field("end_session_endpoint")),
            pushes: field("require_pushed_authorization_requests") == Some(&Value::Bool(true)),
            sends_issuer: field("authorization_response_iss_parameter_supported")
                == Some(&Value::Bool(true)),
            algorithms: announced,
            userinfo_algorithms: algorithms_of("userinfo_signing_alg_values_supported"),
            prompts: texts(field("prompt_values_supported")),
            names_auth_time: texts(field("claims_supported"))
                .map(|all| all.iter().any(|name| name == "auth_time")),
        })
    }
}
