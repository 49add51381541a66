//! The authorization request.
use oauth2::{PkceCodeChallenge, PkceCodeVerifier};
use url::Url;

use crate::{
    Start,
    error::{Part, UpstreamError},
    protocols::dialect::Dialect,
};

/// Parameters in the order in which they are sent.
pub type Parameters = Vec<(String, String)>;

/// Parameters that no setting may replace.
pub const OURS: [&str; 12] = [
    "response_type",
    "client_id",
    "appid",
    "redirect_uri",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "response_mode",
    "request",
    "request_uri",
];

/// What every request has, with PKCE S256 wherever the provider can take it (OC-03).
pub fn parameters<'s>(
    client_id: &str,
    scopes: impl IntoIterator<Item = &'s str>,
    start: &Start<'_>,
    dialect: &Dialect,
) -> Parameters {
    let mut all: Parameters = Vec::new();
    let mut put = |name: &str, value: &str| all.push((name.to_owned(), value.to_owned()));
    put("response_type", "code");
    put(dialect.client_id, client_id);
    put("redirect_uri", start.redirect_uri);
    let scopes = scopes.into_iter().collect::<Vec<_>>().join(dialect.scope_separator);
    if !scopes.is_empty() {
        put("scope", &scopes);
    }
    put("state", start.state);
    if dialect.pkce {
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(
            start.verifier.to_owned(),
        ));
        put("code_challenge", challenge.as_str());
        put("code_challenge_method", challenge.method().as_str());
    }
    all
}

/// Adds a parameter, or puts it in the place of one of the same name.
pub fn put(all: &mut Parameters, name: &str, value: &str) {
    all.retain(|(known, _)| known != name);
    all.push((name.to_owned(), value.to_owned()));
}

/// The address with the parameters, behind those that it has already.
///
/// # Errors
/// [`UpstreamError::Answer`] for an address that is none.
pub fn address(
    part: Part,
    endpoint: &str,
    mut all: Parameters,
    dialect: &Dialect,
) -> Result<Url, UpstreamError> {
    let mut url = Url::parse(endpoint)
        .map_err(|_| UpstreamError::field(part, "authorization_endpoint", "no address"))?;
    if !dialect.order.is_empty() {
        all = dialect
            .order
            .iter()
            .filter_map(|name| all.iter().find(|(known, _)| known == name).cloned())
            .collect();
    }
    url.query_pairs_mut().extend_pairs(all);
    url.set_fragment(dialect.fragment);
    Ok(url)
}
