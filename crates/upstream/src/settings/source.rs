//! Where a provider's word comes from: what of its settings says who somebody is, and which addresses get its secret.
use super::{
    github::GithubSettings, ldap::LdapSettings, oauth2::Oauth2Settings, oidc::OidcSettings,
    provider::Settings, saml::SamlSettings,
};

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

impl Settings {
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
                sign_out_too: _,
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
            Self::Saml(settings) => {
                let keys = settings.keys();
                let SamlSettings {
                    preset: _,
                    metadata_url: _,
                    metadata: _,
                    idp_entity_id,
                    sso_url,
                    certificates: _,
                    subject_claim,
                    email_claim,
                    emails_are_verified,
                    name_claim: _,
                    username_claim,
                    groups_claim,
                    sign_requests: _,
                    force_authn,
                } = settings;
                Source {
                    says: vec![
                        kind,
                        ("idp_entity_id", idp_entity_id),
                        ("sso_url", sso_url),
                        ("certificates", keys),
                        ("subject_claim", subject_claim),
                        ("email_claim", email_claim),
                        ("emails_are_verified", emails_are_verified.to_string()),
                        ("username_claim", username_claim),
                        ("groups_claim", groups_claim),
                        ("force_authn", force_authn.to_string()),
                    ],
                    // The key that signs requests is sent to nobody.
                    secret_to: &[],
                }
            }
        }
    }
}
