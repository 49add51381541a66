//! Vendors: what fills a provider's settings in, what it can deliver, and how it differs from its protocol. A preset is a file
//! and a line of the registry below.
#[cfg(all(test, feature = "saml"))]
mod saml_tests;
mod template;
#[cfg(test)]
mod tests;

pub use template::{
    Capability, LDAP, LdapTemplate, Namespace, OAUTH2, OIDC, Oauth2Template, OidcTemplate, Preset,
    SAML, SamlTemplate, Template,
};

use crate::{
    protocols::dialect::{Dialect, PLAIN},
    settings::Oauth2Settings,
};

macro_rules! registry {
    ($($preset:ident),* $(,)?) => {
        $(pub mod $preset;)*
        /// All presets, in the order in which the console shows them.
        pub const ALL: &[&Preset] = &[$(&$preset::PRESET),*];
        /// The vendors' marks as SVG, in the same order.
        const MARKS: &[&str] = &[$(include_str!(concat!("marks/", stringify!($preset), ".svg"))),*];
    };
}

registry! {
    google,
    microsoft,
    microsoft_tenants,
    apple,
    github,
    gitlab,
    gitea,
    okta,
    auth0,
    keycloak,
    authentik,
    zitadel,
    adfs,
    cognito,
    slack,
    linkedin,
    line,
    twitch,
    discord,
    facebook,
    x,
    spotify,
    dropbox,
    wechat,
    wechat_official,
    qq,
    weibo,
    active_directory,
    free_ipa,
    openldap,
    adfs_saml,
    microsoft_saml,
    okta_saml,
    keycloak_saml,
    simplesamlphp,
}

/// Providers without a vendor: everything is typed.
pub const GENERIC: &[Preset] = &[
    Preset {
        key: "oidc",
        name: "OpenID Connect",
        template: Template::Oidc(OIDC),
        asks: &["issuer"],
        can: &[Capability::StableSubject],
        notes: "",
    },
    Preset {
        key: "oauth2",
        name: "OAuth 2.0",
        template: Template::Oauth2(OAUTH2),
        asks: &[
            "authorization_url",
            "token_url",
            "userinfo_url",
            "scopes",
            "auth",
            "subject_path",
            "email_path",
            "email_verified_path",
            "name_path",
        ],
        can: &[],
        notes: "",
    },
    Preset {
        key: "ldap",
        name: "LDAP",
        template: Template::Ldap(LDAP),
        asks: &[
            "bind_dn",
            "base_dn",
            "login_filter",
            "subject_attribute",
            "username_attribute",
            "email_attribute",
            "emails_are_verified",
            "name_attribute",
            "group_filter",
            "group_base_dn",
            "group_name_attribute",
        ],
        can: &[],
        notes: "",
    },
    Preset {
        key: "saml",
        name: "SAML 2.0",
        template: Template::Saml(SAML),
        asks: &["metadata_url", "metadata", "subject_claim", "emails_are_verified"],
        can: &[Capability::StableSubject],
        notes: "",
    },
];

/// What a provider can be added from, in the order in which the console shows it.
pub fn choices() -> impl Iterator<Item = &'static Preset> {
    ALL.iter()
        .copied()
        .chain(GENERIC)
        .filter(|preset| cfg!(feature = "saml") || preset.protocol() != "saml")
}

/// A preset's mark as SVG without anything that runs; `None` for one without, and for no preset.
#[must_use]
pub fn mark(key: &str) -> Option<&'static str> {
    match key {
        "oidc" => return Some(include_str!("marks/oidc.svg")),
        "saml" => return Some(include_str!("marks/saml.svg")),
        _ => {}
    }
    let index = ALL.iter().position(|preset| preset.key == key)?;
    MARKS.get(index).copied()
}

/// A preset by its key.
#[must_use]
pub fn find(key: &str) -> Option<&'static Preset> {
    ALL.iter().find(|preset| preset.key == key).copied()
}

/// The dialect of a preset of plain OAuth 2.0.
pub(crate) fn dialect(key: &str) -> &'static Dialect {
    match find(key).map(|preset| &preset.template) {
        Some(Template::Oauth2(template)) => template.dialect,
        Some(Template::Github) => &github::DIALECT,
        Some(Template::Oidc(_) | Template::Ldap(_) | Template::Saml(_)) | None => &PLAIN,
    }
}

/// The namespace of a vendor's own people, if the settings ask nobody but the vendor. An address of somebody else's would
/// speak of other people.
pub(crate) fn namespace(settings: &Oauth2Settings) -> Option<String> {
    let Template::Oauth2(template) = &find(&settings.preset)?.template else { return None };
    let vendors = settings.authorization_url == template.authorization_url
        && settings.token_url == template.token_url
        && settings.userinfo_url == template.userinfo_url;
    let usual = settings.subject_path == template.subject_path;
    match template.namespace {
        Namespace::Vendor(name) if vendors && usual => Some(name.to_owned()),
        Namespace::Client(name) if vendors && usual => {
            Some(format!("{name}:{}", settings.client_id))
        }
        Namespace::WeChat if vendors => {
            match (settings.platform_account.as_str(), settings.subject_path.as_str()) {
                ("", "openid") => Some(format!("wechat-open:{}", settings.client_id)),
                (account, "unionid") if !account.is_empty() => {
                    Some(format!("wechat-union:{account}"))
                }
                _ => None,
            }
        }
        _ => None,
    }
}
