//! What an administrator configures of a provider, without its secret.
mod form;
mod ldap;

pub use form::{Input, Setting};
pub use ldap::LdapSettings;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::{
    connector::origin_of,
    presets::{self, Capability},
    protocols::{oidc::can_check, request::OURS},
};

/// Settings by kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Settings {
    Oidc(OidcSettings),
    Oauth2(Oauth2Settings),
    Github(GithubSettings),
    Ldap(LdapSettings),
}

/// How the client shows who it is at the token endpoint. Without a secret it shows nothing, whatever is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Auth {
    /// By `Authorization: Basic` (RFC 6749 §2.3.1).
    #[default]
    Basic,
    /// By a field of the form.
    Post,
    /// A public client: only `client_id` and the verifier are sent (FR-48).
    None,
    /// By a JWT that the private key of the settings signs (RFC 7523 §2.2).
    PrivateKeyJwt,
    /// By a secret that is a JWT, as Apple wants it.
    AppleJwt,
}

/// How a fresh sign-in is asked for. Some providers refuse what they do not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reauth {
    /// `prompt=login` and `max_age=0`.
    #[default]
    LoginAndMaxAge,
    Login,
    MaxAge,
    Neither,
}

/// An OpenID Provider.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OidcSettings {
    /// The preset that filled the settings in; empty: none. It says what the provider can deliver, nothing else.
    #[serde(default)]
    pub preset: String,
    /// Compared exactly with the metadata and the tokens.
    pub issuer: String,
    pub client_id: String,
    #[serde(default)]
    pub auth: Auth,
    #[serde(default = "oidc_scopes")]
    pub scopes: Vec<String>,
    /// Endpoints that count more than the metadata; with the first three of them none is read.
    #[serde(default)]
    pub authorization_endpoint: String,
    #[serde(default)]
    pub token_endpoint: String,
    #[serde(default)]
    pub jwks_uri: String,
    #[serde(default)]
    pub userinfo_endpoint: String,
    /// Audiences that a token may have beside us, without naming us as the party that asked (FR-04).
    #[serde(default)]
    pub trusted_audiences: Vec<String>,
    /// Signature algorithms that are accepted; empty: those that the provider announces.
    #[serde(default)]
    pub algorithms: Vec<String>,
    #[serde(default)]
    pub reauth: Reauth,
    /// Whether answers say when somebody signed in; unset: as they have shown (FR-32).
    #[serde(default)]
    pub reports_auth_time: Option<bool>,
    /// The answer is to come as a form (OAuth 2.0 Form Post Response Mode).
    #[serde(default)]
    pub form_post: bool,
    /// Requests are pushed, also where the metadata does not ask for it (RFC 9126).
    #[serde(default)]
    pub push: bool,
    /// Further parameters of the authorization request.
    #[serde(default)]
    pub extra: BTreeMap<String, String>,
    /// The access token is shown at userinfo in a posted form (RFC 6750 §2.2).
    #[serde(default)]
    pub userinfo_by_post: bool,
    /// Claims for which userinfo is asked beside those of the scopes `email` and `profile`.
    #[serde(default)]
    pub wanted_claims: Vec<String>,
    /// Each tenant has its own issuer, and a person's key is tenant and `oid` (ID-01).
    #[serde(default)]
    pub tenant_issuer: bool,
    /// The tenants that may come; empty: all.
    #[serde(default)]
    pub tenants: Vec<String>,
    /// The texts "true" and "false" are documented as truths.
    #[serde(default)]
    pub text_booleans: bool,
    /// The name of our private key there, and of our team at Apple.
    #[serde(default)]
    pub key_id: String,
    #[serde(default)]
    pub team_id: String,
}

