//! Answers that another implementation signed: xmlsec1 1.2.37, over XML that is far from canonical, with comments, sections,
//! inherited namespaces and prefixes to keep. The keys are gone.
use super::*;
use crate::protocols::saml::read_certificates;

const RSA: &str = include_str!("../samples/rsa.pem");
const EC: &str = include_str!("../samples/ec.pem");
const SAMPLES: [(&str, &str, &str); 3] = [
    ("assertion by RSA", include_str!("../samples/assertion_rsa.xml"), RSA),
    ("response by RSA", include_str!("../samples/response_rsa.xml"), RSA),
    ("assertion by EC", include_str!("../samples/assertion_ec.xml"), EC),
];

fn at(certificates: &str) -> Saml {
    provider(SamlSettings {
        idp_entity_id: "https://idp.sample.test/metadata?a=1&b=2".into(),
        certificates: certificates.into(),
        ..settings()
    })
}

fn finish_sample(at: &Saml, xml: &str) -> Result<Assertion, UpstreamError> {
    let code = STANDARD.encode(xml);
    let visit = CodeExchange {
        redirect_uri: ACS,
        code: &code,
        issuer: None,
        user: None,
        nonce: "sample-request",
        verifier: "",
        fresh: false,
        counts: &[],
        now: NOW,
    };
    futures_util::FutureExt::now_or_never(at.finish(visit)).unwrap()
}

#[test]
fn answers_that_xmlsec1_signed_are_read_whole() {
    for (name, xml, certificate) in SAMPLES {
        let came = finish_sample(&at(certificate), xml).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(came.subject, "G-1<2345", "{name}");
        assert_eq!(came.email.as_deref(), Some("zoë@corp.test"), "{name}");
        assert_eq!(came.claims["groups"], serde_json::json!(["staff & friends", "<editors>"]));
        assert_eq!(came.claims["acr"], "urn:oasis:names:tc:SAML:2.0:ac:classes:Password");
        assert_eq!(came.auth_at, Some(NOW - 90 * SECOND));
    }
}

#[test]
fn a_letter_changed_in_what_xmlsec1_signed_is_seen() {
    for (name, xml, certificate) in SAMPLES {
        for (from, to) in [
            ("345</NameID>", "346</NameID>"),
            ("zoë@", "zoe@"),
            ("staff &amp; friends", "staff and friends"),
            ("07:58:30Z", "07:58:31Z"),
            ("classes:Password", "classes:X509"),
        ] {
            let changed = xml.replace(from, to);
            assert_ne!(changed, xml, "{name} {from}");
            assert!(finish_sample(&at(certificate), &changed).is_err(), "{name} {from}");
        }
        let other = if certificate == RSA { EC } else { RSA };
        assert!(finish_sample(&at(other), xml).is_err(), "{name}");
        assert_eq!(read_certificates(certificate).unwrap().len(), 1);
    }
}
