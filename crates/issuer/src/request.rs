//! The authorization request (RFC 6749 §4.1.1, OpenID Connect Core §3.1.2, RFC 7636): what is wrong, and whom to tell.
use domain::{ApplicationId, Micros, path::AuthorizeRequest};
use serde_json::Value;
use url::Url;

use crate::{
    acr::{ACR_ONE_FACTOR, ACR_TWO_FACTORS},
    settings::{Grant, Kind, Settings},
};

/// The client as registered.
#[derive(Debug, Clone)]
pub struct RegisteredClient {
    pub id: ApplicationId,
    pub client_id: String,
    pub name: String,
    pub redirect_uris: Vec<String>,
    pub settings: Settings,
}

/// A request that cannot go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuthorizeProblem {
    /// The client or its redirect URI is not known: nobody is redirected (RFC 6749 §4.1.2.1).
    Untrusted,
    /// Told to the application at its registered URI.
    Tell { to: ReplyTo, error: &'static str, description: &'static str },
}

/// Where an application is answered, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplyTo {
    pub redirect_uri: String,
    pub state: Option<String>,
    /// Posted by the person's browser instead of standing in an address.
    pub form_post: bool,
}

impl From<&AuthorizeRequest> for ReplyTo {
    fn from(request: &AuthorizeRequest) -> Self {
        Self {
            redirect_uri: request.redirect_uri.clone(),
            state: request.state.clone(),
            form_post: request.form_post,
        }
    }
}

/// A request that is fine as far as it goes by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Validated {
    pub request: AuthorizeRequest,
    /// `prompt=none`: no page may be shown.
    pub silent: bool,
    /// An ID token of ours, not yet read.
    pub hint: Option<String>,
    /// Languages that the application would like, the best first.
    pub ui_locales: String,
}

/// Scopes that mean something here; others are left out of what is granted (RFC 6749 §3.3).
pub const SCOPES: [&str; 8] =
    ["openid", "profile", "email", "phone", "address", "roles", "groups", "offline_access"];

/// Whether a parameter comes twice that may come once (RFC 6749 §3.1, §3.2). `resource` may come for each server
/// (RFC 8707 §2).
#[must_use]
pub fn is_any_repeated(parameters: &[(String, String)]) -> bool {
    let mut names: Vec<_> =
        parameters.iter().map(|(name, _)| name).filter(|name| *name != "resource").collect();
    names.sort_unstable();
    names.windows(2).any(|pair| pair.first() == pair.last())
}