/// A plain OAuth 2.0 server with a place that tells who the person is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Oauth2Settings {
    /// The preset whose dialect it speaks; empty: plain OAuth 2.0.
    #[serde(default)]
    pub preset: String,
    pub client_id: String,
    pub authorization_url: String,
    pub token_url: String,
    pub userinfo_url: String,
    #[serde(default)]
    pub auth: Auth,
    #[serde(default)]
    pub scopes: Vec<String>,
    /// Where a value is in the answer: a whole name first, then a path with dots; numbers count in lists from 0. The
    /// subject must be an identifier that never changes (ID-12).
    pub subject_path: String,
    #[serde(default)]
    pub email_path: String,
    #[serde(default)]
    pub email_verified_path: String,
    #[serde(default)]
    pub name_path: String,
    /// A list of addresses with `verified` and `primary`, in pages, as GitHub has it.
    #[serde(default)]
    pub addresses_url: String,
    /// Further parameters of the authorization request, and those for choosing an account or signing in anew (FR-33).
    #[serde(default)]
    pub extra: BTreeMap<String, String>,
    #[serde(default)]
    pub extra_again: BTreeMap<String, String>,
    /// The platform account whose `unionid` is the person's key, for applications of one owner (WeChat).
    #[serde(default)]
    pub platform_account: String,
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

impl GithubSettings {
    /// Those of github.com.
    pub(crate) fn usual() -> Self {
        Self { client_id: String::new(), web_url: github_web(), api_url: github_api() }
    }
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
        let received = |address: &str| {
            before
                .says
                .iter()
                .any(|(field, value)| before.secret_to.contains(field) && value == address)
        };
        self.says
            .iter()
            .find(|(field, value)| {
                self.secret_to.contains(field) && !value.is_empty() && !received(value)
            })
            .map(|(field, _)| *field)
    }

    /// All of it in one text, for telling later whether it is still the same.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        self.says
            .iter()
            .map(|(field, value)| format!("{field}={value:?}"))
            .collect::<Vec<_>>()
            .join("\n")
    }
}

/// Fields that people can change at their provider: never a key (ID-12).
const MUTABLE: [&str; 8] =
    ["email", "mail", "upn", "preferred_username", "username", "login", "name", "nickname"];

