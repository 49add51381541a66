//! One test class for all presets: each signs in at a stand-in that answers as the vendor documents it, at the vendor's own
//! addresses, which the client of the tests leads to loopback.
use std::{collections::BTreeMap, sync::Arc};

use serde_json::{Map, Value, json};

use super::*;
use crate::{
    Assertion, CodeExchange, Connector, SafeHttpClient, Settings, Start, UpstreamError, connector,
    protocols::oidc::tests::Signing, testing::Server,
};

const NOW: domain::Micros = 1_800_000_000 * domain::SECOND;
const VERIFIER: &str = "vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv";
const JSON: &str = "application/json";

/// What a vendor's stand-in says, and what has to come of it.
#[derive(Default)]
struct Case {
    key: &'static str,
    typed: &'static [(&'static str, &'static str)],
    /// Claims of the ID token beside those that every token has.
    claims: Value,
    /// Address without `https://`, content type, body.
    answers: Vec<(&'static str, &'static str, String)>,
    subject: &'static str,
    email: Option<&'static str>,
    verified: bool,
    name: Option<&'static str>,
    /// Parameters that the token request must have.
    sends: &'static [(&'static str, &'static str)],
    /// The answer to a code that was used before: status, content type, body, and what is told of it.
    refusal: (u16, &'static str, &'static str, &'static str),
}

const INVALID: (u16, &str, &str, &str) =
    (400, JSON, r#"{"error":"invalid_grant"}"#, "invalid_grant");
const POST: &[(&str, &str)] = &[
    ("client_id", "app1"),
    ("client_secret", "the-secret"),
    ("code", "the-code"),
    ("code_verifier", VERIFIER),
];
const BASIC: &[(&str, &str)] = &[("code", "the-code"), ("code_verifier", VERIFIER)];

fn oidc(key: &'static str, typed: &'static [(&'static str, &'static str)], claims: Value) -> Case {
    Case {
        key,
        typed,
        claims,
        subject: "s1",
        email: Some("v@ex.test"),
        verified: true,
        sends: BASIC,
        refusal: INVALID,
        ..Case::default()
    }
}

fn oauth(key: &'static str, token: &'static str, who: &'static str, said: Value) -> Case {
    let answers = vec![
        (
            token,
            JSON,
            json!({"access_token": "the-access-token", "token_type": "bearer", "expires_in": 3600})
                .to_string(),
        ),
        (who, JSON, said.to_string()),
    ];
    Case {
        key,
        answers,
        subject: "s1",
        name: Some("Vera"),
        sends: POST,
        refusal: INVALID,
        ..Case::default()
    }
}

fn cases() -> Vec<Case> {
    let email = json!({"email": "v@ex.test", "email_verified": true});
    let more = |value: Value| {
        let mut all = email.clone();
        all.as_object_mut().unwrap().extend(value.as_object().unwrap().clone());
        all
    };
    const TENANT: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";
    let wechat = |key: &'static str| {
        let ids = json!({"openid": "o-1", "unionid": "u-1"});
        Case {
            key,
            answers: vec![
                (
                    "api.weixin.qq.com/sns/oauth2/access_token",
                    "text/plain",
                    json!({"access_token": "the-access-token", "expires_in": 7200, "refresh_token": "r", "openid": "o-1", "scope": "snsapi_login", "unionid": "u-1"}).to_string(),
                ),
                ("api.weixin.qq.com/sns/userinfo", "text/plain", json!({"openid": ids["openid"], "nickname": "Vera", "sex": 0, "privilege": [], "unionid": ids["unionid"]}).to_string()),
            ],
            subject: "u-1",
            name: Some("Vera"),
            sends: &[("appid", "app1"), ("secret", "the-secret"), ("code", "the-code"), ("grant_type", "authorization_code")],
            refusal: (200, "text/plain", r#"{"errcode":40029,"errmsg":"invalid code, rid: 1"}"#, "40029 (invalid code, rid: 1)"),
            ..Case::default()
        }
    };
    let login = |key, token, who| {
        let said = json!({"id": 7, "login": "vera", "full_name": "Vera", "name": "Vera", "email": "public@ex.test"});
        let mut case = oauth(key, token, who, said);
        case.subject = "7";
        (case.email, case.verified) = (Some("v@ex.test"), true);
        case
    };
    let mails = |at| {
        (at, JSON, json!([{"email": "w@ex.test", "verified": false, "primary": true}, {"email": "v@ex.test", "verified": true, "primary": false}]).to_string())
    };
    let mut github = login("github", "github.com/login/oauth/access_token", "api.github.com/user");
    github.answers.push(mails("api.github.com/user/emails"));
    github.refusal = (
        200,
        JSON,
        r#"{"error":"bad_verification_code","error_description":"used"}"#,
        "bad_verification_code (used)",
    );
    let mut gitea = login("gitea", "git.test/login/oauth/access_token", "git.test/api/v1/user");
    gitea.typed = &[("host", "git.test")];
    gitea.answers.push(mails("git.test/api/v1/user/emails"));
    vec![
        oidc("google", &[], more(json!({"name": "Vera", "hd": "ex.test", "azp": "app1"}))),
        Case { verified: false, sends: POST, ..oidc("microsoft", &[("tenant", TENANT)], json!({"email": "v@ex.test", "tid": TENANT, "oid": "o1", "preferred_username": "v@ex.test", "ver": "2.0"})) },
        Case {
            subject: "9188040d-6c67-4c5b-b112-36a304b66dad/o1",
            verified: false,
            name: Some("Vera"),
            sends: POST,
            ..oidc("microsoft-tenants", &[], json!({"email": "v@ex.test", "tid": TENANT, "oid": "o1", "name": "Vera", "iss": format!("https://login.microsoftonline.com/{TENANT}/v2.0")}))
        },
        Case {
            sends: &[("client_id", "app1"), ("code", "the-code")],
            ..oidc("apple", &[], json!({"email": "v@ex.test", "email_verified": "true", "is_private_email": "true", "nonce_supported": true}))
        },
        github,
        oidc("gitlab", &[("host", "gitlab.com")], more(json!({"groups_direct": ["a"], "auth_time": 1_799_999_999}))),
        gitea,
        oidc("okta", &[("domain", "acme.okta.com")], more(json!({"amr": ["pwd"], "ver": 1, "idp": "00o1"}))),
        oidc("auth0", &[("domain", "acme.eu.auth0.com")], more(json!({"name": "Vera", "updated_at": "2026-01-02T03:04:05.678Z"}))),
        oidc("keycloak", &[("host", "id.test"), ("realm", "acme")], more(json!({"acr": "1", "azp": "app1", "typ": "ID", "session_state": "x"}))),
        oidc("authentik", &[("host", "id.test"), ("slug", "app")], more(json!({"groups": ["a"], "uid": "x"}))),
        oidc("zitadel", &[("domain", "acme.zitadel.cloud")], more(json!({"aud": ["app1", "app2@proj", "2461234567"], "azp": "app1"}))),
        Case { verified: false, sends: POST, ..oidc("adfs", &[("host", "fs.test")], json!({"email": "v@ex.test", "upn": "v@ex.test", "unique_name": "EX\\v", "auth_time": 1_799_999_999})) },
        oidc("cognito", &[("region", "eu-west-1"), ("pool", "eu-west-1_x")], json!({"email": "v@ex.test", "email_verified": "true", "cognito:username": "vera", "token_use": "id"})),
        Case { sends: POST, ..oidc("slack", &[], more(json!({"name": "Vera", "https://slack.com/team_id": "T1"}))) },
        {
            let mut case = oauth(
                "linkedin",
                "www.linkedin.com/oauth/v2/accessToken",
                "api.linkedin.com/v2/userinfo",
                json!({"sub": "s1", "name": "Vera", "email": "v@ex.test", "email_verified": true, "locale": {"language": "en"}}),
            );
            (case.email, case.verified) = (Some("v@ex.test"), true);
            case.sends = &[("client_id", "app1"), ("client_secret", "the-secret"), ("code", "the-code")];
            case
        },
        oauth("line", "api.line.me/oauth2/v2.1/token", "api.line.me/oauth2/v2.1/userinfo", json!({"sub": "s1", "name": "Vera"})),
        Case {
            sends: POST,
            refusal: (400, JSON, r#"{"status":400,"message":"Invalid authorization code"}"#, "400 (Invalid authorization code)"),
            ..oidc("twitch", &[], more(json!({"preferred_username": "vera", "azp": "app1"})))
        },
        Case {
            email: Some("v@ex.test"),
            verified: true,
            ..oauth("discord", "discord.com/api/oauth2/token", "discord.com/api/users/@me", json!({"id": "s1", "username": "vera", "global_name": "Vera", "email": "v@ex.test", "verified": true}))
        },
        Case {
            email: Some("v@ex.test"),
            refusal: (400, JSON, r#"{"error":{"message":"This authorization code has been used.","type":"OAuthException","code":100}}"#, "100 (This authorization code has been used.)"),
            ..oauth("facebook", "graph.facebook.com/v23.0/oauth/access_token", "graph.facebook.com/v23.0/me", json!({"id": "s1", "name": "Vera", "email": "v@ex.test"}))
        },
        Case { sends: BASIC, ..oauth("x", "api.x.com/2/oauth2/token", "api.x.com/2/users/me", json!({"data": {"id": "s1", "name": "Vera", "username": "vera"}})) },
        Case {
            email: Some("v@ex.test"),
            sends: BASIC,
            ..oauth("spotify", "accounts.spotify.com/api/token", "api.spotify.com/v1/me", json!({"id": "s1", "display_name": "Vera", "email": "v@ex.test"}))
        },
        Case {
            email: Some("v@ex.test"),
            verified: true,
            ..oauth(
                "dropbox",
                "api.dropboxapi.com/oauth2/token",
                "api.dropboxapi.com/2/users/get_current_account",
                json!({"account_id": "s1", "name": {"display_name": "Vera"}, "email": "v@ex.test", "email_verified": true}),
            )
        },
        wechat("wechat"),
        wechat("wechat-official"),
        Case {
            key: "qq",
            answers: vec![
                ("graph.qq.com/oauth2.0/token", "text/html", "access_token=the-access-token&expires_in=7776000&refresh_token=R".into()),
                ("graph.qq.com/oauth2.0/me", "text/html", "callback( {\"client_id\":\"app1\",\"openid\":\"s1\"} );\n".into()),
                ("graph.qq.com/user/get_user_info", "text/html", json!({"ret": 0, "msg": "", "nickname": "Vera"}).to_string()),
            ],
            subject: "s1",
            name: Some("Vera"),
            sends: &[("client_id", "app1"), ("client_secret", "the-secret"), ("code", "the-code")],
            refusal: (200, "text/html", "callback( {\"error\":100020,\"error_description\":\"code is reused error\"} );\n", "100020 (code is reused error)"),
            ..Case::default()
        },
        Case {
            key: "weibo",
            answers: vec![
                (
                    "api.weibo.com/oauth2/access_token",
                    "text/plain;charset=UTF-8",
                    json!({"access_token": "the-access-token", "remind_in": "157679999", "expires_in": 157_679_999, "uid": "7", "isRealName": "true"}).to_string(),
                ),
                ("api.weibo.com/2/users/show.json", JSON, json!({"id": 7, "idstr": "7", "screen_name": "Vera"}).to_string()),
            ],
            subject: "7",
            name: Some("Vera"),
            sends: &[("client_id", "app1"), ("client_secret", "the-secret"), ("code", "the-code")],
            refusal: (400, JSON, r#"{"error":"invalid_grant","error_code":21325,"request":"/oauth2/access_token"}"#, "invalid_grant"),
            ..Case::default()
        },
    ]
}

/// A vendor's stand-in with a client that is led there.
struct Stage {
    server: Server,
    connector: Arc<dyn Connector>,
    settings: Settings,
    token: String,
}

fn stage(case: &Case) -> Stage {
    let preset = find(case.key).unwrap();
    let typed: BTreeMap<&str, &str> = case.typed.iter().copied().collect();
    assert_eq!(
        preset.inputs().into_iter().collect::<std::collections::BTreeSet<_>>(),
        typed.keys().copied().collect(),
        "{}: what is typed",
        case.key
    );
    let mut settings = preset.settings("app1", &typed);
    if let Settings::Oauth2(s) = &mut settings
        && s.preset.starts_with("wechat")
    {
        s.platform_account = "acme".into();
    }
    if let Settings::Oidc(s) = &mut settings
        && case.key == "apple"
    {
        (s.team_id, s.key_id) = ("TEAM".into(), "KEY".into());
    }
    assert_eq!(settings.check(false), Ok(()), "{}", case.key);
    let server = Server::start();
    let mut token = String::new();
    for (at, kind, body) in &case.answers {
        server.answers(&format!("/{at}"), 200, kind, body);
        if token.is_empty() {
            token = format!("/{at}");
        }
    }
    let mut secret = "the-secret".to_owned();
    if let Settings::Oidc(s) = &settings {
        let base = s.issuer.trim_start_matches("https://").trim_end_matches('/').to_owned();
        let at = |path: &str| format!("https://{base}{path}");
        let announced = s.announced_issuer();
        server.says(
            &format!("/{base}/.well-known/openid-configuration"),
            &json!({"issuer": announced, "authorization_endpoint": at("/authorize"), "token_endpoint": at("/token"), "jwks_uri": at("/keys"), "id_token_signing_alg_values_supported": ["RS256"]})
                .to_string(),
        );
        let key = Signing::rsa(0);
        // Microsoft's keys have no `alg`.
        server.says(
            &format!("/{base}/keys"),
            &json!({"keys": [key.public(&json!({"kid": "k1", "use": "sig"}))]}).to_string(),
        );
        let seconds = NOW / domain::SECOND;
        let mut claims: Map<String, Value> = json!({"iss": announced, "sub": "s1", "aud": "app1", "iat": seconds, "exp": seconds + 600, "nonce": "the-nonce"}).as_object().unwrap().clone();
        claims.extend(case.claims.as_object().unwrap().clone());
        token = format!("/{base}/token");
        let id_token =
            key.token(&json!({"alg": "RS256", "kid": "k1"}), &Value::Object(claims).to_string());
        server.says(&token, &json!({"access_token": "the-access-token", "token_type": "Bearer", "scope": ["openid"], "id_token": id_token}).to_string());
        if case.key == "apple" {
            secret = Signing::new(jsonwebtoken::Algorithm::ES256).pem;
        }
    }
    let connector =
        connector(settings.clone(), secret.into(), SafeHttpClient::rerouting(server.port));
    Stage { server, connector, settings, token }
}

impl Stage {
    async fn finish(&self) -> Result<Assertion, UpstreamError> {
        self.connector
            .way()
            .redirect()
            .unwrap()
            .finish(CodeExchange {
                redirect_uri: "https://here.test/cb",
                code: "the-code",
                issuer: None,
                user: None,
                nonce: "the-nonce",
                verifier: VERIFIER,
                fresh: false,
                counts: &[],
                now: NOW,
            })
            .await
    }

    async fn url(&self, fresh: bool, choose: bool) -> url::Url {
        self.connector
            .way()
            .redirect()
            .unwrap()
            .authorization_url(Start {
                redirect_uri: "https://here.test/cb",
                state: "the-state",
                nonce: "the-nonce",
                verifier: VERIFIER,
                fresh,
                choose,
                now: NOW,
            })
            .await
            .unwrap()
    }
}

#[test]
fn every_preset_has_a_case_its_own_key_and_no_capability_twice() {
    let keys: Vec<&str> = cases().iter().map(|case| case.key).collect();
    let redirects = ALL.iter().filter(|preset| !["ldap", "saml"].contains(&preset.protocol()));
    assert_eq!(keys, redirects.map(|preset| preset.key).collect::<Vec<_>>());
    for preset in ALL {
        let mut can = preset.can.to_vec();
        can.sort();
        can.dedup();
        assert!(
            can.len() == preset.can.len() && !preset.notes.is_empty() && !preset.name.is_empty(),
            "{}",
            preset.key
        );
        assert!(
            !preset.can(Capability::VerifiedEmail) || preset.can(Capability::Email),
            "{}",
            preset.key
        );
    }
}

/// The good way, at the vendor's addresses: who comes, with what, and what was sent for it.
#[tokio::test]
async fn somebody_signs_in_by_every_preset_and_comes_with_what_it_can_deliver() {
    for case in cases() {
        let stage = stage(&case);
        let came = stage.finish().await.unwrap_or_else(|error| panic!("{}: {error}", case.key));
        assert_eq!(
            (came.subject.as_str(), came.email.as_deref(), came.email_verified),
            (case.subject, case.email, case.verified),
            "{}",
            case.key
        );
        if case.name.is_some() {
            assert_eq!(came.name.as_deref(), case.name, "{}", case.key);
        }
        let preset = find(case.key).unwrap();
        assert_eq!(
            (preset.can(Capability::Email), preset.can(Capability::VerifiedEmail)),
            (case.email.is_some(), case.verified),
            "{}: as announced",
            case.key
        );
        let sent = stage.server.last(&stage.token);
        let parameters = if sent.method == "GET" {
            sent.path.split_once('?').unwrap().1.to_owned()
        } else {
            sent.body
        };
        let parameters: BTreeMap<String, String> =
            url::form_urlencoded::parse(parameters.as_bytes()).into_owned().collect();
        for (name, value) in case.sends {
            assert_eq!(
                parameters.get(*name).map(String::as_str),
                Some(*value),
                "{}: {name}",
                case.key
            );
        }
        let secret = sent.headers.to_ascii_lowercase().contains("authorization: basic");
        assert_eq!(
            secret,
            !case.sends.iter().any(|(name, _)| ["client_secret", "secret"].contains(name))
                && case.key != "apple",
            "{}: {parameters:?}",
            case.key
        );
        for (_, value) in
            came.claims.iter().filter(|(name, _)| !["sub", "id"].contains(&name.as_str()))
        {
            assert!(
                !value.to_string().contains("the-access-token"),
                "{}: no token is kept (OC-18)",
                case.key
            );
        }
    }
}

/// Shows OC-03, OC-20: at the vendor's page, with what it needs, and PKCE unless the vendor refuses it.
#[tokio::test]
async fn every_preset_leads_to_the_vendors_page_and_asks_for_the_least() {
    for case in cases() {
        let stage = stage(&case);
        let url = stage.url(false, false).await;
        let asked: BTreeMap<String, String> = url.query_pairs().into_owned().collect();
        let wechat = case.key.starts_with("wechat");
        assert_eq!(url.scheme(), "https", "{}", case.key);
        assert_eq!(
            asked.get(if wechat { "appid" } else { "client_id" }).map(String::as_str),
            Some("app1"),
            "{}",
            case.key
        );
        assert_eq!(
            (
                asked["state"].as_str(),
                asked["redirect_uri"].as_str(),
                asked["response_type"].as_str()
            ),
            ("the-state", "https://here.test/cb", "code"),
            "{}",
            case.key
        );
        let without = ["linkedin", "wechat", "wechat-official", "qq", "weibo"].contains(&case.key);
        assert_eq!(asked.contains_key("code_challenge"), !without, "{}", case.key);
        assert!(!asked.contains_key("prompt") && !asked.contains_key("max_age"), "{}", case.key);
        match &stage.settings {
            Settings::Oidc(_) => assert!(
                asked["scope"].starts_with("openid") && asked["nonce"] == "the-nonce",
                "{}",
                case.key
            ),
            Settings::Oauth2(_) | Settings::Github(_) | Settings::Ldap(_) | Settings::Saml(_) => {
                assert!(!asked.contains_key("nonce"), "{}", case.key)
            }
        }
    }
}

/// A used code is told in the vendor's own words, a vendor that is down as down, and our secret never.
#[tokio::test]
async fn what_goes_wrong_is_told_for_every_preset() {
    for case in cases() {
        let stage = stage(&case);
        assert!(stage.finish().await.is_ok(), "{}", case.key);
        let (status, kind, body, told) = case.refusal;
        stage.server.answers(&stage.token, status, kind, body);
        assert_eq!(
            stage.finish().await.unwrap_err().to_string(),
            format!("refused: token endpoint: {told}"),
            "{}",
            case.key
        );
        stage.server.answers(
            &stage.token,
            400,
            JSON,
            r#"{"error":"x","error_description":"the-secret the-code"}"#,
        );
        let said = stage.finish().await.unwrap_err().to_string();
        assert!(
            (case.key == "apple" || !said.contains("the-secret")) && !said.contains("the-code"),
            "{}: {said}",
            case.key
        );
        stage.server.answers(&stage.token, 503, "text/html", "");
        assert!(matches!(stage.finish().await, Err(UpstreamError::Down(_))), "{}", case.key);
        stage.server.answers(&stage.token, 200, JSON, "{}");
        assert!(matches!(stage.finish().await, Err(UpstreamError::Answer(_))), "{}", case.key);
    }
}

/// Shows ID-08, ID-17: without a name or an address somebody still comes; without a subject nobody does.
#[tokio::test]
async fn nothing_but_the_subject_is_needed_of_a_vendor_of_plain_oauth() {
    for case in cases().into_iter().filter(|case| !case.answers.is_empty()) {
        let stage = stage(&case);
        assert!(stage.finish().await.is_ok(), "{}", case.key);
        let (at, kind, body) =
            case.answers.iter().rfind(|(at, ..)| !at.ends_with("emails")).unwrap();
        let mut said: Value =
            serde_json::to_value(crate::http::json::read(body.as_bytes()).unwrap()).unwrap();
        let subject = if case.key == "x" { said["data"]["id"].clone() } else { Value::Null };
        let kept: Map<String, Value> = said
            .as_object()
            .unwrap()
            .iter()
            .filter(|(name, _)| {
                ["id", "sub", "account_id", "unionid", "openid", "ret"].contains(&name.as_str())
            })
            .map(|(n, v)| (n.clone(), v.clone()))
            .collect();
        said =
            if subject.is_null() { Value::Object(kept) } else { json!({"data": {"id": subject}}) };
        stage.server.answers(&format!("/{at}"), 200, kind, &said.to_string());
        stage.server.says("/api.github.com/user/emails", "[]");
        stage.server.says("/git.test/api/v1/user/emails", "[]");
        let came = stage.finish().await.unwrap_or_else(|error| panic!("{}: {error}", case.key));
        assert_eq!(
            (came.subject.as_str(), came.email, came.name),
            (case.subject, None, None),
            "{}",
            case.key
        );
        if case.key != "qq" {
            stage.server.answers(&format!("/{at}"), 200, kind, r#"{"other":1}"#);
            assert!(matches!(stage.finish().await, Err(UpstreamError::Answer(_))), "{}", case.key);
        }
    }
}

/// Shows FR-27: who somebody is has been shown by then.
#[tokio::test]
async fn fr_27_without_the_permission_to_read_addresses_somebody_comes_without_one() {
    let case = cases().into_iter().find(|case| case.key == "github").unwrap();
    let stage = stage(&case);
    assert!(stage.finish().await.unwrap().email_verified);
    for status in [403, 404] {
        stage.server.answers(
            "/api.github.com/user/emails",
            status,
            JSON,
            r#"{"message":"Resource not accessible by integration"}"#,
        );
        let came = stage.finish().await.unwrap();
        assert_eq!((came.subject.as_str(), came.email, came.email_verified), ("7", None, false));
    }
    stage.server.answers("/api.github.com/user/emails", 503, JSON, "");
    assert!(matches!(stage.finish().await, Err(UpstreamError::Down(_))));
    // The primary address on the second page.
    let page = |from: usize| {
        json!((from..from + 30).map(|n| json!({"email": format!("a{n}@ex.test"), "verified": true, "primary": false})).collect::<Vec<_>>()).to_string()
    };
    stage.server.continues(
        "/api.github.com/user/emails",
        &page(0),
        "https://api.github.com/user/emails?page=2",
    );
    stage.server.says(
        "/api.github.com/user/emails?page=2",
        r#"[{"email":"main@ex.test","verified":true,"primary":true}]"#,
    );
    assert_eq!(stage.finish().await.unwrap().email.as_deref(), Some("main@ex.test"));
}

/// Shows FR-33: choosing another account, in each vendor's words.
#[tokio::test]
async fn fr_33_another_account_can_be_chosen_where_the_vendor_knows_how() {
    for (key, name, value) in [
        ("google", "prompt", "select_account"),
        ("microsoft", "prompt", "login select_account"),
        ("github", "prompt", "select_account"),
        ("discord", "prompt", "consent"),
        ("spotify", "show_dialog", "true"),
        ("weibo", "forcelogin", "true"),
        ("facebook", "auth_type", "reauthenticate"),
        ("dropbox", "force_reauthentication", "true"),
    ] {
        let case = cases().into_iter().find(|case| case.key == key).unwrap();
        let stage = stage(&case);
        let asked: BTreeMap<String, String> =
            stage.url(true, true).await.query_pairs().into_owned().collect();
        assert_eq!(asked.get(name).map(String::as_str), Some(value), "{key}");
        assert!(
            !stage.url(false, false).await.query_pairs().any(|(asked, _)| asked == name),
            "{key}"
        );
    }
}

/// Shows FR-32: Google does neither, and says so beforehand.
#[test]
fn fr_32_a_preset_says_when_somebody_signed_in_only_where_the_vendor_does() {
    for (key, says) in [
        ("google", false),
        ("apple", true),
        ("slack", false),
        ("keycloak", true),
        ("github", false),
        ("wechat", false),
    ] {
        let case = cases().into_iter().find(|case| case.key == key).unwrap();
        assert_eq!(stage(&case).connector.supports_auth_time(), says, "{key}");
    }
}

/// The vendor checks the order of parameters and the end of the address.
#[tokio::test]
async fn au_21_wechat_is_asked_letter_by_letter_and_knows_people_by_their_union_id() {
    let case = cases().into_iter().find(|case| case.key == "wechat").unwrap();
    let stage = stage(&case);
    assert_eq!(
        stage.url(true, true).await.as_str(),
        "https://open.weixin.qq.com/connect/qrconnect?appid=app1&redirect_uri=https%3A%2F%2Fhere.test%2Fcb&response_type=code&scope=snsapi_login&state=the-state#wechat_redirect"
    );
    assert!(stage.finish().await.is_ok());
    let sent = stage.server.last("/api.weixin.qq.com/sns/userinfo");
    assert_eq!(sent.path.split_once('?').unwrap().1, "openid=o-1&access_token=the-access-token");
    assert!(!sent.headers.to_ascii_lowercase().contains("authorization"));
    stage.server.answers(
        "/api.weixin.qq.com/sns/userinfo",
        200,
        "text/plain",
        r#"{"errcode":40003,"errmsg":"invalid openid"}"#,
    );
    assert_eq!(
        stage.finish().await.unwrap_err().to_string(),
        "refused: userinfo: 40003 (invalid openid)"
    );
    stage.server.answers(
        "/api.weixin.qq.com/sns/userinfo",
        200,
        "text/plain",
        r#"{"openid":"o-1","nickname":"Vera"}"#,
    );
    assert_eq!(
        stage.finish().await.unwrap_err().to_string(),
        "check failed: userinfo: unionid: missing"
    );
}

/// Shows AU-21, AU-23, AD-05: one owner's applications speak of the same people; whoever answers at another address does not.
#[test]
fn au_23_namespaces_of_vendors_are_the_vendors_own() {
    let provider = domain::ProviderId([1; 16]);
    let own = format!("prov:{provider}");
    let of = |key: &str, change: &dyn Fn(&mut Oauth2Settings)| {
        let Settings::Oauth2(mut settings) =
            find(key).unwrap().settings("app1", &BTreeMap::from([("host", "git.test")]))
        else {
            panic!("{key}")
        };
        change(&mut settings);
        Settings::Oauth2(settings).namespace(provider)
    };
    let acme = |s: &mut Oauth2Settings| s.platform_account = "acme".into();
    assert_eq!(of("wechat", &acme), "wechat-union:acme");
    assert_eq!(of("wechat-official", &acme), "wechat-union:acme", "equal union ids are one person");
    assert_eq!(of("wechat", &|s| s.subject_path = "openid".into()), "wechat-open:app1");
    assert_eq!(of("wechat", &|_| ()), own, "a union id without its owner is nobody's");
    assert_eq!(
        (of("qq", &|_| ()), of("weibo", &|_| ())),
        ("qq:app1".to_owned(), "weibo".to_owned())
    );
    for key in ["weibo", "qq", "wechat"] {
        let elsewhere = of(key, &|s| {
            acme(s);
            s.userinfo_url = "https://evil.test/who".into();
        });
        assert_eq!(elsewhere, own, "{key}");
        assert_eq!(of(key, &|s| s.subject_path = "other".into()), own, "{key}");
    }
    assert_eq!(of("gitea", &|_| ()), own);
}

/// A provider may go from the generic form to a preset without losing anybody (ZI-21).
#[test]
fn zi_21_a_preset_of_openid_connect_keeps_the_namespace_of_its_issuer() {
    let provider = domain::ProviderId([1; 16]);
    let generic: Settings = serde_json::from_value(
        json!({"kind": "oidc", "issuer": "https://accounts.google.com", "client_id": "app1"}),
    )
    .unwrap();
    let preset = find("google").unwrap().settings("app1", &BTreeMap::new());
    assert_eq!(generic.namespace(provider), preset.namespace(provider));
}

/// The table of the documentation, out of the registry. `WRITE_TABLES=1` writes it.
#[test]
fn the_documentation_shows_every_preset_with_what_it_can() {
    let mut table = "| Preset | Protocol | You type | ".to_owned()
        + &Capability::ALL.map(Capability::name).join(" | ")
        + " | To know |\n|---|---|---|"
        + &"---|".repeat(Capability::ALL.len() + 1)
        + "\n";
    for preset in ALL {
        let protocol = match preset.template {
            Template::Oidc(_) => "OpenID Connect",
            Template::Oauth2(_) | Template::Github => "OAuth 2.0",
            Template::Ldap(_) => "LDAP",
            Template::Saml(_) => "SAML 2.0",
        };
        let can = Capability::ALL
            .map(|capability| if preset.can(capability) { "yes" } else { "" })
            .join(" | ");
        table += &format!(
            "| {} (`{}`) | {protocol} | {} | {can} | {} |\n",
            preset.name,
            preset.key,
            preset.inputs().join(", "),
            preset.notes
        );
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/providers.md");
    let page = std::fs::read_to_string(path).unwrap();
    let (before, rest) = page.split_once("<!-- table -->\n").unwrap();
    let (shown, after) = rest.split_once("<!-- /table -->\n").unwrap();
    if std::env::var_os("WRITE_TABLES").is_some() {
        std::fs::write(path, format!("{before}<!-- table -->\n{table}<!-- /table -->\n{after}"))
            .unwrap();
    } else {
        assert_eq!(shown, table, "run this test with WRITE_TABLES=1");
    }
}