/// Validates a request's parameters.
///
/// # Errors
/// [`AuthorizeProblem`].
pub fn validate(
    parameters: &[(String, String)],
    client: Option<&RegisteredClient>,
    at: Micros,
) -> Result<Validated, AuthorizeProblem> {
    let one = |name: &str| {
        parameters.iter().find(|(k, _)| k == name).map(|(_, v)| v.clone()).filter(|v| !v.is_empty())
    };
    let client = client.ok_or(AuthorizeProblem::Untrusted)?;
    let redirect_uri = one("redirect_uri")
        .filter(|uri| is_registered(uri, client))
        .ok_or(AuthorizeProblem::Untrusted)?;
    let state = one("state");
    let mode = one("response_mode").unwrap_or_else(|| "query".to_owned());
    let form_post = mode == "form_post";
    let to = ReplyTo { redirect_uri: redirect_uri.clone(), state: state.clone(), form_post };
    let tell = |error, description| AuthorizeProblem::Tell { to: to.clone(), error, description };
    if is_any_repeated(parameters) {
        return Err(tell("invalid_request", "a parameter appears twice"));
    }
    if !client.settings.grants.contains(&Grant::AuthorizationCode) {
        return Err(tell(
            "unauthorized_client",
            "this application may not use authorization codes",
        ));
    }
    if one("request").is_some() {
        return Err(tell("request_not_supported", "request objects are not supported"));
    }
    if one("request_uri").is_some() {
        return Err(tell(
            "request_uri_not_supported",
            "only request URIs of the pushed authorization request endpoint are supported",
        ));
    }
    match one("response_type").as_deref() {
        Some("code") => {}
        None => return Err(tell("invalid_request", "response_type is missing")),
        Some(_) => return Err(tell("unsupported_response_type", "response_type must be code")),
    }
    if !form_post && mode != "query" {
        return Err(tell("invalid_request", "response_mode must be query or form_post"));
    }
    let scope: Vec<String> = one("scope")
        .unwrap_or_default()
        .split(' ')
        .filter(|s| !s.is_empty())
        .map(str::to_owned)
        .collect();
    if !client.settings.plain_oauth && !scope.iter().any(|s| s == "openid") {
        return Err(tell("invalid_scope", "scope must contain openid"));
    }
    let code_challenge = match (one("code_challenge"), one("code_challenge_method").as_deref()) {
        (Some(challenge), Some("S256")) if challenge.len() == 43 => challenge,
        (Some(_), _) => {
            return Err(tell("invalid_request", "code_challenge must be an S256 challenge"));
        }
        (None, None) if client.settings.pkce_optional && !client.settings.kind.is_public() => {
            String::new()
        }
        (None, _) => return Err(tell("invalid_request", "code_challenge is required")),
    };
    let prompt: Vec<String> = one("prompt")
        .unwrap_or_default()
        .split(' ')
        .filter(|p| !p.is_empty())
        .map(str::to_owned)
        .collect();
    let prompts = |name: &str| prompt.iter().any(|p| p == name);
    if prompts("none") && prompt.len() > 1 {
        return Err(tell("invalid_request", "prompt=none stands alone"));
    }
    let max_age = match one("max_age") {
        None => None,
        Some(text) => Some(
            text.parse::<i64>()
                .ok()
                .filter(|n| *n >= 0)
                .ok_or_else(|| tell("invalid_request", "max_age must be a number of seconds"))?,
        ),
    };
    let claims: Value = match one("claims") {
        None => Value::Null,
        Some(text) => serde_json::from_str(&text)
            .ok()
            .filter(Value::is_object)
            .ok_or_else(|| tell("invalid_request", "claims must be a JSON object"))?,
    };
    let named = |part: &str| {
        claims
            .get(part)
            .and_then(Value::as_object)
            .map(|o| o.keys().filter(|k| k.len() <= 60).take(50).cloned().collect())
            .unwrap_or_default()
    };
    let subject = claims
        .pointer("/id_token/sub/value")
        .or_else(|| claims.pointer("/userinfo/sub/value"))
        .and_then(Value::as_str)
        .map(str::to_owned);
    let request = AuthorizeRequest {
        application: client.id,
        client_id: client.client_id.clone(),
        application_name: client.name.clone(),
        redirect_uri: redirect_uri.clone(),
        form_post,
        scope: scope.into_iter().filter(|s| SCOPES.contains(&s.as_str())).collect(),
        state,
        nonce: one("nonce"),
        code_challenge,
        max_age,
        // Choosing an account is signing in: there is one session in a browser.
        fresh: prompts("login") || prompts("select_account"),
        consent: prompts("consent"),
        subject,
        two_factors: wants_two_factors(&one("acr_values").unwrap_or_default(), &claims),
        without_address: false,
        login_hint: one("login_hint").unwrap_or_default().chars().take(254).collect(),
        id_token_claims: named("id_token"),
        userinfo_claims: named("userinfo"),
        at,
        waits: None,
        pushed: None,
    };
    Ok(Validated {
        request,
        silent: prompts("none"),
        hint: one("id_token_hint"),
        ui_locales: one("ui_locales").unwrap_or_default(),
    })
}

/// Two factors are demanded where they are the only level of ours that would do: by `acr_values` (RFC 9470 §4), or by an
/// essential `acr` claim (OpenID Connect Core §5.5.1.1). Levels that nobody here knows demand nothing.
fn wants_two_factors(acr_values: &str, claims: &Value) -> bool {
    let acr = claims
        .pointer("/id_token/acr")
        .filter(|acr| acr.get("essential").and_then(Value::as_bool) == Some(true));
    let named = acr
        .and_then(|a| a.get("values"))
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .chain(acr.and_then(|a| a.get("value")))
        .filter_map(Value::as_str);
    let only_two =
        |levels: &[&str]| levels.contains(&ACR_TWO_FACTORS) && !levels.contains(&ACR_ONE_FACTOR);
    only_two(&acr_values.split(' ').collect::<Vec<_>>()) || only_two(&named.collect::<Vec<_>>())
}

