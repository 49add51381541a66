//! What an answer says besides who it is of, check by check.
use rehearsal::saml::Says;
use serde_json::json;

use super::*;

/// A signed answer in which a part of the assertion reads differently.
fn with(from: &str, to: &str) -> String {
    let says = says();
    let assertion = says.assertion();
    let changed = assertion.replace(from, to);
    assert_ne!(changed, assertion, "{from}");
    says.response(&IDP.sign(&changed))
}

#[test]
fn an_assertion_is_for_us_for_this_browser_and_for_now() {
    let taken = finish(&IDP.response(&says())).unwrap();
    assert_eq!((taken.subject.as_str(), taken.auth_at), ("vera-1", Some(NOW)));
    let once = taken.once.unwrap();
    assert!(once.id.starts_with("_a") && once.until == NOW + 300 * SECOND);
    let base = says();
    let of = |change: &dyn Fn(&mut Says)| {
        let mut says = base.clone();
        change(&mut says);
        why(&IDP.response(&says))
    };
    for (told, field) in [
        (of(&|s| s.issuer = "https://evil.test/saml".into()), "Issuer"),
        (of(&|s| s.audience = "https://here.test/saml/other/metadata".into()), "Audience"),
        (of(&|s| s.acs = "https://here.test/callback/other".into()), "Destination"),
        (of(&|s| s.request = "_another".into()), "InResponseTo"),
        (of(&|s| s.now += 125), "NotBefore"),
        (of(&|s| s.now -= 361), "NotOnOrAfter"),
    ] {
        assert!(told.contains(&format!(": {field}: ")), "{field}: {told}");
    }
    // The clocks may differ by a minute.
    for shift in [-359, 119] {
        let now = base.now + shift;
        assert!(
            finish(&IDP.response(&Says { now, authenticated: now.min(base.now), ..base.clone() }))
                .is_ok()
        );
    }
}

/// The response around it is right, and what is signed is not: only that counts.
#[test]
fn what_is_signed_is_checked_and_not_only_what_is_around_it() {
    let (request, until) = (request::id(NONCE), rehearsal::saml::moment(NOW / SECOND + 300));
    let recipient = format!("Recipient=\"{ACS}\"");
    for (from, to, field) in [
        (format!("InResponseTo=\"{request}\" NotOn"), "InResponseTo=\"_x\" NotOn".to_owned(), "InResponseTo"),
        (format!("InResponseTo=\"{request}\" NotOn"), "NotOn".to_owned(), "InResponseTo"),
        (recipient.clone(), "Recipient=\"https://evil.test/\"".to_owned(), "Recipient"),
        (format!(" {recipient}"), String::new(), "Recipient"),
        (format!("NotOnOrAfter=\"{until}\" Recip"), "Recip".to_owned(), "NotOnOrAfter"),
        (format!("NotOnOrAfter=\"{until}\" Recip"), format!("NotBefore=\"{until}\" NotOnOrAfter=\"{until}\" Recip"), "NotBefore"),
        (format!("NotOnOrAfter=\"{until}\" Recip"), "NotOnOrAfter=\"soon\" Recip".to_owned(), "NotOnOrAfter"),
        ("cm:bearer".into(), "cm:holder-of-key".into(), "SubjectConfirmation"),
        ("<saml:AudienceRestriction>".into(), "<saml:AudienceRestriction><saml:Audience>https://x.test</saml:Audience></saml:AudienceRestriction><saml:AudienceRestriction>".into(), "Audience"),
        ("<saml:AudienceRestriction>".into(), "<saml:Condition></saml:Condition><saml:AudienceRestriction>".into(), "Conditions"),
        ("Version=\"2.0\"".into(), "Version=\"1.1\"".into(), "Version"),
        (" SessionIndex=\"s1\"".into(), format!(" SessionIndex=\"s1\" SessionNotOnOrAfter=\"{}\"", rehearsal::saml::moment(NOW / SECOND - 90)), "SessionNotOnOrAfter"),
    ] {
        let told = why(&with(&from, &to));
        assert!(told.contains(&format!(": {field}: ")), "{field}: {told}");
    }
    for (tag, field) in [
        ("AudienceRestriction", "Audience"),
        ("Conditions", "Conditions"),
        ("AuthnStatement", "AuthnStatement"),
        ("Subject", "Subject"),
    ] {
        let assertion = says().assertion();
        let begin = assertion
            .find(&format!("<saml:{tag}>"))
            .or(assertion.find(&format!("<saml:{tag} ")))
            .unwrap();
        let end = format!("</saml:{tag}>");
        let stop = assertion.find(&end).unwrap() + end.len();
        let told = why(&with(&assertion[begin..stop], ""));
        assert!(told.contains(&format!(": {field}: missing")), "{field}: {told}");
    }
}

