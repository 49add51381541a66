//! What of a person has a name: what rules compare, what providers fill, what a new person is asked for. One table.
use serde::{Deserialize, Serialize};

use crate::{
    contact::Phone,
    email_address::{Canonical, is_plain},
};

/// What a policy may do with an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttributeUse {
    /// A rule looks accounts up by it.
    Match,
    /// A provider's claims fill it.
    Fill,
    /// A new person is asked for it.
    Ask,
}

/// Whether letters' case counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fold {
    /// `Ann` is `ann`.
    #[default]
    Case,
    Exact,
}

macro_rules! attributes {
    ($($(#[$doc:meta])* $attribute:ident $name:literal $claim:literal [$($allowed:ident),+];)+) => {
        /// An attribute of an account. Roles and flags are none of them (LK-22).
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub enum ProfileAttribute {
            $($(#[$doc])* $attribute,)+
            /// One of the organisation's own, written `attr.<name>`.
            Own(String),
        }

        impl ProfileAttribute {
            /// All of them, without the organisation's own.
            pub const ALL: [Self; [$($name),+].len()] = [$(Self::$attribute),+];

            /// The name in documents and in the table of attributes.
            #[must_use]
            pub fn name(&self) -> String {
                match self {
                    $(Self::$attribute => $name.into(),)+
                    Self::Own(name) => format!("attr.{name}"),
                }
            }

            /// The claim that fills it, and that it is compared with.
            #[must_use]
            pub fn claim(&self) -> &str {
                match self {
                    $(Self::$attribute => $claim,)+
                    Self::Own(name) => name,
                }
            }

            /// Whether a policy may do this with it.
            #[must_use]
            pub fn allows(&self, wanted: AttributeUse) -> bool {
                match self {
                    $(Self::$attribute => [$(AttributeUse::$allowed),+].contains(&wanted),)+
                    Self::Own(_) => true,
                }
            }
        }
    };
}

// The name in documents, the claim, and what a policy may do with it.
attributes! {
    /// A proved address.
    Email "email" "email" [Match];
    Name "name" "name" [Fill, Ask];
    GivenName "given_name" "given_name" [Fill, Ask];
    FamilyName "family_name" "family_name" [Fill, Ask];
    Locale "locale" "locale" [Fill];
    /// It is somebody's or nobody's; asking for one would tell whose it is.
    Username "username" "preferred_username" [Match, Fill];
    Phone "phone" "phone_number" [Match, Fill, Ask];
}

impl ProfileAttribute {
    /// The expression that is meant where a document states none.
    #[must_use]
    pub fn expression(&self) -> String {
        format!("claims.{}", self.claim())
    }

    /// The attribute, if a policy may do this with it.
    ///
    /// # Errors
    /// A sentence that names those with which it may.
    pub fn for_use(self, wanted: AttributeUse) -> Result<Self, String> {
        if self.allows(wanted) {
            return Ok(self);
        }
        let fitting: Vec<String> =
            Self::ALL.iter().filter(|a| a.allows(wanted)).map(Self::name).collect();
        Err(format!("`{}` is none of {}, attr.<name>", self.name(), fitting.join(", ")))
    }

    /// A value in the form in which it is compared; `None` for what matches nothing: empty, too long, no address.
    #[must_use]
    pub fn folded(&self, value: &str, fold: Fold) -> Option<String> {
        use unicode_normalization::UnicodeNormalization;
        let value = value.trim();
        if value.is_empty() || value.len() > 255 || value.chars().any(char::is_control) {
            return None;
        }
        match self {
            Self::Email => Canonical::parse(value).ok().map(|c| c.as_str().to_owned()),
            // A user name is never an address: nobody takes somebody else's by calling themselves so (PH-11). Nor does
            // anybody by characters that stand for others (EM-07).
            Self::Username => {
                (!value.contains('@') && is_plain(value)).then(|| value.to_lowercase())
            }
            Self::Phone => Phone::parse(value).ok().map(|p| p.as_str().to_owned()),
            Self::Name | Self::GivenName | Self::FamilyName | Self::Locale | Self::Own(_) => {
                Some(match fold {
                    Fold::Case => value.nfc().collect::<String>().to_lowercase(),
                    Fold::Exact => value.nfc().collect(),
                })
            }
        }
    }
}

impl From<ProfileAttribute> for String {
    fn from(attribute: ProfileAttribute) -> Self {
        attribute.name()
    }
}

impl TryFrom<String> for ProfileAttribute {
    type Error = String;
    fn try_from(name: String) -> Result<Self, String> {
        if let Some(attribute) = Self::ALL.into_iter().find(|a| a.name() == name) {
            return Ok(attribute);
        }
        let plain = |own: &&str| {
            own.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        };
        name.strip_prefix("attr.")
            .filter(|own| (1..=40).contains(&own.len()))
            .filter(plain)
            .map(|own| Self::Own(own.to_owned()))
            .ok_or_else(|| {
                let all: Vec<String> = Self::ALL.iter().map(Self::name).collect();
                format!("`{name}` is none of {}, attr.<name>", all.join(", "))
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Document;

    #[test]
    fn every_name_of_a_document_reads_and_is_written_as_it_was() {
        for attribute in
            ProfileAttribute::ALL.into_iter().chain([ProfileAttribute::Own("staff".into())])
        {
            assert_eq!(ProfileAttribute::try_from(attribute.name()), Ok(attribute));
        }
        for name in ["role", "attr.", "attr.Staff", "Email", ""] {
            assert!(ProfileAttribute::try_from(name.to_owned()).is_err(), "{name}");
        }
        let stored = r#"{"choices":{"mapping":{"name":"claims.a","username":"claims.b","attr.no":"claims.c"},"sync":{"on_create":["name","given_name","family_name","locale","username","phone","attr.no"],"on_login":[],"on_link":[]}}}"#;
        let again = serde_json::to_value(Document::parse(stored).unwrap()).unwrap();
        let before: serde_json::Value = serde_json::from_str(stored).unwrap();
        assert_eq!(again["choices"], before["choices"]);
    }

    #[test]
    fn a_document_uses_each_attribute_only_as_it_may() {
        for (document, path) in [
            (r#"{"choices":{"sync":{"on_login":["name","email"]}}}"#, "choices.sync.on_login[1]"),
            (r#"{"choices":{"mapping":{"email":"claims.mail"}}}"#, "choices.mapping.email"),
            (
                r#"{"choices":{"registration":[{"field":"email"}]}}"#,
                "choices.registration[0].field",
            ),
            (
                r#"{"choices":{"rules":[{"id":"r","all":[{"account":"given_name"}],"accept":[{"trust":"asserted","proof":"mailbox"}],"one":"link"}]}}"#,
                "choices.rules[0].all[0].account",
            ),
        ] {
            assert_eq!(Document::parse(document).unwrap_err().path, path);
        }
    }

    #[test]
    fn id_08_empty_values_match_nothing_and_ph_11_a_user_name_is_never_an_address() {
        let own = ProfileAttribute::Own("staff".into());
        assert_eq!(own.folded("  ", Fold::Case), None);
        assert_eq!(own.folded("A7", Fold::Case).as_deref(), Some("a7"));
        assert_eq!(own.folded("A7", Fold::Exact).as_deref(), Some("A7"));
        assert_eq!(ProfileAttribute::Username.folded("v@ex.test", Fold::Case), None);
        let phone = |number| ProfileAttribute::Phone.folded(number, Fold::Case);
        assert_eq!(phone("+49 (30) 123-456").as_deref(), Some("+4930123456"));
        assert_eq!(phone("030 123456"), None);
        let email = ProfileAttribute::Email.folded("V@EX.test", Fold::Exact);
        assert_eq!(email.as_deref(), Some("v@ex.test"));
    }
}
