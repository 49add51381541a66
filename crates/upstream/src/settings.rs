//! What an administrator configures of a provider, without its secret.
use serde::{Deserialize, Serialize};
use url::Url;

use crate::connector::origin_of;

/// Settings by kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Settings {
    Oidc(OidcSettings),
    Oauth2(Oauth2Settings),
    Github(GithubSettings),
}

/// How the client shows its secret at the token endpoint. Some providers do not decode Basic as RFC 6749 §2.3.1 says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Auth {
    #[default]
    Basic,
    Post,
}

/// An OpenID Provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OidcSettings {
    /// Compared exactly with the metadata and the tokens.
    pub issuer: String,
    pub client_id: String,
    #[serde(default)]
    pub auth: Auth,
    #[serde(default = "oidc_scopes")]
    pub scopes: Vec<String>,
}

/// A plain OAuth 2.0 server with a place that tells who the person is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Oauth2Settings {
    pub client_id: String,
    pub authorization_url: String,
    pub token_url: String,
    pub userinfo_url: String,
    #[serde(default)]
    pub auth: Auth,
    #[serde(default)]
    pub scopes: Vec<String>,
    /// Paths into the answer, dots between names. The subject must be an identifier that never changes (ID-12).
    pub subject_path: String,
    #[serde(default)]
    pub email_path: String,
    #[serde(default)]
    pub email_verified_path: String,
    #[serde(default)]
    pub name_path: String,
}

/// GitHub, or a server that speaks its dialect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GithubSettings {
    pub client_id: String,
    #[serde(default = "github_web")]
    pub web_url: String,
    #[serde(default = "github_api")]
    pub api_url: String,
}

/// The least that is needed (NE-13).
fn oidc_scopes() -> Vec<String> {
    vec!["openid".into(), "email".into()]
}

fn github_web() -> String {
    "https://github.com".into()
}

fn github_api() -> String {
    "https://api.github.com".into()
}

/// Settings that cannot work, by field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsProblem {
    pub field: &'static str,
    /// Message key.
    pub remedy: &'static str,
}

/// Where a provider's word comes from: everything of its settings that can alter who an identity is (DL-01). Two
/// settings with the same source speak of the same people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Field and value, in the order of the form.
    says: Vec<(&'static str, String)>,
    /// Fields among them whose addresses receive the client secret, or a token that it obtained (DL-02).
    secret_to: &'static [&'static str],
}

impl Source {
    /// The first field in which it differs from another one.
    #[must_use]
    pub fn changed_from(&self, before: &Self) -> Option<&'static str> {
        self.says.iter().find(|said| !before.says.contains(said)).map(|(field, _)| *field)
    }

    /// The first address that would receive the secret and did not before.
    #[must_use]
    pub fn new_receiver(&self, before: &Self) -> Option<&'static str> {
        let received = |address: &str| before.says.iter().any(|(field, value)| before.secret_to.contains(field) && value == address);
        self.says.iter().find(|(field, value)| self.secret_to.contains(field) && !received(value)).map(|(field, _)| *field)
    }

    /// All of it in one text, for telling later whether it is still the same.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        self.says.iter().map(|(field, value)| format!("{field}={value:?}")).collect::<Vec<_>>().join("\n")
    }
}

/// Fields that people can change at their provider: never a key (ID-12).
const MUTABLE: [&str; 8] = ["email", "mail", "upn", "preferred_username", "username", "login", "name", "nickname"];

