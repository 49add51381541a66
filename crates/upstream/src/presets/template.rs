//! What a preset is made of.
use std::collections::BTreeMap;

use crate::{
    protocols::dialect::{Dialect, PLAIN},
    settings::{
        Auth, GithubSettings, LdapSettings, Oauth2Settings, OidcSettings, Reauth, SamlSettings,
        Settings, SettingsProblem,
    },
};

/// A host with a port, and nothing else that an address may have.
fn is_host_with_port(text: &str) -> bool {
    text.split_once(':').is_some_and(|(host, port)| {
        !host.is_empty()
            && host.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-')
            && port.parse::<u16>().is_ok()
    })
}

/// What a provider can deliver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Capability {
    Email,
    /// It says that it verified the address.
    VerifiedEmail,
    Phone,
    UserName,
    /// The same person has the same subject for ever.
    StableSubject,
    Groups,
    /// It can end its own session.
    Logout,
    /// It can sign the person in anew, and says when it did.
    Reauthentication,
}

impl Capability {
    pub const ALL: [Self; 8] = [
        Self::Email,
        Self::VerifiedEmail,
        Self::Phone,
        Self::UserName,
        Self::StableSubject,
        Self::Groups,
        Self::Logout,
        Self::Reauthentication,
    ];

    /// As a table heads it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Email => "e-mail",
            Self::VerifiedEmail => "verified e-mail",
            Self::Phone => "phone",
            Self::UserName => "user name",
            Self::StableSubject => "stable subject",
            Self::Groups => "groups",
            Self::Logout => "logout",
            Self::Reauthentication => "re-authentication",
        }
    }
}

/// A vendor.
#[derive(Debug)]
pub struct Preset {
    /// Stands in settings; never changes.
    pub key: &'static str,
    pub name: &'static str,
    pub template: Template,
    /// Settings that the administrator has to think of, beside the client's id and secret and the words in braces.
    pub asks: &'static [&'static str],
    pub can: &'static [Capability],
    /// What an administrator has to know, in a sentence or two.
    pub notes: &'static str,
}

/// What fills the settings in. Words in braces stand for what the administrator types.
#[derive(Debug)]
pub enum Template {
    Oidc(OidcTemplate),
    Oauth2(Oauth2Template),
    Github,
    Ldap(LdapTemplate),
    Saml(SamlTemplate),
}

/// Settings of an OpenID Provider.
#[derive(Debug)]
pub struct OidcTemplate {
    pub issuer: &'static str,
    pub auth: Auth,
    pub scopes: &'static [&'static str],
    pub reauth: Reauth,
    pub reports_auth_time: Option<bool>,
    pub form_post: bool,
    pub extra: &'static [(&'static str, &'static str)],
    pub tenant_issuer: bool,
    pub text_booleans: bool,
}

/// A provider that does everything as the standard says, asked for the least (OC-20).
pub const OIDC: OidcTemplate = OidcTemplate {
    issuer: "",
    auth: Auth::Basic,
    scopes: &["openid", "email"],
    reauth: Reauth::LoginAndMaxAge,
    reports_auth_time: None,
    form_post: false,
    extra: &[],
    tenant_issuer: false,
    text_booleans: false,
};

/// Whose people the subjects are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Namespace {
    /// Those of this provider alone.
    Own,
    /// The vendor's: every application sees the same subject.
    Vendor(&'static str),
    /// The vendor's, as one application sees them.
    Client(&'static str),
    /// As one application sees them (`openid`), or all of one owner (`unionid`).
    WeChat,
}

/// Settings of a server of plain OAuth 2.0.
#[derive(Debug)]
pub struct Oauth2Template {
    pub authorization_url: &'static str,
    pub token_url: &'static str,
    pub userinfo_url: &'static str,
    pub auth: Auth,
    pub scopes: &'static [&'static str],
    pub subject_path: &'static str,
    pub email_path: &'static str,
    pub email_verified_path: &'static str,
    pub name_path: &'static str,
    pub addresses_url: &'static str,
    pub namespace: Namespace,
    pub dialect: &'static Dialect,
}

/// A server that does everything as the standard says.
pub const OAUTH2: Oauth2Template = Oauth2Template {
    authorization_url: "",
    token_url: "",
    userinfo_url: "",
    auth: Auth::Post,
    scopes: &[],
    subject_path: "id",
    email_path: "",
    email_verified_path: "",
    name_path: "name",
    addresses_url: "",
    namespace: Namespace::Own,
    dialect: &PLAIN,
};

/// Settings of a directory.
#[derive(Debug)]
pub struct LdapTemplate {
    pub servers: &'static [&'static str],
    pub login_filter: &'static str,
    pub subject_attribute: &'static str,
    pub username_attribute: &'static str,
    pub email_attribute: &'static str,
    pub name_attribute: &'static str,
    pub group_filter: &'static str,
    pub group_name_attribute: &'static str,
    /// Groups are looked for in groups, by us; some directories do that by their own filter.
    pub nested_groups: bool,
}

/// A directory with the schema of RFC 2798 and the operational attributes of RFC 4530.
pub const LDAP: LdapTemplate = LdapTemplate {
    servers: &["ldaps://{directory}"],
    login_filter: "(&(objectClass=person)(|(uid={login})(mail={login})))",
    subject_attribute: "entryUUID",
    username_attribute: "uid",
    email_attribute: "mail",
    name_attribute: "cn",
    group_filter: "(&(objectClass=groupOfNames)(member={dn}))",
    group_name_attribute: "cn",
    nested_groups: true,
};

