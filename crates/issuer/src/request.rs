//! The authorization request (RFC 6749 §4.1.1, OpenID Connect Core §3.1.2, RFC 7636): what is wrong, and whom to tell.
use domain::{ApplicationId, Micros, path::AuthorizeRequest};

/// The client as registered.
#[derive(Debug, Clone)]
pub struct RegisteredClient {
    pub id: ApplicationId,
    pub client_id: String,
    pub name: String,
    pub redirect_uris: Vec<String>,
}

/// A request that cannot go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuthorizeProblem {
    /// The client or its redirect URI is not known: nobody is redirected (RFC 6749 §4.1.2.1).
    Untrusted,
    /// Told to the application at its registered URI.
    Tell { redirect_uri: String, error: &'static str, description: &'static str, state: Option<String> },
}

/// Validates a request's parameters. `silent` of the answer: `prompt=none`.
///
/// # Errors
/// [`AuthorizeProblem`].
pub fn validate(parameters: &[(String, String)], client: Option<&RegisteredClient>, at: Micros) -> Result<(AuthorizeRequest, bool), AuthorizeProblem> {
    let one = |name: &str| parameters.iter().find(|(k, _)| k == name).map(|(_, v)| v.clone()).filter(|v| !v.is_empty());
    let client = client.ok_or(AuthorizeProblem::Untrusted)?;
    let redirect_uri = one("redirect_uri").filter(|uri| client.redirect_uris.contains(uri)).ok_or(AuthorizeProblem::Untrusted)?;
    let state = one("state");
    let tell = |error, description| AuthorizeProblem::Tell { redirect_uri: redirect_uri.clone(), error, description, state: state.clone() };
    let mut names: Vec<_> = parameters.iter().map(|(k, _)| k).collect();
    names.sort_unstable();
    if names.windows(2).any(|w| w.first() == w.last()) {
        return Err(tell("invalid_request", "a parameter appears twice"));
    }
    if one("request").is_some() {
        return Err(tell("request_not_supported", "request objects are not supported"));
    }
    if one("request_uri").is_some() {
        return Err(tell("request_uri_not_supported", "request_uri is not supported"));
    }
    if one("response_type").as_deref() != Some("code") {
        return Err(tell("unsupported_response_type", "response_type must be code"));
    }
    if one("response_mode").is_some_and(|m| m != "query") {
        return Err(tell("invalid_request", "response_mode must be query"));
    }
    let scope: Vec<String> = one("scope").unwrap_or_default().split(' ').filter(|s| !s.is_empty()).map(str::to_owned).collect();
    if !scope.iter().any(|s| s == "openid") {
        return Err(tell("invalid_scope", "scope must contain openid"));
    }
    let code_challenge = one("code_challenge").filter(|c| c.len() == 43).ok_or_else(|| tell("invalid_request", "code_challenge is required"))?;
    if one("code_challenge_method").as_deref() != Some("S256") {
        return Err(tell("invalid_request", "code_challenge_method must be S256"));
    }
    let prompt: Vec<String> = one("prompt").unwrap_or_default().split(' ').map(str::to_owned).collect();
    let silent = prompt.iter().any(|p| p == "none");
    if silent && prompt.len() > 1 {
        return Err(tell("invalid_request", "prompt=none stands alone"));
    }
    let max_age = match one("max_age") {
        None => None,
        Some(text) => Some(text.parse::<i64>().ok().filter(|n| *n >= 0).ok_or_else(|| tell("invalid_request", "max_age must be a number of seconds"))?),
    };
    let request = AuthorizeRequest {
        application: client.id,
        client_id: client.client_id.clone(),
        application_name: client.name.clone(),
        redirect_uri: redirect_uri.clone(),
        scope: scope.into_iter().filter(|s| ["openid", "email", "profile"].contains(&s.as_str())).collect(),
        state,
        nonce: one("nonce"),
        code_challenge,
        max_age,
        fresh: prompt.iter().any(|p| p == "login"),
        at,
    };
    Ok((request, silent))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client() -> RegisteredClient {
        RegisteredClient { id: ApplicationId([1; 16]), client_id: "app".into(), name: "App".into(), redirect_uris: vec!["https://app.test/cb".into()] }
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
            assert_eq!(validate(&request(&[("redirect_uri", Some(bad))]), Some(&client()), 0), Err(AuthorizeProblem::Untrusted), "{bad}");
        }
        assert_eq!(validate(&request(&[]), None, 0), Err(AuthorizeProblem::Untrusted));
    }

    #[test]
    fn what_is_missing_is_told_to_the_application_with_the_standards_codes() {
        type Change = [(&'static str, Option<&'static str>)];
        let cases: [(&Change, &str); 6] = [
            (&[("response_type", Some("token"))], "unsupported_response_type"),
            (&[("scope", Some("email"))], "invalid_scope"),
            (&[("code_challenge", None)], "invalid_request"),
            (&[("code_challenge_method", Some("plain"))], "invalid_request"),
            (&[("prompt", Some("none login"))], "invalid_request"),
            (&[("request", Some("x.y.z"))], "request_not_supported"),
        ];
        for (change, code) in cases {
            match validate(&request(change), Some(&client()), 0) {
                Err(AuthorizeProblem::Tell { error, state, .. }) => assert_eq!((error, state.as_deref()), (code, Some("s")), "{change:?}"),
                other => panic!("{change:?}: {other:?}"),
            }
        }
        assert!(validate(&request(&[]), Some(&client()), 0).is_ok());
    }
}