/// Compared exactly (RFC 9700 §2.1); a native application's loopback address may have any port (RFC 8252 §7.3), and no path
/// is the root. Who registers `localhost` has chosen it: whatever answers to that name on the device gets the code.
fn is_registered(uri: &str, client: &RegisteredClient) -> bool {
    if client.redirect_uris.iter().any(|r| r == uri) {
        return true;
    }
    let without_port = |text: &str| {
        let url = Url::parse(text).ok()?;
        let loopback = url.scheme() == "http"
            && matches!(url.host_str(), Some("127.0.0.1" | "[::1]" | "localhost"));
        let rest = text.strip_prefix("http://")?;
        let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let path = if path.is_empty() { "/" } else { path };
        let host = if authority.starts_with('[') {
            authority.split_once(']').map(|(h, _)| h)?
        } else {
            authority.split(':').next()?
        };
        loopback.then(|| (host.to_owned(), path.to_owned()))
    };
    client.settings.kind == Kind::Native
        && without_port(uri).is_some_and(|asked| {
            client.redirect_uris.iter().any(|r| without_port(r).is_some_and(|known| known == asked))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client() -> RegisteredClient {
        RegisteredClient {
            id: ApplicationId([1; 16]),
            client_id: "app".into(),
            name: "App".into(),
            redirect_uris: vec!["https://app.test/cb".into()],
            settings: Settings::default(),
        }
    }

    fn request(change: &[(&str, Option<&str>)]) -> Vec<(String, String)> {
        let mut all = vec![
            ("client_id", "app"),
            ("redirect_uri", "https://app.test/cb"),
            ("response_type", "code"),
            ("scope", "openid email"),
            ("state", "s"),
            ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
            ("code_challenge_method", "S256"),
        ];
        for (name, value) in change {
            all.retain(|(k, _)| k != name);
            if let Some(value) = value {
                all.push((name, value));
            }
        }
        all.into_iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect()
    }

    #[test]
    fn sb_09_redirect_uris_are_compared_exactly() {
        for bad in [
            "https://app.test/cb/",
            "https://app.test/cb?x",
            "https://app.test/CB",
            "http://app.test/cb",
            "https://app.test.evil.tld/cb",
            "https://a@app.test/cb",
            "//app.test/cb",
            "https://app.test/cb#x",
            "https://app.test/cb/../cb",
        ] {
            assert_eq!(
                validate(&request(&[("redirect_uri", Some(bad))]), Some(&client()), 0),
                Err(AuthorizeProblem::Untrusted),
                "{bad}"
            );
        }
        assert_eq!(validate(&request(&[]), None, 0), Err(AuthorizeProblem::Untrusted));
    }

    #[test]
    fn what_is_missing_is_told_to_the_application_with_the_standards_codes() {
        type Change = [(&'static str, Option<&'static str>)];
        let cases: [(&Change, &str); 7] = [
            (&[("response_type", Some("token"))], "unsupported_response_type"),
            (&[("response_type", None)], "invalid_request"),
            (&[("scope", Some("email"))], "invalid_scope"),
            (&[("code_challenge", None)], "invalid_request"),
            (&[("code_challenge_method", Some("plain"))], "invalid_request"),
            (&[("prompt", Some("none login"))], "invalid_request"),
            (&[("request", Some("x.y.z"))], "request_not_supported"),
        ];
        for (change, code) in cases {
            match validate(&request(change), Some(&client()), 0) {
                Err(AuthorizeProblem::Tell { error, to, .. }) => {
                    assert_eq!((error, to.state.as_deref()), (code, Some("s")), "{change:?}")
                }
                other => panic!("{change:?}: {other:?}"),
            }
        }
        assert!(validate(&request(&[]), Some(&client()), 0).is_ok());
    }

    #[test]
    fn fr_43_a_request_without_openid_is_plain_oauth_where_somebody_said_so() {
        let plain = RegisteredClient {
            settings: Settings { plain_oauth: true, ..Settings::default() },
            ..client()
        };
        for (scope, granted) in [(Some("email"), vec!["email"]), (None, vec![])] {
            let asked = request(&[("scope", scope)]);
            assert!(validate(&asked, Some(&client()), 0).is_err(), "{scope:?}");
            assert_eq!(validate(&asked, Some(&plain), 0).unwrap().request.scope, granted);
        }
    }

    #[test]
    fn fr_23_answers_and_errors_are_posted_where_the_application_says_so() {
        let posted = request(&[("response_mode", Some("form_post"))]);
        assert!(validate(&posted, Some(&client()), 0).unwrap().request.form_post);
        let wrong = [("response_mode", Some("form_post")), ("scope", Some("email"))];
        match validate(&request(&wrong), Some(&client()), 0) {
            Err(AuthorizeProblem::Tell { to, .. }) => assert!(to.form_post),
            other => panic!("{other:?}"),
        }
        assert!(!validate(&request(&[]), Some(&client()), 0).unwrap().request.form_post);
        for mode in ["fragment", "query.jwt", "web_message"] {
            let asked = request(&[("response_mode", Some(mode))]);
            assert!(validate(&asked, Some(&client()), 0).is_err(), "{mode}");
        }
    }

    #[test]
    fn pkce_is_left_out_only_by_a_confidential_application_that_may() {
        let without = request(&[("code_challenge", None), ("code_challenge_method", None)]);
        let may = |kind, pkce_optional| {
            validate(
                &without,
                Some(&RegisteredClient {
                    settings: Settings { kind, pkce_optional, ..Settings::default() },
                    ..client()
                }),
                0,
            )
            .is_ok()
        };
        assert!(may(Kind::Web, true));
        assert!(!may(Kind::Web, false) && !may(Kind::SinglePage, true) && !may(Kind::Native, true));
        let plain = request(&[("code_challenge_method", Some("plain"))]);
        assert!(
            validate(
                &plain,
                Some(&RegisteredClient {
                    settings: Settings { pkce_optional: true, ..Settings::default() },
                    ..client()
                }),
                0
            )
            .is_err()
        );
    }

    #[test]
    fn the_port_of_a_loopback_address_is_free_for_native_applications_only() {
        let native = |uris: &[&str]| RegisteredClient {
            redirect_uris: uris.iter().map(|u| (*u).to_owned()).collect(),
            settings: Settings { kind: Kind::Native, ..Settings::default() },
            ..client()
        };
        let asked = |uri: &str, client: &RegisteredClient| {
            validate(&request(&[("redirect_uri", Some(uri))]), Some(client), 0).is_ok()
        };
        let app = native(&["http://127.0.0.1/cb", "http://[::1]:3000/cb"]);
        assert!(asked("http://127.0.0.1:51234/cb", &app) && asked("http://[::1]:51234/cb", &app));
        for bad in [
            "http://127.0.0.1:51234/other",
            "http://localhost:51234/cb",
            "https://127.0.0.1:51234/cb",
            "http://127.0.0.1.evil.test:1/cb",
            "http://127.0.0.1:1@evil.test/cb",
            "http://127.0.0.1:51234/cb?x=1",
        ] {
            assert!(!asked(bad, &app), "{bad}");
        }
        let rooted = native(&["http://127.0.0.1:33418", "http://localhost/cb"]);
        for good in [
            "http://127.0.0.1:5",
            "http://127.0.0.1:5/",
            "http://127.0.0.1",
            "http://localhost:9/cb",
        ] {
            assert!(asked(good, &rooted), "{good}");
        }
        for bad in [
            "http://127.0.0.1:5?x",
            "http://127.0.0.1:5/x",
            "http://localhost:9",
            "http://localhost.evil.test:9/cb",
        ] {
            assert!(!asked(bad, &rooted), "{bad}");
        }
        assert!(!asked(
            "http://127.0.0.1:51234/cb",
            &RegisteredClient { settings: Settings::default(), ..app }
        ));
    }

    #[test]
    fn claims_and_hints_are_read_and_nonsense_is_told() {
        let asked =
            |change: &[(&str, Option<&str>)]| validate(&request(change), Some(&client()), 0);
        let read = asked(&[
            ("claims", Some(r#"{"userinfo":{"name":{"essential":true}},"id_token":{"sub":{"value":"s1"},"auth_time":null}}"#)),
            ("prompt", Some("consent login")),
            ("ui_locales", Some("de en")),
        ])
        .unwrap();
        assert_eq!(
            (read.request.subject.as_deref(), read.request.userinfo_claims.as_slice()),
            (Some("s1"), &["name".to_owned()][..])
        );
        assert!(read.request.consent && read.request.fresh && !read.silent);
        assert_eq!(read.ui_locales, "de en");
        assert!(
            asked(&[("claims", Some("[]"))]).is_err()
                && asked(&[("claims", Some("x"))]).is_err()
                && asked(&[("max_age", Some("soon"))]).is_err()
        );
        assert!(
            asked(&[("scope", Some("openid unheard_of"))]).unwrap().request.scope == ["openid"]
        );
    }
}
