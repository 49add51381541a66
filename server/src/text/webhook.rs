//! Texts by HTTP: one POST of JSON for each, to an address that the operator configured.
use http::{Request, StatusCode};
use serde_json::json;
use upstream::{SafeHttpClient, SafeHttpOptions};

use crate::{
    config::Sms,
    text::{NotSent, SmsSender, Text},
};

/// Posts `{"id", "to", "body"}`, with the token as a bearer (RFC 6750 §2.1).
pub struct Webhook {
    url: String,
    token: String,
    // The operator's own file names the address, also one inside.
    client: SafeHttpClient,
}

impl Webhook {
    /// # Errors
    /// When the TLS set-up fails.
    pub fn new(config: &Sms, way_out: &SafeHttpClient) -> anyhow::Result<Self> {
        let client = way_out.bounded(SafeHttpOptions {
            allow_private: true,
            timeout: std::time::Duration::from_millis(config.timeout_ms),
            max_bytes: 64 << 10,
        })?;
        Ok(Self { url: config.webhook_url.clone(), token: config.webhook_token.clone(), client })
    }
}

impl SmsSender for Webhook {
    async fn send(&self, text: &Text) -> Result<(), NotSent> {
        let mut request = Request::post(&self.url)
            .header("content-type", "application/json")
            .header("idempotency-key", &text.id);
        if !self.token.is_empty() {
            request = request.header("authorization", format!("Bearer {}", self.token));
        }
        let body = json!({"id": text.id, "to": text.to, "body": text.body}).to_string();
        let request = request.body(body.into_bytes()).map_err(|e| NotSent::Ever(e.to_string()))?;
        let answer = self.client.send(request).await.map_err(|e| NotSent::Yet(e.to_string()))?;
        match answer.status() {
            status if status.is_success() => Ok(()),
            status @ (StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS) => {
                Err(NotSent::Yet(format!("status {status}")))
            }
            status @ (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::NOT_FOUND) => {
                Err(NotSent::Ours(format!("status {status}")))
            }
            status if status.is_client_error() => Err(NotSent::Ever(format!("status {status}"))),
            status => Err(NotSent::Yet(format!("status {status}"))),
        }
    }
}
