//! What we send and publish, and what is read of providers.
use std::collections::BTreeMap;

use aws_lc_rs::signature::RSA_PKCS1_2048_8192_SHA256;

use super::*;
use crate::{
    Connector, Found, Settings, Start,
    protocols::saml::{generate, key::OwnKey, read_certificates, read_metadata},
    testing::Server,
};

const STATE: &str = "the state & more";

fn start(fresh: bool) -> Start<'static> {
    Start {
        redirect_uri: ACS,
        state: STATE,
        nonce: NONCE,
        verifier: "",
        fresh,
        choose: false,
        now: NOW,
    }
}

fn with_key(settings: SamlSettings, secret: &str) -> Saml {
    let guard = SafeHttpClient::new(SafeHttpOptions::default()).unwrap();
    Saml::new(settings, SecretString::from(secret.to_owned()), guard)
}

fn asked(at: &Saml, fresh: bool) -> url::Url {
    let url = at.authorization_url(start(fresh));
    futures_util::FutureExt::now_or_never(url).unwrap().unwrap()
}

#[test]
fn a_request_names_us_the_browser_and_what_is_wanted() {
    let url = asked(&provider(settings()), false);
    let query: BTreeMap<String, String> = url.query_pairs().into_owned().collect();
    assert_eq!((query["tenant"].as_str(), query["RelayState"].as_str()), ("1", STATE));
    let xml = rehearsal::saml::requested(&query["SAMLRequest"]).unwrap();
    for (name, value) in [
        ("ID", "_the-nonce"),
        ("AssertionConsumerServiceURL", ACS),
        ("Destination", "https://idp.test/sso?tenant=1"),
        ("IssueInstant", "2027-01-15T08:00:00Z"),
    ] {
        assert_eq!(rehearsal::saml::attribute(&xml, name).as_deref(), Some(value), "{xml}");
    }
    assert!(xml.contains(&format!("<saml:Issuer>{OURS}</saml:Issuer>")));
    assert!(xml.contains("nameid-format:persistent") && !xml.contains("ForceAuthn"));
    assert!(!query.contains_key("Signature"));
    let again = |settings: SamlSettings| {
        let url = asked(&provider(settings), true);
        let query: BTreeMap<String, String> = url.query_pairs().into_owned().collect();
        rehearsal::saml::requested(&query["SAMLRequest"]).unwrap()
    };
    assert!(again(settings()).contains(" ForceAuthn=\"true\""));
    let other = SamlSettings { force_authn: false, subject_claim: "k".into(), ..settings() };
    let xml = again(other);
    assert!(!xml.contains("ForceAuthn") && !xml.contains("NameIDPolicy"), "{xml}");
}

#[test]
fn a_signed_request_is_signed_as_it_stands_in_the_address_by_the_key_that_is_published() {
    let signing = SamlSettings { sign_requests: true, ..settings() };
    let secret = generate().unwrap();
    let at = with_key(signing.clone(), &secret);
    let url = asked(&at, false);
    let query = url.query().unwrap().strip_prefix("tenant=1&").unwrap();
    let (signed, signature) = query.split_once("&Signature=").unwrap();
    assert!(signed.starts_with("SAMLRequest=") && signed.contains("&SigAlg=http"));
    let signature =
        url.query_pairs().find(|(name, _)| name == "Signature").map(|_| signature).unwrap();
    let signature = url::form_urlencoded::parse(format!("s={signature}").as_bytes())
        .next()
        .unwrap()
        .1
        .into_owned();
    let signature = STANDARD.decode(signature).unwrap();
    let ours = at.published(ACS).unwrap();
    let (_, rest) = ours.split_once("<ds:X509Certificate>").unwrap();
    let published = Certificate::from_base64(rest.split_once('<').unwrap().0).unwrap();
    assert!(published.verifies(&RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &signature));
    assert!(!published.verifies(&RSA_PKCS1_2048_8192_SHA256, b"other", &signature));
    assert!(!ours.contains("PRIVATE") && ours.contains("AuthnRequestsSigned=\"true\""));
    // Without a key that can be read nobody is sent anywhere.
    for bad in ["", "x", secret.split("-----BEGIN CERT").next().unwrap()] {
        let url = with_key(signing.clone(), bad);
        let url = futures_util::FutureExt::now_or_never(url.authorization_url(start(false)));
        assert!(url.unwrap().is_err(), "{bad}");
    }
    assert!(OwnKey::read(&secret).is_ok());
}

#[test]
fn what_we_publish_is_what_a_provider_needs() {
    let ours = provider(settings()).published(ACS).unwrap();
    for part in [
        format!("entityID=\"{OURS}\""),
        format!("Location=\"{ACS}\""),
        "WantAssertionsSigned=\"true\"".into(),
        "AuthnRequestsSigned=\"false\"".into(),
        "bindings:HTTP-POST".into(),
        "nameid-format:persistent".into(),
    ] {
        assert!(ours.contains(&part), "{part}: {ours}");
    }
    let doc = crate::protocols::saml::xml::parse(&ours, 100_000);
    assert!(doc.is_ok());
}

