//! What a provider fills in a profile: which of its attributes goes into which field, and when. The form writes the
//! choices `mapping` and `sync` of the provider's document; what decides reads only that.
use std::collections::BTreeMap;

use crate::{
    RequestContext,
    admin::save_problem::SaveProblem,
    policy::documents::{provider_scope, save},
    services::ProviderAdmin,
    transaction::Transactions,
};
use domain::{
    EventKind, Policy, Refusal, Right,
    audit_events::Target,
    policy::{AttributeUse, Document, Mapping, ProfileAttribute, Sync},
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use storage::policy::providers::find_provider;

use crate::Error;

/// The most fields of a provider.
pub const MOST_FIELDS: usize = 40;

/// A field that a provider fills.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilledField {
    /// The field's name in documents, like `family_name` or `attr.staff`.
    pub field: String,
    /// The provider's attribute: a claim, a way through objects with dots, or an expression behind `=`. Empty: the claim
    /// that is usual for the field.
    pub attribute: String,
    /// When somebody comes for the first time (GO-40).
    pub on_create: bool,
    /// At every sign-in (GO-43).
    pub on_login: bool,
    /// When the provider is added to an account that exists; usually not (GO-45).
    pub on_link: bool,
}

/// The fields that a provider fills, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfileMapping(pub Vec<FilledField>);

impl ProfileMapping {
    /// What is in force for a provider.
    #[must_use]
    pub fn read(policy: &Policy) -> Self {
        let (mapping, sync) = (&policy.choices.mapping, &policy.choices.sync);
        let mut fields: Vec<&ProfileAttribute> = mapping.keys().collect();
        fields.extend(sync.on_create.iter().chain(&sync.on_login).chain(&sync.on_link));
        fields.sort();
        fields.dedup();
        let filled = |field: &ProfileAttribute| FilledField {
            field: field.name(),
            attribute: mapping
                .get(field)
                .map_or_else(|| field.claim().to_owned(), |text| shown(text)),
            on_create: sync.on_create.contains(field),
            on_login: sync.on_login.contains(field),
            on_link: sync.on_link.contains(field),
        };
        Self(fields.into_iter().map(filled).collect())
    }

    /// The provider's document, saying so; the same document where what is in force says it already. Everything else in it
    /// stays.
    ///
    /// # Errors
    /// The key of the message of what cannot be.
    pub fn document(&self, base: &Document, in_force: &Policy) -> Result<Document, &'static str> {
        if *self == Self::read(in_force) {
            return Ok(base.clone());
        }
        if self.0.len() > MOST_FIELDS {
            return Err("field-profile-many");
        }
        let (mut mapping, mut sync) = (Mapping::new(), Sync::default());
        let mut seen = Vec::new();
        for one in &self.0 {
            let field = ProfileAttribute::try_from(one.field.trim().to_owned())
                .and_then(|field| field.for_use(AttributeUse::Fill))
                .map_err(|_| "field-profile-field")?;
            if seen.contains(&field) {
                return Err("field-profile-twice");
            }
            let attribute = one.attribute.trim();
            if !attribute.is_empty() && attribute != field.claim() {
                mapping.insert(field.clone(), expression(attribute)?);
            }
            for (on, list) in [
                (one.on_create, &mut sync.on_create),
                (one.on_login, &mut sync.on_login),
                (one.on_link, &mut sync.on_link),
            ] {
                if on {
                    list.push(field.clone());
                }
            }
            seen.push(field);
        }
        let mut document = base.clone();
        document.choices.mapping = Some(mapping);
        document.choices.sync = Some(sync);
        Ok(document)
    }
}

/// A name that an expression can have without quotes.
fn is_name(text: &str) -> bool {
    text.bytes().next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// The expression for an attribute as it is typed.
fn expression(typed: &str) -> Result<String, &'static str> {
    if let Some(text) = typed.strip_prefix('=') {
        return Ok(text.trim().to_owned());
    }
    if typed.split('.').all(is_name) {
        return Ok(format!("claims.{typed}"));
    }
    if typed.contains(['"', '\\']) || typed.chars().any(char::is_control) {
        return Err("field-profile-attribute");
    }
    Ok(format!("claims[\"{typed}\"]"))
}

/// An expression as the form shows it: the attribute that it reads, if it does nothing else.
fn shown(text: &str) -> String {
    let whole = |name: &str| !name.is_empty() && !name.contains(['"', '\\']);
    if let Some(way) = text.strip_prefix("claims.").filter(|way| way.split('.').all(is_name)) {
        return way.to_owned();
    }
    text.strip_prefix("claims[\"")
        .and_then(|rest| rest.strip_suffix("\"]"))
        .filter(|name| whole(name))
        .map_or_else(|| format!("= {text}"), str::to_owned)
}