impl Settings {
    /// The kind's name, as the provider's row has it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Oidc(_) => "oidc",
            Self::Oauth2(_) => "oauth2",
            Self::Github(_) => "github",
            Self::Ldap(_) => "ldap",
        }
    }

    /// The namespace of its subjects; fixed when the provider is created.
    #[must_use]
    pub fn namespace(&self, provider: domain::ProviderId) -> String {
        match self {
            Self::Oidc(s) if s.tenant_issuer => {
                format!("entra:{}", origin_of(&s.issuer).unwrap_or_default())
            }
            Self::Oidc(s) => format!("oidc:{}", s.issuer),
            Self::Oauth2(s) => presets::namespace(s).unwrap_or_else(|| format!("prov:{provider}")),
            Self::Github(s) if s.web_url == github_web() && s.api_url == github_api() => {
                "github".into()
            }
            Self::Github(s) if origin_of(&s.web_url) == origin_of(&s.api_url) => {
                format!("github:{}", s.web_url)
            }
            // The API says who somebody is: another one speaks of other people, whatever the pages' address is.
            Self::Github(s) => format!("github:{} {}", s.web_url, s.api_url),
            Self::Ldap(_) => format!("prov:{provider}"),
        }
    }

    /// Where its word comes from. Every field is named here: a new one does not compile before it was put on one side.
    #[must_use]
    pub fn source(&self) -> Source {
        let kind = ("kind", self.kind().to_owned());
        match self.clone() {
            Self::Oidc(OidcSettings {
                preset: _,
                issuer,
                client_id,
                auth: _,
                scopes: _,
                authorization_endpoint,
                token_endpoint,
                jwks_uri,
                userinfo_endpoint,
                trusted_audiences,
                algorithms: _,
                reauth: _,
                reports_auth_time,
                form_post: _,
                push: _,
                extra: _,
                userinfo_by_post: _,
                wanted_claims: _,
                tenant_issuer,
                tenants,
                text_booleans,
                key_id: _,
                team_id: _,
            }) => Source {
                says: vec![
                    kind,
                    ("issuer", issuer),
                    ("client_id", client_id),
                    ("authorization_endpoint", authorization_endpoint),
                    ("token_endpoint", token_endpoint),
                    ("jwks_uri", jwks_uri),
                    ("userinfo_endpoint", userinfo_endpoint),
                    ("trusted_audiences", trusted_audiences.join(" ")),
                    ("reports_auth_time", format!("{reports_auth_time:?}")),
                    ("tenant_issuer", tenant_issuer.to_string()),
                    ("tenants", tenants.join(" ")),
                    ("text_booleans", text_booleans.to_string()),
                ],
                secret_to: &["issuer", "token_endpoint", "userinfo_endpoint"],
            },
            Self::Oauth2(Oauth2Settings {
                preset,
                client_id,
                authorization_url,
                token_url,
                userinfo_url,
                auth: _,
                scopes: _,
                subject_path,
                email_path,
                email_verified_path,
                name_path: _,
                addresses_url,
                extra: _,
                extra_again: _,
                platform_account,
            }) => Source {
                says: vec![
                    kind,
                    ("preset", preset),
                    ("client_id", client_id),
                    ("authorization_url", authorization_url),
                    ("token_url", token_url),
                    ("userinfo_url", userinfo_url),
                    ("subject_path", subject_path),
                    ("email_path", email_path),
                    ("email_verified_path", email_verified_path),
                    ("addresses_url", addresses_url),
                    ("platform_account", platform_account),
                ],
                secret_to: &["token_url", "userinfo_url", "addresses_url"],
            },
            Self::Github(GithubSettings { client_id, web_url, api_url }) => Source {
                says: vec![
                    kind,
                    ("client_id", client_id),
                    ("web_url", web_url),
                    ("api_url", api_url),
                ],
                secret_to: &["web_url", "api_url"],
            },
            Self::Ldap(LdapSettings {
                preset: _,
                servers,
                bind_dn,
                base_dn,
                login_filter,
                subject_attribute,
                username_attribute,
                email_attribute,
                emails_are_verified,
                name_attribute: _,
                wanted_attributes: _,
                group_filter,
                group_base_dn,
                group_name_attribute,
                nested_groups,
                plain,
            }) => Source {
                says: vec![
                    kind,
                    ("servers", servers.join(" ")),
                    ("bind_dn", bind_dn),
                    ("base_dn", base_dn),
                    ("login_filter", login_filter),
                    ("subject_attribute", subject_attribute),
                    ("username_attribute", username_attribute),
                    ("email_attribute", email_attribute),
                    ("emails_are_verified", emails_are_verified.to_string()),
                    ("group_filter", group_filter),
                    ("group_base_dn", group_base_dn),
                    ("group_name_attribute", group_name_attribute),
                    ("nested_groups", nested_groups.to_string()),
                    ("plain", plain.to_string()),
                ],
                secret_to: &["servers"],
            },
        }
    }

    /// Checks before saving.
    ///
    /// # Errors
    /// The first [`SettingsProblem`].
    pub fn check(&self, plain_http: bool) -> Result<(), SettingsProblem> {
        self.problems(plain_http).into_iter().next().map_or(Ok(()), Err)
    }

    /// Everything that keeps the settings from being saved, one for each field.
    #[must_use]
    pub fn problems(&self, plain_http: bool) -> Vec<SettingsProblem> {
        let url = |field: &'static str, text: &str| match Url::parse(text) {
            Ok(u)
                if (u.scheme() == "https" || plain_http && u.scheme() == "http")
                    && u.has_host()
                    && u.username().is_empty()
                    && u.fragment().is_none() =>
            {
                Ok(())
            }
            _ => Err(SettingsProblem { field, remedy: "field-https-url" }),
        };
        let filled = |field: &'static str, text: &str| {
            if text.trim().is_empty() {
                Err(SettingsProblem { field, remedy: "field-required" })
            } else {
                Ok(())
            }
        };
        let apple = |field: &'static str, auth: Auth, text: &str| {
            if auth == Auth::AppleJwt { filled(field, text) } else { Ok(()) }
        };
        let optional = |field: &'static str, text: &str| {
            if text.is_empty() { Ok(()) } else { url(field, text) }
        };
        let ours = |field: &'static str, extra: &BTreeMap<String, String>| {
            if extra.keys().any(|name| OURS.contains(&name.as_str())) {
                Err(SettingsProblem { field, remedy: "field-extra-parameter" })
            } else {
                Ok(())
            }
        };
        let found = match self {
            Self::Oidc(s) => vec![
                url("issuer", &s.issuer),
                filled("client_id", &s.client_id),
                s.check_issuer(),
                optional("authorization_endpoint", &s.authorization_endpoint),
                optional("token_endpoint", &s.token_endpoint),
                optional("jwks_uri", &s.jwks_uri),
                optional("userinfo_endpoint", &s.userinfo_endpoint),
                apple("team_id", s.auth, &s.team_id),
                apple("key_id", s.auth, &s.key_id),
                // Symmetric ones, `none` and those that nothing here can check would shut everybody out later.
                if s.algorithms.iter().all(|name| can_check(name)) {
                    Ok(())
                } else {
                    Err(SettingsProblem { field: "algorithms", remedy: "field-algorithm" })
                },
                ours("extra", &s.extra),
            ],
            Self::Github(s) => vec![
                filled("client_id", &s.client_id),
                url("web_url", &s.web_url),
                url("api_url", &s.api_url),
            ],
            Self::Oauth2(s) => vec![
                filled("client_id", &s.client_id),
                url("authorization_url", &s.authorization_url),
                url("token_url", &s.token_url),
                url("userinfo_url", &s.userinfo_url),
                optional("addresses_url", &s.addresses_url),
                if s.preset.is_empty() || presets::find(&s.preset).is_some() {
                    Ok(())
                } else {
                    Err(SettingsProblem { field: "preset", remedy: "field-preset" })
                },
                ours("extra", &s.extra),
                ours("extra_again", &s.extra_again),
                s.check_subject(),
            ],
            Self::Ldap(s) => s.problems(plain_http),
        };
        let mut problems: Vec<SettingsProblem> = Vec::new();
        for problem in found.into_iter().filter_map(Result::err) {
            if problems.iter().all(|one| one.field != problem.field) {
                problems.push(problem);
            }
        }
        problems
    }

    /// Whether anything that it can deliver finds an account: an address, a number or a user name. Without a preset nobody
    /// knows, so it counts as able (AU-09).
    #[must_use]
    pub fn can_match(&self) -> bool {
        let known = presets::find(self.preset()).map(|preset| preset.can);
        let finds = [Capability::Email, Capability::Phone, Capability::UserName];
        known.is_none_or(|can| finds.iter().any(|one| can.contains(one)))
    }

    /// The preset that filled the settings in; empty: none.
    #[must_use]
    pub fn preset(&self) -> &str {
        match self {
            Self::Oidc(s) => &s.preset,
            Self::Oauth2(s) => &s.preset,
            Self::Github(_) => presets::github::PRESET.key,
            Self::Ldap(s) => &s.preset,
        }
    }
}

