//! The token request, and one reading of the many shapes that its answers have (FR-09, FR-10, FR-12).
use ::http::{HeaderValue, Method, StatusCode, Uri, header};
use futures_util::{FutureExt, future::BoxFuture};
use oauth2::{
    AsyncHttpClient, AuthType, AuthorizationCode, ClientId, ClientSecret, ExtraTokenFields,
    HttpRequest, HttpResponse, PkceCodeVerifier, RedirectUrl, RequestTokenError,
    StandardRevocableToken, StandardTokenResponse, TokenResponse, TokenUrl,
    basic::{
        BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse,
        BasicTokenType,
    },
};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    Auth, CodeExchange, SafeHttpClient,
    error::{Part, UpstreamError, kind_of},
    http::answer::good,
    protocols::{client::Client, dialect::Dialect},
};

/// What the token endpoint said. Nothing of it is kept (OC-18).
pub struct Tokens {
    pub access: String,
    pub id_token: Option<String>,
    /// Other fields: who the person is, at some vendors.
    pub more: Map<String, Value>,
}

/// Fields beside those of RFC 6749.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct More {
    #[serde(flatten)]
    all: Map<String, Value>,
}

impl ExtraTokenFields for More {}

pub(super) type Answer = StandardTokenResponse<More, BasicTokenType>;
type Library = oauth2::Client<
    BasicErrorResponse,
    Answer,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
>;

/// The library calls out through the guard, in the vendor's words, and gets an answer of the usual shape.
struct Call<'a> {
    guard: &'a SafeHttpClient,
    dialect: &'a Dialect,
    /// What is never told on.
    never: [&'a str; 3],
}

impl<'c> AsyncHttpClient<'c> for Call<'_> {
    type Error = UpstreamError;
    type Future = BoxFuture<'c, Result<HttpResponse, UpstreamError>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        async move {
            let answer = self.guard.ask(Part::Token, spoken(request, self.dialect)?).await?;
            normal(&answer, self.dialect, &self.never)
        }
        .boxed()
    }
}

/// Trades the code for tokens.
///
/// # Errors
/// [`UpstreamError`] of the token endpoint.
pub async fn exchange(
    guard: &SafeHttpClient,
    endpoint: &str,
    client: &Client<'_>,
    dialect: &Dialect,
    visit: &CodeExchange<'_>,
) -> Result<Tokens, UpstreamError> {
    let unusable =
        |field: &'static str| move |_| UpstreamError::field(Part::Settings, field, "no address");
    let library = Library::new(ClientId::new(client.id.to_owned()))
        .set_token_uri(TokenUrl::new(endpoint.to_owned()).map_err(unusable("token_endpoint"))?)
        .set_redirect_uri(
            RedirectUrl::new(visit.redirect_uri.to_owned()).map_err(unusable("redirect_uri"))?,
        )
        .set_auth_type(if client.auth() == Auth::Basic {
            AuthType::BasicAuth
        } else {
            AuthType::RequestBody
        });
    let shown = client.shown(visit.now, visit.nonce)?;
    let library = match client.auth() {
        Auth::None | Auth::PrivateKeyJwt => library,
        Auth::Basic => {
            library.set_client_secret(ClientSecret::new(client.secret.expose_secret().to_owned()))
        }
        Auth::Post | Auth::AppleJwt => {
            let carried = shown
                .fields
                .iter()
                .find(|(name, _)| *name == "client_secret")
                .map(|(_, value)| value.clone());
            library.set_client_secret(ClientSecret::new(carried.unwrap_or_default()))
        }
    };
    let mut request = library.exchange_code(AuthorizationCode::new(visit.code.to_owned()));
    if dialect.pkce {
        request = request.set_pkce_verifier(PkceCodeVerifier::new(visit.verifier.to_owned()));
    }
    for (name, value) in
        shown.fields.iter().filter(|(name, _)| name.starts_with("client_assertion"))
    {
        request = request.add_extra_param(*name, value.clone());
    }
    let call =
        Call { guard, dialect, never: [client.secret.expose_secret(), visit.code, visit.verifier] };
    let answer = request.request_async(&call).await.map_err(|error| match error {
        RequestTokenError::Request(error) => error,
        // The answer was written anew by us: nothing else can come.
        other => UpstreamError::answer(Part::Token, other.to_string()),
    })?;
    let mut more: Map<String, Value> = answer.extra_fields().all.clone();
    let id_token = more.get("id_token").and_then(Value::as_str).map(str::to_owned);
    if id_token.is_some() {
        more.remove("id_token");
    }
    Ok(Tokens { access: answer.access_token().secret().clone(), id_token, more })
}

/// The request in the vendor's words.
fn spoken(mut request: HttpRequest, dialect: &Dialect) -> Result<HttpRequest, UpstreamError> {
    let renamed = dialect.client_id != "client_id" || dialect.client_secret != "client_secret";
    if !renamed && !dialect.token_by_get {
        return Ok(request);
    }
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in url::form_urlencoded::parse(request.body()) {
        let name = match name.as_ref() {
            "client_id" => dialect.client_id,
            "client_secret" => dialect.client_secret,
            other => other,
        };
        form.append_pair(name, &value);
    }
    let form = form.finish();
    if dialect.token_by_get {
        let uri = format!("{}?{form}", request.uri());
        *request.uri_mut() = uri
            .parse::<Uri>()
            .map_err(|_| UpstreamError::field(Part::Settings, "token_url", "no address"))?;
        *request.method_mut() = Method::GET;
        request.headers_mut().remove(header::CONTENT_TYPE);
        request.body_mut().clear();
    } else {
        *request.body_mut() = form.into_bytes();
    }
    Ok(request)
}

/// The answer as RFC 6749 §5.1 has it: what is odd and not needed is left out, and what is needed is named if it is odd.
pub(super) fn normal(
    answer: &HttpResponse,
    dialect: &Dialect,
    never: &[&str],
) -> Result<HttpResponse, UpstreamError> {
    let mut fields = good(Part::Token, answer.status(), answer.body(), dialect.readings, never)?;
    match fields.get("access_token") {
        Some(Value::String(token)) if !token.is_empty() => {}
        other => return Err(UpstreamError::field(Part::Token, "access_token", kind_of(other))),
    }
    // No lifetime and no scope is used, and no refresh token is kept; every token is shown as a bearer token.
    for name in ["expires_in", "scope", "refresh_token", "error", "token_type"] {
        fields.remove(name);
    }
    fields.insert("token_type".into(), "Bearer".into());
    let mut normal = HttpResponse::new(Value::Object(fields).to_string().into_bytes());
    *normal.status_mut() = StatusCode::OK;
    normal.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(normal)
}
