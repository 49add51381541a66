//! SAML 2.0, with us as the service provider: requests by HTTP-Redirect, responses by HTTP-POST (Profiles §4.1).
mod assertion;
mod certificate;
mod claims;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzzing;
mod key;
mod metadata;
mod request;
mod response;
mod signature;
#[cfg(test)]
mod tests;
mod time;
mod xml;

use base64::{Engine, engine::general_purpose::STANDARD};
use futures_util::{FutureExt, future::BoxFuture};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use self::{assertion::Expected, certificate::Certificate, key::OwnKey};
use crate::{
    Assertion, Check, CodeExchange, Connector, Found, RedirectFlow, SafeHttpClient, SignInWay,
    Start, UpstreamError,
    error::{Part, Trouble},
    settings::SamlSettings,
};

pub use certificate::read_all as read_certificates;
pub use key::generate;
pub use metadata::{Published, read as read_metadata};

/// A configured identity provider.
pub(crate) struct Saml {
    settings: SamlSettings,
    keys: Vec<Certificate>,
    secret: SecretString,
    guard: SafeHttpClient,
}

impl Saml {
    pub(crate) fn new(settings: SamlSettings, secret: SecretString, guard: SafeHttpClient) -> Self {
        // Settings with one that cannot be read are not saved; of older ones nothing counts.
        let keys = certificate::read_all(&settings.certificates).unwrap_or_default();
        Self { settings, keys, secret, guard }
    }

    fn own_key(&self) -> Result<Option<OwnKey>, UpstreamError> {
        let secret = self.secret.expose_secret();
        if secret.is_empty() { Ok(None) } else { OwnKey::read(secret).map(Some) }
    }

    fn start(&self, start: &Start<'_>) -> Result<Url, UpstreamError> {
        let key = if self.settings.sign_requests { self.own_key()? } else { None };
        let url = request::address(&self.settings, key.as_ref(), start)?;
        if self.guard.may_show(&url) {
            Ok(url)
        } else {
            Err(UpstreamError::field(Part::Settings, "sso_url", "no address for a browser"))
        }
    }

    fn read(&self, visit: &CodeExchange<'_>) -> Result<Assertion, UpstreamError> {
        let text = text_of(visit.code)?;
        let entity_id = SamlSettings::entity_id(visit.redirect_uri);
        let expected = Expected {
            acs: visit.redirect_uri,
            entity_id: &entity_id,
            idp: &self.settings.idp_entity_id,
            request: &request::id(visit.nonce),
            keys: &self.keys,
            now: visit.now,
        };
        claims::assertion(&self.settings, &entity_id, response::read(&text, &expected)?)
    }

    /// What is at the metadata's address, beside what was saved.
    async fn compared(&self) -> Check {
        let there = match fetch(&self.settings.metadata_url, &self.guard).await {
            Ok(there) => there,
            Err(error) => return Check::broken(Part::Metadata, error),
        };
        let new: Vec<_> =
            there.certificates.iter().filter(|one| !self.keys.contains(one)).collect();
        let found = if there.entity_id != self.settings.idp_entity_id {
            Found::Unclear(format!("names {} now", there.entity_id))
        } else if there.sso_url != self.settings.sso_url {
            Found::Unclear(format!("sends people to {} now", there.sso_url))
        } else if let Some(one) = new.first() {
            Found::Unclear(format!(
                "has a certificate that is not in the settings ({}): empty the certificates and save to read them again",
                one.told()
            ))
        } else {
            Found::Works("as it was saved".into())
        };
        Check { part: Part::Metadata, found }
    }

    async fn checked(&self, redirect_uri: &str, now: domain::Micros) -> Vec<Check> {
        let mut checks = Vec::new();
        if !self.settings.metadata_url.is_empty() {
            checks.push(self.compared().await);
        }
        let told: Vec<String> = self.keys.iter().map(Certificate::told).collect();
        checks.push(if self.keys.is_empty() {
            Check::broken(Part::Keys, UpstreamError::answer(Part::Keys, "no usable certificate"))
        } else if self.keys.iter().all(|key| key.until <= now) {
            let found = Found::Unclear(format!("{}; that is over", told.join(", ")));
            Check { part: Part::Keys, found }
        } else {
            Check::works(Part::Keys, told.join(", "))
        });
        let start = Start {
            redirect_uri,
            state: "ligature-connection-test",
            nonce: "ligature-connection-test",
            verifier: "",
            fresh: false,
            choose: false,
            now,
        };
        checks.push(match self.start(&start) {
            Ok(_) if self.settings.sign_requests => {
                Check::works(Part::Settings, "requests are signed")
            }
            Ok(_) => Check::works(Part::Settings, "requests are not signed"),
            Err(error) => Check::broken(Part::Settings, error),
        });
        checks
    }
}

/// The XML of what was posted.
fn text_of(posted: &str) -> Result<String, UpstreamError> {
    let bare: String = posted.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let wrong = |what: &str| UpstreamError::answer(Part::Response, what);
    if bare.len() > xml::LARGEST / 3 * 4 + 4 {
        return Err(wrong("too long"));
    }
    let bytes = STANDARD.decode(bare).map_err(|_| wrong("no base64"))?;
    String::from_utf8(bytes).map_err(|_| wrong("no UTF-8"))
}

/// Reads what a provider publishes at an address.
///
/// # Errors
/// [`UpstreamError::Down`] without an answer, [`UpstreamError::Answer`] where it is no metadata.
pub async fn fetch(url: &str, guard: &SafeHttpClient) -> Result<Published, UpstreamError> {
    let request = http::Request::get(url)
        .header("accept", "application/samlmetadata+xml, application/xml, text/xml")
        .body(Vec::new())
        .map_err(|_| UpstreamError::field(Part::Metadata, "metadata_url", "no address"))?;
    let answer = guard.ask(Part::Metadata, request).await?;
    if !answer.status().is_success() {
        let what = format!("status {}", answer.status().as_u16());
        return Err(UpstreamError::Down(Trouble::new(Part::Metadata, what)));
    }
    let text = String::from_utf8_lossy(answer.body());
    read_metadata(&text).map_err(|what| UpstreamError::answer(Part::Metadata, what))
}

impl RedirectFlow for Saml {
    fn authorization_url<'a>(
        &'a self,
        start: Start<'a>,
    ) -> BoxFuture<'a, Result<Url, UpstreamError>> {
        async move { self.start(&start) }.boxed()
    }

    fn finish<'a>(
        &'a self,
        visit: CodeExchange<'a>,
    ) -> BoxFuture<'a, Result<Assertion, UpstreamError>> {
        async move { self.read(&visit) }.boxed()
    }

    fn answers_by_form(&self) -> bool {
        true
    }

    /// Signed by the provider, whomever it is for.
    fn genuine(&self, posted: &str) -> Result<(), UpstreamError> {
        response::genuine(&text_of(posted)?, &self.keys)
    }
}

impl Connector for Saml {
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
        self.settings.force_authn
    }

    fn published(&self, redirect_uri: &str) -> Option<String> {
        let key = self.own_key().ok().flatten().filter(|_| self.settings.sign_requests);
        let persistent = self.settings.subject_claim.is_empty();
        Some(metadata::ours(redirect_uri, key.as_ref().map(|key| &key.certificate), persistent))
    }
}
