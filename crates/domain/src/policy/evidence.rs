//! What shows that a provider speaks for a mail domain (threat rule 17): it is in the answer, or an owner said it; absent
//! evidence is none (ID-06, ID-16).
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Evidence that the mailboxes of a domain are a provider's to speak for. It counts for the domains that an owner listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// Each answer must carry it.
    Required(Claim),
    /// The provider is the domain's own directory: whoever it names has that address. Only an owner says so, and never of a
    /// provider that serves many organisations.
    OwnDirectory,
}

/// A claim that is evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Claim {
    /// `hd`: the domain of the organisation that the person belongs to, equal to the address's.
    Hd,
    /// `tid` and `xms_edov`: the tenant, which has shown that the address's domain is its own.
    Tenant,
}

impl Default for Evidence {
    fn default() -> Self {
        Self::Required(Claim::Hd)
    }
}

/// A provider's word about an address.
#[derive(Debug, Clone, Copy)]
pub struct Word<'a> {
    /// Of the provider: who speaks.
    pub namespace: &'a str,
    /// The canonical address's domain.
    pub domain: &'a str,
    /// The provider says that it verified the address.
    pub verified: bool,
    /// Everything that it said.
    pub claims: &'a Map<String, Value>,
}

/// Providers that serve many organisations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Many {
    Google,
    Microsoft,
}

/// Hosts of Microsoft's issuers, national clouds included.
const MICROSOFT: [&str; 4] = [
    "login.microsoftonline.com",
    "login.microsoftonline.us",
    "login.partner.microsoftonline.cn",
    "sts.windows.net",
];

impl Many {
    fn of(namespace: &str) -> Option<Self> {
        let issuer = namespace.strip_prefix("oidc:")?;
        if issuer == "https://accounts.google.com" {
            return Some(Self::Google);
        }
        let host = issuer.strip_prefix("https://")?.split('/').next()?;
        MICROSOFT.contains(&host).then_some(Self::Microsoft)
    }
}

impl Evidence {
    /// What counts for a provider of this namespace: what is known of it goes before what a document says.
    #[must_use]
    pub fn of(self, namespace: &str) -> Self {
        match Many::of(namespace) {
            Some(Many::Google) => Self::Required(Claim::Hd),
            Some(Many::Microsoft) => Self::Required(Claim::Tenant),
            None => self,
        }
    }

    /// Whether the word carries it.
    pub(super) fn is_in(self, word: &Word<'_>) -> bool {
        match self.of(word.namespace) {
            Self::OwnDirectory => true,
            // A mailbox of Google's own belongs to no organisation, so that its answers have no `hd`.
            Self::Required(Claim::Hd)
                if word.domain == "gmail.com" && Many::of(word.namespace) == Some(Many::Google) =>
            {
                true
            }
            Self::Required(Claim::Hd) => {
                word.text("hd").is_some_and(|hd| hd.eq_ignore_ascii_case(word.domain))
            }
            Self::Required(Claim::Tenant) => {
                word.edov()
                    && word.text("tid").is_some_and(|tid| {
                        !tid.is_empty() && word.namespace.split('/').any(|part| part == tid)
                    })
            }
        }
    }
}

