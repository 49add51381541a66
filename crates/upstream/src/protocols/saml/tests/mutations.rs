//! Whatever is done to an answer on its way, it is of the same person or of nobody, and never a panic.
use proptest::prelude::*;

use super::*;

/// What can be done to a text.
#[derive(Debug, Clone)]
enum Change {
    Put(usize, u8),
    Cut(usize, usize),
    Copy(usize, usize, usize),
    Write(usize, String),
    Swap(String, String),
}

fn change() -> impl Strategy<Value = Change> {
    let place = 0..6000_usize;
    let piece = prop::sample::select(vec![
        "<saml:NameID>admin-1</saml:NameID>",
        "<!-- -->",
        "admin-1",
        "</saml:Subject>",
        "<saml:Subject>",
        "<saml:Assertion>",
        "<![CDATA[",
        "]]>",
        "&#0;",
        "&amp;",
        "\u{202e}",
        "\r\n",
        " xmlns=\"\"",
        " xmlns:saml=\"x\"",
        " ID=\"_evil\"",
    ])
    .prop_map(str::to_owned);
    let name = || {
        prop::sample::select(vec![
            "saml:",
            "ds:",
            "samlp:",
            "Signature",
            "Assertion",
            "vera-1",
            "NameID",
            "ID=",
            "2.0",
            "persistent",
            "sha256",
            "exc-c14n#",
            "enveloped-signature",
            "SignedInfo",
            "Object",
        ])
        .prop_map(str::to_owned)
    };
    prop_oneof![
        (place.clone(), any::<u8>()).prop_map(|(at, byte)| Change::Put(at, byte)),
        (place.clone(), 1..400_usize).prop_map(|(at, length)| Change::Cut(at, length)),
        (place.clone(), place.clone(), 1..1500_usize)
            .prop_map(|(from, to, n)| Change::Copy(from, to, n)),
        (place, piece).prop_map(|(at, text)| Change::Write(at, text)),
        (name(), name()).prop_map(|(from, to)| Change::Swap(from, to)),
    ]
}

fn changed(mut bytes: Vec<u8>, change: &Change) -> Vec<u8> {
    let within = |at: usize, length: usize| at % (length + 1);
    match change {
        Change::Put(at, byte) => {
            let at = *at % bytes.len().max(1);
            if let Some(there) = bytes.get_mut(at) {
                *there = *byte;
            }
        }
        Change::Cut(at, length) => {
            let at = within(*at, bytes.len());
            let end = (at + length).min(bytes.len());
            bytes.drain(at..end);
        }
        Change::Copy(from, to, length) => {
            let from = within(*from, bytes.len());
            let piece = bytes[from..(from + length).min(bytes.len())].to_vec();
            let to = within(*to, bytes.len());
            bytes.splice(to..to, piece);
        }
        Change::Write(at, text) => {
            let at = within(*at, bytes.len());
            bytes.splice(at..at, text.bytes());
        }
        Change::Swap(from, to) => {
            return String::from_utf8_lossy(&bytes).replacen(from, to, 1).into_bytes();
        }
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_change_of_an_answer_makes_it_somebody_elses(
        changes in prop::collection::vec(change(), 1..4),
        of_response: bool,
    ) {
        let says = says().with("mail", "", &["vera@corp.test"]);
        let xml = if of_response {
            let whole = says.response(&says.assertion());
            IDP.sign(&whole)
        } else {
            IDP.response(&says)
        };
        let good = finish(&xml).unwrap();
        let bytes = changes.iter().fold(xml.into_bytes(), changed);
        let code = STANDARD.encode(&bytes);
        let visit = CodeExchange {
            redirect_uri: ACS,
            code: &code,
            issuer: None,
            user: None,
            nonce: NONCE,
            verifier: "",
            fresh: false,
            counts: &[],
            now: NOW,
        };
        let at = provider(settings());
        if let Ok(came) = futures_util::FutureExt::now_or_never(at.finish(visit)).unwrap() {
            prop_assert_eq!(came, good);
        }
    }
}
