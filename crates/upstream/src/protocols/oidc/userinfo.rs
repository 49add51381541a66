//! What the provider tells beside the ID token (OpenID Connect Core §5.3).
use serde_json::{Map, Value};
use tokio::time::timeout;

use super::{Oidc, claims, metadata::Metadata, verify};
use crate::{
    CodeExchange, UpstreamError,
    error::{Part, Trouble, kind_of},
    http::answer::{self, Readings},
};

impl Oidc {
    /// Asks for the missing claims. Without an address the person's way depends on the answer; what else is missing, is.
    pub(super) async fn add_userinfo(
        &self,
        known: &mut Map<String, Value>,
        metadata: &Metadata,
        url: &str,
        access: &str,
        sub: &str,
        visit: &CodeExchange<'_>,
    ) -> Result<(), UpstreamError> {
        // Who can come in without it waits for half of the time at most.
        let most = match known.contains_key("email") {
            true => self.guard.options().timeout / 2,
            false => self.guard.options().timeout,
        };
        let asked = timeout(most, self.userinfo(metadata, url, access, visit)).await;
        let late = |_| Err(UpstreamError::Down(Trouble::new(Part::Userinfo, "no answer in time")));
        let mut more = match asked.unwrap_or_else(late) {
            Ok(more) => more,
            Err(error @ (UpstreamError::Down(_) | UpstreamError::Refused(_)))
                if known.contains_key("email") =>
            {
                tracing::warn!(%error, "signed in with what the ID token says");
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        match more.get("sub") {
            Some(Value::String(same)) if same == sub => {}
            Some(Value::String(_)) => {
                return Err(UpstreamError::field(Part::Userinfo, "sub", "speaks of somebody else"));
            }
            other => return Err(UpstreamError::field(Part::Userinfo, "sub", kind_of(other))),
        }
        claims::tidy(&mut more, self.settings.text_booleans);
        claims::add(known, more);
        Ok(())
    }

    async fn userinfo(
        &self,
        metadata: &Metadata,
        url: &str,
        access: &str,
        visit: &CodeExchange<'_>,
    ) -> Result<Map<String, Value>, UpstreamError> {
        let said = if self.settings.userinfo_by_post {
            // RFC 6750 §2.2.
            let form = url::form_urlencoded::Serializer::new(String::new())
                .append_pair("access_token", access)
                .finish();
            let request = ::http::Request::post(url)
                .header("content-type", "application/x-www-form-urlencoded")
                .header("accept", "application/json");
            let request = request.body(form.into_bytes()).map_err(|_| {
                UpstreamError::answer(Part::Userinfo, "its address cannot be called")
            })?;
            self.guard.ask(Part::Userinfo, request).await?
        } else {
            self.guard.get(Part::Userinfo, url, Some(access)).await?
        };
        if !said.status().is_success() {
            return Err(UpstreamError::Down(Trouble::new(
                Part::Userinfo,
                format!("status {}", said.status().as_u16()),
            )));
        }
        let text = std::str::from_utf8(said.body()).unwrap_or_default().trim();
        let labelled = said
            .headers()
            .get("content-type")
            .and_then(|v| v.to_str().ok())
            .is_some_and(|v| v.to_ascii_lowercase().starts_with("application/jwt"));
        if labelled || text.starts_with("eyJ") {
            return self.signed_userinfo(metadata, text, visit).await;
        }
        answer::object(Part::Userinfo, said.body(), Readings::default())
    }

    /// A signed answer: by the provider's keys, and where it says so, by the provider and for us (§5.3.2, FR-29).
    async fn signed_userinfo(
        &self,
        metadata: &Metadata,
        token: &str,
        visit: &CodeExchange<'_>,
    ) -> Result<Map<String, Value>, UpstreamError> {
        let accepted = self
            .settings
            .accepted(metadata.userinfo_algorithms.as_deref().or(metadata.algorithms.as_deref()));
        let claims = self.signed(Part::Userinfo, metadata, token, &accepted, visit.now).await?;
        let wrong = |field: &'static str| {
            UpstreamError::field(
                Part::Userinfo,
                field,
                "is of another provider or for another client",
            )
        };
        if claims
            .get("iss")
            .is_some_and(|iss| iss.as_str().is_none_or(|iss| !self.settings.is_issuer(iss)))
        {
            return Err(wrong("iss"));
        }
        let expected = verify::Expected {
            client_id: &self.settings.client_id,
            trusted: &self.settings.trusted_audiences,
            nonce: "",
            now: visit.now,
        };
        if claims.contains_key("aud") && verify::audience(&claims, &expected).is_err() {
            return Err(wrong("aud"));
        }
        Ok(claims)
    }
}
