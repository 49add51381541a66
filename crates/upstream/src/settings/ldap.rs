//! What an administrator configures of a directory.
use serde::{Deserialize, Serialize};
use url::Url;

use super::problem::SettingsProblem;
use crate::protocols::ldap::filter::Template;

/// An LDAP directory (RFC 4511). The provider's secret is the password of the account that searches.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LdapSettings {
    /// The preset that filled the settings in; empty: none.
    #[serde(default)]
    pub preset: String,
    /// `ldaps://host[:port]`, or `ldap://host[:port]` with StartTLS; asked in this order until one answers.
    pub servers: Vec<String>,
    /// The account that searches; empty: anonymous, where the directory allows it.
    #[serde(default)]
    pub bind_dn: String,
    /// Where people are searched, with everything below it.
    pub base_dn: String,
    /// Finds the one entry of who signs in (RFC 4515); `{login}` stands for what was typed.
    pub login_filter: String,
    /// Names an entry for ever, like `entryUUID` or `objectGUID` (ID-12).
    pub subject_attribute: String,
    #[serde(default)]
    pub username_attribute: String,
    #[serde(default)]
    pub email_attribute: String,
    /// Nobody can write somebody else's address into their own entry: addresses count as verified.
    #[serde(default)]
    pub emails_are_verified: bool,
    #[serde(default)]
    pub name_attribute: String,
    /// Further attributes, kept as claims under their names.
    #[serde(default)]
    pub wanted_attributes: Vec<String>,
    /// Finds the groups of an entry; `{dn}` stands for its name, `{username}` for the user name. Empty: no groups.
    #[serde(default)]
    pub group_filter: String,
    /// Where groups are searched; empty: where people are.
    #[serde(default)]
    pub group_base_dn: String,
    #[serde(default)]
    pub group_name_attribute: String,
    /// Groups of groups count too.
    #[serde(default)]
    pub nested_groups: bool,
    /// Without encryption: for tests only.
    #[serde(default)]
    pub plain: bool,
}

/// Attributes that can change, or that another entry can have later: no key (ID-12).
const MUTABLE: [&str; 10] = [
    "cn",
    "dn",
    "distinguishedname",
    "displayname",
    "givenname",
    "mail",
    "samaccountname",
    "sn",
    "uid",
    "userprincipalname",
];

impl LdapSettings {
    /// Everything that keeps them from being saved.
    pub(super) fn problems(&self, plain: bool) -> Vec<Result<(), SettingsProblem>> {
        let wrong = |field: &'static str, remedy: &'static str, is: bool| {
            if is { Err(SettingsProblem { field, remedy }) } else { Ok(()) }
        };
        let attribute = |field: &'static str, text: &str, required: bool| {
            if required && text.is_empty() {
                return Err(SettingsProblem { field, remedy: "field-required" });
            }
            wrong(field, "field-attribute", !text.is_empty() && !is_attribute(text))
        };
        let subject = self.subject_attribute.to_lowercase();
        vec![
            wrong("servers", "field-required", self.servers.is_empty()),
            wrong("servers", "field-ldap-url", !self.servers.iter().all(|url| is_server(url))),
            wrong("servers", "field-ldap-many", self.servers.len() > 5),
            wrong("plain", "field-ldap-plain", self.plain && !plain),
            wrong("base_dn", "field-required", self.base_dn.trim().is_empty()),
            wrong("login_filter", "field-required", self.login_filter.trim().is_empty()),
            wrong(
                "login_filter",
                "field-ldap-filter",
                !Template::parses(&self.login_filter, &["login"]),
            ),
            attribute("subject_attribute", &self.subject_attribute, true),
            wrong(
                "subject_attribute",
                "field-subject-mutable",
                MUTABLE.contains(&subject.as_str()),
            ),
            attribute("username_attribute", &self.username_attribute, false),
            attribute("email_attribute", &self.email_attribute, false),
            attribute("name_attribute", &self.name_attribute, false),
            wrong(
                "wanted_attributes",
                "field-attribute",
                !self.wanted_attributes.iter().all(|name| is_attribute(name)),
            ),
            wrong(
                "group_filter",
                "field-ldap-group-filter",
                !self.group_filter.trim().is_empty()
                    && !Template::parses(&self.group_filter, &["dn", "username"]),
            ),
            attribute(
                "group_name_attribute",
                &self.group_name_attribute,
                !self.group_filter.trim().is_empty(),
            ),
        ]
    }
}

