use std::collections::BTreeMap;

use super::*;
use crate::presets;

/// Whoever may add a provider must not speak for another one's people: the namespace is whose word it is.
#[test]
fn ad_05_a_github_whose_api_is_elsewhere_speaks_of_other_people() {
    let named = |web: &str, api: &str| {
        let settings: Settings = serde_json::from_value(
            serde_json::json!({"kind": "github", "client_id": "c", "web_url": web, "api_url": api}),
        )
        .unwrap();
        settings.namespace(domain::ProviderId([1; 16]))
    };
    let usual =
        serde_json::from_value::<Settings>(serde_json::json!({"kind": "github", "client_id": "c"}))
            .unwrap();
    assert_eq!(usual.namespace(domain::ProviderId([1; 16])), "github");
    assert_eq!(
        named("https://git.acme.test", "https://git.acme.test/api/v3"),
        "github:https://git.acme.test"
    );
    let mut all: Vec<String> = [
        ("https://github.com", "https://evil.test"),
        ("https://evil.test", "https://api.github.com"),
        ("https://git.acme.test", "https://evil.test"),
    ]
    .map(|(w, a)| named(w, a))
    .into();
    all.extend(["github".to_owned(), "github:https://git.acme.test".to_owned()]);
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 5);
}

fn generic(subject: &str) -> Settings {
    Settings::Oauth2(Oauth2Settings {
        client_id: "c".into(),
        authorization_url: "https://p.test/a".into(),
        token_url: "https://p.test/t".into(),
        userinfo_url: "https://p.test/u".into(),
        auth: Auth::Post,
        subject_path: subject.into(),
        ..Oauth2Settings::default()
    })
}

#[test]
fn id_12_a_field_that_people_can_change_is_no_subject() {
    for bad in ["email", "user.Email", "data.preferred_username", "upn", "login", ""] {
        assert_eq!(generic(bad).check(false).unwrap_err().field, "subject_path", "{bad}");
    }
    assert_eq!(generic("user.id").check(false), Ok(()));
}

#[test]
fn dl_01_what_can_alter_who_an_identity_is_is_a_change_of_its_source_and_the_rest_is_none() {
    let base = serde_json::to_value(generic("id")).unwrap();
    let with = |field: &str, value: serde_json::Value| {
        let mut changed = base.clone();
        changed[field] = value;
        serde_json::from_value::<Settings>(changed)
            .unwrap()
            .source()
            .changed_from(&generic("id").source())
    };
    for field in [
        "client_id",
        "authorization_url",
        "token_url",
        "userinfo_url",
        "subject_path",
        "email_path",
        "email_verified_path",
        "addresses_url",
        "platform_account",
        "preset",
    ] {
        assert_eq!(with(field, "https://evil.test/".into()), Some(field));
    }
    assert_eq!(with("name_path", "nick".into()), None);
    assert_eq!(with("scopes", serde_json::json!(["profile"])), None);
    assert_eq!(with("auth", "basic".into()), None);
    // Another kind, and another path within the origin of an API.
    let github = |api: &str| {
        serde_json::from_value::<Settings>(serde_json::json!({"kind": "github", "client_id": "c", "web_url": "https://git.test", "api_url": api})).unwrap().source()
    };
    assert_eq!(
        github("https://git.test/pages/evil").changed_from(&github("https://git.test/api")),
        Some("api_url")
    );
    assert_eq!(github("https://git.test/api").changed_from(&generic("id").source()), Some("kind"));
    assert_ne!(
        github("https://git.test/a").fingerprint(),
        github("https://git.test/b").fingerprint()
    );
}

#[test]
fn dl_02_an_address_that_receives_the_secret_is_new_unless_it_received_it_before() {
    let oidc = |issuer: &str, client: &str| {
        Settings::Oidc(OidcSettings {
            issuer: issuer.into(),
            client_id: client.into(),
            ..OidcSettings::default()
        })
        .source()
    };
    assert_eq!(
        oidc("https://b.test", "c").new_receiver(&oidc("https://a.test", "c")),
        Some("issuer")
    );
    assert_eq!(oidc("https://a.test", "d").new_receiver(&oidc("https://a.test", "c")), None);
    assert_eq!(
        generic("id").source().new_receiver(&oidc("https://p.test/t", "c")),
        Some("userinfo_url")
    );
    // The page that people see receives no secret.
    let Settings::Oauth2(mut other) = generic("id") else { panic!() };
    other.authorization_url = "https://elsewhere.test/a".into();
    assert_eq!(
        Settings::Oauth2(other.clone()).source().new_receiver(&generic("id").source()),
        None
    );
    other.token_url = "https://p.test/other".into();
    assert_eq!(
        Settings::Oauth2(other).source().new_receiver(&generic("id").source()),
        Some("token_url")
    );
}