impl Oauth2Settings {
    /// A key that people can change is none (ID-12).
    fn check_subject(&self) -> Result<(), SettingsProblem> {
        let last = self.subject_path.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
        if last.is_empty() || MUTABLE.contains(&last.as_str()) {
            Err(SettingsProblem { field: "subject_path", remedy: "field-immutable-subject" })
        } else {
            Ok(())
        }
    }
}

impl OidcSettings {
    /// An address for all tenants names no issuer: every token would be refused (FR-47).
    fn check_issuer(&self) -> Result<(), SettingsProblem> {
        let tenant = Url::parse(&self.issuer)
            .ok()
            .and_then(|url| {
                url.path_segments().and_then(|mut parts| parts.next().map(str::to_owned))
            })
            .unwrap_or_default();
        let all = ["common", "organizations", "consumers"].contains(&tenant.as_str())
            && self.issuer.trim_end_matches('/').ends_with("/v2.0");
        let template = self.issuer.contains("tenantid") || self.issuer.contains(['{', '}']);
        if template || all != self.tenant_issuer {
            Err(SettingsProblem { field: "issuer", remedy: "field-tenant-issuer" })
        } else {
            Ok(())
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
        let usual = serde_json::from_value::<Settings>(
            serde_json::json!({"kind": "github", "client_id": "c"}),
        )
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
        assert_eq!(
            github("https://git.test/api").changed_from(&generic("id").source()),
            Some("kind")
        );
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
            let meant =
                oidc(serde_json::json!({"issuer": issuer, "tenant_issuer": true})).check(false);
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
            oidc(
                serde_json::json!({"algorithms": ["RS256", "PS512", "ES384", "EdDSA", "Ed25519"]})
            )
            .check(false),
            Ok(())
        );
        for bad in ["HS256", "none", "ES512", "RSA-OAEP", ""] {
            assert_eq!(
                oidc(serde_json::json!({"algorithms": ["RS256", bad]}))
                    .check(false)
                    .unwrap_err()
                    .field,
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
}
