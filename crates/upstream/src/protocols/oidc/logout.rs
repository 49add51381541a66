//! Sessions that end at the provider, and sessions that end here: logout tokens (OpenID Connect Back-Channel Logout 1.0
//! §2.4 to §2.6), and the way to the provider's own sign-out (OpenID Connect RP-Initiated Logout 1.0 §2).
use serde_json::{Map, Value};
use url::Url;

use super::{Oidc, tenant_subject, verify};
use crate::{
    EndedThere, UpstreamError,
    error::{Part, kind_of},
    http::json,
    protocols::skew::SKEW,
    subject::text_subject,
};

/// The member of `events` that makes a token a logout token.
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
/// A token that was issued longer ago says nothing any more; so long its `jti` is remembered.
const OLDEST: domain::Micros = domain::DAY;
/// The longest `jti` and `sid`, in bytes.
const LONGEST: usize = 512;

fn wrong(field: &'static str, what: impl Into<String>) -> UpstreamError {
    UpstreamError::field(Part::LogoutToken, field, what)
}

fn text(claims: &Map<String, Value>, name: &'static str) -> Result<Option<String>, UpstreamError> {
    match claims.get(name) {
        None => Ok(None),
        Some(Value::String(text)) if !text.is_empty() && text.len() <= LONGEST => {
            Ok(Some(text.clone()))
        }
        other => Err(wrong(name, kind_of(other))),
    }
}

/// `typ` says what the token is for, where it says anything (§2.4).
fn is_for_logout(token: &str) -> Result<(), UpstreamError> {
    let (header, _) = json::parts(token)
        .map_err(|malformed| UpstreamError::answer(Part::LogoutToken, malformed.to_string()))?;
    match header.get("typ") {
        None => Ok(()),
        Some(Value::String(kind))
            if ["jwt", "logout+jwt", "application/logout+jwt"]
                .contains(&kind.to_ascii_lowercase().as_str()) =>
        {
            Ok(())
        }
        Some(Value::String(_)) => Err(wrong("typ", "names another kind of token")),
        other => Err(wrong("typ", kind_of(other))),
    }
}

/// What only a logout token has, and what none may have (§2.6 nos. 4 to 7).
fn tells_a_logout(claims: &Map<String, Value>) -> Result<(), UpstreamError> {
    match claims.get("events") {
        Some(Value::Object(events)) => match events.get(EVENT) {
            Some(Value::Object(_)) => {}
            other => return Err(wrong("events", format!("its logout is {}", kind_of(other)))),
        },
        other => return Err(wrong("events", kind_of(other))),
    }
    if claims.contains_key("nonce") {
        return Err(wrong("nonce", "must not be there"));
    }
    Ok(())
}

impl Oidc {
    pub(super) async fn read_logout(
        &self,
        token: &str,
        now: domain::Micros,
    ) -> Result<EndedThere, UpstreamError> {
        is_for_logout(token)?;
        let metadata = self.metadata(now).await?;
        let metadata = &metadata.value;
        let accepted = self.settings.accepted(metadata.algorithms.as_deref());
        let claims = self.signed_by_anybody(metadata, token, &accepted, now).await?;
        let told = |error: UpstreamError| error.of_part(Part::LogoutToken);
        verify::issuer(&claims, &self.issuer_of(&claims).map_err(told)?).map_err(told)?;
        let expected = verify::Expected {
            client_id: &self.settings.client_id,
            trusted: &self.settings.trusted_audiences,
            nonce: "",
            now,
        };
        verify::audience(&claims, &expected).map_err(told)?;
        let issued = verify::lifetime(&claims, now).map_err(told)?;
        if issued.saturating_add(OLDEST) <= now {
            return Err(wrong("iat", "was long ago"));
        }
        tells_a_logout(&claims)?;
        let id = text(&claims, "jti")?.ok_or_else(|| wrong("jti", "missing"))?;
        let session = text(&claims, "sid")?;
        let subject = match claims.get("sub") {
            None => None,
            // A person of one of many tenants is known by other claims, which a logout token need not have.
            Some(_) if self.settings.tenant_issuer => tenant_subject(&claims).ok(),
            Some(sub) => Some(text_subject(sub).ok_or_else(|| wrong("sub", kind_of(Some(sub))))?),
        };
        if subject.is_none() && session.is_none() {
            return Err(wrong("sub", "neither it nor sid says whose session it is"));
        }
        let remembered_until = issued.saturating_add(OLDEST).saturating_add(SKEW);
        Ok(EndedThere { subject, session, id, remembered_until })
    }

    /// The way to the provider's own sign-out, if it announces one.
    pub(super) async fn end_session_address(
        &self,
        back: &str,
        state: &str,
        now: domain::Micros,
    ) -> Result<Option<Url>, UpstreamError> {
        let metadata = self.metadata(now).await?;
        let Some(endpoint) = &metadata.value.end_session_endpoint else { return Ok(None) };
        let mut url = Url::parse(endpoint).map_err(|_| {
            UpstreamError::field(Part::Metadata, "end_session_endpoint", "no address")
        })?;
        url.query_pairs_mut()
            .append_pair("client_id", &self.settings.client_id)
            .append_pair("post_logout_redirect_uri", back)
            .append_pair("state", state);
        Ok(Some(url))
    }
}
