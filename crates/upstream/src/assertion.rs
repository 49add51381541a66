//! What a provider said in one completed authentication.
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A verified answer of a provider, not yet anything of ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assertion {
    /// Byte-exact and stable at this provider; the identity's key together with the provider's namespace.
    pub subject: String,
    pub email: Option<String>,
    /// The provider says that it verified the address. Missing counts as no.
    pub email_verified: bool,
    pub name: Option<String>,
    /// When the person authenticated there (`auth_time`), in microseconds, if the provider says so.
    #[serde(default)]
    pub auth_at: Option<domain::Micros>,
    /// All claims, kept per link.
    pub claims: Map<String, Value>,
    /// It may come once only.
    #[serde(default)]
    pub once: Option<Once>,
}

/// What a provider gave out to be used once (SAML 2.0 Profiles §4.1.4.5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Once {
    /// Unique at this provider.
    pub id: String,
    /// From then on it counts for nobody any more, in microseconds.
    pub until: domain::Micros,
}

impl Assertion {
    /// Reads standard claims (OpenID Connect Core §5.1) that were tidied before. Only JSON `true` says "verified".
    pub(crate) fn from_claims(subject: String, claims: Map<String, Value>) -> Self {
        let text = |name: &str| {
            claims
                .get(name)
                .and_then(Value::as_str)
                .map(str::trim)
                .filter(|s| !s.is_empty())
                .map(str::to_owned)
        };
        Self {
            email: text("email"),
            email_verified: claims.get("email_verified") == Some(&Value::Bool(true)),
            name: text("name").or_else(|| text("preferred_username")),
            auth_at: claims
                .get("auth_time")
                .and_then(Value::as_i64)
                .and_then(|seconds| seconds.checked_mul(domain::SECOND)),
            subject,
            claims,
            once: None,
        }
    }
}
