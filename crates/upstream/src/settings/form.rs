//! Settings as a form has them. Every setting stands here once, with the way in which it is typed; a form shows what stands
//! here, and changes what it sends and nothing else.
use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{problem::SettingsProblem, provider::Settings};

/// How a setting is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    Text,
    Url,
    /// Words with blanks, commas or line ends between them.
    Words,
    /// Several lines, as they are.
    Lines,
    /// A line each: `name=value`.
    Pairs,
    /// One of these values.
    Choice(&'static [&'static str]),
    /// `true` or `false`.
    YesNo,
    /// `true`, `false`, or empty: not known.
    Known,
}

/// A setting and how it is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setting {
    pub name: &'static str,
    pub input: Input,
}

macro_rules! settings {
    ($($name:ident: $input:expr),* $(,)?) => { &[$(Setting { name: stringify!($name), input: $input }),*] };
}

const AUTH: Input = Input::Choice(&["basic", "post", "none", "private_key_jwt", "apple_jwt"]);

const OIDC: &[Setting] = settings! {
    issuer: Input::Url,
    client_id: Input::Text,
    scopes: Input::Words,
    auth: AUTH,
    key_id: Input::Text,
    team_id: Input::Text,
    reauth: Input::Choice(&["login_and_max_age", "login", "max_age", "neither"]),
    reports_auth_time: Input::Known,
    form_post: Input::YesNo,
    push: Input::YesNo,
    extra: Input::Pairs,
    authorization_endpoint: Input::Url,
    token_endpoint: Input::Url,
    jwks_uri: Input::Url,
    userinfo_endpoint: Input::Url,
    userinfo_by_post: Input::YesNo,
    wanted_claims: Input::Words,
    trusted_audiences: Input::Words,
    algorithms: Input::Words,
    tenant_issuer: Input::YesNo,
    tenants: Input::Words,
    text_booleans: Input::YesNo,
    sign_out_too: Input::Choice(&["off", "offer", "always"]),
};

const OAUTH2: &[Setting] = settings! {
    client_id: Input::Text,
    authorization_url: Input::Url,
    token_url: Input::Url,
    userinfo_url: Input::Url,
    scopes: Input::Words,
    auth: Input::Choice(&["basic", "post", "none"]),
    subject_path: Input::Text,
    email_path: Input::Text,
    email_verified_path: Input::Text,
    name_path: Input::Text,
    addresses_url: Input::Url,
    extra: Input::Pairs,
    extra_again: Input::Pairs,
    platform_account: Input::Text,
};

const GITHUB: &[Setting] = settings! {
    client_id: Input::Text,
    web_url: Input::Url,
    api_url: Input::Url,
};

const LDAP: &[Setting] = settings! {
    servers: Input::Words,
    bind_dn: Input::Text,
    base_dn: Input::Text,
    login_filter: Input::Text,
    subject_attribute: Input::Text,
    username_attribute: Input::Text,
    email_attribute: Input::Text,
    emails_are_verified: Input::YesNo,
    name_attribute: Input::Text,
    wanted_attributes: Input::Words,
    group_filter: Input::Text,
    group_base_dn: Input::Text,
    group_name_attribute: Input::Text,
    nested_groups: Input::YesNo,
    plain: Input::YesNo,
};

const SAML: &[Setting] = settings! {
    metadata_url: Input::Url,
    metadata: Input::Lines,
    idp_entity_id: Input::Text,
    sso_url: Input::Url,
    certificates: Input::Lines,
    subject_claim: Input::Text,
    email_claim: Input::Text,
    emails_are_verified: Input::YesNo,
    name_claim: Input::Text,
    username_claim: Input::Text,
    groups_claim: Input::Text,
    sign_requests: Input::YesNo,
    force_authn: Input::YesNo,
};

impl Settings {
    /// The settings of its kind, in the order of the form.
    #[must_use]
    pub fn inputs(&self) -> &'static [Setting] {
        match self {
            Self::Oidc(_) => OIDC,
            Self::Oauth2(_) => OAUTH2,
            Self::Github(_) => GITHUB,
            Self::Ldap(_) => LDAP,
            Self::Saml(_) => SAML,
        }
    }

    /// What the form's field of a setting holds.
    #[must_use]
    pub fn typed(&self, name: &str) -> String {
        let text = |value: &Value| match value {
            Value::String(text) => text.clone(),
            Value::Bool(yes) => yes.to_string(),
            _ => String::new(),
        };
        match serde_json::to_value(self).unwrap_or_default().get(name) {
            Some(Value::Array(items)) => items.iter().map(text).collect::<Vec<_>>().join(" "),
            Some(Value::Object(pairs)) => pairs
                .iter()
                .map(|(name, value)| format!("{name}={}", text(value)))
                .collect::<Vec<_>>()
                .join("\n"),
            Some(value) => text(value),
            None => String::new(),
        }
    }

    /// The settings with what was typed in their place. What was not sent stays as it is, and what is no setting of this
    /// kind is not looked at.
    ///
    /// # Errors
    /// [`SettingsProblem`] at the first field whose text has no such meaning.
    pub fn with_typed(&self, typed: &BTreeMap<String, String>) -> Result<Self, SettingsProblem> {
        let Ok(Value::Object(mut all)) = serde_json::to_value(self) else {
            return Err(SettingsProblem { field: "kind", remedy: "field-required" });
        };
        for setting in self.inputs() {
            if let Some(text) = typed.get(setting.name) {
                let value = setting.input.value(text).ok_or(SettingsProblem {
                    field: setting.name,
                    remedy: match setting.input {
                        Input::Pairs => "field-pairs",
                        _ => "field-choice",
                    },
                })?;
                all.insert(setting.name.to_owned(), value);
            }
        }
        serde_json::from_value(Value::Object(all))
            .map_err(|_| SettingsProblem { field: "kind", remedy: "field-required" })
    }
}

