//! Signature wrapping and its relatives (Somorovsky et al., "On Breaking SAML: Be Whoever You Want to Be").
use base64::{Engine, engine::general_purpose::STANDARD};
use rehearsal::saml::{Names, RECOMMENDED, Says};

use super::*;

const ADMIN: &str = "admin-1";

/// A signed assertion, the same without its signature, the signature, and an assertion that somebody made up.
struct Parts {
    signed: String,
    bare: String,
    signature: String,
    evil: String,
    says: Says,
}

fn parts() -> Parts {
    let says = says();
    let bare = says.assertion();
    let signature = IDP.signature(&bare, RECOMMENDED);
    let signed = IDP.sign(&bare);
    assert_eq!(finish(&says.response(&signed)).unwrap().subject, "vera-1", "the good way");
    let evil = Says { name_id: ADMIN.into(), id: "_evil".into(), ..says.clone() }.assertion();
    Parts { signed, bare, signature, evil, says }
}

/// With something behind the issuer, where a signature stands.
fn behind_issuer(xml: &str, what: &str) -> String {
    xml.replacen("</saml:Issuer>", &format!("</saml:Issuer>{what}"), 1)
}

/// With something at the end of the outermost element.
fn at_end(xml: &str, what: &str) -> String {
    let at = xml.rfind("</").unwrap();
    format!("{}{what}{}", &xml[..at], &xml[at..])
}

/// With something in a signature.
fn in_signature(signature: &str, what: &str) -> String {
    signature.replace("</ds:Signature>", &format!("<ds:Object>{what}</ds:Object></ds:Signature>"))
}

/// A response in which somebody else is named, around or beside what is signed. XSW1 and XSW2 are about a signed response,
/// the others about a signed assertion.
#[test]
fn signature_wrapping_makes_nobody_somebody_else() {
    let p = parts();
    let response = p.says.response(&p.bare);
    let of_response = IDP.signature(&response, RECOMMENDED);
    let signed_response = behind_issuer(&response, &of_response);
    assert_eq!(finish(&signed_response).unwrap().subject, "vera-1", "the good way");
    let evil_response = |inner: &str| {
        p.says.response(inner).replacen(&format!("ID=\"{}r\"", p.says.id), "ID=\"_evilr\"", 1)
    };
    let one = &p.says.response(&p.signed);
    let first = |what: &str| one.replace("</samlp:Status>", &format!("</samlp:Status>{what}"));
    let corpus = [
        ("XSW1", behind_issuer(&evil_response(&p.evil), &in_signature(&of_response, &response))),
        ("XSW2", behind_issuer(&evil_response(&p.evil), &format!("{response}{of_response}"))),
        ("XSW3", first(&p.evil)),
        ("XSW4", p.says.response(&at_end(&p.evil, &p.signed))),
        ("XSW5", p.says.response(&format!("{}{}", behind_issuer(&p.evil, &p.signature), p.bare))),
        ("XSW6", p.says.response(&behind_issuer(&p.evil, &in_signature(&p.signature, &p.bare)))),
        ("XSW7", behind_issuer(one, &format!("<samlp:Extensions>{}</samlp:Extensions>", p.evil))),
        (
            "XSW8",
            p.says.response(
                &behind_issuer(&p.evil, &in_signature(&p.signature, &p.bare))
                    .replace("<ds:Object>", "<ds:Object Id=\"x\">"),
            ),
        ),
        // Two of our own: in the status of the response, and in the advice of a made-up assertion.
        (
            "status",
            p.says.response(&p.evil).replace(
                "</samlp:Status>",
                &format!("<samlp:StatusDetail>{}</samlp:StatusDetail></samlp:Status>", p.signed),
            ),
        ),
        (
            "advice",
            p.says.response(&at_end(&p.evil, &format!("<saml:Advice>{}</saml:Advice>", p.signed))),
        ),
        // The signature of one, over the ID of the other.
        (
            "same id",
            p.says.response(&behind_issuer(&p.evil, &p.signature).replacen(
                "ID=\"_evil\"",
                &format!("ID=\"{}\"", p.says.id),
                1,
            )),
        ),
        (
            "same id twice",
            first(&p.evil.replacen("ID=\"_evil\"", &format!("ID=\"{}\"", p.says.id), 1)),
        ),
        ("beside the response", format!("{one}{}", p.evil)),
        ("in another element", format!("<a>{one}</a>")),
    ];
    for (name, xml) in corpus {
        match finish(&xml) {
            Err(_) => {}
            Ok(came) => panic!("{name}: {}", came.subject),
        }
    }
}

#[test]
fn what_is_not_signed_by_a_configured_key_is_nobodys_word() {
    let p = parts();
    assert!(why(&p.says.response(&p.bare)).contains("missing: neither the response"));
    let by_other = OTHER.response(&p.says);
    assert!(why(&by_other).contains("none of the configured certificates"), "{}", why(&by_other));
    // The message brings the key with which it is right.
    assert!(by_other.contains(&OTHER.certificate()));
    let emptied = p.signed.replace(&p.signature, &{
        let (before, rest) = p.signature.split_once("<ds:SignatureValue>").unwrap();
        let (_, after) = rest.split_once("</ds:SignatureValue>").unwrap();
        format!("{before}<ds:SignatureValue></ds:SignatureValue>{after}")
    });
    assert!(finish(&p.says.response(&emptied)).is_err());
    let changed = p.signed.replace(">vera-1<", &format!(">{ADMIN}<"));
    assert!(why(&p.says.response(&changed)).contains("it was changed after it was signed"));
    // The response is signed by the provider, and an assertion in it by somebody else.
    let inner = OTHER.sign(&p.bare);
    let around = p.says.response(&inner);
    let around = behind_issuer(&around, &IDP.signature(&around, RECOMMENDED));
    assert!(finish(&around).is_err(), "a signature that is there has to be right");
}

