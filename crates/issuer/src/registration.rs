//! Dynamic registration (RFC 7591, OpenID Connect Dynamic Client Registration 1.0): what a program may say of itself.
use serde::Deserialize;
use serde_json::Value;

use crate::settings::{Algorithm, DEVICE_GRANT, Grant, Kind, Settings};

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
    token_endpoint_auth_method: Option<String>,
    grant_types: Option<Vec<String>>,
    response_types: Option<Vec<String>>,
    application_type: Option<String>,
    post_logout_redirect_uris: Vec<String>,
    backchannel_logout_uri: String,
    frontchannel_logout_uri: String,
    id_token_signed_response_alg: Option<Algorithm>,
    subject_type: Option<String>,
    dpop_bound_access_tokens: bool,
    software_statement: Option<Value>,
    id_token_encrypted_response_alg: Option<Value>,
    userinfo_signed_response_alg: Option<Value>,
    request_object_signing_alg: Option<Value>,
}

fn problem(error: &'static str, description: &str) -> MetadataProblem {
    MetadataProblem { error, description: description.to_owned() }
}

/// Reads a program's metadata.
///
/// # Errors
/// [`MetadataProblem`].
pub fn read_metadata(metadata: &Value) -> Result<Registration, MetadataProblem> {
    let invalid = |description: &str| problem("invalid_client_metadata", description);
    let said: Metadata =
        serde_json::from_value(metadata.clone()).map_err(|e| invalid(&e.to_string()))?;
    if said.software_statement.is_some() {
        return Err(problem(
            "unapproved_software_statement",
            "software statements are not accepted",
        ));
    }
    for (name, asked) in [
        ("id_token_encrypted_response_alg", &said.id_token_encrypted_response_alg),
        ("userinfo_signed_response_alg", &said.userinfo_signed_response_alg),
        ("request_object_signing_alg", &said.request_object_signing_alg),
    ] {
        if asked.is_some() {
            return Err(invalid(&format!("{name} is not supported")));
        }
    }
    if said.response_types.is_some_and(|types| types != ["code"]) {
        return Err(invalid("response_types must be code"));
    }
    let kind = match (said.token_endpoint_auth_method.as_deref(), said.application_type.as_deref())
    {
        (
            Some("client_secret_basic" | "client_secret_post") | None,
            Some("web" | "native") | None,
        ) => Kind::Web,
        (Some("none"), Some("native")) => Kind::Native,
        (Some("none"), Some("web") | None) => Kind::SinglePage,
        (Some("client_secret_basic" | "client_secret_post" | "none") | None, Some(_)) => {
            return Err(invalid("application_type must be web or native"));
        }
        (Some(_), _) => {
            return Err(invalid(
                "token_endpoint_auth_method must be client_secret_basic, client_secret_post or none",
            ));
        }
    };
    let mut grants = Settings::default().grants;
    if let Some(types) = said.grant_types {
        grants.clear();
        for name in types {
            grants.insert(match name.as_str() {
                "authorization_code" => Grant::AuthorizationCode,
                "refresh_token" => Grant::RefreshToken,
                DEVICE_GRANT => Grant::DeviceCode,
                _ => {
                    return Err(invalid(
                        "grant_types may be authorization_code, refresh_token and device_code",
                    ));
                }
            });
        }
    }
    let pairwise = match said.subject_type.as_deref() {
        Some("pairwise") => true,
        Some("public") | None => false,
        Some(_) => return Err(invalid("subject_type must be public or pairwise")),
    };
    let settings = Settings {
        kind,
        grants,
        first_party: false,
        unchecked_name: true,
        post_logout_redirect_uris: said.post_logout_redirect_uris,
        backchannel_logout_uri: said.backchannel_logout_uri,
        frontchannel_logout_uri: said.frontchannel_logout_uri,
        algorithm: said.id_token_signed_response_alg.unwrap_or(Algorithm::Rs256),
        pairwise,
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
            ("response_types", json!(["token"]), "invalid_client_metadata"),
            ("token_endpoint_auth_method", json!("private_key_jwt"), "invalid_client_metadata"),
            ("application_type", json!("toaster"), "invalid_client_metadata"),
            ("subject_type", json!("secret"), "invalid_client_metadata"),
            ("id_token_signed_response_alg", json!("none"), "invalid_client_metadata"),
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