#[test]
fn a_provider_that_lets_nobody_in_is_told_apart_from_one_that_finds_a_fault() {
    let says = says();
    let of = |first: &str, second: &str| {
        finish(&says.refusal(first, second, "Sorry\r\n<b>")).unwrap_err()
    };
    for (first, second) in
        [("Responder", "AuthnFailed"), ("Requester", "RequestDenied"), ("Responder", "NoPassive")]
    {
        let error = of(first, second);
        assert!(matches!(error, UpstreamError::Declined(_)), "{error}");
        assert_eq!(
            error.to_string(),
            format!("declined: SAML response: Status: {first}, {second}, Sorry  <b>")
        );
    }
    let error = of("Requester", "InvalidNameIDPolicy");
    assert!(
        matches!(error, UpstreamError::Refused(_))
            && error.to_string().contains("InvalidNameIDPolicy")
    );
    // One that is not for this browser says nothing to it.
    let other = Says { request: "_another".into(), ..says.clone() };
    assert!(why(&other.refusal("Responder", "AuthnFailed", "")).contains("InResponseTo"));
    // A good assertion in a response that says no is none.
    let said_no = IDP.response(&says).replace("status:Success", "status:Responder");
    assert!(matches!(finish(&said_no), Err(UpstreamError::Refused(_))));
}

#[test]
fn an_answer_that_nobody_asked_for_is_refused_with_the_reason() {
    let says = says();
    let asked = format!(" InResponseTo=\"{}\"", says.request);
    let xml = says.response(&IDP.sign(&says.assertion().replace(&asked, ""))).replace(&asked, "");
    assert!(why(&xml).contains("nobody here asked for it"), "{}", why(&xml));
}

#[test]
fn encrypted_assertions_are_refused_by_name() {
    let xml = says().response("<saml:EncryptedAssertion xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\"></saml:EncryptedAssertion>");
    assert!(why(&xml).contains("EncryptedAssertion: encrypted assertions are not read here"));
}

#[test]
fn id_12_only_a_name_that_stays_is_a_key() {
    let named = |format: &str| {
        let mut says = says().with("urn:oasis:names:tc:SAML:attribute:pairwise-id", "", &["k-7"]);
        says.format = format!("urn:oasis:names:tc:SAML:{format}");
        IDP.response(&says)
    };
    let persistent = named("2.0:nameid-format:persistent");
    assert_eq!(finish(&persistent).unwrap().subject, "vera-1");
    assert!(why(&named("2.0:nameid-format:transient")).contains("transient"));
    for other in ["1.1:nameid-format:unspecified", "1.1:nameid-format:emailAddress"] {
        assert!(why(&named(other)).contains("NameID: is not persistent"), "{other}");
    }
    let chosen = |xml: &str, name: &str| {
        let settings = SamlSettings { subject_claim: name.into(), ..settings() };
        finish_at(&provider(settings), xml, NOW)
    };
    let pairwise = "urn:oasis:names:tc:SAML:attribute:pairwise-id";
    for format in ["2.0:nameid-format:transient", "1.1:nameid-format:unspecified"] {
        assert_eq!(chosen(&named(format), pairwise).unwrap().subject, "k-7", "{format}");
    }
    assert!(
        chosen(&persistent, "subject-id").unwrap_err().to_string().contains("subject-id: missing")
    );
    let two = IDP.response(&says().with(pairwise, "", &["k-7", "k-8"]));
    assert!(chosen(&two, pairwise).unwrap_err().to_string().contains("several values"));
}

