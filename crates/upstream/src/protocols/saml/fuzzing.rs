//! SAML responses that a stranger wrote, or made out of a real one. Three real ones, signed by xmlsec1, are among the seeds:
//! whatever is changed of them, nobody but the person of the sample may come out.
#![allow(
    clippy::unwrap_used,
    reason = "what is asserted may panic, and so may a set-up that does not work"
)]
use std::sync::LazyLock;

use domain::{Micros, SECOND};

use super::{
    assertion::Expected,
    certificate::{Certificate, read_all},
    claims, request, response, text_of,
};
use crate::settings::SamlSettings;

const NOW: Micros = 1_800_000_000 * SECOND;
const ACS: &str = "https://here.test/callback/acme";

/// The samples' keys.
static KEYS: LazyLock<Vec<Certificate>> = LazyLock::new(|| {
    [include_str!("samples/rsa.pem"), include_str!("samples/ec.pem")]
        .into_iter()
        .flat_map(|pem| read_all(pem).unwrap())
        .collect()
});

/// What a browser posts: the XML itself, or base64 of it.
pub fn saml_response(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let settings = SamlSettings {
        idp_entity_id: "https://idp.sample.test/metadata?a=1&b=2".into(),
        ..SamlSettings::default()
    };
    let entity_id = SamlSettings::entity_id(ACS);
    let expected = Expected {
        acs: ACS,
        entity_id: &entity_id,
        idp: &settings.idp_entity_id,
        request: &request::id("sample-request"),
        keys: &KEYS,
        now: NOW,
    };
    let posted = text_of(text).ok();
    for xml in [Some(text), posted.as_deref()].into_iter().flatten() {
        let came = response::read(xml, &expected);
        if let Err(error) = &came {
            assert!(!error.to_string().chars().any(char::is_control), "{error}");
        }
        let person = came.and_then(|vouched| claims::assertion(&settings, &entity_id, vouched));
        if let Ok(person) = person {
            assert_eq!(person.subject, "G-1<2345", "somebody else was made of a signed answer");
            assert_eq!(person.email.as_deref(), Some("zoë@corp.test"));
            assert!(response::genuine(xml, &KEYS).is_ok());
        }
    }
}