/// A name of an attribute, without options (RFC 4512 §2.5).
fn is_attribute(text: &str) -> bool {
    text.len() <= 60
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.')
}

/// An address of a server, and nothing of a search in it.
fn is_server(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| {
        matches!(url.scheme(), "ldap" | "ldaps")
            && url.host_str().is_some_and(|host| !host.is_empty() && !host.contains('%'))
            && matches!(url.path(), "" | "/")
            && url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Settings, presets};

    fn settings(more: serde_json::Value) -> Vec<(&'static str, &'static str)> {
        let mut all = serde_json::json!({
            "kind": "ldap", "servers": ["ldaps://dc1.corp.test"], "base_dn": "dc=corp,dc=test",
            "login_filter": "(uid={login})", "subject_attribute": "entryUUID",
        });
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let settings: Settings = serde_json::from_value(all).unwrap();
        settings.problems(false).into_iter().map(|p| (p.field, p.remedy)).collect()
    }

    #[test]
    fn a_directory_that_can_work_can_be_saved() {
        assert_eq!(settings(serde_json::json!({})), []);
        let many = ["ldap://10.0.0.1:3389", "ldaps://[2001:db8::1]", "ldaps://dc2.corp.test/"];
        assert_eq!(settings(serde_json::json!({"servers": many})), []);
    }

    #[test]
    fn what_cannot_work_in_a_directory_is_named_by_its_field() {
        for (field, value, remedy) in [
            ("servers", serde_json::json!([]), "field-required"),
            ("servers", serde_json::json!(["https://dc1.corp.test"]), "field-ldap-url"),
            ("servers", serde_json::json!(["ldaps://dc1/dc=corp?uid?sub"]), "field-ldap-url"),
            ("servers", serde_json::json!(["ldaps://me:pass@dc1"]), "field-ldap-url"),
            ("plain", true.into(), "field-ldap-plain"),
            ("base_dn", " ".into(), "field-required"),
            ("login_filter", "(uid=*)".into(), "field-ldap-filter"),
            ("login_filter", "(uid={login}".into(), "field-ldap-filter"),
            ("login_filter", "(uid={dn})".into(), "field-ldap-filter"),
            ("group_filter", "(objectClass=group)".into(), "field-ldap-group-filter"),
            ("subject_attribute", "".into(), "field-required"),
            ("email_attribute", "mail)(uid=*".into(), "field-attribute"),
        ] {
            let found = settings(serde_json::json!({field: value, "group_name_attribute": "cn"}));
            assert_eq!(found, [(field, remedy)], "{field} {value}");
        }
    }

    /// Shows ID-12: a name that somebody else can have next year is nobody's key.
    #[test]
    fn id_12_attributes_that_change_are_no_key_of_a_directory() {
        for bad in ["uid", "mail", "sAMAccountName", "userPrincipalName", "distinguishedName"] {
            let found = settings(serde_json::json!({"subject_attribute": bad}));
            assert_eq!(found, [("subject_attribute", "field-subject-mutable")], "{bad}");
        }
        for preset in presets::ALL.iter().filter(|preset| preset.protocol() == "ldap") {
            let Settings::Ldap(settings) = preset.settings("", &std::collections::BTreeMap::new())
            else {
                panic!()
            };
            let key = settings.subject_attribute.to_lowercase();
            assert!(!key.is_empty() && !MUTABLE.contains(&key.as_str()), "{}", preset.key);
        }
    }
}
