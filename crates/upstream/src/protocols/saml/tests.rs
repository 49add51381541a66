//! What a response has to be, attack by attack. Each attack begins with an answer that is taken.
mod attacks;
mod checks;
mod forms;
mod mutations;
mod samples;

use std::sync::LazyLock;

use base64::{Engine, engine::general_purpose::STANDARD};
use domain::{Micros, SECOND};
use rehearsal::saml::{Idp, Says};
use secrecy::SecretString;

use super::{certificate::Certificate, request};
use crate::{
    Assertion, CodeExchange, RedirectFlow, SafeHttpClient, SafeHttpOptions, UpstreamError,
    protocols::saml::Saml, settings::SamlSettings,
};

pub const NOW: Micros = 1_800_000_000 * SECOND;
pub const ACS: &str = "https://here.test/callback/acme";
pub const OURS: &str = "https://here.test/saml/acme/metadata";
pub const NONCE: &str = "the-nonce";

/// A provider, somebody else, and the provider's next key.
pub static IDP: LazyLock<Idp> = LazyLock::new(|| Idp::new("https://idp.test/saml").unwrap());
pub static OTHER: LazyLock<Idp> = LazyLock::new(|| Idp::new("https://idp.test/saml").unwrap());

pub fn pem(idp: &Idp) -> String {
    Certificate::from_base64(&idp.certificate()).unwrap().pem()
}

pub fn settings() -> SamlSettings {
    SamlSettings {
        idp_entity_id: IDP.entity_id.clone(),
        sso_url: "https://idp.test/sso?tenant=1".into(),
        certificates: pem(&IDP),
        ..SamlSettings::default()
    }
}

pub fn provider(settings: SamlSettings) -> Saml {
    let guard = SafeHttpClient::new(SafeHttpOptions::default()).unwrap();
    Saml::new(settings, SecretString::from(String::new()), guard)
}

pub fn says() -> Says {
    Says::good(&IDP, &request::id(NONCE), ACS, OURS, NOW / SECOND)
}

pub fn finish_at(at: &Saml, xml: &str, now: Micros) -> Result<Assertion, UpstreamError> {
    let code = STANDARD.encode(xml);
    let visit = CodeExchange {
        redirect_uri: ACS,
        code: &code,
        issuer: None,
        user: None,
        nonce: NONCE,
        verifier: "",
        fresh: false,
        counts: &[],
        now,
    };
    futures_util::FutureExt::now_or_never(at.finish(visit)).unwrap()
}

pub fn finish(xml: &str) -> Result<Assertion, UpstreamError> {
    finish_at(&provider(settings()), xml, NOW)
}

/// Why an answer is not taken.
pub fn why(xml: &str) -> String {
    match finish(xml) {
        Ok(came) => panic!("taken as {}", came.subject),
        Err(error) => error.to_string(),
    }
}
