//! Dynamic registration (RFC 7591, OpenID Connect Dynamic Client Registration 1.0): what a program may say of itself.
use serde::Deserialize;
use serde_json::Value;

use crate::settings::{Algorithm, Grant, Kind, Settings};

/// The error of RFC 7591 §3.2.2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetadataProblem {
    pub error: &'static str,
    pub description: String,
}

/// A program's registration. It never comes to be trusted as one of ours: people are asked, and it speaks for no other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    pub name: String,
    pub redirect_uris: Vec<String>,
    pub settings: Settings,
}

/// What is read; RFC 7591 §2 has servers ignore the rest.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Metadata {
    client_name: Option<String>,
    redirect_uris: Vec<String>,
    scope: Option<String>,
    token_endpoint_auth_method: Option<String>,
    grant_types: Option<Vec<String>>,
    response_types: Option<Vec<String>>,
    application_type: Option<String>,
    post_logout_redirect_uris: Vec<String>,
    backchannel_logout_uri: String,
    frontchannel_logout_uri: String,
    id_token_signed_response_alg: Option<String>,
    subject_type: Option<String>,
    dpop_bound_access_tokens: bool,
    software_statement: Option<Value>,
    id_token_encrypted_response_alg: Option<Value>,
    userinfo_encrypted_response_alg: Option<Value>,
}

fn problem(error: &'static str, description: &str) -> MetadataProblem {
    MetadataProblem { error, description: description.to_owned() }
}

/// Reads a program's metadata. What it asks for and does not exist here is left out or replaced, and the answer tells what
/// it got (RFC 7591 §3.2.1, FR-26); refused is what leaves nothing to use, and what it could not do without knowing.
///
/// # Errors
/// [`MetadataProblem`].
pub fn read_metadata(metadata: &Value) -> Result<Registration, MetadataProblem> {
    let invalid = |description: &str| problem("invalid_client_metadata", description);
    let mut metadata = metadata.clone();
    // A value of null is one that is not there.
    if let Some(fields) = metadata.as_object_mut() {
        fields.retain(|_, value| !value.is_null());
    }
    let said: Metadata = serde_json::from_value(metadata).map_err(|e| invalid(&e.to_string()))?;
    if said.software_statement.is_some() {
        return Err(problem(
            "unapproved_software_statement",
            "software statements are not accepted",
        ));
    }
    // Whoever wants it secret is not given it in clear.
    for (name, asked) in [
        ("id_token_encrypted_response_alg", &said.id_token_encrypted_response_alg),
        ("userinfo_encrypted_response_alg", &said.userinfo_encrypted_response_alg),
    ] {
        if asked.is_some() {
            return Err(invalid(&format!("{name} is not supported")));
        }
    }
    if said.response_types.is_some_and(|types| !types.iter().any(|t| t == "code")) {
        return Err(invalid("response_types must have code"));
    }
    let kind = kind_of(
        said.token_endpoint_auth_method.as_deref(),
        said.application_type.as_deref(),
        &said.redirect_uris,
    );
    let mut grants = Settings::default().grants;
    if let Some(types) = said.grant_types {
        grants = types.iter().filter_map(|name| grant(name)).collect();
        if grants.iter().all(|grant| *grant == Grant::RefreshToken) {
            return Err(invalid("grant_types must have authorization_code or the device grant"));
        }
    }
    let algorithm = said.id_token_signed_response_alg.as_deref().unwrap_or_default();
    let known = Algorithm::ALL.into_iter().find(|known| known.name() == algorithm);
    // Who names scopes and leaves `openid` out has no use for ID tokens.
    let plain_oauth =
        said.scope.is_some_and(|scope| !scope.split(' ').any(|name| name == "openid"));
    let settings = Settings {
        kind,
        grants,
        first_party: false,
        unchecked_name: true,
        post_logout_redirect_uris: said.post_logout_redirect_uris,
        backchannel_logout_uri: said.backchannel_logout_uri,
        frontchannel_logout_uri: said.frontchannel_logout_uri,
        algorithm: known.unwrap_or(Algorithm::Rs256),
        pairwise: said.subject_type.as_deref() == Some("pairwise"),
        plain_oauth,
        dpop: said.dpop_bound_access_tokens,
        ..Settings::default()
    };
    let problems = settings.problems(&said.redirect_uris);
    if said.redirect_uris.len() > 30 || problems.contains(&"redirect_uris") {
        return Err(problem(
            "invalid_redirect_uri",
            "redirect_uris must be https, http on this machine, or a scheme of one's own with a dot",
        ));
    }
    if let Some(field) = problems.first() {
        return Err(invalid(&format!("{field} cannot be used")));
    }
    let name = said.client_name.unwrap_or_default().trim().to_owned();
    if name.is_empty() || name.chars().count() > 80 || name.chars().any(char::is_control) {
        return Err(invalid(
            "client_name must be a name of at most 80 characters: people are asked whether they trust it",
        ));
    }
    Ok(Registration { name, redirect_uris: said.redirect_uris, settings })
}

/// How a program runs. What its device alone can be sent to shows one that keeps no secret, whatever it asks for
/// (RFC 8252 §8.5); its loopback ports stay free then.
fn kind_of(method: Option<&str>, application: Option<&str>, uris: &[String]) -> Kind {
    let on_a_device = uris.iter().any(|uri| !uri.starts_with("https://"));
    match (method, application) {
        (Some("none"), Some("native")) => Kind::Native,
        (Some("none"), _) => Kind::SinglePage,
        (_, Some("native")) if on_a_device => Kind::Native,
        _ => Kind::Web,
    }
}