/// Settings of a SAML identity provider.
#[derive(Debug)]
pub struct SamlTemplate {
    /// Where it publishes itself; empty: no two are alike.
    pub metadata_url: &'static str,
    /// Empty: the persistent NameID.
    pub subject_claim: &'static str,
    pub groups_claim: &'static str,
    pub force_authn: bool,
}

/// A provider that does everything as the standard says.
pub const SAML: SamlTemplate =
    SamlTemplate { metadata_url: "", subject_claim: "", groups_claim: "", force_authn: true };

impl Preset {
    /// What the administrator has to type: the words in braces of its addresses.
    #[must_use]
    pub fn inputs(&self) -> Vec<&'static str> {
        let text = match &self.template {
            Template::Oidc(template) => template.issuer,
            Template::Oauth2(template) => template.authorization_url,
            Template::Github => "",
            Template::Ldap(template) => template.servers.first().copied().unwrap_or_default(),
            Template::Saml(template) => template.metadata_url,
        };
        text.split('{')
            .skip(1)
            .filter_map(|rest| rest.split_once('}').map(|(word, _)| word))
            .collect()
    }

    /// As settings name it: those without a vendor are called like their protocol, and name none.
    fn stored_key(&self) -> &'static str {
        if self.key == self.protocol() { "" } else { self.key }
    }

    /// The kind of its settings.
    #[must_use]
    pub fn protocol(&self) -> &'static str {
        match self.template {
            Template::Oidc(_) => "oidc",
            Template::Oauth2(_) | Template::Github => "oauth2",
            Template::Ldap(_) => "ldap",
            Template::Saml(_) => "saml",
        }
    }

    #[must_use]
    pub fn can(&self, capability: Capability) -> bool {
        self.can.contains(&capability)
    }

    /// Settings for a client at the place that was typed.
    ///
    /// # Errors
    /// [`SettingsProblem`] at the word in braces that is missing or is no part of an address.
    pub fn filled(
        &self,
        client_id: &str,
        typed: &BTreeMap<String, String>,
    ) -> Result<Settings, SettingsProblem> {
        let mut words = BTreeMap::new();
        for word in self.inputs() {
            let text = typed.get(word).map_or("", |text| text.trim());
            let bare = ["https://", "ldaps://"].iter().find_map(|scheme| text.strip_prefix(scheme));
            let text = bare.unwrap_or(text).trim_end_matches('/');
            if text.is_empty() {
                return Err(SettingsProblem { field: word, remedy: "field-required" });
            }
            if text.len() > 200
                || text.contains(['@', '?', '#', '\\', '{', '}', ' ', ':', '%'])
                    && !is_host_with_port(text)
            {
                return Err(SettingsProblem { field: word, remedy: "field-place" });
            }
            words.insert(word, text);
        }
        Ok(self.settings(client_id, &words))
    }

    /// Settings for a client, with what was typed for the words in braces.
    #[must_use]
    pub fn settings(&self, client_id: &str, typed: &BTreeMap<&str, &str>) -> Settings {
        let fill = |text: &str| {
            typed.iter().fold(text.to_owned(), |text, (word, value)| {
                text.replace(&format!("{{{word}}}"), value)
            })
        };
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        match &self.template {
            Template::Oidc(t) => Settings::Oidc(OidcSettings {
                preset: self.stored_key().into(),
                issuer: fill(t.issuer),
                client_id: client_id.into(),
                auth: t.auth,
                scopes: owned(t.scopes),
                reauth: t.reauth,
                reports_auth_time: t.reports_auth_time,
                form_post: t.form_post,
                extra: t
                    .extra
                    .iter()
                    .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                    .collect(),
                tenant_issuer: t.tenant_issuer,
                text_booleans: t.text_booleans,
                ..OidcSettings::default()
            }),
            Template::Oauth2(t) => Settings::Oauth2(Oauth2Settings {
                preset: self.stored_key().into(),
                client_id: client_id.into(),
                authorization_url: fill(t.authorization_url),
                token_url: fill(t.token_url),
                userinfo_url: fill(t.userinfo_url),
                auth: t.auth,
                scopes: owned(t.scopes),
                subject_path: t.subject_path.into(),
                email_path: t.email_path.into(),
                email_verified_path: t.email_verified_path.into(),
                name_path: t.name_path.into(),
                addresses_url: fill(t.addresses_url),
                ..Oauth2Settings::default()
            }),
            Template::Github => Settings::Github(GithubSettings {
                client_id: client_id.into(),
                ..GithubSettings::usual()
            }),
            Template::Ldap(t) => Settings::Ldap(LdapSettings {
                preset: self.stored_key().into(),
                servers: t.servers.iter().map(|server| fill(server)).collect(),
                login_filter: t.login_filter.into(),
                subject_attribute: t.subject_attribute.into(),
                username_attribute: t.username_attribute.into(),
                email_attribute: t.email_attribute.into(),
                name_attribute: t.name_attribute.into(),
                group_filter: t.group_filter.into(),
                group_name_attribute: t.group_name_attribute.into(),
                nested_groups: t.nested_groups,
                ..LdapSettings::default()
            }),
            Template::Saml(t) => Settings::Saml(SamlSettings {
                preset: self.stored_key().into(),
                metadata_url: fill(t.metadata_url),
                subject_claim: t.subject_claim.into(),
                groups_claim: t.groups_claim.into(),
                force_authn: t.force_authn,
                ..SamlSettings::default()
            }),
        }
    }
}