#[test]
fn metadata_of_a_provider_fill_the_settings_in() {
    let xml = IDP.metadata("https://idp.test/sso", &[OTHER.certificate(), IDP.certificate()]);
    let read = read_metadata(&xml).unwrap();
    assert_eq!(
        (read.entity_id.as_str(), read.sso_url.as_str()),
        ("https://idp.test/saml", "https://idp.test/sso")
    );
    assert_eq!(read.certificates.len(), 2, "each one once");
    let typed = BTreeMap::from([("metadata".to_owned(), xml.clone())]);
    let settings = Settings::Saml(SamlSettings::default()).with_typed(&typed).unwrap();
    let settings = settings.resolved().unwrap();
    assert_eq!(settings.problems(false), []);
    let Settings::Saml(settings) = settings else { panic!() };
    assert_eq!(read_certificates(&settings.certificates).unwrap(), read.certificates);
    assert!(settings.metadata.is_empty() && !settings.sign_requests);
    let wants = xml
        .replace("<md:IDPSSODescriptor ", "<md:IDPSSODescriptor WantAuthnRequestsSigned=\"true\" ");
    assert!(read_metadata(&wants).unwrap().wants_signed);
    let list = |inner: &str| {
        format!(
            "<md:EntitiesDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\">{}</md:EntitiesDescriptor>",
            inner.replace("<?xml version=\"1.0\"?>", "")
        )
    };
    assert!(read_metadata(&list(&xml)).is_ok());
    for (bad, told) in [
        (list(&format!("{xml}{xml}")), "several"),
        (list(""), "no identity provider"),
        (provider(super::settings()).published(ACS).unwrap(), "no identity provider"),
        (xml.replace("HTTP-Redirect", "SOAP"), "HTTP-Redirect"),
        (xml.replace("use=\"signing\"", "use=\"encryption\""), "certificate"),
        ("<html/>".into(), "no SAML metadata"),
        ("not found".into(), "no well-formed XML"),
    ] {
        assert!(read_metadata(&bad).unwrap_err().contains(told), "{told}");
    }
}

#[test]
fn certificates_are_taken_as_people_have_them() {
    let (a, b) = (pem(&IDP), pem(&OTHER));
    for (text, count) in [
        (a.clone(), 1),
        (format!("{a}\n\n{b}\n"), 2),
        (format!("{a}{a}").replace('\n', "\r\n"), 1),
        (IDP.certificate(), 1),
        (format!("{}\n\n{}", IDP.certificate(), OTHER.certificate()), 2),
    ] {
        assert_eq!(read_certificates(&text).map(|found| found.len()), Some(count), "{text}");
    }
    let (half, _) = a.split_once("-----END").unwrap();
    for bad in [
        half,
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
        "AAAA",
        &format!("{a} x"),
        &format!("x {a}"),
    ] {
        assert_eq!(read_certificates(bad), None, "{bad}");
    }
}

/// Where the metadata are is only looked at; what is believed changes when an administrator says so.
#[tokio::test]
async fn trying_a_provider_tells_what_its_metadata_say_now() {
    let server = Server::start();
    let guard = SafeHttpClient::rerouting(server.port);
    let of = |settings: SamlSettings| {
        Saml::new(settings, SecretString::from(String::new()), guard.clone())
    };
    let url = "https://idp.test/metadata";
    let path = "/idp.test/metadata";
    let saved = SamlSettings {
        metadata_url: url.into(),
        sso_url: "https://idp.test/sso".into(),
        ..settings()
    };
    let at = of(saved.clone());
    server.answers(path, 200, "application/xml", &IDP.metadata("https://idp.test/sso", &[]));
    let checks = at.check(ACS, NOW).await;
    assert!(checks.iter().all(|c| matches!(c.found, Found::Works(_))), "{checks:?}");
    server.answers(
        path,
        200,
        "application/xml",
        &IDP.metadata("https://idp.test/sso", &[OTHER.certificate()]),
    );
    let checks = at.check(ACS, NOW).await;
    assert!(
        matches!(&checks[0].found, Found::Unclear(what) if what.contains("not in the settings")),
        "{checks:?}"
    );
    assert!(finish_at(&at, &OTHER.response(&says()), NOW).is_err(), "not believed for that");
    server.answers(path, 404, "text/html", "");
    assert!(matches!(&at.check(ACS, NOW).await[0].found, Found::Broken(UpstreamError::Down(_))));
    // Read when something is missing, and in one go.
    server.answers(
        path,
        200,
        "application/xml",
        &IDP.metadata("https://idp.test/sso", &[OTHER.certificate()]),
    );
    let empty = SamlSettings { metadata_url: url.into(), ..SamlSettings::default() };
    assert!(empty.wants_metadata() && !saved.wants_metadata());
    let filled = empty.with_fetched(&guard).await.unwrap();
    assert!(finish_at(&of(filled), &OTHER.response(&says()), NOW).is_ok());
}
