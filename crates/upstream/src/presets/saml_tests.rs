//! One test class for presets of SAML: each signs in by an answer as the vendor documents it.
use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::STANDARD};
use rehearsal::saml::{Idp, Says};
use secrecy::SecretString;

use super::*;
use crate::{CodeExchange, SafeHttpClient, Settings, Start, connector, testing::Server};

const NOW: i64 = 1_800_000_000;
const ACS: &str = "https://here.test/callback/acme";
const XMLSOAP: &str = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims";
const MICROSOFT: &str = "http://schemas.microsoft.com";

/// What a vendor sends, and what has to come of it.
struct Case {
    key: &'static str,
    typed: &'static [(&'static str, &'static str)],
    /// Where its metadata are, without `https://`; empty: where the administrator says.
    at: &'static str,
    format: &'static str,
    attributes: Vec<(String, &'static str, Vec<&'static str>)>,
    subject: &'static str,
    user_name: &'static str,
}

fn cases() -> Vec<Case> {
    let own = |name: &str| name.to_owned();
    vec![
        Case {
            key: "adfs-saml",
            typed: &[("host", "fs.corp.test")],
            at: "fs.corp.test/FederationMetadata/2007-06/FederationMetadata.xml",
            format: "1.1:nameid-format:unspecified",
            attributes: vec![
                (
                    format!("{MICROSOFT}/ws/2008/06/identity/claims/primarysid"),
                    "",
                    vec!["S-1-5-21-1-2-3-1105"],
                ),
                (format!("{XMLSOAP}/emailaddress"), "", vec!["v@corp.test"]),
                (format!("{XMLSOAP}/upn"), "", vec!["vera@corp.test"]),
                (own("http://schemas.xmlsoap.org/claims/CommonName"), "", vec!["Vera Lind"]),
                (own("http://schemas.xmlsoap.org/claims/Group"), "", vec!["staff", "editors"]),
            ],
            subject: "S-1-5-21-1-2-3-1105",
            user_name: "vera@corp.test",
        },
        Case {
            key: "microsoft-saml",
            typed: &[],
            at: "",
            format: "1.1:nameid-format:emailAddress",
            attributes: vec![
                (format!("{MICROSOFT}/identity/claims/objectidentifier"), "", vec!["o-1"]),
                (format!("{MICROSOFT}/identity/claims/displayname"), "", vec!["Vera Lind"]),
                (format!("{XMLSOAP}/emailaddress"), "", vec!["v@corp.test"]),
                (format!("{XMLSOAP}/name"), "", vec!["vera@corp.test"]),
                (
                    format!("{MICROSOFT}/ws/2008/06/identity/claims/groups"),
                    "",
                    vec!["staff", "editors"],
                ),
            ],
            subject: "o-1",
            user_name: "vera@corp.test",
        },
        Case {
            key: "okta-saml",
            typed: &[],
            at: "",
            format: "1.1:nameid-format:unspecified",
            attributes: vec![
                (own("id"), "", vec!["00u1"]),
                (own("email"), "", vec!["v@corp.test"]),
                (own("displayName"), "", vec!["Vera Lind"]),
                (own("username"), "", vec!["vera"]),
                (own("groups"), "", vec!["staff", "editors"]),
            ],
            subject: "00u1",
            user_name: "vera",
        },
        Case {
            key: "keycloak-saml",
            typed: &[("host", "id.test"), ("realm", "acme")],
            at: "id.test/realms/acme/protocol/saml/descriptor",
            format: "2.0:nameid-format:persistent",
            attributes: vec![
                (own("urn:oid:1.2.840.113549.1.9.1"), "email", vec!["v@corp.test"]),
                (own("urn:oid:2.5.4.42"), "givenName", vec!["Vera"]),
                (own("urn:oid:2.5.4.4"), "surname", vec!["Lind"]),
                (own("username"), "", vec!["vera"]),
                (own("Role"), "", vec!["staff", "editors"]),
            ],
            subject: "n-1",
            user_name: "vera",
        },
        Case {
            key: "simplesamlphp",
            typed: &[],
            at: "",
            format: "2.0:nameid-format:persistent",
            attributes: vec![
                (own("urn:oid:0.9.2342.19200300.100.1.3"), "mail", vec!["v@corp.test"]),
                (own("urn:oid:2.16.840.1.113730.3.1.241"), "displayName", vec!["Vera Lind"]),
                (own("urn:oid:0.9.2342.19200300.100.1.1"), "uid", vec!["vera"]),
                (own("urn:oid:1.3.6.1.4.1.5923.1.5.1.1"), "isMemberOf", vec!["staff", "editors"]),
            ],
            subject: "n-1",
            user_name: "vera",
        },
    ]
}

