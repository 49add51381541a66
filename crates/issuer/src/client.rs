//! Client authentication at the token endpoint (RFC 6749 §2.3.1): Basic, form-decoded, or in the body. An empty secret is
//! none, as every parameter without a value (§3.2).
use base64::{Engine, engine::general_purpose::STANDARD};
use url::form_urlencoded;

/// What a client showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientCredentials {
    pub client_id: String,
    /// `None`: a public client that only says who it is.
    pub secret: Option<String>,
}

/// The client could not be told from the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientProblem {
    /// Nothing, or half of it.
    Missing,
    /// Two methods at once (RFC 6749 §2.3).
    Twice,
    /// Not readable.
    Malformed,
}

/// Reads the credentials from the `Authorization` header or the form.
///
/// # Errors
/// [`ClientProblem`].
pub fn client_credentials(
    authorization: Option<&str>,
    form: &[(String, String)],
) -> Result<ClientCredentials, ClientProblem> {
    let field = |name: &str| form.iter().find(|(k, _)| k == name).map(|(_, v)| v.clone());
    let body_secret = field("client_secret").filter(|secret| !secret.is_empty());
    match (authorization, body_secret) {
        (Some(_), Some(_)) => Err(ClientProblem::Twice),
        (Some(header), None) => basic(header),
        (None, secret) => field("client_id")
            .map(|client_id| ClientCredentials { client_id, secret })
            .ok_or(ClientProblem::Missing),
    }
}

fn basic(header: &str) -> Result<ClientCredentials, ClientProblem> {
    let encoded = header
        .split_once(' ')
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"))
        .map(|(_, rest)| rest.trim())
        .ok_or(ClientProblem::Malformed)?;
    let text = STANDARD
        .decode(encoded)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or(ClientProblem::Malformed)?;
    let (id, secret) = text.split_once(':').ok_or(ClientProblem::Malformed)?;
    Ok(ClientCredentials {
        client_id: form_decoded(id),
        secret: Some(form_decoded(secret)).filter(|secret| !secret.is_empty()),
    })
}

fn form_decoded(text: &str) -> String {
    let pair = format!("v={text}");
    form_urlencoded::parse(pair.as_bytes()).next().map(|(_, v)| v.into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_credentials_are_form_decoded() {
        let header = format!("Basic {}", STANDARD.encode("my%3Aapp:rp%2Dsecret%25"));
        assert_eq!(
            client_credentials(Some(&header), &[]),
            Ok(ClientCredentials { client_id: "my:app".into(), secret: Some("rp-secret%".into()) })
        );
    }

    #[test]
    fn fr_24_an_empty_secret_is_none_wherever_it_is_sent() {
        let public = Ok(ClientCredentials { client_id: "spa".into(), secret: None });
        let form = [
            ("client_id".to_owned(), "spa".to_owned()),
            ("client_secret".to_owned(), String::new()),
        ];
        assert_eq!(client_credentials(None, &form), public);
        assert_eq!(
            client_credentials(Some(&format!("Basic {}", STANDARD.encode("spa:"))), &[]),
            public
        );
        let confidential =
            Ok(ClientCredentials { client_id: "a".into(), secret: Some("b".into()) });
        assert_eq!(
            client_credentials(Some("Basic YTpi"), &form[1..]),
            confidential,
            "one method, not two"
        );
    }

    #[test]
    fn two_methods_at_once_are_refused() {
        let form = [
            ("client_id".to_owned(), "a".to_owned()),
            ("client_secret".to_owned(), "b".to_owned()),
        ];
        assert_eq!(client_credentials(Some("Basic YTpi"), &form), Err(ClientProblem::Twice));
        assert!(client_credentials(None, &form).is_ok());
        assert_eq!(
            client_credentials(None, &form[..1]),
            Ok(ClientCredentials { client_id: "a".into(), secret: None })
        );
    }
}