fn grant(name: &str) -> Option<Grant> {
    [Grant::AuthorizationCode, Grant::RefreshToken, Grant::DeviceCode]
        .into_iter()
        .find(|grant| grant.name() == name)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_program_says_of_itself_makes_it_neither_ours_nor_a_judge_of_other_tokens() {
        let said = json!({"client_name": " Tool ", "redirect_uris": ["https://t.test/cb"], "first_party": true, "resource_server": true, "identities": true, "pkce_optional": true, "own_scopes": ["all"], "unknown": 1});
        let made = read_metadata(&said).unwrap();
        assert_eq!(
            (made.name.as_str(), made.settings),
            ("Tool", Settings { first_party: false, unchecked_name: true, ..Settings::default() })
        );
    }

    #[test]
    fn each_part_that_cannot_be_is_refused_with_the_standards_code() {
        for (part, value, error) in [
            ("redirect_uris", json!(["http://t.test/cb"]), "invalid_redirect_uri"),
            ("redirect_uris", json!([]), "invalid_redirect_uri"),
            ("redirect_uris", json!(["javascript:alert(1)"]), "invalid_redirect_uri"),
            ("redirect_uris", json!("https://t.test/cb"), "invalid_client_metadata"),
            ("client_name", json!(""), "invalid_client_metadata"),
            ("client_name", json!("a\nb"), "invalid_client_metadata"),
            ("grant_types", json!(["implicit"]), "invalid_client_metadata"),
            ("grant_types", json!(["client_credentials"]), "invalid_client_metadata"),
            ("grant_types", json!([]), "invalid_client_metadata"),
            ("grant_types", json!(["refresh_token"]), "invalid_client_metadata"),
            ("response_types", json!(["token"]), "invalid_client_metadata"),
            ("userinfo_encrypted_response_alg", json!("RSA-OAEP"), "invalid_client_metadata"),
            ("id_token_encrypted_response_alg", json!("RSA-OAEP"), "invalid_client_metadata"),
            ("backchannel_logout_uri", json!("http://t.test/out"), "invalid_client_metadata"),
            ("software_statement", json!("x.y.z"), "unapproved_software_statement"),
        ] {
            let mut said = json!({"client_name": "Tool", "redirect_uris": ["https://t.test/cb"]});
            said[part] = value.clone();
            assert_eq!(read_metadata(&said).unwrap_err().error, error, "{part} {value}");
        }
    }

    #[test]
    fn fr_26_more_than_there_is_is_narrowed_and_null_is_nothing() {
        type Seen = fn(&Settings) -> bool;
        let codes: Seen = |s| s.grants == Settings::default().grants;
        let cases: [(&str, Value, Seen); 11] = [
            (
                "grant_types",
                json!([
                    "authorization_code",
                    "refresh_token",
                    "urn:ietf:params:oauth:grant-type:jwt-bearer"
                ]),
                codes,
            ),
            ("grant_types", json!(["authorization_code", "implicit"]), |s| s.grants.len() == 1),
            ("response_types", json!(["code", "id_token"]), codes),
            ("post_logout_redirect_uris", json!(null), |s| s.post_logout_redirect_uris.is_empty()),
            ("frontchannel_logout_uri", json!(null), |s| s.frontchannel_logout_uri.is_empty()),
            ("id_token_signed_response_alg", json!("RS512"), |s| s.algorithm == Algorithm::Rs256),
            ("id_token_signed_response_alg", json!("ES256"), |s| s.algorithm == Algorithm::Es256),
            ("token_endpoint_auth_method", json!("private_key_jwt"), |s| s.kind == Kind::Web),
            ("subject_type", json!("secret"), |s| !s.pairwise),
            ("userinfo_signed_response_alg", json!("RS256"), codes),
            ("scope", json!("email offline_access"), |s| s.plain_oauth),
        ];
        for (part, value, seen) in cases {
            let mut said = json!({"client_name": "Tool", "redirect_uris": ["https://t.test/cb"]});
            said[part] = value.clone();
            let made = read_metadata(&said).unwrap_or_else(|e| panic!("{part} {value}: {e:?}"));
            assert!(seen(&made.settings), "{part} {value}: {:?}", made.settings);
        }
    }

    #[test]
    fn fr_26_a_program_of_the_device_that_asks_for_a_secret_stays_one_and_gets_none() {
        for uri in ["http://127.0.0.1:33418", "com.example.app:/cb"] {
            let said = json!({"client_name": "Tool", "application_type": "native", "token_endpoint_auth_method": "client_secret_basic", "redirect_uris": [uri]});
            assert_eq!(read_metadata(&said).unwrap().settings.kind, Kind::Native, "{uri}");
        }
        let site = json!({"client_name": "Tool", "application_type": "native", "redirect_uris": ["https://t.test/cb"]});
        assert_eq!(read_metadata(&site).unwrap().settings.kind, Kind::Web);
    }

    #[test]
    fn public_programs_are_told_by_having_no_secret() {
        let kind = |more: Value| {
            let mut said = json!({"client_name": "Tool", "redirect_uris": ["http://127.0.0.1/cb"], "token_endpoint_auth_method": "none"});
            said.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            read_metadata(&said).unwrap().settings.kind
        };
        assert_eq!(
            (kind(json!({"application_type": "native"})), kind(json!({}))),
            (Kind::Native, Kind::SinglePage)
        );
        assert_eq!(kind(json!({"token_endpoint_auth_method": "client_secret_post"})), Kind::Web);
    }
}