impl Word<'_> {
    fn text(&self, name: &str) -> Option<&str> {
        self.claims.get(name).and_then(Value::as_str)
    }

    /// The values of `xms_edov` that Microsoft documents for "yes" (ID-02).
    fn edov(&self) -> bool {
        self.claims.get("xms_edov").is_some_and(|v| {
            v == &Value::Bool(true) || v == "true" || v == "1" || v.as_u64() == Some(1)
        })
    }

    /// The provider verified the address, in its own words.
    pub(super) fn is_verified(&self) -> bool {
        self.verified || Many::of(self.namespace) == Some(Many::Microsoft) && self.edov()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::{
        Policy,
        policy::{Document, Evidence, Word},
        trust::Trust,
    };

    const GOOGLE: &str = "oidc:https://accounts.google.com";
    const MICROSOFT: &str = "oidc:https://login.microsoftonline.com/72f988bf/v2.0";
    const OWN: &str = "oidc:https://id.corp.com";

    /// Trust in an address under a document that lists `corp.com` and `gmail.com`.
    fn trust(evidence: &str, namespace: &str, domain: &str, claims: &serde_json::Value) -> Trust {
        let document = format!(
            r#"{{"choices":{{"verified_counts":true,"domains":["corp.com","gmail.com"]{evidence}}}}}"#
        );
        let policy = Policy::merge(1, &[&Document::parse(&document).unwrap()]);
        policy.trust(&Word {
            namespace,
            domain,
            verified: claims.get("email_verified") == Some(&json!(true)),
            claims: claims.as_object().unwrap(),
        })
    }

    /// Shows ID-06, ID-16. Also an empty one, one that is no text, and one of a longer or shorter domain.
    #[test]
    fn id_16_google_speaks_for_a_domain_only_with_hd() {
        let said = |hd: serde_json::Value| {
            trust("", GOOGLE, "corp.com", &json!({"email_verified": true, "hd": hd}))
        };
        assert_eq!(said(json!("corp.com")), Trust::Authoritative);
        assert_eq!(said(json!("Corp.COM")), Trust::Authoritative);
        assert_eq!(
            trust("", GOOGLE, "corp.com", &json!({"email_verified": true})),
            Trust::ClaimedVerified,
            "a consumer's account"
        );
        for other in [
            json!(""),
            json!(null),
            json!(true),
            json!(["corp.com"]),
            json!("evil.com"),
            json!("x.corp.com"),
            json!("corp.com.evil.com"),
            json!("corp.co"),
            json!(" corp.com"),
        ] {
            assert_eq!(said(other.clone()), Trust::ClaimedVerified, "{other}");
        }
        assert_eq!(
            trust("", GOOGLE, "else.com", &json!({"email_verified": true, "hd": "else.com"})),
            Trust::ClaimedVerified,
            "not listed"
        );
        assert_eq!(
            trust("", GOOGLE, "corp.com", &json!({"email_verified": false, "hd": "corp.com"})),
            Trust::Asserted
        );
    }

    #[test]
    fn id_16_a_mailbox_of_googles_own_needs_no_hd_and_only_google_has_such() {
        let gmail = json!({"email_verified": true});
        assert_eq!(trust("", GOOGLE, "gmail.com", &gmail), Trust::Authoritative);
        assert_eq!(trust("", GOOGLE, "gmail.com", &json!({})), Trust::Asserted);
        for other in [
            OWN,
            MICROSOFT,
            "oidc:https://accounts.google.com.evil.com",
            "oidc:https://accounts.google.com/x",
            "prov:1",
        ] {
            assert_eq!(trust("", other, "gmail.com", &gmail), Trust::ClaimedVerified, "{other}");
        }
    }

    #[test]
    fn id_16_microsoft_speaks_for_a_domain_only_with_its_tenant_that_has_shown_it() {
        let good = json!({"tid": "72f988bf", "xms_edov": true});
        assert_eq!(trust("", MICROSOFT, "corp.com", &good), Trust::Authoritative);
        for yes in [json!("true"), json!(1), json!("1")] {
            assert_eq!(
                trust("", MICROSOFT, "corp.com", &json!({"tid": "72f988bf", "xms_edov": yes})),
                Trust::Authoritative,
                "{yes}"
            );
        }
        for (claims, most) in [
            (json!({"xms_edov": true}), Trust::ClaimedVerified),
            (json!({"tid": "", "xms_edov": true}), Trust::ClaimedVerified),
            (json!({"tid": "evil", "xms_edov": true}), Trust::ClaimedVerified),
            (json!({"tid": "72f988bf", "email_verified": true}), Trust::ClaimedVerified),
            (
                json!({"tid": "72f988bf", "email_verified": true, "hd": "corp.com"}),
                Trust::ClaimedVerified,
            ),
            (json!({"tid": "72f988bf"}), Trust::Asserted),
            (json!({"tid": "72f988bf", "xms_edov": "yes"}), Trust::Asserted),
        ] {
            assert_eq!(trust("", MICROSOFT, "corp.com", &claims), most, "{claims}");
        }
    }

    /// Shows ID-02: what Microsoft does not document as "yes" is none, and the word raises trust, which alone binds nothing.
    #[test]
    fn id_02_only_documented_words_of_the_domain_owner_flag_count() {
        let with = |flag: serde_json::Value| {
            trust("", MICROSOFT, "else.com", &json!({"tid": "72f988bf", "xms_edov": flag}))
        };
        for yes in [json!(true), json!("true"), json!(1), json!("1")] {
            assert_eq!(with(yes.clone()), Trust::ClaimedVerified, "{yes}");
        }
        for no in [
            json!(false),
            json!("false"),
            json!(0),
            json!("0"),
            json!("yes"),
            json!("TRUE"),
            json!(2),
            json!(-1),
            json!(1.0),
            json!([true]),
            json!(null),
        ] {
            assert_eq!(with(no.clone()), Trust::Asserted, "{no}");
        }
        let elsewhere = json!({"xms_edov": true});
        assert_eq!(
            trust("", OWN, "corp.com", &elsewhere),
            Trust::Asserted,
            "Microsoft's word alone"
        );
    }

    #[test]
    fn id_16_a_directory_speaks_for_its_domain_only_if_an_owner_said_so() {
        let claims = json!({"email_verified": true});
        assert_eq!(trust("", OWN, "corp.com", &claims), Trust::ClaimedVerified);
        let own = r#","evidence":"own_directory""#;
        assert_eq!(trust(own, OWN, "corp.com", &claims), Trust::Authoritative);
        assert_eq!(
            trust(own, OWN, "else.com", &claims),
            Trust::ClaimedVerified,
            "still only what is listed"
        );
        assert_eq!(trust(own, OWN, "corp.com", &json!({})), Trust::Asserted);
        for many in [
            GOOGLE,
            MICROSOFT,
            "oidc:https://login.microsoftonline.us/t/v2.0",
            "oidc:https://sts.windows.net/t/",
        ] {
            assert_eq!(
                trust(own, many, "corp.com", &claims),
                Trust::ClaimedVerified,
                "{many} is nobody's own directory"
            );
            assert_ne!(Evidence::OwnDirectory.of(many), Evidence::OwnDirectory);
        }
        assert_eq!(
            trust(
                r#","evidence":{"required":"tenant"}"#,
                OWN,
                "corp.com",
                &json!({"email_verified": true, "hd": "corp.com"})
            ),
            Trust::ClaimedVerified
        );
        assert!(Document::parse(r#"{"choices":{"evidence":"none"}}"#).is_err());
    }
}