#[test]
fn plain_http_providers_are_refused_unless_allowed() {
    let local = Settings::Oidc(OidcSettings {
        issuer: "http://127.0.0.1:1".into(),
        client_id: "c".into(),
        ..OidcSettings::default()
    });
    assert!(local.check(false).is_err() && local.check(true).is_ok());
}

fn oidc(more: serde_json::Value) -> Settings {
    let mut base =
        serde_json::json!({"kind": "oidc", "issuer": "https://p.test", "client_id": "c"});
    base.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    serde_json::from_value(base).unwrap()
}

/// FR-47: whoever saves it hears of it, not everybody who signs in.
#[test]
fn fr_47_an_address_for_all_tenants_is_refused_by_name_unless_tenants_are_meant() {
    let tenant = "https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0";
    assert_eq!(oidc(serde_json::json!({"issuer": tenant})).check(false), Ok(()));
    let problem = Err(SettingsProblem { field: "issuer", remedy: "field-tenant-issuer" });
    for all in ["common", "organizations", "consumers", "{tenantid}"] {
        let issuer = format!("https://login.microsoftonline.com/{all}/v2.0");
        assert_eq!(oidc(serde_json::json!({"issuer": issuer})).check(false), problem, "{all}");
        let meant = oidc(serde_json::json!({"issuer": issuer, "tenant_issuer": true})).check(false);
        assert_eq!(meant.is_ok(), all != "{tenantid}", "{all}");
    }
    assert_eq!(
        oidc(serde_json::json!({"issuer": tenant, "tenant_issuer": true})).check(false),
        problem
    );
    assert_eq!(
        oidc(serde_json::json!({"issuer": "https://p.test/common"})).check(false),
        Ok(()),
        "somebody else's address"
    );
}

/// OC-07: symmetric algorithms and those that nothing here can check are refused when saving.
#[test]
fn oc_07_algorithms_that_cannot_be_checked_are_refused_when_saving() {
    assert_eq!(
        oidc(serde_json::json!({"algorithms": ["RS256", "PS512", "ES384", "EdDSA", "Ed25519"]}))
            .check(false),
        Ok(())
    );
    for bad in ["HS256", "none", "ES512", "RSA-OAEP", ""] {
        assert_eq!(
            oidc(serde_json::json!({"algorithms": ["RS256", bad]})).check(false).unwrap_err().field,
            "algorithms",
            "{bad}"
        );
    }
}

/// Shows AU-09: who tells neither address nor number nor user name finds nobody by a field.
#[test]
fn au_09_what_a_vendor_can_deliver_says_whether_fields_can_match() {
    let can: Vec<&str> = presets::ALL
        .iter()
        .filter(|preset| !preset.settings("c", &BTreeMap::new()).can_match())
        .map(|preset| preset.key)
        .collect();
    assert_eq!(can, ["line", "wechat", "wechat-official", "qq", "weibo"]);
    assert!(oidc(serde_json::json!({})).can_match() && generic("id").can_match());
}

#[test]
fn further_parameters_do_not_replace_ours() {
    assert_eq!(oidc(serde_json::json!({"extra": {"hd": "corp.test"}})).check(false), Ok(()));
    for ours in ["state", "redirect_uri", "nonce", "code_challenge", "request"] {
        assert_eq!(
            oidc(serde_json::json!({"extra": {ours: "x"}})).check(false).unwrap_err().field,
            "extra",
            "{ours}"
        );
    }
}

#[test]
fn dl_01_every_field_of_openid_connect_that_can_alter_who_somebody_is_is_of_its_source() {
    let changed = |more: serde_json::Value| {
        oidc(more).source().changed_from(&oidc(serde_json::json!({})).source())
    };
    for (field, value) in [
        ("jwks_uri", serde_json::json!("https://evil.test/k")),
        ("userinfo_endpoint", serde_json::json!("https://evil.test/u")),
        ("token_endpoint", serde_json::json!("https://evil.test/t")),
        ("trusted_audiences", serde_json::json!(["other"])),
        ("tenants", serde_json::json!(["t"])),
        ("text_booleans", serde_json::json!(true)),
    ] {
        assert_eq!(changed(serde_json::json!({field: value})), Some(field));
    }
    assert_eq!(
        changed(
            serde_json::json!({"scopes": ["openid"], "reauth": "login", "extra": {"a": "b"}, "form_post": true})
        ),
        None
    );
    let receiver = oidc(serde_json::json!({"token_endpoint": "https://evil.test/t"}))
        .source()
        .new_receiver(&oidc(serde_json::json!({})).source());
    assert_eq!(receiver, Some("token_endpoint"));
}