impl Settings {
    /// The kind's name, as the provider's row has it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Oidc(_) => "oidc",
            Self::Oauth2(_) => "oauth2",
            Self::Github(_) => "github",
        }
    }

    /// The namespace of its subjects; fixed when the provider is created.
    #[must_use]
    pub fn namespace(&self, provider: domain::ProviderId) -> String {
        match self {
            Self::Oidc(s) => format!("oidc:{}", s.issuer),
            Self::Oauth2(_) => format!("prov:{provider}"),
            Self::Github(s) if s.web_url == github_web() && s.api_url == github_api() => "github".into(),
            Self::Github(s) if origin_of(&s.web_url) == origin_of(&s.api_url) => format!("github:{}", s.web_url),
            // The API says who somebody is: another one speaks of other people, whatever the pages' address is.
            Self::Github(s) => format!("github:{} {}", s.web_url, s.api_url),
        }
    }

    /// Where its word comes from. Every field is named here: a new one does not compile before it was put on one side.
    #[must_use]
    pub fn source(&self) -> Source {
        let kind = ("kind", self.kind().to_owned());
        match self.clone() {
            Self::Oidc(OidcSettings { issuer, client_id, auth: _, scopes: _ }) => Source { says: vec![kind, ("issuer", issuer), ("client_id", client_id)], secret_to: &["issuer"] },
            Self::Oauth2(Oauth2Settings { client_id, authorization_url, token_url, userinfo_url, auth: _, scopes: _, subject_path, email_path, email_verified_path, name_path: _ }) => Source {
                says: vec![
                    kind,
                    ("client_id", client_id),
                    ("authorization_url", authorization_url),
                    ("token_url", token_url),
                    ("userinfo_url", userinfo_url),
                    ("subject_path", subject_path),
                    ("email_path", email_path),
                    ("email_verified_path", email_verified_path),
                ],
                secret_to: &["token_url", "userinfo_url"],
            },
            Self::Github(GithubSettings { client_id, web_url, api_url }) => {
                Source { says: vec![kind, ("client_id", client_id), ("web_url", web_url), ("api_url", api_url)], secret_to: &["web_url", "api_url"] }
            }
        }
    }

    /// Checks before saving.
    ///
    /// # Errors
    /// The first [`SettingsProblem`].
    pub fn check(&self, plain_http: bool) -> Result<(), SettingsProblem> {
        let url = |field: &'static str, text: &str| match Url::parse(text) {
            Ok(u) if (u.scheme() == "https" || plain_http && u.scheme() == "http") && u.has_host() && u.username().is_empty() && u.fragment().is_none() => Ok(()),
            _ => Err(SettingsProblem { field, remedy: "field-https-url" }),
        };
        let filled = |field: &'static str, text: &str| if text.trim().is_empty() { Err(SettingsProblem { field, remedy: "field-required" }) } else { Ok(()) };
        match self {
            Self::Oidc(s) => url("issuer", &s.issuer).and_then(|()| filled("client_id", &s.client_id)),
            Self::Github(s) => filled("client_id", &s.client_id).and_then(|()| url("web_url", &s.web_url)).and_then(|()| url("api_url", &s.api_url)),
            Self::Oauth2(s) => {
                filled("client_id", &s.client_id)?;
                url("authorization_url", &s.authorization_url)?;
                url("token_url", &s.token_url)?;
                url("userinfo_url", &s.userinfo_url)?;
                let last = s.subject_path.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
                if last.is_empty() || MUTABLE.contains(&last.as_str()) { Err(SettingsProblem { field: "subject_path", remedy: "field-immutable-subject" }) } else { Ok(()) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whoever may add a provider must not speak for another one's people: the namespace is whose word it is.
    #[test]
    fn ad_05_a_github_whose_api_is_elsewhere_speaks_of_other_people() {
        let named = |web: &str, api: &str| {
            let settings: Settings = serde_json::from_value(serde_json::json!({"kind": "github", "client_id": "c", "web_url": web, "api_url": api})).unwrap();
            settings.namespace(domain::ProviderId([1; 16]))
        };
        let usual = serde_json::from_value::<Settings>(serde_json::json!({"kind": "github", "client_id": "c"})).unwrap();
        assert_eq!(usual.namespace(domain::ProviderId([1; 16])), "github");
        assert_eq!(named("https://git.acme.test", "https://git.acme.test/api/v3"), "github:https://git.acme.test");
        let mut all: Vec<String> =
            [("https://github.com", "https://evil.test"), ("https://evil.test", "https://api.github.com"), ("https://git.acme.test", "https://evil.test")].map(|(w, a)| named(w, a)).into();
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
            scopes: vec![],
            subject_path: subject.into(),
            email_path: String::new(),
            email_verified_path: String::new(),
            name_path: String::new(),
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
            serde_json::from_value::<Settings>(changed).unwrap().source().changed_from(&generic("id").source())
        };
        for field in ["client_id", "authorization_url", "token_url", "userinfo_url", "subject_path", "email_path", "email_verified_path"] {
            assert_eq!(with(field, "https://evil.test/".into()), Some(field));
        }
        assert_eq!(with("name_path", "nick".into()), None);
        assert_eq!(with("scopes", serde_json::json!(["profile"])), None);
        assert_eq!(with("auth", "basic".into()), None);
        // Another kind, and another path within the origin of an API.
        let github = |api: &str| serde_json::from_value::<Settings>(serde_json::json!({"kind": "github", "client_id": "c", "web_url": "https://git.test", "api_url": api})).unwrap().source();
        assert_eq!(github("https://git.test/pages/evil").changed_from(&github("https://git.test/api")), Some("api_url"));
        assert_eq!(github("https://git.test/api").changed_from(&generic("id").source()), Some("kind"));
        assert_ne!(github("https://git.test/a").fingerprint(), github("https://git.test/b").fingerprint());
    }

    #[test]
    fn dl_02_an_address_that_receives_the_secret_is_new_unless_it_received_it_before() {
        let oidc = |issuer: &str, client: &str| Settings::Oidc(OidcSettings { issuer: issuer.into(), client_id: client.into(), auth: Auth::Basic, scopes: vec![] }).source();
        assert_eq!(oidc("https://b.test", "c").new_receiver(&oidc("https://a.test", "c")), Some("issuer"));
        assert_eq!(oidc("https://a.test", "d").new_receiver(&oidc("https://a.test", "c")), None);
        assert_eq!(generic("id").source().new_receiver(&oidc("https://p.test/t", "c")), Some("userinfo_url"));
        // The page that people see receives no secret.
        let Settings::Oauth2(mut other) = generic("id") else { panic!() };
        other.authorization_url = "https://elsewhere.test/a".into();
        assert_eq!(Settings::Oauth2(other.clone()).source().new_receiver(&generic("id").source()), None);
        other.token_url = "https://p.test/other".into();
        assert_eq!(Settings::Oauth2(other).source().new_receiver(&generic("id").source()), Some("token_url"));
    }

    #[test]
    fn plain_http_providers_are_refused_unless_allowed() {
        let local = Settings::Oidc(OidcSettings { issuer: "http://127.0.0.1:1".into(), client_id: "c".into(), auth: Auth::Basic, scopes: vec![] });
        assert!(local.check(false).is_err() && local.check(true).is_ok());
    }
}