impl Input {
    /// The value that a text stands for.
    fn value(self, text: &str) -> Option<Value> {
        let text = text.trim();
        match self {
            Self::Text | Self::Url | Self::Lines => Some(text.into()),
            Self::Words => Some(
                text.split([' ', ',', '\n', '\r', '\t'])
                    .filter(|word| !word.is_empty())
                    .map(Value::from)
                    .collect(),
            ),
            Self::Pairs => text
                .lines()
                .map(str::trim)
                .filter(|line| !line.is_empty())
                .map(|line| {
                    let (name, value) = line.split_once('=')?;
                    (!name.trim().is_empty()).then(|| (name.trim().to_owned(), value.trim().into()))
                })
                .collect::<Option<Map<_, _>>>()
                .map(Value::Object),
            Self::Choice(known) => known.contains(&text).then(|| text.into()),
            Self::YesNo => text.parse::<bool>().ok().map(Value::Bool),
            Self::Known if text.is_empty() => Some(Value::Null),
            Self::Known => text.parse::<bool>().ok().map(Value::Bool),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        GithubSettings, LdapSettings, Oauth2Settings, OidcSettings, SamlSettings, presets,
    };

    fn kinds() -> [Settings; 5] {
        [
            Settings::Oidc(OidcSettings::default()),
            Settings::Oauth2(Oauth2Settings::default()),
            Settings::Github(GithubSettings::usual()),
            Settings::Ldap(LdapSettings::default()),
            Settings::Saml(SamlSettings::default()),
        ]
    }

    /// A setting that no form has would be one that nobody can set.
    #[test]
    fn every_setting_can_be_typed() {
        for settings in kinds() {
            let Value::Object(stored) = serde_json::to_value(&settings).unwrap() else { panic!() };
            let mut stored: Vec<&str> = stored
                .keys()
                .map(String::as_str)
                .filter(|name| !["kind", "preset"].contains(name))
                .collect();
            // Metadata are typed to fill others in.
            let mut typed: Vec<&str> = settings
                .inputs()
                .iter()
                .map(|s| s.name)
                .filter(|name| *name != "metadata")
                .collect();
            stored.sort_unstable();
            typed.sort_unstable();
            assert_eq!(typed, stored, "{}", settings.kind());
        }
    }

    /// The form of a provider loses nothing: whatever is stored comes back as it is shown.
    #[test]
    fn what_a_form_shows_and_sends_back_is_what_was_stored() {
        for preset in presets::ALL {
            let settings = preset.settings("client", &BTreeMap::new());
            let sent: BTreeMap<String, String> = settings
                .inputs()
                .iter()
                .map(|s| (s.name.to_owned(), settings.typed(s.name)))
                .collect();
            assert_eq!(settings.with_typed(&sent).unwrap(), settings, "{}", preset.key);
            assert_eq!(settings.with_typed(&BTreeMap::new()).unwrap(), settings, "{}", preset.key);
        }
    }

    #[test]
    fn what_is_typed_is_read_and_what_has_no_meaning_is_named() {
        let typed = |name: &str, text: &str| {
            kinds()[0].with_typed(&BTreeMap::from([(name.to_owned(), text.to_owned())]))
        };
        let Settings::Oidc(read) = typed("extra", " hd=corp.test\n\n a = b ").unwrap() else {
            panic!()
        };
        assert_eq!(read.extra.get("hd").map(String::as_str), Some("corp.test"));
        assert_eq!(read.extra.get("a").map(String::as_str), Some("b"));
        assert_eq!(Settings::Oidc(read).typed("extra"), "a=b\nhd=corp.test");
        let Settings::Oidc(read) = typed("scopes", "openid, email\nprofile").unwrap() else {
            panic!()
        };
        assert_eq!(read.scopes, ["openid", "email", "profile"]);
        let Settings::Oidc(read) = typed("reports_auth_time", "true").unwrap() else { panic!() };
        assert_eq!(read.reports_auth_time, Some(true));
        for (name, text) in
            [("extra", "hd"), ("extra", "=x"), ("auth", "magic"), ("form_post", "on")]
        {
            assert_eq!(typed(name, text).unwrap_err().field, name, "{text}");
        }
    }
}