#[test]
fn algorithms_that_are_not_recommended_are_refused_by_name() {
    let p = parts();
    let with =
        |names: Names| p.says.response(&behind_issuer(&p.bare, &IDP.signature(&p.bare, names)));
    for (names, told) in [
        (
            Names { signature: "http://www.w3.org/2000/09/xmldsig#rsa-sha1", ..RECOMMENDED },
            "signed by rsa-sha1",
        ),
        (
            Names { signature: "http://www.w3.org/2000/09/xmldsig#hmac-sha1", ..RECOMMENDED },
            "signed by hmac-sha1",
        ),
        (
            Names {
                signature: "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256",
                ..RECOMMENDED
            },
            "signed by hmac-sha256",
        ),
        (Names { signature: "", ..RECOMMENDED }, "signed by nothing"),
        (
            Names { digest: "http://www.w3.org/2000/09/xmldsig#sha1", ..RECOMMENDED },
            "digested by sha1",
        ),
        (
            Names { digest: "http://www.w3.org/2001/04/xmldsig-more#md5", ..RECOMMENDED },
            "digested by md5",
        ),
        (
            Names { c14n: "http://www.w3.org/TR/2001/REC-xml-c14n-20010315", ..RECOMMENDED },
            "canonicalised by REC-xml-c14n-20010315",
        ),
        (
            Names { c14n: "http://www.w3.org/2001/10/xml-exc-c14n#WithComments", ..RECOMMENDED },
            "canonicalised by WithComments",
        ),
    ] {
        assert!(why(&with(names)).contains(told), "{told}: {}", why(&with(names)));
    }
    // A key of another kind, and the same octets under an algorithm that they were not signed by.
    for signature in [
        "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512",
        "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1",
    ] {
        assert!(finish(&with(Names { signature, ..RECOMMENDED })).is_err(), "{signature}");
    }
}

/// Comments are no part of what is signed: they may come and go, and end nothing.
#[test]
fn a_comment_neither_breaks_a_signature_nor_cuts_a_name() {
    let mut says = says();
    says.name_id = "admin@corp.test.evil.test".into();
    let xml = IDP.response(&says);
    assert_eq!(finish(&xml).unwrap().subject, says.name_id);
    for (whole, cut) in [
        (">admin@corp.test.evil.test<", ">admin@corp.test<!-- x -->.evil.test<"),
        ("<ds:DigestValue>", "<ds:DigestValue><!--AAAA-->"),
        ("<saml:Subject>", "<saml:Subject><!----><!-- y -->"),
    ] {
        let commented = xml.replace(whole, cut);
        assert_ne!(commented, xml, "{whole}");
        let came = finish(&commented).unwrap();
        assert_eq!(came.subject, says.name_id, "{whole}");
    }
    // A character as a number is the character, and a section is its text.
    let spelled = xml.replace(">admin@corp", ">&#x61;d<![CDATA[min@c]]>orp");
    assert_eq!(finish(&spelled).unwrap().subject, says.name_id);
}

#[test]
fn documents_with_types_entities_and_instructions_are_refused_unread() {
    let xml = IDP.response(&says());
    assert!(finish(&xml).is_ok());
    for before in [
        "<!DOCTYPE a [<!ENTITY b \"vera-1\">]>",
        "<!DOCTYPE samlp:Response SYSTEM \"http://127.0.0.1:1/x.dtd\">",
        "<?xml-stylesheet href=\"x\"?>",
    ] {
        assert!(finish(&format!("{before}{xml}")).is_err(), "{before}");
    }
    assert!(finish(&format!("<?xml version=\"1.0\"?>{xml}")).is_ok());
    assert!(finish(&xml.replace(">vera-1<", ">&b;<")).is_err());
    assert!(finish(&format!("{xml}{}", " ".repeat(300_000))).is_err(), "too long");
    let deep = format!("{}{}", "<a>".repeat(20_000), "</a>".repeat(20_000));
    assert!(finish(&xml.replace("</samlp:Status>", &format!("{deep}</samlp:Status>"))).is_err());
    for bad in ["", "x", "<a/>", "\u{0}"] {
        assert!(finish(bad).is_err());
    }
    for posted in ["", "***", "//79", &STANDARD.encode([0xff, 0xfe, 0x00])] {
        let visit = CodeExchange {
            redirect_uri: ACS,
            code: posted,
            issuer: None,
            user: None,
            nonce: NONCE,
            verifier: "",
            fresh: false,
            counts: &[],
            now: NOW,
        };
        let at = provider(settings());
        assert!(futures_util::FutureExt::now_or_never(at.finish(visit)).unwrap().is_err());
    }
}