#[test]
fn every_preset_of_saml_has_a_case() {
    let keys: Vec<&str> = cases().iter().map(|case| case.key).collect();
    let presets = ALL.iter().filter(|preset| preset.protocol() == "saml");
    assert_eq!(keys, presets.map(|preset| preset.key).collect::<Vec<_>>());
}

/// The good way: metadata at the vendor's address, a request to its page, and who comes of its answer.
#[tokio::test]
async fn somebody_signs_in_by_every_preset_of_saml_and_comes_with_what_it_can_deliver() {
    let idp = Idp::new("https://idp.test/saml").unwrap();
    for case in cases() {
        let preset = find(case.key).unwrap();
        let typed = case.typed.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        let settings = preset.filled("", &typed).unwrap();
        let server = Server::start();
        let guard = SafeHttpClient::rerouting(server.port);
        let metadata = idp.metadata("https://idp.test/sso", &[]);
        let at = if case.at.is_empty() { "idp.test/metadata" } else { case.at };
        server.answers(&format!("/{at}"), 200, "application/xml", &metadata);
        let Settings::Saml(mut settings) = settings else { panic!("{}", case.key) };
        assert_eq!(settings.metadata_url.is_empty(), case.at.is_empty(), "{}", case.key);
        if case.at.is_empty() {
            settings.metadata_url = format!("https://{at}");
        }
        let settings = Settings::Saml(settings.with_fetched(&guard).await.unwrap());
        assert_eq!(settings.problems(false), [], "{}", case.key);
        assert_eq!(settings.preset(), case.key);
        let at = connector(settings.clone(), SecretString::from(String::new()), guard);
        let flow = at.way().redirect().unwrap();
        let start = Start {
            redirect_uri: ACS,
            state: "the-state",
            nonce: "n1",
            verifier: "",
            fresh: true,
            choose: false,
            now: NOW * domain::SECOND,
        };
        let url = flow.authorization_url(start).await.unwrap();
        let query: BTreeMap<String, String> = url.query_pairs().into_owned().collect();
        assert_eq!(url.host_str(), Some("idp.test"), "{}", case.key);
        let request = rehearsal::saml::requested(&query["SAMLRequest"]).unwrap();
        let asked = rehearsal::saml::attribute(&request, "ID").unwrap();
        assert!(request.contains("ForceAuthn=\"true\"") && at.supports_auth_time(), "{}", case.key);
        let ours = "https://here.test/saml/acme/metadata";
        let mut says = Says::good(&idp, &asked, ACS, ours, NOW);
        says.format = format!("urn:oasis:names:tc:SAML:{}", case.format);
        says.name_id = "n-1".into();
        for (name, friendly, values) in &case.attributes {
            says = says.with(name, friendly, values);
        }
        let code = STANDARD.encode(idp.response(&says));
        let visit = CodeExchange {
            redirect_uri: ACS,
            code: &code,
            issuer: None,
            user: None,
            nonce: "n1",
            verifier: "",
            fresh: true,
            counts: &[],
            now: NOW * domain::SECOND,
        };
        let came = flow.finish(visit).await.unwrap_or_else(|error| panic!("{}: {error}", case.key));
        assert_eq!(came.subject, case.subject, "{}", case.key);
        assert_eq!(came.email.as_deref(), Some("v@corp.test"), "{}", case.key);
        assert_eq!(came.name.as_deref(), Some("Vera Lind"), "{}", case.key);
        assert_eq!(came.claims["preferred_username"], case.user_name, "{}", case.key);
        assert_eq!(came.claims["groups"], serde_json::json!(["staff", "editors"]), "{}", case.key);
        assert_eq!(came.auth_at, Some(NOW * domain::SECOND), "{}", case.key);
        for capability in Capability::ALL {
            let told = match capability {
                Capability::VerifiedEmail => came.email_verified,
                Capability::Phone => came.claims.contains_key("phone_number"),
                Capability::Logout => false,
                _ => true,
            };
            assert_eq!(preset.can(capability), told, "{}: {}", case.key, capability.name());
        }
    }
}

/// Nobody else's people, whatever their names there.
#[test]
fn a_provider_of_saml_has_a_namespace_of_its_own() {
    for preset in choices().filter(|preset| preset.protocol() == "saml") {
        let settings = preset.settings("", &BTreeMap::new());
        assert_eq!(
            settings.namespace(domain::ProviderId([1; 16])),
            format!("prov:{}", domain::ProviderId([1; 16]))
        );
    }
}