impl ProviderAdmin {
    /// Says what a provider fills in profiles. It is for owners: fields find accounts, and applications are told them.
    ///
    /// # Errors
    /// [`SaveProblem`]; [`Refusal::Forbidden`] for whoever may not say whose word counts.
    pub async fn save_profile_mapping(
        &self,
        ctx: &RequestContext,
        key: &str,
        edit: ProfileMapping,
    ) -> Result<(), SaveProblem> {
        self.admin_rights().allowed(ctx, Right::ChangeTrust).await?;
        let key = key.to_owned();
        self.administer::<_, Error, _>(ctx, Right::ChangeTrust, move |this, c, admin| {
            Box::pin(async move {
                find_provider(c, this.org, &key).await?.ok_or(Refusal::NotFound)?;
                let policies = this.configuration().policies(c).await?;
                let scope = provider_scope(&key);
                let base = policies.document(&scope);
                let in_force = policies.effective(Some(&key), None);
                let document = match edit.document(&base, &in_force) {
                    Ok(document) if document == base => return Ok(Ok(())),
                    Ok(document) => document,
                    Err(text) => return Ok(Err(SaveProblem::field("profile", text))),
                };
                if let Err(problem) =
                    this.policy_admin().check_document(&policies, &scope, &document, &[])
                {
                    return Ok(Err(SaveProblem::Policy(problem)));
                }
                let would_be = policies.with(&scope, document.clone(), 0);
                let would_be = would_be.effective(Some(&key), None).choices;
                // A wider scope has said so once for all providers (GO-33).
                if Some(&would_be.sync) != document.choices.sync.as_ref()
                    || Some(&would_be.mapping) != document.choices.mapping.as_ref()
                {
                    return Ok(Err(SaveProblem::field("profile", "field-profile-pinned")));
                }
                let version =
                    save(c, this.org, &scope, &document, &admin.name(), this.now()).await?;
                let names = |list: &[ProfileAttribute]| -> Vec<String> {
                    list.iter().map(ProfileAttribute::name).collect()
                };
                let mapping: BTreeMap<String, &String> =
                    would_be.mapping.iter().map(|(field, text)| (field.name(), text)).collect();
                let detail = json!({
                    "mapping": mapping,
                    "on_create": names(&would_be.sync.on_create),
                    "on_login": names(&would_be.sync.on_login),
                    "on_link": names(&would_be.sync.on_link),
                    "policy_version": version,
                });
                let event = admin.event(EventKind::ProviderChanged, Target::Provider(key));
                this.record(c, event.detail(detail)).await?;
                Ok(Ok(()))
            })
        })
        .await?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(field: &str, attribute: &str, on_create: bool, on_login: bool) -> FilledField {
        let (field, attribute) = (field.to_owned(), attribute.to_owned());
        FilledField { field, attribute, on_create, on_login, on_link: false }
    }

    fn policy(document: &Document) -> Policy {
        Policy::merge(1, &[&Document::default(), document])
    }

    /// Shows GO-41, GO-43, GO-44, GO-45: the worked example of the system that these come from. A provider's attributes go to
    /// targets (`givenName` to the first name, `sn` to the last one, `mobile` to the phone); the list of what is updated
    /// names targets, so an update of the last name takes `sn` whatever it is called there.
    #[test]
    fn go_43_go_44_go_45_the_worked_example_lists_targets_and_each_provider_has_its_own_attributes()
    {
        let example = ProfileMapping(vec![
            filled("given_name", "givenName", true, false),
            filled("family_name", "sn", true, true),
            filled("phone", "mobile", true, true),
        ]);
        let base = Document::default();
        let document = example.document(&base, &policy(&base)).unwrap();
        let text = serde_json::to_value(&document).unwrap();
        assert_eq!(
            text["choices"],
            json!({
                "mapping": {"given_name": "claims.givenName", "family_name": "claims.sn", "phone": "claims.mobile"},
                "sync": {"on_create": ["given_name", "family_name", "phone"], "on_login": ["family_name", "phone"], "on_link": []},
            })
        );
        // Another provider fills the same targets from attributes of its own.
        let other = ProfileMapping(vec![filled("family_name", "family_name", true, true)]);
        let document = other.document(&base, &policy(&base)).unwrap();
        assert_eq!(document.choices.mapping, Some(Mapping::new()), "the usual claim needs no word");
    }

    #[test]
    fn what_the_form_shows_and_sends_back_changes_nothing() {
        for text in [
            r#"{"choices":{"mapping":{"attr.staff":"claims.no","name":"claims.given + ' ' + claims.last","attr.unit":"claims[\"https://x.test/unit\"]"},"sync":{"on_create":["name"],"on_login":["attr.staff"],"on_link":["attr.unit"]}},"permits":{"create":false}}"#,
            r#"{"choices":{"mapping":{"family_name":"claims.family_name"}}}"#,
            "{}",
        ] {
            let base = Document::parse(text).unwrap();
            let shown = ProfileMapping::read(&policy(&base));
            assert_eq!(shown.document(&base, &policy(&base)), Ok(base), "{text}");
        }
    }

    #[test]
    fn an_attribute_is_a_claim_a_way_a_name_with_signs_or_an_expression() {
        for (typed, text) in [
            ("sn", "claims.sn"),
            ("address.locality", "claims.address.locality"),
            ("https://x.test/unit", "claims[\"https://x.test/unit\"]"),
            ("cost-centre", "claims[\"cost-centre\"]"),
            ("= claims.a + claims.b", "claims.a + claims.b"),
        ] {
            assert_eq!(expression(typed).as_deref(), Ok(text));
            assert_eq!(shown(text), typed);
        }
        assert!(expression("a\"] + claims[\"b").is_err());
        assert!(expression("a\\").is_err());
    }

    #[test]
    fn a_field_stands_once_and_is_one_that_claims_may_fill() {
        let base = Document::default();
        let save = |fields: Vec<FilledField>| {
            ProfileMapping(fields).document(&base, &policy(&base)).map(drop)
        };
        let good = filled("attr.staff", "no", true, true);
        assert_eq!(save(vec![good.clone()]), Ok(()));
        assert_eq!(save(vec![good.clone(), good.clone()]), Err("field-profile-twice"));
        for field in ["email", "role", "", "attr.Staff"] {
            assert_eq!(save(vec![filled(field, "x", true, false)]), Err("field-profile-field"));
        }
        let many = (0..41).map(|n| filled(&format!("attr.f{n}"), "x", true, false)).collect();
        assert_eq!(save(many), Err("field-profile-many"));
    }
}