#[test]
fn a_name_that_is_qualified_for_somebody_else_is_nobodys() {
    let qualified = |attributes: &str| {
        let says = says();
        let assertion =
            says.assertion().replace(":persistent\">", &format!(":persistent\"{attributes}>"));
        finish(&says.response(&IDP.sign(&assertion)))
    };
    let own = format!(" NameQualifier=\"{}\" SPNameQualifier=\"{OURS}\"", IDP.entity_id);
    assert_eq!(qualified(&own).unwrap().subject, "vera-1");
    for other in [" NameQualifier=\"https://b.test\"", " SPNameQualifier=\"https://b.test\""] {
        assert!(qualified(other).unwrap_err().to_string().contains("somebody else"), "{other}");
    }
}

#[test]
fn attributes_become_claims_under_their_names_and_under_ours() {
    let adfs = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims";
    let xml = IDP.response(
        &says()
            .with(&format!("{adfs}/emailaddress"), "", &["vera@corp.test"])
            .with(&format!("{adfs}/givenname"), "", &["Vera"])
            .with(&format!("{adfs}/surname"), "", &["Lind"])
            .with("http://schemas.xmlsoap.org/claims/Group", "", &["staff", "editors"])
            .with("urn:oid:0.9.2342.19200300.100.1.1", "uid", &["vlind"])
            .with("department", "", &["Ops"])
            .with("email_verified", "", &["true"])
            .with("sub", "", &["admin-1"])
            .with("x", "auth_time", &["1"]),
    );
    let came = finish(&xml).unwrap();
    assert_eq!((came.email.as_deref(), came.email_verified), (Some("vera@corp.test"), false));
    assert_eq!(came.name.as_deref(), Some("Vera Lind"));
    let claims = &came.claims;
    assert_eq!(claims["groups"], json!(["staff", "editors"]));
    assert_eq!((&claims["preferred_username"], &claims["uid"]), (&json!("vlind"), &json!("vlind")));
    assert_eq!(claims["urn:oid:0.9.2342.19200300.100.1.1"], "vlind");
    assert_eq!(claims["department"], "Ops");
    assert_eq!(claims["email_verified"], false, "an attribute that is only called so");
    assert_eq!(claims["auth_time"], NOW / SECOND);
    assert!(claims["acr"].as_str().unwrap().ends_with(":PasswordProtectedTransport"));
    assert!(!claims.contains_key("sub"));
    // What is chosen counts, and nothing else in its place.
    let other = SamlSettings {
        email_claim: "department".into(),
        groups_claim: "uid".into(),
        username_claim: "nothing".into(),
        emails_are_verified: true,
        force_authn: false,
        ..settings()
    };
    let came = finish_at(&provider(other), &xml, NOW).unwrap();
    assert_eq!((came.email.as_deref(), came.email_verified), (Some("Ops"), true));
    assert_eq!(came.claims["groups"], json!(["vlind"]), "one group is a list, too");
    assert!(!came.claims.contains_key("preferred_username"));
    assert_eq!((came.auth_at, came.claims.get("auth_time")), (None, None), "not taken at its word");
}

#[test]
fn an_address_as_a_name_is_told_and_never_verified() {
    let mut says = says().with("k", "", &["k-7"]);
    says.format = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress".into();
    says.name_id = "vera@corp.test".into();
    let settings = SamlSettings { subject_claim: "k".into(), ..settings() };
    let came = finish_at(&provider(settings), &IDP.response(&says), NOW).unwrap();
    assert_eq!((came.email.as_deref(), came.email_verified), (Some("vera@corp.test"), false));
}

#[test]
fn a_moment_that_is_to_come_is_none_at_which_anybody_authenticated() {
    let says = Says { authenticated: NOW / SECOND + 90, ..says() };
    assert_eq!(finish(&IDP.response(&says)).unwrap().auth_at, None);
}

/// The provider's next key may sign before its last one is gone.
#[test]
fn any_of_the_configured_certificates_may_have_signed() {
    let both =
        SamlSettings { certificates: format!("{}\n{}", pem(&OTHER), pem(&IDP)), ..settings() };
    let at = provider(both);
    for idp in [&IDP, &OTHER] {
        assert!(finish_at(&at, &idp.response(&says()), NOW).is_ok());
    }
    let next = provider(SamlSettings { certificates: pem(&OTHER), ..settings() });
    assert!(finish_at(&next, &IDP.response(&says()), NOW).is_err());
    assert!(finish_at(&next, &OTHER.response(&says()), NOW).is_ok());
}
